/* world.c - see world.h. */
#include "million/world.h"

#include "million/must.h"
#include "stack/tcp/tcp.h"

#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMER_TICK NSEC_MSEC

/* Requests to the server process. */
enum order {
	ORDER_NONE,
	ORDER_ALL_IN,
	ORDER_ALL_OUT,
	ORDER_END,
};

struct shared {
	struct ring up, down;   /* to the server, to the clients */
	_Atomic uint32_t order; /* enum order; ORDER_NONE again when it is done */
	_Atomic uint64_t unacknowledged;
};

static nsec_t clock_of(clockid_t id)
{
	struct timespec t;

	must(clock_gettime(id, &t) == 0, "no clock");
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

static nsec_t cpu(void)
{
	return clock_of(CLOCK_THREAD_CPUTIME_ID);
}

/* --- the clock -------------------------------------------------------------------------------- */

/* Processor time of the server's turn that runs. */
static nsec_t turn_so_far(const struct world *w)
{
	return w->in_server && !w->in_clients ? cpu() - w->turn_began - w->turn_clients : 0;
}

nsec_t world_now(const struct world *w)
{
	if (w->split)
		return clock_of(CLOCK_MONOTONIC);
	return NSEC_SEC + w->server_cpu + turn_so_far(w) + w->skipped;
}

nsec_t world_server_cpu(struct world *w)
{
	return w->split ? clock_of(w->cpu) : w->server_cpu;
}

/* From now to then, but no less than a tick. */
static nsec_t span_until(nsec_t now, nsec_t then)
{
	return then < now + TIMER_TICK ? TIMER_TICK : then - now;
}

/* Tells the other end how much is not acknowledged. */
static void publish(struct world *w)
{
	struct tcp_memory m;

	tcp_memory(w->server->wire.stack, &m);
	atomic_store(&w->shared->unacknowledged, m.queued);
}

/* --- the server's world ----------------------------------------------------------------------- */

static nsec_t on_now(void *ctx)
{
	return world_now(ctx);
}

/* --- ... in one process */

static bool run_clients(struct world *w)
{
	nsec_t began, now = world_now(w), used;
	bool busy;

	if (w->in_clients)
		return false;
	began = cpu();
	w->in_clients = true;
	busy = clients_step(w->clients, now);
	w->in_clients = false;
	used = cpu() - began;
	w->clients_cpu += used;
	w->turn_clients += used;
	return busy;
}

static bool no_sleep(void *ctx, nsec_t until)
{
	return false;
}

static void hand_over(void *ctx)
{
	run_clients(ctx);
}

static void clients_full(void *ctx)
{
	must(false, "the cable to the server is full");
}

/* --- ... in its own process */

static bool server_sleep(void *ctx, nsec_t until)
{
	struct world *w = ctx;
	nsec_t now = world_now(w), due = server_end_due(w->server);
	uint32_t len;

	if (now >= until || atomic_load(&w->shared->order) != ORDER_NONE)
		return false;
	due = due < until ? due : until;
	if (!ring_first(&w->shared->up, &len))
		ring_sleep(&w->shared->up, span_until(now, due));
	burble_step(w->server->wire.bs, world_now(w));
	publish(w);
	return true;
}

static void wake_clients(void *ctx)
{
	struct world *w = ctx;

	ring_wake(&w->shared->down);
}

static void wait_for_clients(void *ctx)
{
	wake_clients(ctx);
	sched_yield();
}

static void wait_for_server(void *ctx)
{
	struct world *w = ctx;

	ring_wake(&w->shared->up);
	sched_yield();
}

/* --- turns ------------------------------------------------------------------------------------ */

static bool server_has_work(struct world *w)
{
	struct server_end *e = w->server;
	uint32_t len;

	return ring_first(&w->shared->up, &len) || server_end_due(e) <= world_now(w) ||
	       (burble_ready(e->wire.bs, e->net.epoll) & EPOLLIN);
}

static bool run_server(struct world *w)
{
	if (!server_has_work(w))
		return false;
	w->turn_clients = 0;
	w->turn_began = cpu();
	w->in_server = true;
	server_end_turn(w->server, 0);
	w->in_server = false;
	w->server_cpu += cpu() - w->turn_began - w->turn_clients;
	publish(w);
	return true;
}

static void carry_out(struct world *w)
{
	uint32_t order = atomic_load(&w->shared->order);

	if (order == ORDER_ALL_IN || order == ORDER_ALL_OUT)
		server_end_all(w->server, order == ORDER_ALL_IN);
	atomic_store(&w->shared->order, ORDER_NONE);
}

/* The server process, until ORDER_END. */
static _Noreturn void serve(struct world *w)
{
	struct server_world sw = {on_now, server_sleep, wait_for_clients, wake_clients, w};
	struct server_end e = {0};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	w->server = &e;
	server_end_open(&e, &sw, &w->shared->down, &w->shared->up);
	while (atomic_load(&w->shared->order) != ORDER_END) {
		server_end_turn(&e, NSEC_MAX);
		publish(w);
		if (atomic_load(&w->shared->order) != ORDER_END)
			carry_out(w);
	}
	server_end_close(&e);
	exit(0);
}

/* --- both ------------------------------------------------------------------------------------- */

static void open_one(struct world *w)
{
	struct server_world sw = {on_now, no_sleep, hand_over, hand_over, w};

	w->server = calloc(1, sizeof(*w->server));
	must(w->server != NULL, "out of memory");
	server_end_open(w->server, &sw, &w->shared->down, &w->shared->up);
}

static void open_two(struct world *w)
{
	w->pid = fork();
	must(w->pid >= 0, "no second process");
	if (w->pid == 0)
		serve(w);
	must(clock_getcpuclockid(w->pid, &w->cpu) == 0, "no clock of the server's");
}

void world_open(struct world *w, uint32_t users, bool split)
{
	struct wire rings = {.ctx = w, .full = split ? wait_for_server : clients_full};

	*w = (struct world){.split = split};
	w->shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	must(w->shared != MAP_FAILED, "out of memory for the cable");
	if (split)
		open_two(w);
	rings.out = &w->shared->up;
	rings.in = &w->shared->down;
	w->clients = clients_new(users, &rings, world_now(w));
	if (!split)
		open_one(w);
}

static void pass_time(struct world *w, nsec_t until)
{
	nsec_t now = world_now(w), due = clients_due(w->clients), span;

	if (!w->split && server_end_due(w->server) < due)
		due = server_end_due(w->server);
	span = span_until(now, due < until ? due : until);
	if (w->split)
		ring_sleep(&w->shared->down, span);
	else
		w->skipped += span;
}

void world_step(struct world *w, nsec_t until)
{
	bool busy;

	if (w->split) {
		busy = clients_step(w->clients, world_now(w));
		ring_wake(&w->shared->up);
	} else {
		busy = run_clients(w);
		busy |= run_server(w);
	}
	if (!busy && world_now(w) < until)
		pass_time(w, until);
}

void world_until(struct world *w, nsec_t until)
{
	while (world_now(w) < until)
		world_step(w, until);
}

uint64_t world_unacknowledged(const struct world *w)
{
	return atomic_load(&w->shared->unacknowledged);
}

uint64_t world_server_memory(const struct world *w)
{
	char path[64], line[256];
	unsigned long long kb = 0;
	FILE *f;

	if (!w->split)
		return 0;
	snprintf(path, sizeof(path), "/proc/%d/status", (int)w->pid);
	f = fopen(path, "re");
	must(f != NULL, "the server process has ended");
	while (fgets(line, sizeof(line), f) && sscanf(line, "RssAnon: %llu", &kb) != 1)
		;
	fclose(f);
	return kb * 1024;
}

static void give_order(struct world *w, enum order order)
{
	atomic_store(&w->shared->order, order);
	ring_wake(&w->shared->up);
}

void world_all(struct world *w, bool in)
{
	if (!w->split) {
		server_end_all(w->server, in);
		return;
	}
	give_order(w, in ? ORDER_ALL_IN : ORDER_ALL_OUT);
	while (atomic_load(&w->shared->order) != ORDER_NONE)
		world_step(w, world_now(w) + NSEC_MSEC);
}

bool world_close(struct world *w)
{
	int status = 0;

	if (w->split) {
		give_order(w, ORDER_END);
		must(waitpid(w->pid, &status, 0) == w->pid, "the server process is lost");
	} else {
		server_end_close(w->server);
		free(w->server);
	}
	clients_free(w->clients);
	munmap(w->shared, sizeof(*w->shared));
	return status == 0;
}
