/*
 * past.h - what was said while a node was not there, for its history: pages of another node's log,
 * out of that one's store, for which it asks one by one.
 */
#ifndef CHAT_CLUSTER_PAST_H
#define CHAT_CLUSTER_PAST_H

#include "chat/cluster/apply.h"

/* Reads from the store what it has of logs. */
void past_start(struct network *n);

/* Keeps a message of this node's log in the store. */
void past_keep(struct network *n, const uint8_t *bytes, size_t len);

/* Asks for what is missing of o's log. */
void past_ask(struct network *n, struct node *o);

/* o->seq was taken. */
void past_taken(struct node *o);

/* Asks again, and tells the store how much was taken. */
void past_tick(struct network *n, struct node *o);

/* Another node asks. */
void past_asked(struct network *n, struct node *o, const struct entry *e);

/* A page that begins with e has come; false if it is not the one that was asked for. Its other
 * entries are to be applied. */
bool past_page(struct arrival *a, const struct entry *e);

/* The end of this node. */
void past_stop(struct network *n);

#endif
