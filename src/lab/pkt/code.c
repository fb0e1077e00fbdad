/*
 * code.c - interpreter for %{ }%, see code.h: a recursive-descent parser that evaluates as it
 * parses.
 */
#include "lab/pkt/code.h"

#include "base/bytes.h"
#include "wire/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	CODE_DEPTH_MAX = 64,
};

struct code {
	const char *p;
	const struct code_env *env;
	char *error;
	int depth;        /* of brackets */
	struct text seen; /* names and values of the statement, for its message */
};

static int64_t or_expr(struct code *c);

static void fail(struct code *c, const char *what, const char *detail)
{
	if (c->error[0] == '\0')
		snprintf(c->error, CODE_ERROR_MAX, "%s%.60s", what, detail);
	c->p = "";
}

#define INFO(member)                                                                               \
	{                                                                                          \
#member, offsetof(struct tcp_info, member),                                        \
			sizeof(((struct tcp_info *)NULL)->member)                                  \
	}

static const struct {
	const char *name;
	size_t at, size;
} members[] = {INFO(tcpi_state), INFO(tcpi_ca_state), INFO(tcpi_retransmits), INFO(tcpi_probes),
	INFO(tcpi_backoff), INFO(tcpi_options), INFO(tcpi_rto), INFO(tcpi_ato), INFO(tcpi_snd_mss),
	INFO(tcpi_rcv_mss), INFO(tcpi_unacked), INFO(tcpi_sacked), INFO(tcpi_lost),
	INFO(tcpi_retrans), INFO(tcpi_fackets), INFO(tcpi_last_data_sent), INFO(tcpi_last_ack_sent),
	INFO(tcpi_last_data_recv), INFO(tcpi_last_ack_recv), INFO(tcpi_pmtu),
	INFO(tcpi_rcv_ssthresh), INFO(tcpi_rtt), INFO(tcpi_rttvar), INFO(tcpi_snd_ssthresh),
	INFO(tcpi_snd_cwnd), INFO(tcpi_advmss), INFO(tcpi_reordering), INFO(tcpi_rcv_rtt),
	INFO(tcpi_rcv_space), INFO(tcpi_total_retrans), INFO(tcpi_pacing_rate),
	INFO(tcpi_max_pacing_rate), INFO(tcpi_bytes_acked), INFO(tcpi_bytes_received),
	INFO(tcpi_segs_out), INFO(tcpi_segs_in), INFO(tcpi_notsent_bytes), INFO(tcpi_min_rtt),
	INFO(tcpi_data_segs_in), INFO(tcpi_data_segs_out), INFO(tcpi_delivery_rate),
	INFO(tcpi_busy_time), INFO(tcpi_rwnd_limited), INFO(tcpi_sndbuf_limited),
	INFO(tcpi_delivered), INFO(tcpi_delivered_ce), INFO(tcpi_bytes_sent),
	INFO(tcpi_bytes_retrans), INFO(tcpi_dsack_dups), INFO(tcpi_reord_seen),
	INFO(tcpi_rcv_ooopack), INFO(tcpi_snd_wnd)};

/* Bit fields have no offset. */
static bool bit_field(const struct tcp_info *info, const char *name, int64_t *value)
{
	if (strcmp(name, "tcpi_snd_wscale") == 0)
		*value = info->tcpi_snd_wscale;
	else if (strcmp(name, "tcpi_rcv_wscale") == 0)
		*value = info->tcpi_rcv_wscale;
	else if (strcmp(name, "tcpi_delivery_rate_app_limited") == 0)
		*value = info->tcpi_delivery_rate_app_limited;
	else if (strcmp(name, "tcpi_fastopen_client_fail") == 0)
		*value = info->tcpi_fastopen_client_fail;
	else
		return false;
	return true;
}

size_t code_info_end(const char *name)
{
	int64_t v;

	if (bit_field(&(struct tcp_info){0}, name, &v))
		return offsetof(struct tcp_info, tcpi_rto); /* follows them */
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return members[i].at + members[i].size;
	return 0;
}

static bool info_value(const struct tcp_info *info, const char *name, int64_t *value)
{
	const uint8_t *base = (const uint8_t *)info;
	uint64_t v = 0;

	if (bit_field(info, name, value))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (strcmp(members[i].name, name) == 0) {
			memcpy(low_bytes(&v, members[i].size), base + members[i].at,
				members[i].size);
			*value = (int64_t)v;
			return true;
		}
	return false;
}

/* --- tokens ----------------------------------------------------------------------------------- */

/* A new line ends a statement, but not within brackets or after "\". */
static void blanks(struct code *c)
{
	for (;;) {
		if (*c->p == ' ' || *c->p == '\t' || *c->p == '\r' || (*c->p == '\n' && c->depth))
			c->p++;
		else if (c->p[0] == '\\' && c->p[1] == '\n')
			c->p += 2;
		else if (*c->p == '#')
			c->p += strcspn(c->p, "\n");
		else
			return;
	}
}

static bool is_name(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_';
}

