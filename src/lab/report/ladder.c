/*
 * ladder.c - the ladder as text: report_ladder(). A line is drawn into a row of cells, then written
 * with colours.
 *
 *       seconds  client                                        server
 *      0.000000  |-- SYN 0:0 win 64240 --------------------------->|
 *      0.020000  |<----------------- SYN 0:0 ack 1 win 65160 ------|
 *      1.000000  |-- 1:6(5) ack 1 ---------------X loss            |
 */
#include "base/utf8.h"
#include "lab/report/out.h"
#include "lab/report/rows.h"
#include "lab/report/words.h"

enum {
	TEXT_MAX = 512,
	TIME_WIDTH_MIN = 10,
	WORDS_AT = 3, /* cells between a lifeline and the words of a packet */
	UNDER_WAY_DOTS = 3,
};

enum colour {
	PLAIN,
	DIM,    /* lifelines, time, silence */
	BOLD,   /* notes, names */
	RED,    /* drops */
	YELLOW, /* retransmissions */
	GREEN,  /* states */
	CYAN,   /* calls */
	COLOURS,
};

static const char *const escape[COLOURS] = {
	"\033[0m", "\033[2m", "\033[1m", "\033[31m", "\033[33m", "\033[32m", "\033[36m"};

struct cell {
	uint32_t cp;
	enum colour colour;
};

struct ladder {
	struct out out;
	const struct story *s;
	const struct report_options *o;
	unsigned width;
	unsigned time_width;
	int line[REPORT_HOSTS_MAX]; /* columns of the lifelines */
	bool off[REPORT_HOSTS_MAX];
	nsec_t last; /* the last time written */
	struct cell cell[REPORT_COLUMNS_MAX];
};

/* --- cells ------------------------------------------------------------------------------------ */

static void put(struct ladder *l, int x, uint32_t cp, enum colour colour)
{
	if (x >= 0 && x < (int)l->width)
		l->cell[x] = (struct cell){cp, colour};
}

/* Draws text from x, at most n cells of it; longer text ends in "..". Returns its cells. */
static int draw(struct ladder *l, int x, int n, const char *text, enum colour colour)
{
	bool cut = (int)out_width(text) > n;
	int i = 0;

	for (; *text && i < n; i++) {
		uint32_t cp = utf8_next(&text);

		if (cut && i >= n - 2)
			cp = '.';
		put(l, x + i, is_hidden(cp) ? '?' : cp, colour);
	}
	return i;
}

/* The cells that draw() uses. */
static int cells_of(const char *text, int n)
{
	int width = (int)out_width(text);

	return width < n ? width : n;
}

static void clear(struct ladder *l)
{
	for (unsigned i = 0; i < l->width; i++)
		l->cell[i] = (struct cell){' ', PLAIN};
	for (uint32_t i = 0; i < l->s->columns; i++)
		put(l, l->line[i], l->off[i] ? '.' : '|', DIM);
}

static void write_line(struct ladder *l)
{
	enum colour colour = PLAIN;
	unsigned n = l->width;

	while (n > 0 && l->cell[n - 1].cp == ' ')
		n--;
	for (unsigned i = 0; i < n; i++) {
		char utf8[4];

		if (l->o->colour && l->cell[i].colour != colour && l->cell[i].cp != ' ') {
			if (colour != PLAIN)
				out_text(&l->out, escape[PLAIN]);
			colour = l->cell[i].colour;
			if (colour != PLAIN)
				out_text(&l->out, escape[colour]);
		}
		out_bytes(&l->out, utf8, utf8_put(utf8, l->cell[i].cp));
	}
	if (l->o->colour && colour != PLAIN)
		out_text(&l->out, escape[PLAIN]);
	out_text(&l->out, "\n");
}

/* --- layout ----------------------------------------------------------------------------------- */

static void place(struct ladder *l)
{
	int first = (int)l->time_width + 2, last = (int)l->width - 1;
	int gaps = (int)l->s->columns - 1;

	for (int i = 0; i <= gaps; i++)
		l->line[i] = gaps > 0 ? first + (last - first) * i / gaps : first;
}

/* Cells between one lifeline and the next. */
static int gap(const struct ladder *l)
{
	int end = l->s->columns > 1 ? l->line[1] : (int)l->width;

	return end - l->line[0] - 1;
}

static bool is_last(const struct ladder *l, int column)
{
	return column > 0 && column == (int)l->s->columns - 1;
}

