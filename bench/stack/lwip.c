/*
 * lwip.c - lwipbench CELL N [M]: the cells of stackbench that lwIP can do, on two interfaces of one
 * process, through its own (raw) interface of callbacks:
 *
 *     bulk MIB   rtt CONNECTIONS ROUND-TRIPS   churn CONNECTIONS
 *
 *     client, bound to netif 0, 10.0.1.1 - queue of frames - 10.0.2.2, netif 1, bound to server
 *
 * As in stackbench a frame is copied once in transit, a turn passes at most 64 of them, the
 * application copies the data it reads, and time is virtual: TURNS_A_TIMER turns are a quarter of a
 * second. Debian's build: checksums in software, no timestamps, no SACK, windows of 64 KiB.
 */
#include <lwip/init.h>
#include <lwip/ip4.h>
#include <lwip/netif.h>
#include <lwip/priv/tcp_priv.h>
#include <lwip/tcp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	PORT = 700,
	MESSAGE = 64,
	BATCH = 64,
	WRITE = 65536,
	CHURN_OPEN = 64,
	TURNS_A_TIMER = 12500, /* of 20 microseconds */
};

/* Frames in flight to an interface. */
struct queue {
	struct pbuf **frame; /* a ring */
	size_t first, count, room;
};

struct bench {
	struct netif netif[2];
	struct queue in[2];
	long turns;
	unsigned long long received; /* by the server */
	long answers, closed, asked, questions;
	int echo;
	char text[WRITE], room[WRITE];
};

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "lwipbench: %s\n", what);
	exit(1);
}

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* --- the wire --------------------------------------------------------------------------------- */

static void queue_add(struct queue *q, struct pbuf *p)
{
	if (q->count == q->room) {
		size_t room = q->room ? 2 * q->room : 1024;
		struct pbuf **frame = malloc(room * sizeof(struct pbuf *));

		must(frame != NULL, "out of memory");
		for (size_t i = 0; i < q->count; i++)
			frame[i] = q->frame[(q->first + i) % q->room];
		free(q->frame);
		q->frame = frame;
		q->first = 0;
		q->room = room;
	}
	q->frame[(q->first + q->count++) % q->room] = p;
}

static err_t wire_send(struct netif *netif, struct pbuf *p, const ip4_addr_t *to)
{
	struct bench *b = netif->state;
	struct pbuf *copy = pbuf_alloc(PBUF_RAW, p->tot_len, PBUF_RAM);

	(void)to;
	must(copy && pbuf_copy(copy, p) == ERR_OK, "out of memory for frames");
	queue_add(&b->in[netif == &b->netif[0]], copy);
	return ERR_OK;
}

static err_t wire_init(struct netif *netif)
{
	netif->output = wire_send;
	netif->mtu = 1500;
	netif->name[0] = 'w';
	return ERR_OK;
}

static void deliver(struct bench *b, int side)
{
	struct queue *q = &b->in[side];

	for (int n = 0; n < BATCH && q->count > 0; n++) {
		struct pbuf *p = q->frame[q->first];

		q->first = (q->first + 1) % q->room;
		q->count--;
		b->netif[side].input(p, &b->netif[side]);
	}
}

/* A turn: frames to the server, and its answers back. */
static void turn(struct bench *b)
{
	deliver(b, 1);
	deliver(b, 0);
	if (++b->turns % TURNS_A_TIMER == 0)
		tcp_tmr();
}

static void interface(struct bench *b, int side, u8_t net, u8_t host)
{
	ip4_addr_t a, mask, gateway;

	IP4_ADDR(&a, 10, 0, net, host);
	IP4_ADDR(&mask, 255, 255, 255, 0);
	IP4_ADDR(&gateway, 10, 0, net, 254);
	must(netif_add(&b->netif[side], &a, &mask, &gateway, b, wire_init, ip4_input) != NULL,
		"no interface");
	netif_set_up(&b->netif[side]);
	netif_set_link_up(&b->netif[side]);
}

/* --- the server ------------------------------------------------------------------------------- */

static err_t server_recv(void *ctx, struct tcp_pcb *c, struct pbuf *p, err_t err)
{
	struct bench *b = ctx;
	u16_t n;

	(void)err;
	if (!p) {
		b->closed++;
		return tcp_close(c);
	}
	n = pbuf_copy_partial(p, b->room, p->tot_len, 0);
	b->received += n;
	tcp_recved(c, n);
	pbuf_free(p);
	if (b->echo) {
		must(tcp_write(c, b->room, n, TCP_WRITE_FLAG_COPY) == ERR_OK, "no room to answer");
		tcp_output(c);
	}
	return ERR_OK;
}

static err_t server_accept(void *ctx, struct tcp_pcb *c, err_t err)
{
	must(err == ERR_OK && c, "a connection was not accepted");
	tcp_arg(c, ctx);
	tcp_recv(c, server_recv);
	return ERR_OK;
}

static struct bench *begin(void)
{
	struct bench *b = calloc(1, sizeof(*b));
	struct tcp_pcb *l;

