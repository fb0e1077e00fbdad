/* ss_table.c - columns: ss_table.h. */
#include "observe/ss_table.h"

#include <stdlib.h>

static const struct {
	const char *title;
	bool right; /* aligned: the address, so that it ends at its port */
	bool joined;
} columns[SS_CELLS] = {{"Netid", false, false}, {"State", false, false}, {"Recv-Q", false, false},
	{"Send-Q", false, false}, {"Local Address:", true, false}, {"Port", false, true},
	{"Peer Address:", true, false}, {"Port", false, true}};

void ss_table_begin(struct ss_table *t, const struct ss_options *o,
	void (*print)(void *arg, const char *text, size_t n), void *arg)
{
	t->options = o;
	t->print = print;
	t->arg = arg;
	t->header_done = !o->header;
	t->count = 0;
	for (int c = 0; c < SS_CELLS; c++)
		t->width[c] = o->header ? strlen(columns[c].title) : 0;
}

static bool is_shown(const struct ss_table *t, int column)
{
	return column == 0 ? t->options->netid : column == 1 ? t->options->state : true;
}

/* The cells, padded, and the rest; blanks at the end of a line are left out. */
static void print_line(struct ss_table *t, const char *const *cells, const char *more)
{
	char line[SS_CELLS * SS_CELL_MAX + SS_MORE_MAX];
	struct text out = text_in(line, sizeof(line));

	for (int c = 0; c < SS_CELLS; c++) {
		int width = (int)t->width[c];

		if (!is_shown(t, c))
			continue;
		text_add(&out, "%s%*s", out.len == 0 || columns[c].joined ? "" : " ",
			columns[c].right ? width : -width, cells[c]);
	}
	if (!*more)
		while (out.len > 0 && line[out.len - 1] == ' ')
			out.len--;
	line[out.len] = '\0';
	text_add(&out, "%s\n", more);
	assert(out.len < sizeof(line));
	t->print(t->arg, line, out.len);
}

static void print_header(struct ss_table *t)
{
	const char *titles[SS_CELLS];

	for (int c = 0; c < SS_CELLS; c++)
		titles[c] = columns[c].title;
	print_line(t, titles, " Process");
	t->header_done = true;
}

static void flush(struct ss_table *t)
{
	if (!t->header_done)
		print_header(t);
	for (uint32_t i = 0; i < t->count; i++) {
		const char *cells[SS_CELLS];

		for (int c = 0; c < SS_CELLS; c++)
			cells[c] = t->row[i].cells.text[c];
		print_line(t, cells, t->row[i].more ? t->row[i].more : "");
		free(t->row[i].more);
	}
	t->count = 0;
}

void ss_table_add(struct ss_table *t, const struct sock_row *r)
{
	struct ss_table_row *row = &t->row[t->count++];
	char more[SS_MORE_MAX];
	struct text text = text_in(more, sizeof(more));

	ss_cells(&row->cells, r, t->options);
	for (int c = 0; c < SS_CELLS; c++)
		if (strlen(row->cells.text[c]) > t->width[c])
			t->width[c] = strlen(row->cells.text[c]);
	ss_more(&text, r, t->options);
	ss_info(&text, r, t->options);
	row->more = text.len ? strdup(more) : NULL;
	if (t->count == SS_TABLE_ROWS)
		flush(t);
}

void ss_table_end(struct ss_table *t)
{
	flush(t);
}
