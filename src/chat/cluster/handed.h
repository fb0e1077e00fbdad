/* handed.h - the functions of a cluster for the state of a node that another process takes. */
#ifndef CHAT_CLUSTER_HANDED_H
#define CHAT_CLUSTER_HANDED_H

#include "chat/cluster/network.h"
#include "chat/cluster_upgrade.h"

/* The node, without users and channels, as the value of a record. */
void handed_write(struct cluster *c, struct tlv_out *o);

/* Takes it. False if it is not valid, or memory is out. Without effect if the configuration gives
 * the node another number now: then it is another one, which begins anew. */
bool handed_read(struct cluster *c, struct tlv_in in);

/* The name of the account of a user of another node, which may not be known here; NULL: none. */
const char *handed_account(struct cluster *c, const struct user *u);

/* Enters a user of another node, which is in no table; account NULL: none. */
enum cluster_adopted handed_user(
	struct cluster *c, struct user *u, const char *nick, const char *account);

#endif