/* The ends of an arrow; an unknown one is drawn short of the neighbouring lifeline. */
static void ends(const struct ladder *l, const struct story_packet *p, int *from, int *to)
{
	int a = story_column(l->s, p->from), b = p->to == p->from ? -1 : story_column(l->s, p->to);
	int known = l->line[a >= 0 ? a : b];
	int away = gap(l) * 4 / 5 * (is_last(l, a >= 0 ? a : b) ? -1 : 1);

	*from = a >= 0 ? l->line[a] : known + away;
	*to = b >= 0 ? l->line[b] : known + away;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void draw_time(struct ladder *l, nsec_t at)
{
	char buf[40];
	struct text t = text_in(buf, sizeof(buf));

	if (at == l->last)
		return;
	l->last = at;
	rows_time(&t, at - l->o->start);
	draw(l, (int)l->time_width - (int)t.len, (int)t.len, buf, DIM);
}

static enum colour packet_colour(const struct story_packet *p)
{
	if (p->fate == FATE_DROPPED || p->fate == FATE_DISCARDED)
		return RED;
	return p->view.mark == MARK_AGAIN || p->view.mark == MARK_COPY ? YELLOW : PLAIN;
}

/* A shaft with or without a head; n cells from the sender at x in direction step. */
static void draw_shaft(struct ladder *l, int x, int n, int step, const struct story_packet *p)
{
	for (int i = 1; i <= n; i++)
		put(l, x + i * step, '-', packet_colour(p));
	if (p->fate == FATE_ARRIVED)
		put(l, x + n * step, step > 0 ? '>' : '<', packet_colour(p));
	for (int i = 0; p->fate == FATE_UNDER_WAY && i < UNDER_WAY_DOTS; i++)
		put(l, x + (n - i) * step, '.', packet_colour(p));
}

/* Draws text beside the line at x, `skip` cells away from it on the side of step; returns its
 * extent from x. */
static int draw_beside(struct ladder *l, int x, int skip, int step, const char *text)
{
	int room = (int)l->width;
	int n = cells_of(text, room);

	draw(l, step > 0 ? x + skip + 1 : x - skip - n, n, text, PLAIN);
	return skip + n;
}

static void colour_cells(struct ladder *l, int x, int n, int step, enum colour colour)
{
	for (int i = 1; i <= n; i++)
		if (x + i * step >= 0 && x + i * step < (int)l->width)
			l->cell[x + i * step].colour = colour;
}

/* The end of a packet that no program received: X, then the reason, in the n cells from x. If a
 * host discarded it, the reason is at its lifeline. */
static void draw_drop(struct ladder *l, int x, int n, int step, const struct story_packet *p)
{
	const char *reason = p->reason ? p->reason : "";
	int width = cells_of(reason, n > 3 ? n - 3 : 0);
	int at = p->fate == FATE_DISCARDED ? n - width - 2 : n / 3;

	if (at > n - width - 2)
		at = n - width - 2;
	if (at < 1)
		at = 1;
	for (int i = at + 1; i <= n; i++)
		put(l, x + i * step, ' ', PLAIN);
	put(l, x + at * step, 'X', RED);
	draw(l, step > 0 ? x + at + 2 : x - at - 1 - width, width, reason, RED);
}

static void packet_text(const struct ladder *l, struct text *t, const struct row *r)
{
	if (r->conn > 0 && l->s->conns.count > 1 && l->o->connection == 0)
		text_add(t, "#%u ", r->conn);
	if (r->packet)
		words_packet(t, l->s, r->packet, l->o->absolute);
	else
		rows_text(t, l->s, r);
}

/* Cells needed at the end of an arrow after its words. */
static int tail_of(const struct story_packet *p, int n)
{
	int reason = p->reason ? (int)out_width(p->reason) + 4 : 3;

	if (p->fate == FATE_ARRIVED || p->fate == FATE_UNDER_WAY)
		return 3;
	return reason < n / 2 ? reason : n / 2;
}

/* Draws words that do not fit into an arrow between close lifelines outside of it, where the row is
 * empty: right of it, or left. False: they do not fit there either. */
static bool draw_outside(struct ladder *l, const struct story_packet *p, const char *words)
{
	int from, to, left, right, n = (int)out_width(words);

	ends(l, p, &from, &to);
	left = from < to ? from : to;
	right = from < to ? to : from;
	if (right + 2 + n <= (int)l->width)
		draw(l, right + 2, n, words, packet_colour(p));
	else if (left - 2 - n > l->line[0])
		draw(l, left - 1 - n, n, words, packet_colour(p));
	else
		return false;
	return true;
}

/* Draws words into an arrow of n cells, cut so that its end stays visible; returns the cells
 * used. */
static int draw_inside(struct ladder *l, int from, int n, int step, const struct row *r)
{
	const struct story_packet *p = r->packet;
	int used, room = n - WORDS_AT - tail_of(p, n) - 2;
	char buf[TEXT_MAX], words[TEXT_MAX];
	struct text t = text_in(buf, sizeof(buf)), padded = text_in(words, sizeof(words));

	packet_text(l, &t, r);
	if ((int)out_width(buf) > room && draw_outside(l, p, buf))
		return 0;
	if ((int)out_width(buf) > room && room > 2)
		text_add(&padded, " %.*s.. ", room - 2, buf);
	else
		text_add(&padded, " %s ", buf);
	used = draw_beside(l, from, WORDS_AT - 1, step, words);
	colour_cells(l, from, used, step, packet_colour(p));
	return used;
}

static void draw_packet(struct ladder *l, const struct row *r)
{
	const struct story_packet *p = r->packet;
	int from, to, n, step, used;

	ends(l, p, &from, &to);
	step = to > from ? 1 : -1;
	n = (to - from) * step - 1;
	draw_shaft(l, from, n, step, p);
	used = draw_inside(l, from, n, step, r);
	if (p->fate == FATE_DROPPED || p->fate == FATE_DISCARDED)
		draw_drop(l, from + used * step, n - used, step, p);
}

/* True if n cells fit better left of a lifeline: always for the last one. The row is otherwise
 * empty, so they may cover other lifelines. */
static bool fits_left(const struct ladder *l, int column, int n)
{
	int x = l->line[column], right = (int)l->width - x - 3;

	return is_last(l, column) || (n > right && x - l->line[0] > right);
}

static void draw_beside_lifeline(struct ladder *l, const struct row *r)
{
	int column = story_column(l->s, r->event->node), x = l->line[column];
	enum colour colour = r->kind == ROW_STATE ? GREEN : CYAN;
	char buf[TEXT_MAX];
	struct text t = text_in(buf, sizeof(buf));
	bool left;
	int n;

	packet_text(l, &t, r);
	left = fits_left(l, column, (int)out_width(buf));
	n = cells_of(buf, left ? x - l->line[0] - 3 : (int)l->width - x - 3);
	draw(l, left ? x - n - 1 : x + 2, n, buf, colour);
}

static void draw_across(struct ladder *l, const struct row *r)
{
	int first = l->s->columns ? l->line[0] : (int)l->time_width + 1;
	int n, width = (int)l->width - 1 - first;
	char buf[TEXT_MAX], text[TEXT_MAX + 2];
	struct text t = text_in(buf, sizeof(buf));
	struct text padded = text_in(text, sizeof(text));

	rows_text(&t, l->s, r);
	text_add(&padded, " %s ", buf);
	if (r->kind != ROW_NOTE)
		for (uint32_t i = 0; i < l->s->columns; i++)
			put(l, l->line[i], l->off[i] ? '.' : ':', DIM);
	for (int i = 1; r->kind == ROW_NOTE && i < width; i++)
		put(l, first + i, '=', BOLD);
	n = cells_of(text, width - 3);
	draw(l, first + (width - n) / 2, n, text, r->kind == ROW_NOTE ? BOLD : DIM);
}

static void draw_row(struct ladder *l, const struct row *r)
{
	clear(l);
	if (r->kind != ROW_SILENCE)
		draw_time(l, r->at);
	switch ((enum row_kind)r->kind) {
	case ROW_PACKET: draw_packet(l, r); break;
	case ROW_CALL:
	case ROW_RETURN:
	case ROW_STATE: draw_beside_lifeline(l, r); break;
	case ROW_NOTE:
	case ROW_SILENCE:
	case ROW_FOLD: draw_across(l, r); break;
	case ROW_READY:
	case ROW_ARRIVAL: break;
	}
	write_line(l);
	if (rows_power(l->s, r) != 0)
		l->off[story_column(l->s, r->event->node)] = rows_power(l->s, r) < 0;
}

/* --- head and foot ---------------------------------------------------------------------------- */

static void draw_names(struct ladder *l)
{
	clear(l);
	draw(l, (int)l->time_width - 7, 7, "seconds", DIM);
	for (uint32_t i = 0; i < l->s->columns; i++) {
		const char *name = l->s->trace->name[l->s->column[i]];
		int n = cells_of(name, gap(l) - 1), x = l->line[i];

		put(l, x, ' ', PLAIN);
		draw(l, is_last(l, (int)i) ? x - n + 1 : i > 0 ? x - n / 2 : x, n, name, BOLD);
	}
	write_line(l);
}

static void write_title(struct ladder *l)
{
	if (!l->o->title)
		return;
	out_plain(&l->out, l->o->title);
	out_text(&l->out, "\n\n");
}

static void write_foot(struct ladder *l)
{
	if (l->s->hosts > l->s->columns)
		out_add(&l->out, "%u more hosts took part.\n", l->s->hosts - l->s->columns);
	if (l->s->trace->full)
		out_add(&l->out, "The record is full (%d events): what came later is not there.\n",
			TRACE_EVENTS_MAX);
}

static unsigned time_width(const struct story *s, nsec_t start)
{
	nsec_t end = s->trace->count ? s->trace->event[s->trace->count - 1].at : start;
	char buf[40];
	struct text t = text_in(buf, sizeof(buf));

	rows_time(&t, end - start);
	return u32_max((uint32_t)t.len, TIME_WIDTH_MIN);
}

bool report_ladder(
	const struct story *s, const struct report_options *o, report_sink sink, void *user)
{
	unsigned columns = o->columns ? o->columns : REPORT_COLUMNS;
	struct ladder l = {.o = o, .last = -1, .s = s};
	struct rows r;

	rows_make(&r, s, o, 0);
	l.width = u32_min(u32_max(columns, REPORT_COLUMNS_MIN), REPORT_COLUMNS_MAX);
	l.time_width = time_width(s, o->start);
	out_begin(&l.out, sink, user);
	place(&l);
	write_title(&l);
	draw_names(&l);
	for (size_t i = 0; i < r.count; i++)
		draw_row(&l, &r.row[i]);
	write_foot(&l);
	rows_free(&r);
	return out_end(&l.out);
}
