/* json.c - a run as JSON: report_json(). docs/lab-json.md has the schema. */
#include "lab/report/out.h"
#include "lab/report/words.h"

enum {
	OPTIONS_TEXT = 256,
};

struct json {
	struct out out;
	const struct story *s;
	nsec_t start;
	bool first; /* in the array being written */
};

/* --- pieces ----------------------------------------------------------------------------------- */

static void array_begin(struct json *j, const char *name)
{
	out_add(&j->out, ",\n\"%s\": [", name);
	j->first = true;
}

static void array_end(struct json *j)
{
	out_text(&j->out, "\n]");
}

/* Begins an element on a line of its own. */
static void element(struct json *j)
{
	out_text(&j->out, j->first ? "\n{" : ",\n{");
	j->first = false;
}

static void number(struct json *j, const char *key, int64_t value)
{
	out_add(&j->out, "\"%s\": %lld", key, (long long)value);
}

static void text(struct json *j, const char *key, const char *value)
{
	out_add(&j->out, ", \"%s\": ", key);
	if (value)
		out_json(&j->out, value);
	else
		out_text(&j->out, "null");
}

/* A node, or null. */
static void node(struct json *j, const char *key, uint32_t n)
{
	if (n < j->s->trace->nodes)
		out_add(&j->out, ", \"%s\": %u", key, n);
	else
		out_add(&j->out, ", \"%s\": null", key);
}

static void connection(struct json *j, uint32_t conn)
{
	if (conn > 0)
		out_add(&j->out, ", \"connection\": %u", conn);
	else
		out_text(&j->out, ", \"connection\": null");
}

static void address(struct json *j, const struct ip_addr *a, uint16_t port)
{
	char buf[IP_ADDR_TEXT_MAX];

	out_add(&j->out, "{\"address\": \"%s\", \"port\": %u", ip_addr_text(buf, a), port);
}

/* --- the network ------------------------------------------------------------------------------ */

static void nodes(struct json *j)
{
	const struct trace *t = j->s->trace;

	array_begin(j, "nodes");
	for (uint32_t i = 0; i < t->nodes; i++) {
		element(j);
		number(j, "node", i);
		text(j, "name", t->name[i]);
		out_add(&j->out, ", \"host\": %s}", t->is_host[i] ? "true" : "false");
	}
	array_end(j);
}

static void connections(struct json *j)
{
	array_begin(j, "connections");
	for (uint32_t i = 0; i < j->s->conns.count; i++) {
		const struct conn *c = &j->s->conns.conn[i];

		element(j);
		number(j, "connection", (int64_t)i + 1);
		text(j, "protocol", c->tcp ? "tcp" : "udp");
		out_text(&j->out, ", \"sides\": [");
		for (int side = 0; side < 2; side++) {
			out_text(&j->out, side ? ", " : "");
			address(j, &c->side[side].addr, c->side[side].port);
			if (c->side[side].known)
				out_add(&j->out, ", \"isn\": %u}", c->side[side].isn.v);
			else
				out_text(&j->out, ", \"isn\": null}");
		}
		out_text(&j->out, "]}");
	}
	array_end(j);
}

static void tcp_fields(struct json *j, const struct decoded *d, const struct conn_view *v)
{
	char flags[12], options[OPTIONS_TEXT];
	struct text t = text_in(options, sizeof(options));

	tcp_opts_print(&t, d->seg.opt, d->seg.opt_len, seq_of(0));
	out_add(&j->out,
		", \"tcp\": {\"flags\": \"%s\", \"seq\": %u, \"ack\": %u, \"payload\": %u, "
		"\"window\": %u, \"urgent\": %u",
		tcp_flags_text(flags, d->seg.flags), d->seg.seq.v, d->seg.ack.v, d->len,
		v->conn ? v->win : d->seg.win, d->seg.urg);
	text(j, "options", options);
	out_text(&j->out, "}");
}

static void packet(struct json *j, const struct story_packet *p)
{
	static const char *const fates[FATE_COUNT] = {
		"arrived", "discarded", "dropped", "under way"};
	struct decoded d;
	char words[OUT_LINE_MAX];
	struct text t = text_in(words, sizeof(words));

	element(j);
	out_add(&j->out, "\"packet\": %llu", (unsigned long long)p->id);
	connection(j, p->view.conn);
	out_add(&j->out, ", \"side\": %u", p->view.side);
	node(j, "from", p->from);
	node(j, "to", p->to);
	out_add(&j->out, ", \"sent\": %lld, \"ended\": %lld", (long long)(p->sent - j->start),
		(long long)(p->ended - j->start));
	text(j, "fate", fates[p->fate]);
	node(j, "end", p->end);
	text(j, "reason", p->reason);
	text(j, "mark", p->view.mark ? words_mark(p->view.mark) : NULL);
	words_packet(&t, j->s, p, false);
	text(j, "words", words);
	out_add(&j->out, ", \"length\": %u", p->len);
	decode(&d, p->bytes, p->len);
	if (d.kind == DECODED_TCP)
		tcp_fields(j, &d, &p->view);
	out_text(&j->out, "}");
}

static void packets(struct json *j)
{
	array_begin(j, "packets");
	for (size_t i = 0; i < j->s->packets; i++)
		packet(j, &j->s->packet[i]);
	array_end(j);
}

/* --- the events ------------------------------------------------------------------------------- */

