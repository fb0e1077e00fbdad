/* udp_test.c - UDP sockets over the network layer, with lo between two of them, or the test as the
 * wire. */
#include "stack/link/link_in.h"
#include "stack/udp/udp.h"

#include <errno.h>

#include "base/test/test.h"
#include "stack/udp/udp_diag.h"
#include "stack/udp/udp_priv.h"
#include "wire/tcp.h"

static struct stack s;
static struct netdev wire_dev;
static uint8_t frame[70000];
static uint32_t frame_len, frames;
static uint32_t events[8]; /* by owner, a number from 0 to 7 */

static int catch_frame(struct netdev *dev, struct pkt *p)
{
	frames++;
	frame_len = pkt_total(p);
	pkt_bytes(p, frame);
	pkt_free(p);
	return 0;
}

static void record_events(void *ctx, void *owner, uint32_t n)
{
	events[(uintptr_t)owner] |= n;
}

static struct ip_addr addr(const char *text)
{
	struct ip_addr a;

	assert_true(ip_addr_parse(&a, text));
	return a;
}

static int setup(void **state)
{
	static const struct netdev_ops ops = {.send = catch_frame};
	const struct udp_events ev = {.notify = record_events};
	struct ip_addr four = addr("10.0.0.1"), six = addr("2001:db8::1");

	memset(&s, 0, sizeof(s));
	memset(events, 0, sizeof(events));
	frames = 0;
	wheel_init(&s.wheel, 0, NSEC_USEC);
	prng_seed(&s.prng, 1);
	sysctl_init(&s.sysctl);
	pkt_pool_init(&s.pkts);
	assert_non_null(ip_new(&s));
	assert_non_null(udp_state_new(&s));
	udp_set_events(&s, &ev);
	wire_dev =
		(struct netdev){.ops = &ops, .mtu = 1500, .kind = NETDEV_RAW, .flags = NETDEV_UP};
	assert_int_equal(stack_attach(&s, &wire_dev), 0);
	assert_int_equal(stack_addr_add(&s, &wire_dev, &four, 24), 0);
	assert_int_equal(stack_addr_add(&s, &wire_dev, &six, 64), 0);
	return 0;
}

static int teardown(void **state)
{
	udp_state_free(&s);
	ip_free(&s);
	assert_int_equal(s.pkts.small.live + s.pkts.large.live, 0);
	pkt_pool_free(&s.pkts);
	return 0;
}

static void flush(void)
{
	do
		udp_flush(&s);
	while (ip_flush(&s) || udp_dirty(&s));
}

static struct udp_end end(const char *a, uint16_t port)
{
	return (struct udp_end){addr(a), port, 0};
}

static struct udp_sock *sock(uintptr_t owner, const char *a, uint16_t port)
{
	struct udp_end e = end(a, port);
	struct udp_sock *u = udp_new(&s, (void *)owner, !ip_addr_is_v4(&e.addr));

	assert_non_null(u);
	assert_int_equal(udp_bind(&s, u, &e), 0);
	return u;
}

static ssize_t send_to(struct udp_sock *u, const char *a, uint16_t port, const char *text)
{
	struct udp_end to = a == NULL ? (struct udp_end){0} : end(a, port);
	struct iovec iov = {(void *)(uintptr_t)text, strlen(text)};
	struct udp_out o = {
		.to = a == NULL ? NULL : &to, .iov = &iov, .iovcnt = 1, .tos = -1, .ttl = -1};

	return udp_send(&s, u, &o);
}

/* Reads one datagram into in; asserts that its data is want. */
static void reads(struct udp_sock *u, struct udp_in *in, const char *want)
{
	char text[100] = {0};
	struct iovec iov = {text, sizeof(text) - 1};

	in->iov = &iov;
	in->iovcnt = 1;
	assert_int_equal(udp_recv(&s, u, in), strlen(want));
	assert_string_equal(text, want);
}

static bool has_nothing(struct udp_sock *u)
{
	struct udp_in in = {.iovcnt = 0};

	return udp_recv(&s, u, &in) == -EAGAIN;
}

static uint64_t counted(enum mib which)
{
	return mib_get(&s.mib, which);
}

TEST_IN(two_sockets_talk_over_lo_in_both_versions, setup, teardown)
{
	static const char *const any[] = {"127.0.0.1", "::1"};

	for (int i = 0; i < 2; i++) {
		struct udp_sock *a = sock(0, any[i], 5000), *b = sock(1, any[i], 5001);
		struct udp_in in = {.peek = true};

		assert_int_equal(send_to(a, any[i], 5001, "hello"), 5);
		assert_int_equal(events[1], 0);
		flush();
		assert_int_equal(events[1], UDP_EVENT_IN);
		reads(b, &in, "hello");
		in.peek = false;
		reads(b, &in, "hello");
		assert_int_equal(in.from.port, 5000);
		assert_int_equal(in.to.port, 5001);
		assert_true(has_nothing(b));
		udp_close(&s, a);
		udp_close(&s, b);
		events[1] = 0;
	}
	assert_int_equal(counted(MIB_UdpInDatagrams), 1);
	assert_int_equal(counted(MIB_UdpOutDatagrams), 1);
	assert_int_equal(counted(MIB_Udp6InDatagrams), 1);
}

