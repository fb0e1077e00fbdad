/*
 * recorder.c - entries of a log.
 */
#include "socket/test/recorder.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include <cmocka.h>

static void add(struct recorder *rec, int side, struct log_entry e, struct iovec v)
{
	e.at = rec->p->now;
	e.side = (uint8_t)side;
	log_add(rec->log, e, v.iov_base, v.iov_len);
}

static void see_frame(void *ctx, int side, const struct pkt *pkt)
{
	static uint8_t bytes[65536];
	struct recorder *rec = ctx;
	int64_t head = rec->p->dev[side].kind == NETDEV_ETHER ? ETH_HDR_LEN : 0;

	assert_true(pkt_total(pkt) <= sizeof(bytes));
	pkt_bytes(pkt, bytes);
	add(rec, side, (struct log_entry){.kind = LOG_FRAME, .value = head},
		(struct iovec){bytes, pkt_total(pkt)});
}

void recorder_begin(struct recorder *rec, struct two_instances *p, struct run_log *log)
{
	*rec = (struct recorder){p, log};
	p->tap = see_frame;
	p->tap_ctx = rec;
}

int64_t saw_call(struct recorder *rec, int side, const char *what, int fd, int64_t value)
{
	add(rec, side, (struct log_entry){.kind = LOG_CALL, .what = what, .fd = fd, .value = value},
		(struct iovec){0});
	return value;
}

void saw_bytes(struct recorder *rec, int side, const char *what, int fd, struct iovec v)
{
	add(rec, side,
		(struct log_entry){
			.kind = LOG_CALL, .what = what, .fd = fd, .value = (int64_t)v.iov_len},
		v);
}

void saw_counters(struct recorder *rec, int side)
{
	struct mib_table *m = stack_mib(rec->p->stack[side]);

	add(rec, side, (struct log_entry){.kind = LOG_COUNTERS, .what = "counters"},
		(struct iovec){m->count, sizeof(m->count)});
}

void saw_end(struct recorder *rec, int side, int fd)
{
	static const unsigned long queues[] = {FIONREAD, SIOCOUTQ, SIOCOUTQNSD, SIOCATMARK};
	struct burble *b = rec->p->bs[side];
	struct tcp_info info = {0};
	struct iovec v = {&info, sizeof(info)};
	int err = burble_getopt(b, fd, IPPROTO_TCP, TCP_INFO, &v);

	v.iov_len = err < 0 ? 0 : v.iov_len;
	add(rec, side,
		(struct log_entry){.kind = LOG_INFO, .what = "TCP_INFO", .fd = fd, .value = err},
		v);
	for (size_t i = 0; i < ARRAY_SIZE(queues); i++) {
		int n = 0;

		saw_call(rec, side, "ioctl", fd, burble_ioctl(b, fd, queues[i], &n));
		saw_call(rec, side, "length of a queue", fd, n);
	}
	saw_call(rec, side, "ready", fd, burble_ready(b, fd));
}
