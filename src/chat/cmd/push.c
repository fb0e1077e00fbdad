/* push.c - messages to devices: push.h. */
#include "chat/cmd/push.h"

#include "chat/model/channel.h"
#include "chat/model/registry.h"
#include "chat/proto/tags.h"

#include "base/utf8.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KEY_TEXT_MAX = 96, /* of a key as base64url, with the NUL */
	BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
};

/* ---- endpoints ---- */

static bool decode(uint8_t *out, size_t size, const char *text, size_t len)
{
	size_t n;

	return sodium_base642bin(out, size, text, len, "=", &n, NULL, BASE64) == 0 && n == size;
}

static bool take_key(
	const char *keys, const char *name, char out[KEY_TEXT_MAX], uint8_t *bytes, size_t size)
{
	struct tag t;
	size_t n;

	if (!tag_find(keys, name, &t))
		return false;
	n = tag_unescape(&t, out, KEY_TEXT_MAX - 1);
	out[n] = '\0';
	return decode(bytes, size, out, n);
}

/* Printable ASCII of https: or http:, of which external.h may refuse the latter. */
static bool endpoint_valid(const char *url)
{
	size_t n = strlen(url);

	if (n >= EXTERNAL_ENDPOINT_MAX ||
		(strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0))
		return false;
	for (size_t i = 0; i < n; i++)
		if (url[i] <= ' ' || url[i] > '~' || strchr("\"\\@", url[i]))
			return false;
	return true;
}

static void hash_endpoint(const char *endpoint, char hash[PUSH_HASH_MAX])
{
	uint8_t bytes[32];

	crypto_generichash(
		bytes, sizeof(bytes), (const uint8_t *)endpoint, strlen(endpoint), NULL, 0);
	sodium_bin2hex(hash, PUSH_HASH_MAX, bytes, sizeof(bytes));
}

bool push_subscription(
	const char *endpoint, const char *keys, char hash[PUSH_HASH_MAX], char text[PUSH_TEXT_MAX])
{
	struct external_push p;
	char key[KEY_TEXT_MAX], secret[KEY_TEXT_MAX];

	if (!endpoint_valid(endpoint))
		return false;
	hash_endpoint(endpoint, hash);
	if (!keys)
		return true;
	if (!take_key(keys, "p256dh", key, p.key, sizeof(p.key)) || p.key[0] != 4 ||
		!take_key(keys, "auth", secret, p.secret, sizeof(p.secret)))
		return false;
	return snprintf(text, PUSH_TEXT_MAX, "%s %s %s", key, secret, endpoint) < PUSH_TEXT_MAX;
}

bool push_parse(const char *text, struct external_push *out)
{
	size_t key = strcspn(text, " "), secret;

	if (!text[key] || !decode(out->key, sizeof(out->key), text, key))
		return false;
	text += key + 1;
	secret = strcspn(text, " ");
	if (!text[secret] || !decode(out->secret, sizeof(out->secret), text, secret))
		return false;
	out->endpoint = text + secret + 1;
	return endpoint_valid(out->endpoint);
}

/* ---- sending ---- */

/* A push until the service has answered. */
struct pushed {
	struct server *server;
	char hash[PUSH_HASH_MAX];
};

static void done(void *arg, const struct external_reply *reply)
{
	struct pushed *p = arg;
	struct server *s = p->server;
	struct account_key *k = accounts_key(&s->accounts, ACCOUNT_PUSHES, p->hash);

	server_count(s, reply->ok ? COUNT_PUSHES : COUNT_PUSH_FAILED);
	if (!reply->ok)
		LOG(s->log, DEBUG, "push.failed", log_str("error", reply->why));
	if (k && reply->gone)
		accounts_remove_key(&s->accounts, ACCOUNT_PUSHES, k, (struct account_then){0});
	else if (k && reply->ok)
		accounts_used_key(&s->accounts, ACCOUNT_PUSHES, k, s->wall / NSEC_MSEC);
	free(p);
}

static void send_to(struct server *s, struct account_key *k, const char *text, size_t len)
{
	struct pushed *p = calloc(1, sizeof(*p));
	struct external_push push;

	if (!p || !push_parse(k->name, &push)) {
		free(p);
		return;
	}
	p->server = s;
	snprintf(p->hash, sizeof(p->hash), "%s", k->text);
	push.text = text;
	push.len = len;
	if (!s->external->ops->push(
		    s->external, &push, &k->account->push_round, (struct external_then){done, p})) {
		server_count(s, COUNT_PUSH_DROPPED);
		free(p);
	}
}

/* A burst, then one in a while: a sender of many lines does not keep a telephone ringing. */
static bool may_push(struct server *s, struct account *a)
{
	if (a->push_due > s->now + (PUSH_BURST - 1) * PUSH_EVERY) {
		server_count(s, COUNT_PUSH_DROPPED);
		return false;
	}
	a->push_due = (a->push_due > s->now ? a->push_due : s->now) + PUSH_EVERY;
	return true;
}

