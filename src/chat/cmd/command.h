/*
 * command.h - the commands: one table row each, in groups of one file a group.
 */
#ifndef CHAT_CMD_COMMAND_H
#define CHAT_CMD_COMMAND_H

#include "chat/cmd/request.h"
#include "chat/model/registry.h"
#include "chat/out/conn_time.h"
#include "chat/out/reply.h"

enum command_flag {
	COMMAND_EARLY = 1 << 0, /* allowed before registration */
	COMMAND_OPER = 1 << 1,  /* for operators only */
	COMMAND_QUIET = 1 << 2, /* too few params is answered by the command itself, if at all */
};

struct command {
	const char *name;
	uint8_t min_params;
	uint8_t flags;
	uint8_t cost; /* in lines of the flood limit; 0: free */
	void (*run)(struct request *q);
};

struct command_group {
	const struct command *rows;
	size_t count;
};

/* The groups. A new one is declared here and added to the list in dispatch.c. */
extern const struct command_group commands_ban, commands_batch, commands_cap, commands_channel,
	commands_chghost, commands_history, commands_info, commands_list, commands_marker,
	commands_message, commands_metadata, commands_mode, commands_moderate, commands_monitor,
	commands_oper, commands_query, commands_redact, commands_registration, commands_rename,
	commands_user, commands_who, commands_whois;

/* Builds the lookup of s; false when memory is out. */
bool commands_init(struct server *s);
void commands_free(struct server *s);

/* The row of a command in capitals; NULL if there is none. */
const struct command *command_find(const struct server *s, const char *name);

/* Parses and executes one line of c. */
void command_line(struct server *s, struct conn *c, struct span line);

/* Registration is done if all it needs is there: sends the welcome (cmd_registration.c). */
void registration_check(struct request *q);

/* An operator does in ch what its members' ranks would not let him: logged (cmd_oper.c). */
void oper_override(const struct request *q, const struct channel *ch);

/* 251 - 266, and 375 - 376 (cmd_query.c): also part of the welcome. */
void send_lusers(struct request *q);
void send_motd(struct request *q);

/* The 005 lines. */
void send_isupport(struct request *q);

/* 332 and 333 of a channel that has a topic (cmd_channel.c). */
void send_topic(struct request *q, const struct channel *ch);

/* 353 and 366 of a channel (cmd_channel.c). */
void send_names(struct request *q, const struct channel *ch);

/* MARKREAD at a JOIN, for clients that follow it (cmd_marker.c). */
void marker_joined(struct request *q, const struct channel *ch);

/* The last messages at a JOIN, for clients that cannot ask for them (cmd_history.c). */
void history_joined(struct request *q, const struct channel *ch);

/* What somebody's metadata is, at the welcome, at a JOIN and in WHOIS (cmd_metadata.c). */
void metadata_welcome(struct request *q);
void metadata_joined(struct request *q, const struct channel *ch);
void metadata_whois(struct request *q, const struct user *u);

/* Reads the message of the day (rehash.c). */
void server_load_motd(struct server *s);

/* 005 lines are made once for a configuration (isupport.c); false when memory is out. */
bool isupport_build(struct server *s);
void isupport_free(struct server *s);

#endif
