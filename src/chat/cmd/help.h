/*
 * help.h - help topics: one per command, and an index.
 */
#ifndef CHAT_CMD_HELP_H
#define CHAT_CMD_HELP_H

struct help {
	const char *subject; /* one word, in capitals */
	const char *title;
	const char *text; /* lines separated by LF */
};

/* Returns the topic of that name, case-insensitively, or NULL. */
const struct help *help_find(const char *subject);

#endif
