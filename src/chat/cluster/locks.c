/*
 * locks.c - names that are being registered: a key of the engine each, so that of two nodes one
 * gets it before its record has reached the other.
 *
 *     "name:FOLDED" -> node, start, number of the question, time
 *
 * Only a node that has no record of the name asks. A key that is there is of a registration whose
 * record is on its way; or of one that failed, or was undone: then it is replaced, as soon as the
 * record would have been here. So a key that is lost, or stays, does no harm.
 */
#include "chat/cluster/locks.h"

#include "chat/cluster/nodes.h"

#include <stdio.h>
#include <stdlib.h>

#define LOCK_WAIT  (5 * NSEC_SEC)
#define LOCK_YOUNG (30 * NSEC_SEC)        /* its record may be on the way to us */
#define LOCK_OLD   (24 * 3600 * NSEC_SEC) /* its node does not come back soon */

enum {
	LOCK_KEY_MAX = CHANNEL_BYTES_MAX + 8,
	LOCK_VALUE_MAX = 128,
};

/* A name about which the engine is asked: one question at a time. */
struct lock_wait {
	struct network *n;
	cluster_locked done;
	void *arg;
	nsec_t until;
	bool asking, again;
	uint64_t number, revision;
	char key[LOCK_KEY_MAX], value[LOCK_VALUE_MAX];
};

/* The owner of a key. */
struct lock_owner {
	unsigned node;
	unsigned long long begun, number, ms;
};

static void look(struct lock_wait *w);

static void end(struct lock_wait *w, enum cluster_lock result)
{
	struct network *n = w->n;
	cluster_locked done = w->done;
	void *arg = w->arg;

	for (uint32_t i = 0; i < n->locks.count; i++)
		if (n->locks.at[i] == w)
			n->locks.at[i] = n->locks.at[--n->locks.count];
	free(w);
	if (result == CLUSTER_LOCK_TAKEN)
		network_count(n, NETWORK_LOCK_REFUSED);
	if (result == CLUSTER_LOCK_AWAY)
		network_count(n, NETWORK_LOCK_TIMEOUT);
	done(arg, result);
}

static void ask(
	struct lock_wait *w, bool (*op)(struct bus *b, const struct bus_key *k), bus_done done)
{
	struct bus_key k = {.key = w->key,
		.key_len = strlen(w->key),
		.value = (const uint8_t *)w->value,
		.len = strlen(w->value),
		.revision = w->revision,
		.done = done,
		.arg = w};

	w->asking = op(w->n->bus, &k);
	w->again = !w->asking;
}

/* The answer to create() or replace(). */
static void answered(void *arg, const struct bus_reply *r)
{
	struct lock_wait *w = arg;

	w->asking = false;
	if (r->status == BUS_OK)
		end(w, CLUSTER_LOCK_GOT);
	else if (r->status == BUS_AWAY)
		w->again = true; /* locks_tick() */
	else
		look(w);
}

static bool parse(const struct bus_reply *r, struct lock_owner *o)
{
	char text[LOCK_VALUE_MAX];

	if (r->len >= sizeof(text))
		return false;
	memcpy(text, r->value, r->len);
	text[r->len] = '\0';
	return sscanf(text, "%u %llu %llu %llu", &o->node, &o->begun, &o->number, &o->ms) == 4;
}

/* Whether the record for which the key was made would be here, if there were one. */
static bool is_stale(struct network *n, const struct lock_owner *o)
{
	const struct node *node = nodes_find(n, o->node);
	nsec_t age = n->server->wall - (nsec_t)(o->ms % (1ull << 43)) * NSEC_MSEC;
	bool heard =
		o->node == n->number || (node && node->state == NODE_UP && node->seq >= node->said);

	return (age > LOCK_YOUNG && heard) || age > LOCK_OLD;
}

static void looked(void *arg, const struct bus_reply *r)
{
	struct lock_wait *w = arg;
	struct lock_owner o;
	bool known = r->status == BUS_OK && parse(r, &o);

	w->asking = false;
	w->revision = r->revision;
	if (r->status == BUS_AWAY)
		w->again = true;
	else if (r->status != BUS_OK)
		ask(w, w->n->bus->ops->create, answered);
	else if (known && o.node == w->n->number && o.begun == w->n->begun && o.number == w->number)
		end(w, CLUSTER_LOCK_GOT);
	else if (!known || is_stale(w->n, &o))
		ask(w, w->n->bus->ops->replace, answered);
	else
		end(w, CLUSTER_LOCK_TAKEN);
}

static void look(struct lock_wait *w)
{
	ask(w, w->n->bus->ops->get, looked);
}

void locks_ask(struct cluster *c, const char *name, cluster_locked done, void *arg)
{
	struct network *n = network_of(c);
	struct lock_wait *w = n->bus->up ? calloc(1, sizeof(*w)) : NULL;
	size_t at;

	if (!w || !VEC_PUSH(&n->locks, w, LOCK_WAITS_MAX)) {
		free(w);
		network_count(n, NETWORK_LOCK_TIMEOUT);
		done(arg, CLUSTER_LOCK_AWAY);
		return;
	}
	w->n = n;
	w->done = done;
	w->arg = arg;
	w->until = n->server->now + LOCK_WAIT;
	w->number = stamp_now(n->server);
	at = (size_t)snprintf(w->key, sizeof(w->key), "name:");
	for (size_t i = 0; name[i] && at < sizeof(w->key) - 1; i++)
		w->key[at++] = case_fold(name[i]);
	snprintf(w->value, sizeof(w->value), "%u %llu %llu %lld", (unsigned)n->number,
		(unsigned long long)n->begun, (unsigned long long)w->number,
		(long long)(n->server->wall / NSEC_MSEC));
	ask(w, n->bus->ops->create, answered);
}

/* One that is with the engine ends with its answer, which the bus bounds. */
void locks_tick(struct network *n)
{
	for (uint32_t i = n->locks.count; i-- > 0;) {
		struct lock_wait *w = n->locks.at[i];

		if (w->asking)
			continue;
		if (n->server->now >= w->until)
			end(w, CLUSTER_LOCK_AWAY);
		else if (w->again)
			look(w);
	}
}

void locks_stop(struct network *n)
{
	while (n->locks.count)
		end(n->locks.at[0], CLUSTER_LOCK_AWAY);
	VEC_FREE(&n->locks);
}