TEST_IN(a_closed_port_answers_and_the_connected_socket_hears, setup, teardown)
{
	struct udp_sock *a = sock(0, "127.0.0.1", 5000), *b = sock(1, "127.0.0.1", 5001);
	struct udp_end to = end("127.0.0.1", 9);

	assert_int_equal(udp_connect(&s, a, &to), 0);
	assert_int_equal(send_to(a, NULL, 0, "x"), 1);
	assert_int_equal(send_to(b, "127.0.0.1", 9, "x"), 1);
	flush();
	assert_int_equal(counted(MIB_UdpNoPorts), 2);
	assert_int_equal(counted(MIB_IcmpOutDestUnreachs), 2);
	assert_int_equal(events[0], UDP_EVENT_ERR);
	assert_int_equal(udp_take_error(a), ECONNREFUSED);
	assert_int_equal(udp_take_error(a), 0);
	assert_int_equal(events[1], 0); /* not connected: nothing */
	udp_opts(b)->v4.recverr = true;
	assert_int_equal(send_to(b, "127.0.0.1", 9, "x"), 1);
	flush();
	assert_int_equal(udp_take_error(b), ECONNREFUSED);
}

/* Linux checks for one when it allocates memory: errors of the datagram come first. */
TEST_IN(a_pending_error_waits_for_a_datagram_that_could_leave, setup, teardown)
{
	struct udp_sock *a = sock(0, "10.0.0.1", 5000);

	(void)state;
	udp_set_error(a, ECONNREFUSED);
	assert_int_equal(send_to(a, "10.0.0.255", 9, "x"), -EACCES);
	assert_int_equal(send_to(a, "192.0.2.1", 9, "x"), -ENETUNREACH);
	assert_int_equal(send_to(a, "10.0.0.9", 0, "x"), -EINVAL);
	udp_opts(a)->shut_wr = true;
	assert_int_equal(send_to(a, "10.0.0.9", 9, "x"), -ECONNREFUSED);
	assert_int_equal(send_to(a, "10.0.0.9", 9, "x"), -EPIPE);
}

TEST_IN(a_connected_socket_hears_its_peer_alone, setup, teardown)
{
	struct udp_sock *a = sock(0, "127.0.0.1", 5000), *b = sock(1, "127.0.0.1", 5001),
			*c = sock(2, "127.0.0.1", 5002);
	struct udp_end to = end("127.0.0.1", 5001);
	struct udp_in in = {0};

	assert_int_equal(udp_connect(&s, a, &to), 0);
	assert_int_equal(send_to(c, "127.0.0.1", 5000, "no"), 2);
	assert_int_equal(send_to(b, "127.0.0.1", 5000, "yes"), 3);
	flush();
	reads(a, &in, "yes");
	assert_true(has_nothing(a));
	udp_disconnect(&s, a);
	assert_int_equal(send_to(a, NULL, 0, "x"), -EDESTADDRREQ);
}

TEST_IN(the_socket_that_fits_best_gets_the_datagram, setup, teardown)
{
	struct udp_sock *any = sock(0, "0.0.0.0", 5000), *six, *here,
			*from = sock(3, "127.0.0.1", 6000);
	struct udp_in in = {0};

	udp_opts(any)->reuseaddr = true;
	here = udp_new(&s, (void *)1, false);
	udp_opts(here)->reuseaddr = true;
	struct udp_end e = end("127.0.0.1", 5000);
	assert_int_equal(udp_bind(&s, here, &e), 0);
	assert_int_equal(send_to(from, "127.0.0.1", 5000, "near"), 4);
	assert_int_equal(send_to(from, "127.0.0.2", 5000, "far"), 3);
	flush();
	reads(here, &in, "near");
	reads(any, &in, "far");
	udp_close(&s, any);
	six = sock(2, "::", 5001); /* accepts IPv4 as well, unless v6only */
	assert_int_equal(send_to(from, "127.0.0.1", 5001, "mapped"), 6);
	flush();
	reads(six, &in, "mapped");
	assert_true(ip_addr_is_v4(&in.from.addr));
	udp_opts(six)->v6only = true;
	assert_int_equal(send_to(from, "127.0.0.1", 5001, "x"), 1);
	flush();
	assert_true(has_nothing(six));
}

