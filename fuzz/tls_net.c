/*
 * tls_net.c - encrypting network between a hostile client and a server that echoes: bytes before,
 * during and after a handshake.
 *
 *     input = command (1) | length (1) | bytes ...
 *     commands by their low three bits:
 *     0  the socket has these bytes            4  the stream ends
 *     1  the same, after a whole handshake     5  the socket takes `length` more bytes
 *     2  a real client sends them, encrypted   6  that many seconds pass
 *     3  bytes of its record, changed          7  the server sends as many lines
 *
 * In the first command, 8 has the records of TLS 1.3 made without OpenSSL's object.
 *
 * The server must not crash, hang or leak, and whatever it reports as received is what the client
 * has sent.
 */
#include "tls/tls_net.h"

#include <openssl/ssl.h>

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	LISTENER = 1,
	HANDLE = 0,
	WIRE = 1 << 18,
	ROUNDS = 20, /* of a handshake */
	STEPS = 64,  /* of an input; later ones are ignored */
};

struct run {
	struct net net, *tls;
	nsec_t now;
	bool accepted, open, ended, watched;
	uint64_t tag;
	uint32_t ready, asked;
	uint8_t in[WIRE], out[WIRE];
	size_t in_len, out_len, room;
	SSL *client;
	bool honest; /* nothing but the client's own bytes was delivered */
	char said[WIRE];
	size_t said_len, heard;
};

static struct run *run_of(struct net *n)
{
	return container_of(n, struct run, net);
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* ---- the network ---- */

static int net_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	return LISTENER;
}

static int net_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct run *r = run_of(n);

	if (r->accepted)
		return -EAGAIN;
	*peer = (struct net_addr){.family = 4};
	r->accepted = r->open = true;
	return HANDLE;
}

static ssize_t net_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct run *r = run_of(n);
	size_t part = size_min(len, r->in_len);

	must(r->open);
	if (part == 0)
		return r->ended ? 0 : -EAGAIN;
	memcpy(buf, r->in, part);
	memmove(r->in, r->in + part, r->in_len - part);
	r->in_len -= part;
	return (ssize_t)part;
}

static ssize_t net_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct run *r = run_of(n);
	ssize_t sum = 0;

	must(r->open);
	for (int i = 0; i < count; i++) {
		size_t part = size_min(size_min(iov[i].iov_len, r->room), WIRE - r->out_len);

		memcpy(r->out + r->out_len, iov[i].iov_base, part);
		r->out_len += part;
		r->room -= part;
		sum += (ssize_t)part;
	}
	return sum ? sum : -EAGAIN;
}

static void net_close(struct net *n, int handle)
{
	run_of(n)->open &= handle != HANDLE;
}

static int net_watch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	run_of(n)->asked = ready;
	run_of(n)->tag = tag;
	return 0;
}

static int net_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct run *r = run_of(n);
	uint32_t ready = r->ready & (r->asked | NET_GONE);

	r->ready = 0;
	events[0] = (struct net_event){r->tag, ready};
	return r->open && ready;
}

static nsec_t net_now(struct net *n)
{
	return run_of(n)->now;
}

static const struct net_ops ops = {
	.listen = net_listen,
	.accept = net_accept,
	.recv = net_recv,
	.send = net_send,
	.close = net_close,
	.watch = net_watch,
	.rewatch = net_watch,
	.wait = net_wait,
	.now = net_now,
	.wall = net_now,
};

/* ---- the server ---- */

static void server_reads(struct run *r)
{
	char buf[1024];
	ssize_t got;

	for (int i = 0; i < ROUNDS && r->open; i++) {
		got = r->tls->ops->recv(r->tls, HANDLE, buf, sizeof(buf));
		if (got == -EAGAIN)
			return;
		if (got <= 0) {
			r->tls->ops->why(r->tls, HANDLE);
			r->tls->ops->close(r->tls, HANDLE);
			return;
		}
		if (!r->honest)
			continue;
		must(r->heard + (size_t)got <= r->said_len);
		must(memcmp(r->said + r->heard, buf, (size_t)got) == 0);
		r->heard += (size_t)got;
	}
}

static void server_turns(struct run *r, int n)
{
	struct net_event events[4];

	while (n-- > 0) {
		if (r->tls->ops->wait(r->tls, events, 4, 0) > 0)
			server_reads(r);
		r->now += NSEC_MSEC;
	}
}

