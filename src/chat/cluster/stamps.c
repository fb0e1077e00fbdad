/* stamps.c - times of changes of channel modes. */
#include "chat/cluster/stamps.h"

#include "chat/model/modes.h"

#include <stdio.h>
#include <stdlib.h>

uint64_t stamp_now(struct server *s)
{
	return msgid_next(&s->ids, s->wall);
}

void stamp_seen(struct server *s, uint64_t stamp)
{
	uint64_t time = stamp >> MSGID_NODE_BITS << MSGID_NODE_BITS;

	if (msgid_ms(stamp) <= (s->wall + STAMP_AHEAD_MAX) / NSEC_MSEC && time > s->ids.last)
		s->ids.last = time;
}

bool stamp_put(struct channel *ch, uint32_t modes, uint64_t stamp)
{
	if (!ch->stamps)
		ch->stamps = calloc(STAMPS, sizeof(*ch->stamps));
	if (!ch->stamps)
		return false;
	for (int bit = 0; bit < STAMPS; bit++)
		if ((modes & 1u << bit) && stamp > ch->stamps[bit])
			ch->stamps[bit] = stamp;
	return true;
}

void stamps_changed(struct channel *ch, const char *letters, uint64_t stamp)
{
	uint32_t modes = 0;

	for (; *letters; letters++) {
		const struct mode_row *r = mode_find(*letters);

		if (r && r->kind >= MODE_KEY)
			modes |= r->bit;
	}
	if (modes)
		stamp_put(ch, modes, stamp);
}

bool stamp_is_later(const struct channel *ch, uint32_t mode, uint64_t stamp)
{
	return !ch->stamps || stamp > ch->stamps[__builtin_ctz(mode)];
}

void stamps_print(const struct channel *ch, char out[STAMPS_TEXT_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (int bit = 0; ch->stamps && bit < STAMPS; bit++)
		if (ch->stamps[bit])
			n += (size_t)snprintf(out + n, STAMPS_TEXT_MAX - n, "%s%d:%llu",
				n ? " " : "", bit, (unsigned long long)ch->stamps[bit]);
}

bool stamps_next(const char **at, uint32_t *mode, uint64_t *stamp)
{
	char *end;
	unsigned long bit = strtoul(*at, &end, 10);

	if (end == *at || *end != ':' || bit >= STAMPS)
		return false;
	*mode = 1u << bit;
	*stamp = strtoull(end + 1, &end, 10);
	*at = end;
	return true;
}
