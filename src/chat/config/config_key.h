/*
 * config_key.h - a key of the configuration: its row of the table, and a value by its row.
 */
#ifndef CHAT_CONFIG_CONFIG_KEY_H
#define CHAT_CONFIG_CONFIG_KEY_H

#include "chat/config/config.h"

/* What is kept of a value. */
enum config_form {
	CONFIG_NUMBER, /* int64_t */
	CONFIG_TEXT,   /* char *; of a list its words, one space apart */
};

struct config_key {
	const char *section, *name;
	enum config_form form;
	int type;            /* how it is written: enum type of config_key.c */
	size_t offset;       /* into struct config, or struct config_oper for section "oper" */
	const char *initial; /* the default, as one would write it; NULL: has to be given */
	int64_t min, max;
	bool reload;     /* may change while the server runs */
	const char *doc; /* one or two sentences */
};

/* The rows of config_keys.h; one without a name ends them. */
extern const struct config_key config_keys[];

#define CONFIG_OPER_SECTION "oper"

enum {
	CONFIG_DESCRIPTION_MAX = 160,
};

/* Returns the row of section.name (name NULL: the first of the section), or NULL. */
const struct config_key *config_find(const char *section, const char *name);

/* Writes what a value of the key may be: "a number from 1 to 100". */
void config_describe(const struct config_key *key, char out[CONFIG_DESCRIPTION_MAX]);

/* Parses and checks text and stores it at `base` + the key's offset, freeing the old value. On
 * failure returns false with the reason in *e, without file, line and key. */
bool config_set(const struct config_key *key, void *base, const char *text, struct config_error *e);

/* Frees the value, which becomes empty. */
void config_clear(const struct config_key *key, void *base);

/* Whether two values are equal. */
bool config_equal(const struct config_key *key, const void *a, const void *b);

/* Exchanges two values. */
void config_swap(const struct config_key *key, void *a, void *b);

#endif
