/* udp_diag.c - the UDP sockets of an instance, a bucket of ports at a time: udp_diag.h. */
#include "stack/udp/udp_diag.h"
#include "stack/udp/udp_priv.h"

struct diag_walk {
	void (*see)(const struct udp_diag *d, void *arg);
	void *arg;
};

static void see_port(struct hash_node *n, void *arg)
{
	const struct diag_walk *w = arg;
	const struct udp_port *port = container_of(n, struct udp_port, node);
	const struct list *l;

	list_for_each(l, &port->socks) {
		const struct udp_sock *u = list_entry(l, const struct udp_sock, by_port);
		struct udp_diag d = {.local = u->local,
			.peer = u->peer,
			.owner = u->owner,
			.ifindex = u->opts.bound_if,
			.v6 = u->v6,
			.v6only = u->opts.v6only,
			.connected = u->connected,
			.shut = (uint8_t)(u->opts.shut_rd | u->opts.shut_wr << 1),
			.rqueue = u->held,
			.wqueue = u->unsent,
			.rcvbuf = u->opts.rcvbuf,
			.sndbuf = u->opts.sndbuf};

		w->see(&d, w->arg);
	}
}

bool udp_diag_next(struct stack *s, struct udp_diag_cursor *at,
	void (*see)(const struct udp_diag *d, void *arg), void *arg)
{
	struct diag_walk w = {see, arg};

	if (at->done)
		return false;
	at->place = hash_scan(&s->udp->ports, at->place, see_port, &w);
	at->done = at->place == 0;
	return !at->done;
}
