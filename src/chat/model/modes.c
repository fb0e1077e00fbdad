/*
 * modes.c - tables of channel and user modes, shared by ISUPPORT, MODE and permission checks.
 */
#include "chat/model/modes.h"

static const struct mode_row channel_rows[] = {
	{'q', MODE_MEMBER, MEMBER_OWNER, 0},
	{'a', MODE_MEMBER, MEMBER_ADMIN, 0},
	{'o', MODE_MEMBER, MEMBER_OP, 0},
	{'h', MODE_MEMBER, MEMBER_HALFOP, 0},
	{'v', MODE_MEMBER, MEMBER_VOICE, 0},
	{'b', MODE_LIST, BANLIST_BAN, MEMBER_ANY_OP},
	{'e', MODE_LIST, BANLIST_EXCEPT, MEMBER_ANY_OP},
	{'I', MODE_LIST, BANLIST_INVITE, MEMBER_ANY_OP},
	{'k', MODE_KEY, CHANNEL_KEY, MEMBER_FULL_OP},
	{'l', MODE_LIMIT, CHANNEL_LIMIT, MEMBER_FULL_OP},
	{'f', MODE_RATE, CHANNEL_LINE_RATE, MEMBER_FULL_OP},
	{'j', MODE_RATE, CHANNEL_JOIN_RATE, MEMBER_FULL_OP},
	{'C', MODE_FLAG, CHANNEL_NO_CTCP, MEMBER_FULL_OP},
	{'c', MODE_FLAG, CHANNEL_NO_COLOUR, MEMBER_FULL_OP},
	{'i', MODE_FLAG, CHANNEL_INVITE_ONLY, MEMBER_FULL_OP},
	{'m', MODE_FLAG, CHANNEL_MODERATED, MEMBER_FULL_OP},
	{'M', MODE_FLAG, CHANNEL_ACCOUNTS, MEMBER_FULL_OP},
	{'n', MODE_FLAG, CHANNEL_NO_EXTERNAL, MEMBER_FULL_OP},
	{'R', MODE_FLAG, CHANNEL_REGISTERED, MEMBER_FULL_OP},
	{'s', MODE_FLAG, CHANNEL_SECRET, MEMBER_FULL_OP},
	{'t', MODE_FLAG, CHANNEL_TOPIC_OPS, MEMBER_FULL_OP},
	{'U', MODE_FLAG, CHANNEL_TO_OPS, MEMBER_FULL_OP},
	{'Z', MODE_FLAG, CHANNEL_REFUSED_TO_OPS, MEMBER_FULL_OP},
	{'u', MODE_FLAG, CHANNEL_AUDITORIUM, MEMBER_FULL_OP},
	{'z', MODE_FLAG, CHANNEL_SECURE, MEMBER_FULL_OP},
};

static const struct user_mode_row user_rows[] = {
	{'B', USER_BOT, true, true},
	{'R', USER_ACCOUNTS_ONLY, true, true},
	{'T', USER_NO_CTCP, true, true},
	{'Z', USER_SECURE, false, false},
	{'g', USER_CALLER_ID, true, true},
	{'i', USER_INVISIBLE, true, true},
	{'o', USER_OPER, false, true},
	{'s', USER_NOTICES, false, false},
	{'w', USER_WALLOPS, true, true},
	{'x', USER_CLOAKED, false, false},
};

/* The powers of ranks over members, highest first: the first matching row applies. */
static const struct {
	uint32_t rank, gives, spares;
} member_rights[] = {
	{MEMBER_OWNER, MEMBER_ANY_OP | MEMBER_VOICE, 0},
	{MEMBER_ADMIN, MEMBER_OP | MEMBER_HALFOP | MEMBER_VOICE, MEMBER_OWNER},
	{MEMBER_OP, MEMBER_OP | MEMBER_HALFOP | MEMBER_VOICE, MEMBER_OWNER | MEMBER_ADMIN},
	{MEMBER_HALFOP, MEMBER_VOICE, MEMBER_ANY_OP},
};

bool member_may_give(uint32_t by, uint32_t mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(member_rights); i++)
		if (by & member_rights[i].rank)
			return member_rights[i].gives & mode;
	return false;
}

bool member_may_touch(uint32_t by, uint32_t target)
{
	for (size_t i = 0; i < ARRAY_SIZE(member_rights); i++)
		if (by & member_rights[i].rank)
			return !(target & member_rights[i].spares);
	return false;
}

const struct mode_row *mode_find(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(channel_rows); i++)
		if (channel_rows[i].letter == letter)
			return &channel_rows[i];
	return NULL;
}

const struct user_mode_row *user_mode_find(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(user_rows); i++)
		if (user_rows[i].letter == letter)
			return &user_rows[i];
	return NULL;
}

size_t mode_letters(uint32_t kinds, char out[MODE_LETTERS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(channel_rows); i++)
		if (kinds & (1u << channel_rows[i].kind))
			out[n++] = channel_rows[i].letter;
	out[n] = '\0';
	return n;
}

size_t mode_flags_text(uint32_t modes, char out[MODE_LETTERS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(channel_rows); i++) {
		const struct mode_row *r = &channel_rows[i];

		if (r->kind >= MODE_KEY && (modes & r->bit))
			out[n++] = r->letter;
	}
	out[n] = '\0';
	return n;
}

size_t user_modes_text(uint32_t modes, char out[MODE_LETTERS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(user_rows); i++)
		if (modes & user_rows[i].bit)
			out[n++] = user_rows[i].letter;
	out[n] = '\0';
	return n;
}
