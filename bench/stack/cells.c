/*
 * cells.c - the traffic: bulk, round trips, short connections, idle connections. A turn: the client
 * acts, its frames are delivered, the server handles the events of its epoll set, and back.
 */
#include "stack/cells.h"
#include "host/control_answer.h"

#include "base/prng.h"
#include "stack/tcp/tcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
	EVENTS = 256,     /* of one epoll_wait */
	CHURN_OPEN = 64,  /* connections open at a time */
	CONNECT_RUN = 64, /* connects between two turns */
};

#define TURN       (20 * NSEC_USEC)
#define IDLE_TURN  NSEC_MSEC       /* 64,000 new connections a second */
#define CHURN_TURN (5 * NSEC_MSEC) /* so that TIME-WAIT records end, too */

double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void report(double ns, double units, double before)
{
	printf("ns %.2f\nwork %.0f\n", ns / units, units + before);
}

/* --- the server ------------------------------------------------------------------------------- */

struct server {
	struct link *link;
	int first_listener, listeners;
	long accepted, closed;
	uint64_t bytes;
	bool echo;
	uint8_t room[1 << 18];
};

static void server_init(struct server *sv, struct link *l, int listeners)
{
	sv->link = l;
	sv->listeners = listeners;
	for (int i = 0; i < listeners; i++) {
		int fd = link_listen(l, i);

		if (i == 0)
			sv->first_listener = fd;
	}
}

static void server_accept(struct server *sv, int fd)
{
	struct burble *bs = sv->link->side[SERVER].bs;
	int got;

	while ((got = burble_accept4_call(
			bs, fd, (struct burble_addr){NULL, NULL}, SOCK_NONBLOCK, NULL)) >= 0) {
		link_watch(sv->link, SERVER, got, EPOLLIN);
		sv->accepted++;
	}
}

static void server_read(struct server *sv, int fd)
{
	struct burble *bs = sv->link->side[SERVER].bs;
	ssize_t n;

	while ((n = burble_recv_call(bs, fd, (struct iovec){sv->room, sizeof(sv->room)}, 0, NULL)) >
		0) {
		sv->bytes += (uint64_t)n;
		if (sv->echo)
			burble_send_call(bs, fd, (struct iovec){sv->room, (size_t)n}, 0, NULL);
	}
	if (n == 0) {
		burble_close_call(bs, fd, NULL);
		sv->closed++;
	}
}

static void server_turn(struct server *sv)
{
	struct link_side *s = &sv->link->side[SERVER];
	struct epoll_event ev[EVENTS];
	int n;

	while ((n = burble_epoll_wait_call(s->bs, s->ep, ev, EVENTS, NULL)) > 0)
		for (int i = 0; i < n; i++) {
			int fd = ev[i].data.fd - sv->first_listener;

			if (fd >= 0 && fd < sv->listeners)
				server_accept(sv, ev[i].data.fd);
			else
				server_read(sv, ev[i].data.fd);
		}
	link_flush(sv->link, SERVER);
}

static struct server *server_new(struct link *l, int listeners)
{
	struct server *sv = calloc(1, sizeof(*sv));

	must(sv != NULL, "out of memory");
	server_init(sv, l, listeners);
	return sv;
}

/* Also frees the link that it was made for. */
static void server_free(struct server *sv)
{
	link_free(sv->link);
	free(sv);
}

/* Delivers the client's frames, lets the server answer, delivers the answers. */
static void cross(struct server *sv)
{
	link_flush(sv->link, CLIENT);
	link_deliver(sv->link, SERVER);
	server_turn(sv);
	link_deliver(sv->link, CLIENT);
}

static void cross_until_quiet(struct server *sv)
{
	struct link *l = sv->link;

	do {
		cross(sv);
		link_flush(l, CLIENT);
	} while (l->side[CLIENT].in.first || l->side[SERVER].in.first);
}

static int *open_all(struct server *sv, int n, nsec_t turn)
{
	struct link *l = sv->link;
	int *fds = calloc((size_t)n, sizeof(*fds));

	must(fds != NULL, "out of memory");
	for (int i = 0; i < n; i++) {
		fds[i] = link_socket(l, CLIENT, EPOLLIN);
		link_connect(l, fds[i], i % sv->listeners);
		if (i % CONNECT_RUN == CONNECT_RUN - 1 || i == n - 1) {
			cross_until_quiet(sv);
			link_pass(l, turn);
		}
	}
	must(sv->accepted == n, "a connection was not accepted");
	return fds;
}

/* --- bulk ------------------------------------------------------------------------------------- */

static void bulk_run(struct server *sv, int fd, uint64_t bytes)
{
	static const uint8_t text[BULK_WRITE];
	struct burble *bs = sv->link->side[CLIENT].bs;
	uint64_t end = sv->bytes + bytes, sent = sv->bytes;

	while (sv->bytes < end) {
		size_t n = end - sent < BULK_WRITE ? (size_t)(end - sent) : BULK_WRITE;

		if (n > 0) {
			ssize_t took =
				burble_send_call(bs, fd, (struct iovec){(void *)text, n}, 0, NULL);

			sent += took > 0 ? (uint64_t)took : 0;
		}
		cross(sv);
		link_pass(sv->link, TURN);
	}
}

