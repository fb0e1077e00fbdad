/*
 * rtx.h - the retransmission queue: data sent and not yet acknowledged, one record per transmitted
 * run. The bytes stay in the send buffer; a record only has their sequence numbers. Records exist
 * while bytes are in flight and come from a pool that all connections of an instance share.
 *
 *     snd_una                                                             snd_nxt
 *       | run 1..10 segments | sacked | lost | lost, resent | run of 3 ... |
 *       `- head                                                      tail -'
 *
 * The records lie end to end in a list in sequence order; and, as RACK wants them, in one in order
 * of last transmission. A record that something happened to leaves the second list: it is sacked,
 * or marked lost. From the first SACK block until nothing is in flight a balanced tree stands over
 * the first list, so that a block finds its first record in O(log n).
 */
#ifndef STACK_TCP_LOSS_RTX_H
#define STACK_TCP_LOSS_RTX_H

#include "base/list.h"
#include "base/pool.h"
#include "base/seq.h"
#include "base/tree.h"

enum rtx_flag {
	RTX_SACKED = 1 << 0,       /* the receiver holds it */
	RTX_RETRANS = 1 << 1,      /* retransmitted, and that copy may still be in flight */
	RTX_LOST = 1 << 2,         /* considered lost */
	RTX_EVER_RETRANS = 1 << 3, /* retransmitted at some time: no RTT sample (Karn) */
	RTX_EOR = 1 << 4,          /* ends a record (MSG_EOR): not merged with the next */
	RTX_SYN = 1 << 5,          /* its first sequence number is the SYN's */
	RTX_FIN = 1 << 6,          /* its last sequence number is the FIN's */
	RTX_APP_LIMITED = 1 << 7,  /* sent while limited by the program, not by the network */
};

/* State at the time of transmission, for delivery rate sampling. */
struct rtx_rate {
	nsec_t first_tx;     /* start of the send window of the sample */
	nsec_t delivered_at; /* when `delivered` was reached; 0: no sample from this record */
	uint32_t delivered;  /* segments delivered by then */
};

struct rtx {
	struct tree_node node; /* by sequence number, if the queue is indexed */
	struct list seq_link;  /* neighbours in sequence order */
	struct list time_link; /* order of last transmission; unlinked when sacked or lost */
	struct seq start, end;
	uint16_t mss;  /* payload of its segments, except the last; > 0 */
	uint16_t segs; /* as transmitted; ceil(payload / mss) unless merged */
	uint8_t flags;
	nsec_t sent_at; /* last transmission */
	struct rtx_rate rate;
};

struct rtx_queue {
	struct tree by_seq;
	struct list in_order; /* struct rtx seq_link */
	struct list by_time;  /* struct rtx time_link */
	struct pool *pool;
	struct rtx *spare; /* allocated by rtx_reserve() */
	uint32_t records;
	bool indexed; /* by_seq holds all records; else it is empty */
};

/* An empty queue; its records come from pool, whose objects are struct rtx. */
void rtx_init(struct rtx_queue *q, struct pool *pool);

/* Ensures that the next rtx_append() has a record; false if the pool is exhausted. The sender calls
 * it before sending, so that every segment sent can be recorded. */
bool rtx_reserve(struct rtx_queue *q);

/* Releases every record. */
void rtx_clear(struct rtx_queue *q);

static inline bool rtx_empty(const struct rtx_queue *q)
{
	return list_empty(&q->in_order);
}

static inline struct rtx *rtx_of_seq(struct list *l)
{
	return list_entry(l, struct rtx, seq_link);
}

static inline struct rtx *rtx_of_time(struct list *l)
{
	return list_entry(l, struct rtx, time_link);
}

/* First and last in sequence order; NULL if empty. */
static inline struct rtx *rtx_head(const struct rtx_queue *q)
{
	return rtx_empty(q) ? NULL : rtx_of_seq(q->in_order.next);
}

static inline struct rtx *rtx_tail(const struct rtx_queue *q)
{
	return rtx_empty(q) ? NULL : rtx_of_seq(q->in_order.prev);
}

/* Neighbours in sequence order; NULL at the ends. */
static inline struct rtx *rtx_next(const struct rtx_queue *q, const struct rtx *r)
{
	return r->seq_link.next == &q->in_order ? NULL : rtx_of_seq(r->seq_link.next);
}

static inline struct rtx *rtx_prev(const struct rtx_queue *q, const struct rtx *r)
{
	return r->seq_link.prev == &q->in_order ? NULL : rtx_of_seq(r->seq_link.prev);
}

static inline uint32_t rtx_len(const struct rtx *r)
{
	return seq_span(r->end, r->start);
}

/* The record that contains sequence number s, or NULL. O(log n), the first time O(n). */
struct rtx *rtx_find(struct rtx_queue *q, struct seq s);

/* Appends [start, end), which must start at the end of the tail, in segments of mss bytes, with
 * flags of SYN, FIN, EOR; it is the newest in time. rtx_reserve() has allocated the record. The
 * caller sets when it was sent, and its rate. */
struct rtx *rtx_append(
	struct rtx_queue *q, struct seq start, struct seq end, uint16_t mss, uint8_t flags);

/* Splits r at r->start + at, 0 < at < length; both halves keep its state, the second gets EOR and
 * FIN. Returns the second half, or NULL, with nothing changed, if no record is free. */
struct rtx *rtx_split(struct rtx_queue *q, struct rtx *r, uint32_t at);

/* True if the record after r may be merged into r: no EOR between them, no SYN. */
bool rtx_can_merge_next(const struct rtx_queue *q, const struct rtx *r);

/* Merges the record after r into r: r keeps its time, sticky flags are combined. */
void rtx_merge_next(struct rtx_queue *q, struct rtx *r);

/* Removes the first n bytes of r (0 < n < length): a cumulative ACK ends inside it. */
void rtx_trim(struct rtx_queue *q, struct rtx *r, uint32_t n);

/* Recomputes the number of segments of r for mss bytes each. */
void rtx_set_mss(struct rtx *r, uint16_t mss);

/* Removes r and releases it to the pool. */
void rtx_remove(struct rtx_queue *q, struct rtx *r);

/* Makes r the newest in order of transmission. */
void rtx_newest(struct rtx_queue *q, struct rtx *r);

/* Restores every record that is not sacked to the order of transmission, after loss marks were
 * reverted. O(n). */
void rtx_restore_time(struct rtx_queue *q);

/* Asserts order, contiguity, counts, tree and lists: O(n), for tests. */
void rtx_invariants(const struct rtx_queue *q);

#endif
