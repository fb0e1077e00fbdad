/* rows.c - the rows of a ladder: rows.h. */
#include "lab/report/rows.h"
#include "lab/report/words.h"

#include "lab/world/need.h"

/* The calls of a run by host and number, to match a RETURN with its CALL. */
struct call {
	const struct trace_event *event; /* CALL or RETURN */
};

struct maker {
	const struct story *s;
	const struct report_options *o;
	struct rows *r;
	struct call *call; /* sorted */
	size_t calls;
	unsigned with; /* enum rows_with */
};

static void add(struct rows *r, struct row row)
{
	if (r->count == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->row = need(realloc(r->row, r->room * sizeof(*r->row)));
	}
	r->row[r->count++] = row;
}

/* --- calls and their returns ------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
	const struct trace_event *x = ((const struct call *)a)->event;
	const struct trace_event *y = ((const struct call *)b)->event;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->id != y->id)
		return x->id < y->id ? -1 : 1;
	return x < y ? -1 : x > y;
}

static void learn_calls(struct maker *m)
{
	const struct trace *t = m->s->trace;

	for (size_t i = 0; i < t->count; i++)
		m->calls += t->event[i].kind == TRACE_CALL || t->event[i].kind == TRACE_RETURN;
	m->call = need(calloc(m->calls + 1, sizeof(*m->call)));
	m->calls = 0;
	for (size_t i = 0; i < t->count; i++)
		if (t->event[i].kind == TRACE_CALL || t->event[i].kind == TRACE_RETURN)
			m->call[m->calls++].event = &t->event[i];
	qsort(m->call, m->calls, sizeof(*m->call), by_number);
}

static bool pair(const struct call *call, const struct call *ret)
{
	return call->event->kind == TRACE_CALL && ret->event->kind == TRACE_RETURN &&
	       call->event->node == ret->event->node && call->event->id == ret->event->id;
}

/* The RETURN of a CALL, or the CALL of a RETURN. */
static const struct trace_event *other_of(const struct maker *m, const struct trace_event *e)
{
	struct call key = {.event = e};
	struct call *c = bsearch(&key, m->call, m->calls, sizeof(*c), by_number);
	size_t i = (size_t)(c - m->call);

	if (e->kind == TRACE_CALL)
		return i + 1 < m->calls && pair(c, c + 1) ? c[1].event : NULL;
	return i > 0 && pair(c - 1, c) ? c[-1].event : NULL;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void add_call(struct maker *m, const struct trace_event *e)
{
	const struct trace_event *other = other_of(m, e);
	bool at_once = other && other->at == e->at;

	if (e->kind == TRACE_CALL)
		add(m->r, (struct row){.kind = ROW_CALL,
				  .at = e->at,
				  .event = e,
				  .other = at_once ? other : NULL});
	else if (!at_once)
		add(m->r,
			(struct row){.kind = ROW_RETURN, .at = e->at, .event = e, .other = other});
}

static void add_packet(struct maker *m, const struct trace_event *e)
{
	const struct story_packet *p = story_packet(m->s, e->id);
	bool copy = p && p->view.mark == MARK_COPY;

	if (!p || (story_column(m->s, p->from) < 0 && story_column(m->s, p->to) < 0))
		return;
	if (e->kind == TRACE_SEND || copy)
		add(m->r, (struct row){.kind = ROW_PACKET,
				  .at = e->at,
				  .conn = p->view.conn,
				  .packet = p});
	else if ((m->with & ROWS_ARRIVALS) && e->at == p->ended)
		add(m->r, (struct row){.kind = ROW_ARRIVAL,
				  .at = e->at,
				  .conn = p->view.conn,
				  .packet = p});
}

static void add_event(struct maker *m, const struct trace_event *e)
{
	bool shown = story_column(m->s, e->node) >= 0;

	switch ((enum trace_kind)e->kind) {
	case TRACE_SEND:
	case TRACE_RECEIVE:
	case TRACE_DROP: add_packet(m, e); break;
	case TRACE_CALL:
	case TRACE_RETURN:
		if (shown)
			add_call(m, e);
		break;
	case TRACE_STATE:
		if (shown)
			add(m->r, (struct row){.kind = ROW_STATE,
					  .at = e->at,
					  .conn = story_flow(m->s, &e->flow).conn,
					  .event = e});
		break;
	case TRACE_NOTE: add(m->r, (struct row){.kind = ROW_NOTE, .at = e->at, .event = e}); break;
	case TRACE_READY:
		if (shown && (m->with & ROWS_READY))
			add(m->r, (struct row){.kind = ROW_READY,
					  .at = e->at,
					  .conn = story_flow(m->s, &e->flow).conn,
					  .event = e});
		break;
	case TRACE_SAMPLE:
	case TRACE_LISTEN:
	case TRACE_QUEUE: break;
	}
}

/* --- folding ---------------------------------------------------------------------------------- */

/* A call that transfers bytes, as most do, or waits for readiness. */
static bool plain_call(const struct row *r)
{
	static const char *const names[] = {"send(", "recv(", "write(", "read(", "epoll_wait("};
	const struct trace_event *call = r->kind == ROW_CALL ? r->event : r->other;
	const struct trace_event *ret = r->kind == ROW_CALL ? r->other : r->event;

	if (ret && (!ret->text || ret->text[0] == '-' || strcmp(ret->text, "0") == 0))
		return false;
	for (size_t i = 0; call && call->text && i < ARRAY_SIZE(names); i++)
		if (strncmp(call->text, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* A row that only shows the arrival of a packet or a transfer of bytes. */
static bool plain(const struct row *r)
{
	const struct story_packet *p = r->packet;
	struct decoded d;

	if (r->kind == ROW_ARRIVAL)
		return true;
	if (r->kind == ROW_CALL || r->kind == ROW_RETURN)
		return plain_call(r);
	if (r->kind != ROW_PACKET || p->fate != FATE_ARRIVED || p->altered || p->view.show_win ||
		p->view.mark == MARK_AGAIN || p->view.mark == MARK_PROBE ||
		p->view.mark == MARK_COPY)
		return false;
	decode(&d, p->bytes, p->len);
	return d.kind == DECODED_UDP ||
	       (d.kind == DECODED_TCP && !(d.seg.flags & (SEG_SYN | SEG_FIN | SEG_RST | SEG_URG)));
}

static uint64_t payload(const struct story_packet *p)
{
	struct decoded d;

	decode(&d, p->bytes, p->len);
	return d.len;
}

static void fold_in(struct row *fold, const struct row *r)
{
	fold->calls += r->kind == ROW_CALL;
	fold->until = r->at;
	if (r->kind != ROW_PACKET)
		return;
	fold->count++;
	fold->bytes += payload(r->packet);
	if (fold->conn != r->conn)
		fold->conn = 0;
}

static bool visible(const struct row *r)
{
	return r->kind != ROW_ARRIVAL;
}

/* Copies a run of plain rows, the middle of a long one as one row. */
static void fold_run(struct rows *to, const struct row *run, size_t n)
{
	size_t rows = 0, seen = 0, fold = SIZE_MAX;

	for (size_t i = 0; i < n; i++)
		rows += visible(&run[i]);
	for (size_t i = 0; i < n; i++) {
		bool middle =
			rows > ROWS_RUN && seen >= ROWS_RUN_ENDS && seen < rows - ROWS_RUN_ENDS;

		seen += visible(&run[i]);
		if (!middle) {
			add(to, run[i]);
			continue;
		}
		if (fold == SIZE_MAX) {
			fold = to->count;
			add(to, (struct row){.kind = ROW_FOLD,
					.at = run[i].at,
					.until = run[i].at,
					.conn = run[i].conn});
		}
		fold_in(&to->row[fold], &run[i]);
	}
}

static void fold(struct rows *r)
{
	struct rows to = {0};

	for (size_t i = 0; i < r->count;) {
		size_t n = 0;

		while (i + n < r->count && plain(&r->row[i + n]))
			n++;
		if (n > 0)
			fold_run(&to, &r->row[i], n);
		else
			add(&to, r->row[i]);
		i += n > 0 ? n : 1;
	}
	rows_free(r);
	*r = to;
}

static void add_silences(struct rows *r)
{
	struct rows to = {0};
	nsec_t last = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct row *row = &r->row[i];

		if (i > 0 && row->at - last >= ROWS_SILENCE)
			add(&to, (struct row){.kind = ROW_SILENCE, .at = last, .until = row->at});
		last = row->kind == ROW_FOLD ? row->until : row->at;
		add(&to, *row);
	}
	rows_free(r);
	*r = to;
}

/* Keeps the rows of one connection, and those of none. */
static void choose(struct rows *r, uint32_t conn)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->count; i++) {
		const struct row *row = &r->row[i];
		bool of_one = row->packet || row->kind == ROW_STATE || row->kind == ROW_READY;

		if (!of_one || row->conn == conn)
			r->row[kept++] = *row;
	}
	r->count = kept;
}

void rows_make(struct rows *r, const struct story *s, const struct report_options *o, unsigned with)
{
	struct maker m = {.s = s, .o = o, .r = r, .with = with};

	*r = (struct rows){0};
	learn_calls(&m);
	for (size_t i = 0; i < s->trace->count; i++)
		add_event(&m, &s->trace->event[i]);
	free(m.call);
	if (o->connection > 0)
		choose(r, o->connection);
	if (!o->all)
		fold(r);
	add_silences(r);
}

void rows_free(struct rows *r)
{
	free(r->row);
	*r = (struct rows){0};
}

/* --- words ------------------------------------------------------------------------------------ */

void rows_span(struct text *t, nsec_t span)
{
	long long s = span / NSEC_SEC, tenths = span % NSEC_SEC / (NSEC_SEC / 10);

	if (s >= 86400)
		text_add(t, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	else if (s >= 3600)
		text_add(t, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else if (s >= 60)
		text_add(t, "%lld min %lld s", s / 60, s % 60);
	else if (s >= 10)
		text_add(t, "%lld s", s);
	else if (s >= 1)
		text_add(t, "%lld.%lld s", s, tenths);
	else if (span >= NSEC_MSEC)
		text_add(t, "%lld ms", (long long)(span / NSEC_MSEC));
	else
		text_add(t, "%lld us", (long long)(span / NSEC_USEC));
}

void rows_time(struct text *t, nsec_t at)
{
	unsigned long long us = (unsigned long long)((at < 0 ? -at : at) / NSEC_USEC);

	text_add(t, "%s%llu.%06llu", at < 0 ? "-" : "", us / 1000000, us % 1000000);
}

static const char *text_of(const struct trace_event *e)
{
	return e && e->text ? e->text : "";
}

/* A RETURN that is not in the row of its CALL repeats it: "recv(4, ...) = 5". */
static void return_text(struct text *t, const struct row *r)
{
	const char *call = text_of(r->other);
	size_t name = strcspn(call, "(");
	size_t arg = strcspn(call, ",)");

	if (call[name] == '\0')
		text_add(t, "... %s = %s", call, text_of(r->event));
	else
		text_add(t, "... %.*s%s) = %s", (int)arg, call, call[arg] == ',' ? ", ..." : "",
			text_of(r->event));
}

static void state_text(struct text *t, const struct row *r)
{
	const struct trace_event *e = r->event;

	text_add(t, "%s", words_state(e->value));
	if (strcmp(words_state(e->value), "LISTEN") == 0)
		text_add(t, " :%u", e->flow.local_port);
}

static void fold_text(struct text *t, const struct row *r)
{
	text_add(t, "~ %llu packets", (unsigned long long)r->count);
	if (r->bytes > 0)
		text_add(t, ", %llu bytes", (unsigned long long)r->bytes);
	if (r->calls > 0)
		text_add(t, ", %llu calls", (unsigned long long)r->calls);
	text_add(t, ", none lost, in ");
	rows_span(t, r->until - r->at);
	text_add(t, " ~");
}

void rows_text(struct text *t, const struct story *s, const struct row *r)
{
	const struct trace *tr = s->trace;

	switch ((enum row_kind)r->kind) {
	case ROW_CALL:
		text_add(t, "%s%s%s", text_of(r->event), r->other ? " = " : " ...",
			text_of(r->other));
		break;
	case ROW_RETURN: return_text(t, r); break;
	case ROW_STATE: state_text(t, r); break;
	case ROW_NOTE:
		if (r->event->node < tr->nodes)
			text_add(t, "%s: ", tr->name[r->event->node]);
		text_add(t, "%s", text_of(r->event));
		break;
	case ROW_SILENCE:
		text_add(t, "~ ");
		rows_span(t, r->until - r->at);
		text_add(t, " of silence ~");
		break;
	case ROW_FOLD: fold_text(t, r); break;
	case ROW_READY:
		text_add(t, "fd %llu: ", (unsigned long long)r->event->id);
		words_ready(t, r->event->value);
		break;
	case ROW_PACKET:
	case ROW_ARRIVAL: break;
	}
}

int rows_power(const struct story *s, const struct row *r)
{
	if (r->kind != ROW_NOTE || story_column(s, r->event->node) < 0)
		return 0;
	return strcmp(text_of(r->event), "power off") == 0 ? -1
	       : strcmp(text_of(r->event), "reboot") == 0  ? 1
							   : 0;
}
