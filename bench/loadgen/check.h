/*
 * check.h - verification of deliveries: every member of a group gets every line of every sender of
 * that group once, in the order sent, unaltered; no other connection gets it. No I/O and no clock
 * in here.
 *
 *     flow     one sender's lines to its group. Lines are numbered from 0; the text of line n lies
 * in slot n % size of the flow's ring until every member has it. member   one connection: per flow
 * of its group the number it must see next.
 *
 * A line is checked without searching for its end: the head (":nick!user@host PRIVMSG target :") is
 * the same in every copy, so head and text are compared with the expected ones; only a line that
 * differs takes the slow way, where it is parsed and the kind of violation determined.
 *
 * Rings and flows are in memory shared by all generator processes; the rest belongs to one process.
 */
#ifndef LOADGEN_CHECK_H
#define LOADGEN_CHECK_H

#include <stdatomic.h>

#include "loadgen/hist.h"

enum {
	TEXT_MAX = 256,  /* bytes of message in a line */
	TEXT_MIN = 24,   /* room for sender, number and a little filler */
	HEAD_MAX = 192,  /* bytes before the message in a line that takes the fast way */
	NICK_DIGITS = 5, /* a nick is one letter and the connection's index */
	NICK_LEN = NICK_DIGITS + 1,
	MISSING_MAX = 8192, /* lines known to be missing; more are counted as lost at once */
	SPAN_MAX = 1000,    /* a jump of more than this in a line's number is an altered number */
};

enum violation {
	V_LOST,
	V_DOUBLED,
	V_REORDERED,
	V_ALTERED,
	V_MISROUTED,
	V_COUNT
};

/* One line in flight. `seq` is written last by the sender. */
struct slot {
	_Atomic uint32_t seq;
	_Atomic uint32_t workers_done; /* processes whose members all have it */
	nsec_t at;                     /* when it was sent, or due */
	char text[TEXT_MAX];
};

struct shape {
	uint32_t groups, members,
		senders; /* members and senders of each group; senders come first */
	uint32_t ring;   /* slots of each flow's ring, a power of two */
	uint32_t text_len;
	bool echo;   /* a sender gets its own lines too */
	bool direct; /* groups are pairs; the target is the other's nick, not a channel */
	char letter; /* first letter of the nicks */
};

/* State of a flow in one process. */
struct flow {
	uint32_t head_len; /* 0 until the first line has been seen */
	char head[HEAD_MAX];
	uint32_t here;   /* members in this process that must get a line */
	uint32_t sent;   /* check_end: lines sent, once known */
	uint32_t *count; /* per slot: members in this process that have it */
};

struct missing {
	uint32_t member, flow, seq;
};

struct check {
	struct shape shape;
	struct slot *slots; /* shared: groups x senders rings */
	struct flow *flows; /* groups x senders */
	struct missing *missing;
	uint32_t missing_count;
	uint64_t delivered; /* lines received, or found missing */
	uint64_t completed; /* lines received by all members in this process */
	uint64_t receipts;  /* of these: a sender's own lines */
	uint64_t bad[V_COUNT];
	char first_bad[256]; /* the first violation, for the report */
	struct hist *latency;
};

/* The state of a connection: `next` has one number per sender of its group; group UINT32_MAX: in
 * none. */
struct member {
	uint32_t index, group, slot;
	uint32_t *next;
};

extern const char *const violation_names[V_COUNT];

/* Prepares k; slots is shared memory for check_slots() entries. False if out of memory. */
bool check_init(struct check *k, const struct shape *s, struct slot *slots);
void check_free(struct check *k);
size_t check_slots(const struct shape *s);

/* Sets up m for connection `index` and counts it in; false if out of memory. */
bool check_join(struct check *k, struct member *m, uint32_t index);

/* The target of the lines of a flow's sender, for PRIVMSG: "#b7" or the partner's nick. */
void check_target(const struct shape *s, uint32_t group, uint32_t sender, char *out, size_t size);
void check_nick(const struct shape *s, uint32_t index, char *out);

/* Writes the message of line seq of a flow into its slot and returns it, text_len bytes. */
const char *check_compose(struct check *k, uint32_t flow, uint32_t seq, nsec_t at);

/* True once every member everywhere has line seq; workers: processes that hold members of it. */
bool check_complete(const struct check *k, uint32_t flow, uint32_t seq, uint32_t workers);

/* The fast way: the bytes used if a whole expected line starts at p, 0 if not. */
size_t check_fast(struct check *k, struct member *m, const char *p, size_t left, nsec_t now);

/* The slow way: a PRIVMSG line, parsed (without its end). `source` is the nick. */
struct line_view {
	const char *line; /* from the ':' on, without tags */
	size_t len;
	const char *target, *text;
	size_t target_len, text_len;
	bool tags;
};
void check_line(struct check *k, struct member *m, const struct line_view *v, nsec_t now);

/* Reports a violation found elsewhere, at connection `index`, with the line that shows it. */
void check_violate(struct check *k, enum violation v, uint32_t index, const char *line, size_t len);

/* The flow of the sender whose nick (NICK_LEN bytes) is at `nick`, if it sends to group; else
 * UINT32_MAX. */
uint32_t check_flow_of(const struct shape *s, const char *nick, uint32_t group);

/* At the end of a run: counts the lines sent in m's group that m has never seen. */
void check_end(struct check *k, const struct member *m);

static inline uint32_t check_flows(const struct shape *s)
{
	return s->groups * s->senders;
}

static inline struct slot *check_slot(const struct check *k, uint32_t flow, uint32_t seq)
{
	return &k->slots[(size_t)flow * k->shape.ring + (seq & (k->shape.ring - 1))];
}

uint64_t check_violations(const struct check *k);

#endif
