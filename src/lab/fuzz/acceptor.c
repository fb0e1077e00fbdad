/* acceptor.c - the programs that accept: acceptor.h. */
#include "lab/fuzz/acceptor.h"

#include "lab/fuzz/noted.h"
#include "lab/fuzz/strand.h"

void acceptor_due(struct acceptor *a, nsec_t when)
{
	if (when < a->due)
		a->due = when;
	net_due(&a->run->net, when);
}

static void acceptor_woken(struct burble_call *call)
{
	struct acceptor *a = call->ctx;

	acceptor_due(a, a->run->net.world.now);
}

void acceptor_start(struct acceptor *a)
{
	struct run *r = a->run;
	struct burble *b = noted_begin(r, a->host);
	static const struct knob reuse = {
		.name = "SO_REUSEADDR", .level = SOL_SOCKET, .option = SO_REUSEADDR};
	char text[32];
	int err;

	a->fd = noted_socket(&(struct caller){r, b, a->host});
	noted_setsockopt(&(struct caller){r, b, a->host}, a->fd, &reuse, 1);
	for (int i = 0; i < r->ends; i++) {
		const struct row *c = plan_conn(r->net.plan, r->end[i].id);

		if (r->end[i].side == 1 && c->arg[CONN_SERVER] == a->host &&
			c->arg[CONN_PORT] == a->port)
			program_options(r, b, a->fd, &r->end[i]);
	}
	noted_bind(&(struct caller){r, b, a->host}, a->fd, PLAN_PORT + a->port);
	err = burble_listen(b, a->fd, a->backlog);
	noted_call(r, a->host, "listen(%d, %d) = %s", a->fd + DIALOGUE_FD, a->backlog,
		noted_result(err, text));
	a->call = burble_call_start();
	acceptor_due(a, r->net.world.now);
}

void acceptor_stop(struct acceptor *a)
{
	if (a->fd >= 0)
		burble_interrupt(&a->call);
	a->fd = -1;
	a->due = NSEC_MAX;
}

/* The server of the client with this port; NULL: there is none. */
static struct end *server_of(struct run *r, const struct sockaddr_storage *peer)
{
	const struct sockaddr_in *in =
		(const struct sockaddr_in *)peer; /* the port is at the same offset in both */
	int64_t id = ntohs(in->sin_port) - PLAN_CLIENT_PORT;

	for (int i = 1; i < r->ends; i += 2)
		if (r->end[i].id == id)
			return &r->end[i];
	return NULL;
}

static void accepted(struct acceptor *a, struct burble *b, int fd)
{
	struct end *e = server_of(a->run, &a->peer);

	fuzz_note(a->run, fd);
	noted_call(a->run, a->host, "accept(%d, ..., ...) = %d", a->fd + DIALOGUE_FD,
		fd + DIALOGUE_FD);
	if (!e || e->state != END_IDLE) {
		if (e)
			e->twin = true;
		noted_close(&(struct caller){a->run, b, a->host}, fd);
		return;
	}
	e->fd = fd;
	e->state = END_OPEN;
	program_due(e, a->run->net.world.now);
}

void acceptor_run(struct acceptor *a)
{
	struct burble *b = noted_begin(a->run, a->host);

	while (a->fd >= 0 && b && !a->run->net.frozen[a->host]) {
		struct burble_addr peer = {(struct sockaddr *)&a->peer, &a->peer_len};
		int fd;

		if (a->call.phase && !a->call.ready)
			break;
		a->peer_len = sizeof(a->peer);
		a->call.wake = acceptor_woken;
		a->call.ctx = a;
		fd = burble_accept4_call(b, a->fd, peer, 0, &a->call);
		if (fd == -BURBLE_BLOCKED)
			break;
		if (fd >= 0)
			accepted(a, b, fd);
		a->call = burble_call_start();
	}
	host_wake(a->run->net.host[a->host]);
}
