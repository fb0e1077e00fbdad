/* server_fixture.c - fake network, and a server on it. */
#include "chat/test/server_fixture.h"

#include "base/test/test.h"
#include "chat/cmd/cmd_channel.h"
#include "chat/loop/accept.h"
#include "chat/model/registry.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static struct fake_net *fake(struct net *n)
{
	return container_of(n, struct fake_net, net);
}

static int fake_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	fake(n)->tuning = *t;
	return FAKE_LISTENER;
}

static int fake_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct fake_net *f = fake(n);

	f->accepts++;
	if (f->accept_error && f->accepted < f->opened)
		return f->accept_error;
	*peer = (struct net_addr){.family = 4, .ip = {192, 0, 2, 1}};
	return f->accepted < f->opened ? f->accepted++ : -EAGAIN;
}

static ssize_t fake_recv(struct net *n, int h, void *buf, size_t len)
{
	struct fake_conn *c = &fake(n)->conns[h];
	size_t part = size_min(len, c->in_len);

	c->recvs++;
	if (part == 0)
		return c->eof ? 0 : -EAGAIN;
	memcpy(buf, c->in, part);
	memmove(c->in, c->in + part, c->in_len - part);
	c->in_len -= part;
	return (ssize_t)part;
}

static ssize_t fake_send(struct net *n, int h, const struct iovec *iov, int count)
{
	struct fake_conn *c;
	ssize_t sum = 0;

	if (h < 0)
		return -EBADF; /* of one that was not taken over */
	c = &fake(n)->conns[h];
	c->sends++;
	for (int i = 0; i < count; i++) {
		size_t part = size_min(iov[i].iov_len, c->room);

		memcpy(c->out + c->out_len, iov[i].iov_base, part);
		c->out_len += part;
		c->out[c->out_len] = '\0';
		c->room -= part;
		sum += (ssize_t)part;
	}
	return sum ? sum : -EAGAIN;
}

static void fake_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sends[i].done =
			fake_send(n, sends[i].handle, sends[i].iov, (int)sends[i].iov_count);
}

static void fake_close(struct net *n, int h)
{
	if (h >= 0 && h < FAKE_CONNS)
		fake(n)->conns[h].open = fake(n)->conns[h].watched = false;
}

static void fake_wake(struct net *n)
{
	fake(n)->woken = true;
}

static int fake_tune(struct net *n, int h, const struct net_tuning *t)
{
	fake(n)->tuning = *t;
	return 0;
}

static int fake_rewatch(struct net *n, int h, uint32_t ready, uint64_t tag)
{
	struct fake_conn *c = &fake(n)->conns[h % FAKE_CONNS];

	if (h == FAKE_LISTENER)
		fake(n)->listening = ready & NET_IN;
	if (h < FAKE_CONNS) {
		c->tag = tag;
		c->watched = true;
	}
	return 0;
}

static int fake_watch(struct net *n, int h, uint32_t ready, uint64_t tag)
{
	return fake(n)->watch_error ? fake(n)->watch_error : fake_rewatch(n, h, ready, tag);
}

static void fake_unwatch(struct net *n, int h)
{
	if (h == FAKE_LISTENER)
		fake(n)->listening = false;
}

static int fake_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct fake_net *f = fake(n);
	int count = 0;

	if (f->listening && f->accepted < f->opened)
		events[count++] = (struct net_event){LISTENER_TAG, NET_IN};
	for (int i = 0; i < FAKE_CONNS; i++) {
		struct fake_conn *c = &f->conns[i];

		if (!c->watched || !c->ready)
			continue;
		events[count++] = (struct net_event){c->tag, c->ready};
		c->ready = 0;
	}
	return count;
}

static nsec_t fake_now(struct net *n)
{
	return fake(n)->now;
}

static nsec_t fake_wall(struct net *n)
{
	return fake(n)->now + fake(n)->clock_step;
}

/* Its number is a connection's descriptor, too. */
static int fake_give(struct net *n, int h, struct tlv_out *state)
{
	return h < FAKE_CONNS && fake(n)->conns[h].stays ? -EOPNOTSUPP : h;
}

