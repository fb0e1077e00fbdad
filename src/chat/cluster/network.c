/* network.c - start, turns and end of a node; its log. */
#include "chat/cluster/network.h"

#include "chat/cluster/apply.h"
#include "chat/cluster/confirm.h"
#include "chat/cluster/locks.h"
#include "chat/cluster/names.h"
#include "chat/cluster/nodes.h"
#include "chat/cluster/past.h"
#include "chat/cluster/records.h"
#include "chat/cluster/said.h"
#include "chat/cluster/snapshot.h"
#include "chat/cmd/oper_list.h"

#include <stdio.h>
#include <stdlib.h>

/* --- publishing --- */

void network_publish(
	struct network *n, const char *kind, uint16_t number, const uint8_t *bytes, size_t len)
{
	char subject[BUS_SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "burble.%s.%s.%u", n->token, kind, (unsigned)number);
	if (!n->bus->ops->publish(n->bus, subject, bytes, len))
		network_count(n, NETWORK_NOT_SENT);
}

static struct entry header(const struct network *n, enum what what, uint64_t seq)
{
	return (struct entry){.kind = ENTRY_HEADER,
		.number = {[HEADER_NODE] = n->number,
			[HEADER_BEGUN] = n->begun,
			[HEADER_SEQ] = seq,
			[HEADER_WHAT] = what}};
}

void network_begin(struct network *n, enum what what, const struct answer *a, bool last)
{
	struct entry e = header(n, what, a ? a->seq : n->seq);

	e.number[HEADER_PART] = a ? a->part : 0;
	e.number[HEADER_LAST] = last;
	if (!entry_start(&n->other) || !entry_put(&n->other, &e))
		n->other.bytes.count = 0;
}

void network_send(struct network *n, const char *kind, uint16_t number)
{
	if (n->other.bytes.count)
		network_publish(n, kind, number, n->other.bytes.at, n->other.bytes.count);
	n->other.bytes.count = 0;
}

/* --- the log --- */

uint32_t network_kept(const struct network *n, uint64_t seq)
{
	uint32_t i = n->kept_first;

	while (i < n->kept.count && n->kept.at[i].seq < seq)
		i++;
	return i;
}

static void drop_first(struct network *n)
{
	struct logged *l = &n->kept.at[n->kept_first++];

	n->kept_bytes -= l->len;
	free(l->bytes);
	if (n->kept_first < n->kept.count / 2 && n->kept_first < LOG_KEPT)
		return;
	n->kept.count -= n->kept_first;
	memmove(n->kept.at, n->kept.at + n->kept_first, n->kept.count * sizeof(*n->kept.at));
	n->kept_first = 0;
}

bool network_keep(struct network *n, uint64_t seq, const uint8_t *bytes, uint32_t len)
{
	struct logged l = {seq, malloc(len), len};

	if (!l.bytes)
		return false;
	memcpy(l.bytes, bytes, len);
	if (!VEC_PUSH(&n->kept, l, 2 * LOG_KEPT + 2)) {
		free(l.bytes);
		return false;
	}
	n->kept_bytes += len;
	while (n->kept_bytes > LOG_KEPT_BYTES || n->kept.count - n->kept_first > LOG_KEPT)
		drop_first(n);
	return true;
}

void network_flush(struct network *n)
{
	if (n->out.bytes.count == 0)
		return;
	network_count(n, NETWORK_SENT);
	network_keep(n, n->seq, n->out.bytes.at, n->out.bytes.count);
	if (n->out_kept)
		past_keep(n, n->out.bytes.at, n->out.bytes.count);
	n->out_kept = false;
	network_publish(n, "log", n->number, n->out.bytes.at, n->out.bytes.count);
	n->out.bytes.count = 0;
}

/* An entry for which there is no memory is missed by the others: the number that is left out makes
 * them ask for a snapshot. */
