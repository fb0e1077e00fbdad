/*
 * lex.h - the characters of a script, one at a time. The language has no tokens that could be
 * cut without knowing the place ("." is a flag, a number's point, a third of an ellipsis), so the
 * parser asks for what it wants there.
 *
 * The first error sticks and puts the cursor at the end: every loop then ends by itself, and only
 * the door looks at it.
 */
#ifndef LAB_PKT_LEX_H
#define LAB_PKT_LEX_H

#include "lab/pkt/ast.h"

struct pkt_lex {
	const char *file, *p, *end, *line_start;
	int line;
	char *error; /* of PKT_ERROR_MAX bytes; "" while all is well */
	struct pkt_arena *arena;
	struct pkt_option *options; /* for --define */
	const char *const *defines; /* of the command line */
};

/* Notes the first error, at the cursor. */
void lex_fail(struct pkt_lex *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

bool lex_failed(const struct pkt_lex *l);

/* Skips blanks and comments; true at the end of the script. */
bool lex_end(struct pkt_lex *l);

/* The next character that counts; 0 at the end. */
char lex_peek(struct pkt_lex *l);

/* Takes `text` if it comes next; with a word, the whole word. */
bool lex_accept(struct pkt_lex *l, const char *text);

/* Takes it, or fails. */
bool lex_expect(struct pkt_lex *l, const char *text);

/* True if a word comes next; it is taken with lex_word(), which fails without one. */
bool lex_at_word(struct pkt_lex *l);
const char *lex_word(struct pkt_lex *l);

/* The characters up to one that is not in `set`; "" if there is none. */
const char *lex_span(struct pkt_lex *l, const char *set);

/* Letters and digits, or what they are defined to be; "" if there are none. */
const char *lex_alnum(struct pkt_lex *l);

/* An integer, decimal or hexadecimal, with a sign. */
int64_t lex_int(struct pkt_lex *l, int64_t min, int64_t max);

/* Seconds with a fraction, as nanoseconds. */
nsec_t lex_seconds(struct pkt_lex *l);

/* A string with C's escapes; neighbours are joined. */
const char *lex_string(struct pkt_lex *l, size_t *len);

/* Everything up to `close`, which is taken too. */
const char *lex_until(struct pkt_lex *l, const char *close);

#endif
