/* packet_script.c - a plan as a packet script: packet_script.h. */
#include "lab/fuzz/packet_script.h"

#include "lab/fuzz/knob.h"
#include "lab/fuzz/shrink.h"
#include "lab/fuzz/worker.h"
#include "lab/world/need.h"
#include "wire/text.h"

#include <stdio.h>

/* --- the run, repeated ------------------------------------------------------------------------ */

/* Makes every program wait by poll(). */
static void wait_by_poll(struct plan *p)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind != ROW_WAIT)
			p->row[kept++] = p->row[i];
	p->rows = kept;
	for (uint32_t i = 0; i < kept; i++)
		for (int64_t end = 0; end < 2 && p->row[i].kind == ROW_CONN; end++)
			plan_add(p,
				(struct row){ROW_WAIT, {p->row[i].arg[CONN_ID], end, WAIT_POLL}});
}

/* The host named by a failure; -1: none. */
static int named_host(const struct plan *p, const struct failure *f)
{
	const struct row *conn;
	int id, end;
	char name;

	if (sscanf(f->text, "host %c", &name) == 1 && name >= 'a' && name < 'a' + plan_hosts(p))
		return name - 'a';
	if (sscanf(f->text, "connection %d, end %d", &id, &end) != 2)
		return -1;
	conn = plan_conn(p, id);
	return conn ? (int)conn->arg[end ? CONN_SERVER : CONN_CLIENT] : -1;
}

/* --- the script ------------------------------------------------------------------------------- */

static bool is_crash(const struct failure *f)
{
	return strcmp(f->property, "crash") == 0;
}

static int link_of(const struct plan *p, int host)
{
	return plan_net(p, NET_SHAPE) == NET_PAIR ? 0 : host;
}

static void put_parameters(struct text *t, const struct plan *p, int host)
{
	const char *before = "`";

	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *r = &p->row[i];
		char value[KNOB_TEXT];

		if (r->kind != ROW_SYSCTL || r->arg[SYSCTL_HOST] != host)
			continue;
		knob_value(knob_sysctl(r->arg[SYSCTL_NAME]), r->arg[SYSCTL_VALUE], value);
		text_add(t, "%ssysctl '%s=%s'", before, knob_sysctl(r->arg[SYSCTL_NAME])->name,
			value);
		before = "; ";
	}
	text_add(t, before[0] == '`' ? "" : "`\n");
}

/* A script being written. */
struct writing {
	const struct plan *p;
	const struct failure *f;
	struct dialogue *d;
	char *text, *why; /* PACKET_SCRIPT_TEXT and _WHY */
};

static bool put_script(struct text *t, const struct writing *w, int host)
{
	const struct plan *p = w->p;
	const struct dialogue_host *h = &w->d->host[host];
	char local[64], peer[IP_ADDR_TEXT_MAX];
	bool v6 = plan_net(p, NET_V6);

	net_address_text(p, host, false, local);
	ip_addr_text(peer, &h->peer);
	if (w->f->property[0])
		text_add(t, "// %s: %s\n", w->f->property, w->f->text);
	text_add(t, "// Host %c of a random run; what the other end sends is given.\n\n",
		'a' + host);
	text_add(t, "--ip_version=%s\n--linux_defaults\n--local_ip=%s\n--remote_ip=%s\n",
		v6 ? "ipv6" : "ipv4", local, peer);
	*strrchr(local, v6 ? ':' : '.') = '\0';
	text_add(t, "--gateway_ip=%s%s\n--mtu=%u\n", local, v6 ? ":fe" : ".254",
		net_mtu(p, link_of(p, host)));
	put_parameters(t, p, host);
	text_add(t, "\n%s", h->text);
	if (is_crash(w->f)) /* the cause of a crash may be a timer */
		text_add(t, "%lld %%{ over = 1 }%%\n", (long long)(w->d->end / NSEC_SEC + 2));
	else if (w->d->end >= h->last + NSEC_SEC)
		text_add(t, "%lld %%{ over = 1 }%% // nothing more is sent\n",
			(long long)(w->d->end / NSEC_SEC));
	return t->len < t->size;
}

/* --- is there a script, and does it reproduce the run? ---------------------------------------- */

static bool has_fault(const struct plan *p, enum row_kind kind, int host)
{
	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == kind && p->row[i].arg[FAULT_WHERE] == host)
			return true;
	return false;
}

static bool refuse(const struct writing *w, int host, const char *reason)
{
	snprintf(w->why, PACKET_SCRIPT_WHY, "host %c: %s", 'a' + host, reason);
	return false;
}

/* Runs the script of a host: true if it reproduces what the host sends. */
static bool replays(const struct writing *w, int host)
{
	struct worker_packets run = {.text = w->text, .v6 = plan_net(w->p, NET_V6) != 0};

	worker_packets(&run);
	if (is_crash(w->f))
		return failure_same(&run.failure, w->f) ||
		       refuse(w, host, "its script does not crash");
	if (run.failure.property[0])
		return refuse(w, host, run.failure.text);
	return run.sent == w->d->host[host].sent ||
	       refuse(w, host, "its script sends other packets");
}

static bool try_host(const struct writing *w, int host)
{
	const struct dialogue_host *h = &w->d->host[host];
	struct text t = text_in(w->text, PACKET_SCRIPT_TEXT);

	if (has_fault(w->p, ROW_POWER, host))
		return refuse(w, host, "it loses power");
	if (has_fault(w->p, ROW_ADDRESS, host))
		return refuse(w, host, "it loses its address");
	if (h->cannot)
		return refuse(w, host, h->cannot);
	if (h->calls == 0 || !h->has_peer)
		return refuse(w, host, "no other host speaks to its programs");
	return (put_script(&t, w, host) || refuse(w, host, "it is too long")) && replays(w, host);
}

/* On failure the reason is that of the named host. */
static bool try_hosts(const struct writing *w)
{
	int hosts = plan_ends(w->p);
	int named = named_host(w->p, w->f), first = named >= 0 && named < hosts ? named : 0;
	char why[PACKET_SCRIPT_WHY];
	struct writing other = *w;

	if (try_host(w, first))
		return true;
	other.why = why;
	for (int host = 0; host < hosts; host++)
		if (host != first && try_host(&other, host))
			return true;
	return false;
}

bool packet_script(const struct plan *p, const struct failure *f, char text[PACKET_SCRIPT_TEXT],
	char why[PACKET_SCRIPT_WHY])
{
	struct plan *polls = need(malloc(sizeof(*polls)));
	struct writing w = {polls, f, worker_share(sizeof(*w.d)), text, why};
	struct run_result result;
	bool found;

	*polls = *p;
	wait_by_poll(polls);
	worker_record(polls, w.d, &result);
	found = failure_same(&result.failure, f);
	if (!found)
		snprintf(why, PACKET_SCRIPT_WHY,
			"it needs calls that block, or that are sent together");
	found = found && try_hosts(&w);
	worker_unshare(w.d, sizeof(*w.d));
	free(polls);
	return found;
}
