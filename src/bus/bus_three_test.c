/* bus_three_test.c - the bus with three nats-servers, of which one dies, and an engine that grows.
 */
#include "base/test/test.h"
#include "bus/nats_answer.h"
#include "bus/nats_lib.h"
#include "bus/nats_link.h"
#include "bus/test/party.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* --- three servers -------------------------------------------------------------------------- */

/* Creates a key as often as the engine is away. */
static void until_created(struct party *p, uint32_t count, uint32_t who, const char *key)
{
	nsec_t end = nats_now() + 2 * ENGINE_PATIENCE_MS * NSEC_MSEC;
	static struct outcome o;

	do {
		assert_true(nats_now() < end);
		party_create(&p[who], key, &o);
		parties_until_ended(p, count, &o, 1);
	} while (o.reply.status == BUS_AWAY);
}

/* A server that was started again is of use: the next may die. */
static void until_back(const struct engine *e, uint32_t i)
{
	struct engine alone = {.count = 1, .port = {e->port[i]}};
	struct party p[1] = {0};
	char key[16];

	snprintf(key, sizeof(key), "back-%u", i);
	party_join(p, &alone, "nats", 0);
	parties_until_up(p, 1, 1);
	until_created(p, 1, 0, key);
	party_leave(p);
}

TEST(of_three_servers_one_may_die)
{
	struct engine e;
	struct party p[PARTIES] = {0};
	uint32_t said = 0;

	if (!engine_installed() || !engine_elects())
		skip();
	engine_prepare(&e);
	engine_start(&e, ENGINE_SERVERS, NULL);
	for (uint32_t i = 0; i < PARTIES; i++) {
		party_join(&p[i], &e, "nats", i);
		party_subscribe(&p[i]);
	}
	parties_until_up(p, PARTIES, 1);
	until_created(p, PARTIES, 0, "first"); /* it has a leader */
	party_race(p, PARTIES);
	assert_true(party_say(&p[0], ++said));
	parties_until_heard(p, PARTIES, 2, said);
	for (uint32_t victim = 0; victim < ENGINE_SERVERS; victim++) {
		char key[16];

		engine_kill(&e, victim, SIGKILL);
		snprintf(key, sizeof(key), "after-%u", victim);
		until_created(p, PARTIES, victim, key);
		engine_run(&e, victim);
		until_back(&e, victim);
	}
	assert_true(p[0].bus->connections >= 2);
	for (uint32_t i = 0; i < PARTIES; i++)
		party_leave(&p[i]);
	engine_end(&e);
}

/* --- an engine that grows ------------------------------------------------------------------- */

/* A link without a bus, that asks the engine about the stream. */
struct asker {
	struct nats_lib lib;
	struct nats_link *link;
	struct bus_nats_options options;
	int wake_fd;
	bool answered;
	struct nats_answer answer;
};

static void wake_asker(void *arg)
{
	eventfd_write(((struct asker *)arg)->wake_fd, 1);
}

/* Waits until something has come, or a while. */
static void await(struct asker *a)
{
	struct pollfd fd = {a->wake_fd, POLLIN, 0};
	struct nats_message *m, *next;
	eventfd_t n;
	bool more;

	if (poll(&fd, 1, 500) > 0)
		eventfd_read(a->wake_fd, &n);
	for (m = nats_link_take(a->link, 1 << 20, &more); m; m = next) {
		next = m->next;
		nats_answer_read(&a->answer, m->bytes, m->len);
		a->answered = !m->no_responders && a->answer.kind != NATS_FAILED;
		free(m);
	}
}

/* Asks until it is answered. */
static struct nats_answer ask(struct asker *a, const char *subject, const char *body)
{
	nsec_t end = nats_now() + ENGINE_PATIENCE_MS * NSEC_MSEC;
	struct nats_message m = {.subject = subject,
		.reply = "_INBOX.asker.1",
		.bytes = (const uint8_t *)body,
		.len = strlen(body)};

	for (a->answered = false; !a->answered; await(a)) {
		assert_true(nats_now() < end);
		nats_link_send(a->link, &m);
	}
	return a->answer;
}

static void asker_begin(struct asker *a, const struct party *p)
{
	uint32_t number;

	*a = (struct asker){.options = p->options};
	a->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	a->options.wake = wake_asker;
	a->options.wake_arg = a;
	nats_lib_load(&a->lib);
	a->link = nats_link_new(&a->options, &a->lib);
	assert_non_null(a->link);
	assert_true(nats_link_subscribe(a->link, "_INBOX.asker.*", &number));
}

static void asker_end(struct asker *a)
{
	nats_link_free(a->link);
	close(a->wake_fd);
}

TEST(a_stream_on_one_server_grows_when_there_are_three)
{
	static const char subject[] = "$JS.API.STREAM.CREATE.burble-test";
	struct engine e;
	struct party p[1] = {0};
	struct asker a;
	char body[NATS_BODY_MAX];
	struct outcome o;
	nsec_t end;

	if (!engine_installed() || !engine_elects())
		skip();
	engine_prepare(&e);
	engine_start(&e, ENGINE_SERVERS, NULL);
	party_options(p, &e, "nats", 0);
	asker_begin(&a, p);
	nats_stream_body(body, "test", 1);
	assert_int_equal(ask(&a, subject, body).replicas, 1);
	end = nats_now() + ENGINE_PATIENCE_MS * NSEC_MSEC;
	do { /* the first may come before the engine knows that it is three */
		assert_true(nats_now() < end);
		party_join(p, &e, "nats", 0);
		parties_until_up(p, 1, 1);
		party_create(p, "a", &o);
		parties_until_ended(p, 1, &o, 1);
		party_leave(p);
	} while (ask(&a, "$JS.API.STREAM.INFO.burble-test", "").replicas != 3);
	asker_end(&a);
	engine_end(&e);
}
