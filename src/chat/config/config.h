/*
 * config.h - configuration: one struct of values, built from the rows of config_keys.h.
 *
 *     defaults -> file (INI: [section], key = value) -> --set section.key=value -> --listen etc.
 *
 * A configuration is read and checked as a whole before it is used; a key or section that does not
 * exist, a value of the wrong type or out of range, and a key given twice are errors that name
 * file, line and key. REHASH reads a second one and applies it with config_reload().
 *
 * [oper NAME], [oper_class NAME], [webirc NAME] and [extjwt NAME] are sections that may occur any
 * number of times: a struct config_oper and so on each. The keys of [sysctl] are Linux's names of
 * parameters, kept as text.
 */
#ifndef CHAT_CONFIG_H
#define CHAT_CONFIG_H

#include "base/base.h"
#include "base/vec.h"
#include "chat/net.h"

#include <stdio.h>

enum {
	CONFIG_LISTEN_MAX = 16, /* of either kind */
	CONFIG_PAIRS_MAX = 16,  /* certificates */
	CONFIG_ORIGINS_MAX = 32,
	CONFIG_PROXIES_MAX = 32,
	CONFIG_ENGINES_MAX = 16,
	CONFIG_WORD_MAX = 256, /* a word of a list is shorter */
	CONFIG_OPERS_MAX = 256,
	CONFIG_ADDRS_MAX = 64,    /* of burble's stack */
	CONFIG_GATEWAYS_MAX = 2,  /* one of each IP version */
	CONFIG_SYSCTLS_MAX = 256, /* lines of [sysctl] */
	CONFIG_SYSCTL_NAME_MAX = 128,
	CONFIG_LINE_MAX = 1024, /* bytes of a line of the file */
	CONFIG_FILE_LINES_MAX = 100000,
	CONFIG_ERROR_MAX = 512,
	CONFIG_SECRET_MIN = 32, /* bytes: of HS256, as many as the hash has (RFC 7518 3.2) */
};

/* accounts.nick_enforcement */
enum enforce {
	ENFORCE_OFF,
	ENFORCE_TIMED,
	ENFORCE_STRICT,
	ENFORCE_COUNT,
};

/* accounts.always_on */
enum always_on {
	ALWAYS_ON_DISABLED,
	ALWAYS_ON_OPT_IN,
	ALWAYS_ON_OPT_OUT,
	ALWAYS_ON_MANDATORY,
	ALWAYS_ON_COUNT,
};

/* history.channels */
enum history_channels {
	HISTORY_OPT_IN,
	HISTORY_OPT_OUT,
	HISTORY_CHANNELS_COUNT,
};

/* accounts.dropped_messages */
enum forget {
	FORGET_NOTHING,
	FORGET_NAME,
	FORGET_ALL,
	FORGET_COUNT,
};

/* struct config_server and so on, with the keys as members. A time is in nanoseconds. */
#define SECTION(section)                                    struct config_##section {
#define MEMBER(type, name)                                  type name;
#define NUMBER(type, section, key, ...)                     int64_t key;
#define LIST(type, section, key, ...)                       char key[CONFIG_LINE_MAX];
#define TEXT(type, section, key, initial, least, most, ...) char key[(most) + 1];
#define END(section)                                                                               \
	}                                                                                          \
	;
#include "chat/config/config_keys.h"
#undef SECTION
#undef MEMBER
#undef NUMBER
#undef LIST
#undef TEXT
#undef END

/* A line of [sysctl]: a parameter of burble's stack by its Linux name. Its owner, not this room,
 * knows which exist, and their values. */
struct config_sysctl {
	char name[CONFIG_SYSCTL_NAME_MAX];
	char value[CONFIG_WORD_MAX];
	uint32_t line; /* of the file; 0: from --set */
};

struct config {
	struct config_server server;
	struct config_tls tls;
	struct config_web web;
	struct config_stack stack;
	struct config_limits limits;
	struct config_net net;
	struct config_history history;
	struct config_accounts accounts;
	struct config_log log;
	struct config_metrics metrics;
	struct config_cloak cloak;
	struct config_proxy proxy;
	struct config_files files;
	struct config_push push;
	struct config_dnsbl dnsbl;
	struct config_cluster cluster;
	VEC(struct config_oper) opers;
	VEC(struct config_oper_class) oper_classes;
	VEC(struct config_webirc) webircs;
	VEC(struct config_extjwt) extjwts;
	VEC(struct config_sysctl) sysctls;
};

