/* rate.c - joins and lines of a channel, counted in windows. */
#include "chat/model/rate.h"

#include <stdio.h>
#include <stdlib.h>

/* Parses a number of 1 to max before `end`; NULL if there is none. */
static const char *number(const char *p, char end, uint32_t max, uint32_t *out)
{
	uint32_t n = 0;

	for (; *p >= '0' && *p <= '9' && n <= max; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	*out = n;
	return n && n <= max && *p == end ? p : NULL;
}

bool rate_parse(const char *text, bool may_ban, struct rate *r)
{
	r->ban = *text == '*';
	if (r->ban && !may_ban)
		return false;
	text = number(text + r->ban, ':', RATE_COUNT_MAX, &r->count);
	return text && number(text + 1, '\0', RATE_SECONDS_MAX, &r->seconds);
}

void rate_print(const struct rate *r, char out[RATE_TEXT_MAX])
{
	snprintf(out, RATE_TEXT_MAX, "%s%u:%u", r->ban ? "*" : "", r->count, r->seconds);
}

static struct rate *rate_of(struct channel_rates *f, uint32_t mode)
{
	return mode == CHANNEL_JOIN_RATE ? &f->joins : &f->lines;
}

struct rate channel_rate(const struct channel *ch, uint32_t mode)
{
	return ch->rates ? *rate_of(ch->rates, mode) : (struct rate){0};
}

bool channel_rate_set(struct channel *ch, uint32_t mode, const struct rate *r)
{
	if (!ch->rates && r->count)
		ch->rates = calloc(1, sizeof(*ch->rates));
	if (!ch->rates)
		return !r->count;
	*rate_of(ch->rates, mode) = *r;
	ch->modes = r->count ? ch->modes | mode : ch->modes & ~mode;
	if (!ch->rates->joins.count && !ch->rates->lines.count) {
		free(ch->rates);
		ch->rates = NULL;
	}
	return true;
}

static bool is_over(const struct window *w, const struct rate *r, nsec_t now)
{
	return now - w->since >= r->seconds * NSEC_SEC;
}

/* Adds n at `now`, in a new window if this one is over. */
static void add(struct window *w, const struct rate *r, uint32_t n, nsec_t now)
{
	if (w->count == 0 || is_over(w, r, now))
		*w = (struct window){now, 0};
	w->count += n;
}

bool rate_is_full(const struct channel *ch, nsec_t now)
{
	const struct channel_rates *f = ch->rates;

	return f && f->joins.count && f->joined.count >= f->joins.count &&
	       !is_over(&f->joined, &f->joins, now);
}

void rate_joined(struct channel *ch, nsec_t now)
{
	if (ch->rates && ch->rates->joins.count)
		add(&ch->rates->joined, &ch->rates->joins, 1, now);
}

/* The entry of a session, or else the one whose window began first. */
static struct talker *talker_of(struct channel_rates *f, uint64_t session)
{
	struct talker *oldest = f->talkers;

	for (struct talker *t = f->talkers; t < f->talkers + RATE_TALKERS; t++) {
		if (t->session == session)
			return t;
		if (!t->session || t->said.since < oldest->said.since)
			oldest = oldest->session ? t : oldest;
	}
	*oldest = (struct talker){.session = session};
	return oldest;
}

bool rate_said(struct channel *ch, uint64_t session, uint32_t lines, nsec_t now)
{
	struct channel_rates *f = ch->rates;
	struct talker *t;

	if (!f || !f->lines.count)
		return false;
	t = talker_of(f, session);
	add(&t->said, &f->lines, lines, now);
	if (t->said.count <= f->lines.count)
		return false;
	*t = (struct talker){0};
	return true;
}
