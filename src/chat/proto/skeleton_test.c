/* skeleton_test.c - which names look alike, with a table of three characters. */
#include "chat/proto/skeleton.h"

#include "base/test/test.h"
#include "base/utf8.h"

static bool of(struct skeletons *x, const char *character, char out[SKELETON_CHAR_MAX])
{
	static const char *const rows[][2] = {{"а", "a"}, {"В", "B"}, {"ⅿ", "rn"}, {"𝟎", "O"}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strcmp(rows[i][0], character) == 0) {
			strcpy(out, rows[i][1]);
			return true;
		}
	return false;
}

/* The small letter of a Russian capital. */
static uint32_t fold(struct skeletons *x, uint32_t c)
{
	return c >= 0x410 && c < 0x430 ? c + 0x20 : c;
}

static struct skeletons table = {of, fold};

static const char *full(const char *name)
{
	static char out[SKELETON_MAX];

	skeleton_full(&table, name, out);
	return out;
}

static const char *plain(const char *name)
{
	static char out[SKELETON_MAX];

	skeleton_plain(&table, name, out);
	return out;
}

TEST(a_full_skeleton_is_that_of_every_likeness)
{
	assert_string_equal(full("paypal"), "paypal");
	assert_string_equal(full("PаypаI"), "paypal");
	assert_string_equal(full("paypa1"), "paypal");
	assert_string_equal(full("paypa|"), "paypal");
	assert_string_equal(full("Modern"), "modern");
	assert_string_equal(full("ⅿoderm"), full("rnodern"));
	assert_string_equal(full("r𝟎ot"), full("r0ot"));
}

TEST(in_a_plain_one_ascii_stands_for_itself)
{
	assert_string_equal(plain("Paypa1"), "paypa1");
	assert_string_equal(plain("mIke0|"), "mike0|");
	assert_string_equal(plain("ⅿike"), "mike");
	assert_string_equal(plain("Вob"), "bob");
	assert_string_equal(plain("ｂｏＢ"), "bob");
}

TEST(without_a_table_or_a_row_a_character_stands_for_itself)
{
	char out[SKELETON_MAX];

	skeleton_full(NULL, "аnn", out);
	assert_string_equal(out, "аnn");
	assert_string_equal(full("дima"), "дirna");
	assert_true(skeleton_needs_table("аnn"));
	assert_false(skeleton_needs_table("ann"));
}

TEST(capitals_outside_ascii_become_small_letters)
{
	char out[SKELETON_MAX];

	assert_true(skeleton_fold(&table, "ДиМА", out));
	assert_string_equal(out, "дима");
	assert_true(skeleton_fold(&table, "Иvan I", out));
	assert_string_equal(out, "иvan I");
	assert_false(skeleton_fold(&table, "дима", out));
	assert_false(skeleton_fold(&table, "IVAN", out));
	assert_false(skeleton_fold(NULL, "ДиМА", out));
	assert_string_equal(out, "ДиМА");
}

TEST(a_name_in_small_letters_that_is_too_long_is_cut_between_characters)
{
	static char name[3 * SKELETON_MAX], out[SKELETON_MAX];

	for (size_t i = 0; i + 2 < sizeof(name); i += 2)
		memcpy(name + i, "Д", 2);
	assert_true(skeleton_fold(&table, name, out));
	assert_int_equal(strlen(out), SKELETON_MAX - UTF8_MAX);
	assert_true(utf8_valid(out, strlen(out)));
}

TEST(a_skeleton_that_is_too_long_is_cut)
{
	static char name[2 * SKELETON_MAX];

	memset(name, 'm', sizeof(name) - 1);
	assert_int_equal(strlen(full(name)), SKELETON_MAX - 1);
}
