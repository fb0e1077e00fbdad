/* ss_text.c - a row, its timer and its details in ss's words: ss_text.h. */
#include "observe/ss_text.h"

#include <inttypes.h>
#include <stdio.h>

static void put_port(char *out, const struct sock_row *r, uint16_t port, const struct ss_options *o)
{
	const char *name = o->numeric || !o->service || port == 0 ? NULL : o->service(port, r->udp);

	if (name)
		snprintf(out, SS_CELL_MAX, "%s", name);
	else if (port)
		snprintf(out, SS_CELL_MAX, "%u", port);
	else
		snprintf(out, SS_CELL_MAX, "*");
}

/* An AF_INET6 socket shows IPv4 addresses as mapped, and the one that takes both as "*". */
static void put_addr(char *out, const struct sock_row *r, const struct ip_addr *a, const char *dev)
{
	char text[IP_ADDR_TEXT_MAX];
	const char *at = dev[0] ? "%" : "";

	ip_addr_text(text, a);
	if (!r->v6)
		snprintf(out, SS_CELL_MAX, "%s%s%s:", text, at, dev);
	else if (ip_addr_is_v4(a))
		snprintf(out, SS_CELL_MAX, "[::ffff:%s]%s%s:", text, at, dev);
	else if (ip_addr_is_any(a) && !r->v[SOCK_V6ONLY])
		snprintf(out, SS_CELL_MAX, "*%s%s:", at, dev);
	else
		snprintf(out, SS_CELL_MAX, "[%s]%s%s:", text, at, dev);
}

static void put_host(char *out, const struct sock_row *r, const struct ip_addr *a, const char *dev,
	const struct ss_options *o)
{
	const char *name = o->host ? o->host(o->hosts, a) : NULL;

	if (name)
		snprintf(out, SS_CELL_MAX, "%s%s%s:", name, dev[0] ? "%" : "", dev);
	else
		put_addr(out, r, a, dev);
}

void ss_cells(struct ss_cells *out, const struct sock_row *r, const struct ss_options *o)
{
	snprintf(out->text[0], SS_CELL_MAX, "%s", r->udp ? "udp" : "tcp");
	snprintf(out->text[1], SS_CELL_MAX, "%s", sock_state_name(r->state));
	snprintf(out->text[2], SS_CELL_MAX, "%" PRIu64, r->v[SOCK_RECV_Q]);
	snprintf(out->text[3], SS_CELL_MAX, "%" PRIu64, r->v[SOCK_SEND_Q]);
	put_host(out->text[4], r, &r->local, r->dev, o);
	put_port(out->text[5], r, r->lport, o);
	put_host(out->text[6], r, &r->peer, "", o);
	put_port(out->text[7], r, r->pport, o);
}

/* 119min, 1min59sec, 9.500sec, 204ms: what is small beside the rest is left out. */
static void add_span(struct text *t, uint64_t ms)
{
	uint64_t minutes = ms / 60000, secs = ms / 1000 % 60, rest = ms % 1000;

	if (minutes) {
		text_add(t, "%" PRIu64 "min", minutes);
		rest = 0;
		secs = minutes > 9 ? 0 : secs;
	}
	if (secs > 9)
		rest = 0;
	if (secs)
		text_add(t, "%" PRIu64 "%s", secs, rest ? "." : "sec");
	if (rest)
		text_add(t, "%03" PRIu64 "%s", rest, secs ? "sec" : "ms");
}

static void add_timer(struct text *t, const struct sock_row *r)
{
	static const char *const names[] = {"off", "on", "keepalive", "timewait", "persist"};
	uint64_t timer = r->v[SOCK_TIMER];

	if (timer == SOCK_TIMER_OFF)
		return;
	text_add(t, " timer:(%s,", timer < ARRAY_SIZE(names) ? names[timer] : "unknown");
	add_span(t, r->v[SOCK_EXPIRES]);
	text_add(t, ",%" PRIu64 ")", r->v[SOCK_RETRANSMITS]);
}

static void add_details(struct text *t, const struct sock_row *r)
{
	if (r->v[SOCK_UID])
		text_add(t, " uid:%" PRIu64, r->v[SOCK_UID]);
	text_add(t, " ino:%" PRIu64 " sk:%" PRIx64, r->v[SOCK_INO], r->v[SOCK_INO]);
	if (r->v6)
		text_add(t, " v6only:%" PRIu64, r->v[SOCK_V6ONLY]);
	text_add(t, " %c-%c", r->v[SOCK_SHUT] & 1 ? '-' : '<', r->v[SOCK_SHUT] & 2 ? '-' : '>');
}

void ss_more(struct text *t, const struct sock_row *r, const struct ss_options *o)
{
	int fd = o->processes && o->descriptor && r->v[SOCK_INO]
			 ? o->descriptor(o->descriptors, r->v[SOCK_INO])
			 : -1;

	if (fd >= 0)
		text_add(t, " users:((\"%s\",pid=%d,fd=%d))", o->command, o->pid, fd);
	if (o->timers)
		add_timer(t, r);
	if (o->details)
		add_details(t, r);
}
