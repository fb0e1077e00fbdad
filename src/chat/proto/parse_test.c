/*
 * parse_test.c - parsing of messages and tags, and equality of names.
 */
#include <stdio.h>

#include "base/test/test.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/casemap.h"
#include "chat/proto/parse.h"
#include "chat/proto/tags.h"

static char buffer[LINE_IN_MAX + 1];

static enum parse_error parse(struct msg *m, const char *text)
{
	struct span line = {buffer, strlen(text)};

	memcpy(buffer, text, line.n + 1);
	return parse_message(m, line);
}

TEST(a_message_has_tags_source_command_and_params)
{
	struct msg m;

	assert_int_equal(
		parse(&m, "@a=b;c  :nick!u@h privmsg  #x   two :and the rest : it"), PARSE_OK);
	assert_string_equal(m.tags, "a=b;c");
	assert_string_equal(m.source, "nick!u@h");
	assert_string_equal(m.command, "PRIVMSG");
	assert_int_equal(m.count, 3);
	assert_string_equal(m.params[1], "two");
	assert_string_equal(m.params[2], "and the rest : it");
	assert_int_equal(m.lens[2], 17);
}

TEST(an_empty_trailing_param_counts)
{
	struct msg m;

	assert_int_equal(parse(&m, "TOPIC #x :"), PARSE_OK);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.params[1], "");
	assert_string_equal(msg_param(&m, 2), "");
}

TEST(the_fifteenth_param_takes_the_rest)
{
	struct msg m;

	assert_int_equal(parse(&m, "X 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17"), PARSE_OK);
	assert_int_equal(m.count, 15);
	assert_string_equal(m.params[14], "15 16 17");
}

TEST(a_line_without_a_command_is_empty)
{
	struct msg m;

	assert_int_equal(parse(&m, "   "), PARSE_EMPTY);
	assert_int_equal(parse(&m, "@tag"), PARSE_EMPTY);
	assert_int_equal(parse(&m, ":source "), PARSE_EMPTY);
}

TEST(tags_and_body_have_limits_of_their_own)
{
	char text[LINE_IN_MAX];
	struct msg m;

	memset(text, 'a', sizeof(text));
	text[0] = '@';
	strcpy(text + 1 + CLIENT_TAGS_MAX, " PING x");
	assert_int_equal(parse(&m, text), PARSE_OK);
	text[1 + CLIENT_TAGS_MAX] = 'a';
	strcpy(text + 2 + CLIENT_TAGS_MAX, " PING x");
	assert_int_equal(parse(&m, text), PARSE_TAGS_TOO_LONG);
	memset(text, 'a', sizeof(text));
	text[LINE_BODY_MAX - 2] = '\0';
	assert_int_equal(parse(&m, text), PARSE_OK);
	text[LINE_BODY_MAX - 2] = 'a';
	text[LINE_BODY_MAX - 1] = '\0';
	assert_int_equal(parse(&m, text), PARSE_BODY_TOO_LONG);
}

TEST(the_last_of_two_tags_wins)
{
	struct tag t;

	assert_true(tag_find("k=1;other;k=2", "k", &t));
	assert_int_equal(t.value_len, 1);
	assert_int_equal(*t.value, '2');
	assert_false(tag_find("kk=1;;x", "k", &t));
}

TEST(escaping_a_tag_and_back_gives_the_same)
{
	static const char raw[] = "a;b c\\d\re\nf";
	char escaped[64], back[64];
	size_t n = tag_escape(raw, strlen(raw), escaped, sizeof(escaped));
	struct tag t = {"k", escaped, 1, n};

	assert_memory_equal(escaped, "a\\:b\\sc\\\\d\\re\\nf", n);
	assert_int_equal(tag_unescape(&t, back, sizeof(back)), strlen(raw));
	assert_string_equal(back, raw);
}

TEST(a_tag_that_does_not_fit_is_not_escaped_in_part)
{
	char out[4];

	assert_int_equal(tag_escape("a;b", 3, out, sizeof(out)), 4);
	assert_int_equal(tag_escape("a;b;", 4, out, sizeof(out)), 0);
}

TEST(an_unknown_escape_is_the_character_and_a_lone_one_nothing)
{
	struct tag t = {"k", "a\\bc\\", 1, 5};
	char out[8];

	tag_unescape(&t, out, sizeof(out));
	assert_string_equal(out, "abc");
}

