/*
 * conn_limit.h - usage of one address (IPv4, or an IPv6 /64) over all its connections: their
 * number and rate, wrong passwords, memory. An entry lives while it has connections or something
 * is held for it, and until its allowances are full again.
 */
#ifndef CHAT_MODEL_CONN_LIMIT_H
#define CHAT_MODEL_CONN_LIMIT_H

#include "chat/model/quota.h"
#include "chat/server.h"

struct conn_limit {
	struct hash_node by_prefix; /* in server.addresses */
	struct wheel_timer timer;   /* frees an entry that nobody needs */
	struct net_addr prefix;
	uint32_t conns;
	nsec_t full;        /* when its allowance of new connections is full again */
	nsec_t guesses;     /* and that of wrong passwords */
	struct quota quota; /* of its users, also of those who have gone */
	uint64_t round;     /* its place among those whose passwords are hashed: hasher.h */
};

/* Counts a connection against its address; a refusal's reason, or NULL if it may stay. */
const char *conn_limit_join(struct server *s, struct conn *c);
void conn_limit_leave(struct server *s, struct conn *c);

/* Whether another password of c's address is looked at, and that one was wrong. */
bool conn_limit_may_guess(const struct server *s, const struct conn *c);
void conn_limit_guessed(struct server *s, struct conn *c);

/* The round of c's address. */
uint64_t *conn_limit_round(struct conn *c);

void conn_limit_expired(struct server *s, struct wheel_timer *t);
void conn_limits_free(struct server *s);

#endif
