/*
 * plugin.c - time, packets and the second thread for the stock packetdrill.
 *
 * The clock is the instance's. gettimeofday() advances it by 1 us, for packetdrill spins on it;
 * usleep() by its argument; netdev_receive() until a packet is sent.
 */
#include "lab/packetdrill/packetdrill.h"

#include "wire/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	RECEIVE_SECONDS = 4000, /* until netdev_receive() returns without a packet */
	STUCK_SECONDS = 100,    /* until a call that blocks the main thread is interrupted */
};

struct pd pd_one = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

/* --- descriptors ------------------------------------------------------------------------------ */

int pd_fd(int fd)
{
	return fd >= 0 && fd < PD_FDS ? pd_one.fd[fd] - 1 : -1;
}

int pd_fd_install(int64_t fd)
{
	int given;

	if (fd < 0)
		return (int)fd;
	given = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (given < 0 || given >= PD_FDS) {
		errno = EMFILE;
		return -1;
	}
	pd_one.fd[given] = (int)fd + 1;
	return given;
}

void pd_fd_release(int fd)
{
	if (fd >= 0 && fd < PD_FDS)
		pd_one.fd[fd] = 0;
}

/* --- the second thread ------------------------------------------------------------------------ */

static bool is_main(void)
{
	return pthread_equal(pthread_self(), pd_one.main);
}

static bool is_ready(const struct pd_call *c)
{
	return c->wait.ready || c->wait.deadline <= pd_one.run.sut.now;
}

/* Sends everything that is marked, without advancing time. */
static void flush(void)
{
	pd_one.run.sut.ops->advance(&pd_one.run.sut, pd_one.run.sut.now, false, NULL);
}

/* Lets a blocked call that is ready return. Time does not advance until it has returned, or blocks
 * again. */
static void resume_blocked(void)
{
	flush();
	while (is_main() && pd_one.second == PD_BLOCKED && is_ready(pd_one.blocked)) {
		pd_one.second = PD_RUNNING;
		pthread_cond_broadcast(&pd_one.changed);
		while (pd_one.second == PD_RUNNING)
			pthread_cond_wait(&pd_one.changed, &pd_one.lock);
		flush();
	}
}

/* The second thread has read the clock, as it does after each call. */
static void second_returned(void)
{
	pd_one.second = PD_OUTSIDE;
	pd_one.unreported = true;
	pthread_cond_broadcast(&pd_one.changed);
}

void pd_advance(nsec_t when, bool until_sent)
{
	struct pkt_sut *sut = &pd_one.run.sut;

	resume_blocked();
	while (sut->now < when && !(until_sent && sut->first)) {
		struct pd_call *c = pd_one.second == PD_BLOCKED ? pd_one.blocked : NULL;
		nsec_t stop = c && c->wait.deadline < when ? c->wait.deadline : when;

		sut->ops->advance(sut, stop, until_sent, c ? &c->wait.ready : NULL);
		resume_blocked();
	}
}

/* --- calls ------------------------------------------------------------------------------------ */

struct burble *pd_enter(void)
{
	pthread_mutex_lock(&pd_one.lock);
	stack_at(burble_stack(pd_one.run.sut.bs), pd_one.run.sut.now);
	return pd_one.run.sut.bs;
}

