/* banlist.c - mask lists and invitations of a channel. */
#include "chat/model/banlist.h"

#include "chat/proto/addr_text.h"
#include "chat/proto/cloak.h"
#include "chat/proto/glob.h"
#include "chat/proto/param.h"
#include "chat/server.h"

#include <stdio.h>
#include <stdlib.h>

static struct channel_extra *rest_of(struct channel *ch)
{
	if (!ch->extra)
		ch->extra = calloc(1, sizeof(*ch->extra));
	return ch->extra;
}

static bool is_account(const char *mask)
{
	return mask[0] == 'a' && mask[1] == ':';
}

static bool copy_account(char out[MASK_MAX], const char *typed)
{
	int n = snprintf(out, MASK_MAX, "%s", typed);

	return n < MASK_MAX && typed[n - 1] != ':' && param_is_middle(out, (size_t)n);
}

bool mask_complete(char out[MASK_MAX], const char *typed)
{
	char text[LINE_BODY_MAX];
	const char *mute = typed[0] == 'm' && typed[1] == ':' ? "m:" : "";

	if (is_account(typed + strlen(mute)))
		return copy_account(out, typed);
	snprintf(text, sizeof(text), "%s", typed + strlen(mute));
	char *bang = strchr(text, '!'), *at = strchr(bang ? bang : text, '@');
	const char *nick = "*", *user = "*", *host = "*";

	if (at) {
		*at = '\0';
		host = at[1] ? at + 1 : "*";
	}
	if (bang) {
		*bang = '\0';
		nick = text[0] ? text : "*";
		user = bang[1] ? bang + 1 : "*";
	} else if (at) {
		user = text[0] ? text : "*";
	} else if (text[0]) {
		nick = text;
	}
	int n = snprintf(out, MASK_MAX, "%s%s!%s@%s", mute, nick, user, host);

	return n < MASK_MAX && param_is_middle(out, (size_t)n);
}

const struct mask_rows *banlist_rows(const struct channel *ch, enum banlist list)
{
	return ch->extra ? &ch->extra->masks[list] : NULL;
}

const struct mask *banlist_after(const struct channel *ch, enum banlist list, uint64_t number)
{
	const struct mask_rows *r = banlist_rows(ch, list);
	uint32_t low = 0, high = r ? r->count : 0;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (r->at[middle].number > number)
			high = middle;
		else
			low = middle + 1;
	}
	return r && low < r->count ? &r->at[low] : NULL;
}

static int64_t row_of(const struct mask_rows *r, const char *mask)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (case_equal(r->at[i].text, mask))
			return i;
	return -1;
}

static uint32_t masks_count(const struct channel *ch)
{
	uint32_t count = 0;

	for (int l = 0; l < BANLIST_COUNT; l++)
		count += ch->extra->masks[l].count;
	return count;
}

enum mask_result banlist_add(
	struct channel *ch, enum banlist list, const struct mask *m, uint32_t max)
{
	struct channel_extra *rest = rest_of(ch);

	if (!rest)
		return MASK_FULL;
	struct mask_rows *r = &rest->masks[list];

	if (row_of(r, m->text) >= 0)
		return MASK_THERE;
	if (masks_count(ch) >= max)
		return MASK_FULL;
	if (!VEC_RESERVE(r, 1, max))
		return MASK_FULL;
	size_t len = strlen(m->text) + 1 + strlen(mask_setter(m)) + 1;
	char *text = malloc(len);

	if (!text)
		return MASK_FULL;
	memcpy(text, m->text, len);
	r->at[r->count++] = (struct mask){text, m->since, ++rest->masks_set};
	return MASK_DONE;
}

enum mask_result banlist_remove(struct channel *ch, enum banlist list, const char *mask)
{
	if (!ch->extra)
		return MASK_THERE;
	struct mask_rows *r = &ch->extra->masks[list];
	int64_t i = row_of(r, mask);

	if (i < 0)
		return MASK_THERE;
	free(r->at[i].text);
	/* keep the order: clients show the lists as they were made */
	memmove(&r->at[i], &r->at[i + 1], (r->count - (uint32_t)i - 1) * sizeof(*r->at));
	r->count--;
	return MASK_DONE;
}

/* A user as masks are matched against it: nick!user@host and account, which may be NULL. */
struct face {
	const char *mask, *account;
};

static bool covers(const char *mask, const struct face *f, uint64_t *work)
{
	if (is_account(mask))
		return f->account && glob_match(mask + 2, f->account, work);
	return f->mask && glob_match(mask, f->mask, work);
}

