/*
 * code.h - interpreter for %{ }%: assertions on TCP_INFO in a subset of Python.
 *
 *     assert EXPR[, message]      NAME = EXPR, NAME += EXPR, NAME -= EXPR      print(EXPR)
 *
 * Statements end with a new line or ";". EXPR has or, and, not, comparisons (chained: 1 <= x <= 2),
 * | ^ & << >> + - * / // % ~, brackets, integers, strings (in messages), members of struct
 * tcp_info, Linux constants, abs min max. Everything else is an error.
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

/* Looks up a name other than variables and members of TCP_INFO. */
typedef bool (*code_lookup)(void *ctx, const char *name, int64_t *value);

/* Variables. */
struct code_vars {
	size_t count;
	struct {
		char name[CODE_NAME_MAX];
		int64_t value;
	} var[CODE_VARS_MAX];
};

struct code_env {
	const struct tcp_info *info; /* NULL: no TCP socket */
	code_lookup lookup;
	void *ctx;
	struct code_vars *vars; /* NULL: no assignments */
};

/* Returns the least length of TCP_INFO that includes the member of that name; 0 if none does. */
size_t code_info_end(const char *name);

/* Evaluates an integer expression, as in the shell's $(( )). Returns false with the reason in
 * error, of CODE_ERROR_MAX bytes. */
bool code_number(const char *text, int64_t *value, char *error);

/* Runs the statements of `text`. Returns false with the failed assertion, or the reason, in error,
 * of CODE_ERROR_MAX bytes. */
bool code_run(const char *text, const struct code_env *env, char *error);

#endif
