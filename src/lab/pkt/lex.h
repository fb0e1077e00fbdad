/*
 * lex.h - scanner of packet scripts. There are no tokens independent of context: "." is a flag, a
 * decimal point, or a third of an ellipsis. So the parser requests the token that it expects.
 *
 * The first error is kept and moves the cursor to the end of the script. Every loop then ends by
 * itself, and only pkt_parse() has to check.
 */
#ifndef LAB_PKT_LEX_H
#define LAB_PKT_LEX_H

#include "lab/pkt/ast.h"

struct pkt_lex {
	const char *file, *p, *end, *line_start;
	int line;
	char *error; /* of PKT_ERROR_MAX bytes; "": none */
	struct arena *arena;
	struct pkt_option *options; /* so far, for --define */
	const char *const *defines; /* of the command line */
};

/* Records an error at the cursor; the first one is kept. */
void lex_fail(struct pkt_lex *l, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Returns true after an error. */
bool lex_failed(const struct pkt_lex *l);

/* Skips white space and comments. Returns true at the end of the script. */
bool lex_end(struct pkt_lex *l);

/* Returns the next character other than white space and comments; 0 at the end. */
char lex_peek(struct pkt_lex *l);

/* Consumes `text` and returns true if it comes next; if text is a word, only as a whole word. */
bool lex_accept(struct pkt_lex *l, const char *text);

/* Like lex_accept(), but fails if it does not come next. */
bool lex_expect(struct pkt_lex *l, const char *text);

/* Returns true if a word comes next. */
bool lex_at_word(struct pkt_lex *l);

/* Consumes a word and returns it, or the value it is defined as; fails if there is none. */
const char *lex_word(struct pkt_lex *l);

/* Consumes the longest run of characters in `set` and returns it, possibly "". */
const char *lex_span(struct pkt_lex *l, const char *set);

/* Like lex_word(), but the word may begin with a digit or be empty. */
const char *lex_alnum(struct pkt_lex *l);

/* Consumes an integer, decimal or hexadecimal, with an optional sign. */
int64_t lex_int(struct pkt_lex *l, int64_t min, int64_t max);

/* Consumes seconds with an optional fraction. Returns nanoseconds. */
nsec_t lex_seconds(struct pkt_lex *l);

/* Consumes adjacent string literals with C's escapes and returns them joined; *len may count NUL
 * bytes. */
const char *lex_string(struct pkt_lex *l, size_t *len);

/* Consumes everything up to and including `close`. Returns what comes before it. */
const char *lex_until(struct pkt_lex *l, const char *close);

#endif
