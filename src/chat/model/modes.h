/*
 * modes.h - the letters of channel modes and user modes, who may set them, and the powers of
 * members' ranks over each other:
 *
 *     rank          gives and takes    kicks and changes all but
 *     q  owner      q a o h v          -
 *     a  admin          o h v          q
 *     o  op             o h v          q a
 *     h  halfop             v          q a o h
 *
 * Members may always give up a rank of their own.
 */
#ifndef CHAT_MODEL_MODES_H
#define CHAT_MODEL_MODES_H

#include "chat/limits.h"
#include "chat/model/banlist.h"

enum mode_kind {     /* CHANMODES' types A to D, and prefixes */
	MODE_MEMBER, /* takes a nick */
	MODE_LIST,   /* A: takes a mask; without one, shows the list */
	MODE_KEY,    /* B: takes a parameter both ways */
	MODE_LIMIT,  /* C: takes a parameter when set */
	MODE_RATE,   /* C: likewise, count:seconds */
	MODE_FLAG,   /* D: takes none */
};

enum {
	MODE_LETTERS_MAX = 32,
	MODE_PARAMS_MAX = PARAMS_MAX - 2, /* ISUPPORT MODES: as many as fit into a line */
	MEMBER_FULL_OP = MEMBER_OWNER | MEMBER_ADMIN | MEMBER_OP,
};

struct mode_row {
	char letter;
	enum mode_kind kind;
	uint32_t bit;  /* enum member_mode, enum channel_mode, or enum banlist */
	uint32_t need; /* ranks that may change it; 0 for MODE_MEMBER, see above */
};

struct user_mode_row {
	char letter;
	uint32_t bit;              /* enum user_mode */
	bool settable, unsettable; /* by the user */
};

/* Whether a member with the modes `by` may give and take this member mode. */
bool member_may_give(uint32_t by, uint32_t mode);

/* Whether a member with the modes `by` may kick another with the modes `target`, or change them. */
bool member_may_touch(uint32_t by, uint32_t target);

/* Returns the row of a channel mode letter, or NULL. */
const struct mode_row *mode_find(char letter);

/* Returns the row of a user mode letter, or NULL. */
const struct user_mode_row *user_mode_find(char letter);

/* Writes the letters of the kinds in the set (1 << kind), NUL-terminated; returns how many. For
 * ISUPPORT and 004. */
size_t mode_letters(uint32_t kinds, char out[MODE_LETTERS_MAX]);

/* Formats the letters of a channel's modes: key, limit and flags. */
size_t mode_flags_text(uint32_t modes, char out[MODE_LETTERS_MAX]);

/* Formats the letters of a user's modes. */
size_t user_modes_text(uint32_t modes, char out[MODE_LETTERS_MAX]);

#endif