/* The line with its tags, which a device that shows it needs; on one line. */
static size_t print_line(char out[EXTERNAL_PUSH_MAX], const struct line_out *line)
{
	size_t n = (size_t)snprintf(out, EXTERNAL_PUSH_MAX, "@time=%s;msgid=%s%s%s ", line->time,
		line->msgid, line->account ? ";account=" : "", line->account ? line->account : "");

	for (uint32_t i = 0; i < line->parts; i++) {
		size_t room = size_min(line->part[i].n, EXTERNAL_PUSH_MAX - 1 - n);

		memcpy(out + n, line->part[i].p, room);
		n += room;
	}
	out[n] = '\0';
	n = utf8_mend(out, n);
	for (size_t i = 0; i < n; i++)
		if (out[i] == '\n')
			out[i] = ' ';
	return n;
}

static void send_to_all(struct server *s, struct account *a, const char *text, size_t len)
{
	for (struct account_key *k = a->keys[ACCOUNT_PUSHES]; k; k = k->next)
		send_to(s, k, text, len);
}

/* Takes a conversation out of those that devices may show; NULL: it is not among them. */
static struct account_shown *take_shown(struct account *a, const char *name)
{
	for (struct account_shown **at = &a->shown; *at; at = &(*at)->next) {
		struct account_shown *shown = *at;

		if (!case_equal(shown->name, name))
			continue;
		*at = shown->next;
		return shown;
	}
	return NULL;
}

/* The oldest one beyond the bound is forgotten: its notification stays until it is looked at. */
static void drop_oldest(struct account *a)
{
	struct account_shown **at = &a->shown;

	for (int i = 0; *at && i < PUSH_SHOWN; i++)
		at = &(*at)->next;
	free(*at);
	*at = NULL;
}

static void keep_shown(struct account *a, const char *name, const char *time)
{
	size_t len = strlen(name) + 1;
	struct account_shown *shown = take_shown(a, name);

	if (!shown)
		shown = malloc(sizeof(*shown) + len);
	if (!shown)
		return;
	memcpy(shown->name, name, len);
	if (!time_parse(time, &shown->ms))
		shown->ms = 0;
	shown->next = a->shown;
	a->shown = shown;
	drop_oldest(a);
}

/* with: the channel, or the user who speaks. */
static void push_to(
	struct server *s, struct user *to, const char *with, const struct line_out *line)
{
	struct account *a = to->account;
	char text[EXTERNAL_PUSH_MAX];

	if (!a || !a->keys[ACCOUNT_PUSHES] || !user_away(to) || !may_push(s, a))
		return;
	send_to_all(s, a, text, print_line(text, line));
	keep_shown(a, with, line->time);
}

static bool pushes(const struct server *s)
{
	return s->external && s->external->push_key && s->accounts.keys[ACCOUNT_PUSHES].count;
}

void push_private(
	struct server *s, const struct user *from, struct user *to, const struct line_out *line)
{
	if (pushes(s))
		push_to(s, to, user_nick(from), line);
}

void push_read(struct server *s, struct account *a, const char *name, int64_t ms, const char *line)
{
	struct account_shown *shown = a->shown ? take_shown(a, name) : NULL;

	if (shown && ms < shown->ms) { /* something later is unread */
		shown->next = a->shown;
		a->shown = shown;
		return;
	}
	if (shown && pushes(s))
		send_to_all(s, a, line, strlen(line));
	free(shown);
}

/* Whether a byte may be part of a nick in a text. */
static bool in_name(char c)
{
	return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || (c && strchr("-_[]{}|^`\\", c));
}

/* The next word that may be a nick, of at most `size` - 1 bytes; false: there is none. */
static bool next_name(const char **at, const char *end, char *out, size_t size)
{
	size_t n = 0;

	while (*at < end && !in_name(**at))
		++*at;
	for (; *at < end && in_name(**at); ++*at)
		if (n < size - 1)
			out[n++] = **at;
	out[n] = '\0';
	return n > 0;
}

void push_mentions(struct server *s, const struct push_said *m)
{
	const struct user *told[PUSH_MENTIONS];
	const char *at = m->text, *end = m->text + m->len;
	char name[NICK_BYTES_MAX + 1];
	size_t count = 0;

	if (!pushes(s))
		return;
	for (int i = 0; i < PUSH_NAMES && count < PUSH_MENTIONS; i++) {
		struct user *u;
		size_t k = 0;

		if (!next_name(&at, end, name, sizeof(name)))
			return;
		u = registry_registered(s, name);
		if (!u || u == m->from || !channel_member(m->channel, u))
			continue;
		while (k < count && told[k] != u)
			k++;
		if (k < count)
			continue;
		told[count++] = u;
		push_to(s, u, m->channel->name, m->line);
	}
}
