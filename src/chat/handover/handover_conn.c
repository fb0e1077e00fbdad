/*
 * handover_conn.c - a connection: its descriptor and what its network needs, bytes in and out,
 * negotiation, clocks, watches, an open multiline batch.
 */
#include "chat/handover/handover_conn.h"

#include "chat/history/multiline.h"
#include "chat/loop/accept.h"
#include "chat/out/caps.h"
#include "chat/out/conn_table.h"
#include "chat/out/monitor.h"
#include "chat/out/outbuf.h"

#include <stdlib.h>

enum {
	IOV = 64, /* pieces of a queue copied at once */
};

/* Flags that go along; the others belong to the lists of a turn. Their bits are read by other
 * releases. */
#define KEPT_FLAGS                                                                                 \
	(CONN_READABLE | CONN_PINGED | CONN_CAP | CONN_CAP_302 | CONN_PASS_OK | CONN_GONE |        \
		CONN_OUT_OF_STEP | CONN_SECURE)

/* The numbers of a connection. */
struct given {
	uint32_t place;
	uint16_t flags;
	uint8_t tries;
	nsec_t opened, heard, flood;
	bool away, gateway, by_app, dnsbl, skipping;
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(FIELD_CONN_PLACE, struct given, place),
	TLV_NUMBER(FIELD_CONN_FLAGS, struct given, flags),
	TLV_NUMBER(FIELD_CONN_TRIES, struct given, tries),
	TLV_NUMBER(FIELD_CONN_OPENED, struct given, opened),
	TLV_NUMBER(FIELD_CONN_HEARD, struct given, heard),
	TLV_NUMBER(FIELD_CONN_FLOOD, struct given, flood),
	TLV_NUMBER(FIELD_CONN_AWAY, struct given, away),
	TLV_NUMBER(FIELD_CONN_GATEWAY, struct given, gateway),
	TLV_NUMBER(FIELD_CONN_BY_APP, struct given, by_app),
	TLV_NUMBER(FIELD_CONN_DNSBL, struct given, dnsbl),
	TLV_NUMBER(FIELD_CONN_SKIPPING, struct given, skipping),
};

static const struct tlv_row batch_rows[] = {
	TLV_NUMBER(FIELD_BATCH_BYTES, struct multiline, bytes),
	TLV_NUMBER(FIELD_BATCH_LINES, struct multiline, lines),
	TLV_NUMBER(FIELD_BATCH_NOTICE, struct multiline, notice),
	TLV_NUMBER(FIELD_BATCH_BLANK, struct multiline, blank),
	TLV_NUMBER(FIELD_BATCH_FAILED, struct multiline, failed),
	TLV_TEXT(FIELD_BATCH_TAGS, struct multiline, tags),
};

/* ---- writing ---- */

static void write_out(struct tlv_out *o, const struct sendq *q)
{
	size_t begun = tlv_begin(o, FIELD_CONN_OUT);
	const struct sendq_more *m = q->more;

	for (uint32_t i = 0; m && i < m->count; i++) {
		struct piece p = m->pieces[m->head + i];

		tlv_raw(o, p.buf->data + p.at, p.len);
	}
	if (q->last.len)
		tlv_raw(o, q->last.buf->data + q->last.at, q->last.len);
	tlv_end(o, begun);
}

static void write_batch(struct tlv_out *o, const struct multiline *b)
{
	size_t begun = tlv_begin(o, FIELD_CONN_BATCH);

	tlv_text(o, FIELD_BATCH_REF, b->ref);
	tlv_text(o, FIELD_BATCH_LABEL, b->label);
	tlv_text(o, FIELD_BATCH_TARGET, b->target);
	tlv_bytes(o, FIELD_BATCH_TEXT, b->text.at, b->text.count);
	tlv_put_rows(o, batch_rows, ARRAY_SIZE(batch_rows), b);
	tlv_end(o, begun);
}

static void write_lists(struct tlv_out *o, const struct conn *c)
{
	const struct cap_row *caps;
	size_t count;

	caps = cap_rows(&count);
	for (size_t i = 0; i < count; i++)
		if (c->caps & caps[i].bit)
			tlv_text(o, FIELD_CONN_CAP_NAME, caps[i].name);
	for (const struct watch_link *l = c->watches; l; l = l->next)
		tlv_text(o, FIELD_CONN_WATCH, l->watch->nick);
}

