/*
 * html.c - a run as one page: report_html(). The page is html/page.html with style, script and
 * record inserted; the script draws. Rows and packets are arrays, not objects, to keep it small:
 * 100,000 packets make about 25 MB.
 *
 *     data = {nodes, columns, states, marks, conns, packets, rows, samples, queues, listeners,
 * counters}
 */
#include "lab/report/html/html.h"
#include "lab/report/out.h"
#include "lab/report/rows.h"
#include "lab/report/words.h"

enum {
	TEXT_MAX = 512,
	STATES = 12,
};

struct page {
	struct out out;
	const struct story *s;
	const struct report_options *o;
	bool first; /* in the array being written */
};

/* --- pieces ----------------------------------------------------------------------------------- */

static void array_begin(struct page *p, const char *name)
{
	out_add(&p->out, ",\n\"%s\":[", name);
	p->first = true;
}

static void element(struct page *p)
{
	out_text(&p->out, p->first ? "\n[" : ",\n[");
	p->first = false;
}

static void string(struct page *p, const char *text)
{
	out_text(&p->out, ",");
	if (text)
		out_json_shown(&p->out, text);
	else
		out_text(&p->out, "0");
}

static long long since(const struct page *p, nsec_t at)
{
	return at - p->o->start;
}

/* A node's number, or -1. */
static int known(const struct page *p, uint32_t node)
{
	return node < p->s->trace->nodes ? (int)node : -1;
}

/* --- hosts and connections -------------------------------------------------------------------- */

static void nodes(struct page *p)
{
	const struct trace *t = p->s->trace;

	array_begin(p, "nodes");
	for (uint32_t i = 0; i < t->nodes; i++) {
		element(p);
		out_add(&p->out, "%d", t->is_host[i]);
		string(p, t->name[i]);
		out_text(&p->out, "]");
	}
	out_text(&p->out, "],\n\"columns\":[");
	for (uint32_t i = 0; i < p->s->columns; i++)
		out_add(&p->out, "%s%u", i ? "," : "", p->s->column[i]);
	out_add(&p->out, "],\n\"hosts\":%u", p->s->hosts);
}

static void names(struct page *p)
{
	out_text(&p->out, ",\n\"states\":[\"\"");
	for (int i = 1; i < STATES; i++)
		string(p, words_state(i));
	out_text(&p->out, "],\n\"marks\":[\"\"");
	for (unsigned i = 1; i <= MARK_COPY; i++)
		string(p, words_mark(i));
	out_text(&p->out, "]");
}

static void connections(struct page *p)
{
	char addr[IP_ADDR_TEXT_MAX];

	array_begin(p, "conns");
	for (uint32_t i = 0; i < p->s->conns.count; i++) {
		const struct conn *c = &p->s->conns.conn[i];

		element(p);
		out_add(&p->out, "%d", c->tcp);
		for (int side = 0; side < 2; side++) {
			string(p, ip_addr_text(addr, &c->side[side].addr));
			out_add(&p->out, ",%u,%u", c->side[side].port,
				c->side[side].known ? c->side[side].isn.v : 0);
		}
		out_text(&p->out, "]");
	}
	out_text(&p->out, "]");
}

/* --- events ----------------------------------------------------------------------------------- */

/* ",flags,seq,ack,payload,window,options,[sack]"; options only if there are more than a
 * timestamp. */
static void tcp_fields(struct page *p, const struct decoded *d, const struct conn_view *v)
{
	char options[TEXT_MAX];
	struct text t = text_in(options, sizeof(options));
	bool more = (d->opts.has & ~TCP_HAS_TS) != 0;

	tcp_opts_print(&t, d->seg.opt, d->seg.opt_len, seq_of(0));
	out_add(&p->out, ",%u,%u,%u,%u,%u", d->seg.flags, d->seg.seq.v, d->seg.ack.v, d->len,
		v->conn ? v->win : d->seg.win);
	string(p, more ? options : NULL);
	if (!(d->opts.has & TCP_HAS_SACK))
		return;
	out_text(&p->out, ",[");
	for (int i = 0; i < d->opts.sack_count; i++)
		out_add(&p->out, "%s%u,%u", i ? "," : "", d->opts.sack[i].left.v,
			d->opts.sack[i].right.v);
	out_text(&p->out, "]");
}

/* [sent, ended, from, to, conn, side, fate, end, reason, mark, length, words] and the TCP
 * fields. */
static void packet(struct page *p, const struct story_packet *k)
{
	char words[TEXT_MAX];
	struct text t = text_in(words, sizeof(words));
	struct decoded d;

	decode(&d, k->bytes, k->len);
	words_packet(&t, p->s, k, false);
	element(p);
	out_add(&p->out, "%lld,%lld,%d,%d,%u,%u,%u,%d", since(p, k->sent), since(p, k->ended),
		known(p, k->from), known(p, k->to), k->view.conn, k->view.side, k->fate,
		known(p, k->end));
	string(p, k->reason);
	out_add(&p->out, ",%u,%u", k->view.mark, k->len);
	string(p, words);
	if (d.kind == DECODED_TCP)
		tcp_fields(p, &d, &k->view);
	out_text(&p->out, "]");
}

static void packets(struct page *p)
{
	array_begin(p, "packets");
	for (size_t i = 0; i < p->s->packets; i++)
		packet(p, &p->s->packet[i]);
	out_text(&p->out, "]");
}

