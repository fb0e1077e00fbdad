/* bus_nats_test.c - the bus with real nats-servers: one, three, and some that die. */
#include "bus/bus_nats.h"

#include "base/test/test.h"
#include "bus/nats_answer.h"
#include "bus/nats_lib.h"
#include "bus/nats_link.h"
#include "bus/test/engine.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	KEYS = 200,
	PARTIES = 3,
};

/* The end of an operation. */
struct outcome {
	struct bus_reply reply;
	char value[BUS_VALUE_MAX + 1];
	int count;
};

static void done(void *arg, const struct bus_reply *reply)
{
	struct outcome *o = arg;

	o->reply = *reply;
	snprintf(o->value, sizeof(o->value), "%.*s", (int)reply->len,
		reply->value ? (const char *)reply->value : "");
	o->count++;
}

/* As done(), and asks again at once, as long as it is not told that the bus has ended. */
struct stubborn {
	struct bus *bus;
	int count;
	bool refused;
};

static void done_again(void *arg, const struct bus_reply *reply)
{
	struct stubborn *s = arg;
	struct bus_key k = {.key = "a", .key_len = 1, .done = done_again, .arg = s};

	assert_int_equal(reply->status, BUS_AWAY);
	s->count++;
	s->refused = !s->bus->ops->create(s->bus, &k);
}

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

static bool say(struct party *p, uint32_t number)
{
	return p->bus->ops->publish(
		p->bus, "burble.test.log.1", (const uint8_t *)&number, sizeof(number));
}

static struct bus_key key_of(const char *key, const char *value, struct outcome *o)
{
	*o = (struct outcome){0};
	return (struct bus_key){.key = key,
		.key_len = strlen(key),
		.value = (const uint8_t *)value,
		.len = strlen(value),
		.done = done,
		.arg = o};
}

