/* account_test.c - accounts and their keys: taken at once, valid once written, there after a
 * restart. */
#include "chat/accounts/account_entry.h"
#include "chat/accounts/app_password.h"
#include "chat/accounts/guard.h"
#include "chat/accounts/vhost.h"
#include "chat/test/store_fixture.h"

#include <stdio.h>

static const struct siphash_key key = {1, 2};
static const uint8_t seed[ACCOUNT_SECRET] = {7};

/* The table on the store of t, loaded. */
static struct accounts table_of(struct store_fixture *t)
{
	struct accounts a;

	assert_true(accounts_init(&a, t->store, &key, NULL));
	assert_true(accounts_load(&a, seed));
	return a;
}

static struct accounts again(struct store_fixture *t, struct accounts *a)
{
	accounts_free(a);
	store_close(t->store);
	fixture_open(t);
	return table_of(t);
}

struct result {
	int calls;
	enum store_status status;
};

static void note(void *arg, struct account *a, enum store_status status)
{
	struct result *r = arg;

	r->calls++;
	r->status = status;
}

static struct account *registered(struct store_fixture *t, struct accounts *a, const char *name)
{
	struct result r = {0};
	struct account_values v = {.name = name, .password = "$argon2id$x", .created_ms = 5};

	assert_int_equal(accounts_register(a, &v, (struct account_then){note, &r}), STORE_OK);
	store_drain(t->store);
	assert_int_equal(r.calls, 1);
	assert_int_equal(r.status, STORE_OK);
	return accounts_find(a, name);
}

STORE_TEST(an_account_is_there_after_a_restart)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "Ann");

	assert_ptr_equal(accounts_find(&a, "aNN"), ann);
	assert_true(account_usable(ann));
	a = again(t, &a);
	ann = accounts_find(&a, "ann");
	assert_non_null(ann);
	assert_string_equal(ann->name, "Ann");
	assert_string_equal(ann->password, "$argon2id$x");
	assert_int_equal(ann->created_ms, 5);
	assert_null(accounts_find(&a, "bob"));
	accounts_free(&a);
}

STORE_TEST(a_name_is_taken_at_once_and_of_use_once_written)
{
	struct accounts a = table_of(t);
	struct account_values v = {.name = "ann"};

	assert_int_equal(accounts_register(&a, &v, (struct account_then){0}), STORE_OK);
	assert_false(accounts_is_free(&a, "ANN"));
	assert_false(account_usable(accounts_find(&a, "ann")));
	store_drain(t->store);
	assert_true(account_usable(accounts_find(&a, "ann")));
	accounts_free(&a);
}

STORE_TEST(what_cannot_be_written_is_not_registered)
{
	struct accounts a = table_of(t);
	struct result r = {0};
	struct account_values v = {.name = "ann"};
	struct store *real = a.store;

	a.store = NULL;
	assert_int_equal(accounts_register(&a, &v, (struct account_then){note, &r}), STORE_OFF);
	assert_int_equal(r.calls, 0);
	assert_true(accounts_is_free(&a, "ann"));
	a.store = real;
	accounts_free(&a);
}

STORE_TEST(a_change_waits_for_the_one_before)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "ann");
	struct account_values v = account_values(ann);

	v.password = "new";
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_OK);
	assert_string_equal(ann->password, "$argon2id$x");
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_BUSY);
	assert_int_equal(
		accounts_add_key(&a, ann, &(struct account_new_key){ACCOUNT_NICKS, "n", NULL, 1},
			(struct account_then){0}),
		STORE_BUSY);
	store_drain(t->store);
	assert_string_equal(ann->password, "new");
	a = again(t, &a);
	assert_string_equal(accounts_find(&a, "ann")->password, "new");
	accounts_free(&a);
}

STORE_TEST(nicks_and_certificates_belong_to_one_account)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "ann");
	const struct account_then then = {0};

	assert_int_equal(accounts_add_key(&a, ann,
				 &(struct account_new_key){ACCOUNT_NICKS, "Ann_", NULL, 1}, then),
		STORE_OK);
	assert_false(accounts_is_free(&a, "ann_"));
	store_drain(t->store);
	assert_int_equal(accounts_add_key(&a, ann,
				 &(struct account_new_key){ACCOUNT_CERTS, "ab12", NULL, 2}, then),
		STORE_OK);
	assert_null(accounts_of_cert(&a, "ab12"));
	store_drain(t->store);
	a = again(t, &a);
	ann = accounts_find(&a, "ann");
	assert_ptr_equal(accounts_of_nick(&a, "ANN_"), ann);
	assert_ptr_equal(accounts_of_nick(&a, "ANN"), ann);
	assert_ptr_equal(accounts_of_cert(&a, "ab12"), ann);
	assert_string_equal(ann->keys[ACCOUNT_NICKS]->text, "Ann_");
	assert_int_equal(
		accounts_remove_key(&a, ACCOUNT_NICKS, ann->keys[ACCOUNT_NICKS], then), STORE_OK);
	assert_true(accounts_is_free(&a, "ann_"));
	store_drain(t->store);
	a = again(t, &a);
	assert_true(accounts_is_free(&a, "ann_"));
	assert_non_null(accounts_of_cert(&a, "ab12"));
	accounts_free(&a);
}

