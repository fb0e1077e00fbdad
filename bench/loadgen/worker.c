/*
 * worker.c - the event loop of one generator process, its barriers with the others, and its
 * failures.
 */
#include "loadgen/worker.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	WAKE_INDEX = UINT32_MAX
};
#define BARRIER_POLL (2 * NSEC_MSEC)

nsec_t clock_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

bool worker_init(struct worker *w, const struct options *o, struct shared *sh, uint32_t id)
{
	w->o = o;
	w->shared = sh;
	w->id = id;
	w->conn_count = (o->conns + o->workers - 1 - id) / o->workers;
	w->conns = calloc(w->conn_count ? w->conn_count : 1, sizeof(*w->conns));
	w->buf = malloc(BUF_BYTES);
	w->registration = calloc(1, sizeof(*w->registration));
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	w->deadline = clock_now() + (nsec_t)(o->timeout * 1e9);
	if (!w->conns || !w->buf || !w->registration || w->epoll < 0)
		return false;
	for (uint32_t i = 0; i < w->conn_count; i++) {
		w->conns[i].fd = -1;
		if (!check_join(&w->check, &w->conns[i].member, conn_index(w, i)))
			return false;
	}
	for (uint32_t f = 0; f < check_flows(&w->check.shape); f++)
		if (w->check.flows[f].here > 0)
			atomic_fetch_add(&w->need[f], 1);
	struct epoll_event e = {.events = EPOLLIN, .data.u32 = WAKE_INDEX};
	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, sh->wake[id], &e) == 0;
}

void worker_free(struct worker *w)
{
	for (uint32_t i = 0; i < w->conn_count; i++) {
		conn_close(w, &w->conns[i]);
		free(w->conns[i].member.next);
		free(w->conns[i].seen);
	}
	free(w->conns);
	free(w->buf);
	free(w->registration);
	close(w->epoll);
	check_free(&w->check);
}

void worker_fail(struct worker *w, const char *fmt, ...)
{
	va_list ap;

	w->failed = true;
	if (atomic_fetch_add(&w->shared->failed, 1) > 0)
		return;
	va_start(ap, fmt);
	vsnprintf(w->shared->reason, sizeof(w->shared->reason), fmt, ap);
	va_end(ap);
}

bool worker_stalled(struct worker *w, const char *what, uint64_t n, uint64_t m)
{
	if (clock_now() - w->progress < (nsec_t)(w->o->stall * 1e9))
		return false;
	worker_fail(w, "stalled: %s: %lu of %lu", what, (unsigned long)n, (unsigned long)m);
	return true;
}

/* Wakes the other processes after lines have become complete: one of them may be the sender. */
static void wake_others(struct worker *w)
{
	uint64_t one = 1;

	if (w->o->workers == 1 || w->woken == w->check.completed)
		return;
	w->woken = w->check.completed;
	for (uint32_t i = 0; i < w->o->workers; i++)
		if (i != w->id && write(w->shared->wake[i], &one, sizeof(one)) < 0)
			return; /* its counter is full: it will wake up anyway */
}

static void serve(struct worker *w, const struct epoll_event *e)
{
	uint64_t drop;

	if (e->data.u32 == WAKE_INDEX) {
		if (read(w->shared->wake[w->id], &drop, sizeof(drop)) < 0)
			return; /* another process's wake-up was read already */
		return;
	}
	struct conn *c = &w->conns[e->data.u32];
	if (c->fd >= 0 && (e->events & EPOLLOUT))
		conn_writable(w, c);
	if (c->fd >= 0 && (e->events & ~(uint32_t)EPOLLOUT))
		conn_readable(w, c);
}

bool worker_turn(struct worker *w, nsec_t wait)
{
	struct epoll_event events[EVENTS_MAX];
	wait = wait < 0 ? 0 : wait;
	struct timespec t = {.tv_sec = wait / NSEC_SEC, .tv_nsec = wait % NSEC_SEC};

	int n = epoll_pwait2(w->epoll, events, EVENTS_MAX, &t, NULL);
	for (int i = 0; i < n; i++)
		serve(w, &events[i]);
	if (n < 0 && errno != EINTR)
		worker_fail(w, "epoll_wait: %s", strerror(errno));
	wake_others(w);
	if (n < EVENTS_MAX && clock_now() > w->deadline)
		worker_fail(w, "not done after %.0f s", w->o->timeout);
	return !w->failed && !atomic_load_explicit(&w->shared->failed, memory_order_relaxed);
}

/* Process 0 would wait for ever for one that has died. */
static void look_after_children(struct worker *w)
{
	int status = 0;

	if (w->id == 0 && w->o->workers > 1 && waitpid(-1, &status, WNOHANG) > 0 && status != 0)
		worker_fail(w, "a generator process has died");
}

bool worker_barrier(struct worker *w)
{
	w->barriers++;
	atomic_fetch_add(&w->shared->arrived, 1);
	while (atomic_load(&w->shared->arrived) < w->barriers * w->o->workers) {
		look_after_children(w);
		if (!worker_turn(w, BARRIER_POLL))
			return false;
	}
	return !w->failed && !atomic_load(&w->shared->failed);
}

bool worker_sleep(struct worker *w, nsec_t span)
{
	nsec_t end = clock_now() + span;

	for (nsec_t now = clock_now(); now < end; now = clock_now())
		if (!worker_turn(w, end - now))
			return false;
	return true;
}

void worker_tally(struct worker *w)
{
	struct tally *t = &w->shared->tally[w->id];
	struct timespec cpu;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	t->cpu = cpu.tv_sec * NSEC_SEC + cpu.tv_nsec;
	t->delivered = w->check.delivered;
	t->receipts = w->check.receipts;
	t->recvs = w->recvs;
	t->join_lines = w->join_lines;
	memcpy(t->bad, w->check.bad, sizeof(t->bad));
	memcpy(t->first_bad, w->check.first_bad, sizeof(t->first_bad));
	t->latency = *w->check.latency;
	t->registration = *w->registration;
}
