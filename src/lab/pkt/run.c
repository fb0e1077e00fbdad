/*
 * run.c - event loop of a run: events in order, each at its time.
 *
 *     absolute   start of the script + t
 *     relative   end of the previous event + t; between two injected packets, time of the first + t
 */
#include "lab/pkt/run.h"

#include "lab/pkt/call.h"
#include "lab/pkt/code.h"
#include "lab/pkt/command.h"
#include "lab/pkt/flow.h"
#include "lab/pkt/match.h"
#include "lab/pkt/option.h"
#include "lab/pkt/packet.h"
#include "lab/pkt/symbols.h"
#include "observe/print.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WHY = 160, /* bytes of the reason for a missing system under test */
};

const char *const pkt_mode_names[PKT_MODES] = {"ipv4", "ipv4-mapped-ipv6", "ipv6"};

static void report(struct pkt_run *r, int line, const char *format, va_list ap)
{
	char text[1024];

	r->report = text_in(r->report_text, sizeof(r->report_text));
	vsnprintf(text, sizeof(text), format, ap);
	text_add(&r->report, "%s:%d: [%s] %s\n", r->script->file, line, pkt_mode_names[r->mode],
		text);
}

static void show_history(struct pkt_run *r)
{
	struct printer pr;
	char text[1024], at[64];
	uint32_t from = r->history_count > PKT_HISTORY ? r->history_count - PKT_HISTORY : 0;

	print_init(&pr, false);
	for (uint32_t i = from; i < r->history_count; i++) {
		const struct pkt_frame *f = r->history[i % PKT_HISTORY];

		print_time(at, sizeof(at), f->at - r->start);
		print_packet(&pr, text, sizeof(text), f->bytes, f->len);
		text_add(&r->report, "  %s %s\n", at, text);
	}
}

bool run_fail(struct pkt_run *r, int line, const char *format, ...)
{
	va_list ap;

	if (run_over(r))
		return false;
	r->failed = true;
	va_start(ap, format);
	report(r, line, format, ap);
	va_end(ap);
	show_history(r);
	return false;
}

bool run_skip(struct pkt_run *r, int line, const char *format, ...)
{
	va_list ap;

	if (run_over(r))
		return false;
	r->skipped = true;
	va_start(ap, format);
	report(r, line, format, ap);
	va_end(ap);
	return false;
}

/* --- events ----------------------------------------------------------------------------------- */

static bool inject(struct pkt_run *r, const struct pkt_event *e)
{
	struct pkt_flow *f = flow_for_script(r, &e->packet);
	struct pkt_packet p = e->packet;
	uint8_t bytes[PKT_BYTES];
	size_t len;

	if (p.proto != PKT_ICMP && !f)
		return run_fail(r, e->line, "no flow for this packet, or more than %d", PKT_FLOWS);
	if (p.proto == PKT_TCP && !flow_to_wire(r, f, &p))
		return run_fail(r, e->line, "'ecr' echoes a 'TS val' that was never sent");
	if (p.proto == PKT_UDP) {
		p.sport = f->remote_port;
		p.dport = f->local_port;
	}
	len = packet_build(r, &p, bytes);
	if (len == 0)
		return run_fail(r, e->line, "this IP version has no such packet");
	sut_inject(&r->sut, bytes, len);
	return true;
}

/* SK_MEMINFO_NAME: a word of SO_MEMINFO. */
static bool meminfo_value(const struct pkt_run *r, const char *name, int64_t *value)
{
	static const char *const names[] = {[SK_MEMINFO_RMEM_ALLOC] = "RMEM_ALLOC",
		[SK_MEMINFO_RCVBUF] = "RCVBUF",
		[SK_MEMINFO_WMEM_ALLOC] = "WMEM_ALLOC",
		[SK_MEMINFO_SNDBUF] = "SNDBUF",
		[SK_MEMINFO_FWD_ALLOC] = "FWD_ALLOC",
		[SK_MEMINFO_WMEM_QUEUED] = "WMEM_QUEUED",
		[SK_MEMINFO_OPTMEM] = "OPTMEM",
		[SK_MEMINFO_BACKLOG] = "BACKLOG",
		[SK_MEMINFO_DROPS] = "DROPS"};
	static const char prefix[] = "SK_MEMINFO_";
	uint32_t words[ARRAY_SIZE(names)] = {0};
	struct iovec v = {words, sizeof(words)};

	if (strncmp(name, prefix, strlen(prefix)) != 0 || r->tcp_fd < 0 ||
		r->sut.ops->sockets->getsockopt(r->sut.bs, r->tcp_fd, SOL_SOCKET, SO_MEMINFO, &v) <
			0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], name + strlen(prefix)) == 0) {
			*value = words[i];
			return true;
		}
	return false;
}

