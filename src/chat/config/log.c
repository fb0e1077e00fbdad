/*
 * log.c - structured log: formatting of lines, rate limit of repeated events.
 *
 * An event is identified by its name; each of the SLOTS, which events may share, has a time window
 * and counts the lines in it. Two names in one slot share a limit, never a line.
 */
#include "chat/config/log.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	LINE_MAX_BYTES = 4096, /* longer ones are cut, and still end with a newline */
	TAIL_BYTES = 8,        /* reserved for the end of a line that was cut */
	SLOTS = 128,
};

struct slot {
	nsec_t start;
	uint32_t lines;
	uint64_t suppressed;
};

struct log {
	struct log_options options;
	struct log_world world;
	struct slot slots[SLOTS];
};

struct line {
	char text[LINE_MAX_BYTES];
	size_t len;
	bool json;
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};
_Static_assert(ARRAY_SIZE(level_names) == LOG_LEVEL_COUNT, "a name a level");

struct log *log_new(const struct log_options *o, const struct log_world *w)
{
	struct log *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->options = *o;
	l->world = *w;
	return l;
}

void log_free(struct log *l)
{
	free(l);
}

void log_configure(struct log *l, const struct log_options *o)
{
	l->options = *o;
}

bool log_wants(const struct log *l, enum log_level level)
{
	return l && level >= l->options.level;
}

static void put(struct line *out, const char *text, size_t len)
{
	len = size_min(len, LINE_MAX_BYTES - TAIL_BYTES - out->len);
	memcpy(out->text + out->len, text, len);
	out->len += len;
}

static void put_str(struct line *out, const char *text)
{
	put(out, text, strlen(text));
}

/* The length of the character at p, and its code point; an invalid byte is a character by
 * itself. */
static size_t char_at(const char *p, size_t len, uint32_t *code)
{
	unsigned char c = (unsigned char)*p;
	size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	*code = c;
	if (n == 1 || n > len || !utf8_valid(p, n))
		return 1;
	*code = c & (0x7fu >> n);
	for (size_t i = 1; i < n; i++)
		*code = *code << 6 | ((unsigned char)p[i] & 0x3f);
	return n;
}

/* C0 and C1 controls, invalid bytes (they are below 0x100), and line and direction separators:
 * clients must not control the terminal of someone reading the log. */
static bool is_hidden(uint32_t code, size_t n)
{
	return code < ' ' || (code >= 0x7f && code < 0xa0) || (n == 1 && code > 0x7f) ||
	       (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/* Whether a logfmt value needs no quotes: printable, and without space, quote, equals sign. */
static bool is_plain(const char *p, size_t len)
{
	uint32_t code;
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = char_at(p + i, len - i, &code);
		if (is_hidden(code, n) || (n == 1 && strchr(" \"=\\", (int)code)))
			return false;
	}
	return len > 0;
}

/* One character inside quotes. An invalid byte becomes the code point of the same number, so that
 * the JSON is valid whatever a client sent. */
static void put_escaped(struct line *out, const char *p, size_t n, uint32_t code)
{
	char hex[8];

	if (code == '"' || code == '\\') {
		put(out, (const char[]){'\\', (char)code}, 2);
	} else if (is_hidden(code, n)) {
		snprintf(hex, sizeof(hex), "\\u%04x", code & 0xffff);
		put_str(out, hex);
	} else {
		put(out, p, n);
	}
}

static void put_text(struct line *out, const char *p, size_t len)
{
	uint32_t code;
	size_t n;

	if (!out->json && is_plain(p, len)) {
		put(out, p, len);
		return;
	}
	put(out, "\"", 1);
	for (size_t i = 0; i < len; i += n) {
		n = char_at(p + i, len - i, &code);
		put_escaped(out, p + i, n, code);
	}
	put(out, "\"", 1);
}

static void put_field(struct line *out, const struct log_field *f)
{
	char number[24];

	if (out->len > 0)
		put(out, out->json ? "," : " ", 1);
	if (out->json)
		put(out, out->len > 1 ? "\"" : "{\"", out->len > 1 ? 1 : 2);
	put_str(out, f->key);
	put_str(out, out->json ? "\":" : "=");
	if (f->type == LOG_FIELD_INT) {
		snprintf(number, sizeof(number), "%lld", (long long)f->number);
		put_str(out, number);
	} else {
		put_text(out, f->text ? f->text : "", f->len);
	}
}

static void put_time(struct line *out, nsec_t wall)
{
	time_t seconds = (time_t)(wall / NSEC_SEC);
	char text[40], millis[8];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(millis, sizeof(millis), ".%03dZ", (int)(wall % NSEC_SEC / NSEC_MSEC));
	strncat(text, millis, sizeof(text) - strlen(text) - 1);
	put_field(out, &(struct log_field){"ts", LOG_FIELD_TEXT, text, strlen(text), 0});
}

static struct slot *slot_of(struct log *l, const char *event)
{
	uint32_t h = 2166136261u; /* FNV-1a: event names are constants */

	for (; *event; event++)
		h = (h ^ (uint8_t)*event) * 16777619u;
	return &l->slots[h % SLOTS];
}

/* Deeds of operators and of the administrator are an audit log: all of them are written. */
static bool is_audit(enum log_level level, const char *event)
{
	return level == LOG_LEVEL_INFO &&
	       (strncmp(event, "oper.", 5) == 0 || strncmp(event, "admin.", 6) == 0);
}

/* Counts this line; false if it exceeds the limit. *suppressed: the number of lines suppressed
 * before this one. */
static bool may_pass(struct log *l, const char *event, nsec_t wall, uint64_t *suppressed)
{
	struct slot *s = slot_of(l, event);

	if (l->options.burst == 0 || l->options.interval == 0)
		return true;
	if (wall - s->start >= l->options.interval || wall < s->start) {
		s->start = wall;
		s->lines = 0;
	}
	if (s->lines >= l->options.burst) {
		s->suppressed++;
		return false;
	}
	s->lines++;
	*suppressed = s->suppressed;
	s->suppressed = 0;
	return true;
}

void log_write(
	struct log *l, enum log_level level, const char *event, const struct log_field *fields)
{
	struct line out;
	uint64_t suppressed = 0;
	nsec_t wall;

	if (!log_wants(l, level))
		return;
	wall = l->world.wall(l->world.arg);
	if (level < LOG_LEVEL_ERROR && !is_audit(level, event) &&
		!may_pass(l, event, wall, &suppressed))
		return;
	out.len = 0;
	out.json = l->options.format == LOG_FORMAT_JSON;
	put_time(&out, wall);
	put_field(&out, &(struct log_field){"level", LOG_FIELD_TEXT, level_names[level],
				strlen(level_names[level]), 0});
	put_field(&out, &(struct log_field){"event", LOG_FIELD_TEXT, event, strlen(event), 0});
	for (; fields->key; fields++)
		put_field(&out, fields);
	if (suppressed > 0) {
		struct log_field f = {"suppressed", LOG_FIELD_INT, NULL, 0, (int64_t)suppressed};
		put_field(&out, &f);
	}
	if (out.json)
		out.text[out.len++] = '}';
	out.text[out.len++] = '\n';
	l->world.sink(l->world.arg, out.text, out.len);
}
