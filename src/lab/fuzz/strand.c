/*
 * strand.c - the writer and the reader of an end: strand.h.
 */
#include "lab/fuzz/strand.h"

#include "lab/fuzz/noted.h"
#include "lab/world/need.h"

#include <errno.h>

enum {
	DRAIN = 16384, /* bytes of a read until the end of file */
	HIGH_BITS = 0xfe,
};

uint8_t strand_byte(const struct end *from, uint64_t at)
{
	uint32_t v = (uint32_t)at * 2654435761u ^ (uint32_t)(2 * from->id + from->side) * 40503u;

	v ^= v >> 15;
	return (uint8_t)((v & HIGH_BITS) | (at & 1));
}

void fuzz_note(struct run *r, int64_t result)
{
	r->hash = (r->hash ^ (uint64_t)result) * 0x100000001b3u;
	r->hash = (r->hash ^ (uint64_t)r->net.world.now) * 0x100000001b3u;
}

/* --- calls ------------------------------------------------------------------------------------ */

static void wake(struct burble_call *call)
{
	struct strand *s = call->ctx;
	struct end *e = s->end;

	e->due = 0;
	net_due(&e->run->net, e->run->net.world.now);
}

void strand_call(struct strand *s)
{
	s->call = burble_call_start();
	s->call.wake = wake;
	s->call.ctx = s;
}

void strand_stop(struct strand *s)
{
	int64_t done = s->blocked ? burble_interrupt(&s->call) : 0;

	if (done > 0 && s == &s->end->strand[WRITER] && s->end->state == END_OPEN)
		s->end->sent += (uint64_t)done;
	s->blocked = s->waiting = false;
	s->over = true;
	free(s->buffer);
	s->buffer = NULL;
}

nsec_t strand_due(const struct strand *s)
{
	if (s->over)
		return NSEC_MAX;
	if (s->until > s->end->run->net.world.now)
		return s->until;
	return s->blocked ? s->call.deadline : NSEC_MAX;
}

static void fail(struct strand *s, int64_t err)
{
	struct end *e = s->end;

	if (!e->error)
		e->error = (int)-err;
	s->over = true;
}

/* The buffer of a call: a blocked call needs its own. */
static uint8_t *buffer(struct strand *s, size_t n)
{
	if (s->end->how != WAIT_BLOCK)
		return s->end->run->scratch;
	if (!s->buffer)
		s->buffer = need(malloc(n > 0 ? n : 1));
	return s->buffer;
}

/* Waits in the way of the program; true: the call has a result. */
static bool has_result(struct strand *s, int64_t result)
{
	s->blocked = result == -BURBLE_BLOCKED;
	s->waiting = result == -EAGAIN || result == -EINPROGRESS; /* of a SYN that had waited */
	if (s->blocked || s->waiting)
		return false;
	fuzz_note(s->end->run, result);
	free(s->buffer);
	s->buffer = NULL;
	return true;
}

static void next_row(struct strand *s)
{
	s->next++;
	s->done = 0;
}

/* --- the writer ------------------------------------------------------------------------------- */

static uint32_t left(const struct strand *s, const struct row *row)
{
	int64_t n = row->arg[ACT_N] - s->done;

	return n > SEND_MAX ? SEND_MAX : n < 0 ? 0 : (uint32_t)n;
}

/* The buffer of a send() of n bytes, filled unless the call is in progress. */
static uint8_t *offer(struct strand *s, uint32_t n)
{
	struct end *e = s->end;
	bool again = s->blocked;
	uint8_t *p = buffer(s, n);

	e->offered = e->sent + n;
	if (again)
		return p;
	strand_call(s);
	for (uint32_t i = 0; i < n; i++)
		p[i] = strand_byte(e, e->sent + i);
	return p;
}

static int64_t try_send(struct strand *s, struct burble *b, uint32_t n, int flags)
{
	struct end *e = s->end;
	bool block = e->how == WAIT_BLOCK;
	uint8_t *p = offer(s, n);
	char text[32];
	int64_t sent;

	sent = burble_send_call(b, e->fd, (struct iovec){p, n}, flags, block ? &s->call : NULL);
	noted_call(e->run, e->host, "send(%d, ..., %u, MSG_DONTWAIT | MSG_NOSIGNAL%s%s) = %s",
		e->fd + DIALOGUE_FD, n, flags & MSG_MORE ? " | MSG_MORE" : "",
		flags & MSG_OOB ? " | MSG_OOB" : "", noted_result(sent, text));
	return sent;
}

