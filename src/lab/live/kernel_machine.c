/* kernel_machine.c - this machine's kernel as what a host runs: kernel_machine.h. */
#include "lab/live/kernel_machine.h"

#include "lab/live/namespace.h"
#include "lab/live/sock_diag.h"
#include "lab/live/worker.h"
#include "lab/pkt/kernel.h"
#include "lab/world/need.h"
#include "lab/world/watch.h"
#include "stack/sysctl.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
	FDS_MAX = 65536,  /* descriptors of programs */
	ROWS_MAX = 64,    /* sockets; the states of more are not recorded all the time */
	FRAME_MAX = 65536 /* bytes */
};

struct kernel_machine {
	struct machine machine;
	struct kernel_real *real;
	struct cable cable[HOST_INTERFACES];
	struct workers workers;
	uint8_t open[FDS_MAX]; /* by the programs */
	char congestion[CC_NAME];
	struct watch *watch; /* NULL: not recorded */
	uint32_t rows;       /* sockets when they were last listed */
	bool recording;      /* booted */
	uint8_t frame[FRAME_MAX];
};

static struct kernel_machine *of(struct machine *m)
{
	return container_of(m, struct kernel_machine, machine);
}

static nsec_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

static void remark(struct kernel_machine *k, const char *line)
{
	node_record(
		host_node(k->machine.host), (struct trace_event){.kind = TRACE_NOTE, .text = line});
	if (k->real->remark)
		k->real->remark(k->real->ctx, line);
}

/* --- on and off ------------------------------------------------------------------------------- */

/* It was possible before: what fails now ends the program. */
static void boot(struct machine *m)
{
	struct kernel_machine *k = of(m);
	char why[NAMESPACE_WHY], differs[512] = "", line[640], cc[CC_NAME];
	const char *reason;

	if (namespace_enter(why, differs, sizeof(differs)) < 0) {
		fprintf(stderr, "burble: %s\n", why);
		exit(1);
	}
	if (kernel_write_sysctl(cc, "net.ipv4.tcp_congestion_control", "cubic", &reason) == 0)
		memcpy(k->congestion, cc, sizeof(cc));
	if (!differs[0])
		return;
	snprintf(line, sizeof(line), "parameters that differ from burble's:%s", differs);
	remark(k, line);
}

static void booted(struct machine *m)
{
	watch_reset(of(m)->watch, NULL);
	of(m)->recording = true;
}

static void close_all(struct kernel_machine *k)
{
	for (int fd = 0; fd < FDS_MAX; fd++)
		if (k->open[fd])
			close(fd);
	memset(k->open, 0, sizeof(k->open));
}

/* The cable is unplugged before the sockets are closed: what they still send stays inside. */
static void off(struct machine *m)
{
	struct kernel_machine *k = of(m);

	k->recording = false;
	for (int i = 0; i < HOST_INTERFACES; i++)
		cable_close(&k->cable[i]);
	close_all(k);
}

static void machine_free(struct machine *m)
{
	struct kernel_machine *k = of(m);

	workers_free(&k->workers);
	watch_free(k->watch);
	k->real->machine = NULL;
	sched_setscheduler(0, SCHED_OTHER, &(struct sched_param){0});
	free(k);
}

/* --- configuration ---------------------------------------------------------------------------- */

static int add_interface(struct machine *m, int port, uint32_t mtu)
{
	return cable_open(&of(m)->cable[port], port, mtu);
}

static int addr_add(struct machine *m, int port, const char *address)
{
	return cable_address(&of(m)->cable[port], true, address);
}

static int addr_del(struct machine *m, int port, const char *address)
{
	return cable_address(&of(m)->cable[port], false, address);
}

static int route(struct machine *m, int port, const char *prefix, const char *gateway)
{
	return cable_route(&of(m)->cable[port], prefix, gateway);
}

/* A parameter that this kernel refuses, but not burble, is named, and the run goes on without it.
 */
static int set_sysctl(struct machine *m, const char *name, const char *value, const char **why)
{
	struct kernel_machine *k = of(m);
	struct sysctl ours;
	const char *reason;
	char line[320];
	int err;

	if (kernel_write_sysctl(k->congestion, name, value, &reason) == 0)
		return 0;
	sysctl_init(&ours);
	err = sysctl_set(&ours, name, value, why ? why : &reason);
	if (err != 0)
		return err;
	snprintf(line, sizeof(line), "this kernel refuses %s = %s: %s", name, value, reason);
	remark(k, line);
	return 0;
}

static int get_sysctl(struct machine *m, const char *name, char *value, size_t size)
{
	return -kernel_read_sysctl(name, value, size);
}

/* --- packets ---------------------------------------------------------------------------------- */

static const char *input(struct machine *m, int port, const uint8_t *bytes, size_t len)
{
	return cable_send(&of(m)->cable[port], bytes, len) ? NULL : "refused by the device";
}

static void receive(struct kernel_machine *k, int port)
{
	struct cable *t = &k->cable[port];
	ssize_t n;

	while (t->fd >= 0 && (n = cable_receive(t, k->frame, sizeof(k->frame))) >= 0)
		if (n > 0)
			host_send(k->machine.host, port, k->frame + t->head, (size_t)n);
}

