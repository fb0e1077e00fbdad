/* handover.c - the order of things, and what must hold before: handover.h. */
#include "chat/handover/handover_channel.h"
#include "chat/handover/handover_conn.h"
#include "chat/handover/handover_server.h"
#include "chat/handover/handover_user.h"

#include "chat/cluster_upgrade.h"
#include "chat/cmd/cmd_sasl.h"
#include "chat/cmd/hasher.h"
#include "chat/cmd/oper_list.h"
#include "chat/external.h"
#include "chat/model/channel.h"
#include "chat/model/conn_limit.h"
#include "chat/model/quota.h"
#include "chat/out/conn_table.h"
#include "chat/out/deliver.h"
#include "chat/out/flush.h"
#include "chat/out/reply_stream.h"

#include "base/bytes.h"

static const char magic[] = "burble-state"; /* without its NUL, then the version */

enum {
	MAGIC = sizeof(magic) - 1,
	PREFIX = MAGIC + 4,
};

uint32_t handover_version(const struct server *s)
{
	return s->cluster ? 2 : 1;
}

/* ---- getting ready ---- */

/* Questions whose answers only this process can take. */
static const char *busy(struct server *s)
{
	if (s->store && (s->store->seen.backup.running || s->store->seen.export.running))
		return "a backup or an export is running";
	if (hasher_count(s->hasher))
		return "passwords are being hashed";
	if (s->external && s->external->ops->outstanding(s->external))
		return "mail, logins or pushes are under way";
	for (uint32_t i = 0; i < s->slots.count; i++) {
		const struct conn *c = s->slots.at[i].conn;

		if (c && ((c->flags & CONN_CHECKING) || c->barrier))
			return "a client waits for an answer";
	}
	return cluster_waits(s);
}

static void abort_sasl(struct server *s, struct conn *c)
{
	struct request q = {.server = s, .conn = c, .user = c->user};

	reply_begin(&q);
	sasl_abort(&q);
	reply_end(&q);
}

const char *handover_settle(struct server *s)
{
	const char *why;

	cluster_settle(s);
	server_settle(s);
	why = busy(s);
	if (why)
		return why;
	for (uint32_t i = 0; i < s->slots.count; i++) {
		struct conn *c = s->slots.at[i].conn;

		if (c && c->sasl)
			abort_sasl(s, c);
		while (c && s->store && !reply_streams_finish(s, c))
			store_drain(s->store);
	}
	server_settle(s);
	return busy(s);
}

/* ---- writing ---- */

static void write_head(struct tlv_out *o, const struct server *s)
{
	size_t begun = tlv_begin(o, HAND_HEAD);

	hand_pair(o, FIELD_HEAD_KEY, s->key.k0, s->key.k1);
	hand_pair(o, FIELD_HEAD_CLOAK, s->cloak_key.k0, s->cloak_key.k1);
	tlv_end(o, begun);
}

static void write_listeners(struct hand_out *h)
{
	struct net *n = h->server->net;

	for (size_t i = 0; i < h->server->listener_count; i++) {
		const struct listener *l = &h->server->listeners[i];
		struct tlv_out none = {0};
		int fd = n->ops->give ? n->ops->give(n, l->handle, &none) : -1;
		size_t begun;

		tlv_free(&none);
		if (fd < 0 || !VEC_PUSH(&h->to->handles, fd, CONNS_MAX)) {
			h->out->failed = true;
			return;
		}
		begun = tlv_begin(h->out, HAND_LISTENER);
		tlv_number(h->out, FIELD_PLACE, h->to->handles.count);
		hand_address(h->out, FIELD_PLACE_ADDRESS, &l->at);
		tlv_end(h->out, begun);
	}
}

static void write_cluster(struct tlv_out *o, const struct server *s)
{
	size_t begun;

	if (!s->cluster)
		return;
	begun = tlv_begin(o, HAND_CLUSTER);
	s->cluster->ops->upgrade->write(s->cluster, o);
	tlv_end(o, begun);
}

