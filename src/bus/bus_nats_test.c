/* bus_nats_test.c - the bus with a real nats-server, also one that dies. */
#include "base/test/test.h"
#include "bus/nats_link.h"
#include "bus/test/party.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Asks again at once, as long as it is not told that the bus has ended. */
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

/* The argument of a condition. */
struct wait {
	struct party *p;
};

static bool is_down(void *arg)
{
	return !((struct wait *)arg)->p->bus->up;
}

static bool has_why(void *arg)
{
	return strstr(((struct wait *)arg)->p->bus->why, "uthoriz") != NULL;
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
		party_subscribe(&p[i]);
	}
	parties_until_up(p, 2, 1);
	for (uint32_t n = 1; n <= 5000; n++)
		assert_true(party_say(&p[0], n));
	parties_until_heard(p, 2, 1, 5000);
	assert_true(p[1].in_order);
	assert_int_equal(p[0].heard, 0);
	assert_int_equal(p[1].bus->heard, 5000);
	assert_int_equal(p[0].bus->dropped + p[1].bus->dropped, 0);
	party_race(p, 2);
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
	parties_until_up(p, 1, 1);
	k = party_key("a b*>.", "one", &o);
	assert_int_equal(party_run(p, ops->create, &k, &o), BUS_OK);
	first = o.reply.revision;
	k = party_key("other", "x", &o);
	assert_int_equal(party_run(p, ops->create, &k, &o), BUS_OK);
	k = party_key("a b*>.", "two", &o);
	k.revision = first;
	assert_int_equal(party_run(p, ops->replace, &k, &o), BUS_OK);
	second = o.reply.revision;
	assert_true(second > first);
	k = party_key("a b*>.", "three", &o);
	k.revision = first;
	assert_int_equal(party_run(p, ops->replace, &k, &o), BUS_TAKEN);
	k.revision = first;
	o.count = 0;
	assert_int_equal(party_run(p, ops->remove, &k, &o), BUS_TAKEN);
	k = party_key("a b*>.", "", &o);
	assert_int_equal(party_run(p, ops->get, &k, &o), BUS_OK);
	assert_string_equal(o.value, "two");
	assert_int_equal(o.reply.revision, second);
	k.revision = second;
	o.count = 0;
	assert_int_equal(party_run(p, ops->remove, &k, &o), BUS_OK);
	o.count = 0;
	assert_int_equal(party_run(p, ops->remove, &k, &o), BUS_TAKEN);
	o.count = 0;
	assert_int_equal(party_run(p, ops->get, &k, &o), BUS_NONE);
	k = party_key("a b*>.", "again", &o);
	assert_int_equal(party_run(p, ops->create, &k, &o), BUS_OK);
	assert_true(o.reply.revision > second);
	k = party_key("other", "", &o);
	assert_int_equal(party_run(p, ops->get, &k, &o), BUS_OK);
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
		party_subscribe(&p[i]);
	}
	parties_until_up(p, 2, 1);
	k = party_key("kept", "x", &o);
	assert_int_equal(party_run(&p[0], p[0].bus->ops->create, &k, &o), BUS_OK);
	before = o.reply.revision;
	engine_kill(&e, 0, SIGSTOP); /* it answers nothing any more */
	party_create(&p[0], "lost", &pending);
	engine_kill(&e, 0, SIGKILL);
	parties_until_ended(p, 2, &pending, 1);
	assert_int_equal(pending.reply.status, BUS_AWAY);
	parties_until(p, 2, is_down, &w);
	assert_string_not_equal(p[0].bus->why, "");
	assert_false(party_say(&p[0], 1));
	assert_true(p[0].bus->dropped > 0);
	party_create(&p[0], "later", &o);
	parties_until_ended(p, 2, &o, 1);
	assert_int_equal(o.reply.status, BUS_AWAY);
	engine_run(&e, 0);
	parties_until_up(p, 2, 2);
	assert_true(party_say(&p[0], 1));
	parties_until_heard(
		p, 2, 1, 1); /* subscriptions live again, and nothing was kept for later */
	assert_int_equal(p[1].last, 1);
	k = party_key("kept", "", &o);
	k.revision = before;
	assert_int_equal(party_run(&p[0], p[0].bus->ops->remove, &k, &o), BUS_OK);
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
	parties_until_up(p, 1, 1);
	k = party_key("a", "x", &o);
	assert_int_equal(party_run(p, p->bus->ops->create, &k, &o), BUS_OK);
	old = o.reply.revision;
	engine_kill(&e, 0, SIGKILL);
	snprintf(command, sizeof(command), "rm -r %s/0", e.directory);
	assert_int_equal(system(command), 0);
	engine_run(&e, 0);
	parties_until_up(p, 1, 2);
	k = party_key("b", "x", &o);
	assert_int_equal(party_run(p, p->bus->ops->create, &k, &o), BUS_OK);
	assert_int_not_equal(o.reply.revision, old);
	k = party_key("b", "", &o);
	k.revision = old;
	assert_int_equal(party_run(p, p->bus->ops->remove, &k, &o), BUS_TAKEN);
	k = party_key("a", "x", &o);
	assert_int_equal(party_run(p, p->bus->ops->create, &k, &o), BUS_OK);
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
	party_create(p, "a", &o);
	parties_until_ended(p, 1, &o, 1);
	assert_int_equal(o.reply.status, BUS_AWAY);
	assert_false(p->bus->up);
	assert_string_not_equal(p->bus->why, "");
	assert_false(party_say(p, 1));
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
	parties_until_up(p, 1, 1);
	party_leave(p);
	snprintf(both, sizeof(both), "nats://127.0.0.1:%u nats://127.0.0.1:%u", a.port[0],
		b.port[0]);
	*p = (struct party){.options.servers = both};
	party_join(p, &a, "nats", 0);
	parties_until_up(p, 1, 1);
	engine_kill(&a, 0, SIGSTOP);
	begun = nats_now();
	parties_until_up(p, 1, 2);
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
	parties_until_up(p, 1, 1);
	k = party_key("a", "one", &o); /* and it may do all that it has to */
	assert_int_equal(party_run(p, p->bus->ops->create, &k, &o), BUS_OK);
	k.revision = o.reply.revision;
	o.count = 0;
	assert_int_equal(party_run(p, p->bus->ops->get, &k, &o), BUS_OK);
	o.count = 0;
	assert_int_equal(party_run(p, p->bus->ops->remove, &k, &o), BUS_OK);
	party_leave(p);
	engine_end(&e);
}

