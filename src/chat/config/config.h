/*
 * config.h - configuration: one struct of values, one table row a key.
 *
 *     defaults -> file (INI: [section], key = value) -> --set section.key=value -> --listen, --data
 *
 * A configuration is read and checked as a whole before anybody uses it; a key or section that does
 * not exist, a value of the wrong type or out of range, and a key given twice are errors that name
 * file, line and key. REHASH reads a second one and takes it over with config_reload().
 *
 * [oper NAME] is a section that may come any number of times; its keys are rows of "oper".
 */
#ifndef CHAT_CONFIG_H
#define CHAT_CONFIG_H

#include "base/base.h"

enum {
	CONFIG_LIST_MAX = 64,
	CONFIG_OPERS_MAX = 256,
	CONFIG_LINE_MAX = 1024, /* bytes of a line of the file */
	CONFIG_FILE_LINES_MAX = 100000,
	CONFIG_ERROR_MAX = 512,
};

/* Words of a value, separated by spaces or commas. Owned by the configuration. */
struct config_list {
	char *items[CONFIG_LIST_MAX];
	size_t count;
};

struct config_oper {
	char *name;
	char *password; /* a hash as crypt(5) writes it, or plain:TEXT; password.h compares */
	struct config_list hosts; /* user@host masks and CIDR; *@* by default */
	uint32_t line;            /* of the file, where its section begins; 0: not there */
};

struct config_server {
	char *name, *network, *description;
	struct config_list listen; /* ADDR:PORT, [ADDR]:PORT */
	char *data;                /* directory; "" keeps nothing */
	char *motd;                /* file; "" has none */
	char *password;            /* PASS, as in config_oper; "" asks for none */
	char *admin_location, *admin_description, *admin_email;
};

/* Numbers are counts, bytes or nanoseconds as the table says; 0 is "no limit" where it says so. */
struct config_limits {
	int64_t clients;                     /* connections in all */
	int64_t per_address;                 /* connections of one address; 0: none */
	int64_t connect_rate;                /* new connections of one address a minute; 0: none */
	int64_t connect_burst;               /* ... and at once */
	int64_t sendq, sendq_unregistered;   /* bytes */
	int64_t flood_rate;                  /* lines a second of one connection; 0: none */
	int64_t flood_burst;                 /* ... and at once */
	int64_t user_memory, address_memory; /* bytes: quota.h; 0: no limit */
	int64_t password_rate;               /* wrong ones of one address a minute; 0: no limit */
	int64_t channels;                    /* of one user */
	int64_t nick_length, user_length, real_length, channel_length, topic_length;
	int64_t away_length, kick_length, key_length;
	int64_t list_entries; /* masks on the lists of one channel */
	int64_t monitor;      /* nicks that one user watches */
	int64_t targets;      /* of one command */
	int64_t whowas;       /* entries kept */
	int64_t multiline_bytes, multiline_lines;
};

struct config_net {
	int64_t backlog;
	nsec_t keepalive_idle, keepalive_interval; /* whole seconds; idle 0: no keepalive */
	int64_t keepalive_count;
	nsec_t user_timeout;                /* TCP_USER_TIMEOUT; 0: the kernel's */
	nsec_t registration;                /* from accept to the end of registration */
	nsec_t ping_interval, ping_timeout; /* quiet so long: PING; no answer so long: gone */
};

struct config_history {
	bool enabled, events, private_by_nick;
	nsec_t max_age;   /* 0: no bound */
	int64_t max_size; /* bytes of the file; 0: no bound */
	int64_t page;     /* messages in one answer */
	int64_t on_join;  /* messages that a JOIN shows to clients that cannot ask for them; 0: none
			   */
	int64_t queue_messages, queue_bytes;
};

struct config_log {
	int64_t level, format; /* enum log_level, enum log_format */
	int64_t burst;         /* lines of one event in `interval`; 0: no limit */
	nsec_t interval;
};

struct config {
	struct config_server server;
	struct config_limits limits;
	struct config_net net;
	struct config_history history;
	struct config_log log;
	struct config_oper *opers;
	size_t oper_count;
};

/* Whether messages are kept: that is wanted, and there is a directory to keep them in. */
static inline bool config_keeps_history(const struct config *c)
{
	return c->history.enabled && c->server.data[0];
}

/* Where values come from, in this order. path NULL: no file. Settings are "section.key=value".
 * listen and data, NULL if not given, are server.listen and server.data: an error in them names the
 * option --listen or --data. */
struct config_source {
	const char *path;
	const char *const *settings;
	size_t setting_count;
	const char *listen, *data;
};

/* "FILE:LINE: what is wrong", one line. */
struct config_error {
	char text[CONFIG_ERROR_MAX];
};

/* A configuration of defaults, file and settings; NULL and *e when anything is wrong. */
struct config *config_load(const struct config_source *from, struct config_error *e);

/* Frees a configuration; c may be NULL. */
void config_free(struct config *c);

/*
 * Moves the values of `fresh` into c where the key may change while the server runs; calls
 * stuck(arg, "section.key") for each key that differs and needs a restart: it keeps its old value.
 * Frees fresh. Pointers into c that were taken before are not valid afterwards.
 */
void config_reload(struct config *c, struct config *fresh,
	void (*stuck)(void *arg, const char *key), void *arg);

#endif