TEST_IN(ports_are_refused_and_chosen_as_linux_does, setup, teardown)
{
	struct udp_sock *a = sock(0, "127.0.0.1", 5000), *b = udp_new(&s, NULL, false);
	struct udp_end same = end("0.0.0.0", 5000), strange = end("10.9.9.9", 5000),
		       none = end("0.0.0.0", 0), got;

	assert_int_equal(udp_bind(&s, b, &same), -EADDRINUSE);
	assert_int_equal(udp_bind(&s, b, &strange), -EADDRNOTAVAIL);
	assert_int_equal(udp_bind(&s, b, &none), 0);
	udp_local(b, &got);
	assert_in_range(got.port, 32768, 60999);
	assert_int_equal(udp_bind(&s, b, &none), -EINVAL);
	udp_opts(a)->reuseport = true;
	b = udp_new(&s, NULL, false);
	udp_opts(b)->reuseport = true;
	assert_int_equal(udp_bind(&s, b, &same), 0);
	s.sysctl.ip_local_port_range[0] = s.sysctl.ip_local_port_range[1] = 5000;
	b = udp_new(&s, NULL, false);
	assert_int_equal(send_to(b, "127.0.0.1", 1, "x"), -EAGAIN);
	assert_int_equal(udp_bind(&s, b, &none), -EADDRINUSE);
}

