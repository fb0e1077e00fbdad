/* ss_filter.c - filter expressions: a recursive descent parser, and their evaluation. */
#include "observe/ss_filter.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WORD_MAX = 128,
	NONE = 0xffff, /* no node: an error, or an empty expression */
};

struct parser {
	struct ss_filter *f;
	const char *at;
	char word[WORD_MAX]; /* the next one; "": the end */
	int depth;
	char *why;
};

static uint16_t parse_list(struct parser *p);

/* --- words ------------------------------------------------------------------------------------ */

static const char operators[] = "()!=<>&|";

/* Characters of the operator at p: "==", "&&" and the others of two are one. */
static size_t operator_len(const char *p)
{
	static const char *const pairs[] = {"==", "!=", "<=", ">=", "&&", "||"};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (strncmp(p, pairs[i], 2) == 0)
			return 2;
	return 1;
}

static void next_word(struct parser *p)
{
	size_t n;

	p->at += strspn(p->at, " \t\n");
	n = strcspn(p->at, " \t\n()!=<>&|");
	if (n == 0 && *p->at)
		n = operator_len(p->at);
	if (n >= WORD_MAX)
		n = WORD_MAX - 1; /* too long to be anything: refused as a word that is unknown */
	memcpy(p->word, p->at, n);
	p->word[n] = '\0';
	p->at += n;
}

/* One of the words in `list`, which ends with NULL. */
static bool is_one(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

static bool accept(struct parser *p, const char *const *list)
{
	bool found = is_one(p->word, list);

	if (found)
		next_word(p);
	return found;
}

static uint16_t fail(struct parser *p, const char *what)
{
	if (!p->why[0])
		snprintf(p->why, SS_FILTER_WHY, "%s, near '%.*s'", what, 40,
			p->word[0] ? p->word : "the end");
	return NONE;
}

static uint16_t add(struct parser *p, const struct ss_filter_node *n)
{
	if (p->f->count == SS_FILTER_NODES)
		return fail(p, "the filter is too long");
	p->f->node[p->f->count] = *n;
	return p->f->count++;
}

/* --- conditions ------------------------------------------------------------------------------- */

static bool parse_port(const struct parser *p, const char *text, struct ss_filter_node *n)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	n->any_port = strcmp(text, "*") == 0;
	if (n->any_port)
		return true;
	if (!isdigit((unsigned char)text[0])) {
		port = p->f->service ? p->f->service(text) : 0;
		n->port = (uint16_t)port;
		return port != 0;
	}
	n->port = (uint16_t)port;
	return *end == '\0' && port <= 65535;
}

/* ADDRESS[/BITS], where the address may be in brackets. */
static bool parse_addr(char *text, struct ss_filter_node *n)
{
	size_t len = strlen(text);

	if (strcmp(text, "*") == 0 || len == 0)
		return true;
	if (text[0] == '[') {
		char *close = strchr(text, ']');

		if (!close)
			return false;
		memmove(close, close + 1, strlen(close)); /* [fe80::]/10 */
		text++;
	}
	return ip_prefix_parse(&n->addr, &n->bits, text);
}

static uint16_t parse_host(struct parser *p, bool peer)
{
	static const char *const equals[] = {"=", "==", "eq", NULL};
	struct ss_filter_node n = {.kind = SS_HOST, .peer = peer, .any_port = true};
	char text[WORD_MAX], *colon;

	accept(p, equals);
	memcpy(text, p->word, sizeof(text));
	if (!text[0] || strchr(operators, text[0]))
		return fail(p, "an address is missing");
	if (text[0] != '[' && ip_prefix_parse(&n.addr, &n.bits, text)) {
		next_word(p); /* an IPv6 address has colons of its own */
		return add(p, &n);
	}
	colon = strrchr(text, ':');
	if (colon && colon > text && strchr(colon, ']'))
		colon = NULL; /* [::1], without a port */
	if (colon) {
		*colon = '\0';
		if (!parse_port(p, colon + 1, &n))
			return fail(p, "no such port");
	}
	if (!parse_addr(text, &n))
		return fail(p, "not an address, or a prefix of addresses");
	next_word(p);
	return add(p, &n);
}

static uint16_t negate(struct parser *p, uint16_t of)
{
	struct ss_filter_node n = {.kind = SS_NOT, .a = of};

	return of == NONE ? NONE : add(p, &n);
}

/* < and > are negations of >= and <=. */
static uint16_t parse_port_condition(struct parser *p, bool peer)
{
	static const struct {
		const char *words[4];
		enum ss_filter_kind kind;
		bool negated;
	} ops[] = {{{"=", "==", "eq", NULL}, SS_PORT_EQ, false},
		{{"!=", "ne", "neq", NULL}, SS_PORT_EQ, true},
		{{">=", "ge", "geq", NULL}, SS_PORT_GE, false},
		{{"<=", "le", "leq", NULL}, SS_PORT_LE, false},
		{{">", "gt", NULL}, SS_PORT_LE, true}, {{"<", "lt", NULL}, SS_PORT_GE, true}};
	struct ss_filter_node n = {.kind = SS_PORT_EQ, .peer = peer};
	bool negated = false;
	uint16_t made;

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++)
		if (accept(p, ops[i].words)) {
			n.kind = ops[i].kind;
			negated = ops[i].negated;
			break;
		}
	if (!p->word[0] || !parse_port(p, p->word + (p->word[0] == ':'), &n))
		return fail(p, "no such port");
	next_word(p);
	made = add(p, &n);
	return negated ? negate(p, made) : made;
}

