/* ban_test.c - valid ban masks, the users they match, and expiry. */
#include "base/test/test.h"
#include "chat/model/ban.h"
#include "chat/proto/addr_text.h"

static void start(struct bans *b)
{
	bans_init(b, &(struct siphash_key){1, 2});
}

static struct store_text text(const char *s)
{
	return (struct store_text){s, strlen(s)};
}

static enum ban_result add(struct bans *b, enum ban_kind kind, const char *mask, int64_t expire)
{
	return bans_add(b,
		&(struct store_ban){kind, text(mask), text("because"), text("oper"), 1, expire},
		NULL);
}

static const struct ban *at(const struct bans *b, const char *address)
{
	struct net_addr a;
	uint32_t bits;

	assert_true(addr_parse_cidr(&a, &bits, address));
	return bans_match_address(b, &a, 1000);
}

static const struct ban *user(const struct bans *b, const char *name, const char *address)
{
	uint64_t work = 0;
	struct ban_subject s = {.user = name, .host = address, .wall_ms = 1000, .work = &work};
	uint32_t bits;

	assert_true(addr_parse_cidr(&s.addr, &bits, address));
	return bans_match_user(b, &s);
}

TEST(a_dline_covers_its_network_and_nothing_else)
{
	struct bans b;

	start(&b);
	assert_int_equal(add(&b, BAN_ADDRESS, "10.1.2.3/8", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_ADDRESS, "192.0.2.7", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_ADDRESS, "2001:db8::/32", 0), BAN_OK);
	assert_string_equal(at(&b, "10.255.0.1")->mask, "10.0.0.0/8");
	assert_string_equal(at(&b, "192.0.2.7")->mask, "192.0.2.7");
	assert_string_equal(at(&b, "2001:db8:ffff::1")->mask, "2001:db8::/32");
	assert_null(at(&b, "11.0.0.1"));
	assert_null(at(&b, "192.0.2.8"));
	assert_null(at(&b, "2001:db9::1"));
	assert_null(user(&b, "a", "10.0.0.1"));
	bans_free(&b);
}

TEST(a_kline_covers_user_and_host_also_without_the_tilde)
{
	struct bans b;

	start(&b);
	assert_int_equal(add(&b, BAN_USER, "Victim@*", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_USER, "*@10.0.0.0/8", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_USER, "bot?@192.0.2.*", 0), BAN_OK);
	assert_string_equal(user(&b, "~victim", "127.0.0.1")->mask, "victim@*");
	assert_string_equal(user(&b, "VICTIM", "::1")->mask, "victim@*");
	assert_int_equal(add(&b, BAN_USER, "*@::3", 0), BAN_OK);
	assert_string_equal(user(&b, "x", "0::3")->mask, "*@0::3");
	assert_int_equal(add(&b, BAN_USER, "*@::ffff:192.0.3.9", 0), BAN_OK);
	assert_string_equal(user(&b, "x", "192.0.3.9")->mask, "*@192.0.3.9");
	assert_int_equal(add(&b, BAN_USER, "*@192.0.2.0/16abc", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_USER, "*@2001:db8::/129", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_USER, "*@192.0.2.0/", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_USER, "*@cloak/192.0.2.0/16abc", 0), BAN_OK);
	assert_string_equal(user(&b, "x", "10.9.9.9")->mask, "*@10.0.0.0/8");
	assert_non_null(user(&b, "~bot1", "192.0.2.200"));
	assert_null(user(&b, "~bot12", "192.0.2.200"));
	assert_null(user(&b, "~victims", "127.0.0.1"));
	assert_null(at(&b, "10.9.9.9"));
	bans_free(&b);
}

TEST(two_klines_on_one_network_are_both_looked_at)
{
	struct bans b;

	start(&b);
	assert_int_equal(add(&b, BAN_USER, "a@10.0.0.0/8", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_USER, "b@10.0.0.0/8", 0), BAN_OK);
	assert_string_equal(user(&b, "a", "10.0.0.1")->user, "a");
	assert_string_equal(user(&b, "b", "10.0.0.1")->user, "b");
	assert_null(user(&b, "c", "10.0.0.1"));
	bans_free(&b);
}

TEST(a_ban_ends_at_its_time)
{
	struct bans b;

	start(&b);
	assert_int_equal(add(&b, BAN_ADDRESS, "10.0.0.1", 1000), BAN_OK);
	assert_int_equal(add(&b, BAN_ADDRESS, "10.0.0.2", 1001), BAN_OK);
	assert_int_equal(add(&b, BAN_USER, "a@b", 500), BAN_OK);
	assert_null(at(&b, "10.0.0.1"));
	assert_non_null(at(&b, "10.0.0.2"));
	bans_expire(&b, 1000);
	assert_int_equal(b.count, 1);
	bans_free(&b);
}