void cell_bulk(const struct link_options *o, long mebibytes)
{
	struct link *l = link_new(o);
	struct server *sv = server_new(l, 1);
	int *fds = open_all(sv, 1, TURN);
	uint64_t bytes = (uint64_t)mebibytes << 20;
	double segment = o->v6 ? BULK_SEGMENT6 : BULK_SEGMENT, start;

	bulk_run(sv, fds[0], bytes / 8);
	start = cpu_ns();
	bulk_run(sv, fds[0], bytes);
	report(cpu_ns() - start, (double)bytes / segment, (double)(bytes / 8) / segment);
	free(fds);
	server_free(sv);
}

/* --- round trips ------------------------------------------------------------------------------ */

static void ask(struct link *l, int fd)
{
	static const uint8_t text[MESSAGE];
	struct iovec v = {(void *)text, MESSAGE};

	must(burble_send_call(l->side[CLIENT].bs, fd, v, 0, NULL) == MESSAGE, "send failed");
}

/* Reads each answer, and sends the next request if `again`; returns the number of answers. */
static long answers(struct link *l, bool again)
{
	struct link_side *s = &l->side[CLIENT];
	struct epoll_event ev[EVENTS];
	uint8_t room[4 * MESSAGE];
	long done = 0;
	int n;

	while ((n = burble_epoll_wait_call(s->bs, s->ep, ev, EVENTS, NULL)) > 0)
		for (int i = 0; i < n; i++) {
			struct iovec v = {room, sizeof(room)};

			if (burble_recv_call(s->bs, ev[i].data.fd, v, 0, NULL) != MESSAGE)
				continue;
			if (again)
				ask(l, ev[i].data.fd);
			done++;
		}
	return done;
}

/* Connections are served in an order that no cache can predict. */
static void shuffle(int *fds, int n)
{
	struct prng p;

	prng_seed(&p, 7);
	for (int i = n - 1; i > 0; i--) {
		int at = (int)prng_below(&p, (uint64_t)i + 1), fd = fds[i];

		fds[i] = fds[at];
		fds[at] = fd;
	}
}

static void rtt_run(struct server *sv, long round_trips)
{
	for (long done = 0; done < round_trips;) {
		cross(sv);
		done += answers(sv->link, true);
		link_pass(sv->link, TURN);
	}
}

void cell_rtt(const struct link_options *o, int connections, long round_trips)
{
	struct link *l = link_new(o);
	struct server *sv = server_new(l, SERVER_PORTS);
	int *fds = open_all(sv, connections, TURN);
	long before = round_trips / 8 + connections;
	double start;

	sv->echo = true;
	shuffle(fds, connections);
	for (int i = 0; i < connections; i++)
		ask(l, fds[i]);
	rtt_run(sv, before);
	start = cpu_ns();
	rtt_run(sv, round_trips);
	report(cpu_ns() - start, (double)round_trips, (double)before);
	free(fds);
	server_free(sv);
}

/* --- connect, 64 bytes, close ----------------------------------------------------------------- */

static void churn_open(struct link *l, int n)
{
	link_connect(l, link_socket(l, CLIENT, EPOLLOUT), n % SERVER_PORTS);
}

/* Connected: sends and closes. */
static void churn_speak(struct link *l)
{
	struct link_side *s = &l->side[CLIENT];
	struct epoll_event ev[EVENTS];
	int n;

	while ((n = burble_epoll_wait_call(s->bs, s->ep, ev, EVENTS, NULL)) > 0)
		for (int i = 0; i < n; i++) {
			ask(l, ev[i].data.fd);
			burble_close_call(s->bs, ev[i].data.fd, NULL);
		}
}

static void churn_run(struct server *sv, long connections)
{
	long opened = sv->closed, end = sv->closed + connections;

	while (sv->closed < end) {
		for (; opened < end && opened - sv->closed < CHURN_OPEN; opened++)
			churn_open(sv->link, (int)(opened % SERVER_PORTS));
		cross(sv);
		churn_speak(sv->link);
		link_pass(sv->link, CHURN_TURN);
	}
}

void cell_churn(const struct link_options *o, long connections)
{
	struct link *l = link_new(o);
	struct server *sv = server_new(l, SERVER_PORTS);
	double start;

	churn_run(sv, connections / 4);
	start = cpu_ns();
	churn_run(sv, connections);
	report(cpu_ns() - start, (double)connections, (double)(connections / 4));
	must(sv->bytes == (uint64_t)(connections + connections / 4) * MESSAGE, "bytes are missing");
	server_free(sv);
}

/* --- one message to many ---------------------------------------------------------------------- */