STORE_TEST(the_name_of_a_dropped_account_stays_taken_and_its_keys_are_free)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "ann");
	struct account_values v;

	accounts_add_key(&a, ann, &(struct account_new_key){ACCOUNT_NICKS, "other", NULL, 1},
		(struct account_then){0});
	store_drain(t->store);
	v = account_values(ann);
	v.password = v.scram = "";
	v.flags |= ACCOUNT_DROPPED;
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_OK);
	store_drain(t->store);
	for (int i = 0; i < 2; i++) {
		assert_null(accounts_find(&a, "ann"));
		assert_null(accounts_of_nick(&a, "other"));
		assert_false(accounts_is_free(&a, "ann"));
		assert_true(accounts_is_free(&a, "other"));
		a = again(t, &a);
	}
	accounts_free(&a);
}

static void note_rows(void *arg, const struct store_reply *reply)
{
	*(uint32_t *)arg = reply->count;
}

static uint32_t entries_of(struct store_fixture *t)
{
	uint32_t count = UINT32_MAX;
	struct store_request r = {.op = STORE_RECORD_LIST, .done = note_rows, .arg = &count};

	r.u.record.table = STORE_ACCOUNT_ENTRY;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return count;
}

STORE_TEST(the_lists_of_an_account_are_there_after_a_restart_and_go_with_it)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "Ann");
	struct account_entry mask = {ACCOUNT_SILENCED, "x!*@*", NULL, 1};
	struct account_entry bob = {ACCOUNT_ACCEPTED, "bob", "rob", 1};
	struct account_values v;

	account_entry_put(&a, ann, &mask);
	account_entry_put(&a, ann, &bob);
	account_entry_put(&a, registered(t, &a, "cat"), &mask);
	mask.text = "y!*@*";
	account_entry_put(&a, ann, &mask);
	account_entry_delete(&a, ann, &mask);
	a = again(t, &a);
	ann = accounts_find(&a, "ann");
	assert_int_equal(ann->guard->silenced.count, 1);
	assert_string_equal(ann->guard->silenced.at[0], "x!*@*");
	assert_string_equal(ann->guard->accepted.at[0].nick, "rob");
	v = account_values(ann);
	v.flags |= ACCOUNT_DROPPED;
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_OK);
	assert_int_equal(entries_of(t), 1);
	accounts_free(&a);
}

STORE_TEST(the_host_of_an_account_and_its_request_are_there_after_a_restart)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "ann"), *bob = registered(t, &a, "bob");

	assert_null(vhost_of(ann));
	assert_int_equal(vhost_set(&a, ann, "one.example", true), STORE_OK);
	assert_int_equal(vhost_set(&a, ann, "two.example", true), STORE_OK);
	assert_int_equal(vhost_set(&a, ann, ann->vhost->host, false), STORE_OK);
	assert_null(vhost_of(ann));
	assert_int_equal(vhost_ask(&a, ann, "x.example", 5), STORE_OK);
	assert_int_equal(vhost_ask(&a, ann, "", 0), STORE_OK);
	assert_int_equal(vhost_ask(&a, bob, "y.example", 6), STORE_OK);
	assert_int_equal(vhost_ask(&a, bob, "z.example", 7), STORE_OK);
	assert_int_equal(a.waiting.count, 1);
	a = again(t, &a);
	ann = accounts_find(&a, "ann");
	assert_null(vhost_of(ann));
	assert_string_equal(ann->vhost->host, "two.example");
	assert_int_equal(a.waiting.count, 1);
	assert_string_equal(a.waiting.at[0]->name, "bob");
	assert_string_equal(a.waiting.at[0]->vhost->wanted, "z.example");
	assert_int_equal(a.waiting.at[0]->vhost->asked_ms, 7);
	assert_int_equal(entries_of(t), 2);
	accounts_free(&a);
}

