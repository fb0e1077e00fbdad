/*
 * tls_bio.c - ciphertext between OpenSSL's object and the wrapped network.
 *
 * Writing never blocks: what the socket refuses is kept (tls_pending), so that OpenSSL has no
 * half-written record of its own.
 */
#include "tls/tls_bio.h"

#include "tls/tls_handshake.h"

#include <errno.h>
#include <stdlib.h>

enum {
	HANDSHAKE_RECORD = 0x16, /* RFC 8446 5.1: the first byte of a client */
};

static bool transient(ssize_t err)
{
	return err == -EAGAIN || err == -EINTR || err == -ENOBUFS || err == -ENOMEM;
}

static void drop_pending(struct tls_conn *c)
{
	free(c->pending);
	c->pending = NULL;
}

int tls_flush(struct tls_conn *c)
{
	struct net *n = c->shared->inner;
	struct tls_pending *p = c->pending;
	struct iovec iov;
	ssize_t done;

	if (c->error)
		return -c->error;
	if (!p)
		return 0;
	iov = (struct iovec){p->bytes + p->at, p->len - p->at};
	done = n->ops->send(n, c->handle, &iov, 1);
	if (done < 0 && !transient(done)) {
		c->error = (int)-done;
		drop_pending(c);
	}
	if (done < 0)
		return (int)done;
	p->at += (uint32_t)done;
	if (p->at < p->len)
		return -EAGAIN;
	drop_pending(c);
	return 0;
}

static bool keep(struct tls_conn *c, const void *data, size_t len)
{
	struct tls_pending *p = c->pending;
	size_t used = p ? p->len : 0;

	if (len > TLS_PENDING_BYTES - used)
		return false;
	p = realloc(p, sizeof(*p) + used + len);
	if (!p)
		return false;
	if (!c->pending)
		p->at = p->len = 0;
	memcpy(p->bytes + used, data, len);
	p->len = (uint32_t)(used + len);
	c->pending = p;
	return true;
}

bool tls_sent(struct tls_conn *c, const void *data, size_t len, ssize_t done)
{
	if (done < 0 && !transient(done)) {
		c->error = (int)-done;
		return false;
	}
	if (done < 0 && done != -EAGAIN)
		c->flags |= TLS_MORE; /* no event will report that memory is there again */
	done = done < 0 ? 0 : done;
	if ((size_t)done < len && !keep(c, (const char *)data + done, len - (size_t)done)) {
		tls_conn_fail(c, TLS_NO_MEMORY);
		c->error = ECONNABORTED;
		return false;
	}
	return true;
}

bool tls_put(struct tls_conn *c, const void *data, size_t len)
{
	struct net *n = c->shared->inner;
	struct iovec iov = {(void *)data, len};

	if (c->error)
		return false;
	return tls_sent(c, data, len, c->pending ? 0 : n->ops->send(n, c->handle, &iov, 1));
}

static int bio_write(BIO *b, const char *data, int len)
{
	BIO_clear_retry_flags(b);
	return len > 0 && tls_put(BIO_get_data(b), data, (size_t)len) ? len : -1;
}

/* Refuses a client that speaks no TLS by its first byte, and a handshake without an end. */
static bool check_start(struct tls_conn *c, const char *buf, ssize_t got)
{
	bool first = !(c->flags & TLS_FIRST);

	c->flags |= TLS_FIRST;
	if (first && *buf != HANDSHAKE_RECORD) {
		tls_conn_fail(c, TLS_PLAIN_TEXT);
		return false;
	}
	c->handshake->received += (uint32_t)got;
	if (c->handshake->received > TLS_HANDSHAKE_BYTES) {
		tls_conn_fail(c, TLS_TOO_LARGE);
		return false;
	}
	return true;
}

static int bio_read(BIO *b, char *buf, int len)
{
	struct tls_conn *c = BIO_get_data(b);
	struct net *n = c->shared->inner;
	ssize_t got = -EAGAIN;

	BIO_clear_retry_flags(b);
	if (c->reason || c->error || len <= 0)
		return -1;
	if (c->budget)
		got = n->ops->recv(n, c->handle, buf, size_min((size_t)len, c->budget));
	else
		c->flags |= TLS_MORE;
	if (got > 0) {
		c->budget -= (uint32_t)got;
		return (c->flags & TLS_OPEN) || check_start(c, buf, got) ? (int)got : -1;
	}
	if (got == 0)
		c->flags |= TLS_EOF;
	else if (got == -EAGAIN || got == -EINTR)
		BIO_set_retry_read(b);
	else
		c->error = (int)-got;
	return got == 0 ? 0 : -1;
}

static long bio_ctrl(BIO *b, int command, long number, void *arg)
{
	struct tls_conn *c = BIO_get_data(b);

	switch (command) {
	case BIO_CTRL_FLUSH: return 1;
	case BIO_CTRL_EOF: return (c->flags & TLS_EOF) != 0;
	default: return 0;
	}
}

static int bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

BIO_METHOD *tls_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "net");

	if (m && BIO_meth_set_write(m, bio_write) && BIO_meth_set_read(m, bio_read) &&
		BIO_meth_set_ctrl(m, bio_ctrl) && BIO_meth_set_create(m, bio_create))
		return m;
	BIO_meth_free(m);
	return NULL;
}
