/*
 * command.h - command table: one row per command, one file per group.
 */
#ifndef CHAT_CMD_COMMAND_H
#define CHAT_CMD_COMMAND_H

#include "chat/cmd/request.h"
#include "chat/model/registry.h"
#include "chat/out/reply.h"

enum command_flag {
	COMMAND_EARLY = 1 << 0, /* allowed before registration */
	COMMAND_OPER = 1 << 1,  /* operators only */
	COMMAND_QUIET = 1 << 2, /* too few parameters: the command replies itself, if at all */
	COMMAND_CAPS =
		16, /* the capabilities that an operator needs (oper_cap.h): bits from here */
};

/* Operators with this capability only. */
#define COMMAND_NEEDS(cap) (COMMAND_OPER | (uint32_t)(cap) << COMMAND_CAPS)

struct command {
	const char *name;
	uint8_t min_params;
	uint32_t flags;
	uint8_t cost; /* in lines of the flood limit; 0: free */
	void (*run)(struct request *q);
};

struct command_group {
	const struct command *rows;
	size_t count;
};

/* The groups. A new one is declared here and listed in dispatch.c. */
extern const struct command_group commands_ban, commands_batch, commands_cap, commands_channel,
	commands_chghost, commands_filter, commands_force, commands_guard, commands_history,
	commands_info, commands_knock, commands_list, commands_marker, commands_message,
	commands_metadata, commands_mode, commands_moderate, commands_monitor, commands_oper,
	commands_persistence, commands_redact, commands_registration, commands_relay,
	commands_extjwt, commands_rename, commands_sasl, commands_search, commands_register,
	commands_service, commands_token, commands_uban, commands_user, commands_webirc,
	commands_webpush, commands_who, commands_whois;

#endif
