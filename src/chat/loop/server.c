/*
 * server.c - server lifecycle, and the turn of its loop.
 */
#include "chat/server.h"

#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/command.h"
#include "chat/cmd/hasher.h"
#include "chat/cmd/isupport.h"
#include "chat/cmd/login.h"
#include "chat/cmd/nick_owner.h"
#include "chat/cmd/verify.h"
#include "chat/external.h"
#include "chat/history/store_health.h"
#include "chat/loop/accept.h"
#include "chat/loop/dispatch.h"
#include "chat/loop/rehash.h"
#include "chat/model/channel_owned.h"
#include "chat/model/conn_limit.h"
#include "chat/out/conn_table.h"
#include "chat/out/conn_time.h"
#include "chat/out/drain.h"
#include "chat/out/flush.h"

#include <malloc.h>
#include <stdlib.h>

static void wake_loop(void *arg)
{
	struct net *net = arg;

	net->ops->wake(net);
}

struct server *server_new(const struct server_parts *p)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s) {
		config_free(p->config);
		return NULL;
	}
	s->net = p->net;
	s->config = p->config;
	s->log = p->log;
	s->store = p->store;
	s->external = p->external;
	s->skeletons = p->skeletons;
	s->now = s->began = s->net->ops->now(s->net);
	s->wall = s->started = s->net->ops->wall(s->net);
	s->time_ms = -1;
	s->free_slot = NO_SLOT;
	s->accepting = true;
	prng_seed(&s->prng, p->seed);
	prng_fill(&s->prng, &s->key, sizeof(s->key));
	if (p->key)
		s->key = *p->key;
	s->cloak_key = p->cloak_key ? *p->cloak_key
				    : (struct siphash_key){siphash("cloak 0", 7, &s->key),
					      siphash("cloak 1", 7, &s->key)};
	wheel_init(&s->wheel, s->now, NSEC_MSEC);
	wheel_init(&s->address_wheel, s->now, NSEC_SEC);
	wheel_timer_init(&s->accept_pause);
	wheel_timer_init(&s->trim);
	wheel_timer_init(&s->drain.timer);
	wheel_timer_init(&s->store_tick);
	bans_init(&s->bans, &s->key);
	hash_init(&s->nicks);
	hash_init(&s->channels);
	hash_init(&s->addresses);
	hash_init(&s->watches);
	hash_init(&s->watch_links);
	hash_init(&s->lookalikes);
	s->hasher = hasher_new(p->hash_thread ? wake_loop : NULL, s->net);
	if (!accounts_init(&s->accounts, config_has_accounts(s->config) ? s->store : NULL, &s->key,
		    s->skeletons) ||
		!s->hasher || !commands_init(s) || !isupport_build(s)) {
		server_free(s);
		return NULL;
	}
	server_load_motd(s);
	store_health_start(s);
	login_load(s);
	return s;
}

/* Announces departures, which may cause others, of connections whose queues they fill. Each may be
 * announced to thousands: beyond a turn's work the rest waits for the next turn, unless the server
 * is stopping. */
static void announce_leaving(struct server *s)
{
	uint64_t start = s->work;

	while (s->left < s->leaving.count && (s->stopping || s->work - start < TURN_WORK_MAX)) {
		struct leaving l = s->leaving.at[s->left++];

		conn_depart(s, l.conn, l.why ? l.why : "Out of memory");
	}
}

/* Frees connections announced before the flush; the flush may have added more. While the server
 * stops, those whose socket is full remain until it has taken everything: their last line gives the
 * reason. */
static void free_left(struct server *s)
{
	uint32_t kept = 0, rest = s->leaving.count - s->left;

	if (s->left == 0)
		return;
	for (uint32_t i = 0; i < s->left; i++) {
		struct leaving l = s->leaving.at[i];

		if (s->stopping && l.conn->out.bytes) {
			s->leaving.at[kept++] = l;
			continue;
		}
		conn_free(s, l.conn);
		free(l.why);
	}
	memmove(s->leaving.at + kept, s->leaving.at + s->left, rest * sizeof(*s->leaving.at));
	s->leaving.count = kept + rest;
	s->left = kept;
}

