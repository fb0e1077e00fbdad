/*
 * pipe.c - a cable in memory: each way a ring of bytes with one writer and one reader, which may be
 * two threads, and a pair of sockets that wakes the reader.
 *
 *     send   record and bytes into the ring           flush   ring the bell, unless it rings
 * already receive   out of the ring into a packet; once it is empty, stop the bell and look again
 *
 * Several segments travel as one packet, and checksums are not made. The bell is rung once a batch.
 */
#include "driver/pipe.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* In the ring before the bytes of a packet. */
struct record {
	uint32_t len;
	uint16_t gso;
	uint16_t csum_start, csum_offset; /* if partial */
	bool partial;
};

/* Positions count bytes since the beginning, modulo 2^32. */
struct ring {
	_Atomic uint32_t put, taken;
	_Atomic bool rung; /* a byte for the reader is in its socket, or about to be */
	uint8_t bytes[PIPE_BYTES];
};

/* Shared by both ends; freed by the last. */
struct cable {
	atomic_int ends;
	struct ring ring[2]; /* by the end that reads it */
};

struct end {
	struct netdev dev;
	struct cable *cable;
	int side;
	bool unflushed; /* something was put since the last flush */
};

static struct end *end_of(struct netdev *dev)
{
	return container_of(dev, struct end, dev);
}

/* --- the ring --- */

static uint32_t upto_wrap(uint32_t at, uint32_t n)
{
	uint32_t left = PIPE_BYTES - at % PIPE_BYTES;

	return n < left ? n : left;
}

static uint32_t ring_write(struct ring *r, uint32_t at, const void *from, uint32_t n)
{
	uint32_t first = upto_wrap(at, n);

	memcpy(r->bytes + at % PIPE_BYTES, from, first);
	memcpy(r->bytes, (const uint8_t *)from + first, n - first);
	return at + n;
}

static uint32_t ring_read(const struct ring *r, uint32_t at, void *to, uint32_t n)
{
	uint32_t first = upto_wrap(at, n);

	memcpy(to, r->bytes + at % PIPE_BYTES, first);
	memcpy((uint8_t *)to + first, r->bytes, n - first);
	return at + n;
}

/* --- out --- */

static struct record record_of(const struct pkt *p)
{
	struct record d = {.len = pkt_total(p), .gso = p->gso, .partial = p->csum_partial};

	if (d.partial) {
		d.csum_start = (uint16_t)pkt_csum_start(p);
		d.csum_offset = p->csum_offset;
	}
	return d;
}

static int end_send(struct netdev *dev, struct pkt *p)
{
	struct end *e = end_of(dev);
	struct ring *r = &e->cable->ring[!e->side];
	struct record d = record_of(p);
	uint32_t at = atomic_load_explicit(&r->put, memory_order_relaxed);
	bool fits = PIPE_BYTES - (at - atomic_load(&r->taken)) >= sizeof(d) + d.len;

	if (fits) {
		at = ring_write(r, at, &d, sizeof(d));
		at = ring_write(r, at, p->data, p->len);
		if (p->ext_len > 0)
			at = ring_write(r, at, p->ext, p->ext_len);
		atomic_store(&r->put, at);
		e->unflushed = true;
	}
	pkt_free(p);
	return fits ? 0 : -ENOBUFS;
}

static void end_flush(struct netdev *dev)
{
	struct end *e = end_of(dev);

	if (!e->unflushed)
		return;
	e->unflushed = false;
	if (!atomic_exchange(&e->cable->ring[!e->side].rung, true) &&
		send(dev->fd, "", 1, MSG_NOSIGNAL) < 0)
		return; /* the other end is gone, which is noticed when this one receives */
}

/* --- in --- */

/* Nothing is left to read: the descriptor is not readable any more, unless the other end is gone. A
 * byte that is on its way leaves `rung` set, so that it is taken the next time. */
static void stop_bell(struct end *e, struct ring *r)
{
	char byte;
	ssize_t n;

	n = recv(e->dev.fd, &byte, 1, MSG_DONTWAIT);
	if (n > 0)
		atomic_store(&r->rung, false);
	else if (n == 0 || errno == ECONNRESET)
		e->dev.lost = -ENODEV;
}

static bool empty(const struct ring *r)
{
	return atomic_load(&r->put) == atomic_load_explicit(&r->taken, memory_order_relaxed);
}

static struct pkt *take(struct end *e, struct ring *r)
{
	uint32_t at = atomic_load_explicit(&r->taken, memory_order_relaxed);
	struct record d;
	struct pkt *p;

	at = ring_read(r, at, &d, sizeof(d));
	p = pkt_new(e->dev.pkts, d.len);
	if (p) {
		ring_read(r, at, p->data, d.len);
		p->len = d.len;
		p->gso = d.gso;
		p->csum_ok = d.partial;
		if (d.partial)
			pkt_csum_later(p, d.csum_start, d.csum_offset);
	} else {
		e->dev.rx_missed++;
	}
	atomic_store(&r->taken, at + d.len);
	return p;
}

static struct pkt *end_receive(struct netdev *dev)
{
	struct end *e = end_of(dev);
	struct ring *r = &e->cable->ring[e->side];

	if (empty(r) && !dev->lost && (atomic_load(&r->rung) || atomic_load(&e->cable->ends) < 2))
		stop_bell(e, r);
	return empty(r) ? NULL : take(e, r);
}

/* --- both ends --- */

static void end_close(struct netdev *dev)
{
	struct end *e = end_of(dev);

	if (atomic_fetch_sub(&e->cable->ends, 1) == 1)
		free(e->cable);
	close(dev->fd);
	free(e);
}

static const struct netdev_ops end_ops = {
	.send = end_send, .flush = end_flush, .receive = end_receive, .close = end_close};

static struct netdev *end_new(struct cable *c, int side, int fd)
{
	struct end *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->cable = c;
	e->side = side;
	e->dev = (struct netdev){.ops = &end_ops,
		.flags = NETDEV_UP | NETDEV_GSO | NETDEV_TX_CSUM,
		.mac = {{2, 0, 0, 0, 0, (uint8_t)(side + 1)}},
		.fd = fd};
	snprintf(e->dev.name, sizeof(e->dev.name), "pipe%d", side);
	return &e->dev;
}

int pipe_open(enum netdev_kind kind, uint32_t mtu, struct netdev *end[2])
{
	struct cable *c = calloc(1, sizeof(*c));
	int fd[2];

	if (!c)
		return -ENOMEM;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd) < 0) {
		free(c);
		return -errno;
	}
	atomic_store(&c->ends, 2);
	for (int i = 0; i < 2; i++)
		end[i] = end_new(c, i, fd[i]);
	if (end[0] && end[1]) {
		for (int i = 0; i < 2; i++) {
			end[i]->kind = (uint8_t)kind;
			end[i]->mtu = mtu;
		}
		return 0;
	}
	close(fd[0]);
	close(fd[1]);
	for (int i = 0; i < 2; i++)
		if (end[i])
			free(end_of(end[i]));
	free(c);
	return -ENOMEM;
}
