/*
 * handover_fields.h - the types of the records of a handover (base/tlv.h). Other releases read and
 * write them: a number keeps its meaning for ever; what is new gets a new one. HANDOVER_VERSION is
 * raised only if an older release cannot do without what is new: the state of a node of a cluster
 * is of version 2, that of any other server of version 1.
 */
#ifndef CHAT_HANDOVER_HANDOVER_FIELDS_H
#define CHAT_HANDOVER_HANDOVER_FIELDS_H

/* The outermost. */
enum hand_record {
	HAND_HEAD = 1,
	HAND_LISTENER = 2,
	HAND_SERVER = 3,
	HAND_USER = 4,
	HAND_CONN = 5, /* without a user; or within one */
	HAND_CHANNEL = 6,
	HAND_OPER = 7,
	HAND_WHOWAS = 8,
	HAND_ADDRESS = 9,
	HAND_WARNED = 10,  /* nick_owner.h */
	HAND_CLUSTER = 11, /* of a node, before the users; its fields: cluster/handed.c */
	HAND_END = 15,     /* the last: nothing was cut off */
};

enum hand_head {
	FIELD_HEAD_KEY = 1,
	FIELD_HEAD_CLOAK = 2,
};

/* Of a listener, an address, a warning. A place is that of a descriptor, from 1; 0: none. */
enum hand_place {
	FIELD_PLACE = 1,
	FIELD_PLACE_ADDRESS = 2,
	FIELD_PLACE_DUE = 3,
	FIELD_PLACE_GUESSES = 4,
	FIELD_PLACE_REGISTERS = 5,
};

enum hand_server {
	FIELD_SERVER_LAST_ID = 1,
	FIELD_SERVER_STARTED = 2,
	FIELD_SERVER_BEGAN = 3,
	FIELD_SERVER_BATCHES = 4,
	FIELD_SERVER_PEAK = 5,
	FIELD_SERVER_RETENTION = 6,
	FIELD_SERVER_COUNTER = 7, /* name, NUL, number */
	FIELD_SERVER_SEEN = 8,    /* key, id */
	FIELD_SERVER_GUESS = 9,   /* key, time */
	FIELD_SERVER_MAIL = 10,
};

enum hand_user {
	FIELD_USER_ID = 1,
	FIELD_USER_MODES = 2,
	FIELD_USER_SIGNED_ON = 3,
	FIELD_USER_ACTIVE = 4,
	FIELD_USER_NICK_SINCE = 5,
	FIELD_USER_SESSION = 6,
	FIELD_USER_OWN = 7, /* quota.h */
	FIELD_USER_GONE = 8,
	FIELD_USER_TOLD = 9,  /* guard.h */
	FIELD_USER_NODE = 10, /* that it is on; 0: this one */
	FIELD_USER_NICK = 16,
	FIELD_USER_NAME = 17,
	FIELD_USER_HOST = 18,
	FIELD_USER_REAL = 19,
	FIELD_USER_AWAY = 20,
	FIELD_USER_ACCOUNT = 21,
	FIELD_USER_PAIR = 32, /* metadata.h */
	FIELD_USER_SUB = 33,
	FIELD_USER_SILENCED = 34,
	FIELD_USER_ACCEPTED = 35, /* session, nick, NUL, account */
	FIELD_USER_CONN = 48,
};

enum hand_conn {
	FIELD_CONN_PLACE = 1,
	FIELD_CONN_FLAGS = 2,
	FIELD_CONN_TRIES = 3,
	FIELD_CONN_OPENED = 4,
	FIELD_CONN_HEARD = 5,
	FIELD_CONN_FLOOD = 6,
	FIELD_CONN_AWAY = 7,
	FIELD_CONN_GATEWAY = 8,
	FIELD_CONN_BY_APP = 9,
	FIELD_CONN_DNSBL = 10,
	FIELD_CONN_SKIPPING = 11,
	FIELD_CONN_PEER = 16,
	FIELD_CONN_AT = 17, /* of the listener */
	FIELD_CONN_CAP_NAME = 18,
	FIELD_CONN_IN = 19,    /* bytes of lines that were not executed */
	FIELD_CONN_OUT = 20,   /* bytes that were not sent */
	FIELD_CONN_NET = 21,   /* enum net_layer */
	FIELD_CONN_WATCH = 22, /* MONITOR */
	FIELD_CONN_BATCH = 23, /* multiline.h */
};

enum hand_batch {
	FIELD_BATCH_REF = 1,
	FIELD_BATCH_LABEL = 2,
	FIELD_BATCH_TARGET = 3,
	FIELD_BATCH_TAGS = 4,
	FIELD_BATCH_TEXT = 5,
	FIELD_BATCH_BYTES = 6,
	FIELD_BATCH_LINES = 7,
	FIELD_BATCH_NOTICE = 8,
	FIELD_BATCH_BLANK = 9,
	FIELD_BATCH_FAILED = 10,
};

enum hand_channel {
	FIELD_CHANNEL_NAME = 1,
	FIELD_CHANNEL_TOPIC = 2,
	FIELD_CHANNEL_TOPIC_BY = 3,
	FIELD_CHANNEL_KEYWORD = 4,
	FIELD_CHANNEL_MODES = 5,
	FIELD_CHANNEL_LIMIT_OF = 6,
	FIELD_CHANNEL_CREATED = 7,
	FIELD_CHANNEL_BEGUN = 8,
	FIELD_CHANNEL_TOPIC_AT = 9,
	FIELD_CHANNEL_JOINS = 10,
	FIELD_CHANNEL_PAYER = 11,    /* a user's id */
	FIELD_CHANNEL_PAYER_AT = 12, /* or its address */
	FIELD_CHANNEL_HELD = 13,
	FIELD_CHANNEL_PAIR = 16,
	FIELD_CHANNEL_MASK = 17,
	FIELD_CHANNEL_INVITED = 18,
	FIELD_CHANNEL_KNOCK = 19,
	FIELD_CHANNEL_RATE = 20,
	FIELD_CHANNEL_TALKER = 21,
	FIELD_CHANNEL_MEMBER = 22,
	FIELD_CHANNEL_STAMP = 23, /* bit of a mode, time of its last change */
};

/* Of a member, an invitation, a knock, an operator, one that is accepted. */
enum hand_of {
	FIELD_OF_USER = 1,
	FIELD_OF_MODES = 2,
	FIELD_OF_ORDER = 3,
	FIELD_OF_AT = 4,
	FIELD_OF_NAME = 5,
	FIELD_OF_ACCOUNT = 6,
	FIELD_OF_RIGHTS = 7, /* enum oper_cap */
	FIELD_OF_NOTICES = 8,
};

enum hand_mask {
	FIELD_MASK_LIST = 1, /* "b", "e", "I" */
	FIELD_MASK_TEXT = 2,
	FIELD_MASK_SETTER = 3,
	FIELD_MASK_SINCE = 4,
};

enum hand_rate {
	FIELD_RATE_MODE = 1, /* "j", "f"; of a talker 0 */
	FIELD_RATE_COUNT = 2,
	FIELD_RATE_SECONDS = 3,
	FIELD_RATE_BAN = 4,
	FIELD_RATE_SINCE = 5,
	FIELD_RATE_SEEN = 6,
	FIELD_RATE_SESSION = 7,
};

#endif
