/*
 * filter.h - filters: regular expressions (PCRE2) that the server's operators set against spam, and
 * what happens to a text that one matches. Kept in memory for matching; the store preserves them.
 *
 * A text is matched line by line, without mIRC's formatting, without regard to case unless the
 * expression says (?-i). An expression comes from an operator, but the text from a stranger: how
 * often a match may step back is bounded, and a filter that exceeds this has not matched. No JIT:
 * its bounds are others, and a server that runs without writable code pages stays so.
 */
#ifndef CHAT_MODEL_FILTER_H
#define CHAT_MODEL_FILTER_H

#include "base/base.h"
#include "base/vec.h"

enum {
	FILTERS_MAX = 64,
	FILTER_PATTERN_MAX = 200, /* bytes; a longer one is refused */
	FILTER_REASON_MAX = 200,  /* bytes; a longer one is cut */
	FILTER_STEPS = 2000,      /* back-tracking steps of one match, and the price of each */
	FILTER_STEP_WORK = 25,
	FILTER_DEPTH = 100, /* nested steps */
	FILTER_ERROR_MAX = 200,
};

enum filter_action {
	FILTER_WARN,  /* operators read of it */
	FILTER_BLOCK, /* and the text goes nowhere */
	FILTER_KILL,  /* and the user is disconnected */
	FILTER_ACTIONS,
};

/* Texts that a filter looks at, by their letters: the bits are stored. */
enum filter_target {
	FILTER_PRIVMSG = 1 << 0, /* p */
	FILTER_NOTICE = 1 << 1,  /* n */
	FILTER_PART = 1 << 2,    /* P: reasons */
	FILTER_QUIT = 1 << 3,    /* q */
	FILTER_TOPIC = 1 << 4,   /* t */
	FILTER_ALL = (1 << 5) - 1,
};

struct filter_code;

struct filter {
	char *pattern, *reason, *setter;
	enum filter_action action;
	uint32_t targets;
	int64_t set_ms;
	uint64_t hits, given_up; /* texts matched; matches that exceeded the bounds */
	struct filter_code *code;
};

struct filters {
	VEC(struct filter) rows;
	struct filter_match *match; /* NULL until the first filter */
	uint64_t given_up;          /* of all */
	nsec_t told;                /* when operators last read of a hit, */
	uint32_t untold;            /* and how many hits there were since */
};

/* Values of a filter; texts are copied. */
struct filter_values {
	const char *pattern, *reason, *setter;
	enum filter_action action;
	uint32_t targets;
	int64_t set_ms;
};

enum filter_result {
	FILTER_OK,
	FILTER_INVALID, /* error says why */
	FILTER_FULL,
	FILTER_NO_MEMORY,
};

/* Adds a filter, or replaces the one with this pattern. error: PCRE2's message, with the place. */
enum filter_result filters_add(
	struct filters *f, const struct filter_values *v, char error[FILTER_ERROR_MAX]);

/* Removes a filter; false if there is none with this pattern. */
bool filters_remove(struct filters *f, const char *pattern);

/* Returns the first filter for one of the targets that matches a text of n bytes, UTF-8, or that is
 * stricter than those before it; NULL: none. The cost is added to *work. Hits are not counted. */
struct filter *filters_find(
	struct filters *f, uint32_t targets, const char *text, size_t n, uint64_t *work);

/* Frees all of it. */
void filters_free(struct filters *f);

/* The name of an action, and the action of a name; false if there is none. */
const char *filter_action_name(enum filter_action a);
bool filter_action_find(const char *name, enum filter_action *a);

/* The letters of targets, and the targets of letters ("*": all); 0 if one is unknown. */
void filter_targets_text(uint32_t targets, char out[8]);
uint32_t filter_targets_of(const char *letters);

#endif
