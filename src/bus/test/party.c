/* party.c - buses of a test: party.h. */
#include "bus/test/party.h"

#include "base/test/test.h"
#include "bus/nats_link.h"

#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	KEYS = 200,
};

static void wake(void *arg)
{
	eventfd_write(((struct party *)arg)->wake_fd, 1);
}

void party_options(struct party *p, const struct engine *e, const char *scheme, uint32_t first)
{
	size_t n = 0;

	for (uint32_t i = 0; i < e->count; i++)
		n += (size_t)snprintf(p->servers + n, sizeof(p->servers) - n, "%s%s://127.0.0.1:%u",
			i ? " " : "", scheme, e->port[(first + i) % e->count]);
	p->options.servers = p->options.servers ? p->options.servers : p->servers;
	p->options.network = p->options.network ? p->options.network : "test";
	p->options.name = "a test";
	p->options.user = p->options.user ? p->options.user : "";
	p->options.password_file = p->options.password_file ? p->options.password_file : "";
	p->options.creds = "";
	p->options.ca = p->options.ca ? p->options.ca : "";
}

void party_join(struct party *p, const struct engine *e, const char *scheme, uint32_t first)
{
	party_options(p, e, scheme, first);
	p->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	p->options.wake = wake;
	p->options.wake_arg = p;
	p->in_order = true;
	p->bus = bus_nats_new(&p->options);
	assert_non_null(p->bus);
}

void party_leave(struct party *p)
{
	p->bus->ops->stop(p->bus);
	bus_nats_free(p->bus);
	close(p->wake_fd);
}

void parties_until(struct party *p, uint32_t count, bool (*is)(void *arg), void *arg)
{
	nsec_t end = nats_now() + ENGINE_PATIENCE_MS * NSEC_MSEC;
	struct pollfd fds[8];
	eventfd_t n;

	assert_true(count <= ARRAY_SIZE(fds));
	while (!is(arg)) {
		assert_true(nats_now() < end);
		for (uint32_t i = 0; i < count; i++)
			fds[i] = (struct pollfd){p[i].wake_fd, POLLIN, 0};
		poll(fds, count, 1000);
		for (uint32_t i = 0; i < count; i++) {
			if (!(fds[i].revents & POLLIN))
				continue;
			eventfd_read(p[i].wake_fd, &n);
			p[i].bus->ops->complete(p[i].bus);
		}
	}
}

/* --- messages --- */

static void heard(void *arg, const char *subject, const uint8_t *bytes, size_t len)
{
	struct party *p = arg;
	uint32_t number;

	assert_true(len >= sizeof(number));
	memcpy(&number, bytes, sizeof(number));
	p->in_order &= number == p->last + 1;
	p->last = number;
	p->heard++;
}

void party_subscribe(struct party *p)
{
	assert_true(p->bus->ops->subscribe(p->bus, "burble.test.log.*", heard, p));
}

bool party_say(struct party *p, uint32_t number)
{
	return p->bus->ops->publish(
		p->bus, "burble.test.log.1", (const uint8_t *)&number, sizeof(number));
}

/* --- operations --- */

static void done(void *arg, const struct bus_reply *reply)
{
	struct outcome *o = arg;

	o->reply = *reply;
	snprintf(o->value, sizeof(o->value), "%.*s", (int)reply->len,
		reply->value ? (const char *)reply->value : "");
	o->count++;
}

struct bus_key party_key(const char *key, const char *value, struct outcome *o)
{
	*o = (struct outcome){0};
	return (struct bus_key){.key = key,
		.key_len = strlen(key),
		.value = (const uint8_t *)value,
		.len = strlen(value),
		.done = done,
		.arg = o};
}

void party_create(struct party *p, const char *key, struct outcome *o)
{
	struct bus_key k = party_key(key, "mine", o);

	assert_true(p->bus->ops->create(p->bus, &k));
}

/* --- conditions ------------------------------------------------------------------------------- */

struct wait {
	struct party *p;
	uint32_t count;
	uint64_t want;
	struct outcome *o;
};

static bool all_up(void *arg)
{
	struct wait *w = arg;

	for (uint32_t i = 0; i < w->count; i++)
		if (!w->p[i].bus->up || w->p[i].bus->connections < w->want)
			return false;
	return true;
}

static bool have_heard(void *arg)
{
	struct wait *w = arg;

	return w->p->heard >= w->want;
}

static bool have_ended(void *arg)
{
	struct wait *w = arg;

	for (uint64_t i = 0; i < w->want; i++)
		if (w->o[i].count == 0)
			return false;
	return true;
}

void parties_until_up(struct party *p, uint32_t count, uint64_t connections)
{
	struct wait w = {.p = p, .count = count, .want = connections};

	parties_until(p, count, all_up, &w);
}

void parties_until_ended(struct party *p, uint32_t count, struct outcome *o, uint64_t want)
{
	struct wait w = {.o = o, .want = want};

	parties_until(p, count, have_ended, &w);
}

void parties_until_heard(struct party *p, uint32_t count, uint32_t who, uint32_t want)
{
	struct wait w = {.p = &p[who], .want = want};

	parties_until(p, count, have_heard, &w);
}

enum bus_status party_run(struct party *p, party_operation op, struct bus_key *k, struct outcome *o)
{
	assert_true(op(p->bus, k));
	parties_until_ended(p, 1, o, 1);
	return o->reply.status;
}

void party_race(struct party *p, uint32_t count)
{
	static struct outcome out[PARTIES * KEYS];
	static char key[KEYS][32];

	for (uint32_t k = 0; k < KEYS; k++) {
		snprintf(key[k], sizeof(key[k]), "nick:[%u]", k);
		for (uint32_t i = 0; i < count; i++)
			party_create(&p[i], key[k], &out[k * count + i]);
	}
	parties_until_ended(p, count, out, (uint64_t)count * KEYS);
	for (uint32_t k = 0; k < KEYS; k++) {
		uint32_t winners = 0;

		for (uint32_t i = 0; i < count; i++) {
			const struct outcome *o = &out[k * count + i];

			assert_int_equal(o->count, 1);
			assert_true(o->reply.status == BUS_OK || o->reply.status == BUS_TAKEN);
			winners += o->reply.status == BUS_OK;
		}
		assert_int_equal(winners, 1);
	}
}