int64_t pd_leave(int64_t ret)
{
	resume_blocked();
	pthread_mutex_unlock(&pd_one.lock);
	if (ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

/* The main thread blocks: advances time. */
static int64_t wait_in_main(struct pd_call *c)
{
	struct pkt_sut *sut = &pd_one.run.sut;
	nsec_t stop = sut->now + STUCK_SECONDS * NSEC_SEC;

	if (c->wait.deadline < stop)
		stop = c->wait.deadline;
	sut->ops->advance(sut, stop, false, &c->wait.ready);
	return is_ready(c) ? -BURBLE_BLOCKED : burble_interrupt(&c->wait);
}

static void wait_in_second(struct pd_call *c)
{
	flush();
	pd_one.blocked = c;
	pd_one.second = PD_BLOCKED;
	pthread_cond_broadcast(&pd_one.changed);
	while (pd_one.second == PD_BLOCKED)
		pthread_cond_wait(&pd_one.changed, &pd_one.lock);
}

int64_t pd_blocking(struct pd_call *c)
{
	struct burble *bs = pd_enter();
	int64_t ret;

	while ((ret = c->make(bs, c)) == -BURBLE_BLOCKED) {
		if (is_main())
			ret = wait_in_main(c);
		else
			wait_in_second(c);
		if (ret != -BURBLE_BLOCKED)
			break;
		stack_at(burble_stack(bs), pd_one.run.sut.now);
	}
	return pd_leave(ret);
}

/* --- the device and the clock ----------------------------------------------------------------- */

static int netdev_send(void *ud, const void *packet, size_t n)
{
	pd_enter();
	sut_inject(&pd_one.run.sut, packet, n);
	pd_leave(0);
	return 0;
}

static int netdev_receive(void *ud, void *packet, size_t *n, long long *at_usecs)
{
	struct pkt_sut *sut = &pd_one.run.sut;
	struct pkt_frame *f;
	size_t room = *n;

	pd_enter();
	pd_advance(sut->now + RECEIVE_SECONDS * NSEC_SEC, true);
	f = sut_dequeue(sut);
	*n = f ? size_min(f->len, room) : 0;
	if (f) {
		memcpy(packet, f->bytes, *n);
		*at_usecs = f->at / NSEC_USEC;
	}
	free(f);
	pd_leave(0);
	return 0;
}

/* packetdrill only lets its second thread take the lock on its state during usleep(). */
static void wait_for_report(void)
{
	const struct timespec enough = {.tv_nsec = 2 * NSEC_MSEC};

	if (is_main() && pd_one.unreported) {
		pd_one.unreported = false;
		nanosleep(&enough, NULL);
	}
}

static int sleep_usecs(void *ud, useconds_t usecs)
{
	wait_for_report();
	pd_enter();
	pd_advance(pd_one.run.sut.now + (nsec_t)usecs * NSEC_USEC, false);
	pd_leave(0);
	return 0;
}

static int read_clock(void *ud, struct timeval *tv, struct timezone *tz)
{
	nsec_t now;

	pd_enter();
	if (pd_one.second == PD_RUNNING)
		second_returned();
	else
		pd_advance(pd_one.run.sut.now + NSEC_USEC, false);
	now = pd_one.run.sut.now;
	pd_leave(0);
	*tv = (struct timeval){.tv_sec = now / NSEC_SEC, .tv_usec = now / NSEC_USEC % 1000000};
	return 0;
}

static void do_nothing(void *ud)
{
}

/* --- setup ------------------------------------------------------------------------------------ */

static void die(const char *what, const char *detail)
{
	fprintf(stderr, "burble: %s: %s\n", what, detail);
	exit(1);
}

static void set_address(const char *text, const char *name, struct ip_addr *out)
{
	if (!ip_addr_parse(out, text))
		die(name, "not an address");
	if (!ip_addr_is_v4(out))
		pd_one.run.mode = PKT_IPV6;
}

/* One word of --so_flags: options that packetdrill does not pass to a library. */
static void take_flag(char *word)
{
	struct pkt_setup *p = &pd_one.run.setup;
	char *value = strchr(word, '=');

	if (!value)
		die("--so_flags: expected name=value", word);
	*value++ = '\0';
	if (strcmp(word, "local_ip") == 0)
		set_address(value, word, &p->local);
	else if (strcmp(word, "remote_ip") == 0)
		set_address(value, word, &p->remote);
	else if (strcmp(word, "gateway_ip") == 0)
		set_address(value, word, &p->gateway);
	else if (strcmp(word, "mtu") == 0)
		p->mtu = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(word, "seed") == 0)
		p->seed = strtoull(value, NULL, 10);
	else
		die("--so_flags: known are local_ip remote_ip gateway_ip mtu seed, not", word);
}

static void take_flags(const char *flags)
{
	struct pkt_setup *p = &pd_one.run.setup;
	char *copy = strdup(flags ? flags : ""), *at = copy, *word;

	*p = (struct pkt_setup){.seed = 1, .mtu = 1500};
	set_address("192.168.0.1", "local_ip", &p->local);
	set_address("192.0.2.1", "remote_ip", &p->remote);
	set_address("192.168.0.2", "gateway_ip", &p->gateway);
	while ((word = strsep(&at, ",")))
		if (*word)
			take_flag(word);
	p->mode = pd_one.run.mode;
	p->bits = p->mode == PKT_IPV6 ? 48 : 16;
	free(copy);
}

void packetdrill_interface_init(const char *flags, struct packetdrill_interface *ifc)
{
	char why[160];
	struct text reason = text_in(why, sizeof(why));

	unsetenv("LD_PRELOAD"); /* for child processes */
	pd_one.main = pthread_self();
	pd_one.none.file = "command";
	pd_one.run.script = &pd_one.none;
	pd_one.run.sut.ops = &pkt_instance_ops;
	take_flags(flags);
	if (pd_one.run.sut.ops->init(&pd_one.run.sut, &pd_one.run.setup, &reason) != PKT_OK)
		die("cannot create the stack", why);
	*ifc = (struct packetdrill_interface){.free = do_nothing,
		.netdev_send = netdev_send,
		.netdev_receive = netdev_receive,
		.usleep = sleep_usecs,
		.gettimeofday = read_clock};
	pd_fill_calls(ifc);
}
