/*
 * again.c - messages of this node's log, once more and as they were, for a node that has missed
 * some: out of memory. Of those that are gone from there only the effect can be sent, as a snapshot
 * (nodes.c), and what is for the history (past.c).
 */
#include "chat/cluster/again.h"

bool again_turn(struct network *n, struct node *o)
{
	struct answer *a = &o->answer;
	uint32_t at;
	size_t sent = 0;

	if (!a->next)
		return false;
	at = network_kept(n, a->next);
	while (at < n->kept.count && sent < REPLAY_TURN && n->kept.at[at].seq <= a->seq) {
		const struct logged *l = &n->kept.at[at++];

		network_publish(n, "to", o->number, l->bytes, l->len);
		sent += l->len;
		a->next = l->seq + 1;
	}
	if (at == n->kept.count || n->kept.at[at].seq > a->seq)
		a->next = 0;
	return true;
}