static bool send_some(struct strand *s, struct burble *b, const struct row *row)
{
	struct end *e = s->end;
	bool urgent = row->arg[ACT_DO] == ACT_URGENT;
	uint32_t n = urgent ? 1 : left(s, row);
	int flags = MSG_NOSIGNAL | (urgent ? MSG_OOB : 0);
	int64_t sent;

	if (urgent && e->urgents == URGENTS) {
		next_row(s);
		return true;
	}
	flags |= row->arg[ACT_FLAGS] & ACT_MORE ? MSG_MORE : 0;
	if (s->blocked && !s->call.ready && e->run->net.world.now < s->call.deadline)
		return false;
	e->urgent[e->urgents] = urgent ? e->sent : UINT64_MAX;
	sent = try_send(s, b, n, flags);
	if (!has_result(s, sent))
		return false;
	if (sent < 0) {
		fail(s, sent);
		return true;
	}
	if (sent > n)
		fuzz_fail(e->run, "send", "send() of %u bytes returned %lld", n, (long long)sent);
	e->urgents += urgent;
	e->sent += (uint64_t)sent;
	s->done += (uint32_t)sent;
	if (urgent || s->done >= row->arg[ACT_N])
		next_row(s);
	return true;
}

/* shutdown() in SYN-SENT gives the connection up, data in the SYN and all: after Fast Open an empty
 * send() waits for the handshake first. */
static bool handshake_over(struct strand *s, struct burble *b)
{
	int64_t sent;

	if (!s->end->fast_open)
		return true;
	if (s->blocked && !s->call.ready && s->end->run->net.world.now < s->call.deadline)
		return false;
	sent = try_send(s, b, 0, MSG_NOSIGNAL);
	if (!has_result(s, sent))
		return false;
	s->end->fast_open = false;
	if (sent < 0)
		fail(s, sent);
	return true;
}

static bool finish_writing(struct strand *s, struct burble *b)
{
	struct end *e = s->end;
	char text[32];
	int err;

	if (!handshake_over(s, b))
		return false;
	if (s->over)
		return true;
	err = burble_shutdown(b, e->fd, SHUT_WR);
	noted_call(e->run, e->host, "shutdown(%d, SHUT_WR) = %s", e->fd + DIALOGUE_FD,
		noted_result(err, text));
	fuzz_note(e->run, err);
	e->shut = err == 0;
	s->over = true;
	return true;
}

bool strand_opens_fast(const struct strand *s)
{
	const struct row *first = s->rows > 0 ? s->row[0] : NULL;

	return s->end->side == 0 && s->next == 0 && s->done == 0 && !s->end->fast_open && first &&
	       first->arg[ACT_DO] == ACT_SEND && (first->arg[ACT_FLAGS] & ACT_FASTOPEN) &&
	       first->arg[ACT_N] > 0;
}

int64_t strand_open_fast(
	struct strand *s, struct burble *b, const struct sockaddr_storage *to, socklen_t len)
{
	struct end *e = s->end;
	uint32_t n = left(s, s->row[0]);
	bool block = e->how == WAIT_BLOCK;
	uint8_t *p = offer(s, n);
	struct iovec v = {p, n};
	struct msghdr msg = {.msg_name = (void *)(uintptr_t)to,
		.msg_namelen = len,
		.msg_iov = &v,
		.msg_iovlen = 1};
	char text[32];
	int64_t sent = burble_sendmsg_call(
		b, e->fd, &msg, MSG_FASTOPEN | MSG_NOSIGNAL, block ? &s->call : NULL);

	noted_call(e->run, e->host,
		"sendto(%d, ..., %u, MSG_FASTOPEN | MSG_NOSIGNAL, ..., ...) = %s",
		e->fd + DIALOGUE_FD, n, noted_result(sent, text));
	if (sent == -EINPROGRESS) { /* no cookie yet */
		e->fast_open = true;
		return sent;
	}
	if (!has_result(s, sent))
		return sent;
	if (sent == -EOPNOTSUPP)
		e->fast_open = true;
	else if (sent > 0)
		e->sent += (uint64_t)sent, s->done += (uint32_t)sent;
	if (sent > 0 && s->done >= s->row[0]->arg[ACT_N])
		next_row(s);
	return sent;
}

/* --- the reader ------------------------------------------------------------------------------- */

static bool is_urgent(const struct end *from, uint64_t at)
{
	for (int i = 0; i <= from->urgents; i++)
		if (from->urgent[i] == at)
			return true;
	return false;
}

/* True if the byte is the one at this position, or the bytes in between were urgent ones, which are
 * not in the stream. */
static bool follows(const struct end *from, uint64_t *at, uint8_t byte)
{
	while (strand_byte(from, *at) != byte && is_urgent(from, *at) && *at < from->offered)
		++*at;
	return *at < from->offered && strand_byte(from, *at) == byte;
}

/* Compares the bytes read with those that the peer sent. */
static uint64_t compare(struct end *e, const uint8_t *p, size_t n)
{
	const struct end *from = program_peer(e);
	uint64_t at = e->received;

	for (size_t i = 0; i < n; i++, at++) {
		if (follows(from, &at, p[i]))
			continue;
		fuzz_fail(e->run, "intact",
			"connection %d, end %d: byte %llu of %llu is not the one that was sent",
			(int)e->id, e->side, (unsigned long long)at,
			(unsigned long long)from->sent);
		break;
	}
	return at;
}

static void note_recv(const struct end *e, size_t n, const char *flags, int64_t got)
{
	char text[32];

	noted_call(e->run, e->host, "recv(%d, ..., %zu, MSG_DONTWAIT%s) = %s", e->fd + DIALOGUE_FD,
		n, flags, noted_result(got, text));
}

