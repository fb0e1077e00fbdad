/* admin_print.c - answers to an administrator as text: admin_print.h. */
#include "cli/admin_print.h"

#include "base/base.h"

#include <stdio.h>
#include <time.h>

enum {
	COLUMNS_MAX = 7,
	NAME_WIDTH = 14,
	CELL_MAX = 512,
};

/* A column: its title, the members it shows (the second behind an '@'), its width. */
struct column {
	const char *title, *key, *at;
	int width;
};

static const struct column columns[ADMIN_FORMS][COLUMNS_MAX + 1] = {
	[ADMIN_USERS] = {{"NICK", "nick", NULL, 16}, {"USER@HOST", "user", "host", 32},
		{"ADDRESS", "address", NULL, 24}, {"ACCOUNT", "account", NULL, 16},
		{"MODES", "modes", NULL, 6}, {"CHANNELS", "channels", NULL, 8},
		{"IDLE", "idle", NULL, 0}},
	[ADMIN_CHANNELS] = {{"CHANNEL", "name", NULL, 24}, {"USERS", "users", NULL, 6},
		{"MODES", "modes", NULL, 8}, {"FOUNDER", "founder", NULL, 16},
		{"TOPIC", "topic", NULL, 0}},
	[ADMIN_BANS] = {{"KIND", "kind", NULL, 8}, {"MASK", "mask", NULL, 32},
		{"EXPIRES", "expires", NULL, 20}, {"BY", "by", NULL, 24},
		{"REASON", "reason", NULL, 0}},
	[ADMIN_HITS] = {{"NICK", "nick", NULL, 16}, {"USER@HOST", "user", "host", 32},
		{"ADDRESS", "address", NULL, 24}, {"ACCOUNT", "account", NULL, 0}},
	[ADMIN_OWNERS] = {{"ACCOUNT", "account", NULL, 24}, {"FILES", "files", NULL, 8},
		{"BYTES", "bytes", NULL, 12}, {"NEWEST", "newest", NULL, 0}},
	[ADMIN_FILES] = {{"ID", "id", NULL, 22}, {"BYTES", "bytes", NULL, 10},
		{"UPLOADED", "uploaded", NULL, 20}, {"TYPE", "type", NULL, 20},
		{"NAME", "name", NULL, 0}},
};

/* Bytes 0 to 1f and 7f, and C1, which in UTF-8 is c2 80 to c2 9f. */
static void harmless(char *text)
{
	for (unsigned char *p = (unsigned char *)text; *p; p++)
		if (*p < ' ' || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			*p = '?';
}

/* Members that are times since 1970; 0: none. */
static bool is_time(const char *key)
{
	static const char *const keys[] = {"expires", "registered", "seen", "started", "since",
		"created", "uploaded", "newest"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return false;
}

static void print_time(char out[CELL_MAX], time_t at)
{
	struct tm tm;

	if (at == 0 || !gmtime_r(&at, &tm) ||
		strftime(out, CELL_MAX, "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, CELL_MAX, "never");
}

static void print_list(char out[CELL_MAX], const json_t *array)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < json_array_size(array) && n < CELL_MAX; i++)
		n += (size_t)snprintf(out + n, CELL_MAX - n, "%s%s", i ? " " : "",
			json_string_value(json_array_get(array, i)));
}

/* The value of a member as text. */
static void cell(char out[CELL_MAX], const char *key, const json_t *value)
{
	if (json_is_string(value))
		snprintf(out, CELL_MAX, "%s", json_string_value(value));
	else if (json_is_integer(value) && is_time(key))
		print_time(out, (time_t)json_integer_value(value));
	else if (json_is_integer(value))
		snprintf(out, CELL_MAX, "%lld", (long long)json_integer_value(value));
	else if (json_is_boolean(value))
		snprintf(out, CELL_MAX, "%s", json_is_true(value) ? "yes" : "no");
	else if (json_is_array(value))
		print_list(out, value);
	else
		snprintf(out, CELL_MAX, "-");
	harmless(out);
}

static void print_row(const struct column *c, const json_t *row)
{
	char text[CELL_MAX], more[CELL_MAX], both[2 * CELL_MAX];

	for (; c->title; c++) {
		cell(text, c->key, json_object_get(row, c->key));
		more[0] = '\0';
		if (c->at)
			cell(more, c->at, json_object_get(row, c->at));
		snprintf(both, sizeof(both), "%s%s%s", text, c->at ? "@" : "", more);
		printf("%-*s%s", c->width, both, c[1].title ? " " : "\n");
	}
}

static void print_members(json_t *object, bool all)
{
	const char *key;
	char text[CELL_MAX];
	json_t *value;

	json_object_foreach(object, key, value)
	{
		if (json_is_object(value)) {
			printf("%s:\n", key);
			print_members(value, false);
			continue;
		}
		if (!all && json_is_integer(value) && json_integer_value(value) == 0)
			continue; /* of the counters, those that have counted */
		cell(text, key, value);
		printf("%s%-*s %s\n", all ? "" : "  ", NAME_WIDTH, key, text);
	}
}

void admin_print_head(enum admin_form form)
{
	for (const struct column *c = columns[form]; c->title; c++)
		printf("%-*s%s", c->width, c->title, c[1].title ? " " : "\n");
}

void admin_print_row(enum admin_form form, const json_t *row)
{
	if (form == ADMIN_MEMBERS)
		print_members((json_t *)row, true);
	else
		print_row(columns[form], row);
}