static void name_user(struct hand_out *h, struct user *u)
{
	bool good = hand_names_add(&h->users, hand_id(u), u) &&
		    (!u->quota || hand_names_add(&h->users, hand_id(u->quota), u));

	h->out->failed |= !good;
}

/* Every user once: of those with connections by the first of them, else by their nick. */
static void each_user(struct hand_out *h, void (*each)(struct hand_out *h, struct user *u))
{
	struct server *s = h->server;
	struct hash_iter it = hash_walk(&s->nicks);
	struct hash_node *n;

	for (uint32_t i = 0; i < s->slots.count; i++) {
		struct conn *c = s->slots.at[i].conn;

		if (c && c->user && c->user->conn == c)
			each(h, c->user);
	}
	while ((n = hash_next(&it))) {
		struct user *u = container_of(n, struct user, by_nick);

		if (!u->conn)
			each(h, u);
	}
}

static void write_user(struct hand_out *h, struct user *u)
{
	hand_user_write(h, u);
}

static void write_rest(struct hand_out *h)
{
	struct server *s = h->server;
	struct hash_iter it = hash_walk(&s->channels);
	struct hash_node *n;

	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn && !s->slots.at[i].conn->user)
			hand_conn_write(h, s->slots.at[i].conn, HAND_CONN);
	while ((n = hash_next(&it)))
		hand_channel_write(h, container_of(n, struct channel, by_name));
}

bool handover_write(struct handover *h, struct server *s)
{
	struct hand_out o = {.server = s, .to = h, .out = &h->bytes};
	uint8_t version[4];
	uint32_t n = htole32(handover_version(s));

	hash_init(&o.users.table);
	memcpy(version, &n, sizeof(version));
	tlv_raw(o.out, magic, MAGIC);
	tlv_raw(o.out, version, sizeof(version));
	write_head(o.out, s);
	write_listeners(&o);
	write_cluster(o.out, s);
	each_user(&o, name_user);
	each_user(&o, write_user);
	write_rest(&o);
	hand_server_write(&o);
	tlv_bytes(o.out, HAND_END, NULL, 0);
	hand_names_free(&o.users);
	return !h->bytes.failed;
}

void handover_free(struct handover *h)
{
	tlv_free(&h->bytes);
	VEC_FREE(&h->handles);
}

static bool goes_along(struct server *s, const struct conn *c)
{
	struct tlv_out net = {0};
	int fd = s->net->ops->give(s->net, c->handle, &net);

	tlv_free(&net);
	return fd >= 0;
}

void handover_farewell(struct server *s)
{
	struct line_out o = {0};

	line_add_all(&o,
		"ERROR :Closing Link: the server is being upgraded, and this connection "
		"cannot outlast that: connect again",
		NULL);
	for (uint32_t i = 0; i < s->slots.count; i++) {
		struct conn *c = s->slots.at[i].conn;

		if (!c || goes_along(s, c))
			continue;
		conn_line(s, c, &o);
		conn_flush(s, c);
		s->net->ops->close(s->net, c->handle);
	}
}

/* ---- reading ---- */

const char *handover_open(
	struct handover_in *in, const void *bytes, size_t len, const int *fds, uint32_t fd_count)
{
	const uint8_t *p = bytes;
	struct tlv_in rest;
	struct tlv r = {0};
	uint32_t version;

	if (len < PREFIX || memcmp(p, magic, MAGIC) != 0)
		return "this is not the state of a server";
	memcpy(&version, p + MAGIC, sizeof(version));
	version = le32toh(version);
	if (version < HANDOVER_OLDEST || version > HANDOVER_VERSION)
		return "the state is of a version that this program does not read";
	*in = (struct handover_in){tlv_read(p + PREFIX, len - PREFIX), fds, fd_count};
	rest = in->records;
	while (tlv_next(&rest, &r))
		;
	if (rest.bad || r.type != HAND_END)
		return "the state is incomplete";
	return NULL;
}