TEST(the_same_mask_again_replaces_and_is_removed_in_any_spelling)
{
	struct bans b;
	char mask[BAN_MASK_MAX];

	start(&b);
	assert_int_equal(add(&b, BAN_ADDRESS, "10.1.1.1/8", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_ADDRESS, "10.0.0.0/8", 77), BAN_OK);
	assert_int_equal(add(&b, BAN_USER, "A@B.c", 0), BAN_OK);
	assert_int_equal(add(&b, BAN_USER, "a@b.C", 0), BAN_OK);
	assert_int_equal(b.count, 2);
	assert_int_equal(bans_remove(&b, BAN_ADDRESS, text("10.2.2.2/8"), mask), BAN_OK);
	assert_string_equal(mask, "10.0.0.0/8");
	assert_int_equal(bans_remove(&b, BAN_USER, text("a@B.C"), mask), BAN_OK);
	assert_int_equal(bans_remove(&b, BAN_USER, text("a@b.c"), NULL), BAN_NOT_FOUND);
	assert_int_equal(b.count, 0);
	bans_free(&b);
}

TEST(a_ban_of_an_account_covers_it_in_any_case_and_no_other)
{
	uint64_t work = 0;
	struct ban_subject s = {.user = "u", .host = "h", .account = "Ann", .work = &work};
	const struct ban *ban;
	char mask[BAN_MASK_MAX];
	struct bans b;

	start(&b);
	assert_int_equal(add(&b, BAN_ACCOUNT, "A:aNN", 1000), BAN_OK);
	ban = bans_match_account(&b, "ANN", 999);
	assert_string_equal(ban->mask, "a:ann");
	assert_true(ban_covers(ban, &s));
	s.account = "anna";
	assert_false(ban_covers(ban, &s));
	s.account = NULL;
	assert_false(ban_covers(ban, &s));
	assert_null(bans_match_account(&b, "anna", 999));
	assert_null(bans_match_account(&b, "ann", 1000));
	assert_null(user(&b, "ann", "10.0.0.1"));
	assert_int_equal(add(&b, BAN_ACCOUNT, "ann", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_ACCOUNT, "a:", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_ACCOUNT, "a:*", 0), BAN_BAD_MASK);
	assert_int_equal(bans_remove(&b, BAN_ACCOUNT, text("a:Ann"), mask), BAN_OK);
	assert_string_equal(mask, "a:ann");
	assert_null(bans_match_account(&b, "ann", 0));
	bans_free(&b);
}

TEST(a_mask_with_a_nick_covers_only_users_of_that_nick)
{
	uint64_t work = 0;
	struct ban_subject s = {.nick = "Bad1", .user = "~u", .host = "h.example", .work = &work};
	struct bans b;
	uint32_t bits;

	start(&b);
	assert_int_equal(add(&b, BAN_USER, "bad*!*@*", 0), BAN_OK);
	assert_int_equal(b.with_nick, 1);
	assert_string_equal(bans_match_user(&b, &s)->mask, "bad*!*@*");
	assert_true(ban_covers(bans_match_user(&b, &s), &s));
	s.nick = "good";
	assert_null(bans_match_user(&b, &s));
	s.nick = NULL;
	assert_null(bans_match_user(&b, &s));
	assert_int_equal(add(&b, BAN_USER, "x!u@10.0.0.0/8", 0), BAN_OK);
	assert_true(addr_parse_cidr(&s.addr, &bits, "10.1.1.1"));
	assert_null(bans_match_user(&b, &s));
	s.nick = "X";
	assert_string_equal(bans_match_user(&b, &s)->mask, "x!u@10.0.0.0/8");
	assert_int_equal(add(&b, BAN_USER, "*!u@i.example", 0), BAN_OK); /* any nick: as without */
	assert_int_equal(bans_remove(&b, BAN_USER, text("u@i.example"), NULL), BAN_OK);
	assert_int_equal(bans_remove(&b, BAN_USER, text("BAD*!*@*"), NULL), BAN_OK);
	assert_int_equal(b.with_nick, 1);
	assert_int_equal(add(&b, BAN_USER, "*!*@*", 0), BAN_TOO_WIDE);
	assert_int_equal(add(&b, BAN_USER, "!u@h", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_USER, "n!@h", 0), BAN_BAD_MASK);
	bans_free(&b);
}

TEST(invalid_masks_and_those_that_cover_all_are_refused)
{
	static const char *const bad[] = {"", "a", "@", "a@", "@b", "a b@c", "a@b\n"};
	static const char *const wide[] = {"*@*", "**@?*", "*@0.0.0.0/0", "*@::/0"};
	struct bans b;
	char big[200];

	start(&b);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(add(&b, BAN_USER, bad[i], 0), BAN_BAD_MASK);
	for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
		assert_int_equal(add(&b, BAN_USER, wide[i], 0), BAN_TOO_WIDE);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	big[50] = '@';
	assert_int_equal(add(&b, BAN_USER, big, 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_ADDRESS, "host.example", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_ADDRESS, "10.0.0.0/33", 0), BAN_BAD_MASK);
	assert_int_equal(add(&b, BAN_ADDRESS, "0.0.0.0/0", 0), BAN_TOO_WIDE);
	assert_int_equal(b.count, 0);
	bans_free(&b);
}