/* Whether messages are kept: requires history, and a directory for it. */
static inline bool config_keeps_history(const struct config *c)
{
	return c->history.enabled && c->server.data[0];
}

/* Whether they can be searched. */
static inline bool config_searches(const struct config *c)
{
	return config_keeps_history(c) && c->history.search;
}

/* Whether there are accounts: likewise. */
static inline bool config_has_accounts(const struct config *c)
{
	return c->accounts.enabled && c->server.data[0];
}

/* Whether messages are pushed to the devices of users who are away. */
static inline bool config_pushes(const struct config *c)
{
	return c->push.enabled && config_has_accounts(c);
}

/* Whether users may upload files. */
static inline bool config_takes_files(const struct config *c)
{
	return c->files.enabled && config_has_accounts(c);
}

/* Whether the addresses of accounts are verified by mail. */
static inline bool config_sends_mail(const struct config *c)
{
	return c->accounts.mail_url[0] || c->accounts.mail_command[0];
}

/* Whether this server is one of several. */
static inline bool config_has_cluster(const struct config *c)
{
	return c->cluster.engine[0];
}

/* Whether the passwords of accounts are checked outside, and only there. */
static inline bool config_checks_outside(const struct config *c)
{
	return c->accounts.check_url[0] || c->accounts.check_command[0];
}

/* Whether there is something that checks tokens. */
static inline bool config_takes_tokens(const struct config *c)
{
	return c->accounts.oauth_keys[0] || c->accounts.oauth_introspect[0];
}

/* Whether there are services that users prove themselves to. */
static inline bool config_has_extjwt(const struct config *c)
{
	return c->extjwts.count > 0;
}

/* Whether users can have an account registered. */
static inline bool config_registers(const struct config *c)
{
	return config_has_accounts(c) && c->accounts.registration && !config_checks_outside(c);
}

/* Writes the address by which browsers reach the first listener for them, with TLS if there is one:
 * "https://irc.example.org"; false: there is none. */
bool config_first_url(const struct config *c, char out[CONFIG_WORD_MAX]);

/* Where values come from, in this order. path NULL: no file. Settings are "section.key=value".
 * The lists of listeners and data, NULL if absent, are server.listen, tls.listen, web.listen,
 * web.listen_tls and server.data: an error in them names the option. */
struct config_source {
	const char *path;
	const char *const *settings;
	size_t setting_count;
	const char *listen, *listen_tls, *listen_web, *listen_web_tls, *data;
	bool stack; /* burble's stack is used, as with stack.device */
};

/* "FILE:LINE: error", one line. */
struct config_error {
	char text[CONFIG_ERROR_MAX];
};

/* A configuration from defaults, file and settings; NULL, with *e filled in, on any error. */
struct config *config_load(const struct config_source *from, struct config_error *e);

/* Returns the oper of that name, or NULL. */
struct config_oper *config_oper(const struct config *c, const char *name);

/* Returns the class of opers of that name, or NULL. */
struct config_oper_class *config_oper_class(const struct config *c, const char *name);

/* Returns the service of that name, or NULL. */
struct config_extjwt *config_extjwt(const struct config *c, const char *name);

/* Copies the next word of a list (server.listen, hosts of an oper) and advances *list past it;
 * false at the end. */
bool config_word(const char **list, char word[CONFIG_WORD_MAX]);

/* Whether a word is in a list, in any case; whether a list of networks covers an address. */
bool config_lists(const char *list, const char *word);
bool config_covers(const char *list, const struct net_addr *addr);

/* Whether a list of listeners, as in tls.listen, has that address and port. */
bool config_listens(const char *list, const struct net_addr *at);

/* Parses a word of tls.listen, ADDRESS:PORT or ADDRESS:PORT/1.3. */
bool config_tls_listen(const char *word, struct net_addr *at, bool *only_13);

/* Frees a configuration; c may be NULL. */
void config_free(struct config *c);

/* Copies the values of `fresh` to c where the key may change while the server runs; calls
 * stuck(arg, "section.key") for each changed key that needs a restart and keeps its old value.
 * Frees fresh. Invalidates pointers into c. */
void config_reload(struct config *c, struct config *fresh,
	void (*stuck)(void *arg, const char *key), void *arg);

/* Write an example file with the defaults, and the table of keys for the man page. */
void config_print_example(FILE *out);
void config_print_man(FILE *out);

#endif
