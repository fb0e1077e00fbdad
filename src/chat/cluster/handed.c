/*
 * handed.c - what the process of a node hands over to another: its start, the messages of its log
 * that others may ask for, and what is known of the others. Their users go along with all users.
 *
 * Who wants the rest asks for it again: snapshots and pages that were on their way,
 * nicks as keys of the engine (the new process claims those that its users have: they are its).
 */
#include "chat/cluster/handed.h"

#include "chat/cluster/apply.h"
#include "chat/cluster/nodes.h"

#include "base/tlv.h"

#include <stdio.h>
#include <stdlib.h>

/* The types of the records: other releases read and write them, so a number keeps its meaning for
 * ever. */
enum hand_cluster {
	FIELD_CLUSTER_NUMBER = 1,
	FIELD_CLUSTER_BEGUN = 2,
	FIELD_CLUSTER_SEQ = 3,
	FIELD_CLUSTER_RENEWED = 4,
	FIELD_CLUSTER_STATE = 5, /* enum node_state */
	FIELD_CLUSTER_SAID = 6,
	FIELD_CLUSTER_BACK = 7,
	FIELD_CLUSTER_WHOLE = 8,
	FIELD_CLUSTER_REFRESH = 9,
	FIELD_CLUSTER_MUTUAL = 10,
	FIELD_CLUSTER_PAST_BEGUN = 11,
	FIELD_CLUSTER_PAST_SEQ = 12,
	FIELD_CLUSTER_MARKED = 13,
	FIELD_CLUSTER_ENDED_BEGUN = 14,
	FIELD_CLUSTER_ENDED_SEQ = 15,
	FIELD_CLUSTER_RENAMED = 16,
	FIELD_CLUSTER_NAME = 24,
	FIELD_CLUSTER_ABOUT = 25,
	FIELD_CLUSTER_NODE = 32,
	FIELD_CLUSTER_MESSAGE = 33, /* of the log: FIELD_CLUSTER_SEQ, FIELD_CLUSTER_BYTES */
	FIELD_CLUSTER_BYTES = 34,
};

static const struct tlv_row rows[] = {
	TLV_NUMBER(FIELD_CLUSTER_NUMBER, struct network, number),
	TLV_NUMBER(FIELD_CLUSTER_BEGUN, struct network, begun),
	TLV_NUMBER(FIELD_CLUSTER_SEQ, struct network, seq),
	TLV_NUMBER(FIELD_CLUSTER_RENEWED, struct network, renewed),
};

static const struct tlv_row node_rows[] = {
	TLV_NUMBER(FIELD_CLUSTER_NUMBER, struct node, number),
	TLV_NUMBER(FIELD_CLUSTER_BEGUN, struct node, begun),
	TLV_NUMBER(FIELD_CLUSTER_SEQ, struct node, seq),
	TLV_NUMBER(FIELD_CLUSTER_RENEWED, struct node, renewed),
	TLV_NUMBER(FIELD_CLUSTER_STATE, struct node, state),
	TLV_NUMBER(FIELD_CLUSTER_SAID, struct node, said),
	TLV_NUMBER(FIELD_CLUSTER_BACK, struct node, back),
	TLV_NUMBER(FIELD_CLUSTER_WHOLE, struct node, whole),
	TLV_NUMBER(FIELD_CLUSTER_REFRESH, struct node, refresh),
	TLV_NUMBER(FIELD_CLUSTER_MUTUAL, struct node, mutual),
	TLV_NUMBER(FIELD_CLUSTER_PAST_BEGUN, struct node, past.begun),
	TLV_NUMBER(FIELD_CLUSTER_PAST_SEQ, struct node, past.seq),
	TLV_NUMBER(FIELD_CLUSTER_MARKED, struct node, marked),
	TLV_NUMBER(FIELD_CLUSTER_ENDED_BEGUN, struct node, ended.begun),
	TLV_NUMBER(FIELD_CLUSTER_ENDED_SEQ, struct node, ended.seq),
	TLV_NUMBER(FIELD_CLUSTER_RENAMED, struct node, renamed),
};

/* ---- writing ---- */

