/*
 * kernel.c - operations of the kernel as the system under test: real time, real packets.
 *
 * The time of a sent packet is its timestamp on a packet socket, which does not depend on when this
 * process reads it.
 */
#include "lab/pkt/kernel.h"

#include <linux/if_packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	FRAME_MAX = 65536,
	SHELL_NOT_FOUND = 127, /* exit status */
	ANY_TIME_SECONDS = 60,
};

static nsec_t clock_now(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

static enum pkt_result kernel_init(
	struct pkt_sut *sut, const struct pkt_setup *setup, struct text *why)
{
	struct pkt_kernel *k = calloc(1, sizeof(*k));
	enum pkt_result result;

	if (!k)
		abort();
	sut->self = k;
	k->tun = k->sniffer = -1;
	k->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->work, NULL);
	signal(SIGPIPE, SIG_IGN);
	result = kernel_netns(sut, setup, why);
	if (result != PKT_OK)
		return result;
	kernel_mib(sut->mib); /* not those of bringing the device up */
	sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
	prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
	sut->now = clock_now(CLOCK_MONOTONIC);
	return PKT_OK;
}

static void kernel_free(struct pkt_sut *sut)
{
	struct pkt_kernel *k = sut->self;

	kernel_call_end(k);
	close(k->tun);
	close(k->sniffer);
	close(k->wakeup);
	free(k);
}

/* --- packets ---------------------------------------------------------------------------------- */

/* When the kernel sent it, on CLOCK_MONOTONIC. */
static nsec_t sent_at(struct msghdr *m)
{
	nsec_t now = clock_now(CLOCK_MONOTONIC), real = clock_now(CLOCK_REALTIME);
	struct timespec t;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) {
			memcpy(&t, CMSG_DATA(c), sizeof(t));
			return now - (real - (t.tv_sec * NSEC_SEC + t.tv_nsec));
		}
	return now;
}

/* IPv6 multicast: MLD and neighbour discovery of the kernel. */
static bool is_multicast(const uint8_t *bytes, size_t len)
{
	return len >= 40 && bytes[0] >> 4 == 6 && bytes[24] == 0xff;
}

/* Queues one packet from the sniffer. Returns false if there is none. */
static bool sniff(struct pkt_sut *sut, struct pkt_kernel *k)
{
	static uint8_t bytes[FRAME_MAX];
	uint8_t control[256];
	struct sockaddr_ll from;
	struct iovec v = {bytes, sizeof(bytes)};
	struct msghdr m = {.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &v,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(k->sniffer, &m, MSG_DONTWAIT);
	struct pkt_frame *f;

	if (n < 0)
		return false;
	if (from.sll_pkttype != PACKET_OUTGOING || is_multicast(bytes, (size_t)n))
		return true;
	f = sut_frame_new(sent_at(&m), (size_t)n);
	memcpy(f->bytes, bytes, (size_t)n);
	sut_queue(sut, f);
	return true;
}

static void collect(struct pkt_sut *sut, struct pkt_kernel *k)
{
	static uint8_t unread[FRAME_MAX];

	while (sniff(sut, k))
		;
	while (read(k->tun, unread, sizeof(unread)) >= 0)
		;
	sut->now = clock_now(CLOCK_MONOTONIC);
}

static void sleep_until(struct pkt_kernel *k, nsec_t now, nsec_t when)
{
	struct pollfd fds[] = {{.fd = k->sniffer, .events = POLLIN},
		{.fd = k->tun, .events = POLLIN}, {.fd = k->wakeup, .events = POLLIN}};
	nsec_t left = when - now;
	struct timespec t = {.tv_sec = left / NSEC_SEC, .tv_nsec = left % NSEC_SEC};
	uint64_t count;

	ppoll(fds, ARRAY_SIZE(fds), &t, NULL);
	if (fds[2].revents && read(k->wakeup, &count, sizeof(count)) < 0)
		return;
}

static void kernel_advance(struct pkt_sut *sut, nsec_t when, bool until_sent, const uint32_t *stop)
{
	struct pkt_kernel *k = sut->self;

	for (;;) {
		collect(sut, k);
		if (sut->now >= when || (until_sent && sut->first) ||
			(stop && __atomic_load_n(stop, __ATOMIC_SEQ_CST)))
			return;
		sleep_until(k, sut->now, when);
	}
}

static void kernel_inject(struct pkt_sut *sut, const uint8_t *bytes, size_t len)
{
	struct pkt_kernel *k = sut->self;
	ssize_t n = write(k->tun, bytes, len);

	assert(n == (ssize_t)len);
	collect(sut, k);
}

/* Runs a program of the machine, if it has it. */
static enum pkt_result run_tool(const char *command, enum pkt_result if_it_fails)
{
	int status = system(command);

	if (status == 0)
		return PKT_OK;
	return WIFEXITED(status) && WEXITSTATUS(status) == SHELL_NOT_FOUND ? PKT_UNSUPPORTED
									   : if_it_fails;
}

/* These commands are valid: one fails if the kernel lacks the module. */
static enum pkt_result kernel_queue(struct pkt_sut *sut, enum pkt_qdisc q)
{
	static const char *const command[] = {
		[PKT_QDISC_PFIFO] = "tc qdisc replace dev tun0 root pfifo limit 500",
		[PKT_QDISC_NONE] = "tc qdisc replace dev tun0 root pfifo limit 0",
		[PKT_QDISC_FQ] = "tc qdisc replace dev tun0 root fq",
	};

	return run_tool(command[q], PKT_UNSUPPORTED);
}

static enum pkt_result kernel_route(struct pkt_sut *sut, const struct pkt_route *r)
{
	char command[256], dst[IP_ADDR_TEXT_MAX], via[IP_ADDR_TEXT_MAX];
	struct text t = text_in(command, sizeof(command));

	text_add(&t, "ip route replace %s via %s dev tun0", ip_addr_text(dst, &r->dst),
		ip_addr_text(via, &r->gateway));
	if (r->mtu)
		text_add(&t, " mtu lock %u", r->mtu);
	if (r->advmss)
		text_add(&t, " advmss %u", r->advmss);
	if (r->initcwnd)
		text_add(&t, " initcwnd %u", r->initcwnd);
	return run_tool(command, PKT_INVALID);
}

static void kernel_flush(struct pkt_sut *sut)
{
	if (system("ip tcp_metrics flush all >/dev/null 2>&1") != 0)
		return;
}

static bool kernel_counters(struct pkt_sut *sut, uint64_t count[MIB_COUNT])
{
	return kernel_mib(count);
}

const struct pkt_ops pkt_kernel_ops = {
	.sockets = &kernel_sockets,
	.real_time = true,
	.any_time_max = ANY_TIME_SECONDS * NSEC_SEC,
	.init = kernel_init,
	.free = kernel_free,
	.advance = kernel_advance,
	.probe = kernel_probe,
	.inject = kernel_inject,
	.call = kernel_call,
	.opened = kernel_opened,
	.set_sysctl = kernel_sysctl,
	.set_qdisc = kernel_queue,
	.set_route = kernel_route,
	.flush_metrics = kernel_flush,
	.counters = kernel_counters,
};
