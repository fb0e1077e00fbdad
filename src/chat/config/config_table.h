/*
 * config_table.h - table of configuration keys.
 */
#ifndef CHAT_CONFIG_CONFIG_TABLE_H
#define CHAT_CONFIG_CONFIG_TABLE_H

#include "chat/config/config.h"

enum config_type {
	CONFIG_BOOL,   /* bool: yes or no */
	CONFIG_COUNT,  /* int64_t */
	CONFIG_BYTES,  /* int64_t; k, M, G: powers of 1024 */
	CONFIG_SPAN,   /* nsec_t; ms, s, m, h, d; a bare 0 */
	CONFIG_CHOICE, /* int64_t: the index of one of `choices` */
	CONFIG_TEXT,   /* char *; min and max are bytes */
	CONFIG_LIST,   /* struct config_list; min and max are words */
	CONFIG_TYPE_COUNT,
};

struct config_key {
	const char *section, *name;
	enum config_type type;
	size_t offset;       /* into struct config, or struct config_oper for section "oper" */
	const char *initial; /* the default, as one would write it */
	int64_t min, max;
	bool reload; /* may change while the server runs */
	const char *const *choices;
	bool (*check)(const char *value); /* more than type and range; NULL: nothing more */
	const char *expects;              /* what check wants, for the message */
	const char *doc;                  /* one or two sentences */
};

/* The table, in the order of the documents, keys of one section together; a row without a name ends
 * it. */
extern const struct config_key config_keys[];

#define CONFIG_OPER_SECTION "oper"

/* Returns the row of section.name (name NULL: the first of the section), or NULL. */
const struct config_key *config_find(const char *section, const char *name);

#endif
