/*
 * story.h - record of a run, assembled for reports: each packet with its path and fate, connections
 * with numbers, hosts with columns; and from that the rows of a ladder.
 *
 *     struct trace   SEND 7 .... DROP 7 "loss"           one event after the other
 *     struct story   packet 7: a -> b, sent, ended, lost  everything about one packet
 */
#ifndef LAB_REPORT_STORY_H
#define LAB_REPORT_STORY_H

#include "lab/report/conn.h"
#include "lab/report/report.h"
#include "lab/world/trace.h"

enum {
	NO_NODE = UINT32_MAX,
};

enum packet_fate {
	FATE_ARRIVED,
	FATE_DISCARDED, /* by the receiving host: reason */
	FATE_DROPPED,   /* in transit: reason */
	FATE_UNDER_WAY, /* still in transit when the run ended */
	FATE_COUNT,
};

struct story_packet {
	struct hash_node node;
	uint64_t id;
	nsec_t sent, ended;
	uint32_t from, to; /* nodes; NO_NODE: unknown */
	uint32_t end;      /* the node that received or dropped it */
	uint8_t fate;      /* enum packet_fate */
	bool altered;      /* it arrived altered */
	const char *reason;
	struct conn_view view;
	const uint8_t *bytes; /* as sent */
	uint32_t len;
};

struct story {
	const struct trace *trace;
	struct arena arena;
	struct conns conns;
	struct hash_table by_id, by_addr;
	struct story_packet *packet; /* in the order of sending */
	size_t packets;
	uint32_t column[REPORT_HOSTS_MAX]; /* nodes, ordered by number */
	uint32_t columns;
	uint32_t hosts; /* with any events, with or without a column */
	/* SEND, RECEIVE and DROP of node n: seen[seen_at[n]] up to seen[seen_at[n + 1]] */
	const struct trace_event **seen;
	size_t *seen_at;
};

/* Reads the record, which must outlive the story. */
void story_init(struct story *s, const struct trace *t);
void story_free(struct story *s);

/* The column of a node, or -1. */
int story_column(const struct story *s, uint32_t node);

/* The packet of a SEND, RECEIVE or DROP. */
const struct story_packet *story_packet(const struct story *s, uint64_t id);

/* The connection of a flow, and its side; number 0: none that sent anything. */
struct conn_view story_flow(const struct story *s, const struct trace_flow *f);

#endif