static bool lookup(void *ctx, const char *name, int64_t *value)
{
	struct pkt_run *r = ctx;

	return meminfo_value(r, name, value) || sut_counter(&r->sut, name, value) ||
	       symbol_value(name, false, value);
}

static bool run_code(struct pkt_run *r, const struct pkt_event *e)
{
	struct tcp_info info = {0};
	struct iovec v = {&info, sizeof(info)};
	char error[CODE_ERROR_MAX];
	struct code_env env = {.info = &info, .lookup = lookup, .ctx = r, .vars = r->vars};

	if (r->tcp_fd < 0 || r->sut.ops->sockets->getsockopt(
				     r->sut.bs, r->tcp_fd, IPPROTO_TCP, TCP_INFO, &v) < 0)
		env.info = NULL;
	return code_run(e->text, &env, error) || run_fail(r, e->line, "%s", error);
}

nsec_t run_tolerance(const struct pkt_run *r, nsec_t gap)
{
	nsec_t share = (nsec_t)((double)gap * r->tolerance_percent / 100);

	return share > r->tolerance_usecs ? share : r->tolerance_usecs;
}

/* The time that e's is relative to. */
static nsec_t base_of(
	const struct pkt_run *r, const struct pkt_event *e, const struct pkt_event *before)
{
	if (e->when.kind == PKT_ABSOLUTE)
		return r->start;
	if (before && before->kind == PKT_EVENT_PACKET && before->packet.inbound &&
		e->kind == PKT_EVENT_PACKET && e->packet.inbound)
		return r->last_inbound;
	return r->sut.now;
}

bool run_advance(struct pkt_run *r, nsec_t at)
{
	const struct burble_call *wait = &r->invocation.job.wait;

	while (r->blocked) {
		r->sut.ops->advance(
			&r->sut, wait->deadline < at ? wait->deadline : at, false, &wait->ready);
		if (call_ready(r) && !call_retry(r))
			return false;
		if (r->sut.now >= at)
			break;
	}
	r->sut.ops->advance(&r->sut, at, false, NULL);
	return true;
}

/* An action of the script may be late by the tolerance. */
static bool in_time(struct pkt_run *r, const struct pkt_event *e, nsec_t at)
{
	nsec_t slack = run_tolerance(r, at - r->previous);

	if (e->when.kind == PKT_ANY_TIME || r->sut.now <= at + slack)
		return true;
	return run_fail(r, e->line, "late: due at %.6f, now %.6f", (double)(at - r->start) / 1e9,
		(double)(r->sut.now - r->start) / 1e9);
}

static bool run_event(struct pkt_run *r, const struct pkt_event *e, const struct pkt_event *before)
{
	nsec_t base = base_of(r, e, before);
	nsec_t at = base + e->when.at, end = base + e->when.end;
	bool expected = e->kind == PKT_EVENT_PACKET && !e->packet.inbound;
	bool good = true;

	if (!expected && !(in_time(r, e, at) && run_advance(r, at) && in_time(r, e, at)))
		return false;
	switch (e->kind) {
	case PKT_EVENT_PACKET: good = expected ? match_expect(r, e, at, end) : inject(r, e); break;
	case PKT_EVENT_CALL: good = call_run(r, e, end); break;
	case PKT_EVENT_COMMAND: good = command_run(r, e->line, e->text); break;
	case PKT_EVENT_CODE: good = run_code(r, e); break;
	}
	if (e->kind == PKT_EVENT_PACKET && e->packet.inbound)
		r->last_inbound = at;
	if (good && r->sut.ops->event_cost)
		good = run_advance(r, r->sut.now + r->sut.ops->event_cost);
	r->previous = r->sut.now;
	if (good && call_ready(r))
		good = call_retry(r);
	return good;
}

static bool run_events(struct pkt_run *r)
{
	const struct pkt_event *before = NULL;

	for (const struct pkt_event *e = r->script->events; e; before = e, e = e->next)
		if (!run_event(r, e, before))
			return false;
	if (r->blocked && !run_advance(r, r->invocation.end + run_tolerance(r, 0)))
		return false;
	if (r->blocked)
		return run_fail(
			r, r->blocked->line, "%s() still blocks at the end", r->blocked->call.name);
	return true;
}

/* --- setup and teardown ----------------------------------------------------------------------- */

