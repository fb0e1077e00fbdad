/*
 * config_key.h - a key of the configuration: its row of the table, and a value by its row.
 */
#ifndef CHAT_CONFIG_CONFIG_KEY_H
#define CHAT_CONFIG_CONFIG_KEY_H

#include "chat/config/config.h"

#define CONFIG_SYSCTL_SECTION "sysctl"

/* Sections that may occur any number of times, each with a name: [oper NAME]. Their structs begin
 * with struct config_named. */
enum config_kind {
	CONFIG_PLAIN, /* none of them */
	CONFIG_OPER,
	CONFIG_OPER_CLASS,
	CONFIG_WEBIRC,
	CONFIG_EXTJWT,
};

/* The beginning of struct config_oper and its like. */
struct config_named {
	char name[CONFIG_LINE_MAX];
	uint32_t line;
};

enum {
	CONFIG_KEYS_MAX = 256,
	CONFIG_DESCRIPTION_MAX = 160,
};

struct config_key {
	const char *section, *name;
	const struct config_type *type; /* its syntax: config_key.c */
	size_t offset, size;            /* in struct config, or in the named section's */
	const char *initial;            /* the default, as a user would write it; NULL: none */
	int64_t min, max;
	bool reload;     /* may change while the server runs */
	const char *doc; /* one or two sentences */
};

/* The rows of config_keys.h, ended by one without a name. */
extern const struct config_key config_keys[];

/* The kind of its section. */
enum config_kind config_kind(const struct config_key *key);

/* Returns the row of section.name (name NULL: the first of the section), or NULL. */
const struct config_key *config_find(const char *section, const char *name);

/* Describes the values of the key: "a number from 1 to 100". */
void config_describe(const struct config_key *key, char out[CONFIG_DESCRIPTION_MAX]);

/* Appends to *e, which already has the location. Returns false. */
__attribute__((format(printf, 2, 3))) bool config_fail(
	struct config_error *e, const char *format, ...);

/* Parses and checks text and stores it at `base` + the key's offset. On failure returns false and
 * appends the reason to *e. */
bool config_set(const struct config_key *key, void *base, const char *text, struct config_error *e);

#endif