static uint16_t parse_dev(struct parser *p)
{
	static const char *const equals[] = {"=", "==", "eq", NULL}, *const differs[] = {"!=", "ne",
									     "neq", NULL};
	struct ss_filter_node n = {.kind = SS_DEV};
	bool negated = !accept(p, equals) && accept(p, differs);
	uint16_t made;

	if (!p->word[0] || strlen(p->word) >= sizeof(n.dev) || strchr(operators, p->word[0]))
		return fail(p, "dev takes the name of an interface");
	memcpy(n.dev, p->word, strlen(p->word));
	next_word(p);
	made = add(p, &n);
	return negated ? negate(p, made) : made;
}

static uint16_t parse_condition(struct parser *p)
{
	static const char *const dst[] = {"dst", NULL}, *const src[] = {"src", NULL},
				 *const dport[] = {"dport", NULL}, *const sport[] = {"sport", NULL},
				 *const dev[] = {"dev", NULL},
				 *const kernel[] = {"fwmark", "cgroup", "autobound", NULL};

	if (accept(p, dst))
		return parse_host(p, true);
	if (accept(p, src))
		return parse_host(p, false);
	if (accept(p, dport))
		return parse_port_condition(p, true);
	if (accept(p, sport))
		return parse_port_condition(p, false);
	if (accept(p, dev))
		return parse_dev(p);
	if (is_one(p->word, kernel))
		return fail(p, "a condition on what only the kernel's sockets have");
	return fail(p, "expected dst, src, dport, sport, dev, not or '('");
}

/* --- expressions ------------------------------------------------------------------------------ */

static uint16_t parse_one(struct parser *p)
{
	static const char *const not [] = {"!", "not", NULL}, *const open[] = {"(", NULL},
				     *const closing[] = {")", NULL};
	uint16_t inner;

	if (p->depth == SS_FILTER_DEPTH)
		return fail(p, "the filter is nested too deeply");
	p->depth++;
	if (accept(p, not )) {
		inner = negate(p, parse_one(p));
	} else if (accept(p, open)) {
		inner = parse_list(p);
		if (inner != NONE && !accept(p, closing))
			inner = fail(p, "')' is missing");
	} else {
		inner = parse_condition(p);
	}
	p->depth--;
	return inner;
}

/* From left to right, up to the end or a ')'. */
static uint16_t parse_list(struct parser *p)
{
	static const char *const or [] = {"or", "|", "||", NULL}, *const and[] = {
									  "and", "&", "&&", NULL};
	uint16_t left = parse_one(p);

	while (left != NONE && p->word[0] && strcmp(p->word, ")") != 0) {
		struct ss_filter_node n = {.kind = accept(p, or) ? SS_OR : SS_AND, .a = left};

		if (n.kind == SS_AND)
			accept(p, and);
		n.b = parse_one(p);
		left = n.b == NONE ? NONE : add(p, &n);
	}
	return left;
}

bool ss_filter_parse(struct ss_filter *f, const char *text, char *why)
{
	struct parser p = {.f = f, .at = text, .why = why};

	why[0] = '\0';
	f->count = 0;
	f->root = NONE;
	next_word(&p);
	if (!p.word[0])
		return true;
	f->root = parse_list(&p);
	if (f->root != NONE && p.word[0])
		f->root = fail(&p, "')' without a '('");
	return f->root != NONE;
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool match(const struct ss_filter *f, uint16_t at, const struct sock_row *r)
{
	const struct ss_filter_node *n = &f->node[at];
	const struct ip_addr *addr = n->peer ? &r->peer : &r->local;
	uint16_t port = n->peer ? r->pport : r->lport;

	switch (n->kind) {
	case SS_AND: return match(f, n->a, r) && match(f, n->b, r);
	case SS_OR: return match(f, n->a, r) || match(f, n->b, r);
	case SS_NOT: return !match(f, n->a, r);
	case SS_HOST:
		return (n->bits == 0 || ip_prefix_has(&n->addr, n->bits, addr)) &&
		       (n->any_port || n->port == port);
	case SS_PORT_EQ: return n->any_port || port == n->port;
	case SS_PORT_GE: return n->any_port || port >= n->port;
	case SS_PORT_LE: return n->any_port || port <= n->port;
	case SS_DEV: return strcmp(n->dev, r->dev) == 0;
	}
	return false;
}

bool ss_filter_match(const struct ss_filter *f, const struct sock_row *r)
{
	return f->root == NONE || match(f, f->root, r);
}
