/* clients.c - see clients.h. */
#include "million/clients.h"

#include "million/must.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

enum {
	EVENTS = 256,
	STEP_FRAMES = 4096, /* taken off the cable in a step */
	DESTINATION = 16,   /* of an IPv4 header: its place */
};

static struct host *host_of(struct clients *c, uint32_t i)
{
	return &c->host[i % HOSTS];
}

void clients_at(struct clients *c, nsec_t now)
{
	c->now = now;
}

bool client_is_dark(const struct clients *c, uint32_t i)
{
	return c->host[i % HOSTS].dark;
}

static void host_open(struct host *h, uint32_t n, const struct wire *rings, nsec_t now)
{
	h->wire.out = rings->out;
	h->wire.full = rings->full;
	h->wire.ctx = rings->ctx;
	wire_open(&h->wire, CLIENT_ADDR + n, now);
	h->ep = burble_epoll_create1(h->wire.bs, 0);
	must(h->ep >= 0, "no epoll set");
}

struct clients *clients_new(uint32_t count, const struct wire *rings, nsec_t now)
{
	struct clients *c = calloc(1, sizeof(*c));

	must(c && count <= CLIENTS_MAX, "too many clients");
	c->client = calloc(count, sizeof(*c->client));
	must(c->client != NULL, "out of memory for clients");
	c->count = count;
	c->now = now;
	c->in = rings->in;
	for (uint32_t h = 0; h < HOSTS; h++)
		host_open(&c->host[h], h, rings, now);
	return c;
}

void clients_free(struct clients *c)
{
	for (uint32_t h = 0; h < HOSTS; h++)
		if (!c->host[h].dark)
			wire_close(&c->host[h].wire);
	for (uint32_t i = 0; i < c->count; i++)
		line_free(&c->client[i].in);
	free(c->client);
	free(c);
}

/* --- what a client says ----------------------------------------------------------------------- */

static struct sockaddr_in address(uint32_t ip, uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(ip)};
}