TEST(tag_keys_are_validated)
{
	static const struct {
		const char *key;
		bool good;
	} rows[] = {{"a", true}, {"+a", true}, {"+v.example/x-1", true}, {"+", false}, {"", false},
		{"a_b", false}, {"/x", false}, {"v/", false}, {"a.b", false}};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct tag t = {rows[i].key, NULL, strlen(rows[i].key), 0};

		assert_int_equal(tag_key_valid(&t), rows[i].good);
	}
}

TEST(names_differ_in_more_than_ascii_case)
{
	struct siphash_key key = {1, 2};

	assert_true(case_equal("Nick[a]", "nICK[A]"));
	assert_false(case_equal("nick[", "nick{")); /* rfc1459 would make them equal */
	assert_false(case_equal("nick", "nicks"));
	assert_int_equal(case_hash("NICK", 4, &key), case_hash("nick", 4, &key));
}

TEST(nicks_and_channel_names_are_validated)
{
	assert_true(nick_valid("a-1", 9));
	assert_true(nick_valid("[x]", 9));
	assert_false(nick_valid("1a", 9));
	assert_false(nick_valid("", 9));
	assert_false(nick_valid("a b", 9));
	assert_false(nick_valid("abcdefghij", 9));
	assert_true(channel_name_valid("#x", 9));
	assert_false(channel_name_valid("#", 9));
	assert_false(channel_name_valid("x", 9));
	assert_false(channel_name_valid("#a,b", 9));
	assert_true(nick_valid("j\xc3\xb6rg", 9));
	assert_true(nick_valid("\xf0\x9f\x98\x83", 9)); /* a smiling face */
}

TEST(a_name_has_no_hidden_character)
{
	static const struct {
		const char *what, *utf8;
	} rows[] = {
		{"C1 control", "\xc2\x9b"},
		{"no-break space", "\xc2\xa0"},
		{"soft hyphen", "\xc2\xad"},
		{"grapheme joiner", "\xcd\x8f"},
		{"Hangul filler", "\xe3\x85\xa4"},
		{"zero width space", "\xe2\x80\x8b"},
		{"zero width joiner", "\xe2\x80\x8d"},
		{"right-to-left override", "\xe2\x80\xae"},
		{"bidi isolate", "\xe2\x81\xa6"},
		{"line separator", "\xe2\x80\xa8"},
		{"word joiner", "\xe2\x81\xa0"},
		{"ideographic space", "\xe3\x80\x80"},
		{"empty braille", "\xe2\xa0\x80"},
		{"private use", "\xee\x80\x80"},
		{"variation selector", "\xef\xb8\x8f"},
		{"byte order mark", "\xef\xbb\xbf"},
		{"noncharacter", "\xef\xb7\x90"},
		{"U+FFFF", "\xef\xbf\xbf"},
		{"tag", "\xf3\xa0\x81\x81"},
		{"U+10FFFF", "\xf4\x8f\xbf\xbf"},
		{"half a character", "\xc3"},
	};
	char nick[16], channel[16];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		snprintf(nick, sizeof(nick), "a%sb", rows[i].utf8);
		snprintf(channel, sizeof(channel), "#%s", rows[i].utf8);
		if (nick_valid(nick, 15) || channel_name_valid(channel, 15))
			fail_msg("a name has a %s", rows[i].what);
	}
}

TEST(addresses_are_read_and_written)
{
	struct net_addr a;
	char text[ADDR_TEXT_MAX];
	uint32_t bits;

	assert_true(addr_parse(&a, "[2001:db8::1]:6667"));
	addr_print(&a, text);
	assert_string_equal(text, "2001:db8::1");
	assert_int_equal(a.port, 6667);
	assert_false(addr_parse(&a, "1.2.3.4"));
	assert_false(addr_parse(&a, "1.2.3.4:66666"));
	assert_true(addr_parse_cidr(&a, &bits, "10.20.30.40/12"));
	a = addr_prefix(&a, bits);
	addr_print(&a, text);
	assert_string_equal(text, "10.16.0.0");
	assert_false(addr_parse_cidr(&a, &bits, "10.0.0.0/33"));
	assert_true(addr_parse_cidr(&a, &bits, "::ffff:10.20.30.40/104"));
	assert_int_equal(a.family, 4);
	assert_int_equal(bits, 8);
	assert_true(addr_parse_cidr(&a, &bits, "::ffff:0:0/90"));
	assert_int_equal(a.family, 6);
	assert_true(addr_parse_cidr(&a, &bits, "::1"));
	addr_print(&a, text);
	assert_string_equal(text, "0::1");
	assert_false(addr_parse_cidr(&a, &bits, "::ffff:10.0.0.0/129"));
}
