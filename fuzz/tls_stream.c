/*
 * tls_stream.c - a client that knows its keys: records of any type and content, properly sealed,
 * raw bytes between them, requests that the server sends, a socket that takes little.
 *
 *     input = command (1) | length (1) | bytes ...
 *     commands by their low three bits:
 *     0-3  a record with these bytes; its type is 20 + command / 8
 *     4    these bytes as they are
 *     5    the server sends
 *     6    the client updates its key, in one record or split after `length` bytes
 *     7    the socket takes `length` more bytes
 *
 * Until raw bytes come, whatever the server receives is the text of the records of type 23, in
 * order.
 */
#include "tls/tls_stream.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	WIRE = 1 << 18,
	STEPS = 256, /* of an input; later ones are ignored */
};

struct run {
	struct net net;
	struct tls_shared shared;
	struct tls_conn conn;
	struct record_keys *peer;
	uint8_t in[WIRE], record[RECORD_MAX];
	size_t in_len, room;
	bool honest;
	uint8_t said[WIRE], heard[WIRE];
	size_t said_len, heard_len;
};

static void must(bool holds)
{
	if (!holds)
		abort();
}

static ssize_t net_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct run *r = container_of(n, struct run, net);
	size_t part = size_min(len, r->in_len);

	if (part == 0)
		return -EAGAIN;
	memcpy(buf, r->in, part);
	memmove(r->in, r->in + part, r->in_len - part);
	r->in_len -= part;
	return (ssize_t)part;
}

static ssize_t net_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct run *r = container_of(n, struct run, net);
	size_t part = size_min(iov->iov_len, r->room);

	r->room -= part;
	return part ? (ssize_t)part : -EAGAIN;
}

static const struct net_ops ops = {.recv = net_recv, .send = net_send};

static void deliver(struct run *r, const void *bytes, size_t len)
{
	len = size_min(len, WIRE - r->in_len);
	memcpy(r->in + r->in_len, bytes, len);
	r->in_len += len;
}

static void client_sends(struct run *r, uint8_t type, const uint8_t *bytes, size_t len)
{
	memcpy(r->record + RECORD_HEADER, bytes, len);
	deliver(r, r->record, record_seal(&r->shared.ciphers, r->peer, type, r->record, len));
	if (type == RECORD_DATA && r->said_len + len <= WIRE) {
		memcpy(r->said + r->said_len, bytes, len);
		r->said_len += len;
	}
}

/* A short buffer, so that text and records are kept. */
static void server_receives(struct run *r, size_t room)
{
	ssize_t got;

	do {
		got = tls_conn_recv(
			&r->conn, r->heard + r->heard_len, size_min(room, WIRE - r->heard_len));
		if (got > 0)
			r->heard_len += (size_t)got;
	} while (got > 0 && r->heard_len < WIRE);
	if (!r->honest)
		return;
	must(r->heard_len <= r->said_len);
	must(memcmp(r->said, r->heard, r->heard_len) == 0);
}

static void step(struct run *r, uint8_t command, const uint8_t *bytes, size_t len)
{
	static const uint8_t update[] = {24, 0, 0, 1, 0};
	struct iovec iov = {(void *)bytes, len};
	size_t split;

	switch (command & 7) {
	case 4:
		r->honest = false;
		deliver(r, bytes, len);
		break;
	case 5: tls_conn_send(&r->conn, &iov, 1); break;
	case 6:
		split = len % sizeof(update);
		if (split)
			client_sends(r, RECORD_HANDSHAKE, update, split);
		client_sends(r, RECORD_HANDSHAKE, update + split, sizeof(update) - split);
		must(record_keys_update(r->peer, RECORD_SEAL));
		break;
	case 7: r->room = len; break;
	default: client_sends(r, 20 + (command >> 3 & 3), bytes, len); break;
	}
	server_receives(r, 1 + len / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secrets[2][TLS_SECRET_MAX] = {{1}, {2}};
	struct run *r = calloc(1, sizeof(*r));
	struct tls_stream *s = calloc(1, sizeof(*s));
	int suite = size ? data[0] % TLS_SUITES : 0;

	r->net.ops = &ops;
	r->room = SIZE_MAX;
	r->honest = true;
	r->shared.inner = &r->net;
	must(tls_ciphers_init(&r->shared.ciphers));
	s->keys = record_keys_new(suite, secrets[0], secrets[1], 0);
	r->peer = record_keys_new(suite, secrets[1], secrets[0], 0);
	r->conn = (struct tls_conn){.shared = &r->shared, .stream = s, .flags = TLS_OPEN};
	for (int i = 0; i < STEPS && size >= 2; i++) {
		size_t len = size_min(data[1], size - 2);

		step(r, data[0], data + 2, len);
		data += 2 + len;
		size -= 2 + len;
	}
	tls_conn_end(&r->conn);
	tls_ciphers_free(&r->shared.ciphers);
	record_keys_free(r->peer);
	free(r);
	return 0;
}
