/* monitor.c - tables of watches. */
#include "chat/out/monitor.h"

#include "chat/model/quota.h"
#include "chat/out/deliver.h"
#include "chat/proto/numeric.h"

#include <stdio.h>
#include <stdlib.h>

static bool is_nick(const struct hash_node *n, const void *nick)
{
	return case_equal(container_of(n, struct watch, node)->nick, nick);
}

static struct watch *find(const struct server *s, const char *nick)
{
	uint32_t hash = case_hash(nick, strlen(nick), &s->key);
	struct hash_node *n = hash_find(&s->watches, hash, is_nick, nick);

	return n ? container_of(n, struct watch, node) : NULL;
}

static struct watch *make(struct server *s, const char *nick)
{
	size_t n = strlen(nick);
	struct watch *w = malloc(sizeof(*w) + n + 1);

	if (!w)
		return NULL;
	list_init(&w->links);
	memcpy(w->nick, nick, n + 1);
	if (!hash_insert(&s->watches, &w->node, case_hash(nick, n, &s->key))) {
		free(w);
		return NULL;
	}
	return w;
}

static void drop_if_unused(struct server *s, struct watch *w)
{
	if (!list_empty(&w->links))
		return;
	hash_remove(&s->watches, &w->node);
	free(w);
}

struct pair {
	const struct conn *conn;
	const struct watch *watch;
};

static bool is_pair(const struct hash_node *n, const void *key)
{
	const struct watch_link *l = container_of(n, const struct watch_link, by_both);
	const struct pair *p = key;

	return l->conn == p->conn && l->watch == p->watch;
}

static uint32_t pair_hash(const struct server *s, const struct conn *c, const struct watch *w)
{
	return (uint32_t)siphash_2u64((uintptr_t)c, (uintptr_t)w, &s->key);
}

static struct watch_link *find_link(
	const struct server *s, const struct conn *c, const struct watch *w)
{
	struct pair key = {c, w};
	struct hash_node *n =
		w ? hash_find(&s->watch_links, pair_hash(s, c, w), is_pair, &key) : NULL;

	return n ? container_of(n, struct watch_link, by_both) : NULL;
}

/* Links l to its client and its watch; false, and unlinked, if out of memory. */
static bool link_in(struct server *s, struct watch_link *l)
{
	struct conn *c = l->conn;

	if (!hash_insert(&s->watch_links, &l->by_both, pair_hash(s, c, l->watch)))
		return false;
	list_add_tail(&l->watch->links, &l->of_watch);
	l->next = c->watches;
	l->at = &c->watches;
	if (l->next)
		l->next->at = &l->next;
	c->watches = l;
	c->watch_count++;
	return true;
}

static void link_drop(struct server *s, struct watch_link *l)
{
	hash_remove(&s->watch_links, &l->by_both);
	list_del(&l->of_watch);
	*l->at = l->next;
	if (l->next)
		l->next->at = l->at;
	l->conn->watch_count--;
	quota_user_release(l->conn->user, QUOTA_WATCH);
	drop_if_unused(s, l->watch);
	free(l);
}

enum watch_result monitor_add(struct server *s, struct conn *c, const char *nick)
{
	struct watch *w = find(s, nick);
	struct watch_link *l;

	if (find_link(s, c, w))
		return WATCH_THERE;
	if (c->watch_count >= s->config->limits.monitor ||
		!quota_user_hold(s, c->user, QUOTA_WATCH))
		return WATCH_FULL;
	l = malloc(sizeof(*l));
	w = w ? w : make(s, nick);
	if (l && w) {
		*l = (struct watch_link){.watch = w, .conn = c};
		if (link_in(s, l))
			return WATCH_DONE;
	}
	quota_user_release(c->user, QUOTA_WATCH);
	free(l);
	if (w)
		drop_if_unused(s, w);
	return WATCH_FULL;
}

enum watch_result monitor_remove(struct server *s, struct conn *c, const char *nick)
{
	struct watch_link *l = find_link(s, c, find(s, nick));

	if (!l)
		return WATCH_THERE;
	link_drop(s, l);
	return WATCH_DONE;
}

void monitor_clear(struct server *s, struct conn *c)
{
	s->work += c->watch_count * (uint64_t)WORK_LOOK;
	while (c->watches)
		link_drop(s, c->watches);
}

/* Sends a numeric to each watcher of u's nick; its first parameter is the watcher. */
static void tell_each(struct server *s, const struct user *u, enum numeric n, const char *text)
{
	struct watch *w = find(s, user_nick(u));
	struct list *pos;
	char number[4];

	if (!w)
		return;
	snprintf(number, sizeof(number), "%03d", (int)n);
	list_for_each(pos, &w->links) {
		const struct watch_link *l = list_entry(pos, struct watch_link, of_watch);
		struct line_out line = {.time = server_time(s)};

		s->work += WORK_REPLY;
		line_add_all(&line, ":", s->config->server.name, " ", number, " ",
			user_nick(l->conn->user), " :", text, NULL);
		conn_line(s, l->conn, &line);
	}
}

void monitor_online(struct server *s, const struct user *u)
{
	tell_each(s, u, RPL_MONONLINE, user_mask(u));
}

void monitor_offline(struct server *s, const struct user *u)
{
	tell_each(s, u, RPL_MONOFFLINE, user_nick(u));
}

void monitor_each(
	struct server *s, const struct user *u, void (*each)(void *arg, struct conn *c), void *arg)
{
	struct watch *w = find(s, user_nick(u));
	struct list *pos;

	if (!w)
		return;
	list_for_each(pos, &w->links)
		each(arg, list_entry(pos, struct watch_link, of_watch)->conn);
}

void monitor_tell(
	struct server *s, const struct user *u, const struct line_out *line, uint32_t caps)
{
	struct watch *w = find(s, user_nick(u));
	struct delivery d;
	struct list *pos;

	if (!w)
		return;
	deliver_begin(&d, s, line);
	d.need = caps;
	list_for_each(pos, &w->links) {
		struct conn *c = list_entry(pos, struct watch_link, of_watch)->conn;

		if (c->user->conn->mark != s->mark && c->user != u)
			deliver_to(&d, c);
	}
}
