/*
 * channel_test.c - membership against a plain matrix.
 */

#include "chat/model/channel.h"

#include "base/prng.h"
#include "base/test/test.h"

enum {
	USERS = 40,
	CHANNELS = 60,
};

static struct user *users[USERS];
static struct channel *channels[CHANNELS];
static uint32_t oracle[USERS][CHANNELS]; /* modes + 1; 0: not a member */

static int set_up(void **state)
{
	struct siphash_key key = {3, 4};

	for (int i = 0; i < USERS; i++)
		users[i] = user_new(NULL, "host");
	for (int i = 0; i < CHANNELS; i++) {
		char name[] = {'#', (char)('a' + i % 26), (char)('a' + i / 26), 0};

		channels[i] = channel_new(name, case_hash(name, 3, &key) & 7, 0); /* collide */
	}
	memset(oracle, 0, sizeof(oracle));
	return 0;
}

static int tear_down(void **state)
{
	for (int u = 0; u < USERS; u++)
		for (int c = 0; c < CHANNELS; c++)
			if (oracle[u][c])
				channel_part(channels[c], users[u]);
	for (int i = 0; i < USERS; i++)
		user_free(users[i]);
	for (int i = 0; i < CHANNELS; i++)
		channel_free(channels[i]);
	return 0;
}

static void check_user(int u)
{
	uint32_t count = 0, i = 0;
	struct channel *ch;

	for (int c = 0; c < CHANNELS; c++) {
		struct member *m = channel_member(channels[c], users[u]);

		assert_int_equal(m != NULL, oracle[u][c] != 0);
		if (!m)
			continue;
		count++;
		assert_ptr_equal(m->user, users[u]);
		assert_int_equal(m->modes, oracle[u][c] - 1);
	}
	while ((ch = user_next_channel(users[u], &i)))
		count--;
	assert_int_equal(count, 0);
}

TEST_IN(any_order_of_joins_and_parts_agrees_with_a_plain_matrix, set_up, tear_down)
{
	struct prng p;

	prng_seed(&p, 1);
	for (int step = 0; step < 40000; step++) {
		int u = (int)prng_below(&p, USERS), c = (int)prng_below(&p, CHANNELS);
		bool want = prng_below(&p, 100) < (uint64_t)(step / 400); /* grow, then shrink */

		if (oracle[u][c] && !want) {
			channel_part(channels[c], users[u]);
			oracle[u][c] = 0;
		} else if (!oracle[u][c] && want) {
			uint32_t modes = (uint32_t)prng_below(&p, 32);

			assert_non_null(channel_join(channels[c], users[u], modes));
			oracle[u][c] = modes + 1;
		}
		check_user(u);
	}
}

TEST(prefixes_come_highest_first)
{
	char out[8];

	assert_string_equal(member_prefixes(MEMBER_OP | MEMBER_VOICE, true, out), "@+");
	assert_string_equal(member_prefixes(MEMBER_OP | MEMBER_VOICE, false, out), "@");
	assert_string_equal(member_prefixes(0, true, out), "");
}

TEST(a_user_has_its_texts_in_one_piece)
{
	struct user *u = user_new(NULL, "127.0.0.1");
	struct user_names t = {"nick", "name", NULL, "Real Name"};

	assert_true(user_set_names(u, &t));
	assert_string_equal(user_mask(u), "nick!name@127.0.0.1");
	assert_string_equal(user_real(u), "Real Name");
	user_forget_nick(u);
	assert_string_equal(user_nick(u), "*");
	assert_string_equal(user_host(u), "127.0.0.1");
	user_free(u);
}

TEST_IN(a_channel_keeps_its_members_under_a_new_name, set_up, tear_down)
{
	struct channel *ch = channels[0];

	assert_non_null(channel_join(ch, users[0], MEMBER_OP));
	oracle[0][0] = MEMBER_OP + 1;
	ch->by_name.hash = 99; /* as after removal from another table of names */
	assert_true(channel_set_name(ch, "#other"));
	assert_string_equal(ch->name, "#other");
	assert_int_equal(channel_member(ch, users[0])->modes, MEMBER_OP);
}
