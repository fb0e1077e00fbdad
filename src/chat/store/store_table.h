/*
 * store_table.h - tables that the server loads at its start and writes through. The columns of a
 * record: texts, of which the first ones are the key, and numbers. Names marked * are casefolded.
 */
#ifndef CHAT_STORE_TABLE_H
#define CHAT_STORE_TABLE_H

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
	STORE_TABLE_COUNT,
};

#endif
