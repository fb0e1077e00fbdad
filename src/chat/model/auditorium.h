/*
 * auditorium.h - mode u of a channel: its members without a rank of operator (q a o h) are shown to
 * operators only, as in InspIRCd. The others see operators, themselves, and what is said.
 *
 *                      of an operator    of another member
 *     JOIN PART QUIT   all               operators
 *     NICK and so on   all               operators
 *     NAMES WHO WHOIS  all               operators
 *     messages, MODE   all               all
 */
#ifndef CHAT_MODEL_AUDITORIUM_H
#define CHAT_MODEL_AUDITORIUM_H

#include "chat/model/channel.h"

/* The ranks whose holders see what u, a member of ch, does there; 0: all members see it. */
static inline uint32_t channel_audience(const struct channel *ch, const struct user *u)
{
	if (!(ch->modes & CHANNEL_AUDITORIUM) || (channel_member(ch, u)->modes & MEMBER_ANY_OP))
		return 0;
	return MEMBER_ANY_OP;
}

/* Whether member m of ch is shown to the user with the membership `own` (NULL: not a member). */
static inline bool member_shown(
	const struct channel *ch, const struct member *m, const struct member *own)
{
	return !(ch->modes & CHANNEL_AUDITORIUM) || (m->modes & MEMBER_ANY_OP) || m == own ||
	       (own && (own->modes & MEMBER_ANY_OP));
}

#endif