static void happened(struct json *j, const struct trace_event *e)
{
	element(j);
	number(j, "at", e->at - j->start);
	node(j, "node", e->node);
}

static void call(struct json *j, const struct trace_event *e)
{
	happened(j, e);
	text(j, "kind", e->kind == TRACE_CALL ? "call" : "return");
	out_add(&j->out, ", \"call\": %llu", (unsigned long long)e->id);
	text(j, "text", e->text);
	out_text(&j->out, "}");
}

static void state(struct json *j, const struct trace_event *e)
{
	happened(j, e);
	text(j, "kind", "state");
	connection(j, story_flow(j->s, &e->flow).conn);
	out_text(&j->out, ", \"local\": ");
	address(j, &e->flow.local, e->flow.local_port);
	out_text(&j->out, "}, \"peer\": ");
	address(j, &e->flow.peer, e->flow.peer_port);
	out_text(&j->out, "}");
	text(j, "text", words_state(e->value));
	out_text(&j->out, "}");
}

static void note(struct json *j, const struct trace_event *e)
{
	happened(j, e);
	text(j, "kind", "note");
	text(j, "text", e->text);
	out_text(&j->out, "}");
}

static void ready(struct json *j, const struct trace_event *e)
{
	char words[64];
	struct text t = text_in(words, sizeof(words));

	happened(j, e);
	text(j, "kind", "ready");
	out_add(&j->out, ", \"fd\": %llu", (unsigned long long)e->id);
	connection(j, story_flow(j->s, &e->flow).conn);
	words_ready(&t, e->value);
	text(j, "text", words);
	out_text(&j->out, "}");
}

static void events(struct json *j)
{
	array_begin(j, "events");
	for (size_t i = 0; i < j->s->trace->count; i++) {
		const struct trace_event *e = &j->s->trace->event[i];

		if (e->kind == TRACE_CALL || e->kind == TRACE_RETURN)
			call(j, e);
		else if (e->kind == TRACE_STATE)
			state(j, e);
		else if (e->kind == TRACE_READY)
			ready(j, e);
		else if (e->kind == TRACE_NOTE)
			note(j, e);
	}
	array_end(j);
}

static void sample(struct json *j, const struct trace_event *e)
{
	const struct trace_sample *s = e->sample;

	happened(j, e);
	connection(j, story_flow(j->s, &e->flow).conn);
	out_add(&j->out,
		", \"cwnd\": %u, \"ssthresh\": %u, \"srtt_us\": %u, \"rto_us\": %u, "
		"\"in_flight\": %u, \"snd_wnd\": %u, \"unacked\": %u, \"unsent\": %u, \"unread\": "
		"%u, \"ca_state\": %u, \"retransmits\": %u, \"probes\": %u, \"backoff\": %u}",
		s->cwnd, s->ssthresh, s->srtt_us, s->rto_us, s->in_flight, s->snd_wnd, s->unacked,
		s->unsent, s->unread, s->ca_state, s->retransmits, s->probes, s->backoff);
}

static void samples(struct json *j)
{
	array_begin(j, "samples");
	for (size_t i = 0; i < j->s->trace->count; i++)
		if (j->s->trace->event[i].sample)
			sample(j, &j->s->trace->event[i]);
	array_end(j);
}

static void queues(struct json *j)
{
	array_begin(j, "queues");
	for (size_t i = 0; i < j->s->trace->count; i++) {
		const struct trace_event *e = &j->s->trace->event[i];

		if (e->kind != TRACE_QUEUE)
			continue;
		happened(j, e);
		out_add(&j->out, ", \"side\": %llu, \"packets\": %lld, \"bytes\": %lld}",
			(unsigned long long)e->id, (long long)e->value, (long long)e->value2);
	}
	array_end(j);
}

static void listeners(struct json *j)
{
	array_begin(j, "listeners");
	for (size_t i = 0; i < j->s->trace->count; i++) {
		const struct trace_event *e = &j->s->trace->event[i];

		if (e->kind != TRACE_LISTEN)
			continue;
		happened(j, e);
		out_add(&j->out,
			", \"port\": %u, \"embryonic\": %lld, \"acceptable\": %lld, \"limit\": "
			"%llu}",
			e->flow.local_port, (long long)e->value, (long long)e->value2,
			(unsigned long long)e->id);
	}
	array_end(j);
}

static void counters(struct json *j)
{
	array_begin(j, "counters");
	for (size_t i = 0; i < j->s->trace->counters; i++) {
		const struct trace_counter *c = &j->s->trace->counter[i];

		element(j);
		number(j, "node", c->node);
		text(j, "name", c->name);
		out_add(&j->out, ", \"before\": %llu, \"after\": %llu}",
			(unsigned long long)c->before, (unsigned long long)c->after);
	}
	array_end(j);
}

bool report_json(
	const struct story *s, const struct report_options *o, report_sink sink, void *user)
{
	struct json j = {.s = s, .start = o->start};

	out_begin(&j.out, sink, user);
	out_text(&j.out, "{\n\"schema\": \"burble-lab-1\",\n\"title\": ");
	out_json(&j.out, o->title ? o->title : "");
	out_add(&j.out, ",\n\"complete\": %s", s->trace->full ? "false" : "true");
	nodes(&j);
	connections(&j);
	packets(&j);
	events(&j);
	samples(&j);
	queues(&j);
	listeners(&j);
	counters(&j);
	out_text(&j.out, "\n}\n");
	return out_end(&j.out);
}
