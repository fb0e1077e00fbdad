/*
 * call.c - system calls of a script: lookup, results, blocking.
 */
#include "lab/pkt/call.h"
#include "lab/pkt/symbols.h"

#include <stdio.h>

static const struct pkt_syscall *find_call(const char *name)
{
	static const struct pkt_syscall *const tables[] = {
		call_socket_table, call_io_table, call_opt_table, call_file_table};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct pkt_syscall *s = tables[i]; s->name; s++)
			if (strcmp(s->name, name) == 0)
				return s;
	return NULL;
}

/* --- results ---------------------------------------------------------------------------------- */

static void result_text(char *out, size_t n, int64_t v)
{
	if (v < 0)
		snprintf(out, n, "-1 %s", symbol_errno((int)-v));
	else
		snprintf(out, n, "%lld", (long long)v);
}

static bool differs(struct pkt_args *a, int64_t want, int64_t got)
{
	char w[64], g[64];

	result_text(w, sizeof(w), want);
	result_text(g, sizeof(g), got);
	return run_fail(
		a->run, a->event->line, "%s() = %s, expected %s", a->event->call.name, g, w);
}

static bool check_result(struct pkt_args *a, const struct pkt_syscall *row, int64_t got)
{
	const struct pkt_call *c = &a->event->call;
	int64_t want = c->result ? expr_int(a, c->result, got) : got;
	bool opens = row->effect == CALL_OPENS || row->effect == CALL_ACCEPTS;
	int64_t err = 0;

	if (a->error[0])
		return run_fail(a->run, a->event->line, "%s(): %s", c->name, a->error);
	if (want == -1 && c->err && symbol_value(c->err, false, &err))
		return got == -err || differs(a, -err, got);
	if (want == -1)
		return got < 0 || run_fail(a->run, a->event->line, "%s() succeeded", c->name);
	if (!opens || want < 0 || got < 0)
		return want == got || differs(a, want, got);
	if (want >= PKT_FDS)
		return run_fail(a->run, a->event->line, "descriptor above %d", PKT_FDS - 1);
	a->run->fd[want] = (int)got;
	return true;
}

/* A call with a time of the form 1...2 must return at the second time. */
static bool check_time(struct pkt_run *r, const struct pkt_invocation *c)
{
	nsec_t away = r->sut.now - c->end;

	if (!c->job.may_block ||
		(away < 0 ? -away : away) <= run_tolerance(r, c->end - r->previous))
		return true;
	return run_fail(r, c->args.event->line, "%s() returned at %.6f, expected at %.6f",
		c->args.event->call.name, (double)(r->sut.now - r->start) / 1e9,
		(double)(c->end - r->start) / 1e9);
}

static bool finish(struct pkt_run *r, struct pkt_invocation *c, int64_t got)
{
	const struct pkt_expr *first = c->args.event->call.arg;
	int64_t fd;

	if (!check_time(r, c) || !check_result(&c->args, c->row, got))
		return false;
	if (c->row->effect == CALL_ACCEPTS && got >= 0)
		r->tcp_fd = (int)got;
	if (c->row->effect == CALL_CLOSES && first) {
		fd = expr_int(&c->args, first, -1);
		if (fd >= 0 && fd < PKT_FDS)
			r->fd[fd] = -1;
	}
	return true;
}

/* --- making calls ----------------------------------------------------------------------------- */

/* Starts over from the first argument each time. */
static int64_t attempt(void *ctx)
{
	struct pkt_invocation *c = ctx;
	struct pkt_args *a = &c->args;
	int64_t ret;

	a->at = a->event->call.arg;
	ret = c->row->call(a);
	if (ret != -BURBLE_BLOCKED && a->at && !a->error[0])
		args_fail(a, "too many arguments");
	return ret;
}

static void prepare(struct pkt_run *r, struct pkt_invocation *c, const struct pkt_event *e)
{
	bool block = e->when.blocking;

	*c = (struct pkt_invocation){.row = find_call(e->call.name),
		.args = {.run = r, .event = e, .arena = block ? &r->invocation_arena : &r->arena},
		.job = {.run = attempt, .wait = burble_call_start(), .may_block = block}};
	c->args.wait = &c->job.wait;
	c->job.ctx = c;
}

/* A call that may not block; another one may be blocked at the same time. */
static bool call_now(struct pkt_run *r, const struct pkt_event *e)
{
	struct pkt_invocation c;
	int64_t ret;

	prepare(r, &c, e);
	ret = r->sut.ops->call(&r->sut, &c.job);
	if (ret != -BURBLE_BLOCKED)
		return finish(r, &c, ret);
	burble_interrupt(&c.job.wait);
	return run_fail(r, e->line, "%s() blocks", e->call.name);
}

bool call_run(struct pkt_run *r, const struct pkt_event *e, nsec_t end)
{
	int64_t ret;

	if (!find_call(e->call.name))
		return run_fail(r, e->line, "not supported: %s()", e->call.name);
	if (!e->when.blocking)
		return call_now(r, e);
	if (r->blocked && !run_advance(r, r->invocation.end))
		return false;
	if (r->blocked)
		return run_fail(
			r, e->line, "the call on line %d is still blocked", r->blocked->line);
	prepare(r, &r->invocation, e);
	r->invocation.end = end;
	ret = r->sut.ops->call(&r->sut, &r->invocation.job);
	if (ret != -BURBLE_BLOCKED)
		return finish(r, &r->invocation, ret);
	r->blocked = e;
	return true;
}

bool call_ready(const struct pkt_run *r)
{
	const struct burble_call *wait = &r->invocation.job.wait;

	return r->blocked &&
	       (__atomic_load_n(&wait->ready, __ATOMIC_SEQ_CST) || wait->deadline <= r->sut.now);
}

bool call_retry(struct pkt_run *r)
{
	int64_t ret;

	assert(r->blocked);
	ret = r->sut.ops->call(&r->sut, &r->invocation.job);
	if (ret == -BURBLE_BLOCKED)
		return true;
	r->blocked = NULL;
	return finish(r, &r->invocation, ret);
}
