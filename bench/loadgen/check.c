/* check.c - verification of each delivery; see check.h for the idea. */
#include "loadgen/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/prng.h"

const char *const violation_names[V_COUNT] = {
	"lost", "doubled", "reordered", "altered", "misrouted"};

size_t check_slots(const struct shape *s)
{
	return (size_t)check_flows(s) * s->ring;
}

bool check_init(struct check *k, const struct shape *s, struct slot *slots)
{
	uint32_t flows = check_flows(s);

	memset(k, 0, sizeof(*k));
	k->shape = *s;
	k->slots = slots;
	k->flows = calloc(flows ? flows : 1, sizeof(*k->flows));
	k->missing = calloc(MISSING_MAX, sizeof(*k->missing));
	k->latency = calloc(1, sizeof(*k->latency));
	if (!k->flows || !k->missing || !k->latency)
		return false;
	for (uint32_t f = 0; f < flows; f++) {
		k->flows[f].count = calloc(s->ring, sizeof(uint32_t));
		if (!k->flows[f].count)
			return false;
	}
	return true;
}

void check_free(struct check *k)
{
	for (uint32_t f = 0; k->flows && f < check_flows(&k->shape); f++)
		free(k->flows[f].count);
	free(k->flows);
	free(k->missing);
	free(k->latency);
	memset(k, 0, sizeof(*k));
}

/* A member's index is group * members + slot; those past the last group are in no group. */
bool check_join(struct check *k, struct member *m, uint32_t index)
{
	const struct shape *s = &k->shape;

	m->index = index;
	m->group = UINT32_MAX;
	m->next = NULL;
	if (s->members == 0 || index / s->members >= s->groups)
		return true;
	m->group = index / s->members;
	m->slot = index % s->members;
	m->next = calloc(s->senders, sizeof(uint32_t));
	for (uint32_t i = 0; m->next && i < s->senders; i++)
		if (i != m->slot || s->echo)
			k->flows[m->group * s->senders + i].here++;
	return m->next != NULL;
}

void check_nick(const struct shape *s, uint32_t index, char *out)
{
	out[0] = s->letter;
	for (int i = NICK_DIGITS; i > 0; i--, index /= 10)
		out[i] = (char)('0' + index % 10);
	out[NICK_LEN] = '\0';
}

void check_target(const struct shape *s, uint32_t group, uint32_t sender, char *out, size_t size)
{
	if (s->direct)
		check_nick(s, group * s->members + (sender ^ 1), out);
	else
		snprintf(out, size, "#b%u", group);
}