void network_log(struct network *n, const struct entry *e)
{
	struct entry head;

	if (n->out.bytes.count > LOG_FLUSH)
		network_flush(n);
	if (n->out.bytes.count == 0) {
		head = header(n, WHAT_LOG, ++n->seq);
		if (!entry_start(&n->out) || !entry_put(&n->out, &head)) {
			n->out.bytes.count = 0;
			return;
		}
	}
	n->out_kept |= e->kind >= ENTRY_MESSAGE;
	if (entry_put(&n->out, e))
		return;
	network_flush(n);
	n->seq++;
	server_count(n->server, COUNT_NO_MEMORY);
}

/* --- turns --- */

static void look_at_bus(struct network *n)
{
	struct server *s = n->server;

	if (n->bus->up == n->was_up)
		return;
	n->was_up = n->bus->up;
	LOG(s->log, WARN, n->was_up ? "cluster.engine-up" : "cluster.engine-away",
		log_str("reason", n->bus->why));
	oper_notify(s, NOTICE_OPERS,
		n->was_up ? "the engine of the cluster is there again%s%s"
			  : "the engine of the cluster is away: this node is on its own%s%s",
		*n->bus->why ? ": " : "", n->bus->why);
	if (n->was_up)
		nodes_connected(n);
}

void network_turn(struct cluster *c)
{
	struct network *n = network_of(c);

	n->bus->ops->complete(n->bus);
	look_at_bus(n);
	names_turn(n);
	snapshot_turn(n);
}

void network_end_turn(struct cluster *c)
{
	struct network *n = network_of(c);

	network_flush(n);
	confirm_end_turn(n);
}

bool network_timer(struct cluster *c, struct wheel_timer *t)
{
	struct network *n = network_of(c);

	if (t != &n->tick)
		return false;
	nodes_tick(n);
	names_tick(n);
	locks_tick(n);
	compare_tick(n);
	confirm_tick(n);
	wheel_start(&n->server->wheel, &n->tick, n->server->now + CLUSTER_TICK);
	return true;
}

/* --- start and end --- */

void network_stop(struct cluster *c)
{
	struct network *n = network_of(c);
	struct server *s = n->server;

	network_flush(n);
	past_stop(n);
	for (uint32_t i = 0; i < n->node_count; i++)
		apply_gone(n, &n->node[i], "");
	names_stop(n);
	locks_stop(n);
	records_stop(n);
	confirm_stop(n);
	wheel_stop(&s->wheel, &n->tick);
	hash_free(&n->remotes);
	for (uint32_t i = n->kept_first; i < n->kept.count; i++)
		free(n->kept.at[i].bytes);
	VEC_FREE(&n->kept);
	VEC_FREE(&n->starts);
	VEC_FREE(&n->waits);
	VEC_FREE(&n->out.bytes);
	VEC_FREE(&n->other.bytes);
	s->cluster = NULL;
	free(n);
}

static bool subscribe(struct network *n, const char *kind, const char *which)
{
	char subject[BUS_SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "burble.%s.%s.%s", n->token, kind, which);
	return n->bus->ops->subscribe(n->bus, subject, nodes_heard, n);
}

bool cluster_start(struct server *s, struct bus *bus, uint16_t number)
{
	struct network *n = calloc(1, sizeof(*n));
	char own[8];

	assert(number > 0 && number <= NODE_NUMBER_MAX);
	if (!n)
		return false;
	n->cluster.ops = &network_ops;
	n->server = s;
	n->bus = bus;
	n->number = number;
	n->begun = s->wall > 0 ? (uint64_t)(s->wall / NSEC_USEC) : 1;
	n->was_up = bus->up;
	bus_token(n->token, s->config->server.network);
	hash_init(&n->remotes);
	wheel_timer_init(&n->tick);
	snprintf(own, sizeof(own), "%u", (unsigned)number);
	if (!subscribe(n, "log", "*") || !subscribe(n, "eph", "*") || !subscribe(n, "beat", "*") ||
		!subscribe(n, "to", own)) {
		free(n);
		return false;
	}
	past_start(n);
	s->ids.node = number;
	s->cluster = &n->cluster;
	records_watch(n);
	wheel_start(&s->wheel, &n->tick, s->now);
	return true;
}
