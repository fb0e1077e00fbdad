/*
 * line_encode.c - line encoding: tags, parts, CR LF.
 */
#include "chat/out/line_encode.h"

#include "base/decimal.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

void line_add(struct line_out *l, const char *p, size_t n)
{
	assert(l->parts < LINE_PARTS_MAX);
	l->part[l->parts].p = p;
	l->part[l->parts++].n = n;
}

void line_adds(struct line_out *l, const char *s)
{
	line_add(l, s, strlen(s));
}

void line_add_all(struct line_out *l, ...)
{
	va_list ap;
	const char *s;

	va_start(ap, l);
	while ((s = va_arg(ap, const char *)))
		line_adds(l, s);
	va_end(ap);
}

void line_add_batch_begin(
	struct line_out *l, const char *source, size_t n, const char *ref, const char *type)
{
	line_add(l, ":", 1);
	line_add(l, source, n);
	line_add_all(l, " BATCH +", ref, " ", type, NULL);
}

void line_add_batch_end(struct line_out *l, const char *source, size_t n, const char *ref)
{
	line_add(l, ":", 1);
	line_add(l, source, n);
	line_add_all(l, " BATCH -", ref, NULL);
}

static char *put(char *at, const char *p, size_t n)
{
	memcpy(at, p, n);
	return at + n;
}

/* One tag, with '@' if it is the first; n bytes of value, or none if n is 0. */
static char *put_tag(char *at, const char *start, const char *key, const char *value)
{
	*at = at == start ? '@' : ';';
	at = put(at + 1, key, strlen(key));
	if (value && *value) {
		*at++ = '=';
		at = put(at, value, strlen(value));
	}
	return at;
}

static char *put_tags(char *at, const struct line_out *l, uint32_t form)
{
	const char *start = at;

	if (l->label)
		at = put_tag(at, start, "label", l->label);
	if ((form & FORM_BATCH) && l->batch)
		at = put_tag(at, start, "batch", l->batch);
	if ((form & FORM_TIME) && l->time)
		at = put_tag(at, start, "time", l->time);
	if ((form & FORM_ACCOUNT) && l->account)
		at = put_tag(at, start, "account", l->account);
	if ((form & FORM_TAGS) && l->msgid)
		at = put_tag(at, start, "msgid", l->msgid);
	if ((form & FORM_TAGS) && l->bot)
		at = put_tag(at, start, "bot", NULL);
	if ((form & FORM_TAGS) && l->client_tags)
		at = put_tag(at, start, l->client_tags, NULL);
	if (l->relay)
		at = put_tag(at, start, "draft/relaymsg", l->relay);
	if (at != start)
		*at++ = ' ';
	return at;
}

/* Adds the line itself; a line that would fit only with a shorter source is cut at a whole
 * character. */
static char *put_parts(char *at, const struct line_out *l)
{
	char *start = at;

	for (uint32_t i = 0; i < l->parts; i++)
		at = put(at, l->part[i].p, l->part[i].n);
	if (at - start > LINE_BODY_MAX - 2)
		at = start + utf8_cut(start, LINE_BODY_MAX - 2);
	return at;
}

static size_t room_for(const struct line_out *l)
{
	const char *tags[] = {
		l->label, l->batch, l->time, l->account, l->msgid, l->client_tags, l->relay};
	size_t n = 128; /* keys, separators, CR LF */

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++)
		n += tags[i] ? strlen(tags[i]) : 0;
	for (uint32_t i = 0; i < l->parts; i++)
		n += l->part[i].n;
	return n;
}

struct piece line_encode(struct outbufs *c, const struct line_out *l, uint32_t form)
{
	size_t room = room_for(l);
	char *start, *at;

	if (room > OUTBUF_BYTES)
		return (struct piece){0};
	start = at = outbufs_reserve(c, form, room);
	if (!start)
		return (struct piece){0};
	at = put_tags(at, l, form);
	at = put_parts(at, l);
	at = put(at, "\r\n", 2);
	return outbufs_commit(c, form, (size_t)(at - start));
}

void time_text(char out[TIME_TEXT_MAX], int64_t ms)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	memcpy(out, "0000-00-00T00:00:00.000Z", TIME_TEXT_MAX);
	decimal_padded(out, (unsigned)tm.tm_year + 1900, 4);
	decimal_padded(out + 5, (unsigned)tm.tm_mon + 1, 2);
	decimal_padded(out + 8, (unsigned)tm.tm_mday, 2);
	decimal_padded(out + 11, (unsigned)tm.tm_hour, 2);
	decimal_padded(out + 14, (unsigned)tm.tm_min, 2);
	decimal_padded(out + 17, (unsigned)tm.tm_sec, 2);
	decimal_padded(out + 20, (uint64_t)(ms % 1000), 3);
}

/* Whether the day exists: no 30 February. */
static bool is_day(const struct tm *tm)
{
	struct tm day = {.tm_year = tm->tm_year, .tm_mon = tm->tm_mon, .tm_mday = tm->tm_mday};

	timegm(&day); /* normalizes 30 February to 1 or 2 March */
	return day.tm_mday == tm->tm_mday;
}

bool time_parse(const char *text, int64_t *ms)
{
	struct tm tm = {0};
	long fraction = 0;
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!end || end - text != strlen("2026-11-21T05:48:15") || !is_day(&tm))
		return false;
	if (*end == '.') {
		char *after;

		fraction = strtol(end + 1, &after, 10);
		if (after - end != 4 || end[1] < '0' || end[1] > '9')
			return false;
		end = after;
	}
	if (strcmp(end, "Z") != 0)
		return false;
	*ms = (int64_t)timegm(&tm) * 1000 + fraction;
	return *ms >= 0;
}