static void record_states(struct kernel_machine *k)
{
	if (k->watch && k->recording)
		k->rows = watch_all(k->watch, &k->machine);
}

static nsec_t step(struct machine *m)
{
	struct kernel_machine *k = of(m);

	for (int i = 0; i < HOST_INTERFACES; i++)
		receive(k, i);
	workers_collect(&k->workers);
	if (k->rows <= ROWS_MAX)
		record_states(k);
	return NSEC_MAX;
}

/* --- programs --------------------------------------------------------------------------------- */

static struct burble *instance(struct machine *m)
{
	return NULL;
}

static int64_t call(struct machine *m, const struct machine_call *call)
{
	return workers_call(&of(m)->workers, call);
}

static void interrupt(struct machine *m, struct burble_call *wait)
{
	workers_interrupt(&of(m)->workers, wait);
}

static void opened(struct machine *m, int fd)
{
	assert(fd >= 0 && fd < FDS_MAX);
	of(m)->open[fd] = 1;
	kernel_set_congestion(fd, of(m)->congestion);
}

static void closed(struct machine *m, int fd)
{
	of(m)->open[fd] = 0;
	workers_close(&of(m)->workers, fd);
}

static void crash(struct machine *m)
{
	close_all(of(m));
}

static void freeze(struct machine *m, bool frozen)
{
	workers_freeze(&of(m)->workers, frozen);
}

static void each(struct machine *m, void (*see)(const struct tcp_row *row, void *arg), void *arg)
{
	struct kernel_machine *k = of(m);

	if (sock_diag_each(host_node(m->host)->world->now, see, arg))
		return;
	if (k->recording)
		remark(k, "the kernel does not list its sockets (CONFIG_INET_DIAG)");
	k->recording = false;
}

static void counters(struct machine *m, uint64_t count[MIB_COUNT])
{
	record_states(of(m)); /* at the end of the run, whatever there is */
	kernel_mib(count);
}

/* TCP_INFO is only recorded of burble's sockets. */
static bool watch(struct machine *m, int fd)
{
	return true;
}

static const struct machine_ops kernel_ops = {
	.real = true,
	.boot = boot,
	.booted = booted,
	.off = off,
	.free = machine_free,
	.interface = add_interface,
	.addr_add = addr_add,
	.addr_del = addr_del,
	.route = route,
	.sysctl = set_sysctl,
	.sysctl_get = get_sysctl,
	.input = input,
	.step = step,
	.instance = instance,
	.call = call,
	.interrupt = interrupt,
	.opened = opened,
	.closed = closed,
	.crash = crash,
	.freeze = freeze,
	.each = each,
	.counters = counters,
	.watch = watch,
};

bool kernel_machine_possible(char *why, size_t size)
{
	struct cable t = {.fd = -1};
	char reason[NAMESPACE_WHY], differs[512];
	int err = namespace_enter(reason, differs, sizeof(differs));

	if (err < 0) {
		snprintf(why, size, "%s", reason);
		return false;
	}
	err = cable_open(&t, 0, 1500);
	cable_close(&t);
	if (err < 0)
		snprintf(why, size, "a TAP device: %s", strerror(-err));
	return err == 0;
}

struct machine *kernel_machine_new(struct host *h, void *ctx)
{
	struct kernel_machine *k = need(calloc(1, sizeof(*k)));

	k->machine = (struct machine){&kernel_ops, h};
	k->real = ctx;
	k->real->machine = k;
	k->real->created = true;
	k->watch = host_node(h)->world->trace ? watch_new() : NULL;
	for (int i = 0; i < HOST_INTERFACES; i++)
		k->cable[i].fd = -1;
	if (!workers_init(&k->workers))
		need(NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 1UL);
	sched_setscheduler(0, SCHED_RR, &(struct sched_param){.sched_priority = 1});
	return &k->machine;
}

/* --- real time -------------------------------------------------------------------------------- */

static nfds_t descriptors(const struct kernel_machine *k, struct pollfd fds[HOST_INTERFACES + 1])
{
	nfds_t n = 0;

	fds[n++] = (struct pollfd){.fd = k->workers.returned, .events = POLLIN};
	for (int i = 0; i < HOST_INTERFACES; i++)
		if (k->cable[i].fd >= 0)
			fds[n++] = (struct pollfd){.fd = k->cable[i].fd, .events = POLLIN};
	return n;
}

static nsec_t present(const struct kernel_real *r)
{
	return WORLD_START + clock_now() - r->start;
}

/* Without a kernel, time does not pass: the scenario is still being set up. */
nsec_t kernel_machine_wait(struct world *w, nsec_t until, void *ctx)
{
	struct kernel_real *r = ctx;
	struct pollfd fds[HOST_INTERFACES + 1];
	struct timespec t;
	nsec_t left;
	int n;

	if (!r->machine)
		return until;
	if (r->start == 0)
		r->start = clock_now() - (w->now - WORLD_START);
	left = until - present(r);
	left = left < 0 ? 0 : left;
	t = (struct timespec){left / NSEC_SEC, left % NSEC_SEC};
	n = ppoll(fds, descriptors(r->machine, fds), &t, NULL);
	if (n > 0)
		node_due(host_node(r->machine->machine.host), present(r));
	return present(r);
}