static int fake_take(struct net *n, int fd, const struct tlv_in *state)
{
	return fd < FAKE_CONNS ? fd : -EINVAL;
}

static int fake_inherit(struct net *n, int fd, const struct net_addr *at)
{
	return fd == FAKE_LISTENER ? 0 : -EINVAL;
}

static const struct net_ops fake_ops = {
	.listen = fake_listen,
	.accept = fake_accept,
	.recv = fake_recv,
	.send = fake_send,
	.send_batch = fake_send_batch,
	.close = fake_close,
	.tune = fake_tune,
	.wake = fake_wake,
	.watch = fake_watch,
	.rewatch = fake_rewatch,
	.unwatch = fake_unwatch,
	.wait = fake_wait,
	.now = fake_now,
	.wall = fake_wall,
	.give = fake_give,
	.take = fake_take,
	.inherit = fake_inherit,
};

struct server *fake_server(struct fake_net *f, const char *const *settings)
{
	memset(f, 0, sizeof(*f));
	f->now = NSEC_SEC;
	return fake_server_on(f, settings);
}

struct server *fake_server_on(struct fake_net *f, const char *const *settings)
{
	const char *all[32] = {"cloak.enabled=no"}; /* unless the test sets it */
	struct config_source from = {.settings = all, .setting_count = 1};
	struct config_error e;
	struct server_parts parts = {.net = &f->net, .seed = 1, .store = f->store};
	struct server *s;

	f->net.ops = &fake_ops;
	for (; *settings && from.setting_count < ARRAY_SIZE(all); settings++)
		all[from.setting_count++] = *settings;
	parts.config = config_load(&from, &e);
	s = server_new(&parts);
	server_listen(s, &(struct net_addr){.family = 4, .port = 6667});
	return s;
}

void fake_end(struct fake_net *f, struct server *s)
{
	server_free(s);
	for (int i = 0; i < FAKE_CONNS; i++) {
		free(f->conns[i].in);
		free(f->conns[i].out);
	}
}

int fake_connect(struct fake_net *f)
{
	struct fake_conn *c = &f->conns[f->opened];

	c->open = true;
	c->room = SIZE_MAX;
	c->in = malloc(FAKE_TEXT);
	c->out = calloc(1, FAKE_TEXT);
	return f->opened++;
}

void fake_say(struct fake_net *f, int i, const char *text)
{
	struct fake_conn *c = &f->conns[i];

	memcpy(c->in + c->in_len, text, strlen(text));
	c->in_len += strlen(text);
	c->ready |= NET_IN;
}

void fake_turns(struct server *s, int n)
{
	while (n-- > 0)
		server_turn(s, 0);
}

int fake_user(struct fake_net *f, struct server *s, const char *nick)
{
	int i = fake_connect(f);
	char text[128];

	fake_turns(s, 1);
	snprintf(text, sizeof(text), "NICK %s\r\nUSER %s 0 * :%s\r\n", nick, nick, nick);
	fake_say(f, i, text);
	fake_turns(s, 2);
	return i;
}

void fake_forget(struct fake_net *f, int i)
{
	f->conns[i].out[f->conns[i].out_len = 0] = '\0';
}

void fake_members(struct server *s, struct user **at, int n)
{
	struct user_names names = {NULL, "user", NULL, "Real Name"};
	char nick[16];

	for (int i = 0; i < n; i++) {
		at[i] = user_new(NULL, "a.host.of.somebody.example");
		snprintf(nick, sizeof(nick), "m%d", i);
		assert_true(user_set_names(at[i], &names) && registry_set_nick(s, at[i], nick));
		at[i]->modes |= USER_REGISTERED;
	}
}

void fake_members_gone(struct server *s, struct user **at, int n)
{
	for (int i = 0; i < n; i++) {
		struct channel *ch;
		uint32_t pos = 0;

		if (!at[i])
			continue;
		for (; (ch = user_next_channel(at[i], &pos)); pos = 0)
			part_channel(s, ch, at[i]);
		registry_drop_nick(s, at[i]);
		user_free(at[i]);
		at[i] = NULL;
	}
}
