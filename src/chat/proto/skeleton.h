/*
 * skeleton.h - what a name looks like (Unicode UTS 39 section 4): of two names with one skeleton
 * the one can be mistaken for the other.
 *
 *     full     paypal, and pаypаl with Cyrillic letters, paypaI with an I, paypa1   -> paypal
 *              modern -> rnodern
 *     plain    the same, but a character of ASCII stands for itself, whatever its case
 *
 * Names that differ in ASCII only are often those of different people (ann1 and annl); so the plain
 * one is for the nicks of all, the full one for those that accounts own.
 *
 * Case is no difference either (RFC 8265: UsernameCaseMapped), but a capital often looks like
 * another letter than its small one: Ник, ник and НИК have skeletons of their own, and one in small
 * letters. A name is compared by both.
 */
#ifndef CHAT_PROTO_SKELETON_H
#define CHAT_PROTO_SKELETON_H

#include "base/base.h"

enum {
	SKELETON_CHAR_MAX = 128, /* bytes of that of one character, with the NUL */
	SKELETON_MAX = 1024,     /* of that of a name; a longer one is cut */
};

/* The table of Unicode: none (NULL), or outside of this room. */
struct skeletons {
	/* Writes the skeleton of a character outside ASCII, given in UTF-8; false: it is not known.
	 */
	bool (*of)(struct skeletons *x, const char *character, char out[SKELETON_CHAR_MAX]);

	/* Returns the small letter of c (simple case folding), c if it has none. */
	uint32_t (*fold)(struct skeletons *x, uint32_t c);
};

/* Whether a name has a character outside ASCII. */
bool skeleton_needs_table(const char *name);

/* Writes the skeleton of a name. Without a table characters outside ASCII stand for themselves. */
void skeleton_plain(struct skeletons *x, const char *name, char out[SKELETON_MAX]);
void skeleton_full(struct skeletons *x, const char *name, char out[SKELETON_MAX]);

/* Writes a name with its letters outside ASCII in small ones. Returns false if none was a capital,
 * or without a table. */
bool skeleton_fold(struct skeletons *x, const char *name, char out[SKELETON_MAX]);

#endif