STORE_TEST(more_accounts_than_a_page_are_loaded)
{
	struct accounts a = table_of(t);
	char name[16];

	for (int i = 0; i < STORE_PAGE_MAX + 5; i++) {
		struct account_values v = {.name = name};

		snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(accounts_register(&a, &v, (struct account_then){0}), STORE_OK);
	}
	store_drain(t->store);
	a = again(t, &a);
	for (int i = 0; i < STORE_PAGE_MAX + 5; i++) {
		snprintf(name, sizeof(name), "A%d", i);
		assert_non_null(accounts_find(&a, name));
	}
	accounts_free(&a);
}

STORE_TEST(what_is_told_about_a_name_survives_a_restart)
{
	struct accounts a = table_of(t);
	uint8_t before[32], after[32], other[32];

	accounts_secret_of(&a, "nobody", before);
	accounts_free(&a);
	store_close(t->store);
	fixture_open(t);
	assert_true(accounts_init(&a, t->store, &key, NULL));
	assert_true(accounts_load(&a, (const uint8_t[ACCOUNT_SECRET]){9}));
	accounts_secret_of(&a, "NOBODY", after);
	accounts_secret_of(&a, "somebody", other);
	assert_memory_equal(before, after, sizeof(before));
	assert_memory_not_equal(before, other, sizeof(before));
	accounts_free(&a);
}

STORE_TEST(guessing_is_limited_by_name)
{
	struct accounts a = table_of(t);
	nsec_t now = 1000 * NSEC_SEC;

	for (int i = 0; i < 6; i++) {
		assert_true(accounts_may_guess(&a, "ann", 6, now));
		accounts_guessed(&a, "Ann", 6, now);
	}
	assert_false(accounts_may_guess(&a, "ann", 6, now));
	assert_true(accounts_may_guess(&a, "bob", 6, now));
	assert_true(accounts_may_guess(&a, "ann", 0, now));
	assert_true(accounts_may_guess(&a, "ann", 6, now + 10 * NSEC_SEC));
	accounts_free(&a);
}

STORE_TEST(sessions_are_counted)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "ann");
	int users[3];

	assert_true(account_enter(ann, (struct user *)&users[0], 2));
	assert_true(account_enter(ann, (struct user *)&users[1], 2));
	assert_false(account_enter(ann, (struct user *)&users[2], 2));
	account_leave(ann, (struct user *)&users[0]);
	assert_int_equal(ann->sessions.count, 1);
	assert_ptr_equal(ann->sessions.at[0], &users[1]);
	account_leave(ann, (struct user *)&users[1]);
	assert_null(ann->sessions.at);
	accounts_free(&a);
}

/* A new account that waits for its code, of the time 1000. */
static struct account *unverified(struct store_fixture *t, struct accounts *a, const char *name)
{
	struct account_values v = {.name = name,
		.email = "Ann@example.com",
		.code = "v",
		.flags = ACCOUNT_UNVERIFIED,
		.created_ms = 1000};

	assert_int_equal(accounts_register(a, &v, (struct account_then){0}), STORE_OK);
	store_drain(t->store);
	return accounts_find(a, name);
}

STORE_TEST(an_account_that_is_not_verified_in_time_is_gone_and_its_name_free)
{
	struct accounts a = table_of(t);
	struct account_values v;
	struct account *bob;

	assert_false(account_usable(unverified(t, &a, "ann")));
	bob = unverified(t, &a, "bob");
	v = account_values(bob);
	v.flags = ACCOUNT_MAIL;
	assert_int_equal(accounts_change(&a, bob, &v, (struct account_then){0}), STORE_OK);
	store_drain(t->store);
	assert_true(account_usable(bob));
	a = again(t, &a);
	assert_int_equal(a.unverified_count, 1);
	assert_int_equal(accounts_expire(&a, 1499, 500), 0);
	assert_false(accounts_is_free(&a, "ann"));
	assert_int_equal(accounts_expire(&a, 1500, 500), 1);
	assert_true(accounts_is_free(&a, "ann"));
	assert_int_equal(a.unverified_count, 0);
	a = again(t, &a);
	assert_true(accounts_is_free(&a, "ann"));
	assert_non_null(accounts_find(&a, "bob"));
	accounts_free(&a);
}