void client_connect(struct clients *c, uint32_t i)
{
	struct burble *b = host_of(c, i)->wire.bs;
	struct sockaddr_in own =
		address(CLIENT_ADDR + i % HOSTS, (uint16_t)(FIRST_PORT + i / HOSTS));
	struct sockaddr_in to = address(SERVER_ADDR, SERVER_PORT);
	struct epoll_event e = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u32 = i};
	struct client *k = &c->client[i];
	int on = 1;

	k->fd = burble_socket(b, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	must(k->fd >= 0, "no socket");
	burble_setsockopt(b, k->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	must(burble_bind(b, k->fd, (struct sockaddr *)&own, sizeof(own)) == 0, "bind failed");
	must(burble_connect(b, k->fd, (struct sockaddr *)&to, sizeof(to)) == -EINPROGRESS,
		"connect failed");
	must(burble_epoll_ctl(b, host_of(c, i)->ep, EPOLL_CTL_ADD, k->fd, &e) == 0,
		"epoll_ctl failed");
	k->state = CLIENT_CONNECTING;
}

void client_say(struct clients *c, uint32_t i, const char *line)
{
	char text[512];
	int n = snprintf(text, sizeof(text), "%s\r\n", line);

	stack_at(host_of(c, i)->wire.stack, c->now);
	must(burble_send(host_of(c, i)->wire.bs, c->client[i].fd, text, (size_t)n, 0) == n,
		"a client cannot send");
}

void client_message(struct clients *c, uint32_t i, const char *channel, uint32_t number)
{
	char line[128];

	snprintf(line, sizeof(line), "PRIVMSG %s :%x %llx a line of a usual length, as people type",
		channel, number, (unsigned long long)c->now);
	client_say(c, i, line);
}

/* --- what it hears ---------------------------------------------------------------------------- */

static void client_lost(struct clients *c, uint32_t i)
{
	struct client *k = &c->client[i];

	burble_close(host_of(c, i)->wire.bs, k->fd);
	k->fd = -1;
	c->lost++;
}

static void client_lines(struct clients *c, uint32_t i, struct span in)
{
	struct client *k = &c->client[i];
	struct span line;

	while (line_next(&k->in, &in, &line) == LINE_OK)
		client_line(c, i, line.p);
	must(line_keep(&k->in, in), "out of memory for a line");
}

static void client_read(struct clients *c, uint32_t i)
{
	struct client *k = &c->client[i];
	ssize_t n;

	do {
		n = burble_recv(host_of(c, i)->wire.bs, k->fd, c->room, sizeof(c->room) - 1, 0);
		if (n > 0)
			client_lines(c, i, (struct span){c->room, (size_t)n});
	} while (n == sizeof(c->room) - 1);
	if (n == 0 || (n < 0 && n != -EAGAIN))
		client_lost(c, i);
}

static void client_event(struct clients *c, uint32_t i, uint32_t events)
{
	struct client *k = &c->client[i];
	char hello[64];

	if (k->state == CLIENT_CONNECTING && (events & EPOLLOUT)) {
		k->state = CLIENT_REGISTERING;
		snprintf(hello, sizeof(hello), "NICK u%x\r\nUSER u 0 * :u", i);
		client_say(c, i, hello);
	}
	if (events & (EPOLLIN | EPOLLERR | EPOLLHUP))
		client_read(c, i);
}

/* --- a step ----------------------------------------------------------------------------------- */

static void host_take(struct clients *c, struct host *h)
{
	stack_input_batch(h->wire.stack, &h->wire.dev, h->in, h->waiting, c->now);
	h->waiting = 0;
}

/* A frame off the cable goes to the host with its address, or nowhere if that has no power. */
static void sort(struct clients *c, const uint8_t *frame, uint32_t len)
{
	uint32_t to = ((uint32_t)frame[DESTINATION + 2] << 8 | frame[DESTINATION + 3]) -
		      (CLIENT_ADDR & 0xffff);
	struct host *h = to < HOSTS ? &c->host[to] : NULL;

	must(h != NULL, "a frame for a host that does not exist");
	c->frames++;
	if (h->dark)
		return;
	h->in[h->waiting++] = wire_packet(&h->wire, frame, len);
	if (h->waiting == HOST_BATCH)
		host_take(c, h);
}

static bool take_frames(struct clients *c)
{
	const uint8_t *frame;
	uint32_t len, n = 0;

	for (; n < STEP_FRAMES && (frame = ring_first(c->in, &len)); n++) {
		sort(c, frame, len);
		ring_take(c->in);
	}
	return n > 0;
}

static bool host_step(struct clients *c, struct host *h)
{
	struct epoll_event e[EVENTS];
	bool busy = h->waiting > 0;
	int n;

	stack_at(h->wire.stack, c->now);
	if (h->waiting)
		host_take(c, h);
	if (stack_next(h->wire.stack) <= c->now)
		busy |= stack_timers(h->wire.stack, c->now) > 0;
	while ((n = burble_epoll_wait(h->wire.bs, h->ep, e, EVENTS)) > 0) {
		busy = true;
		for (int i = 0; i < n; i++)
			client_event(c, e[i].data.u32, e[i].events);
	}
	if (stack_dirty(h->wire.stack)) {
		busy = true;
		stack_flush(h->wire.stack, c->now);
	}
	return busy;
}

bool clients_step(struct clients *c, nsec_t now)
{
	bool busy;

	c->now = now;
	busy = take_frames(c);
	for (uint32_t h = 0; h < HOSTS; h++)
		if (!c->host[h].dark)
			busy |= host_step(c, &c->host[h]);
	return busy;
}

nsec_t clients_due(struct clients *c)
{
	nsec_t due = NSEC_MAX;

	for (uint32_t h = 0; h < HOSTS; h++)
		if (!c->host[h].dark) {
			nsec_t next = stack_next(c->host[h].wire.stack);

			due = next < due ? next : due;
		}
	return due;
}

void clients_go_dark(struct clients *c)
{
	for (uint32_t h = HOSTS - DARK_HOSTS; h < HOSTS; h++) {
		c->host[h].dark = true;
		wire_close(&c->host[h].wire);
	}
}