/* The message: sender's index, line number, filler that depends on both. */
const char *check_compose(struct check *k, uint32_t flow, uint32_t seq, nsec_t at)
{
	static const char alphabet[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .";
	const struct shape *s = &k->shape;
	struct slot *e = check_slot(k, flow, seq);
	uint32_t index = flow / s->senders * s->members + flow % s->senders;
	uint64_t bits = 0;

	int n = snprintf(e->text, sizeof(e->text), "%05u %010u ", index, seq);
	struct prng r;
	prng_seed(&r, (uint64_t)flow << 32 | seq);
	for (uint32_t i = (uint32_t)n, left = 0; i < s->text_len; i++, left--, bits >>= 6) {
		if (left == 0) {
			bits = prng_u64(&r);
			left = 10;
		}
		e->text[i] = alphabet[bits & 63];
	}
	e->text[s->text_len - 1] = '.'; /* no blank at the end, which a server may strip */
	e->at = at;
	atomic_store_explicit(&e->workers_done, 0, memory_order_relaxed);
	atomic_store_explicit(&e->seq, seq + 1, memory_order_release);
	return e->text;
}

bool check_complete(const struct check *k, uint32_t flow, uint32_t seq, uint32_t workers)
{
	return atomic_load_explicit(
		       &check_slot(k, flow, seq)->workers_done, memory_order_acquire) >= workers;
}

/* One more member of this process has (or will never have) line seq. */
static inline void count_in(struct check *k, uint32_t flow, uint32_t seq)
{
	struct flow *f = &k->flows[flow];
	uint32_t *n = &f->count[seq & (k->shape.ring - 1)];

	k->delivered++;
	if (++*n == f->here) {
		*n = 0;
		k->completed++;
		atomic_fetch_add_explicit(
			&check_slot(k, flow, seq)->workers_done, 1, memory_order_acq_rel);
	}
}

/* The number in n digits at p, or UINT32_MAX. */
static inline uint32_t digits(const char *p, int n)
{
	uint32_t v = 0;

	for (int i = 0; i < n; i++) {
		uint32_t d = (uint32_t)(unsigned char)p[i] - '0';
		if (d > 9)
			return UINT32_MAX;
		v = v * 10 + d;
	}
	return v;
}

static inline uint32_t flow_of(const struct shape *s, const char *p, uint32_t group)
{
	uint32_t index = digits(p + 1, NICK_DIGITS);

	if (p[0] != s->letter || index == UINT32_MAX || group == UINT32_MAX)
		return UINT32_MAX;
	uint32_t slot =
		index - group * s->members; /* wraps for a lower group: caught by the bound */
	return slot < s->senders ? group * s->senders + slot : UINT32_MAX;
}

uint32_t check_flow_of(const struct shape *s, const char *nick, uint32_t group)
{
	return flow_of(s, nick, group);
}

size_t check_fast(struct check *k, struct member *m, const char *p, size_t left, nsec_t now)
{
	const struct shape *s = &k->shape;

	if (left < NICK_LEN + 2 || p[0] != ':')
		return 0;
	uint32_t flow = flow_of(s, p + 1, m->group);
	if (flow == UINT32_MAX)
		return 0;
	struct flow *f = &k->flows[flow];
	size_t need = f->head_len + s->text_len + 2;
	if (f->head_len == 0 || left < need || memcmp(p, f->head, f->head_len) != 0)
		return 0;
	uint32_t sender = flow - m->group * s->senders, seq = m->next[sender];
	struct slot *e = check_slot(k, flow, seq);
	const char *text = p + f->head_len;
	if (atomic_load_explicit(&e->seq, memory_order_acquire) != seq + 1 ||
		memcmp(text, e->text, s->text_len) != 0 ||
		memcmp(text + s->text_len, "\r\n", 2) != 0)
		return 0;
	if (sender == m->slot) {
		if (!s->echo)
			return 0;
		k->receipts++;
	}
	m->next[sender] = seq + 1;
	hist_add(k->latency, now - e->at);
	count_in(k, flow, seq);
	return need;
}

void check_violate(struct check *k, enum violation v, uint32_t index, const char *line, size_t len)
{
	k->bad[v]++;
	if (!k->first_bad[0])
		snprintf(k->first_bad, sizeof(k->first_bad), "%s at connection %u: %.*s",
			violation_names[v], index, (int)size_min(len, 160), line);
}

static void violate(
	struct check *k, enum violation v, const struct member *m, const struct line_view *l)
{
	check_violate(k, v, m->index, l->line, l->len);
}

/* Line seq did not come before a later one: recorded, since it may still arrive out of order. */
static void note_missing(struct check *k, const struct member *m, uint32_t flow, uint32_t seq)
{
	count_in(k, flow, seq);
	k->bad[V_LOST]++;
	if (k->missing_count < MISSING_MAX)
		k->missing[k->missing_count++] = (struct missing){m->index, flow, seq};
}

/* A late line is out of order if it was missing, otherwise a duplicate. */
static enum violation late(struct check *k, const struct member *m, uint32_t flow, uint32_t seq)
{
	for (uint32_t i = 0; i < k->missing_count; i++) {
		struct missing *x = &k->missing[i];
		if (x->member != m->index || x->flow != flow || x->seq != seq)
			continue;
		*x = k->missing[--k->missing_count];
		k->bad[V_LOST]--;
		return V_REORDERED;
	}
	return V_DOUBLED;
}

/* Records the bytes before the message, so that the next copies take the fast way. */
static void learn_head(struct flow *f, const struct line_view *v)
{
	size_t len = (size_t)(v->text - v->line);

	if (v->tags || len > HEAD_MAX)
		return;
	memcpy(f->head, v->line, len);
	f->head_len = (uint32_t)len;
}

/* True if m must get the line: from a sender of its group, to the right target. */
static bool routed(
	const struct check *k, const struct member *m, const struct line_view *v, uint32_t *flow)
{
	const struct shape *s = &k->shape;
	char target[32];

	*flow = v->len > NICK_LEN + 1 && v->line[NICK_LEN + 1] == '!'
			? flow_of(s, v->line + 1, m->group)
			: UINT32_MAX;
	if (*flow == UINT32_MAX)
		return false;
	uint32_t sender = *flow % s->senders;
	check_target(s, m->group, sender, target, sizeof(target));
	return (sender != m->slot || s->echo) && strlen(target) == v->target_len &&
	       memcmp(target, v->target, v->target_len) == 0;
}

void check_line(struct check *k, struct member *m, const struct line_view *v, nsec_t now)
{
	const struct shape *s = &k->shape;
	uint32_t flow;

	if (!routed(k, m, v, &flow)) {
		violate(k, V_MISROUTED, m, v);
		return;
	}
	uint32_t sender = flow % s->senders, *next = &m->next[sender];
	uint32_t seq = v->text_len == s->text_len ? digits(v->text + 6, 10) : UINT32_MAX;
	struct slot *e = check_slot(k, flow, seq);
	bool sent =
		seq != UINT32_MAX && (seq < *next || (seq - *next < SPAN_MAX && e->seq == seq + 1));
	if (!sent) {
		/* the number itself is corrupt: this must be the line expected next */
		violate(k, V_ALTERED, m, v);
		if (check_slot(k, flow, *next)->seq == *next + 1)
			count_in(k, flow, (*next)++);
		return;
	}
	bool same = memcmp(v->text, e->text, s->text_len) == 0;
	if (seq < *next) {
		violate(k, late(k, m, flow, seq), m, v);
		if (e->seq == seq + 1 &&
			!same) /* otherwise the original is no longer there to compare with */
			violate(k, V_ALTERED, m, v);
		return;
	}
	while (*next < seq) {
		if (!k->first_bad[0])
			snprintf(k->first_bad, sizeof(k->first_bad),
				"connection %u: line %u of sender %u missing before %u", m->index,
				*next, sender, seq);
		note_missing(k, m, flow, (*next)++);
	}
	if (same)
		learn_head(&k->flows[flow], v);
	else
		violate(k, V_ALTERED, m, v);
	if (sender == m->slot)
		k->receipts++;
	hist_add(k->latency, now - e->at);
	(*next)++;
	count_in(k, flow, seq);
}

/* The number of lines of a flow sent so far: the newest is in its ring. */
static uint32_t sent_of(const struct check *k, uint32_t flow)
{
	struct flow *f = &k->flows[flow];

	if (f->sent > 0)
		return f->sent;
	for (uint32_t i = 0; i < k->shape.ring; i++)
		f->sent = u32_max(f->sent, check_slot(k, flow, i)->seq);
	return f->sent;
}

void check_end(struct check *k, const struct member *m)
{
	const struct shape *s = &k->shape;

	if (m->group == UINT32_MAX)
		return;
	for (uint32_t i = 0; i < s->senders; i++) {
		uint32_t sent = sent_of(k, m->group * s->senders + i);
		if ((i == m->slot && !s->echo) || m->next[i] >= sent)
			continue;
		if (!k->first_bad[0])
			snprintf(k->first_bad, sizeof(k->first_bad),
				"connection %u: the last %u lines of sender %u never came",
				m->index, sent - m->next[i], i);
		k->bad[V_LOST] += sent - m->next[i];
	}
}

uint64_t check_violations(const struct check *k)
{
	uint64_t sum = 0;

	for (int v = 0; v < V_COUNT; v++)
		sum += k->bad[v];
	return sum;
}
