/* expiry_test.c - registered channels and always-on users that are not used end, others do not. */
#include "base/test/test.h"
#include "chat/accounts/account.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/chanserv.h"
#include "chat/model/channel_owned.h"
#include "chat/model/registry.h"
#include "chat/test/server_fixture.h"
#include "chat/test/store_fixture.h"

#define HOUR  (3600 * NSEC_SEC)
#define DAY   (24 * HOUR)
#define START (20 * 365 * DAY)
#define STEP  (421 * NSEC_SEC)

/* A server whose account ann has the channel #x, and an always-on user; at START both were used. */
struct world {
	struct store_fixture store;
	struct fake_net net;
	struct server *s;
};

static void put(struct world *w, const struct store_record *r)
{
	struct store_request q = {.op = STORE_RECORD_PUT, .u.record = *r};

	assert_int_equal(store_submit(w->store.store, &q), STORE_OK);
}

/* gone: when the last client of the always-on user left; 0: one was there when the server was
 * killed, and there is no channel. */
static void fill(struct world *w, nsec_t gone)
{
	const int64_t ms = START / NSEC_MSEC;

	put(w, &(struct store_record){.table = STORE_ACCOUNT,
		       .text = {text("ann"), text("ann"), text(""), text(""), text(""), text("")},
		       .number = {ACCOUNT_ALWAYS_ON, ms, ms}});
	put(w, &(struct store_record){.table = STORE_PRESENCE,
		       .text = {text("ann"), text("ann"), text("u"), text("h"), text("r"),
			       text("")},
		       .number = {0, gone ? (int64_t)msgid_floor(gone / NSEC_MSEC) : 0, ms}});
	if (gone)
		put(w, &(struct store_record){.table = STORE_CHANNEL,
			       .text = {text("#x"), text("#x"), text("ann"), text(""), text(""),
				       text("")},
			       .number = {0, 0, ms, 0, ms, ms}});
	store_drain(w->store.store);
}

/* Starts the server at a time by its wall clock. */
static void run(struct world *w, nsec_t wall)
{
	static const char *const settings[] = {"server.data=/nowhere", "history.max_age=0",
		"accounts.channel_expire=30d", "accounts.always_on_expire=10d", NULL};

	w->net.store = w->store.store;
	w->net.now = START;
	w->net.clock_step = wall - START;
	w->s = fake_server_on(&w->net, settings);
}

static struct world *begin(nsec_t wall, nsec_t gone)
{
	struct world *w = calloc(1, sizeof(*w));

	fixture_start(&w->store);
	fill(w, gone);
	run(w, wall);
	return w;
}

static void end(struct world *w)
{
	fake_end(&w->net, w->s);
	fixture_end(&w->store);
	free(w);
}

/* Time passes in steps that are no divisor of an hour. */
static void pass(struct world *w, nsec_t time)
{
	for (; time > 0; time -= STEP) {
		w->net.now += STEP;
		fake_turns(w->s, 1);
		store_drain(w->store.store);
	}
}

static bool has_channel(const struct world *w)
{
	const struct channel *ch = registry_channel(w->s, "#x");

	return ch && ch->owned;
}

static bool has_user(const struct world *w)
{
	return registry_registered(w->s, "ann");
}

/* Ends the always-on user, and makes a client that is logged in to ann. */
static int founder(struct world *w)
{
	struct user *u = registry_registered(w->s, "ann");
	int i;

	w->s->config->accounts.always_on_expire = 1;
	pass(w, 3 * HOUR);
	assert_null(registry_registered(w->s, "ann"));
	i = fake_user(&w->net, w->s, "founder");
	u = registry_registered(w->s, "founder");
	u->account = accounts_find(&w->s->accounts, "ann");
	assert_true(account_enter(u->account, u, 10));
	return i;
}

/* A client that answers the server's PINGs. */
static void pass_with(struct world *w, int i, nsec_t time)
{
	for (; time > 0; time -= STEP) {
		fake_say(&w->net, i, "PONG x\r\n");
		pass(w, 1);
		fake_forget(&w->net, i);
	}
}

TEST(a_channel_that_nobody_with_a_rank_joins_expires_and_not_before)
{
	struct world *w = begin(START, START);

	pass(w, 29 * DAY);
	assert_true(has_channel(w));
	pass(w, 2 * DAY);
	assert_false(has_channel(w));
	end(w);
}

TEST(an_expired_channel_is_gone_after_a_restart_too)
{
	struct world *w = begin(START, START);

	pass(w, 31 * DAY);
	fake_end(&w->net, w->s);
	memset(&w->net, 0, sizeof(w->net));
	run(w, START + 31 * DAY);
	assert_false(has_channel(w));
	end(w);
}

TEST(a_channel_in_which_its_founder_stays_does_not_expire_when_he_leaves_at_last)
{
	struct world *w = begin(START, START);
	int i = founder(w);

	fake_say(&w->net, i, "JOIN #x\r\n");
	pass_with(w, i, 60 * DAY);
	fake_say(&w->net, i, "PART #x\r\n");
	pass_with(w, i, 28 * DAY);
	assert_true(has_channel(w));
	pass_with(w, i, 4 * DAY);
	assert_false(has_channel(w));
	end(w);
}

TEST(a_channel_with_members_stays_though_its_founder_is_gone)
{
	struct world *w = begin(START, START);
	int i = fake_user(&w->net, w->s, "guest");

	fake_say(&w->net, i, "JOIN #x\r\n");
	pass_with(w, i, 60 * DAY);
	assert_true(has_channel(w));
	fake_say(&w->net, i, "PART #x\r\n");
	pass_with(w, i, DAY);
	assert_false(has_channel(w)); /* no founder has been there for long */
	end(w);
}

TEST(an_always_on_user_without_a_client_expires_at_its_time_and_not_before)
{
	struct world *w = begin(START, START);

	pass(w, 9 * DAY);
	assert_true(has_user(w));
	pass(w, 2 * DAY);
	assert_false(has_user(w));
	end(w);
}

TEST(time_without_the_server_counts_for_an_always_on_user)
{
	struct world *w = begin(START + 9 * DAY, START);

	assert_true(has_user(w));
	pass(w, 12 * HOUR);
	assert_true(has_user(w));
	pass(w, DAY);
	assert_false(has_user(w));
	end(w);
}

/* Its server was killed after a long time without a message. */
TEST(an_always_on_user_whose_client_was_there_until_a_crash_has_its_whole_time)
{
	struct world *w = begin(START + 20 * DAY, 0);

	pass(w, 9 * DAY);
	assert_true(has_user(w));
	pass(w, 2 * DAY);
	assert_false(has_user(w));
	end(w);
}

TEST(a_wrong_clock_ends_no_channel_and_no_user)
{
	struct world *w = begin(START, START);

	pass(w, 2 * HOUR);
	w->net.clock_step += 400 * DAY;
	pass(w, 2 * HOUR);
	w->net.clock_step -= 400 * DAY;
	pass(w, 2 * HOUR);
	assert_true(has_channel(w));
	assert_true(has_user(w));
	end(w);
}
