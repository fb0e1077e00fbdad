/* tls_fixture.c - network in memory, clients by OpenSSL. */
#include "tls/test/tls_fixture.h"

#include "base/test/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct mem_net *mem(struct net *n)
{
	return container_of(n, struct mem_net, net);
}

static int mem_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	return at->port == 6697 ? MEM_TLS : MEM_PLAIN;
}

static int mem_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct mem_net *m = mem(n);

	if (m->accepted == m->opened || m->conns[m->accepted].encrypted != (listener == MEM_TLS))
		return -EAGAIN;
	*peer = (struct net_addr){.family = 4, .ip = {192, 0, 2, 1}};
	return m->accepted++;
}

static ssize_t mem_recv(struct net *n, int h, void *buf, size_t len)
{
	struct mem_conn *c = &mem(n)->conns[h];
	size_t part = size_min(size_min(len, c->piece), c->in_len);

	if (part == 0)
		return c->eof ? 0 : -EAGAIN;
	memcpy(buf, c->in, part);
	memmove(c->in, c->in + part, c->in_len - part);
	c->in_len -= part;
	return (ssize_t)part;
}

static ssize_t mem_send(struct net *n, int h, const struct iovec *iov, int count)
{
	struct mem_conn *c = &mem(n)->conns[h];
	ssize_t sum = 0;

	c->sends++;
	if (c->error)
		return -c->error;
	for (int i = 0; i < count; i++) {
		size_t part = size_min(iov[i].iov_len, c->room);

		memcpy(c->out + c->out_len, iov[i].iov_base, part);
		c->out_len += part;
		c->room -= part;
		sum += (ssize_t)part;
	}
	return sum ? sum : -EAGAIN;
}

static void mem_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sends[i].done = mem_send(n, sends[i].handle, sends[i].iov, (int)sends[i].iov_count);
}

static void mem_close_handle(struct net *n, int h)
{
	if (h < MEM_CONNS)
		mem(n)->conns[h].open = false;
}

static int mem_tune(struct net *n, int h, const struct net_tuning *t)
{
	return 0;
}

static int mem_watch(struct net *n, int h, uint32_t ready, uint64_t tag)
{
	if (h < MEM_CONNS) {
		mem(n)->conns[h].asked = ready;
		mem(n)->conns[h].tag = tag;
	}
	return 0;
}

static void mem_unwatch(struct net *n, int h)
{
	if (h < MEM_CONNS)
		mem(n)->conns[h].asked = 0;
}

static int mem_events(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct mem_net *m = mem(n);
	int count = 0;

	m->waited = timeout;
	for (struct mem_conn *c = m->conns; c < m->conns + m->accepted && count < max; c++) {
		uint32_t ready = c->ready & (c->asked | NET_GONE);

		if (!c->open || !ready)
			continue;
		events[count++] = (struct net_event){c->tag, ready};
		c->ready = 0;
	}
	return count;
}

static nsec_t mem_now(struct net *n)
{
	return mem(n)->now += mem(n)->tick;
}

static void mem_wake(struct net *n)
{
}

static const struct net_ops mem_ops = {
	.listen = mem_listen,
	.accept = mem_accept,
	.recv = mem_recv,
	.send = mem_send,
	.send_batch = mem_send_batch,
	.close = mem_close_handle,
	.tune = mem_tune,
	.watch = mem_watch,
	.rewatch = mem_watch,
	.unwatch = mem_unwatch,
	.wait = mem_events,
	.wake = mem_wake,
	.now = mem_now,
	.wall = mem_now,
};

static void on_refused(void *arg, const struct net_addr *peer, const char *reason, const char *text)
{
	struct mem_net *m = arg;

	snprintf(m->refused, sizeof(m->refused), "%s", reason);
	m->refusals++;
}

void mem_open(struct mem_net *m, const struct tls_settings *s)
{
	struct net_addr plain = {.family = 4, .port = 6667}, tls = {.family = 4, .port = 6697};
	struct tls_world world = {on_refused, m};
	char why[TLS_WHY_MAX];

	memset(m, 0, sizeof(*m));
	m->net.ops = &mem_ops;
	m->now = NSEC_SEC;
	m->tls = tls_net_new(&m->net, &world);
	assert_non_null(m->tls);
	assert_true(tls_net_load(m->tls, s, why));
	assert_true(tls_net_listener(m->tls, &tls, &(struct tls_protocol){false, TLS_ALPN_IRC}));
	assert_int_equal(m->tls->ops->listen(m->tls, &plain, NULL, 1), MEM_PLAIN);
	assert_int_equal(m->tls->ops->listen(m->tls, &tls, NULL, 1), MEM_TLS);
}