/* packetdrill's addresses. */
static void set_up(struct pkt_run *r, const struct pkt_options *o)
{
	bool v6 = o->mode == PKT_IPV6;

	r->setup = (struct pkt_setup){.mode = o->mode,
		.seed = o->seed,
		.slow_path = o->slow_path,
		.mtu = v6 ? 1520 : 1500,
		.bits = v6 ? 48 : 16};
	ip_addr_parse(&r->setup.local, v6 ? "fd3d:fa7b:d17d::" : "192.168.0.1");
	ip_addr_parse(&r->setup.remote, v6 ? "2001:db8::1" : "192.0.2.1");
	ip_addr_parse(&r->setup.gateway, v6 ? "fd3d:fa7b:d17d:8888::" : "192.168.0.2");
}

/* Keeps a copy for the report. */
static void on_packet(void *ctx, const struct pkt_frame *f)
{
	struct pkt_run *r = ctx;
	struct pkt_frame **slot = &r->history[r->history_count++ % PKT_HISTORY];

	free(*slot);
	*slot = sut_frame_new(f->at, f->len);
	memcpy((*slot)->bytes, f->bytes, f->len);
	if (r->options->tap)
		r->options->tap(r->options->tap_ctx, f);
}

static void begin(struct pkt_run *r, const struct pkt_script *script, const struct pkt_options *o)
{
	r->script = script;
	r->options = o;
	r->mode = o->mode;
	set_up(r, o);
	r->sut = (struct pkt_sut){.ops = o->ops, .tap = on_packet, .tap_ctx = r};
	r->tolerance_usecs = 4000 * NSEC_USEC;
	r->tolerance_percent = 12.5;
	r->bind_port = r->connect_port = 8080;
	r->next_port = 50000;
	r->vars = pkt_alloc(&r->arena, sizeof(*r->vars));
	r->tcp_fd = -1;
	for (size_t i = 0; i < PKT_FDS; i++)
		r->fd[i] = -1;
}

static bool apply(struct pkt_run *r, const struct pkt_option *o)
{
	for (; o; o = o->next)
		if (!option_apply(r, o))
			return false;
	return true;
}

/* --sysctl=NAME=VALUE */
static bool apply_sysctls(struct pkt_run *r, const struct pkt_option *o)
{
	for (; o; o = o->next) {
		size_t size = strlen(o->value) + sizeof("sysctl ''");
		char *command = pkt_alloc(&r->arena, size);

		snprintf(command, size, "sysctl '%s'", o->value);
		if (strcmp(o->name, "sysctl") == 0 && !command_run(r, o->line, command))
			return false;
	}
	return true;
}

static bool build_sut(struct pkt_run *r)
{
	char why[WHY] = "";
	struct text reason = text_in(why, sizeof(why));
	enum pkt_result result = r->sut.ops->init(&r->sut, &r->setup, &reason);
	int line = 1;

	if (result == PKT_INVALID)
		return run_fail(r, line, "%s", why);
	if (result == PKT_UNSUPPORTED || !r->sut.ops->probe(r->script, r->mode, &line, &reason))
		return run_skip(r, line, "%s", why);
	r->start = r->previous = r->sut.now;
	return true;
}

static bool run_all(struct pkt_run *r)
{
	const struct pkt_option *own = r->script->options, *given = r->options->options;

	return apply(r, own) && apply(r, given) && build_sut(r) &&
	       (r->linux_defaults || option_baseline(r)) && apply_sysctls(r, own) &&
	       apply_sysctls(r, given) &&
	       (!r->script->init || command_run(r, r->script->init_line, r->script->init)) &&
	       run_events(r);
}

static void end(struct pkt_run *r)
{
	if (r->blocked)
		burble_interrupt(&r->invocation.job.wait);
	sut_free(&r->sut);
	for (uint32_t i = 0; i < r->flows; i++)
		free(r->flow[i]);
	for (size_t i = 0; i < PKT_HISTORY; i++)
		free(r->history[i]);
	arena_free(&r->arena);
	arena_free(&r->invocation_arena);
	free(r);
}

static enum pkt_verdict run_script(
	const struct pkt_script *script, const struct pkt_options *o, char *out, size_t size)
{
	struct pkt_run *r = calloc(1, sizeof(*r));
	enum pkt_verdict verdict = PKT_PASSED;

	if (!r)
		abort();
	begin(r, script, o);
	if (!run_all(r)) {
		assert(run_over(r));
		verdict = r->skipped ? PKT_SKIPPED : PKT_FAILED;
		snprintf(out, size, "%s", r->report_text);
	}
	end(r);
	return verdict;
}

enum pkt_verdict pkt_run_source(
	const struct pkt_source *source, const struct pkt_options *o, char *out, size_t size)
{
	struct pkt_script script;
	char error[PKT_ERROR_MAX];
	enum pkt_verdict verdict = PKT_FAILED;

	if (pkt_parse(&script, source, error))
		verdict = run_script(&script, o, out, size);
	else
		snprintf(out, size, "%s\n", error);
	pkt_script_free(&script);
	return verdict;
}