/* The descriptor's place; 0 if the connection cannot go along. */
static uint32_t give(struct hand_out *h, const struct conn *c)
{
	struct net *n = h->server->net;
	struct tlv_out net = {0};
	int fd = n->ops->give ? n->ops->give(n, c->handle, &net) : -1;

	h->out->failed |= net.failed;
	if (fd >= 0 && !VEC_PUSH(&h->to->handles, fd, CONNS_MAX))
		h->out->failed = true;
	if (fd >= 0 && net.len)
		tlv_bytes(h->out, FIELD_CONN_NET, net.at, net.len);
	tlv_free(&net);
	h->to->conns += fd >= 0;
	h->to->lost += fd < 0;
	return fd >= 0 ? h->to->handles.count : 0;
}

void hand_conn_write(struct hand_out *h, const struct conn *c, uint16_t type)
{
	struct tlv_out *o = h->out;
	size_t begun = tlv_begin(o, type);
	struct given g = {
		.place = give(h, c),
		.flags = c->flags & KEPT_FLAGS,
		.tries = c->tries,
		.opened = c->opened,
		.heard = c->heard,
		.flood = c->flood,
		.away = c->away,
		.gateway = c->gateway,
		.by_app = c->by_app,
		.dnsbl = c->dnsbl_asked,
		.skipping = c->in.skipping,
	};

	tlv_put_rows(o, rows, ARRAY_SIZE(rows), &g);
	hand_address(o, FIELD_CONN_PEER, &c->peer);
	hand_address(o, FIELD_CONN_AT, &h->server->listeners[c->listener].at);
	if (c->in.data && c->in.taken < c->in.len)
		tlv_bytes(o, FIELD_CONN_IN, c->in.data + c->in.taken, c->in.len - c->in.taken);
	if (c->out.bytes)
		write_out(o, &c->out);
	if (c->multiline)
		write_batch(o, c->multiline);
	write_lists(o, c);
	tlv_end(o, begun);
}

/* ---- reading ---- */

/* The handle of a place; -1: there is none, -2: that cannot be. A place is used once. */
static int take(struct hand_in *h, uint32_t place, const struct tlv_in *in)
{
	struct net *n = h->server->net;
	struct tlv r;
	struct tlv_in net = {0};

	if (place == 0)
		return -1;
	if (place > h->from->fd_count || !n->ops->take || h->conns.at[place - 1])
		return -2;
	if (tlv_find(in, FIELD_CONN_NET, &r))
		net = tlv_inside(&r);
	int handle = n->ops->take(n, h->from->fds[place - 1], &net);

	return handle < 0 ? -2 : handle;
}

static bool read_out(struct server *s, struct conn *c, const struct tlv *r)
{
	struct outbuf *b = r->len && r->len <= UINT32_MAX / 2
				   ? outbuf_copy((const char *)r->at, r->len)
				   : NULL;
	bool queued = b && sendq_put(&c->out, (struct piece){b, 0, (uint32_t)r->len});

	if (b)
		outbuf_unref(&s->outbufs, b);
	if (!queued)
		return false;
	s->queued += r->len;
	conn_dirty(s, c);
	return true;
}

static void copy_text(char *to, size_t size, const struct tlv *r)
{
	size_t n = size_min(r->len, size - 1);

	memcpy(to, r->at, n);
	to[n] = '\0';
}

static bool read_batch(struct conn *c, struct tlv_in in)
{
	struct multiline *b = c->multiline ? NULL : calloc(1, sizeof(*b));
	struct tlv r;

	if (!b)
		return false;
	c->multiline = b;
	if (!tlv_take_rows(in, batch_rows, ARRAY_SIZE(batch_rows), b))
		return false;
	while (tlv_next(&in, &r)) {
		if (r.type == FIELD_BATCH_REF)
			copy_text(b->ref, sizeof(b->ref), &r);
		if (r.type == FIELD_BATCH_LABEL)
			copy_text(b->label, sizeof(b->label), &r);
		if (r.type == FIELD_BATCH_TARGET)
			copy_text(b->target, sizeof(b->target), &r);
		if (r.type == FIELD_BATCH_TEXT && r.len) {
			if (!VEC_RESERVE(&b->text, r.len, UINT32_MAX))
				return false;
			memcpy(b->text.at, r.at, r.len);
			b->text.count = (uint32_t)r.len;
		}
	}
	return hand_is_text(b->ref) && hand_is_text(b->label) && hand_is_text(b->target) &&
	       hand_is_text(b->tags);
}