/* The accepted sockets: the descriptors after the epoll sets and the listeners. */
static void fanout_run(struct server *sv, int connections, long messages)
{
	struct link *l = sv->link;
	struct burble *bs = l->side[SERVER].bs;
	int first = sv->first_listener + sv->listeners;

	for (long m = 0; m < messages; m++) {
		struct chunk *line = chunk_new(MESSAGE);
		long read = 0;

		must(line != NULL, "out of memory");
		memset(line->data, 'x', MESSAGE);
		for (int i = 0; i < connections; i++)
			must(burble_send_ref(bs, first + i, line, line->data, MESSAGE) == MESSAGE,
				"send failed");
		chunk_drop(line);
		while (read < connections) {
			link_flush(l, SERVER);
			link_deliver(l, CLIENT);
			read += answers(l, false);
			link_flush(l, CLIENT);
			link_deliver(l, SERVER);
			link_pass(l, TURN);
		}
	}
}

void cell_fanout(const struct link_options *o, int connections, long messages)
{
	struct link *l = link_new(o);
	struct server *sv = server_new(l, SERVER_PORTS);
	int *fds = open_all(sv, connections, TURN);
	long before = messages / 8 + 1;
	double start;

	fanout_run(sv, connections, before);
	start = cpu_ns();
	fanout_run(sv, connections, messages);
	report(cpu_ns() - start, (double)messages * connections, (double)before * connections);
	free(fds);
	server_free(sv);
}

/* --- idle ------------------------------------------------------------------------------------- */

static double rss_bytes(void)
{
	long pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	must(f && fscanf(f, "%ld %ld", &pages, &resident) == 2, "/proc/self/statm cannot be read");
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

/* Bytes of records in use, by kind, for one end of a connection. */
static void records(struct link *l, int connections, const char *when)
{
	double n = (double)connections * SIDES, sum[7] = {0};
	static const char *const names[] = {
		"connection", "awake", "table", "socket", "descriptor", "epoll_item", "port"};

	for (int i = 0; i < SIDES; i++) {
		struct tcp_memory t;
		struct burble_memory b;

		tcp_memory(l->side[i].stack, &t);
		burble_memory(l->side[i].bs, &b);
		sum[0] += (double)t.idle_bytes;
		sum[1] += (double)t.awake_bytes;
		sum[2] += (double)t.table_bytes;
		sum[3] += (double)b.socks;
		sum[4] += (double)b.descriptors;
		sum[5] += (double)b.epoll_items;
		sum[6] += (double)t.port_bytes;
	}
	double all = 0;
	for (size_t i = 0; i < ARRAY_SIZE(sum); i++) {
		printf("%s%s_bytes %.1f\n", when, names[i], sum[i] / n);
		all += sum[i] / n;
	}
	printf("%srecords_per_connection %.1f\n", when, all);
}

void cell_idle(const struct link_options *o, int connections)
{
	struct link *l = link_new(o);
	struct server *sv = server_new(l, SERVER_PORTS);
	double before = rss_bytes();
	int *fds = open_all(sv, connections, IDLE_TURN);

	link_settle(l, 2 * NSEC_SEC);
	records(l, connections, "");
	printf("rss_per_connection %.1f\n", (rss_bytes() - before) / connections / SIDES);
	sv->echo = true;
	for (int i = 0; i < connections; i++) {
		ask(l, fds[i]);
		if (i % CONNECT_RUN == CONNECT_RUN - 1 || i == connections - 1) {
			cross_until_quiet(sv);
			answers(l, false);
			link_pass(l, IDLE_TURN);
		}
	}
	link_settle(l, 2 * NSEC_SEC);
	records(l, connections, "spoken_");
	free(fds);
	server_free(sv);
}

/* --- a listing -------------------------------------------------------------------------------- */

/* The answer to one request of ss, made in pieces as between the turns of a server. */
static void list_once(struct burble *b, const char *line, double *ns, double *longest)
{
	struct control_source source = {.b = b, .name = "bench"};
	struct control_request request;
	struct control_answer a;
	struct control_out out = {0};
	char text[128];
	double start;
	bool more = true;

	snprintf(text, sizeof(text), "%s", line);
	must(!control_parse(&request, text), "the request is wrong");
	must(control_answer_begin(&a, &source, &request, &out), "the request is refused");
	for (*ns = *longest = 0; more; out.len = 0) {
		start = cpu_ns();
		more = control_answer_more(&a, &out);
		start = cpu_ns() - start;
		*ns += start;
		*longest = start > *longest ? start : *longest;
	}
	control_answer_end(&a);
	free(out.at);
}

void cell_list(const struct link_options *o, int connections)
{
	struct link *l = link_new(o);
	struct server *sv = server_new(l, SERVER_PORTS);
	int *fds = open_all(sv, connections, IDLE_TURN);
	double plain, info, longest[2];

	link_settle(l, 2 * NSEC_SEC);
	list_once(l->side[SERVER].bs, "sockets tcp", &plain, &longest[0]);
	list_once(l->side[SERVER].bs, "sockets tcp info mem", &info, &longest[1]);
	printf("list_ms %.1f\nlist_longest_piece_us %.0f\n", plain / 1e6, longest[0] / 1e3);
	printf("list_info_ms %.1f\nlist_info_longest_piece_us %.0f\n", info / 1e6,
		longest[1] / 1e3);
	report(info, connections, 0);
	free(fds);
	server_free(sv);
}
