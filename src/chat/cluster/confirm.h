/*
 * confirm.h - confirmed messages (cluster.quorum): the sender's receipt waits until another node
 * has committed the message, too.
 *
 *     origin                                      another node
 *     said: ids 5, 7 after 5, 9 after 7   ----->  applied, submitted to its store
 *     receipts wait for 5, 7, 9                   commits
 *     receipts                            <-----  have 5 to 9, at the end of the turn
 *
 * Each message says which one before it is to be confirmed: a node that has not submitted that one
 * begins another range. So a range has no message that was missed, refused or not committed; for
 * that, another node answers, or none does within CONFIRM_WAIT, and the sender is notified.
 */
#ifndef CHAT_CLUSTER_CONFIRM_H
#define CHAT_CLUSTER_CONFIRM_H

#include "chat/cluster/apply.h"

/* At another node: submits the append r of the message e, and answers for it once it is committed
 * if its node wants that. */
enum store_status confirm_submit(
	const struct arrival *a, const struct entry *e, struct store_request *r);

/* Answers for what was committed in this turn. */
void confirm_end_turn(struct network *n);

/* At the origin: e, a message, is to be confirmed. */
void confirm_mark(struct network *n, struct entry *e);

/* Another node has committed messages. */
void confirm_heard(struct network *n, const struct entry *have);

/* cluster_confirm() */
void confirm_wait(struct cluster *c, uint64_t id, cluster_confirmed *done, void *arg);

/* Ends the waits that are too old, or all if no other node is there. */
void confirm_tick(struct network *n);

/* Ends all waits. */
void confirm_stop(struct network *n);

#endif