/* Memory is returned to the system some time after many users have left or a burst of output has
 * ended, not after each departure or turn. */
static void plan_trim(struct server *s)
{
	bool left = s->conn_peak - s->conn_count >= TRIM_CONNS && s->conn_count <= s->conn_peak / 2;

	if (!left && s->outbufs.peak - s->outbufs.whole < TRIM_OUTBUFS)
		return;
	if (!wheel_timer_pending(&s->trim))
		wheel_start(&s->wheel, &s->trim, s->now + TRIM_DELAY);
}

static void trim(struct server *s)
{
	malloc_trim(0);
	s->conn_peak = s->conn_count;
	s->outbufs.peak = s->outbufs.whole;
}

/* Announces departures, sends the queues, frees connections: the last step of a turn. */
static void end_turn(struct server *s)
{
	announce_leaving(s);
	server_flush(s);
	free_left(s);
	plan_trim(s);
}

void server_free(struct server *s)
{
	if (!s)
		return;
	if (s->store)
		store_drain(s->store); /* a later completion would find no server */
	if (s->external)
		s->external->ops->stop(s->external); /* likewise */
	s->ending = true;
	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn)
			conn_leave(s, s->slots.at[i].conn, "Server ends");
	s->stopping = false; /* do not wait for clients any longer */
	do
		end_turn(s);
	while (s->leaving.count);
	if (s->cluster)
		s->cluster->ops->stop(s->cluster);
	hasher_free(s->hasher);
	for (size_t i = 0; i < s->listener_count; i++)
		s->net->ops->close(s->net, s->listeners[i].handle);
	always_on_free_all(s);
	owned_free_all(s); /* they are charged to addresses */
	conn_limits_free(s);
	hash_free(&s->nicks);
	hash_free(&s->channels);
	hash_free(&s->watches);
	hash_free(&s->watch_links);
	hash_free(&s->lookalikes);
	whowas_free(&s->whowas);
	commands_free(s);
	isupport_free(s);
	outbufs_free(&s->outbufs);
	bans_free(&s->bans);
	filters_free(&s->filters);
	accounts_free(&s->accounts);
	VEC_FREE(&s->warned);
	for (uint32_t i = 0; i < s->opers.count; i++)
		free(s->opers.at[i].name);
	VEC_FREE(&s->opers);
	VEC_FREE(&s->slots);
	VEC_FREE(&s->dirty);
	VEC_FREE(&s->ready);
	VEC_FREE(&s->ready_now);
	VEC_FREE(&s->unsettled);
	VEC_FREE(&s->leaving);
	free(s->motd);
	config_free(s->config);
	free(s);
}

/* Long replies are sent before they fill the memory; so is the output of a very busy turn. */
static void flush_early(struct server *s, struct conn *c)
{
	if (c->out.bytes > ANSWER_OUT_MAX)
		conn_flush(s, c);
	if (s->outbufs.queued > TURN_OUT_MAX)
		server_flush(s);
}

static void take_event(struct server *s, const struct net_event *e)
{
	struct conn *c;

	if (e->tag >= LISTENER_TAG) {
		if (s->accepting && e->tag - LISTENER_TAG < s->listener_count)
			server_accept(s, e->tag - LISTENER_TAG);
		return;
	}
	c = server_conn(s, e->tag);
	if (!c)
		return;
	conn_event(s, c, e->ready);
	flush_early(s, c);
}

/* Connections from place i on had no share of this turn: they come first in the next. */
static void put_off(struct server *s, uint32_t i)
{
	struct tag_list *rest = &s->ready_now, swap;

	rest->count -= i;
	memmove(rest->at, rest->at + i, rest->count * sizeof(*rest->at));
	for (i = 0; i < s->ready.count; i++) {
		struct conn *c = server_conn(s, s->ready.at[i]);

		if (c && !VEC_PUSH(rest, s->ready.at[i], CONNS_MAX))
			conn_out_of_memory(s, c);
	}
	swap = s->ready;
	s->ready = s->ready_now;
	s->ready_now = swap;
}

/* Runs those left over from the last turn; any still left wait for the next. One of them always
 * gets its share, however much work the others had. */
