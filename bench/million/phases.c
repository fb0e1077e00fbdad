/* phases.c - see phases.h. */
#include "million/phases.h"

#include "million/must.h"

enum {
	CONNECTING = 2000, /* that connect and register at a time */
	JOINING = 100,     /* that join together */
	AGAIN = 10,        /* messages to a channel that was just spoken to */
	TALKERS = 10000,   /* of so many users one sends a message a second */
};

#define SETTLE     (2 * NSEC_SEC)   /* acknowledgements, packing, memory that goes back */
#define FIRST_PING (60 * NSEC_SEC)  /* after which each client has had it */
#define ALIVE      (120 * NSEC_SEC) /* as often as a quiet client is sent a PING */
#define PATIENCE   (120 * NSEC_SEC)
#define GONE       (240 * NSEC_SEC) /* the promise is 150 s: docs/long-connections.md */

static void print(const char *name, double value)
{
	printf("%s %.6g\n", name, value);
	fflush(stdout);
}

/* Since a moment: time, and the server's processor time, in seconds. */
struct since {
	nsec_t time, cpu;
};

static struct since since_now(struct world *w)
{
	return (struct since){world_now(w), world_server_cpu(w)};
}

static double time_since(const struct world *w, const struct since *s)
{
	return (double)(world_now(w) - s->time) / 1e9;
}

static double cpu_since(struct world *w, const struct since *s)
{
	return (double)(world_server_cpu(w) - s->cpu) / 1e9;
}

static void step_until_counted(struct world *w, const uint64_t *counter, uint64_t target)
{
	nsec_t end = world_now(w) + PATIENCE;

	while (*counter < target) {
		world_step(w, end);
		must(world_now(w) < end, "something did not arrive");
	}
}

static void no_loss(const struct world *w)
{
	must(w->clients->lost == 0, "a connection ended");
	must(w->clients->wrong == 0, "a message came twice, or before one that was sent earlier");
}

/* --- connect ---------------------------------------------------------------------------------- */

void phase_connect(struct world *w, const struct plan *p)
{
	struct clients *c = w->clients;
	struct since s = since_now(w);
	nsec_t end = world_now(w) + 1000 * PATIENCE;
	uint32_t next = 0;

	while (c->registered < p->users) {
		while (next < p->users && next - c->registered < CONNECTING)
			client_connect(c, next++);
		world_step(w, end);
	}
	no_loss(w);
	print("connect_cpu_us", cpu_since(w, &s) * 1e6 / p->users);
	print("connects_per_cpu_second", p->users / cpu_since(w, &s));
	print("connects_per_second", p->users / time_since(w, &s));
}

/* --- join ------------------------------------------------------------------------------------- */

static void channel_name(uint32_t channel, char name[16])
{
	snprintf(name, 16, "#c%u", channel);
}

void phase_join(struct world *w, const struct plan *p)
{
	struct clients *c = w->clients;
	struct since s = since_now(w);
	char name[16], line[32];

	for (uint32_t i = 0; i < p->users;) {
		uint32_t end = u32_min(i + JOINING, (i / p->members + 1) * p->members);

		channel_name(i / p->members, name);
		snprintf(line, sizeof(line), "JOIN %s", name);
		clients_at(c, world_now(w));
		for (; i < end; i++) {
			c->client[i].state = CLIENT_JOINING;
			client_say(c, i, line);
		}
		step_until_counted(w, &c->joined, end);
	}
	no_loss(w);
	print("join_cpu_us", cpu_since(w, &s) * 1e6 / p->users);
	print("join_seconds", time_since(w, &s));
}

/* --- idle ------------------------------------------------------------------------------------- */

void phase_idle(struct world *w, const struct plan *p)
{
	struct since s;
	uint64_t pings;

	world_until(w, world_now(w) + SETTLE);
	print("idle_bytes", (double)world_server_memory(w));
	world_until(w, world_now(w) + FIRST_PING);
	s = since_now(w);
	pings = w->clients->pings;
	world_until(w, world_now(w) + ALIVE);
	print("alive_percent", 100 * cpu_since(w, &s) / time_since(w, &s));
	print("alive_pings", (double)(w->clients->pings - pings));
	print("idle_bytes_later", (double)world_server_memory(w));
	no_loss(w);
}

/* --- talk ------------------------------------------------------------------------------------- */