static bool accept(struct code *c, const char *text)
{
	size_t n = strlen(text);

	blanks(c);
	if (strncmp(c->p, text, n) != 0 || (is_name(text[0]) && is_name(c->p[n])))
		return false;
	c->p += n;
	return true;
}

/* --- expressions ------------------------------------------------------------------------------ */

/* The rest of NAME(EXPR, ...), or of (EXPR), for which name is "". */
static int64_t bracketed(struct code *c, const char *name)
{
	int64_t v, w;

	if (++c->depth > CODE_DEPTH_MAX)
		fail(c, "brackets nested too deep", "");
	v = or_expr(c);
	while (*name && accept(c, ",")) {
		w = or_expr(c);
		v = (w < v) == (strcmp(name, "min") == 0) ? w : v;
	}
	if (!accept(c, ")"))
		fail(c, "expected ')' near: ", c->p);
	c->depth--;
	return strcmp(name, "abs") == 0 && v < 0 ? (int64_t)(0 - (uint64_t)v) : v;
}

static int64_t *var_of(struct code *c, const char *name)
{
	struct code_vars *v = c->env->vars;

	for (size_t i = 0; v && i < v->count; i++)
		if (strcmp(v->var[i].name, name) == 0)
			return &v->var[i].value;
	return NULL;
}

/* Copies the name at p, cut to CODE_NAME_MAX. Returns its length. */
static size_t name_at(const char *p, char *name)
{
	size_t n = 0;

	while (is_name(p[n]) && n + 1 < CODE_NAME_MAX) {
		name[n] = p[n];
		n++;
	}
	name[n] = '\0';
	return n;
}

static int64_t name_expr(struct code *c)
{
	char name[CODE_NAME_MAX];
	const int64_t *var;
	int64_t v = 0;

	c->p += name_at(c->p, name);
	var = var_of(c, name);
	if (var)
		return *var;
	if (strcmp(name, "True") == 0 || strcmp(name, "False") == 0)
		return name[0] == 'T';
	if ((strcmp(name, "abs") == 0 || strcmp(name, "min") == 0 || strcmp(name, "max") == 0 ||
		    strcmp(name, "int") == 0) &&
		accept(c, "("))
		return bracketed(c, name);
	if (strncmp(name, "tcpi_", 5) == 0 && !c->env->info)
		fail(c, "no TCP socket for ", name);
	else if (c->env->info && info_value(c->env->info, name, &v))
		text_add(&c->seen, " %s=%lld", name, (long long)v);
	else if (!c->env->lookup(c->env->ctx, name, &v))
		fail(c, "not supported: ", name);
	return v;
}

static int64_t primary(struct code *c)
{
	int64_t v;
	char *end;

	blanks(c);
	if (accept(c, "("))
		return bracketed(c, "");
	if (isdigit((unsigned char)*c->p)) {
		v = (int64_t)strtoull(c->p, &end, 0);
		c->p = end;
		if (*c->p == '.')
			c->p += 1 + strspn(c->p + 1, "0123456789");
		return v;
	}
	if (is_name(*c->p))
		return name_expr(c);
	fail(c, "not supported: ", *c->p ? c->p : "an expression that ends here");
	return 0;
}

static int64_t unary(struct code *c)
{
	int sign = 1;
	bool invert = false;
	int64_t v;

	for (blanks(c); *c->p == '-' || *c->p == '~' || *c->p == '+'; c->p++, blanks(c)) {
		sign = *c->p == '-' ? -sign : sign;
		invert ^= *c->p == '~';
	}
	v = (int64_t)((uint64_t)primary(c) * (uint64_t)(int64_t)sign);
	return invert ? ~v : v;
}

static int64_t divide(struct code *c, int64_t a, int64_t b, char op)
{
	if (b == 0)
		fail(c, "division by zero", "");
	if (b == 0 || b == -1) /* INT64_MIN / -1 overflows */
		return op == '%' || b == 0 ? 0 : (int64_t)(0 - (uint64_t)a);
	return op == '%' ? a % b : a / b;
}

/* Wraps around; Python's integers would grow. */
static int64_t operate(struct code *c, char op, int64_t a, int64_t b)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	switch (op) {
	case '|': return a | b;
	case '^': return a ^ b;
	case '&': return a & b;
	case '<': return (int64_t)(x << (y & 63));
	case '>': return a >> (y & 63);
	case '+': return (int64_t)(x + y);
	case '-': return (int64_t)(x - y);
	case '*': return (int64_t)(x * y);
	default: return divide(c, a, b, op);
	}
}

/* Precedence climbing: binary operators of at least that level, all left-associative. */
static int64_t arithmetic(struct code *c, int level)
{
	static const struct {
		const char *text;
		int level;
	} ops[] = {{"|", 0}, {"^", 1}, {"&", 2}, {"<<", 3}, {">>", 3}, {"+", 4}, {"-", 4}, {"*", 5},
		{"//", 5}, {"/", 5}, {"%", 5}};
	int64_t v = unary(c);

	for (size_t i = 0; i < ARRAY_SIZE(ops);) {
		if (ops[i].level < level || !accept(c, ops[i].text)) {
			i++;
			continue;
		}
		v = operate(c, ops[i].text[0], v, arithmetic(c, ops[i].level + 1));
		i = 0;
	}
	return v;
}

