/*
 * main.c - loadgen: starts the generator processes and walks each of them through the run:
 *
 *     connect -> (settle, memory) -> join -> sync -> the mode's measurement -> sync -> close
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "loadgen/report.h"

static uint32_t ring_size(const struct options *o)
{
	uint32_t want = o->rate > 0 ? 4096 : o->window, size = 1;

	while (size < want)
		size *= 2;
	return size;
}

static struct shape shape_of(const struct options *o)
{
	bool groups = o->mode != MODE_CONNECT && o->mode != MODE_CHURN;

	return (struct shape){.groups = groups ? o->channels : 0,
		.members = groups ? o->members : 0,
		.senders = groups ? o->senders : 0,
		.ring = ring_size(o),
		.text_len = o->text_len,
		.echo = o->echo,
		.direct = o->mode == MODE_PRIVATE,
		.letter = o->letter};
}

static void *shared_memory(size_t size)
{
	void *p = mmap(
		NULL, size ? size : 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

/* Closes everything and measures the server's memory once more. */
static bool release(struct worker *w, struct report *r)
{
	for (uint32_t i = 0; i < w->conn_count; i++)
		conn_close(w, &w->conns[i]);
	if (!worker_barrier(w) || !worker_sleep(w, (nsec_t)(w->o->settle * 1e9)))
		return false;
	if (w->id == 0)
		r->rss_closed = report_rss(r);
	return worker_barrier(w);
}

bool run_connect(struct worker *w, struct report *r)
{
	return !w->o->release || release(w, r);
}

static bool connect_all(struct worker *w, struct report *r)
{
	double wall = 0, cpu = 0;

	if (w->id == 0) {
		r->rss_start = report_rss(r);
		cpu = report_cpu(r);
		wall = (double)clock_now() / 1e9;
	}
	if (!worker_barrier(w) || !setup_connect(w) || !worker_barrier(w))
		return false;
	if (w->id == 0) {
		r->connect_wall = (double)clock_now() / 1e9 - wall;
		r->connect_cpu = report_cpu(r) - cpu;
	}
	bool memory = w->o->mode == MODE_CONNECT || w->o->mode == MODE_IDLE;
	if (!worker_sleep(w, memory ? (nsec_t)(w->o->settle * 1e9) : 0))
		return false;
	if (w->id == 0)
		r->rss_connected = report_rss(r);
	return worker_barrier(w);
}

static bool join_all(struct worker *w, struct report *r)
{
	double wall = (double)clock_now() / 1e9, cpu = w->id == 0 ? report_cpu(r) : 0;

	if (!setup_join(w) || !worker_barrier(w) || !setup_sync(w))
		return false;
	worker_tally(w);
	if (!worker_barrier(w))
		return false;
	if (w->id == 0) {
		r->join_wall = (double)clock_now() / 1e9 - wall;
		r->join_cpu = report_cpu(r) - cpu;
	}
	if (!worker_sleep(w, (nsec_t)(w->o->settle * 1e9)))
		return false;
	if (w->id == 0) {
		r->rss_joined = report_rss(r);
		for (uint32_t i = 0; i < w->o->workers; i++)
			r->join_lines += w->shared->tally[i].join_lines;
	}
	return worker_barrier(w);
}

static bool run_mode(struct worker *w, struct report *r)
{
	switch (w->o->mode) {
	case MODE_CHURN: return run_churn(w, r);
	case MODE_CONNECT: return connect_all(w, r) && run_connect(w, r);
	case MODE_PRIVATE: return connect_all(w, r) && run_traffic(w, r);
	case MODE_FANOUT:
	case MODE_IDLE: return connect_all(w, r) && join_all(w, r) && run_traffic(w, r);
	case MODE_JOINPART: return connect_all(w, r) && join_all(w, r) && run_joinpart(w, r);
	case MODE_COUNT: break;
	}
	return false;
}

/* One process from start to end; leaves its sums in its tally. */
static void run_worker(struct worker *w, struct report *r, struct shared *sh, uint32_t id)
{
	if (!worker_init(w, r->o, sh, id)) {
		worker_fail(w, "out of memory or descriptors");
		return;
	}
	if (worker_barrier(w))
		run_mode(w, r);
	uint64_t cycles = sh->tally[id].cycles;
	worker_tally(w);
	sh->tally[id].cycles = cycles;
	worker_free(w);
}

static struct shared *shared_setup(const struct options *o)
{
	struct shared *sh = shared_memory(sizeof(*sh));

	for (uint32_t i = 0; sh && i < o->workers; i++) {
		sh->wake[i] = eventfd(0, EFD_NONBLOCK);
		if (sh->wake[i] < 0)
			return NULL;
	}
	return sh;
}

static void raise_descriptors(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) != 0)
		return;
	l.rlim_cur = l.rlim_max;
	setrlimit(RLIMIT_NOFILE, &l);
}

/* Forks the other processes, which end with the first one; returns this process's number. */
static uint32_t fork_workers(const struct options *o)
{
	for (uint32_t i = 1; i < o->workers; i++)
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			return i;
		}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o;
	struct worker w = {0};
	struct report *r = calloc(1, sizeof(*r));

	if (!r || !options_read(&o, argc, argv))
		return 2;
	if (o.mode == MODE_CHURN)
		o.conns = o.concurrency;
	raise_descriptors();
	struct shape s = shape_of(&o);
	struct shared *sh = shared_setup(&o);
	struct slot *slots = shared_memory(check_slots(&s) * sizeof(*slots));
	w.need = shared_memory(check_flows(&s) * sizeof(*w.need));
	if (!sh || !slots || !w.need || !check_init(&w.check, &s, slots)) {
		fputs("loadgen: out of memory or descriptors\n", stderr);
		return 1;
	}
	r->o = &o;
	r->shared = sh;
	uint32_t id = fork_workers(&o);
	run_worker(&w, r, sh, id);
	if (id != 0)
		_exit(0);
	for (int status; wait(&status) > 0;)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			atomic_fetch_add(&sh->failed, 1);
	int status = report_print(r);
	free(r);
	return status;
}
