/*
 * atheme_row.h - rows of services.db, cut into words.
 */
#ifndef IMPORT_ATHEME_ROW_H
#define IMPORT_ATHEME_ROW_H

#include "import/import.h"

enum {
	ATHEME_WORDS_MAX = 8,
	ATHEME_LINE_MAX = 8192, /* bytes */
	ATHEME_VERSION_WITH_ID = 10,
};

/* A row: its words, and what stands behind the last of them that its kind has. */
struct row {
	char line[ATHEME_LINE_MAX];
	char *word[ATHEME_WORDS_MAX]; /* "" if missing */
	char *rest;
	char name[2 * IMPORT_SHOWN_MAX]; /* for the report */
};

struct reader {
	struct import *im;
	uint64_t number; /* of the line */
	unsigned version;
};

/* Reports a row that is not taken. */
static inline void row_skip(struct reader *r, const struct row *row, const char *why)
{
	import_skip(r->im, row->name, why);
}

/* A word that lives as long as the import. */
static inline const char *row_keep(struct reader *r, const char *text)
{
	return import_text(r->im, text, strlen(text));
}

/* Seconds since 1970, in ms. */
static inline int64_t row_ms(const char *seconds)
{
	int64_t n = 0;

	for (const char *p = seconds; *p >= '0' && *p <= '9' && p - seconds < 12; p++)
		n = n * 10 + (*p - '0');
	return n * 1000;
}

#endif
