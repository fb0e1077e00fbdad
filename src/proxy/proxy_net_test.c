/* proxy_net_test.c - connections from a proxy, over a network in memory. */
#include "proxy/proxy_net.h"

#include "base/test/test.h"

#include <errno.h>
#include <stdio.h>

enum {
	CONNS = 8,
	LISTENER = CONNS,
};

struct fake {
	struct net net;
	nsec_t now, waited;
	int opened, accepted;
	uint8_t from; /* last byte of the next peers' address */
	struct {
		bool open, watched, eof;
		uint64_t tag;
		char in[256];
		size_t len;
	} conns[CONNS];
	char refused[32];
	struct net *proxy;
};

static struct fake *of(struct net *n)
{
	return container_of(n, struct fake, net);
}

static int do_listen(struct net *n, const struct net_addr *a, const struct net_tuning *t, int b)
{
	return LISTENER;
}

static int do_accept(struct net *n, int listener, struct net_addr *peer)
{
	struct fake *f = of(n);

	*peer = (struct net_addr){.family = 4, .ip = {192, 0, 2, f->from}};
	return f->accepted < f->opened ? f->accepted++ : -EAGAIN;
}

static ssize_t do_recv(struct net *n, int h, void *buf, size_t len)
{
	struct fake *f = of(n);
	size_t part = size_min(len, f->conns[h].len);

	if (part == 0)
		return f->conns[h].eof ? 0 : -EAGAIN;
	memcpy(buf, f->conns[h].in, part);
	memmove(f->conns[h].in, f->conns[h].in + part, f->conns[h].len - part);
	f->conns[h].len -= part;
	return (ssize_t)part;
}

static void do_close(struct net *n, int h)
{
	if (h < CONNS)
		of(n)->conns[h].open = of(n)->conns[h].watched = false;
}

static int do_watch(struct net *n, int h, uint32_t ready, uint64_t tag)
{
	if (h < CONNS) {
		of(n)->conns[h].watched = true;
		of(n)->conns[h].tag = tag;
	}
	return 0;
}

static void do_unwatch(struct net *n, int h)
{
	of(n)->conns[h].watched = false;
}

static int do_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct fake *f = of(n);
	int count = 0;

	f->waited = timeout;
	for (int h = 0; h < CONNS; h++)
		if (f->conns[h].watched && (f->conns[h].len || f->conns[h].eof))
			events[count++] = (struct net_event){f->conns[h].tag, NET_IN};
	return count;
}

static nsec_t do_now(struct net *n)
{
	return of(n)->now;
}

static void refused(void *arg, const struct net_addr *proxy, const char *reason)
{
	snprintf(((struct fake *)arg)->refused, 32, "%s", reason);
}

/* A listener, and 192.0.2.8/29 as proxies. */
static void start(struct fake *f)
{
	static const struct net_ops ops = {.listen = do_listen,
		.accept = do_accept,
		.recv = do_recv,
		.close = do_close,
		.watch = do_watch,
		.rewatch = do_watch,
		.unwatch = do_unwatch,
		.wait = do_wait,
		.now = do_now};
	struct proxy_network from = {{.family = 4, .ip = {192, 0, 2, 8}}, 29};

	*f = (struct fake){.net = {&ops}, .from = 9};
	f->proxy = proxy_net_new(&f->net, &(struct proxy_world){refused, f});
	assert_non_null(f->proxy);
	proxy_net_trust(f->proxy, &from, 1);
	f->proxy->ops->listen(f->proxy, &(struct net_addr){0}, NULL, 1);
	f->proxy->ops->watch(f->proxy, LISTENER, NET_IN, 77);
}

static int open_one(struct fake *f, const char *bytes, size_t len)
{
	int h = f->opened++;

	f->conns[h].open = true;
	memcpy(f->conns[h].in, bytes, len);
	f->conns[h].len = len;
	return h;
}

static int accept_one(struct fake *f, struct net_addr *peer)
{
	return f->proxy->ops->accept(f->proxy, LISTENER, peer);
}

/* Whether a wait reports the listener. */
static bool reported(struct fake *f)
{
	struct net_event e[4];
	int n = f->proxy->ops->wait(f->proxy, e, 4, NSEC_MAX);

	for (int i = 0; i < n; i++)
		if (e[i].tag == 77)
			return true;
	return false;
}