TEST_IN(reuseport_spreads_peers_and_keeps_each_with_one, setup, teardown)
{
	struct udp_sock *to[4], *from;
	uint32_t got[4] = {0};
	struct udp_end e = end("127.0.0.1", 5000);

	for (uintptr_t i = 0; i < 4; i++) {
		to[i] = udp_new(&s, (void *)i, false);
		udp_opts(to[i])->reuseport = true;
		assert_int_equal(udp_bind(&s, to[i], &e), 0);
	}
	for (uint16_t port = 10000; port < 10100; port++) {
		from = sock(5, "127.0.0.1", port);
		send_to(from, "127.0.0.1", 5000, "1");
		send_to(from, "127.0.0.1", 5000, "2");
		flush();
		for (int i = 0; i < 4; i++) {
			struct udp_in in = {0};
			struct udp_status f;

			udp_status(to[i], &f);
			if (!f.readable)
				continue;
			reads(to[i], &in, "1");
			reads(to[i], &in, "2");
			got[i]++;
		}
		udp_close(&s, from);
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(got[i], 10, 50);
}

TEST_IN(broadcast_needs_leave_and_reaches_all, setup, teardown)
{
	struct udp_sock *a = sock(0, "0.0.0.0", 5000), *b;
	struct udp_end e = end("0.0.0.0", 5000);
	struct udp_in in = {0};
	uint8_t back[100];

	udp_opts(a)->reuseaddr = true;
	b = udp_new(&s, (void *)1, false);
	udp_opts(b)->reuseaddr = true;
	assert_int_equal(udp_bind(&s, b, &e), 0);
	assert_int_equal(send_to(a, "10.0.0.255", 5000, "all"), -EACCES);
	udp_opts(a)->broadcast = true;
	assert_int_equal(send_to(a, "10.0.0.255", 5000, "all"), 3);
	flush();
	assert_int_equal(frames, 1);
	memcpy(back, frame, frame_len); /* as if sent by 10.0.0.2 */
	back[15] = 2;
	put_be16(back + 10, 0);
	uint16_t field = csum_fold(csum_add(0, back, 20));
	memcpy(back + 10, &field, 2);
	put_be16(back + 26, 0);
	struct pkt *p = pkt_new(&s.pkts, frame_len);
	p->len = frame_len;
	memcpy(p->data, back, frame_len);
	link_input(&s, &wire_dev, p);
	reads(a, &in, "all");
	reads(b, &in, "all");
}

TEST_IN(a_full_receive_buffer_drops_and_counts, setup, teardown)
{
	struct udp_sock *a = sock(0, "127.0.0.1", 5000), *b = sock(1, "127.0.0.1", 5001);

	udp_opts(b)->rcvbuf = 2304;
	for (int i = 0; i < 10; i++)
		assert_int_equal(send_to(a, "127.0.0.1", 5001, "0123456789"), 10);
	flush();
	assert_int_equal(counted(MIB_UdpRcvbufErrors), 6);
	assert_int_equal(counted(MIB_UdpInErrors), 6);
	udp_opts(b)->shut_rd = true;
	send_to(a, "127.0.0.1", 5001, "x");
	flush();
	assert_int_equal(counted(MIB_UdpRcvbufErrors), 7);
}

TEST_IN(a_full_send_buffer_says_so_and_tells_when_there_is_room, setup, teardown)
{
	struct udp_sock *a = sock(0, "127.0.0.1", 5000);
	struct udp_status f;

	udp_opts(a)->sndbuf = 1600;
	assert_int_equal(send_to(a, "127.0.0.1", 9, "1"), 1);
	assert_int_equal(send_to(a, "127.0.0.1", 9, "2"), 1);
	assert_int_equal(send_to(a, "127.0.0.1", 9, "3"), 1);
	assert_int_equal(send_to(a, "127.0.0.1", 9,
				 "4567890123456789012345678901234567890123456789"
				 "01234567890123456789012345678901234567890123456"),
		-EAGAIN);
	udp_status(a, &f);
	assert_false(f.writable);
	udp_want_write(a);
	flush();
	assert_int_equal(events[0], UDP_EVENT_OUT);
	udp_status(a, &f);
	assert_true(f.writable);
	assert_int_equal(f.unsent, 0);
}

TEST_IN(what_does_not_fit_is_cut_or_refused_by_mode, setup, teardown)
{
	static char big[4000];
	struct udp_sock *a = sock(0, "10.0.0.1", 5000);
	struct iovec iov[2] = {{big, 3000}, {big, 1000}};
	struct udp_end to = end("10.0.0.2", 9);
	struct udp_out o = {.to = &to, .iov = iov, .iovcnt = 2, .tos = -1, .ttl = -1};

	assert_int_equal(udp_send(&s, a, &o), 4000);
	flush();
	assert_int_equal(frames, 3);
	udp_opts(a)->v4.pmtu = UDP_PMTU_DO;
	assert_int_equal(udp_send(&s, a, &o), -EMSGSIZE);
	iov[0].iov_len = 65000;
	assert_int_equal(udp_send(&s, a, &o), -EMSGSIZE);
	o.iovcnt = 0;
	assert_int_equal(udp_send(&s, a, &o), 0);
	flush();
	assert_int_equal(frame_len, 28);
}

TEST_IN(a_wrong_checksum_is_dropped_under_its_name, setup, teardown)
{
	struct udp_sock *a = sock(0, "10.0.0.1", 5000);
	uint8_t p[40] = {0};
	struct ipv4 h = {.ttl = 1, .proto = IP_PROTO_UDP, .len = 9};
	struct udp u = {.sport = 1, .dport = 5000, .len = 1, .data = (const uint8_t *)"x"};

	h.addr = (struct ip_pair){addr("10.0.0.2"), addr("10.0.0.1")};
	for (int bad = 0; bad < 2; bad++) {
		struct pkt *k = pkt_new(&s.pkts, 29);

		ipv4_emit(&h, p);
		udp_emit(&u, &h.addr, p + 20);
		p[28] ^= (uint8_t)bad;
		k->len = 29;
		memcpy(k->data, p, 29);
		link_input(&s, &wire_dev, k);
		assert_int_equal(counted(MIB_UdpInCsumErrors), bad);
		assert_int_equal(counted(MIB_UdpInErrors), bad);
	}
	struct udp_in in = {0};
	reads(a, &in, "x");
	assert_true(has_nothing(a));
}

TEST_IN(a_socket_closed_before_the_flush_still_sends, setup, teardown)
{
	struct udp_sock *a = sock(0, "10.0.0.1", 5000);

	assert_int_equal(send_to(a, "10.0.0.2", 9, "last"), 4);
	udp_close(&s, a);
	flush();
	assert_int_equal(frames, 1);
}

static void see_diag(const struct udp_diag *d, void *arg)
{
	struct udp_diag *seen = arg;

	seen[(uintptr_t)d->owner] = *d;
}

TEST_IN(the_sockets_with_a_port_are_listed_with_their_queues, setup, teardown)
{
	struct udp_sock *a = sock(2, "127.0.0.1", 5000), *b = sock(3, "::1", 5001);
	struct udp_sock *unbound = udp_new(&s, (void *)4, false);
	struct udp_end to = end("127.0.0.1", 5000);
	struct udp_sock *c = udp_new(&s, (void *)5, false);
	struct udp_diag seen[8] = {0};
	struct udp_diag_cursor at = {0};

	assert_int_equal(udp_connect(&s, c, &to), 0);
	assert_int_equal(send_to(c, "127.0.0.1", 5000, "hello"), 5);
	flush();
	udp_opts(b)->v6only = udp_opts(b)->shut_wr = true;
	while (udp_diag_next(&s, &at, see_diag, seen))
		;
	assert_int_equal(seen[2].local.port, 5000);
	assert_int_equal(seen[2].rqueue, 5 + UDP_PKT_COST);
	assert_false(seen[2].connected);
	assert_true(seen[3].v6 && seen[3].v6only && seen[3].shut == 2);
	assert_null(seen[4].owner);
	assert_true(seen[5].connected);
	assert_int_equal(seen[5].peer.port, 5000);
	udp_close(&s, a);
	udp_close(&s, b);
	udp_close(&s, c);
	udp_close(&s, unbound);
}
