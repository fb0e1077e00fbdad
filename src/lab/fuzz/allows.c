/* allows.c - what a plan allows to go wrong: allows.h. */
#include "lab/fuzz/allows.h"

#include "lab/fuzz/knob.h"

enum {
	MILD = 30000, /* millionths: always repaired by retransmission */
};

#define SHORT_FAULT (10 * NSEC_SEC)

bool allows_a_shut_window(const struct plan *p, int host)
{
	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *r = &p->row[i];

		if (r->kind == ROW_SYSCTL && r->arg[SYSCTL_HOST] == host &&
			r->arg[SYSCTL_VALUE] != 0 &&
			strcmp(knob_sysctl(r->arg[SYSCTL_NAME])->name,
				"net.ipv4.tcp_shrink_window") == 0)
			return true;
	}
	return false;
}

bool allows_a_shut_window_elsewhere(const struct plan *p, int host)
{
	for (int i = 0; i < plan_hosts(p); i++)
		if (i != host && allows_a_shut_window(p, i))
			return true;
	return false;
}

static bool row_kills(const struct row *r)
{
	switch (r->kind) {
	case ROW_LOSS:
	case ROW_CORRUPT: return r->arg[LINK_VALUE] > MILD;
	case ROW_STORM:
	case ROW_CUT:
	case ROW_ADDRESS:
	case ROW_SWALLOW: return r->arg[FAULT_FOR] > SHORT_FAULT;
	case ROW_SYSCTL: return knob_sysctl(r->arg[SYSCTL_NAME])->kills;
	case ROW_OPTION: return knob_option(r->arg[OPTION_NAME])->kills;
	case ROW_CONN: return r->arg[CONN_BACKLOG] < PLAN_CONNS;
	case ROW_BURSTS:
	case ROW_POWER:
	case ROW_CRASH:
	case ROW_FORGET: return true;
	}
	return false;
}

/* A NAT drops a half-closed connection after a minute without a packet. */
static bool nat_forgets(const struct plan *p, const struct row *r)
{
	bool acts = r->kind == ROW_WRITE || r->kind == ROW_READ;
	nsec_t quiet = r->kind == ROW_FREEZE                 ? r->arg[FAULT_FOR]
		       : acts && r->arg[ACT_DO] == ACT_PAUSE ? r->arg[ACT_N]
							     : 0;

	return plan_net(p, NET_SHAPE) == NET_NAT && quiet > SHORT_FAULT;
}

/* A flow of datagrams keeps a slow link busy as long as a cut that ends connections. */
static bool fills_a_link(const struct plan *p, const struct row *flow)
{
	int64_t bits = flow->kind == ROW_UDP ? flow->arg[UDP_COUNT] * flow->arg[UDP_BYTES] * 8 : 0;

	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == ROW_RATE &&
			bits / (p->row[i].arg[LINK_VALUE] + 1) >= SHORT_FAULT / NSEC_SEC)
			return true;
	return false;
}

bool allows_death(const struct plan *p)
{
	for (uint32_t i = 0; i < p->rows; i++)
		if (row_kills(&p->row[i]) || nat_forgets(p, &p->row[i]) ||
			fills_a_link(p, &p->row[i]))
			return true;
	return false;
}