TEST(a_connection_from_elsewhere_passes_through)
{
	struct fake f;
	struct net_addr peer;

	start(&f);
	f.from = 16;
	open_one(&f, "NICK a\r\n", 8);
	assert_int_equal(accept_one(&f, &peer), 0);
	assert_int_equal(peer.ip[3], 16);
	assert_int_equal(f.conns[0].len, 8);
	proxy_net_free(f.proxy);
}

TEST(a_proxys_connection_is_accepted_when_its_header_is_complete_and_keeps_what_follows)
{
	struct fake f;
	struct net_addr peer;
	char rest[] = "13.7 198.51.100.1 5 6667\r\nNICK a\r\n", got[16];

	start(&f);
	open_one(&f, "PROXY TCP4 203.0.1", 18);
	assert_int_equal(accept_one(&f, &peer), -EAGAIN);
	assert_false(reported(&f));
	memcpy(f.conns[0].in, rest, sizeof(rest) - 1);
	f.conns[0].len = sizeof(rest) - 1;
	assert_true(reported(&f));
	assert_false(f.conns[0].watched);
	assert_int_equal(accept_one(&f, &peer), 0);
	assert_memory_equal(peer.ip, ((uint8_t[]){203, 0, 113, 7}), 4);
	assert_int_equal(f.proxy->ops->recv(f.proxy, 0, got, sizeof(got)), 8);
	assert_memory_equal(got, "NICK a\r\n", 8);
	assert_false(net_secure(f.proxy, 0, NULL));
	proxy_net_free(f.proxy);
}

TEST(a_header_that_is_broken_or_does_not_come_is_cut_and_counted)
{
	struct fake f;
	struct net_addr peer;
	const char *name;
	uint64_t value;

	start(&f);
	open_one(&f, "NICK a\r\nUSER a 0 * :a\r\n", 23);
	open_one(&f, "PROXY", 5);
	open_one(&f, "", 0);
	assert_int_equal(accept_one(&f, &peer), -EAGAIN);
	assert_false(reported(&f));
	assert_string_equal(f.refused, "proxy-malformed");
	assert_true(!f.conns[0].open && f.conns[1].open);
	f.conns[2].eof = true;
	f.now += PROXY_PATIENCE - 1;
	assert_false(reported(&f));
	assert_int_equal(f.waited, 1);
	assert_true(f.conns[1].open && !f.conns[2].open);
	f.now += 1;
	assert_false(reported(&f));
	assert_false(f.conns[1].open);
	assert_string_equal(f.refused, "proxy-timeout");
	for (unsigned i = 1; i < 4; i++) {
		assert_true(f.proxy->ops->counter(f.proxy, i, &name, &value));
		assert_int_equal(value, 1);
	}
	assert_false(f.proxy->ops->counter(f.proxy, 5, &name, &value));
	proxy_net_free(f.proxy);
}

TEST(a_header_with_tls_makes_the_connection_secure_until_it_is_closed)
{
	static const char header[] =
		"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x1e\xc0\0\2\x09\xc6\x33\x64\1\xdc\4\x1a\x0b"
		"\x20\0\x0f\1\0\0\0\0\x21\0\7TLSv1.2";
	struct net_secure about;
	struct fake f;
	struct net_addr peer;

	start(&f);
	open_one(&f, header, sizeof(header) - 1);
	accept_one(&f, &peer);
	assert_true(reported(&f));
	assert_int_equal(accept_one(&f, &peer), 0);
	assert_true(net_secure(f.proxy, 0, &about));
	assert_string_equal(about.version, "TLSv1.2");
	assert_false(about.has_certificate);
	f.proxy->ops->close(f.proxy, 0);
	assert_false(net_secure(f.proxy, 0, NULL));
	proxy_net_free(f.proxy);
}

TEST(a_paused_listener_is_not_reported_and_a_closed_one_closes_what_waits)
{
	struct fake f;
	struct net_addr peer;

	start(&f);
	open_one(&f, "PROXY UNKNOWN\r\n", 15);
	open_one(&f, "PROXY", 5);
	accept_one(&f, &peer);
	f.proxy->ops->rewatch(f.proxy, LISTENER, 0, 77);
	assert_false(reported(&f));
	f.proxy->ops->rewatch(f.proxy, LISTENER, NET_IN, 77);
	assert_true(reported(&f));
	f.proxy->ops->close(f.proxy, LISTENER);
	assert_true(!f.conns[0].open && !f.conns[1].open);
	proxy_net_free(f.proxy);
}