/* A packet's number twice, and one more for its arrival; or [kind, at, conn, node, text, value] */
static void row(struct page *p, const struct row *r)
{
	char buf[TEXT_MAX];
	struct text t = text_in(buf, sizeof(buf));

	if (r->packet) {
		out_add(&p->out, p->first ? "\n%zu" : ",%zu",
			2 * (size_t)(r->packet - p->s->packet) + (r->kind == ROW_ARRIVAL));
		p->first = false;
		return;
	}
	element(p);
	rows_text(&t, p->s, r);
	out_add(&p->out, "%u,%lld,%u,%d", r->kind, since(p, r->at), r->conn,
		known(p, r->event->node));
	string(p, buf);
	out_add(&p->out, ",%lld]",
		r->kind == ROW_STATE ? (long long)r->event->value : rows_power(p->s, r));
}

static void rows(struct page *p)
{
	struct report_options all = *p->o;
	struct rows r;

	all.all = true;
	all.connection = 0;
	rows_make(&r, p->s, &all, ROWS_ARRIVALS | ROWS_READY);
	array_begin(p, "rows");
	for (size_t i = 0; i < r.count; i++)
		if (r.row[i].kind != ROW_SILENCE)
			row(p, &r.row[i]);
	out_text(&p->out, "]");
	rows_free(&r);
}

static void sample(struct page *p, const struct trace_event *e)
{
	const struct trace_sample *s = e->sample;
	struct conn_view v = story_flow(p->s, &e->flow);

	element(p);
	out_add(&p->out, "%lld,%u,%u,%u,%u,%u,%u,%u,%u,%u,%u]", since(p, e->at), v.conn, v.side,
		s->cwnd, s->ssthresh, s->srtt_us, s->rto_us, s->in_flight, s->unacked, s->unsent,
		s->unread);
}

static void samples(struct page *p)
{
	array_begin(p, "samples");
	for (size_t i = 0; i < p->s->trace->count; i++)
		if (p->s->trace->event[i].sample)
			sample(p, &p->s->trace->event[i]);
	out_text(&p->out, "]");
}

static void queues(struct page *p)
{
	array_begin(p, "queues");
	for (size_t i = 0; i < p->s->trace->count; i++) {
		const struct trace_event *e = &p->s->trace->event[i];

		if (e->kind != TRACE_QUEUE)
			continue;
		element(p);
		out_add(&p->out, "%lld,%d,%u,%lld,%lld]", since(p, e->at), known(p, e->node),
			(unsigned)(e->id & 1), (long long)e->value, (long long)e->value2);
	}
	out_text(&p->out, "]");
}

static void listeners(struct page *p)
{
	array_begin(p, "listeners");
	for (size_t i = 0; i < p->s->trace->count; i++) {
		const struct trace_event *e = &p->s->trace->event[i];

		if (e->kind != TRACE_LISTEN)
			continue;
		element(p);
		out_add(&p->out, "%lld,%d,%u,%lld,%lld,%llu]", since(p, e->at), known(p, e->node),
			e->flow.local_port, (long long)e->value, (long long)e->value2,
			(unsigned long long)e->id);
	}
	out_text(&p->out, "]");
}

static void counters(struct page *p)
{
	array_begin(p, "counters");
	for (size_t i = 0; i < p->s->trace->counters; i++) {
		const struct trace_counter *c = &p->s->trace->counter[i];

		element(p);
		out_add(&p->out, "%d", known(p, c->node));
		string(p, c->name);
		out_add(&p->out, ",%llu,%llu]", (unsigned long long)c->before,
			(unsigned long long)c->after);
	}
	out_text(&p->out, "]");
}

static void data(struct page *p)
{
	out_add(&p->out, "{\"full\":%d,\"absolute\":%d,\"connection\":%u", p->s->trace->full,
		p->o->absolute, p->o->connection);
	nodes(p);
	names(p);
	connections(p);
	packets(p);
	rows(p);
	samples(p);
	queues(p);
	listeners(p);
	counters(p);
	out_text(&p->out, "}\n");
}

/* --- the page --------------------------------------------------------------------------------- */

static void title(struct page *p)
{
	out_xml(&p->out, p->o->title ? p->o->title : "A run of the lab");
}

static void paragraph(struct page *p, const char *class, const char *text)
{
	if (!text)
		return;
	out_add(&p->out, "<p class=\"%s\">", class);
	out_xml(&p->out, text);
	out_text(&p->out, "</p>\n");
}

static void story(struct page *p)
{
	paragraph(p, "story", p->o->story);
	paragraph(p, "failure", p->o->failure);
}

static void style(struct page *p)
{
	out_bytes(&p->out, report_style, report_style_len);
}

static void script(struct page *p)
{
	out_bytes(&p->out, report_script, report_script_len);
}

/* Writes the template up to a mark, then the contents for it; returns what follows the mark. */
static const unsigned char *fill(
	struct page *p, const unsigned char *at, const char *mark, void (*with)(struct page *))
{
	const unsigned char *end = report_page + report_page_len;
	const unsigned char *found = memmem(at, (size_t)(end - at), mark, strlen(mark));

	assert(found);
	out_bytes(&p->out, at, (size_t)(found - at));
	with(p);
	return found + strlen(mark);
}

bool report_html(
	const struct story *s, const struct report_options *o, report_sink sink, void *user)
{
	const unsigned char *at = report_page;
	struct page p = {.s = s, .o = o};

	out_begin(&p.out, sink, user);
	at = fill(&p, at, "@TITLE@", title);
	at = fill(&p, at, "@STYLE@", style);
	at = fill(&p, at, "@TITLE@", title);
	at = fill(&p, at, "@STORY@", story);
	at = fill(&p, at, "@DATA@", data);
	at = fill(&p, at, "@SCRIPT@", script);
	out_bytes(&p.out, at, (size_t)(report_page + report_page_len - at));
	return out_end(&p.out);
}