STORE_TEST(an_unverified_account_that_is_being_changed_does_not_expire)
{
	struct accounts a = table_of(t);
	struct account *ann = unverified(t, &a, "ann");
	struct account_values v = account_values(ann);

	v.flags = ACCOUNT_MAIL;
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_OK);
	assert_int_equal(accounts_expire(&a, 9999, 500), 0);
	store_drain(t->store);
	assert_int_equal(accounts_expire(&a, 9999, 500), 0);
	assert_non_null(accounts_find(&a, "ann"));
	accounts_free(&a);
}

STORE_TEST(accounts_of_a_mail_address_are_counted)
{
	struct accounts a = table_of(t);
	struct account_values v;
	struct account *ann = unverified(t, &a, "ann");

	unverified(t, &a, "bob");
	assert_int_equal(accounts_of_email(&a, "aNN@EXAMPLE.com"), 2);
	assert_int_equal(accounts_of_email(&a, "x@example.com"), 0);
	assert_int_equal(accounts_of_email(&a, ""), 0);
	v = account_values(ann);
	v.email = "x@example.com";
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_OK);
	store_drain(t->store);
	assert_int_equal(accounts_of_email(&a, "ann@example.com"), 1);
	assert_int_equal(accounts_of_email(&a, "x@example.com"), 1);
	v = account_values(ann);
	v.flags |= ACCOUNT_DROPPED;
	assert_int_equal(accounts_change(&a, ann, &v, (struct account_then){0}), STORE_OK);
	store_drain(t->store);
	assert_int_equal(accounts_of_email(&a, "x@example.com"), 0);
	accounts_free(&a);
}

STORE_TEST(mails_to_an_address_are_few_an_hour)
{
	struct accounts a = table_of(t);

	for (int i = 0; i < 3; i++)
		assert_true(accounts_may_mail(&a, "ann@example.com", 3, NSEC_SEC));
	assert_false(accounts_may_mail(&a, "ANN@example.com", 3, NSEC_SEC));
	assert_true(accounts_may_mail(&a, "bob@example.com", 3, NSEC_SEC));
	assert_true(accounts_may_mail(&a, "ann@example.com", 0, NSEC_SEC));
	assert_true(accounts_may_mail(&a, "ann@example.com", 3, 1201 * NSEC_SEC));
	assert_false(accounts_may_mail(&a, "ann@example.com", 3, 1202 * NSEC_SEC));
	accounts_free(&a);
}

STORE_TEST(an_app_password_is_its_accounts_and_there_after_a_restart)
{
	struct accounts a = table_of(t);
	struct account *ann = registered(t, &a, "ann"), *bob = registered(t, &a, "bob");
	char password[APP_PASSWORD + 1], hash[APP_PASSWORD_HASH];
	struct account_key *k;

	app_password_make(password);
	assert_true(app_password_hash(password, hash));
	assert_int_equal(
		accounts_add_key(&a, ann, &(struct account_new_key){ACCOUNT_APPS, hash, "Phone", 7},
			(struct account_then){0}),
		STORE_OK);
	assert_null(app_password_find(&a, ann, password)); /* not on the disk yet */
	store_drain(t->store);
	k = app_password_find(&a, ann, password);
	assert_non_null(k);
	assert_null(app_password_find(&a, bob, password));
	accounts_used_key(&a, ACCOUNT_APPS, k, 100000);
	accounts_used_key(&a, ACCOUNT_APPS, k, 159999); /* within the minute */
	assert_int_equal(k->used_ms, 100000);
	store_drain(t->store);
	a = again(t, &a);
	ann = accounts_find(&a, "ann");
	k = app_password_find(&a, ann, password);
	assert_non_null(k);
	assert_string_equal(k->name, "Phone");
	assert_int_equal(k->added_ms, 7);
	assert_int_equal(k->used_ms, 100000);
	assert_int_equal(
		accounts_remove_key(&a, ACCOUNT_APPS, k, (struct account_then){0}), STORE_OK);
	assert_null(app_password_find(&a, ann, password));
	store_drain(t->store);
	a = again(t, &a);
	assert_int_equal(account_keys(accounts_find(&a, "ann"), ACCOUNT_APPS), 0);
	accounts_free(&a);
}

TEST(only_what_has_the_form_of_an_app_password_is_hashed_as_one)
{
	char password[APP_PASSWORD + 1], hash[APP_PASSWORD_HASH];

	app_password_make(password);
	password[5] = 'a';
	assert_false(app_password_hash(password, hash));
	password[5] = '-';
	assert_true(app_password_hash(password, hash));
	password[0] = 'l';
	assert_false(app_password_hash(password, hash));
	assert_false(app_password_hash("", hash));
	assert_false(app_password_hash("aaaaa-aaaaa-aaaaa-aaaaa-aaaaaa", hash));
}
