/*
 * chat_handover.c - the state of a server as another process gets it: any records behind the magic.
 * A server that has read them, or has refused them half-way, still works and can be freed.
 */
#include "chat/handover/handover.h"

#include "base/bytes.h"
#include "chat/loop/accept.h"
#include "chat/server.h"
#include "chat/store/store_null.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	CONNS = 8,
	LISTENER = CONNS,
	INPUT_MAX = 1 << 16,
	END = 15, /* HAND_END */
};

struct run {
	struct net net;
	bool open[CONNS];
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

static int net_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	(void)n, (void)at, (void)t, (void)backlog;
	return LISTENER;
}

static int net_accept(struct net *n, int listener, struct net_addr *from)
{
	(void)n, (void)listener, (void)from;
	return -EAGAIN;
}

static ssize_t net_recv(struct net *n, int handle, void *buf, size_t len)
{
	(void)buf, (void)len;
	must(handle >= 0 && handle < CONNS && run_of(n)->open[handle]);
	return -EAGAIN;
}

static ssize_t net_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	ssize_t sum = 0;

	if (handle < 0)
		return -EBADF;
	must(handle < CONNS && run_of(n)->open[handle]);
	for (int i = 0; i < count; i++)
		sum += (ssize_t)iov[i].iov_len;
	return sum;
}

static void net_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	for (struct net_send *s = sends; s < sends + count; s++)
		s->done = net_send(n, s->handle, s->iov, (int)s->iov_count);
}

static void net_close(struct net *n, int handle)
{
	if (handle == LISTENER)
		return;
	must(handle >= 0 && handle < CONNS && run_of(n)->open[handle]);
	run_of(n)->open[handle] = false;
}

static int net_tune(struct net *n, int handle, const struct net_tuning *t)
{
	(void)n, (void)handle, (void)t;
	return 0;
}

static int net_watch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	(void)n, (void)handle, (void)ready, (void)tag;
	return 0;
}

static void net_unwatch(struct net *n, int handle)
{
	(void)n, (void)handle;
}

static int net_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	(void)n, (void)events, (void)max, (void)timeout;
	return 0;
}

static void net_wake(struct net *n)
{
	(void)n;
}

static nsec_t net_now(struct net *n)
{
	(void)n;
	return 1000 * NSEC_SEC;
}

static int net_take(struct net *n, int fd, const struct tlv_in *state)
{
	(void)state;
	if (fd >= CONNS || run_of(n)->open[fd])
		return -EINVAL;
	run_of(n)->open[fd] = true;
	return fd;
}

static int net_inherit(struct net *n, int fd, const struct net_addr *at)
{
	(void)n, (void)fd, (void)at;
	return 0;
}

static const struct net_ops ops = {
	.listen = net_listen,
	.accept = net_accept,
	.recv = net_recv,
	.send = net_send,
	.send_batch = net_send_batch,
	.close = net_close,
	.tune = net_tune,
	.watch = net_watch,
	.rewatch = net_watch,
	.unwatch = net_unwatch,
	.wait = net_wait,
	.wake = net_wake,
	.now = net_now,
	.wall = net_now,
	.take = net_take,
	.inherit = net_inherit,
};

/* The input without its magic and its last record, if it has them: a corpus is of whole states. */
static void frame(struct tlv_out *o, const uint8_t *data, size_t size)
{
	static const uint8_t head[] = "burble-state\1\0\0"; /* and the NUL: 16 bytes */

	tlv_raw(o, head, sizeof(head));
	if (size >= sizeof(head) && memcmp(data, head, sizeof(head)) == 0) {
		data += sizeof(head);
		size -= sizeof(head);
	}
	tlv_raw(o, data, size);
	tlv_bytes(o, END, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const settings[] = {"oper.o.password=plain:p", "oper.o.hosts=*@*"};
	static const int fds[CONNS + 1] = {LISTENER, 0, 1, 2, 3, 4, 5, 6, 7};
	struct config_source from = {.settings = settings, .setting_count = ARRAY_SIZE(settings)};
	struct run w = {.net.ops = &ops};
	struct server_parts parts = {.net = &w.net, .seed = 1};
	struct handover_in in;
	struct config_error e;
	struct server *s;
	struct tlv_out o = {0};

	if (size > INPUT_MAX)
		return 0;
	frame(&o, data, size);
	if (!handover_open(&in, o.at, o.len, fds, CONNS + 1)) {
		parts.config = config_load(&from, &e);
		parts.store = store_null_open(NULL, NULL);
		must(parts.config && parts.store);
		s = server_new(&parts);
		must(s && server_listen(s, &(struct net_addr){.family = 4}) == 0);
		handover_listeners(&in, &w.net);
		handover_keys(&in, &s->key, &s->cloak_key);
		if (!handover_read(&in, s))
			for (int i = 0; i < 3; i++)
				server_turn(s, 0);
		server_free(s);
		store_close(parts.store);
	}
	tlv_free(&o);
	for (int i = 0; i < CONNS; i++)
		must(!w.open[i]);
	return 0;
}
