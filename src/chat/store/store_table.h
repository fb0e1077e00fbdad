/*
 * store_table.h - tables that the server loads at its start and writes through. The columns of a
 * record: texts, of which the first ones are the key, and numbers. Names marked * are casefolded.
 * The order is that in which servers tell each other of them (cluster/): do not change it.
 */
#ifndef CHAT_STORE_TABLE_H
#define CHAT_STORE_TABLE_H

#include "chat/store/store_message.h"

enum {
	STORE_RECORD_TEXTS = 6, /* columns of a record */
	STORE_RECORD_NUMBERS = 6,
	STORE_RECORD_TEXT_MAX = 1024, /* bytes of one text */
};

enum store_table {
	STORE_ACCOUNT,        /* name*, name, password, scram, email, code; flags, created, seen */
	STORE_ACCOUNT_NICK,   /* nick*, nick, account*; added */
	STORE_ACCOUNT_CERT,   /* fingerprint, account*; added */
	STORE_ACCOUNT_APP,    /* hash of an app password, account*, name; added, used */
	STORE_ACCOUNT_PUSH,   /* hash of an endpoint, account*, keys and endpoint; added, used */
	STORE_CHANNEL,        /* name*, name, founder*, topic, topic_by, key; store_schema.c */
	STORE_CHANNEL_ACCESS, /* channel*, account*, setter; modes, added */
	STORE_CHANNEL_MASK,   /* channel*, list, mask, setter; added */
	STORE_PRESENCE, /* account*, nick, user, host, real name, away; modes, gone, signed on */
	STORE_PRESENCE_CHANNEL, /* account*, channel*, channel; modes. Deletes all of an account if
				   channel is "" */
	STORE_ACCOUNT_ENTRY, /* account*, list, text, note; added. Deletes all of an account if list
				is "" */
	STORE_FILTER,        /* pattern, reason, setter; action, targets, set */
	STORE_SERVER_BAN,    /* kind in decimal, mask, reason, setter; set, expires */
	STORE_TABLE_COUNT,
};

/* Columns that a table does not have are ignored. Times are milliseconds since 1970. */
struct store_record {
	enum store_table table;
	struct store_text text[STORE_RECORD_TEXTS];
	int64_t number[STORE_RECORD_NUMBERS];
	/* Of a network of servers (store_version.h); version 0: of this server only. */
	uint64_t version; /* of this state; a write gets a later one if it must */
	uint64_t after;   /* of the removal that it came after; 0: none */
	int64_t owner;    /* when the account or channel that it belongs to was registered */
	uint16_t node;    /* this server: the version of what is older than its network */
	bool gone;        /* it was removed */
};

/* The result of a STORE_RECORD_MERGE: store_reply.count. */
enum store_merged {
	STORE_MERGED_NOT,      /* what is here is as late, or later */
	STORE_MERGED,          /* it was taken */
	STORE_MERGED_OVER,     /* ... in place of another registration, with all that belonged to it
				*/
	STORE_MERGED_IS_GONE,  /* what is here is a later removal */
	STORE_MERGED_IS_OLDER, /* the name is registered here for longer: this registration stays */
};

#endif
