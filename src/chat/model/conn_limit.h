/*
 * conn_limit.h - usage of one address (IPv4, or an IPv6 /64) over all its connections: their number
 * and rate, wrong passwords, memory. An entry exists while it has connections or charged memory,
 * and until its allowances are full again.
 */
#ifndef CHAT_MODEL_CONN_LIMIT_H
#define CHAT_MODEL_CONN_LIMIT_H

#include "chat/model/quota.h"
#include "chat/server.h"

struct conn_limit {
	struct hash_node by_prefix; /* in server.addresses */
	struct wheel_timer timer;   /* frees the entry when unused */
	struct net_addr prefix;
	uint32_t conns;
	nsec_t full;          /* when its allowance of new connections is full again */
	nsec_t guesses;       /* likewise for wrong passwords */
	nsec_t registers;     /* likewise for registrations of accounts */
	struct quota quota;   /* of its users, including former ones */
	uint64_t round;       /* its round in the queue of hasher.h, */
	uint64_t list_round;  /* in that of questions to DNS lists (dnsbl.h), */
	uint64_t check_round; /* and in that of logins that are decided outside */
};

/* Counts a connection against its address; returns the reason for a refusal, or NULL. */
const char *conn_limit_join(struct server *s, struct conn *c);

/* Counts a connection that was handed over; false if out of memory. */
bool conn_limit_adopt(struct server *s, struct conn *c);

/* The entry of a prefix, made if there is none; NULL if out of memory. conn_limit_look() must
 * follow once its allowances are set. */
struct conn_limit *conn_limit_of(struct server *s, const struct net_addr *prefix);

/* Frees an entry without connections, now or when its allowances are full again. */
void conn_limit_look(struct server *s, struct conn_limit *a);

/* Removes a connection from its address. */
void conn_limit_leave(struct server *s, struct conn *c);

/* Whether c's address may try another password. */
bool conn_limit_may_guess(const struct server *s, const struct conn *c);

/* Counts a wrong password. */
void conn_limit_guessed(struct server *s, struct conn *c);

/* Takes one registration of an account out of the address's allowance of an hour; false if there is
 * none left. */
bool conn_limit_may_register(const struct server *s, const struct conn *c);

/* Returns the hasher round of c's address; its rounds of external.h. */
uint64_t *conn_limit_round(struct conn *c);
uint64_t *conn_limit_check_round(struct conn *c);
uint64_t *conn_limit_list_round(struct conn *c);

/* Runs the timer of an entry: frees it unless something is still held for it. */
void conn_limit_expired(struct server *s, struct wheel_timer *t);

/* Frees the table. */
void conn_limits_free(struct server *s);

#endif