static bool read_cap(struct conn *c, const struct tlv *r)
{
	size_t count;
	const struct cap_row *caps = cap_rows(&count);

	for (size_t i = 0; i < count; i++)
		if (strlen(caps[i].name) == r->len && memcmp(caps[i].name, r->at, r->len) == 0)
			c->caps |= caps[i].bit;
	return true;
}

static bool read_watch(struct server *s, struct conn *c, const struct tlv *r)
{
	char *nick = c->user ? tlv_as_text(r) : NULL;
	bool good = nick && r->len <= NICK_BYTES_MAX;

	if (good && monitor_add(s, c, nick) == WATCH_FULL)
		LOG(s->log, WARN, "handover.watch-dropped", log_str("nick", nick));
	free(nick);
	return good;
}

static bool read_field(struct server *s, struct conn *c, const struct tlv *r)
{
	switch (r->type) {
	case FIELD_CONN_IN: return line_keep(&c->in, (struct span){(char *)r->at, r->len});
	case FIELD_CONN_OUT: return read_out(s, c, r);
	case FIELD_CONN_BATCH: return read_batch(c, tlv_inside(r));
	case FIELD_CONN_CAP_NAME: return read_cap(c, r);
	case FIELD_CONN_WATCH: return read_watch(s, c, r);
	default: return true;
	}
}

static void set_numbers(struct conn *c, const struct given *g)
{
	c->flags = (uint16_t)((c->flags & ~KEPT_FLAGS) | (g->flags & KEPT_FLAGS));
	c->tries = g->tries;
	c->opened = g->opened;
	c->heard = g->heard;
	c->flood = g->flood;
	c->away = g->away;
	c->gateway = g->gateway;
	c->by_app = g->by_app;
	c->dnsbl_asked = g->dnsbl;
	c->in.skipping = g->skipping;
}

/* Behind the user's other connections. */
static void link_user(struct conn *c, struct user *u)
{
	struct conn **at = &u->conn;

	while (*at)
		at = &(*at)->sibling;
	*at = c;
	c->user = u;
}

static struct conn *adopt(struct hand_in *h, struct tlv_in in, struct given *g)
{
	struct tlv peer, at;
	struct net_addr from, to;
	struct conn *c;
	int handle;

	if (!tlv_take_rows(in, rows, ARRAY_SIZE(rows), g) ||
		!tlv_find(&in, FIELD_CONN_PEER, &peer) || !hand_as_address(&peer, &from) ||
		!tlv_find(&in, FIELD_CONN_AT, &at) || !hand_as_address(&at, &to))
		return NULL;
	handle = take(h, g->place, &in);
	c = handle == -2 ? NULL : server_adopt(h->server, handle, &from, &to);
	if (!c && handle >= 0)
		h->server->net->ops->close(h->server->net, handle);
	if (c && handle >= 0)
		h->conns.at[g->place - 1] = c;
	return c;
}

bool hand_conn_read(struct hand_in *h, struct tlv_in in, struct user *u)
{
	struct server *s = h->server;
	struct given g = {0};
	struct conn *c = adopt(h, in, &g);
	bool good = c != NULL;
	struct tlv r;

	if (!c)
		return false;
	set_numbers(c, &g);
	if (u)
		link_user(c, u);
	while (good && tlv_next(&in, &r))
		good = read_field(s, c, &r);
	c->form = (uint8_t)cap_form(c->caps);
	wheel_start(&s->wheel, &c->timer, s->now);
	if (g.place == 0)
		conn_leave(s, c, "This connection cannot outlast the upgrade of the server");
	else if (conn_waits(c))
		server_ready(s, c);
	return good && !in.bad;
}
