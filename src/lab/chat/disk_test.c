/* disk_test.c - contents of a host's disk after a crash and after power loss. */
#include "base/test/test.h"
#include "lab/chat/disk.h"

static const char *read_all(struct disk_file *f)
{
	static char text[64];
	size_t n = disk_read(f, text, sizeof(text) - 1, 0);

	text[n] = '\0';
	return text;
}

static const char *file_text(struct disk *d, const char *name)
{
	struct disk_file *f = disk_open(d, name, false);
	const char *text = f ? read_all(f) : NULL;

	if (f)
		disk_close(f);
	return text;
}

TEST(a_loss_of_power_discards_unsynced_data)
{
	struct disk *d = disk_new(1000);
	struct disk_file *f = disk_open(d, "a", true);

	assert_true(disk_write(f, "hello", 5, 0));
	disk_sync(f);
	assert_true(disk_write(f, "J", 1, 0));
	assert_true(disk_write(f, " world", 6, 5));
	assert_string_equal(read_all(f), "Jello world");
	disk_close(f);
	disk_power_loss(d);
	assert_string_equal(file_text(d, "a"), "hello");
	disk_free(d);
}

TEST(a_sync_keeps_everything_written_before_it)
{
	struct disk *d = disk_new(1000);
	struct disk_file *f = disk_open(d, "a", true);

	assert_true(disk_write(f, "abcdef", 6, 0));
	disk_sync(f);
	assert_true(disk_write(f, "E", 1, 4));
	assert_true(disk_write(f, "B", 1, 1));
	disk_sync(f);
	disk_close(f);
	disk_power_loss(d);
	assert_string_equal(file_text(d, "a"), "aBcdEf");
	disk_free(d);
}

TEST(a_cut_file_is_short_after_a_sync_and_its_old_bytes_are_zero)
{
	struct disk *d = disk_new(1000);
	struct disk_file *f = disk_open(d, "a", true);
	char text[4] = "xxx";

	assert_true(disk_write(f, "abcdef", 6, 0));
	disk_sync(f);
	disk_truncate(f, 2);
	disk_close(f);
	disk_power_loss(d);
	assert_string_equal(file_text(d, "a"), "abcdef");
	f = disk_open(d, "a", false);
	disk_truncate(f, 2);
	disk_sync(f);
	assert_true(disk_write(f, "f", 1, 5));
	assert_int_equal(disk_read(f, text, 4, 2), 4);
	assert_memory_equal(text, "\0\0\0f", 4);
	disk_close(f);
	disk_power_loss(d);
	assert_string_equal(file_text(d, "a"), "ab");
	disk_free(d);
}

TEST(a_file_that_was_never_synced_has_no_name_after_a_loss)
{
	struct disk *d = disk_new(1000);
	struct disk_file *f = disk_open(d, "a", true);

	assert_true(disk_write(f, "a", 1, 0));
	disk_close(f);
	disk_power_loss(d);
	assert_false(disk_has(d, "a"));
	assert_null(disk_open(d, "a", false));
	disk_free(d);
}

TEST(a_deleted_file_stays_while_it_is_open)
{
	struct disk *d = disk_new(1000);
	struct disk_file *f = disk_open(d, "a", true);

	assert_true(disk_write(f, "a", 1, 0));
	assert_true(disk_delete(d, "a"));
	assert_false(disk_has(d, "a"));
	assert_false(disk_delete(d, "a"));
	assert_string_equal(read_all(f), "a");
	disk_close(f);
	disk_free(d);
}

TEST(a_full_disk_refuses_and_has_room_again_after_a_deletion)
{
	struct disk *d = disk_new(6);
	struct disk_file *f = disk_open(d, "a", true), *g = disk_open(d, "b", true);

	assert_true(disk_write(f, "1234", 4, 0));
	assert_false(disk_write(g, "567", 3, 0));
	assert_true(disk_write(f, "4321", 4, 0)); /* overwriting takes no room */
	assert_true(disk_write(g, "56", 2, 0));
	disk_truncate(f, 1);
	assert_true(disk_write(g, "567", 3, 0));
	disk_close(f);
	disk_delete(d, "a");
	assert_true(disk_write(g, "567890", 6, 0));
	disk_close(g);
	disk_free(d);
}

TEST(a_name_that_is_too_long_makes_no_file)
{
	struct disk *d = disk_new(6);
	char name[DISK_NAME_MAX + 1];

	memset(name, 'x', DISK_NAME_MAX);
	name[DISK_NAME_MAX] = '\0';
	assert_null(disk_open(d, name, true));
	disk_free(d);
}
