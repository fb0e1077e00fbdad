/*
 * svg.c - the ladder as a picture: report_svg(). Time runs down, not to scale: each row has the
 * height of its words, and a gap grows with the logarithm of its duration, so that arrows slant and
 * nothing overlaps.
 *
 *       time      calls |  client                     server  | calls
 *                       |----------- words ---__              |
 *                       |                       ---__________>|
 */
#include "base/utf8.h"
#include "lab/report/out.h"
#include "lab/report/rows.h"
#include "lab/report/words.h"

#include "lab/world/need.h"

enum {
	WIDTH = 920,      /* with two hosts ... */
	WIDTH_MORE = 200, /* and for each additional one */
	MARGIN = 308,     /* for time and calls beside the outer lifelines */
	MARGIN_RIGHT = 236,
	TIME_X = 66,
	CHAR = 7, /* width of a character, rounded up */
	ROW = 19, /* height of a row with words */
	BASELINE = 12,
	SHAFT = 16, /* where an arrow leaves its row */
	ARRIVAL = 4,
	BAND = 30, /* height of a full-width row */
	GAP_STEP = 3,
	GAP_MAX = 46,
	HEAD = 46,
	TEXT_MAX = 512,
	STATES = 12,
	OFF = 0, /* "state" of a host without power */
};

struct svg {
	struct out out;
	const struct story *s;
	const struct report_options *o;
	struct rows rows;
	int *y;    /* of each row */
	int *ends; /* of each packet: its arrival; 0: no row */
	int width, height, top;
	int line[REPORT_HOSTS_MAX];
	bool used[STATES], drops, again;
	nsec_t last;
};

/* --- layout ----------------------------------------------------------------------------------- */

/* Pixels for a span in which nothing is drawn. */
static int gap_of(nsec_t span)
{
	int pixels = 0;

	for (nsec_t us = span / (50 * NSEC_USEC); us > 0 && pixels < GAP_MAX; us /= 2)
		pixels += GAP_STEP;
	return pixels < GAP_MAX ? pixels : GAP_MAX;
}

static int height_of(const struct row *r)
{
	switch ((enum row_kind)r->kind) {
	case ROW_ARRIVAL: return ARRIVAL;
	case ROW_NOTE:
	case ROW_SILENCE:
	case ROW_FOLD: return BAND;
	case ROW_PACKET:
	case ROW_CALL:
	case ROW_RETURN:
	case ROW_READY:
	case ROW_STATE: return ROW;
	}
	return ROW;
}

static void place_lines(struct svg *v)
{
	int gaps = (int)v->s->columns - 1;
	int more = gaps > 1 ? gaps - 1 : 0;

	v->width = WIDTH + WIDTH_MORE * more;
	for (int i = 0; i <= gaps; i++)
		v->line[i] =
			gaps > 0 ? MARGIN + (v->width - MARGIN - MARGIN_RIGHT) * i / gaps : MARGIN;
}

static void place_rows(struct svg *v)
{
	int y = v->top + HEAD;
	nsec_t last = v->rows.count ? v->rows.row[0].at : 0;

	v->y = need(calloc(v->rows.count + 1, sizeof(*v->y)));
	v->ends = need(calloc(v->s->packets + 1, sizeof(*v->ends)));
	for (size_t i = 0; i < v->rows.count; i++) {
		const struct row *r = &v->rows.row[i];

		if (r->kind != ROW_SILENCE) {
			bool after = i > 0 && v->rows.row[i - 1].kind == ROW_SILENCE;

			y += after ? 0 : gap_of(r->at - last);
			last = r->kind == ROW_FOLD ? r->until : r->at;
		}
		v->y[i] = y;
		if (r->kind == ROW_ARRIVAL)
			v->ends[r->packet - v->s->packet] = y;
		y += height_of(r);
	}
	v->y[v->rows.count] = y + ROW;
	v->height = y + 3 * ROW + 8;
}

/* --- style ------------------------------------------------------------------------------------ */

