/* chat_take_over.c - the new process of an upgrade: chat_take_over.h. */
#include "cli/chat_take_over.h"

#include "cli/chat_run.h"
#include "host/net_kernel.h"
#include "host/relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	FDS_MAX = 1 << 24,
};

#define STATE_PATIENCE (120 * NSEC_SEC) /* while the old process gets ready */
#define PIECE_PATIENCE (10 * NSEC_SEC)  /* between two messages */

void chat_take_over_fail(const struct chat_take_over *t, const char *why)
{
	struct relay_message m = {.kind = RELAY_REFUSED};

	snprintf(m.text, sizeof(m.text), "%s", why);
	relay_send(t->fd, &m, NULL, 0);
	fprintf(stderr, "burble chat: the upgrade failed: %s\n", why);
	_exit(EXIT_FAILURE);
}

static bool failed(const char *what, int err)
{
	fprintf(stderr, "burble chat: --take-over: %s: %s\n", what, strerror(-err));
	return false;
}

/* Exactly `count` descriptors. */
static bool take_fds(struct chat_take_over *t, uint32_t count)
{
	struct relay_in in;

	t->fds = calloc(count ? count : 1, sizeof(*t->fds));
	for (uint32_t n = 0; t->fds && n < count; n += in.count) {
		int err = relay_receive(t->fd, &in, PIECE_PATIENCE);

		if (err || in.message.kind != RELAY_FDS || in.count == 0 || in.count > count - n)
			return failed("descriptors", err ? err : -EPROTO);
		memcpy(t->fds + n, in.fds, in.count * sizeof(*t->fds));
	}
	return t->fds;
}

static bool take_state(struct chat_take_over *t)
{
	struct relay_in in;
	int err = relay_receive(t->fd, &in, STATE_PATIENCE);
	const char *why;

	if (err || in.message.kind != RELAY_STATE || in.count != 1 || in.message.a > FDS_MAX)
		return failed("the state", err ? err : -EPROTO);
	t->bytes = relay_memfd_take(in.fds[0], &t->len);
	close(in.fds[0]);
	if (!t->bytes)
		return failed("the state", -ENOMEM);
	if (!take_fds(t, in.message.a))
		return false;
	why = handover_open(&t->in, t->bytes, t->len, t->fds, in.message.a);
	if (why)
		chat_take_over_fail(t, why);
	return true;
}

bool chat_take_over_wait(struct chat_take_over *t, const char *fd, struct net *net)
{
	struct relay_message hello = {
		.kind = RELAY_HELLO, .a = HANDOVER_OLDEST, .b = HANDOVER_VERSION};
	int err;

	t->fd = atoi(fd);
	err = relay_send(t->fd, &hello, NULL, 0);
	if (err)
		return failed("this is for 'burble admin upgrade'", err);
	if (!take_state(t))
		return false;
	handover_keys(&t->in, &t->key, &t->cloak);
	if (!handover_listeners(&t->in, net))
		chat_take_over_fail(t, "the listening sockets cannot be taken over");
	return true;
}

void chat_take_over_finish(struct chat_take_over *t, struct chat_run *run)
{
	struct relay_message taken = {.kind = RELAY_TAKEN};
	const char *why = handover_read(&t->in, run->server);
	struct relay_in in;

	explicit_bzero(t->bytes, t->len);
	free(t->bytes);
	free(t->fds);
	if (why)
		chat_take_over_fail(t, why);
	taken.a = run->server->conn_count;
	net_kernel_disinherit(run->sockets);
	if (relay_send(t->fd, &taken, NULL, 0) == 0)
		relay_receive(
			t->fd, &in, PIECE_PATIENCE); /* or its end: then no process else has them */
	close(t->fd);
	LOG(run->log, INFO, "upgrade.taken-over", log_int("connections", run->server->conn_count),
		log_int("users", run->server->user_count));
}