/* A message of a member to its channel, until all others have it. */
static void one_message(struct world *w, const struct plan *p, uint32_t channel, uint32_t number)
{
	uint64_t target = w->clients->deliveries + p->members - 1;
	uint32_t member = number * 2654435761u % p->members;
	char name[16];

	channel_name(channel, name);
	clients_at(w->clients, world_now(w));
	client_message(w->clients, channel * p->members + member, name, number);
	step_until_counted(w, &w->clients->deliveries, target);
}

void phase_talk(struct world *w, const struct plan *p)
{
	uint32_t channels = p->users / p->members, number = 1;
	double messages = channels, each = p->members - 1;
	struct since s = since_now(w);

	for (uint32_t ch = 0; ch < channels; ch++)
		one_message(w, p, ch, number++);
	world_until(w, world_now(w) + SETTLE);
	print("delivery_cpu_us", cpu_since(w, &s) * 1e6 / messages / each);
	s = since_now(w);
	for (uint32_t ch = 0; ch < channels; ch++)
		for (int i = 0; i < AGAIN; i++)
			one_message(w, p, ch, number++);
	world_until(w, world_now(w) + SETTLE);
	print("delivery_again_cpu_us", cpu_since(w, &s) * 1e6 / messages / each / AGAIN);
	no_loss(w);
}

/* --- all -------------------------------------------------------------------------------------- */

static uint32_t next_number(const struct world *w)
{
	uint32_t number = 0;

	for (uint32_t i = 0; i < w->clients->count; i++)
		number = u32_max(number, w->clients->client[i].last);
	return number + 1;
}

void phase_all(struct world *w, const struct plan *p)
{
	uint64_t target = w->clients->deliveries + p->users - 1;
	uint32_t number = next_number(w);
	struct since s;

	world_all(w, true);
	world_until(w, world_now(w) + SETTLE);
	print("all_bytes", (double)world_server_memory(w));
	s = since_now(w);
	clients_at(w->clients, s.time);
	client_message(w->clients, 0, "#all", number);
	step_until_counted(w, &w->clients->deliveries, target);
	print("all_delivered_seconds", time_since(w, &s));
	print("all_bytes_peak", (double)world_server_memory(w));
	while (world_unacknowledged(w))
		world_step(w, world_now(w) + NSEC_MSEC);
	print("all_acknowledged_seconds", time_since(w, &s));
	world_until(w, world_now(w) + SETTLE);
	print("all_delivery_cpu_us", cpu_since(w, &s) * 1e6 / p->users);
	print("all_bytes_after", (double)world_server_memory(w));
	world_all(w, false);
	no_loss(w);
}

/* --- power-off -------------------------------------------------------------------------------- */

/* A living member of a channel that sends the message with this number. */
static uint32_t talker(const struct world *w, const struct plan *p, uint32_t number)
{
	uint32_t channels = u32_max(p->users / p->members / 10, 1), channel = number % channels;
	uint32_t i = channel * p->members + number * 2654435761u % p->members;

	while (client_is_dark(w->clients, i))
		i = channel * p->members + (i + 1) % p->members;
	return i;
}

static void report_latency(const struct hist *h)
{
	print("latency_deliveries", (double)h->count);
	print("latency_p50_ms", (double)hist_quantile(h, 0.5) / 1e6);
	print("latency_p99_ms", (double)hist_quantile(h, 0.99) / 1e6);
	print("latency_max_ms", (double)h->max / 1e6);
}

void phase_power_off(struct world *w, const struct plan *p)
{
	uint32_t number = next_number(w), dark = p->users / HOSTS * DARK_HOSTS;
	nsec_t every = NSEC_SEC / u32_max(p->users / TALKERS, 1), next, began;
	struct hist *h = calloc(1, sizeof(*h));
	struct since s;
	char name[16];

	must(h != NULL, "out of memory");
	clients_go_dark(w->clients);
	w->clients->latency = h;
	s = since_now(w);
	began = next = s.time;
	while (w->clients->missed < dark && world_now(w) < began + GONE) {
		if (world_now(w) >= next) {
			uint32_t i = talker(w, p, number);

			channel_name(i / p->members, name);
			clients_at(w->clients, world_now(w));
			client_message(w->clients, i, name, number++);
			next += every;
		}
		world_step(w, next);
	}
	print("unnoticed", (double)(dark - w->clients->missed));
	print("noticed_seconds", (double)(w->clients->last_missed - began) / 1e9);
	print("power_off_cpu_percent", 100 * cpu_since(w, &s) / time_since(w, &s));
	print("quit_lines", (double)w->clients->quits);
	report_latency(h);
	w->clients->latency = NULL;
	free(h);
	no_loss(w);
}
