/*
 * help.h - what HELP shows: a topic for each command, and an index.
 */
#ifndef CHAT_CMD_HELP_H
#define CHAT_CMD_HELP_H

struct help {
	const char *subject; /* one word, in capitals */
	const char *title;
	const char *text; /* lines separated by LF */
};

/* The topic of that name, case-folded; NULL if there is none. */
const struct help *help_find(const char *subject);

#endif