TEST(an_operation_without_an_answer_ends)
{
	static const char rights[] = "authorization { users: [ { user: burble, password: x,"
				     " permissions: { publish: { deny: \"burble.*.key.>\" } } } ] }"
				     "\n# %s %s %s\n";
	struct engine e;
	struct party p[1] = {0};
	struct outcome o;
	struct bus_key k;
	char path[128];

	if (!engine_installed())
		skip();
	engine_prepare(&e);
	engine_start(&e, 1, rights);
	write_file(&e, "password", "x\n", path);
	p->options.user = "burble";
	p->options.password_file = path;
	party_join(p, &e, "nats", 0);
	parties_until_up(p, 1, 1);
	k = party_key("none", "", &o);
	assert_int_equal(party_run(p, p->bus->ops->get, &k, &o), BUS_NONE); /* it has the stream */
	k = party_key("denied", "x", &o); /* the engine drops it */
	assert_int_equal(party_run(p, p->bus->ops->create, &k, &o), BUS_AWAY);
	assert_true(p->bus->up);
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
	parties_until_up(p, 1, 1);
	party_join(&p[1], &e, "tls", 0); /* no such CA among the system's */
	while (strstr(p[1].bus->why, "not connected yet"))
		p[1].bus->ops->complete(p[1].bus);
	assert_true(is_down(&w));
	for (int i = 0; i < 2; i++)
		party_leave(&p[i]);
	engine_end(&e);
}