	must(b != NULL, "out of memory");
	lwip_init();
	interface(b, 0, 1, 1);
	interface(b, 1, 2, 2);
	l = tcp_new();
	must(l && tcp_bind(l, &b->netif[1].ip_addr, PORT) == ERR_OK, "bind failed");
	tcp_bind_netif(l, &b->netif[1]);
	l = tcp_listen(l);
	must(l != NULL, "listen failed");
	tcp_arg(l, b);
	tcp_accept(l, server_accept);
	return b;
}

/* --- the client ------------------------------------------------------------------------------- */

static void ask(struct bench *b, struct tcp_pcb *c)
{
	must(tcp_write(c, b->text, MESSAGE, TCP_WRITE_FLAG_COPY) == ERR_OK, "no room to ask");
	tcp_output(c);
	b->asked++;
}

static err_t client_recv(void *ctx, struct tcp_pcb *c, struct pbuf *p, err_t err)
{
	struct bench *b = ctx;

	(void)err;
	if (!p)
		return tcp_close(c);
	pbuf_copy_partial(p, b->room, p->tot_len, 0);
	tcp_recved(c, p->tot_len);
	pbuf_free(p);
	b->answers++;
	if (b->asked < b->questions)
		ask(b, c);
	return ERR_OK;
}

static struct tcp_pcb *open_one(struct bench *b, tcp_connected_fn connected)
{
	struct tcp_pcb *c = tcp_new();

	must(c != NULL, "out of memory for a connection");
	tcp_arg(c, b);
	tcp_bind_netif(c, &b->netif[0]);
	must(tcp_bind(c, &b->netif[0].ip_addr, 0) == ERR_OK, "no port");
	tcp_recv(c, client_recv);
	tcp_nagle_disable(c);
	must(tcp_connect(c, &b->netif[1].ip_addr, PORT, connected) == ERR_OK, "connect failed");
	return c;
}

static err_t nothing(void *ctx, struct tcp_pcb *c, err_t err)
{
	(void)ctx;
	(void)c;
	return err;
}

/* --- cells ------------------------------------------------------------------------------------ */

static void report(double ns, double units)
{
	printf("ns %.2f\n", ns / units);
}

static void bulk_run(struct bench *b, struct tcp_pcb *c, unsigned long long bytes)
{
	unsigned long long end = b->received + bytes, sent = b->received;

	while (b->received < end) {
		u16_t room = tcp_sndbuf(c), n = end - sent < room ? (u16_t)(end - sent) : room;

		if (n > 0 && tcp_write(c, b->text, n, TCP_WRITE_FLAG_COPY) == ERR_OK)
			sent += n;
		tcp_output(c);
		turn(b);
	}
}

static void bulk(struct bench *b, long mebibytes)
{
	unsigned long long bytes = (unsigned long long)mebibytes << 20;
	struct tcp_pcb *c = open_one(b, nothing);
	double start;

	for (int i = 0; i < 4; i++)
		turn(b);
	bulk_run(b, c, bytes / 8);
	start = cpu_ns();
	bulk_run(b, c, bytes);
	report(cpu_ns() - start, (double)bytes / TCP_MSS);
}

static void rtt_run(struct bench *b, long n)
{
	long end = b->answers + n;

	while (b->answers < end)
		turn(b);
}

static void rtt(struct bench *b, long connections, long n)
{
	struct tcp_pcb **c = calloc((size_t)connections, sizeof(struct tcp_pcb *));
	double start;

	must(c != NULL, "out of memory");
	b->echo = 1;
	b->questions = n + n / 4 + 2 * connections;
	for (long i = 0; i < connections; i++) {
		c[i] = open_one(b, nothing);
		for (int k = 0; k < 4; k++)
			turn(b);
	}
	for (long i = 0; i < connections; i++)
		ask(b, c[i]);
	rtt_run(b, n / 8 + connections);
	start = cpu_ns();
	rtt_run(b, n);
	report(cpu_ns() - start, (double)n);
	free(c);
}

static err_t speak(void *ctx, struct tcp_pcb *c, err_t err)
{
	ask(ctx, c);
	return err == ERR_OK ? tcp_close(c) : err;
}

/* TIME-WAIT records are removed at once: each new port searches their list. */
static void churn_run(struct bench *b, long n)
{
	long opened = b->closed, end = b->closed + n;

	while (b->closed < end) {
		for (; opened < end && opened - b->closed < CHURN_OPEN; opened++)
			open_one(b, speak);
		turn(b);
		while (tcp_tw_pcbs)
			tcp_abort(tcp_tw_pcbs);
	}
}

static void churn(struct bench *b, long n)
{
	double start;

	churn_run(b, n / 4);
	start = cpu_ns();
	churn_run(b, n);
	report(cpu_ns() - start, (double)n);
	must(b->received >= (unsigned long long)n * MESSAGE, "bytes are missing");
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0, m = argc > 3 ? atol(argv[3]) : 0;
	struct bench *b = begin();

	if (n > 0 && strcmp(argv[1], "bulk") == 0)
		bulk(b, n);
	else if (n > 0 && m > 0 && strcmp(argv[1], "rtt") == 0)
		rtt(b, n, m);
	else if (n > 0 && strcmp(argv[1], "churn") == 0)
		churn(b, n);
	else
		must(0, "usage: lwipbench bulk MIB | rtt CONNECTIONS ROUND-TRIPS | churn "
			"CONNECTIONS");
	return 0;
}