static void server_sends(struct run *r, size_t lines)
{
	struct iovec iov = {"a line of text\r\n", 16};

	for (; r->open && lines > 0; lines--)
		r->tls->ops->send(r->tls, HANDLE, &iov, 1);
}

/* ---- the client ---- */

static void deliver(struct run *r, const uint8_t *bytes, size_t len)
{
	len = size_min(len, WIRE - r->in_len);
	memcpy(r->in + r->in_len, bytes, len);
	r->in_len += len;
	r->ready |= NET_IN;
}

/* Moves what the real client and the server have for each other; xor changes it. */
static void exchange(struct run *r, uint8_t xor)
{
	uint8_t bytes[4096];
	int n;

	BIO_write(SSL_get_rbio(r->client), r->out, (int)r->out_len);
	r->out_len = 0;
	while ((n = BIO_read(SSL_get_wbio(r->client), bytes, sizeof(bytes))) > 0) {
		bytes[n / 2] ^= xor;
		deliver(r, bytes, (size_t)n);
	}
}

static void shake_hands(struct run *r)
{
	for (int i = 0; i < ROUNDS && !SSL_is_init_finished(r->client); i++) {
		SSL_do_handshake(r->client);
		exchange(r, 0);
		server_turns(r, 1);
	}
}

static void client_says(struct run *r, const uint8_t *bytes, size_t len)
{
	shake_hands(r);
	if (r->said_len + len <= WIRE && len && SSL_write(r->client, bytes, (int)len) > 0) {
		memcpy(r->said + r->said_len, bytes, len);
		r->said_len += len;
	}
	exchange(r, 0);
}

static void step(struct run *r, uint8_t command, const uint8_t *bytes, size_t len)
{
	switch (command & 7) {
	case 0:
	case 1:
		r->honest = false;
		if (command & 1)
			shake_hands(r);
		deliver(r, bytes, len);
		break;
	case 2: client_says(r, bytes, len); break;
	case 3:
		r->honest = false;
		SSL_write(r->client, bytes, (int)len);
		exchange(r, len ? bytes[0] : 1);
		break;
	case 4:
		r->ended = true;
		r->ready |= NET_IN | NET_GONE;
		break;
	case 5:
		r->room = len;
		r->ready |= NET_OUT;
		break;
	case 6: r->now += (nsec_t)len * NSEC_SEC; break;
	default: server_sends(r, len); break;
	}
}

static void open_run(struct run *r, struct net *tls, SSL_CTX *ctx, bool own_records)
{
	struct net_addr peer;

	tls_net_limit(tls, &(struct tls_limits){10 * NSEC_SEC, 4, own_records});

	r->room = SIZE_MAX;
	r->honest = true;
	r->client = SSL_new(ctx);
	SSL_set_bio(r->client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(r->client);
	must(tls->ops->accept(tls, LISTENER, &peer) == HANDLE);
	must(tls->ops->watch(tls, HANDLE, NET_IN | NET_EDGE, 7) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run r;
	static SSL_CTX *ctx;
	struct tls_world world = {NULL, NULL};
	struct tls_settings settings = {.name = "fuzz.example.org", .client_certificates = true};
	struct net_addr at = {.family = 4, .port = 6697};
	char why[TLS_WHY_MAX];

	if (!ctx) {
		ctx = SSL_CTX_new(TLS_client_method());
		r.net.ops = &ops;
		r.tls = tls_net_new(&r.net, &world);
		must(tls_net_load(r.tls, &settings, why));
		must(tls_net_listener(r.tls, &at, &(struct tls_protocol){false, TLS_ALPN_IRC}));
		r.tls->ops->listen(r.tls, &at, NULL, 1);
	}
	memset(&r.accepted, 0, sizeof(r) - offsetof(struct run, accepted));
	open_run(&r, r.tls, ctx, size > 0 && (data[0] & 8));
	for (int i = 0; i < STEPS && size >= 2 && r.open; i++) {
		size_t len = size_min(data[1], size - 2);

		step(&r, data[0], data + 2, (data[0] & 7) >= 5 ? data[1] : len);
		server_turns(&r, 2);
		len = (data[0] & 7) >= 5 ? 0 : len;
		data += 2 + len;
		size -= 2 + len;
	}
	if (r.open)
		r.tls->ops->close(r.tls, HANDLE);
	SSL_free(r.client);
	return 0;
}