static const char style[] =
	"<style>\n"
	"svg{--bg:#fff;--fg:#1f2328;--dim:#656d76;--line:#8c959f;--band:#f3f4f6;--bad:#cf222e;"
	"--again:#9a6700;--call:#0550ae;--s0:#d0d7de;--s1:#1a7f37;--s2:#bf8700;--s3:#0e8a8a;"
	"--s4:#8250df;--s5:#a475f9;--s6:#6e7781;--s7:#afb8c1;--s8:#d4690f;--s9:#e16f24;"
	"--s10:#0969da;--s11:#bf3989}\n"
	"@media(prefers-color-scheme:dark){svg{--bg:#0d1117;--fg:#e6edf3;--dim:#8d96a0;"
	"--line:#6e7681;--band:#161b22;--bad:#ff7b72;--again:#e3b341;--call:#79c0ff;--s0:#30363d;"
	"--s1:#3fb950;--s2:#d29922;--s3:#39c5cf;--s4:#a371f7;--s5:#bc8cff;--s6:#8b949e;"
	"--s7:#484f58;--s8:#f0883e;--s9:#ffa657;--s10:#58a6ff;--s11:#f778ba}}\n"
	"text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;"
	"fill:var(--fg);white-space:pre}\n"
	".h,.n{font-weight:600}.h{font-size:13px}.t{fill:var(--dim)}.c{fill:var(--call)}"
	".e{text-anchor:end}.m{text-anchor:middle}.title{font:600 15px system-ui,sans-serif}\n"
	".w{paint-order:stroke;stroke:var(--bg);stroke-width:4px;stroke-linejoin:round}\n"
	".a{stroke:var(--fg);stroke-width:1.3;fill:none;marker-end:url(#head)}"
	".again{stroke:var(--again);marker-end:url(#again)}"
	".bad{stroke:var(--bad);marker-end:none}.way{stroke-dasharray:5 4;marker-end:none}\n"
	"text.tb{fill:var(--bad)}text.ta{fill:var(--again)}"
	".x{stroke:var(--bad);stroke-width:2.2}\n"
	".l{stroke-width:4;stroke-linecap:butt}.dot{stroke:var(--bg);stroke-width:2}"
	".off{stroke-dasharray:2 5}.band{fill:var(--band)}\n"
	"</style>\n";

static void write_style(struct svg *v)
{
	out_text(&v->out, style);
	out_text(&v->out, "<style>");
	for (int i = 0; i < STATES; i++)
		out_add(&v->out, ".s%d{stroke:var(--s%d)}.f%d{fill:var(--s%d)}", i, i, i, i);
	out_text(&v->out, "</style>\n<defs>");
	for (int i = 0; i < 2; i++)
		out_add(&v->out,
			"<marker id=\"%s\" viewBox=\"0 0 9 8\" refX=\"9\" refY=\"4\" "
			"markerWidth=\"9\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" "
			"orient=\"auto\"><path d=\"M0 0L9 4L0 8z\" fill=\"var(--%s)\"/></marker>",
			i ? "again" : "head", i ? "again" : "fg");
	out_text(&v->out, "</defs>\n");
}

static void write_text(struct svg *v, const char *class, int x, int y, const char *text)
{
	out_add(&v->out, "<text class=\"%s\" x=\"%d\" y=\"%d\">", class, x, y);
	out_xml(&v->out, text);
	out_text(&v->out, "</text>\n");
}

/* As much of text as fits, in the TEXT_MAX bytes at out. */
static const char *cut(char *out, const char *text, int room)
{
	return out_shorten(out, TEXT_MAX, text, (size_t)(room > CHAR ? room / CHAR : 1));
}

/* --- lifelines -------------------------------------------------------------------------------- */

static void write_piece(struct svg *v, int column, int from, int to, int state)
{
	if (to > from)
		out_add(&v->out,
			"<line class=\"l s%d%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
			state, state == OFF ? " off" : "", v->line[column], from, v->line[column],
			to);
	v->used[state] = true;
}

/* The host's state after a row, or -1. */
static int state_after(const struct svg *v, const struct row *r, int column)
{
	if ((r->kind != ROW_STATE && r->kind != ROW_NOTE) ||
		story_column(v->s, r->event->node) != column)
		return -1;
	if (r->kind == ROW_STATE)
		return r->event->value > 0 && r->event->value < STATES ? (int)r->event->value : -1;
	return rows_power(v->s, r) < 0 ? OFF : rows_power(v->s, r) > 0 ? 7 : -1;
}