static bool any_covers(const struct mask_rows *r, bool muting, const struct face *f, uint64_t *work)
{
	for (uint32_t i = 0; i < r->count; i++) {
		const char *mask = r->at[i].text;
		bool mute = mask[0] == 'm' && mask[1] == ':';

		if (mute == muting && covers(mask + (mute ? 2 : 0), f, work))
			return true;
	}
	return false;
}

/* The same for u with another host than the visible one. */
static bool any_covers_host(const struct mask_rows *r, bool muting, const struct user *u,
	const char *host, uint64_t *work)
{
	char text[LINE_BODY_MAX];
	struct face f = {.mask = text};

	if (case_equal(host, user_host(u)))
		return false;
	snprintf(text, sizeof(text), "%s!%s@%s", user_nick(u), user_name(u), host);
	return any_covers(r, muting, &f, work);
}

/* By the visible host, and by address and cloak: a host that was set evades no ban. */
bool banlist_covers(const struct channel *ch, enum banlist list, const struct user *u, bool muting,
	struct server *s)
{
	const struct mask_rows *r = banlist_rows(ch, list);
	struct face visible = {user_mask(u), user_account(u)};
	char host[HOST_BYTES_MAX];

	if (!r || r->count == 0)
		return false;
	if (any_covers(r, muting, &visible, &s->work))
		return true;
	for (const struct conn *c = u->conn; c; c = c->sibling) {
		addr_print(&c->peer, host);
		if (any_covers_host(r, muting, u, host, &s->work))
			return true;
		if (!(u->modes & USER_CLOAKED))
			continue;
		cloak_host(host, &c->peer, &s->cloak_key, s->config->cloak.suffix);
		if (any_covers_host(r, muting, u, host, &s->work))
			return true;
	}
	return false;
}

bool banlist_banned(const struct channel *ch, const struct user *u, struct server *s)
{
	return banlist_covers(ch, BANLIST_BAN, u, false, s) &&
	       !banlist_covers(ch, BANLIST_EXCEPT, u, false, s);
}

bool banlist_muted(const struct channel *ch, const struct user *u, struct server *s)
{
	if (!ch->extra)
		return false;
	bool muted = banlist_covers(ch, BANLIST_BAN, u, true, s) &&
		     !banlist_covers(ch, BANLIST_EXCEPT, u, true, s);

	return (muted && !banlist_covers(ch, BANLIST_EXCEPT, u, false, s)) ||
	       banlist_banned(ch, u, s);
}

bool invites_add(struct channel *ch, const struct user *u)
{
	struct channel_extra *rest = rest_of(ch);

	if (!rest)
		return false;
	if (invites_has(ch, u, false))
		return true;
	if (rest->invite_count == INVITES_MAX) {
		memmove(rest->invites, rest->invites + 1,
			(INVITES_MAX - 1) * sizeof(*rest->invites));
		rest->invite_count--;
	}
	rest->invites[rest->invite_count++] = (struct invite){u, u->signed_on};
	return true;
}

bool invites_has(struct channel *ch, const struct user *u, bool use)
{
	struct channel_extra *rest = ch->extra;

	for (uint32_t i = 0; rest && i < rest->invite_count; i++) {
		if (rest->invites[i].user != u || rest->invites[i].signed_on != u->signed_on)
			continue;
		if (use)
			rest->invites[i] = rest->invites[--rest->invite_count];
		return true;
	}
	return false;
}

enum knock_result knock_add(struct channel *ch, const struct user *u, nsec_t now)
{
	struct channel_extra *rest = rest_of(ch);

	if (!rest)
		return KNOCK_TOO_MANY;
	for (uint32_t i = 0; i < KNOCKS_MAX; i++) {
		const struct knock *k = &rest->knocks[i];

		if (k->by.user == u && k->by.signed_on == u->signed_on && now - k->at < KNOCK_AGAIN)
			return KNOCK_TOO_SOON;
	}
	if (rest->knocks[KNOCKS_MAX - 1].by.user &&
		now - rest->knocks[KNOCKS_MAX - 1].at < KNOCK_WINDOW)
		return KNOCK_TOO_MANY;
	memmove(rest->knocks + 1, rest->knocks, (KNOCKS_MAX - 1) * sizeof(*rest->knocks));
	rest->knocks[0] = (struct knock){{u, u->signed_on}, now};
	return KNOCK_TAKEN;
}

void channel_extra_free(struct channel *ch)
{
	if (!ch->extra)
		return;
	for (int l = 0; l < BANLIST_COUNT; l++) {
		for (uint32_t i = 0; i < ch->extra->masks[l].count; i++)
			free(ch->extra->masks[l].at[i].text);
		free(ch->extra->masks[l].at);
	}
	free(ch->extra);
	ch->extra = NULL;
}
