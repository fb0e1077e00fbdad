/*
 * nstat_text.h - counters as nstat prints them and keeps them in its history: what has changed
 * since the last call.
 *
 *     #chat
 *     TcpInSegs                       12                 0.0
 */
#ifndef OBSERVE_NSTAT_TEXT_H
#define OBSERVE_NSTAT_TEXT_H

#include "observe/counter_list.h"
#include "wire/text.h"

enum {
	NSTAT_SOURCE = 64, /* room for the name of a source */
	NSTAT_TEXT_MAX = COUNTERS_MAX * (COUNTER_NAME + 48) + 2 * NSTAT_SOURCE,
};

struct nstat_options {
	bool zeros, json;
	const char *source;          /* the first line, or the key in JSON */
	const char *const *patterns; /* of names (fnmatch), NULL at the end; none: all */
};

/* Appends the counters less those of `old`, which may be NULL; one that has gone back is marked. */
void nstat_text(struct text *t, const struct counter_list *now, const struct counter_list *old,
	const struct nstat_options *o);

/* Appends the history: all counters, and its source. */
void nstat_text_history(struct text *t, const struct counter_list *now, const char *source);

/* Reads a history, which is changed; *source has NSTAT_SOURCE bytes. False: it is none. */
bool nstat_text_parse(struct counter_list *l, char *source, char *text);

#endif