/* The bytes seen by MSG_PEEK must be those read next; false if it consumed the error. */
static bool peek(struct strand *s, struct burble *b, size_t n)
{
	struct end *e = s->end;
	int64_t got = burble_recv(b, e->fd, e->run->scratch, n, MSG_PEEK | MSG_DONTWAIT);

	note_recv(e, n, " | MSG_PEEK", got);
	if (got > 0)
		compare(e, e->run->scratch, (size_t)got);
	if (got >= 0 || got == -EAGAIN)
		return true;
	fail(s, got);
	return false;
}

static void end_of_file(struct strand *s)
{
	s->end->eof = true;
	s->over = true;
}

/* Reads up to n bytes; true if the call completed. */
static bool read_some(struct strand *s, struct burble *b, size_t n, int64_t flags)
{
	struct end *e = s->end;
	bool block = e->how == WAIT_BLOCK;
	int how = (flags & ACT_WAITALL) ? MSG_WAITALL : 0;
	uint8_t *p;
	int64_t got;

	if (s->blocked && !s->call.ready && e->run->net.world.now < s->call.deadline)
		return false;
	if (!s->blocked)
		strand_call(s);
	if (!s->blocked && (flags & ACT_PEEK) && !peek(s, b, n))
		return true;
	p = buffer(s, n);
	got = burble_recv_call(b, e->fd, (struct iovec){p, n}, how, block ? &s->call : NULL);
	note_recv(e, n, how ? " | MSG_WAITALL" : "", got);
	if (got > 0)
		e->received = compare(e, p, (size_t)got);
	if (!has_result(s, got))
		return false;
	if (got < 0)
		fail(s, got);
	else if (got == 0 && n > 0)
		end_of_file(s);
	s->done += got > 0 ? (uint32_t)got : 0;
	return true;
}

static bool act_recv(struct strand *s, struct burble *b, const struct row *row)
{
	uint32_t n = left(s, row);

	if (n > 0 && !read_some(s, b, n, row->arg[ACT_FLAGS]))
		return false;
	if (s->done >= row->arg[ACT_N])
		next_row(s);
	return true;
}

/* recv(MSG_OOB), which never blocks. */
static bool ask_urgent(struct strand *s, struct burble *b)
{
	struct end *e = s->end;
	const struct end *from = program_peer(e);
	uint8_t byte;
	int64_t got = burble_recv(b, e->fd, &byte, 1, MSG_OOB);
	bool known = got <= 0;

	fuzz_note(e->run, got);
	note_recv(e, 1, " | MSG_OOB", got);
	for (int i = 0; i <= from->urgents; i++)
		known |= strand_byte(from, from->urgent[i]) == byte;
	if (!known)
		fuzz_fail(e->run, "urgent",
			"connection %d, end %d: recv(MSG_OOB) gave a byte that "
			"was not sent as urgent",
			(int)e->id, e->side);
	next_row(s);
	return true;
}

/* --- both ------------------------------------------------------------------------------------- */

static bool pause_for(struct strand *s, const struct row *row)
{
	s->until = s->end->run->net.world.now + row->arg[ACT_N];
	next_row(s);
	return true;
}

/* A script has no close() that waits: there a program that lingers just closes. */
static bool quit(struct strand *s, struct burble *b, const struct row *row)
{
	bool lingers = row->arg[ACT_DO] == ACT_LINGER && !s->end->run->dialogue;
	struct linger l = {.l_onoff = 1, .l_linger = lingers ? (int)row->arg[ACT_N] : 0};

	if (row->arg[ACT_DO] == ACT_ABORT || lingers) {
		burble_setsockopt(b, s->end->fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l));
		noted_call(s->end->run, s->end->host,
			"setsockopt(%d, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0",
			s->end->fd + DIALOGUE_FD);
	}
	s->end->lingers = lingers ? l.l_linger * NSEC_SEC : 0;
	s->end->quit = true;
	return false;
}

static bool act(struct strand *s, struct burble *b, bool writes)
{
	const struct row *row = s->row[s->next];

	switch (row->arg[ACT_DO]) {
	case ACT_SEND: return writes ? send_some(s, b, row) : act_recv(s, b, row);
	case ACT_RECV: return writes ? send_some(s, b, row) : act_recv(s, b, row);
	case ACT_URGENT: return writes ? send_some(s, b, row) : ask_urgent(s, b);
	case ACT_PAUSE: return pause_for(s, row);
	}
	return quit(s, b, row);
}

bool strand_step(struct strand *s, struct burble *b)
{
	bool writes = s == &s->end->strand[WRITER], moved = false;

	while (!s->over && !s->waiting && s->until <= s->end->run->net.world.now && !s->end->quit) {
		if (s->next < s->rows) {
			if (!act(s, b, writes))
				break;
		} else if (writes) {
			if (!finish_writing(s, b))
				break;
		} else if (!read_some(s, b, DRAIN, 0)) {
			break;
		}
		moved = true;
	}
	return moved;
}
