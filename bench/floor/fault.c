/*
 * fault.c - injects one wrong delivery, the fault_at-th of a run, to show that loadgen detects it.
 */
#include "floor/floor.h"

/* A client that must not get this line: one in another channel, or in none. */
static struct client *stranger(struct floor *f, const struct client *to)
{
	for (uint32_t i = 0; i < NICKS_MAX; i++)
		if (f->nicks[i] && f->nicks[i] != to &&
			(f->nicks[i]->channel != to->channel || to->channel == NO_CHANNEL))
			return f->nicks[i];
	return NULL;
}

static void alter(struct floor *f, struct client *to, const char *line, size_t len)
{
	char copy[LINE_BYTES];

	memcpy(copy, line, len);
	copy[len - 5] ^= 1; /* a filler letter, well inside the message */
	out_now(f, to, copy, len);
}

static void strike(
	struct floor *f, struct client *from, struct client *to, const char *line, size_t len)
{
	struct client *other;

	switch (f->fault) {
	case FAULT_DROP: return;
	case FAULT_ALTER: alter(f, to, line, len); return;
	case FAULT_SWAP:
		f->held_for = to;
		memcpy(f->held, line, len);
		f->held_len = (uint32_t)len;
		return;
	case FAULT_DOUBLE: out_now(f, to, line, len); break;
	case FAULT_MISROUTE:
		other = stranger(f, to);
		if (other)
			out_now(f, other, line, len);
		break;
	case FAULT_ECHO:
		if (from)
			out_now(f, from, line, len);
		break;
	case FAULT_NONE:
	case FAULTS: break;
	}
	out_now(f, to, line, len);
}

void fault_send(
	struct floor *f, struct client *from, struct client *to, const char *line, size_t len)
{
	if (f->fault != FAULT_NONE && ++f->deliveries == f->fault_at) {
		strike(f, from, to, line, len);
		return;
	}
	out_now(f, to, line, len);
	if (f->held_for == to) {
		f->held_for = NULL;
		out_now(f, to, f->held, f->held_len);
	}
}
