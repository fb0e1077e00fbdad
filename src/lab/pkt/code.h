/*
 * code.h - what stands in %{ }%: assertions on TCP_INFO, in the small part of Python that
 * scripts use. `assert EXPR[, message]`, `NAME = EXPR` (or +=, -=), `print(EXPR)`, one a line or
 * after ";"; EXPR with or, and, not, comparisons (chained: 1 <= x <= 2), | ^ & << >> + - * / // %,
 * ~, brackets, integers, strings (in messages), names of struct tcp_info and of constants, abs min
 * max. Everything else is an error that says so.
 */
#ifndef LAB_PKT_CODE_H
#define LAB_PKT_CODE_H

#include "base/base.h"

#include <linux/tcp.h>

enum {
	CODE_ERROR_MAX = 256,
	CODE_NAME_MAX = 64,
	CODE_VARS_MAX = 32,
};

/* Looks up a name that is no member of TCP_INFO. */
typedef bool (*code_lookup)(void *ctx, const char *name, int64_t *value);

/* Names that code assigned; they stay for the code that comes later. */
struct code_vars {
	size_t count;
	struct {
		char name[CODE_NAME_MAX];
		int64_t value;
	} var[CODE_VARS_MAX];
};

struct code_env {
	const struct tcp_info *info; /* NULL: no TCP socket to ask */
	code_lookup lookup;
	void *ctx;
	struct code_vars *vars; /* NULL: nothing can be assigned */
};

/* How many bytes of TCP_INFO there must be for the member of that name; 0: it is none. */
size_t code_info_end(const char *name);

/* One expression of numbers, as the shell has it in $(( )). False with what is wrong in error. */
bool code_number(const char *text, int64_t *value, char *error);

/* Runs `text`. Returns true if every assertion held; else false with what failed in error, of
 * CODE_ERROR_MAX bytes. */
bool code_run(const char *text, const struct code_env *env, char *error);

#endif