bool handover_listeners(const struct handover_in *in, struct net *net)
{
	struct tlv_in rest = in->records;
	struct net_addr at;
	struct tlv r, address;

	while (tlv_next(&rest, &r)) {
		struct tlv_in fields = tlv_inside(&r);
		uint64_t place;

		if (r.type != HAND_LISTENER)
			continue;
		place = tlv_find_number(&fields, FIELD_PLACE);
		if (!net->ops->inherit || place == 0 || place > in->fd_count ||
			!tlv_find(&fields, FIELD_PLACE_ADDRESS, &address) ||
			!hand_as_address(&address, &at) ||
			net->ops->inherit(net, in->fds[place - 1], &at) < 0)
			return false;
	}
	return true;
}

void handover_keys(const struct handover_in *in, struct siphash_key *key, struct siphash_key *cloak)
{
	struct tlv_in rest;
	struct tlv r;

	if (!tlv_find(&in->records, HAND_HEAD, &r))
		return;
	rest = tlv_inside(&r);
	while (tlv_next(&rest, &r)) {
		if (r.type == FIELD_HEAD_KEY)
			hand_as_pair(&r, &key->k0, &key->k1);
		if (r.type == FIELD_HEAD_CLOAK)
			hand_as_pair(&r, &cloak->k0, &cloak->k1);
	}
}

static bool read_record(struct hand_in *h, const struct tlv *r)
{
	struct cluster *cluster = h->server->cluster;

	switch (r->type) {
	case HAND_CLUSTER: return !cluster || cluster->ops->upgrade->read(cluster, tlv_inside(r));
	case HAND_SERVER: return hand_server_read(h, tlv_inside(r));
	case HAND_USER: return hand_user_read(h, tlv_inside(r));
	case HAND_CONN: return hand_conn_read(h, tlv_inside(r), NULL);
	case HAND_CHANNEL: return hand_channel_read(h, tlv_inside(r));
	case HAND_OPER: return hand_oper_read(h, tlv_inside(r));
	case HAND_WHOWAS: return hand_whowas_read(h, tlv_inside(r));
	case HAND_ADDRESS: return hand_address_read(h, tlv_inside(r));
	case HAND_WARNED: return hand_warned_read(h, tlv_inside(r));
	default: return true;
	}
}

/* Entries of addresses without a connection, which may have been made for an allowance or a channel
 * that is left, end in time. */
static void look_at_addresses(struct server *s)
{
	struct hash_iter it = hash_walk(&s->addresses);
	VEC(struct conn_limit *) all = {0};
	struct hash_node *n;

	while ((n = hash_next(&it)))
		if (!VEC_PUSH(&all, container_of(n, struct conn_limit, by_prefix), UINT32_MAX))
			break;
	for (uint32_t i = 0; i < all.count; i++)
		conn_limit_look(s, all.at[i]);
	VEC_FREE(&all);
}

const char *handover_read(const struct handover_in *in, struct server *s)
{
	struct hand_in h = {.server = s, .from = in};
	struct tlv_in rest = in->records;
	bool good = in->fd_count == 0 || VEC_RESERVE(&h.conns, in->fd_count, CONNS_MAX);
	struct tlv r;

	s->now = s->net->ops->now(s->net);
	s->wall = s->net->ops->wall(s->net);
	hash_init(&h.users.table);
	for (uint32_t i = 0; good && i < in->fd_count; i++)
		h.conns.at[i] = NULL;
	while (good && tlv_next(&rest, &r))
		good = read_record(&h, &r);
	look_at_addresses(s);
	oper_regrant(s);
	hand_names_free(&h.users);
	VEC_FREE(&h.conns);
	return good ? NULL : "the state is not valid, or memory is out";
}
