/*
 * glob.c - glob matching in linear time.
 *
 * Backtracking to the last star takes mask times name for masks such as *????????b. So the middle
 * is an automaton (Baeza-Yates and Gonnet 1992; stars as in Navarro and Raffinot, "Flexible Pattern
 * Matching in Strings", 4.3): state k is on if the bytes so far can end after character k of the
 * mask. A byte moves all states at once:
 *
 *     on = (on & takes[byte]) << 1   those whose next character matches, and
 *        | on & stays                those preceded by a star
 */
#include "chat/proto/glob.h"

#include "chat/proto/casemap.h"

enum {
	WORD_BITS = 64,
	WORDS_MAX = (GLOB_CHARS_MAX + 1) / WORD_BITS,
};

struct range {
	const char *p, *end;
};

struct automaton {
	uint32_t chars, words;
	uint64_t on[WORDS_MAX], stays[WORDS_MAX], any[WORDS_MAX];
	/* By byte; filled in only for the bytes of the mask and the name. */
	uint64_t takes[256][WORDS_MAX];
};

static bool takes(char mask, char byte)
{
	return mask == '?' || case_fold(mask) == case_fold(byte);
}

static uint64_t *row_of(struct automaton *a, char byte)
{
	return a->takes[(unsigned char)case_fold(byte)];
}

static void set_bit(uint64_t *words, uint32_t bit)
{
	words[bit / WORD_BITS] |= (uint64_t)1 << bit % WORD_BITS;
}

static void clear_rows(struct automaton *a, struct range r)
{
	for (; r.p < r.end; r.p++)
		memset(row_of(a, *r.p), 0, a->words * sizeof(uint64_t));
}

static void build(struct automaton *a, struct range mask, struct range name)
{
	uint32_t k = 0;

	memset(a->on, 0, sizeof(a->on));
	memset(a->stays, 0, sizeof(a->stays));
	memset(a->any, 0, sizeof(a->any));
	clear_rows(a, mask);
	clear_rows(a, name);
	set_bit(a->on, 0);
	for (; mask.p < mask.end; mask.p++) {
		if (*mask.p == '*')
			set_bit(a->stays, k);
		else
			set_bit(*mask.p == '?' ? a->any : row_of(a, *mask.p), k++);
	}
}

static void step(struct automaton *a, const uint64_t *row)
{
	uint64_t carry = 0;

	for (uint32_t w = 0; w < a->words; w++) {
		uint64_t moved = a->on[w] & (row[w] | a->any[w]);

		a->on[w] = (moved << 1) | carry | (a->on[w] & a->stays[w]);
		carry = moved >> (WORD_BITS - 1);
	}
}

/* Whether a mask that begins and ends with a star covers the name. */
static bool contains(struct range mask, struct range name, uint64_t *work)
{
	struct automaton a;

	a.chars = 0;
	for (const char *p = mask.p; p < mask.end; p++)
		a.chars += *p != '*';
	if (a.chars == 0)
		return true;
	if (a.chars > GLOB_CHARS_MAX || a.chars > (size_t)(name.end - name.p))
		return false;
	a.words = a.chars / WORD_BITS + 1;
	build(&a, mask, name);
	*work += (uint64_t)(mask.end - mask.p + name.end - name.p);
	for (; name.p < name.end; name.p++) {
		step(&a, row_of(&a, *name.p));
		*work += a.words;
		if (a.on[a.chars / WORD_BITS] >> a.chars % WORD_BITS & 1)
			return true; /* the last star matches the remainder */
	}
	return false;
}

bool glob_match(const char *mask, const char *name, uint64_t *work)
{
	struct range m = {mask, mask + strlen(mask)}, n = {name, name + strlen(name)};

	*work += (uint64_t)(m.end - m.p + n.end - n.p);
	for (; m.p < m.end && *m.p != '*'; m.p++, n.p++)
		if (n.p == n.end || !takes(*m.p, *n.p))
			return false;
	if (m.p == m.end)
		return n.p == n.end;
	for (; m.end[-1] != '*'; m.end--, n.end--)
		if (n.p == n.end || !takes(m.end[-1], n.end[-1]))
			return false;
	return contains(m, n, work);
}
