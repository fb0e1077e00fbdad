/*
 * log.h - structured log: one line per event, to one sink.
 *
 *     ts=2026-11-21T05:48:00.123Z level=warn event=store.refused reason=disk-full count=3
 *     {"ts":"2026-11-21T05:48:00.123Z","level":"warn","event":"store.refused",...}
 *
 * A repeated event is limited to `burst` lines per `interval`; the next line written has the number
 * of those suppressed (suppressed=N). Errors are not limited. Used on the loop thread only.
 */
#ifndef CHAT_CONFIG_LOG_H
#define CHAT_CONFIG_LOG_H

#include "base/base.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_COUNT,
};

enum log_format {
	LOG_FORMAT_LOGFMT,
	LOG_FORMAT_JSON,
	LOG_FORMAT_COUNT,
};

/* One key=value. Keys are constants ([a-z_.]); values may hold any byte and are quoted. */
struct log_field {
	const char *key;
	enum {
		LOG_FIELD_TEXT,
		LOG_FIELD_INT,
	} type;
	const char *text;
	size_t len;
	int64_t number;
};

struct log_options {
	enum log_level level;
	enum log_format format;
	uint32_t burst;  /* lines of one event per interval; 0: no limit */
	nsec_t interval; /* 0: no limit */
};

/* The sink takes one whole line with its LF; wall() is the time since 1970. */
struct log_world {
	void (*sink)(void *arg, const char *line, size_t len);
	nsec_t (*wall)(void *arg);
	void *arg;
};

struct log;

/* A log; NULL if out of memory. */
struct log *log_new(const struct log_options *o, const struct log_world *w);

/* Frees the log; NULL is allowed. */
void log_free(struct log *l);

/* Changes level, format and limits; suppressed lines stay counted. */
void log_configure(struct log *l, const struct log_options *o);

/* True if this level is written: to skip preparing the line. l may be NULL: false. */
bool log_wants(const struct log *l, enum log_level level);

/* Writes one line; fields end with a NULL key. event is a string constant. l may be NULL. */
void log_write(
	struct log *l, enum log_level level, const char *event, const struct log_field *fields);

/* LOG(log, WARN, "store.refused", log_str("reason", r), log_int("count", n)) */
#define LOG(l, level, event, ...)                                                                  \
	log_write((l), LOG_LEVEL_##level, (event),                                                 \
		(const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})

static inline struct log_field log_str(const char *key, const char *text)
{
	return (struct log_field){key, LOG_FIELD_TEXT, text, text ? strlen(text) : 0, 0};
}

static inline struct log_field log_bytes(const char *key, const char *text, size_t len)
{
	return (struct log_field){key, LOG_FIELD_TEXT, text, len, 0};
}

static inline struct log_field log_int(const char *key, int64_t n)
{
	return (struct log_field){key, LOG_FIELD_INT, NULL, 0, n};
}

#endif