static void run_ready(struct server *s)
{
	for (uint32_t i = 0; i < s->ready_now.count; i++) {
		struct conn *c = server_conn(s, s->ready_now.at[i]);

		if (i > 0 && server_turn_spent(s)) {
			put_off(s, i);
			break;
		}
		if (!c)
			continue;
		c->flags &= (uint16_t)~CONN_READY;
		if (c->out.bytes && !(c->flags & CONN_BLOCKED))
			conn_dirty(s, c);
		conn_run(s, c);
		flush_early(s, c);
	}
	s->ready_now.count = 0;
}

static void drain(struct server *s)
{
	server_unlisten(s);
	drain_step(s);
}

static void run_timers(struct server *s)
{
	struct wheel_timer *t;

	while ((t = wheel_pop(&s->wheel, s->now))) {
		if (t == &s->accept_pause)
			server_accept_resume(s);
		else if (t == &s->trim)
			trim(s);
		else if (t == &s->store_tick)
			store_health_tick(s);
		else if (t == &s->drain.timer)
			drain(s);
		else if (s->cluster && s->cluster->ops->timer(s->cluster, t))
			continue;
		else
			conn_time_expired(s, container_of(t, struct conn, timer));
	}
	while ((t = wheel_pop(&s->address_wheel, s->now)))
		conn_limit_expired(s, t);
}

nsec_t server_due(struct server *s)
{
	nsec_t next = wheel_next(&s->wheel), other = wheel_next(&s->address_wheel);

	if (s->ready.count || s->leaving.count > s->left)
		return 0;
	return next < other ? next : other;
}

static nsec_t wait_timeout(struct server *s, nsec_t max_wait)
{
	nsec_t due = server_due(s), now;

	if (due == 0 || due == NSEC_MAX)
		return due == 0 ? 0 : max_wait;
	now = s->net->ops->now(s->net);
	due = due > now ? due - now : 0;
	return due < max_wait ? due : max_wait;
}

void server_turn(struct server *s, nsec_t max_wait)
{
	struct tag_list swap;
	int n = s->net->ops->wait(s->net, s->events, EVENTS_PER_TURN, wait_timeout(s, max_wait));

	s->now = s->net->ops->now(s->net);
	s->wall = s->net->ops->wall(s->net);
	if (s->store)
		s->store->now = s->now;
	s->turn_work = s->work;
	swap = s->ready_now;
	s->ready_now = s->ready;
	s->ready = swap;
	for (int i = 0; i < n; i++)
		take_event(s, &s->events[i]);
	run_ready(s);
	run_timers(s);
	store_health_complete(s);
	login_tick(s);
	nick_owner_tick(s);
	always_on_tick(s);
	verify_tick(s);
	hasher_complete(s->hasher);
	if (s->external)
		s->external->ops->complete(s->external);
	if (s->cluster)
		s->cluster->ops->turn(s->cluster);
	end_turn(s);
	if (s->cluster)
		s->cluster->ops->flush(s->cluster);
	if (s->store)
		store_flush(s->store);
	histogram_add(&s->turn_time, s->net->ops->now(s->net) - s->now, 1);
}

void server_set_store(struct server *s, struct store *store)
{
	s->store = store;
	if (s->accounts.store)
		s->accounts.store = store;
	if (!store)
		return;
	store->now = s->now;
	store_health_complete(s);
	if (store->seen.last_id > s->ids.last)
		s->ids.last = store->seen.last_id;
}

void server_settle(struct server *s)
{
	s->now = s->net->ops->now(s->net);
	s->wall = s->net->ops->wall(s->net);
	s->turn_work = s->work;
	do {
		if (s->store)
			store_drain(s->store);
		hasher_complete(s->hasher);
		if (s->external)
			s->external->ops->complete(s->external);
		end_turn(s);
	} while (s->leaving.count || (s->store && s->store->queued));
}

void server_stop(struct server *s, const char *why)
{
	s->stopping = s->ending = true;
	server_unlisten(s);
	wheel_stop(&s->wheel, &s->drain.timer);
	if (s->store)
		store_drain(s->store); /* receipts are sent before the end */
	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn)
			conn_leave(s, s->slots.at[i].conn, why);
}

bool server_stopped(const struct server *s)
{
	return s->stopping && s->conn_count == 0;
}
