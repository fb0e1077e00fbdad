/* netstat_text.c - sockets as netstat lists them: netstat_text.h. */
#include "observe/netstat_text.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	ADDR_CHARS = 22,  /* of an address and its port, without the colon, unless wide */
	ADDR_COLUMN = 23, /* what they are padded to */
	PORT_CHARS = 18,  /* of the name of a port, if it must be cut */
	PROCESS_COLUMN = 20,
};

static const char *const states[SOCK_STATES] = {"", "ESTABLISHED", "SYN_SENT", "SYN_RECV",
	"FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN",
	"CLOSING"};

void netstat_text_header(struct text *t, const struct netstat_options *o)
{
	text_add(t, "Proto Recv-Q Send-Q Local Address           Foreign Address         "
		    "State      ");
	if (o->processes)
		text_add(t, " %-*s", PROCESS_COLUMN, "PID/Program name");
	if (o->timers)
		text_add(t, " Timer");
	text_add(t, "\n");
}

/* An address that is too long is cut, so that its port stays. */
static void add_end(
	struct text *t, const struct sock_row *r, bool peer, const struct netstat_options *o)
{
	uint16_t port = peer ? r->pport : r->lport;
	const char *name = o->numeric || !o->service || !port ? NULL : o->service(port, r->udp);
	char addr[IP_ADDR_TEXT_MAX], number[8], whole[IP_ADDR_TEXT_MAX + 64];
	int addr_chars, port_chars;

	ip_addr_text(addr, peer ? &r->peer : &r->local);
	snprintf(number, sizeof(number), port ? "%u" : "*", port);
	if (!name)
		name = number;
	addr_chars = (int)strlen(addr);
	port_chars = (int)strlen(name);
	if (!o->wide && addr_chars + port_chars > ADDR_CHARS) {
		port_chars = port_chars < PORT_CHARS ? port_chars : PORT_CHARS;
		addr_chars = ADDR_CHARS - port_chars;
	}
	snprintf(whole, sizeof(whole), "%.*s:%.*s", addr_chars, addr, port_chars, name);
	text_add(t, " %-*s", ADDR_COLUMN, whole);
}

static void add_timer(struct text *t, const struct sock_row *r)
{
	static const char *const names[] = {"off", "on", "keepalive", "timewait", "probe"};
	uint64_t timer = r->v[SOCK_TIMER], count = r->v[SOCK_RETRANSMITS];
	bool probes = timer == SOCK_TIMER_KEEPALIVE || timer == SOCK_TIMER_PERSIST;

	text_add(t, " %s (%.2f/%" PRIu64 "/%" PRIu64 ")",
		timer < ARRAY_SIZE(names) ? names[timer] : "unknown",
		(double)r->v[SOCK_EXPIRES] / 1000, probes ? 0 : count, probes ? count : 0);
}

void netstat_text_row(struct text *t, const struct sock_row *r, const struct netstat_options *o)
{
	bool listens = r->state == SOCK_STATE_LISTEN, unnamed = r->udp && r->state != 1;

	text_add(t, "%s%-2s %6" PRIu64 " %6" PRIu64, r->udp ? "udp" : "tcp", r->v6 ? "6" : "",
		r->v[SOCK_RECV_Q], listens ? 0 : r->v[SOCK_SEND_Q]);
	add_end(t, r, false, o);
	add_end(t, r, true, o);
	text_add(t, " %-11s", unnamed || r->state >= SOCK_STATES ? "" : states[r->state]);
	if (o->processes) {
		char process[PROCESS_COLUMN + 32] = "-";

		if (r->v[SOCK_INO])
			snprintf(process, sizeof(process), "%d/%s", o->pid, o->command);
		text_add(t, " %-*.*s", PROCESS_COLUMN, PROCESS_COLUMN, process);
	}
	if (o->timers)
		add_timer(t, r);
	text_add(t, "\n");
}