/* A lifeline in pieces, each in the colour of the last state entered by a connection of the
 * host. */
static void write_lifeline(struct svg *v, int column)
{
	int from = v->top + HEAD - 10, state = 7; /* CLOSED */

	for (size_t i = 0; i < v->rows.count; i++) {
		int to = state_after(v, &v->rows.row[i], column);

		if (to < 0 || to == state)
			continue;
		write_piece(v, column, from, v->y[i] + BASELINE - 4, state);
		from = v->y[i] + BASELINE - 4;
		state = to;
	}
	write_piece(v, column, from, v->y[v->rows.count], state);
	write_text(v, "h m", v->line[column], v->top + HEAD - 18,
		v->s->trace->name[v->s->column[column]]);
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool is_last(const struct svg *v, int column)
{
	return column > 0 && column == (int)v->s->columns - 1;
}

static int room_between(const struct svg *v)
{
	return v->s->columns > 1 ? v->line[1] - v->line[0] : MARGIN;
}

/* The ends of an arrow; an unknown one is drawn short of the neighbouring lifeline. */
static void ends(const struct svg *v, const struct story_packet *p, int *from, int *to)
{
	int a = story_column(v->s, p->from), b = p->to == p->from ? -1 : story_column(v->s, p->to);
	int known = v->line[a >= 0 ? a : b];
	int away = room_between(v) * 4 / 5 * (is_last(v, a >= 0 ? a : b) ? -1 : 1);

	*from = a >= 0 ? v->line[a] : known + away;
	*to = b >= 0 ? v->line[b] : known + away;
}

static void write_time(struct svg *v, const struct row *r, int y)
{
	char buf[40];
	struct text t = text_in(buf, sizeof(buf));

	if (r->kind == ROW_ARRIVAL || r->kind == ROW_SILENCE || r->at == v->last)
		return;
	v->last = r->at;
	rows_time(&t, r->at - v->o->start);
	write_text(v, "t e", t.len > 9 ? TIME_X + ((int)t.len - 9) * CHAR : TIME_X, y, buf);
}

static void row_words(const struct svg *v, struct text *t, const struct row *r)
{
	if (r->conn > 0 && v->s->conns.count > 1 && v->o->connection == 0)
		text_add(t, "#%u ", r->conn);
	if (r->packet)
		words_packet(t, v->s, r->packet, v->o->absolute);
	else
		rows_text(t, v->s, r);
}

static void write_cross(struct svg *v, int x, int y)
{
	out_add(&v->out, "<path class=\"x\" d=\"M%d %dl8 8m0 -8l-8 8\"/>\n", x - 4, y - 4);
}

struct arrow {
	int x, y, to_x, to_y, step; /* step: 1 to the right, -1 to the left */
	bool lost;
};

static void write_shaft(struct svg *v, const struct arrow *a, const struct story_packet *p)
{
	bool again = p->view.mark == MARK_AGAIN || p->view.mark == MARK_COPY;

	out_add(&v->out, "<path class=\"a%s%s\" d=\"M%d %dL%d %d\"><title>", again ? " again" : "",
		a->lost                     ? " bad"
		: p->fate == FATE_UNDER_WAY ? " way"
					    : "",
		a->x, a->y, a->to_x, a->to_y);
	out_add(&v->out, "%llu: %llu us on the way", (unsigned long long)p->id,
		(unsigned long long)((p->ended - p->sent) / NSEC_USEC));
	if (p->reason) {
		out_text(&v->out, ", ");
		out_xml(&v->out, p->reason);
	}
	out_text(&v->out, "</title></path>\n");
	v->again = v->again || again;
}

/* An X where it ended, and the reason: beside the lifeline of a host that discarded it, or behind
 * the X if the network dropped it. */
static void write_drop(struct svg *v, const struct arrow *a, const struct story_packet *p)
{
	bool at_host = p->fate == FATE_DISCARDED;
	int room = at_host ? MARGIN_RIGHT - 24 : room_between(v) / 2 - 24;
	bool right = a->step > 0;
	char words[TEXT_MAX];

	write_cross(v, a->to_x, a->to_y);
	write_text(v, right ? "w tb" : "w tb e", a->to_x + (at_host ? 18 : 10) * a->step,
		a->to_y + 4, cut(words, p->reason ? p->reason : "", room));
	v->drops = true;
}

/* Where a packet ends: at its own arrival, or in the middle of the fold that contains it. */
static int end_of(const struct svg *v, const struct story_packet *p)
{
	size_t low = 0, high = v->rows.count;

	if (v->ends[p - v->s->packet] > 0)
		return v->ends[p - v->s->packet];
	while (low + 1 < high) { /* the last row that is not later */
		size_t middle = (low + high) / 2;

		if (v->rows.row[middle].at <= p->ended)
			low = middle;
		else
			high = middle;
	}
	return v->rows.count ? v->y[low] + height_of(&v->rows.row[low]) / 2 : 0;
}

static struct arrow arrow_of(const struct svg *v, const struct row *r, int y)
{
	const struct story_packet *p = r->packet;
	struct arrow a = {.y = y + SHAFT};
	int from, to, end = end_of(v, p);

	ends(v, p, &from, &to);
	a.step = to > from ? 1 : -1;
	a.x = from + 3 * a.step;
	a.to_x = to - 3 * a.step;
	a.to_y = end > a.y + ARRIVAL ? end : a.y + ARRIVAL;
	a.lost = p->fate == FATE_DROPPED || p->fate == FATE_DISCARDED;
	if (p->fate == FATE_DROPPED || p->fate == FATE_UNDER_WAY)
		a.to_x = a.x + (a.to_x - a.x) / 2;
	else if (a.lost)
		a.to_x -= 5 * a.step;
	return a;
}

static void write_packet(struct svg *v, const struct row *r, int y)
{
	const struct story_packet *p = r->packet;
	struct arrow a = arrow_of(v, r, y);
	bool again = p->view.mark == MARK_AGAIN || p->view.mark == MARK_COPY;
	char buf[TEXT_MAX], words[TEXT_MAX], class[24];
	struct text t = text_in(buf, sizeof(buf));
	struct text c = text_in(class, sizeof(class));

	text_add(&c, "w%s%s", a.lost ? " tb" : again ? " ta" : "", a.step > 0 ? "" : " e");
	row_words(v, &t, r);
	write_text(v, class, a.x + 8 * a.step, y + BASELINE, cut(words, buf, room_between(v) - 24));
	if (a.lost)
		write_drop(v, &a, p);
}

/* A call or state: outside of the outer lifelines, to the right of the others. */
static void write_beside(struct svg *v, const struct row *r, int y)
{
	int column = story_column(v->s, r->event->node), x = v->line[column];
	bool left = column == 0, state = r->kind == ROW_STATE;
	int room = left                 ? MARGIN - TIME_X - 20
		   : is_last(v, column) ? MARGIN_RIGHT - 16
					: room_between(v) - 20;
	char buf[TEXT_MAX], words[TEXT_MAX], class[16];
	struct text t = text_in(buf, sizeof(buf));
	struct text c = text_in(class, sizeof(class));

	row_words(v, &t, r);
	text_add(&c, "w %s%s", state ? "n" : "c", left ? " e" : "");
	if (state && state_after(v, r, column) >= 0)
		out_add(&v->out, "<circle class=\"dot f%d\" cx=\"%d\" cy=\"%d\" r=\"5\"/>\n",
			state_after(v, r, column), x, y + BASELINE - 4);
	write_text(v, class, left ? x - 10 : x + 10, y + BASELINE, cut(words, buf, room));
}

static void write_band(struct svg *v, const struct row *r, int y)
{
	int first = v->line[0] - 60;
	int last = v->line[v->s->columns ? v->s->columns - 1 : 0] + 60;
	char buf[TEXT_MAX], words[TEXT_MAX];
	struct text t = text_in(buf, sizeof(buf));

	rows_text(&t, v->s, r);
	out_add(&v->out,
		"<rect class=\"band\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"4\"/>\n",
		first, y + 4, last - first, BAND - 8);
	write_text(v, r->kind == ROW_NOTE ? "n m" : "t m", (first + last) / 2, y + BASELINE + 7,
		cut(words, buf, last - first - 16));
}

/* Drawing order: lines must not hide text. */
enum layer {
	BANDS,
	SHAFTS,
	WORDS,
};

static void write_row(struct svg *v, const struct row *r, int y)
{
	bool band = height_of(r) == BAND;

	write_time(v, r, y + BASELINE + (band ? 7 : 0));
	if (r->kind == ROW_PACKET)
		write_packet(v, r, y);
	else if (!band && r->kind != ROW_ARRIVAL)
		write_beside(v, r, y);
}

static void write_layer(struct svg *v, enum layer layer)
{
	for (size_t i = 0; i < v->rows.count; i++) {
		const struct row *r = &v->rows.row[i];

		if (layer == WORDS) {
			write_row(v, r, v->y[i]);
		} else if (layer == BANDS && height_of(r) == BAND) {
			write_band(v, r, v->y[i]);
		} else if (layer == SHAFTS && r->kind == ROW_PACKET) {
			struct arrow a = arrow_of(v, r, v->y[i]);

			write_shaft(v, &a, r->packet);
		}
	}
}

/* --- head and foot ---------------------------------------------------------------------------- */

static void write_legend(struct svg *v, bool ended)
{
	int x = 20, y = v->height - 14;

	for (int i = 1; i < STATES; i++) {
		if (!v->used[i])
			continue;
		out_add(&v->out,
			"<rect class=\"f%d\" x=\"%d\" y=\"%d\" width=\"14\" height=\"4\"/>\n", i, x,
			y - 6);
		write_text(v, "t", x + 19, y, words_state(i));
		x += 36 + (int)strlen(words_state(i)) * CHAR;
	}
	if (v->drops) {
		write_cross(v, x + 4, y - 4);
		write_text(v, "t", x + 13, y, "lost");
		x += 56;
	}
	if (v->again)
		write_text(v, "ta", x, y, "again: sent before");
	if (ended)
		write_text(v, "tb m", v->width / 2, y - ROW,
			"The picture ends here; the run goes on.");
}

static void write_svg(struct svg *v, bool ended)
{
	char title[TEXT_MAX];

	out_add(&v->out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
		"height=\"%d\" role=\"img\">\n<title>",
		v->width, v->height, v->width, v->height);
	out_xml(&v->out, v->o->title ? v->o->title : "a run of the lab");
	out_text(&v->out, "</title>\n");
	write_style(v);
	out_add(&v->out, "<rect width=\"%d\" height=\"%d\" fill=\"var(--bg)\"/>\n", v->width,
		v->height);
	if (v->o->title)
		write_text(v, "title", 20, 26, cut(title, v->o->title, v->width));
	write_text(v, "t e", TIME_X, v->top + HEAD - 18, "seconds");
	write_layer(v, BANDS);
	for (uint32_t i = 0; i < v->s->columns; i++)
		write_lifeline(v, (int)i);
	write_layer(v, SHAFTS);
	write_layer(v, WORDS);
	write_legend(v, ended);
	out_text(&v->out, "</svg>\n");
}

static size_t most_rows(const struct report_options *o)
{
	return o->rows > 0 && o->rows < REPORT_SVG_ROWS_MAX ? o->rows : REPORT_SVG_ROWS_MAX;
}

bool report_svg(const struct story *s, const struct report_options *o, report_sink sink, void *user)
{
	struct svg v = {.s = s, .o = o, .top = o->title ? 36 : 8, .last = -1};
	bool ended;

	rows_make(&v.rows, s, o, ROWS_ARRIVALS);
	ended = v.rows.count > most_rows(o);
	v.rows.count = size_min(v.rows.count, most_rows(o));
	place_lines(&v);
	place_rows(&v);
	out_begin(&v.out, sink, user);
	write_svg(&v, ended);
	free(v.y);
	free(v.ends);
	rows_free(&v.rows);
	return out_end(&v.out);
}