void mem_close(struct mem_net *m)
{
	tls_net_free(m->tls);
	for (int i = 0; i < m->opened; i++) {
		free(m->conns[i].in);
		free(m->conns[i].out);
	}
}

int mem_connect(struct mem_net *m, bool encrypted)
{
	struct mem_conn *c = &m->conns[m->opened++];
	struct net_addr peer;
	int handle;

	*c = (struct mem_conn){.open = true, .encrypted = encrypted, .room = SIZE_MAX};
	c->piece = SIZE_MAX;
	c->in = malloc(MEM_BYTES);
	c->out = malloc(MEM_BYTES);
	handle = m->tls->ops->accept(m->tls, encrypted ? MEM_TLS : MEM_PLAIN, &peer);
	assert_int_equal(handle, m->opened - 1);
	assert_int_equal(
		m->tls->ops->watch(m->tls, handle, NET_IN | NET_EDGE, (uint64_t)handle), 0);
	return handle;
}

void mem_say(struct mem_net *m, int handle, const void *bytes, size_t len)
{
	struct mem_conn *c = &m->conns[handle];

	assert_true(c->in_len + len <= MEM_BYTES);
	memcpy(c->in + c->in_len, bytes, len);
	c->in_len += len;
	c->ready |= NET_IN;
}

uint32_t mem_wait(struct mem_net *m, int handle)
{
	struct net_event events[MEM_CONNS];
	uint32_t ready = 0;
	int n;

	if (m->in_server)
		*m->in_server = true;
	n = m->tls->ops->wait(m->tls, events, MEM_CONNS, NSEC_MAX);
	if (m->in_server)
		*m->in_server = false;
	for (int i = 0; i < n; i++)
		if (events[i].tag == (uint64_t)handle)
			ready |= events[i].ready;
	return ready;
}

uint64_t mem_count(struct mem_net *m, const char *name)
{
	const char *found;
	uint64_t value;

	for (unsigned i = 0; m->tls->ops->counter(m->tls, i, &found, &value); i++)
		if (strcmp(found, name) == 0)
			return value;
	fail_msg("no counter %s", name);
	return 0;
}

void client_open(struct tls_client *c, struct mem_net *m, int version)
{
	*c = (struct tls_client){.net = m, .ctx = SSL_CTX_new(TLS_client_method())};
	SSL_CTX_set_min_proto_version(c->ctx, version);
	SSL_CTX_set_max_proto_version(c->ctx, version);
	c->ssl = SSL_new(c->ctx);
	SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(c->ssl);
	c->handle = mem_connect(m, true);
}

void client_close(struct tls_client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
}

static bool move(struct tls_client *c)
{
	struct mem_conn *s = &c->net->conns[c->handle];
	uint8_t bytes[4096];
	bool moved = s->out_len > 0;
	int n;

	BIO_write(SSL_get_rbio(c->ssl), s->out, (int)s->out_len);
	s->out_len = 0;
	while ((n = BIO_read(SSL_get_wbio(c->ssl), bytes, sizeof(bytes))) > 0) {
		mem_say(c->net, c->handle, bytes, (size_t)n);
		moved = true;
	}
	return moved;
}

uint32_t client_pump(struct tls_client *c)
{
	uint32_t events = 0;
	char byte;

	do {
		if (!SSL_is_init_finished(c->ssl))
			SSL_do_handshake(c->ssl);
		else
			SSL_peek(c->ssl, &byte, 1);
		events |= mem_wait(c->net, c->handle);
	} while (move(c) || c->net->waited == 0);
	return events;
}

bool client_handshake(struct tls_client *c)
{
	uint32_t events = client_pump(c);
	struct net_secure about;

	return SSL_is_init_finished(c->ssl) && (events & NET_IN) && !(events & NET_GONE) &&
	       net_secure(c->net->tls, c->handle, &about) && about.version;
}

void client_say(struct tls_client *c, const char *text)
{
	assert_int_equal(SSL_write(c->ssl, text, (int)strlen(text)), (int)strlen(text));
	move(c);
}

const char *client_hear(struct tls_client *c, char out[MEM_BYTES])
{
	int len = 0, n;

	move(c);
	while ((n = SSL_read(c->ssl, out + len, MEM_BYTES - 1 - len)) > 0)
		len += n;
	out[len] = '\0';
	return out;
}
