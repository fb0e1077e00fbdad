/*
 * offload_test.c - devices that take several segments as one packet and complete checksums: what
 * goes to them, and that the programs at both ends see no difference.
 */
#include "base/test/test.h"
#include "socket/test/two_instances.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#include <errno.h>
#include <linux/tcp.h>
#include <stdlib.h>

enum {
	PORT = 80,
	BYTES = 400000,
	MSS = 1448,
};

struct seen {
	uint32_t packets, runs, partial, largest;
	uint8_t last_flags; /* of TCP, of the newest run */
};

struct transfer {
	struct two_instances *p;
	int fd[2];
	struct seen seen; /* of side 0 */
};

static void see(void *ctx, int side, const struct pkt *p)
{
	struct transfer *t = ctx;

	if (side != 0)
		return;
	t->seen.packets++;
	t->seen.partial += p->csum_partial;
	t->seen.largest = u32_max(t->seen.largest, pkt_total(p));
	assert_int_equal(get_be16(p->data + 2), pkt_total(p));
	if (p->gso) {
		assert_int_equal(p->gso, MSS);
		assert_true(pkt_total(p) > 2 * IPV4_HDR_MIN + 12 + MSS);
		t->seen.runs++;
		t->seen.last_flags = p->data[IPV4_HDR_MIN + 13];
	}
}

static void begin(struct transfer *t, struct two_instances *p, uint8_t offload)
{
	struct sockaddr_in in = two_addr(1, PORT);
	int l = burble_socket(p->bs[1], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	*t = (struct transfer){.p = p};
	p->dev[0].flags |= offload;
	p->dev[1].flags |= offload;
	assert_int_equal(burble_bind(p->bs[1], l, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(burble_listen(p->bs[1], l, 1), 0);
	t->fd[0] = burble_socket(p->bs[0], AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	assert_int_equal(
		burble_connect_call(p->bs[0], t->fd[0], (struct sockaddr *)&in, sizeof(in), NULL),
		-EINPROGRESS);
	two_run(p, p->now + 10 * NSEC_MSEC);
	t->fd[1] = burble_accept4_call(p->bs[1], l, (struct burble_addr){0}, SOCK_NONBLOCK, NULL);
	assert_true(t->fd[1] >= 0);
	burble_close_call(p->bs[1], l, NULL);
	p->tap = see;
	p->tap_ctx = t;
}

static uint8_t byte_at(size_t at)
{
	return (uint8_t)(at * 31 + at / 251);
}

/* Sends BYTES and checks each of them at the other end. */
static void send_all(struct transfer *t)
{
	static uint8_t out[BYTES], in[65536];
	size_t sent = 0, got = 0;

	for (size_t i = 0; i < BYTES; i++)
		out[i] = byte_at(i);
	for (int turn = 0; got < BYTES && turn < 10000; turn++) {
		ssize_t n = burble_send_call(t->p->bs[0], t->fd[0],
			(struct iovec){out + sent, size_min(BYTES - sent, 100000)}, 0, NULL);

		sent += n > 0 ? (size_t)n : 0;
		two_run(t->p, t->p->now + NSEC_MSEC);
		while ((n = burble_recv_call(t->p->bs[1], t->fd[1], (struct iovec){in, sizeof(in)},
				0, NULL)) > 0)
			for (ssize_t i = 0; i < n; i++)
				assert_int_equal(in[i], byte_at(got++));
	}
	assert_int_equal(got, BYTES);
}

static struct tcp_info info_of(const struct transfer *t, int side)
{
	struct tcp_info info = {0};
	struct iovec value = {&info, sizeof(info)};

	assert_int_equal(
		burble_getopt(t->p->bs[side], t->fd[side], IPPROTO_TCP, TCP_INFO, &value), 0);
	return info;
}

TWO_TEST(without_offload_each_segment_is_a_packet_of_its_own)
{
	static struct transfer t;

	begin(&t, p, 0);
	send_all(&t);
	assert_int_equal(t.seen.runs + t.seen.partial, 0);
	assert_true(t.seen.largest <= 1500);
}

TWO_TEST(several_segments_leave_as_one_packet_and_count_as_what_they_are)
{
	static struct transfer t;
	struct tcp_info out, in;

	begin(&t, p, NETDEV_GSO);
	send_all(&t);
	out = info_of(&t, 0);
	in = info_of(&t, 1);
	assert_true(t.seen.runs > 20);
	assert_int_equal(t.seen.partial, 0); /* summed here */
	assert_true(t.seen.largest > 10000);
	assert_true(t.seen.packets < BYTES / MSS / 4);
	assert_true(out.tcpi_data_segs_out >= BYTES / MSS);
	assert_int_equal(in.tcpi_data_segs_in, out.tcpi_data_segs_out);
	assert_int_equal(mib_get(stack_mib(p->stack[0]), MIB_TcpOutSegs), out.tcpi_segs_out);
	assert_int_equal(in.tcpi_rcv_mss, MSS);
	assert_int_equal(mib_get(stack_mib(p->stack[1]), MIB_TcpInCsumErrors), 0);
}

TWO_TEST(a_device_that_sums_gets_the_sum_of_the_pseudo_header)
{
	static struct transfer t;

	begin(&t, p, NETDEV_GSO | NETDEV_TX_CSUM);
	send_all(&t);
	assert_int_equal(t.seen.partial, t.seen.packets);
	assert_true(t.seen.runs > 20);
}

TWO_TEST(lost_segments_are_sent_again_and_everything_arrives)
{
	static struct transfer t;

	begin(&t, p, NETDEV_GSO | NETDEV_TX_CSUM);
	p->faults.lose = 100;
	send_all(&t);
	assert_true(info_of(&t, 0).tcpi_total_retrans > 0);
}

TWO_TEST(push_and_fin_are_those_of_the_last_segment_of_a_run)
{
	static uint8_t bytes[3 * MSS + 7];
	static struct transfer t;

	begin(&t, p, NETDEV_GSO);
	send_all(&t);
	t.seen = (struct seen){0};
	assert_int_equal(burble_send_call(p->bs[0], t.fd[0], (struct iovec){bytes, sizeof(bytes)},
				 MSG_MORE, NULL),
		sizeof(bytes));
	burble_close_call(p->bs[0], t.fd[0], NULL);
	two_run(p, p->now + 10 * NSEC_MSEC);
	assert_true(t.seen.runs >= 1);
	assert_true(t.seen.last_flags & SEG_PSH);
}

TWO_TEST(an_urgent_byte_travels_in_segments_of_their_own)
{
	static uint8_t bytes[20 * MSS];
	static struct transfer t;

	begin(&t, p, NETDEV_GSO);
	send_all(&t);
	t.seen = (struct seen){0};
	assert_true(burble_send_call(p->bs[0], t.fd[0], (struct iovec){bytes, sizeof(bytes)},
			    MSG_OOB, NULL) > 0);
	two_run(p, p->now + 10 * NSEC_MSEC);
	assert_true(t.seen.packets > 0);
	assert_int_equal(t.seen.runs, 0);
}
