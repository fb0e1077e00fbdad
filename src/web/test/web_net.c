/* web_net.c - a network in memory: web_net.h. */
#include "web/test/web_net.h"

#include <errno.h>
#include <stdlib.h>

static struct web_net *of(struct net *n)
{
	return container_of(n, struct web_net, net);
}

static int fake_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	return WEB_NET_LISTENER;
}

static int fake_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct web_net *w = of(n);

	*peer = (struct net_addr){.family = 4};
	if (w->accept_error && w->accepted < w->opened)
		return w->accept_error;
	return w->accepted < w->opened ? w->accepted++ : -EAGAIN;
}

static ssize_t fake_recv(struct net *n, int h, void *buf, size_t len)
{
	struct web_net_conn *c = &of(n)->conns[h];
	size_t part = size_min(len, c->in_len);

	assert(c->open);
	if (part == 0)
		return c->eof ? 0 : -EAGAIN;
	memcpy(buf, c->in, part);
	memmove(c->in, c->in + part, c->in_len - part);
	c->in_len -= part;
	return (ssize_t)part;
}

static ssize_t fake_send(struct net *n, int h, const struct iovec *iov, int count)
{
	struct web_net_conn *c = &of(n)->conns[h];
	ssize_t sum = 0;

	assert(c->open && count > 0);
	if (c->error)
		return -c->error;
	for (int i = 0; i < count; i++) {
		size_t part = size_min(iov[i].iov_len, c->room);
		size_t kept = size_min(part, WEB_NET_TEXT - 1 - c->out_len);

		memcpy(c->out + c->out_len, iov[i].iov_base, kept);
		c->out_len += kept;
		c->out[c->out_len] = '\0';
		c->room -= part;
		sum += (ssize_t)part;
	}
	return sum ? sum : -EAGAIN;
}

static void fake_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	of(n)->batches++;
	for (size_t i = 0; i < count; i++)
		sends[i].done =
			n->ops->send(n, sends[i].handle, sends[i].iov, (int)sends[i].iov_count);
}

static void fake_close(struct net *n, int h)
{
	struct web_net *w = of(n);

	if (h == WEB_NET_LISTENER) {
		w->listening = false;
		return;
	}
	assert(w->conns[h].open);
	w->conns[h].open = false;
	w->conns[h].ready = 0;
}

static int fake_watch(struct net *n, int h, uint32_t ready, uint64_t tag)
{
	struct web_net *w = of(n);

	if (h == WEB_NET_LISTENER) {
		w->listening = ready & NET_IN;
		w->listener_tag = tag;
		return 0;
	}
	w->conns[h].ready = ready;
	w->conns[h].tag = tag;
	return 0;
}

static uint32_t ready_of(const struct web_net_conn *c)
{
	uint32_t now = (c->in_len || c->eof ? NET_IN : 0) | (c->room ? NET_OUT : 0);

	return c->open ? now & c->ready : 0;
}

static int fake_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct web_net *w = of(n);
	int count = 0;

	if (w->listening && w->accepted < w->opened)
		events[count++] = (struct net_event){w->listener_tag, NET_IN};
	for (int i = 0; i < w->accepted && count < max; i++)
		if (ready_of(&w->conns[i]))
			events[count++] =
				(struct net_event){w->conns[i].tag, ready_of(&w->conns[i])};
	return count;
}

static nsec_t fake_now(struct net *n)
{
	return of(n)->now;
}

static const struct net_ops fake_ops = {.listen = fake_listen,
	.accept = fake_accept,
	.recv = fake_recv,
	.send = fake_send,
	.send_batch = fake_send_batch,
	.close = fake_close,
	.watch = fake_watch,
	.rewatch = fake_watch,
	.wait = fake_wait,
	.now = fake_now,
	.wall = fake_now};

void web_net_init(struct web_net *w)
{
	*w = (struct web_net){.net.ops = &fake_ops};
}

void web_net_end(struct web_net *w)
{
	for (int i = 0; i < w->opened; i++) {
		free(w->conns[i].in);
		free(w->conns[i].out);
	}
}

int web_net_connect(struct web_net *w)
{
	struct web_net_conn *c = &w->conns[w->opened];

	if (w->opened == WEB_NET_CONNS)
		return -1;
	*c = (struct web_net_conn){.open = true,
		.room = SIZE_MAX,
		.in = malloc(WEB_NET_TEXT),
		.out = calloc(1, WEB_NET_TEXT)};
	if (!c->in || !c->out)
		abort();
	return w->opened++;
}

void web_net_say(struct web_net *w, int i, const char *bytes, size_t n)
{
	struct web_net_conn *c = &w->conns[i];
	size_t part = size_min(n, WEB_NET_TEXT - c->in_len);

	memcpy(c->in + c->in_len, bytes, part);
	c->in_len += part;
}