static void write_node(struct tlv_out *o, const struct node *n)
{
	size_t begun = tlv_begin(o, FIELD_CLUSTER_NODE);

	tlv_put_rows(o, node_rows, ARRAY_SIZE(node_rows), n);
	tlv_text(o, FIELD_CLUSTER_NAME, n->name);
	tlv_text(o, FIELD_CLUSTER_ABOUT, n->about);
	tlv_end(o, begun);
}

static void write_message(struct tlv_out *o, const struct logged *l)
{
	size_t begun = tlv_begin(o, FIELD_CLUSTER_MESSAGE);

	tlv_number(o, FIELD_CLUSTER_SEQ, l->seq);
	tlv_bytes(o, FIELD_CLUSTER_BYTES, l->bytes, l->len);
	tlv_end(o, begun);
}

void handed_write(struct cluster *c, struct tlv_out *o)
{
	const struct network *n = network_of(c);

	tlv_put_rows(o, rows, ARRAY_SIZE(rows), n);
	for (uint32_t i = 0; i < n->node_count; i++)
		write_node(o, &n->node[i]);
	for (uint32_t i = n->kept_first; i < n->kept.count; i++)
		write_message(o, &n->kept.at[i]);
}

const char *handed_account(struct cluster *c, const struct user *u)
{
	const struct remote *r = remote_find(network_of(c), u->session);

	return r && r->account ? r->account : user_account(u);
}

/* ---- reading ---- */

static bool read_text(const struct tlv_in *in, uint16_t type, char *out, size_t size)
{
	struct tlv r;
	char *text;
	bool good;

	if (!tlv_find(in, type, &r))
		return true;
	text = tlv_as_text(&r);
	good = text && !strpbrk(text, "\r\n");
	if (good)
		snprintf(out, size, "%s", text);
	free(text);
	return good;
}

static bool read_node(struct network *n, struct tlv_in in)
{
	struct node got = {0}, *o;
	bool good = tlv_take_rows(in, node_rows, ARRAY_SIZE(node_rows), &got) &&
		    read_text(&in, FIELD_CLUSTER_NAME, got.name, sizeof(got.name)) &&
		    read_text(&in, FIELD_CLUSTER_ABOUT, got.about, sizeof(got.about));

	if (!good || got.state > NODE_GONE || got.number == 0 || got.number > NODE_NUMBER_MAX ||
		got.number == n->number)
		return false;
	o = nodes_make(n, got.number);
	if (!o || o->users)
		return false; /* twice */
	*o = got;
	return true;
}

static bool read_message(struct network *n, struct tlv_in in)
{
	uint64_t seq = tlv_find_number(&in, FIELD_CLUSTER_SEQ);
	struct tlv bytes;

	return tlv_find(&in, FIELD_CLUSTER_BYTES, &bytes) && bytes.len <= ENTRY_MESSAGE_MAX &&
	       network_keep(n, seq, bytes.at, (uint32_t)bytes.len);
}

bool handed_read(struct cluster *c, struct tlv_in in)
{
	struct network *n = network_of(c);
	bool good = true;
	struct tlv r;

	if (tlv_find_number(&in, FIELD_CLUSTER_NUMBER) != n->number)
		return true;
	good = tlv_take_rows(in, rows, ARRAY_SIZE(rows), n);
	while (good && tlv_next(&in, &r)) {
		if (r.type == FIELD_CLUSTER_NODE)
			good = read_node(n, tlv_inside(&r));
		if (r.type == FIELD_CLUSTER_MESSAGE)
			good = read_message(n, tlv_inside(&r));
	}
	nodes_resume(n);
	return good && !in.bad;
}

enum cluster_adopted handed_user(
	struct cluster *c, struct user *u, const char *nick, const char *account)
{
	struct network *n = network_of(c);
	struct node *from = nodes_find(n, u->node);

	if (!from || registry_user(n->server, nick))
		return CLUSTER_NOT_KNOWN;
	if (!remote_enter(n, from, u, nick))
		return CLUSTER_NO_MEMORY;
	remote_account(n, remote_find(n, u->session), account);
	n->server->invisible_count += (u->modes & USER_INVISIBLE) != 0;
	n->server->oper_count += (u->modes & USER_OPER) != 0;
	return CLUSTER_ADOPTED;
}
