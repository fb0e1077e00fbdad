/*
 * glob.h - glob masks: '*' matches any number of bytes, '?' one; case is ignored. The author of the
 * mask may choose the name too, so the time is linear in both in any case.
 *
 *     nick!*@*.example     up to the first star and from the last: compared in place
 *     ----     --------
 *          ***             the middle: an automaton whose states are bits (Shift-And)
 */
#ifndef CHAT_PROTO_GLOB_H
#define CHAT_PROTO_GLOB_H

#include "base/base.h"

enum {
	GLOB_CHARS_MAX = 511, /* between the first star and the last, stars not counted: a longer
				 mask covers nothing. Lines and names are shorter */
};

/* Whether mask covers name. The cost is added to *work: bytes examined, and words of states for
 * each: at most 3 + (bytes of the name) / 64 for each byte of the two. */
bool glob_match(const char *mask, const char *name, uint64_t *work);

#endif
