/*
 * parse.h - parsed message: [@tags] [:source] command params, split in place.
 */
#ifndef CHAT_PROTO_PARSE_H
#define CHAT_PROTO_PARSE_H

#include "chat/limits.h"
#include "chat/proto/line.h"

/* All strings are NUL-terminated and point into the line. */
struct msg {
	const char *tags;    /* without '@'; NULL if there are none */
	const char *source;  /* without ':'; NULL if there is none */
	const char *command; /* in capitals */
	char *params[PARAMS_MAX];
	uint16_t lens[PARAMS_MAX];
	uint32_t count;
	uint32_t tags_len;
};

enum parse_error {
	PARSE_OK,
	PARSE_EMPTY,         /* no command */
	PARSE_TAGS_TOO_LONG, /* more than CLIENT_TAGS_MAX */
	PARSE_BODY_TOO_LONG, /* more than LINE_BODY_MAX */
};

/* Splits line (from line_next()), writing NULs into it. On an error *m must not be used. */
enum parse_error parse_message(struct msg *m, struct span line);

/* Parameter i, or "" if absent. */
static inline const char *msg_param(const struct msg *m, uint32_t i)
{
	return i < m->count ? m->params[i] : "";
}

#endif
