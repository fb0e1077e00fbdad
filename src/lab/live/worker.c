/* worker.c - system calls that may block, each in a thread: worker.h. */
#include "lab/live/worker.h"

#include "lab/pkt/kernel.h"
#include "lab/world/need.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum phase {
	PHASE_IDLE,
	PHASE_CALLING,  /* it makes the call, perhaps asleep */
	PHASE_RETURNED, /* it has the result */
};

struct worker {
	struct list list; /* of workers.idle or workers.busy */
	struct machine_call call;
	int64_t result;
	_Atomic int phase; /* enum phase */
	bool announced;    /* its task was woken */
	bool ends;         /* the thread is to end */
	int returned, tid;
	sem_t go;
	pthread_t thread;
};

/* --- the thread ------------------------------------------------------------------------------- */

static void *worker_main(void *arg)
{
	struct worker *w = arg;
	const uint64_t one = 1;

	w->tid = gettid();
	for (;;) {
		while (sem_wait(&w->go) < 0) /* EINTR */
			;
		if (w->ends)
			return NULL;
		atomic_store(&w->phase, PHASE_CALLING);
		w->result = w->call.run(w->call.ctx);
		atomic_store(&w->phase, PHASE_RETURNED);
		if (write(w->returned, &one, sizeof(one)) < 0)
			abort();
	}
}

static void on_signal(int signo)
{
}

/* Signals of the program are for its first thread; SIGUSR1 only interrupts. */
static bool start(struct worker *w)
{
	struct sigaction act = {.sa_handler = on_signal};
	sigset_t all, before;
	bool good;

	sigaction(SIGUSR1, &act, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	good = pthread_create(&w->thread, NULL, worker_main, w) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return good;
}

static struct worker *worker_new(struct workers *ws)
{
	struct worker *w = need(calloc(1, sizeof(*w)));

	sem_init(&w->go, 0, 0);
	w->returned = ws->returned;
	if (ws->count == WORKERS_MAX || !start(w)) {
		free(w);
		return NULL;
	}
	ws->count++;
	list_add_tail(&ws->idle, &w->list);
	return w;
}

static struct worker *idle_worker(struct workers *ws)
{
	return list_empty(&ws->idle) ? worker_new(ws)
				     : container_of(ws->idle.next, struct worker, list);
}

/* --- calls ------------------------------------------------------------------------------------ */

static bool has_returned(struct worker *w)
{
	return atomic_load(&w->phase) == PHASE_RETURNED;
}

/* Waits until it has returned or sleeps. The thread sleeps before the call, too. */
static void settle(struct worker *w)
{
	while (!has_returned(w)) {
		if (atomic_load(&w->phase) == PHASE_CALLING && kernel_asleep(w->tid))
			return;
		sched_yield();
	}
}

static void begin(struct worker *w)
{
	w->announced = false;
	atomic_store(&w->phase, PHASE_IDLE);
	sem_post(&w->go);
	settle(w);
}

static int64_t take_result(struct workers *ws, struct worker *w)
{
	w->call.wait->ctx = NULL;
	list_del(&w->list);
	list_add_tail(&ws->idle, &w->list);
	return w->result;
}

int64_t workers_call(struct workers *ws, const struct machine_call *call)
{
	struct worker *w = call->wait->ctx;

	if (!w) {
		w = idle_worker(ws);
		if (!w)
			return -EAGAIN;
		list_del(&w->list);
		list_add_tail(&ws->busy, &w->list);
		w->call = *call;
		begin(w);
	}
	if (has_returned(w))
		return take_result(ws, w);
	call->wait->ctx = w;
	call->wait->deadline = NSEC_MAX;
	return -BURBLE_BLOCKED;
}

/* A signal that comes before the system call has no effect, so there may have to be more. */
static void signal_until_returned(struct worker *w)
{
	const struct timespec pause = {.tv_nsec = NSEC_MSEC / 10};

	while (!has_returned(w)) {
		pthread_kill(w->thread, SIGUSR1);
		nanosleep(&pause, NULL);
	}
}

void workers_interrupt(struct workers *ws, struct burble_call *wait)
{
	struct worker *w = wait->ctx;

	if (!w)
		return;
	signal_until_returned(w);
	take_result(ws, w);
}

void workers_close(struct workers *ws, int fd)
{
	for (struct list *l = ws->busy.next; l != &ws->busy; l = l->next) {
		struct worker *w = container_of(l, struct worker, list);

		if (w->call.fd != fd || has_returned(w))
			continue;
		signal_until_returned(w);
		w->result = -EBADF;
	}
}

static void announce(struct worker *w)
{
	if (!has_returned(w) || w->announced)
		return;
	w->announced = true;
	w->call.wait->wake(w->call.wait);
}

void workers_collect(struct workers *ws)
{
	uint64_t n;

	if (read(ws->returned, &n, sizeof(n)) < 0 && errno != EAGAIN)
		abort();
	for (struct list *l = ws->busy.next; !ws->frozen && l != &ws->busy; l = l->next)
		announce(container_of(l, struct worker, list));
}

/* --- stopping --------------------------------------------------------------------------------- */

/* A stopped call is made again when the program continues: ERESTARTSYS. */
void workers_freeze(struct workers *ws, bool frozen)
{
	ws->frozen = frozen;
	for (struct list *l = ws->busy.next; l != &ws->busy; l = l->next) {
		struct worker *w = container_of(l, struct worker, list);

		if (frozen)
			signal_until_returned(w);
		else if (w->result == -EINTR)
			begin(w);
	}
	workers_collect(ws);
}

bool workers_init(struct workers *ws)
{
	*ws = (struct workers){.returned = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
	list_init(&ws->idle);
	list_init(&ws->busy);
	return ws->returned >= 0;
}

static void end(struct worker *w)
{
	w->ends = true;
	sem_post(&w->go);
	pthread_join(w->thread, NULL);
	sem_destroy(&w->go);
	free(w);
}

void workers_free(struct workers *ws)
{
	struct list *next;

	while (!list_empty(&ws->busy)) {
		struct worker *w = container_of(ws->busy.next, struct worker, list);

		workers_interrupt(ws, w->call.wait);
	}
	for (struct list *l = ws->idle.next; l != &ws->idle; l = next) {
		next = l->next;
		end(container_of(l, struct worker, list));
	}
	close(ws->returned);
}
