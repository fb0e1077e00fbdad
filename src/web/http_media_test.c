/* http_media_test.c - media types and names of uploaded content. */
#include "base/test/test.h"
#include "web/http_media.h"

#include "base/utf8.h"

TEST(a_media_type_is_its_essence_in_lower_case)
{
	static const struct {
		const char *said, *is; /* NULL: none */
	} rows[] = {{"image/png", "image/png"}, {"Text/HTML; charset=utf-8", "text/html"},
		{"image/svg+xml ;x", "image/svg+xml"}, {"", NULL}, {"image", NULL},
		{"image/", NULL}, {"/png", NULL}, {"image/png/x", NULL}, {"image/p ng", "image/p"},
		{"a/b\x80", NULL}, {"image/png\"", NULL}};
	char type[HTTP_MEDIA_MAX], longer[200] = "image/";

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(http_media_type(type, rows[i].said), rows[i].is != NULL);
		if (rows[i].is)
			assert_string_equal(type, rows[i].is);
	}
	memset(longer + 6, 'x', 150);
	assert_false(http_media_type(type, longer));
}

TEST(a_list_of_types_has_groups_and_single_ones)
{
	assert_true(http_media_listed("image/png", "text/plain image/"));
	assert_true(http_media_listed("text/plain", "text/plain image/"));
	assert_false(http_media_listed("text/plainer", "text/plain image/"));
	assert_false(http_media_listed("text/html", "text/plain image/"));
	assert_false(http_media_listed("imag", "image/"));
}

TEST(what_may_hold_a_script_is_not_shown_in_place)
{
	static const char *const saved[] = {"text/html", "image/svg+xml", "application/pdf",
		"application/xhtml+xml", "text/xml", "application/javascript"};

	for (size_t i = 0; i < ARRAY_SIZE(saved); i++)
		assert_false(http_media_harmless(saved[i]));
	assert_true(http_media_harmless("image/png") && http_media_harmless("video/mp4"));
}

TEST(names_are_read_and_made_harmless)
{
	static const struct {
		const char *said, *is;
	} rows[] = {{"attachment; filename=\"a b.png\"", "a b.png"},
		{"attachment; FILENAME=a.png; x=y", "a.png"},
		{"attachment; filename=\"a.png\"; filename*=UTF-8''%C3%A4.png", "ä.png"},
		{"attachment; filename*=utf-8'de'na%20me", "na me"},
		{"attachment; filename*=ISO-8859-1''%E4; filename=x", "x"},
		{"attachment; filename=\"../../etc/passwd\"", ".._.._etc_passwd"},
		{"attachment; filename=\"a\\\"b\\\\c\"", "a_b_c"},
		{"attachment; filename*=UTF-8''a%0D%0ASet-Cookie:x%00", "a__Set-Cookie"},
		{"attachment; filename*=UTF-8''%E2%80%AEgpj.exe", "_gpj.exe"},
		{"attachment; filename*=UTF-8''%C3.png", ".png"}, {"attachment", "file"},
		{"", "file"}, {"attachment; filename=\"..\"", "file"},
		{"attachment; filename*=UTF-8''%", "%"}};
	char name[HTTP_NAME_LEN];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		http_media_name(name, rows[i].said);
		assert_string_equal(name, rows[i].is);
	}
}

TEST(long_names_are_cut_between_characters)
{
	char said[700] = "attachment; filename=\"", name[HTTP_NAME_LEN], percent[HTTP_PERCENT_MAX];

	for (int i = 0; i < 200; i++)
		strcat(said, "ä");
	http_media_name(name, said);
	assert_true(strlen(name) > 90);
	assert_true(utf8_valid(name, strlen(name)));
	http_media_percent(percent, name);
	assert_int_equal(strlen(percent), 3 * strlen(name));
}

TEST(a_name_in_a_url_is_plain)
{
	char percent[HTTP_PERCENT_MAX];

	http_media_percent(percent, "ä b.p-n_g'(~%");
	assert_string_equal(percent, "%C3%A4%20b.p-n_g%27%28%7E%25");
}