/* Chained: a <= b < c is a <= b and b < c. */
static int64_t comparison(struct code *c)
{
	static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
	int64_t a = arithmetic(c, 0), b;
	bool any = false, holds = true;

	for (size_t i = 0; i < ARRAY_SIZE(ops);) {
		if (!accept(c, ops[i])) {
			i++;
			continue;
		}
		b = arithmetic(c, 0);
		holds &= i == 0   ? a == b
			 : i == 1 ? a != b
			 : i == 2 ? a <= b
			 : i == 3 ? a >= b
			 : i == 4 ? a < b
				  : a > b;
		a = b;
		any = true;
		i = 0;
	}
	return any ? holds : a;
}

static int64_t not_expr(struct code *c)
{
	bool invert = false;
	int64_t v;

	while (accept(c, "not"))
		invert = !invert;
	v = comparison(c);
	return invert ? !v : v;
}

static int64_t and_expr(struct code *c)
{
	int64_t v = not_expr(c);

	while (accept(c, "and")) {
		int64_t w = not_expr(c);

		v = v ? w : v;
	}
	return v;
}

static int64_t or_expr(struct code *c)
{
	int64_t v = and_expr(c);

	while (accept(c, "or")) {
		int64_t w = and_expr(c);

		v = v ? v : w;
	}
	return v;
}

/* --- statements ------------------------------------------------------------------------------- */

/* To the end of the statement: its message is ignored. */
static void skip_rest(struct code *c)
{
	int depth = 0;

	while (*c->p && ((*c->p != '\n' && *c->p != ';') || depth > 0)) {
		if (*c->p == '"' || *c->p == '\'') { /* a string */
			const char *end = strchr(c->p + 1, *c->p);

			c->p = end ? end + 1 : c->p + strlen(c->p);
			continue;
		}
		if (c->p[0] == '\\' && c->p[1] == '\n')
			c->p++;
		depth += (*c->p == '(') - (*c->p == ')');
		c->p++;
	}
}

static int64_t *var_new(struct code *c, const char *name)
{
	struct code_vars *v = c->env->vars;

	if (!v || v->count == CODE_VARS_MAX) {
		fail(c, "too many variables: ", name);
		return NULL;
	}
	memcpy(v->var[v->count].name, name, strlen(name) + 1);
	return &v->var[v->count++].value;
}

/* NAME = EXPR, NAME += EXPR, NAME -= EXPR. False if it is something else. */
static bool assignment(struct code *c)
{
	char name[CODE_NAME_MAX];
	const char *p;
	char op = 0;
	int64_t *var, v;

	blanks(c);
	if (!is_name(*c->p) || isdigit((unsigned char)*c->p))
		return false;
	p = c->p + name_at(c->p, name);
	p += strspn(p, " \t");
	if (*p == '+' || *p == '-')
		op = *p++;
	if (p[0] != '=' || p[1] == '=')
		return false;
	c->p = p + 1;
	v = or_expr(c);
	var = var_of(c, name);
	if (op && !var)
		fail(c, "undefined variable ", name);
	else if (op)
		v = (int64_t)(op == '+' ? (uint64_t)*var + (uint64_t)v
					: (uint64_t)*var - (uint64_t)v);
	if (!var && c->error[0] == '\0')
		var = var_new(c, name);
	if (var)
		*var = v;
	return true;
}

static void statement(struct code *c)
{
	char seen[160] = "";
	const char *from;

	c->seen = text_in(seen, sizeof(seen));
	if (accept(c, "assert")) {
		blanks(c);
		from = c->p;
		if (!or_expr(c) && c->error[0] == '\0')
			snprintf(c->error, CODE_ERROR_MAX, "assert %.*s:%s",
				(int)size_min(80, strcspn(from, "\n")), from, seen);
	} else if (!accept(c, "print") && !assignment(c)) {
		fail(c, "not supported: ", c->p);
	}
	skip_rest(c);
}

bool code_run(const char *text, const struct code_env *env, char *error)
{
	struct code c = {.p = text, .env = env, .error = error};

	error[0] = '\0';
	while (*c.p && error[0] == '\0') {
		blanks(&c);
		if (*c.p == '\n' || *c.p == ';')
			c.p++;
		else if (*c.p)
			statement(&c);
	}
	return error[0] == '\0';
}

static bool no_names(void *ctx, const char *name, int64_t *value)
{
	return false;
}

bool code_number(const char *text, int64_t *value, char *error)
{
	const struct code_env env = {.lookup = no_names};
	char seen[1];
	struct code c = {
		.p = text, .env = &env, .error = error, .seen = text_in(seen, sizeof(seen))};

	error[0] = '\0';
	*value = or_expr(&c);
	blanks(&c);
	if (*c.p)
		fail(&c, "not an arithmetic expression: ", text);
	return error[0] == '\0';
}
