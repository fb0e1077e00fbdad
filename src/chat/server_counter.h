/*
 * server_counter.h - what a chat server counts: STATS z, the metrics, `burble admin status`.
 */
#ifndef CHAT_SERVER_COUNTER_H
#define CHAT_SERVER_COUNTER_H

/* Every dropped line, connection or message counts here under its reason. */
enum server_counter {
	COUNT_ACCEPTED,
	COUNT_REFUSED_FULL,    /* limits.clients reached */
	COUNT_REFUSED_ADDRESS, /* limits.per_address reached */
	COUNT_REFUSED_RATE,    /* limits.connect_rate exceeded */
	COUNT_REFUSED_BAN,
	COUNT_ACCEPT_PAUSED, /* the system ran out of descriptors or memory */
	COUNT_LINES_IN,
	COUNT_BYTES_IN,
	COUNT_REPLIES,    /* lines for one connection */
	COUNT_DELIVERIES, /* lines queued for a recipient of many */
	COUNT_BYTES_OUT,  /* taken by the sockets */
	COUNT_LINE_NUL,
	COUNT_LINE_TOO_LONG,
	COUNT_LINE_NOT_UTF8,
	COUNT_UNKNOWN_COMMAND,
	COUNT_NOT_IRC, /* HTTP or TLS on the plain port */
	COUNT_SLOWED,  /* a connection reached the flood limit */
	COUNT_SENDQ_EXCEEDED,
	COUNT_NO_MEMORY,
	COUNT_PING_TIMEOUT,
	COUNT_REGISTRATION_TIMEOUT,
	COUNT_MESSAGES,       /* PRIVMSG, NOTICE, TAGMSG accepted */
	COUNT_NOT_KEPT,       /* refused because the store cannot keep them */
	COUNT_MEMORY_REFUSED, /* limits.user_memory or address_memory reached */
	COUNT_PASSWORD_WRONG,
	COUNT_PASSWORD_REFUSED, /* refused unhashed: password_attempt.h */
	COUNT_PASSWORD_TRIES,   /* connections cut for too many attempts */
	COUNT_LOGINS,           /* to accounts */
	COUNT_REGISTERED,       /* accounts */
	COUNT_REGISTER_REFUSED, /* accounts.register_rate */
	COUNT_NICK_RESERVED,    /* a nick refused because it is another's */
	COUNT_MAILS,            /* sent to the owners of accounts */
	COUNT_MAIL_FAILED,
	COUNT_LOGIN_CHECKS,       /* logins decided outside */
	COUNT_LOGIN_CHECK_FAILED, /* refused, because there was no answer */
	COUNT_WEBIRC_REFUSED,     /* connections cut because of their WEBIRC */
	COUNT_PUSHES,             /* messages taken by push services */
	COUNT_PUSH_FAILED,
	COUNT_PUSH_DROPPED,  /* beyond an account's allowance, or the queue is full */
	COUNT_SILENCED,      /* messages to users who do not hear the sender: caller.h */
	COUNT_CALLER_ID,     /* the same because of their mode g */
	COUNT_CHANNEL_FLOOD, /* messages beyond mode f of a channel */
	COUNT_FILTER_WARNED, /* texts that a filter matched: filtering.h */
	COUNT_FILTER_BLOCKED,
	COUNT_FILTER_KILLED,
	COUNT_FILTER_GIVEN_UP, /* matches that exceeded a bound */
	COUNT_DNSBL_REFUSED,   /* addresses on DNS lists: dnsbl.h */
	COUNT_DNSBL_ACCOUNT,   /* refused without an account */
	COUNT_DNSBL_WARNED,
	COUNT_DNSBL_UNANSWERED, /* let in without an answer */
	COUNT_SENDS,
	COUNT_SENDS_BLOCKED,
	SERVER_COUNTERS,
};

#endif
