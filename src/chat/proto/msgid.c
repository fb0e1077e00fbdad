/* msgid.c - message ids: generation, text form. */
#include "chat/proto/msgid.h"

static const char digits[] = "0123456789abcdefghijklmnopqrstuv";

enum {
	US_PER_MS = 1000,
	DIGIT_BITS = 5,
};

/* The year 2200: a later clock is not believed, so that ids do not run out of bits. */
#define CLOCK_MAX (230LL * 31556952 * NSEC_SEC)

uint64_t msgid_next(struct msgid_maker *m, nsec_t wall)
{
	uint64_t us = wall > 0 && wall < CLOCK_MAX ? (uint64_t)(wall / NSEC_USEC) : 0;
	uint64_t last_us = m->last >> MSGID_NODE_BITS;

	assert(m->node < 1u << MSGID_NODE_BITS);
	if (us <= last_us)
		us = last_us + 1;
	m->last = us << MSGID_NODE_BITS | m->node;
	return m->last;
}

int64_t msgid_ms(uint64_t id)
{
	return (int64_t)((id >> MSGID_NODE_BITS) / US_PER_MS);
}

uint64_t msgid_floor(int64_t ms)
{
	const int64_t max = INT64_MAX / US_PER_MS >> MSGID_NODE_BITS;

	assert(ms >= 0);
	if (ms > max)
		ms = max;
	return (uint64_t)ms * US_PER_MS << MSGID_NODE_BITS;
}

void msgid_print(char out[MSGID_TEXT_LEN + 1], uint64_t id)
{
	for (int i = MSGID_TEXT_LEN - 1; i >= 0; i--, id >>= DIGIT_BITS)
		out[i] = digits[id & 31];
	out[MSGID_TEXT_LEN] = '\0';
}

bool msgid_parse(uint64_t *id, const char *text, size_t len)
{
	uint64_t v = 0;

	if (len != MSGID_TEXT_LEN || text[0] < '0' || text[0] > '7') /* 63 bits, as in SQLite */
		return false;
	for (size_t i = 0; i < len; i++) {
		const char *d = text[i] ? strchr(digits, text[i]) : NULL;
		if (!d)
			return false;
		v = v << DIGIT_BITS | (uint64_t)(d - digits);
	}
	*id = v;
	return true;
}
