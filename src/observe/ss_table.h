/*
 * ss_table.h - rows laid out in columns as ss does: as wide as their widest cell. Rows are gathered
 * and printed some thousand at a time; later ones may make a column wider.
 */
#ifndef OBSERVE_SS_TABLE_H
#define OBSERVE_SS_TABLE_H

#include "observe/ss_text.h"

enum {
	SS_TABLE_ROWS = 1024, /* laid out together */
};

struct ss_table_row {
	struct ss_cells cells;
	char *more; /* what follows the cells; allocated */
};

struct ss_table {
	const struct ss_options *options;
	void (*print)(void *arg, const char *text, size_t n); /* takes the text */
	void *arg;
	size_t width[SS_CELLS];
	bool header_done;
	uint32_t count;
	struct ss_table_row row[SS_TABLE_ROWS];
};

/* Initializes t; print is called with its text. */
void ss_table_begin(struct ss_table *t, const struct ss_options *o,
	void (*print)(void *arg, const char *text, size_t n), void *arg);

/* Adds a row. */
void ss_table_add(struct ss_table *t, const struct sock_row *r);

/* Prints the rows gathered; the header, too, if there was no row. */
void ss_table_end(struct ss_table *t);

#endif