static void create(struct party *p, const char *key, struct outcome *o)
{
	struct bus_key k = key_of(key, "mine", o);

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

static bool is_down(void *arg)
{
	return !((struct wait *)arg)->p->bus->up;
}

static bool has_why(void *arg)
{
	return strstr(((struct wait *)arg)->p->bus->why, "uthoriz") != NULL;
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

static void until_up(struct party *p, uint32_t count, uint64_t connections)
{
	struct wait w = {.p = p, .count = count, .want = connections};

	parties_until(p, count, all_up, &w);
}

static void until_ended(struct party *p, uint32_t count, struct outcome *o, uint64_t want)
{
	struct wait w = {.o = o, .want = want};

	parties_until(p, count, have_ended, &w);
}

static void until_heard(struct party *p, uint32_t count, uint32_t who, uint32_t want)
{
	struct wait w = {.p = &p[who], .want = want};

	parties_until(p, count, have_heard, &w);
}

static void subscribe(struct party *p)
{
	assert_true(p->bus->ops->subscribe(p->bus, "burble.test.log.*", heard, p));
}

/* One operation, and its end. */
typedef bool (*operation)(struct bus *b, const struct bus_key *k);

static enum bus_status run(struct party *p, operation op, struct bus_key *k, struct outcome *o)
{
	assert_true(op(p->bus, k));
	until_ended(p, 1, o, 1);
	return o->reply.status;
}

/* Creates keys from all parties at once; each must have one winner. */
static void race(struct party *p, uint32_t count)
{
	static struct outcome out[PARTIES * KEYS];
	static char key[KEYS][32];

	for (uint32_t k = 0; k < KEYS; k++) {
		snprintf(key[k], sizeof(key[k]), "nick:[%u]", k);
		for (uint32_t i = 0; i < count; i++)
			create(&p[i], key[k], &out[k * count + i]);
	}
	until_ended(p, count, out, (uint64_t)count * KEYS);
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

/* --- one server ------------------------------------------------------------------------------- */

TEST(messages_reach_the_others_in_order_and_of_those_who_create_a_key_one_wins)
{
	struct engine e;
	struct party p[2] = {0};

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	engine_start(&e, 1, NULL);
	for (int i = 0; i < 2; i++) {
		party_join(&p[i], &e, "nats", 0);
		subscribe(&p[i]);
	}
	until_up(p, 2, 1);
	for (uint32_t n = 1; n <= 5000; n++)
		assert_true(say(&p[0], n));
	until_heard(p, 2, 1, 5000);
	assert_true(p[1].in_order);
	assert_int_equal(p[0].heard, 0);
	assert_int_equal(p[1].bus->heard, 5000);
	assert_int_equal(p[0].bus->dropped + p[1].bus->dropped, 0);
	race(p, 2);
	for (int i = 0; i < 2; i++)
		party_leave(&p[i]);
	engine_end(&e);
}

TEST(a_key_is_replaced_and_removed_by_its_revision_only)
{
	struct engine e;
	struct party p[1] = {0};
	struct outcome o;
	struct bus_key k;
	uint64_t first, second;
	const struct bus_ops *ops;

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	engine_start(&e, 1, NULL);
	party_join(p, &e, "nats", 0);
	ops = p->bus->ops;
	until_up(p, 1, 1);
	k = key_of("a b*>.", "one", &o);
	assert_int_equal(run(p, ops->create, &k, &o), BUS_OK);
	first = o.reply.revision;
	k = key_of("other", "x", &o);
	assert_int_equal(run(p, ops->create, &k, &o), BUS_OK);
	k = key_of("a b*>.", "two", &o);
	k.revision = first;
	assert_int_equal(run(p, ops->replace, &k, &o), BUS_OK);
	second = o.reply.revision;
	assert_true(second > first);
	k = key_of("a b*>.", "three", &o);
	k.revision = first;
	assert_int_equal(run(p, ops->replace, &k, &o), BUS_TAKEN);
	k.revision = first;
	o.count = 0;
	assert_int_equal(run(p, ops->remove, &k, &o), BUS_TAKEN);
	k = key_of("a b*>.", "", &o);
	assert_int_equal(run(p, ops->get, &k, &o), BUS_OK);
	assert_string_equal(o.value, "two");
	assert_int_equal(o.reply.revision, second);
	k.revision = second;
	o.count = 0;
	assert_int_equal(run(p, ops->remove, &k, &o), BUS_OK);
	o.count = 0;
	assert_int_equal(run(p, ops->remove, &k, &o), BUS_TAKEN);
	o.count = 0;
	assert_int_equal(run(p, ops->get, &k, &o), BUS_NONE);
	k = key_of("a b*>.", "again", &o);
	assert_int_equal(run(p, ops->create, &k, &o), BUS_OK);
	assert_true(o.reply.revision > second);
	k = key_of("other", "", &o);
	assert_int_equal(run(p, ops->get, &k, &o), BUS_OK);
	party_leave(p);
	engine_end(&e);
}

TEST(a_server_that_dies_and_comes_back_is_found_again)
{
	struct engine e;
	struct party p[2] = {0};
	struct wait w = {.p = &p[0]};
	struct outcome pending, o;
	struct bus_key k;
	uint64_t before;

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	engine_start(&e, 1, NULL);
	for (int i = 0; i < 2; i++) {
		party_join(&p[i], &e, "nats", 0);
		subscribe(&p[i]);
	}
	until_up(p, 2, 1);
	k = key_of("kept", "x", &o);
	assert_int_equal(run(&p[0], p[0].bus->ops->create, &k, &o), BUS_OK);
	before = o.reply.revision;
	engine_kill(&e, 0, SIGSTOP); /* it answers nothing any more */
	create(&p[0], "lost", &pending);
	engine_kill(&e, 0, SIGKILL);
	until_ended(p, 2, &pending, 1);
	assert_int_equal(pending.reply.status, BUS_AWAY);
	parties_until(p, 2, is_down, &w);
	assert_string_not_equal(p[0].bus->why, "");
	assert_false(say(&p[0], 1));
	assert_true(p[0].bus->dropped > 0);
	create(&p[0], "later", &o);
	until_ended(p, 2, &o, 1);
	assert_int_equal(o.reply.status, BUS_AWAY);
	engine_run(&e, 0);
	until_up(p, 2, 2);
	assert_true(say(&p[0], 1));
	until_heard(p, 2, 1, 1); /* subscriptions live again, and nothing was kept for later */
	assert_int_equal(p[1].last, 1);
	k = key_of("kept", "", &o);
	k.revision = before;
	assert_int_equal(run(&p[0], p[0].bus->ops->remove, &k, &o), BUS_OK);
	for (int i = 0; i < 2; i++)
		party_leave(&p[i]);
	engine_end(&e);
}

TEST(when_the_engine_has_lost_its_data_an_old_revision_is_of_no_key)
{
	struct engine e;
	struct party p[1] = {0};
	struct outcome o;
	struct bus_key k;
	char command[128];
	uint64_t old;

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	engine_start(&e, 1, NULL);
	party_join(p, &e, "nats", 0);
	until_up(p, 1, 1);
	k = key_of("a", "x", &o);
	assert_int_equal(run(p, p->bus->ops->create, &k, &o), BUS_OK);
	old = o.reply.revision;
	engine_kill(&e, 0, SIGKILL);
	snprintf(command, sizeof(command), "rm -r %s/0", e.directory);
	assert_int_equal(system(command), 0);
	engine_run(&e, 0);
	until_up(p, 1, 2);
	k = key_of("b", "x", &o);
	assert_int_equal(run(p, p->bus->ops->create, &k, &o), BUS_OK);
	assert_int_not_equal(o.reply.revision, old);
	k = key_of("b", "", &o);
	k.revision = old;
	assert_int_equal(run(p, p->bus->ops->remove, &k, &o), BUS_TAKEN);
	k = key_of("a", "x", &o);
	assert_int_equal(run(p, p->bus->ops->create, &k, &o), BUS_OK);
	party_leave(p);
	engine_end(&e);
}

TEST(without_an_engine_it_waits_and_ends_at_once)
{
	struct engine e;
	struct party p[1] = {0};
	struct outcome o;

	engine_prepare(&e);
	e.count = 1;
	e.port[0] = 1; /* nothing listens there */
	party_join(p, &e, "nats", 0);
	create(p, "a", &o);
	until_ended(p, 1, &o, 1);
	assert_int_equal(o.reply.status, BUS_AWAY);
	assert_false(p->bus->up);
	assert_string_not_equal(p->bus->why, "");
	assert_false(say(p, 1));
	party_leave(p);
	engine_end(&e);
}

TEST(who_asks_again_at_once_holds_up_neither_a_turn_nor_the_end)
{
	struct engine e;
	struct party p[1] = {0};
	struct stubborn s = {0};

	engine_prepare(&e);
	e.count = 1;
	e.port[0] = 1;
	party_join(p, &e, "nats", 0);
	s.bus = p->bus;
	done_again(&s, &(struct bus_reply){.status = BUS_AWAY});
	for (int turn = 1; turn < 4; turn++) {
		p->bus->ops->complete(p->bus);
		assert_int_equal(s.count, 1 + turn);
	}
	party_leave(p);
	assert_true(s.refused);
	engine_end(&e);
}

TEST(a_server_that_is_silent_is_left_for_the_next)
{
	struct engine a, b;
	struct party p[1] = {0};
	char both[256];
	nsec_t begun;

	if (!engine_installed())
		skip();
	engine_prepare(&a);
	engine_start(&a, 1, NULL);
	engine_prepare(&b);
	engine_start(&b, 1, NULL);
	party_join(p, &a, "nats", 0);
	until_up(p, 1, 1);
	party_leave(p);
	snprintf(both, sizeof(both), "nats://127.0.0.1:%u nats://127.0.0.1:%u", a.port[0],
		b.port[0]);
	*p = (struct party){.options.servers = both};
	party_join(p, &a, "nats", 0);
	until_up(p, 1, 1);
	engine_kill(&a, 0, SIGSTOP);
	begun = nats_now();
	until_up(p, 1, 2);
	print_message("left after %d ms\n", (int)((nats_now() - begun) / NSEC_MSEC));
	party_leave(p);
	engine_end(&a);
	engine_end(&b);
}

/* --- who may -------------------------------------------------------------------------------- */

static void write_file(const struct engine *e, const char *name, const char *text, char path[128])
{
	FILE *f;

	snprintf(path, 128, "%s/%s", e->directory, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* The file that is shipped. */
static void copy_permissions(const struct engine *e)
{
	char text[4096] = "", path[128];
	FILE *f = fopen("contrib/nats-permissions.conf", "r");

	assert_non_null(f);
	assert_true(fread(text, 1, sizeof(text) - 1, f) > 0);
	fclose(f);
	write_file(e, "permissions.conf", text, path);
}

TEST(a_wrong_password_is_said_and_a_corrected_file_is_enough)
{
	struct engine e;
	struct party p[1] = {0};
	struct wait w = {.p = p};
	struct outcome o;
	struct bus_key k;
	char path[128];

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	copy_permissions(&e);
	engine_start(&e, 1, "include permissions.conf\n# %s %s %s\n");
	write_file(&e, "password", "wrong\n", path);
	p->options.user = "burble";
	p->options.network = "burble";
	p->options.password_file = path;
	party_join(p, &e, "nats", 0);
	parties_until(p, 1, has_why, &w);
	assert_false(p->bus->up);
	write_file(&e, "password", "change-me\n", path);
	until_up(p, 1, 1);
	k = key_of("a", "one", &o); /* and it may do all that it has to */
	assert_int_equal(run(p, p->bus->ops->create, &k, &o), BUS_OK);
	k.revision = o.reply.revision;
	o.count = 0;
	assert_int_equal(run(p, p->bus->ops->get, &k, &o), BUS_OK);
	o.count = 0;
	assert_int_equal(run(p, p->bus->ops->remove, &k, &o), BUS_OK);
	party_leave(p);
	engine_end(&e);
}

TEST(over_tls_only_a_server_with_a_certificate_of_the_ca_is_used)
{
	static const char tls[] =
		"tls { cert_file: \"%s/cert.pem\", key_file: \"%s/key.pem\" }\n# %s\n";
	struct engine e;
	struct party p[2] = {0};
	struct wait w = {.p = &p[1]};
	char command[512], ca[128];

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	snprintf(ca, sizeof(ca), "%s/cert.pem", e.directory);
	snprintf(command, sizeof(command),
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 9"
		" -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s"
		" 2>/dev/null",
		e.directory, ca);
	assert_int_equal(system(command), 0);
	engine_start(&e, 1, tls);
	p[0].options.ca = ca;
	party_join(&p[0], &e, "tls", 0);
	until_up(p, 1, 1);
	party_join(&p[1], &e, "tls", 0); /* no such CA among the system's */
	while (strstr(p[1].bus->why, "not connected yet"))
		p[1].bus->ops->complete(p[1].bus);
	assert_true(is_down(&w));
	for (int i = 0; i < 2; i++)
		party_leave(&p[i]);
	engine_end(&e);
}

/* --- three servers -------------------------------------------------------------------------- */

/* Creates a key as often as the engine is away. */
static void until_created(struct party *p, uint32_t count, uint32_t who, const char *key)
{
	nsec_t end = nats_now() + 2 * ENGINE_PATIENCE_MS * NSEC_MSEC;
	static struct outcome o;

	do {
		assert_true(nats_now() < end);
		create(&p[who], key, &o);
		until_ended(p, count, &o, 1);
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
	until_up(p, 1, 1);
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
		subscribe(&p[i]);
	}
	until_up(p, PARTIES, 1);
	until_created(p, PARTIES, 0, "first"); /* it has a leader */
	race(p, PARTIES);
	assert_true(say(&p[0], ++said));
	until_heard(p, PARTIES, 2, said);
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
		until_up(p, 1, 1);
		create(p, "a", &o);
		until_ended(p, 1, &o, 1);
		party_leave(p);
	} while (ask(&a, "$JS.API.STREAM.INFO.burble-test", "").replicas != 3);
	asker_end(&a);
	engine_end(&e);
}
