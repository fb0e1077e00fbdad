/*
 * plan.c - rows of a plan, and a plan as text, from one table: plan.h.
 */
#include "lab/fuzz/plan.h"

#include "lab/fuzz/knob.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *pick(const char *const *words, int64_t count, int64_t value)
{
	return value >= 0 && value < count ? words[value] : NULL;
}

static const char *shape_word(int64_t value)
{
	static const char *const words[] = {"pair", "router", "nat", "switch"};

	return pick(words, ARRAY_SIZE(words), value);
}

static const char *side_word(int64_t value)
{
	static const char *const words[] = {"a", "b", "both"};

	return pick(words, ARRAY_SIZE(words), value);
}

static const char *how_word(int64_t value)
{
	static const char *const words[] = {"block", "poll", "level", "edge", "oneshot"};

	return pick(words, ARRAY_SIZE(words), value);
}

static const char *act_word(int64_t value)
{
	static const char *const words[] = {
		"send", "recv", "pause", "urgent", "quit", "abort", "linger"};

	return pick(words, ARRAY_SIZE(words), value);
}

static const char *sysctl_word(int64_t value)
{
	return value >= 0 && value < knob_sysctls ? knob_sysctl(value)->name : NULL;
}

static const char *option_word(int64_t value)
{
	return value >= 0 && value < knob_options ? knob_option(value)->name : NULL;
}

#define DAY (24 * 3600 * NSEC_SEC)
#define ID(n, most)                                                                                \
	{                                                                                          \
		.name = (n), .max = (most)-1, .type = ARG_ID                                       \
	}
#define NUMBER(n, most, plain)                                                                     \
	{                                                                                          \
		.name = (n), .max = (most), .simplest = (plain), .type = ARG_NUMBER                \
	}
#define NAME(n, most, f)                                                                           \
	{                                                                                          \
		.name = (n), .max = (most)-1, .word = (f), .type = ARG_NAME                        \
	}
#define FIXED(n, most, f)                                                                          \
	{                                                                                          \
		.name = (n), .max = (most)-1, .word = (f), .type = ARG_ID                          \
	}
#define LINK     ID("link", PLAN_LINKS)
#define END      ID("end", 2)
#define CONN     ID("id", PLAN_CONNS)
#define HOST     ID("host", PLAN_HOSTS)
#define AT       NUMBER("at", DAY, 0)
#define SPAN     NUMBER("for", DAY, 0)
#define SHARE(n) NUMBER(n, 1000000, 0)
#define SIDE     NAME("side", 3, side_word)

/* Knobs have bounds of their own; the table's only keep a value printable. */
#define VALUE NUMBER("value", INT32_MAX, 0)

static const struct row_spec specs[ROW_KINDS] = {
	[ROW_NET] = {"net", {NAME("shape", NET_SHAPES, shape_word), NUMBER("hosts", PLAN_HOSTS, 2),
				    NUMBER("v6", 1, 0)}},
	[ROW_MTU] = {"mtu", {LINK, NUMBER("bytes", 65535, 1500)}},
	[ROW_DELAY] = {"delay",
		{LINK, NUMBER("time", DAY, 10 * NSEC_MSEC), NUMBER("jitter", DAY, 0)}},
	[ROW_RATE] = {"rate", {LINK, NUMBER("bits", INT64_MAX, 1000000000),
				      NUMBER("limit", 100000, 1000), NUMBER("codel", 1, 0)}},
	[ROW_LOSS] = {"loss", {LINK, SHARE("share")}},
	[ROW_DUPLICATE] = {"duplicate", {LINK, SHARE("share")}},
	[ROW_CORRUPT] = {"corrupt", {LINK, SHARE("share")}},
	[ROW_REORDER] = {"reorder", {LINK, SHARE("share")}},
	[ROW_BURSTS] = {"bursts", {LINK, SHARE("begin"), SHARE("end")}},
	[ROW_DROP] = {"drop", {LINK, NUMBER("nth", 1000000, 1)}},
	[ROW_SYSCTL] = {"sysctl", {HOST, FIXED("name", INT32_MAX, sysctl_word), VALUE}},
	[ROW_CONN] = {"conn", {CONN, ID("client", PLAN_HOSTS), ID("server", PLAN_HOSTS), AT,
				      NUMBER("port", 3, 0), NUMBER("backlog", 4096, 128)}},
	[ROW_OPTION] = {"option", {CONN, END, FIXED("name", INT32_MAX, option_word), VALUE}},
	[ROW_WAIT] = {"wait", {CONN, END, NAME("how", WAIT_HOWS, how_word)}},
	[ROW_WRITE] = {"write", {CONN, END, FIXED("do", ACTS, act_word), NUMBER("n", DAY, 0),
					NUMBER("flags", 15, 0)}},
	[ROW_READ] = {"read", {CONN, END, FIXED("do", ACTS, act_word), NUMBER("n", DAY, 0),
				      NUMBER("flags", 7, 0)}},
	[ROW_UDP] = {"udp", {ID("id", PLAN_FLOWS), ID("from", PLAN_HOSTS), ID("to", PLAN_HOSTS), AT,
				    NUMBER("count", PLAN_DATAGRAMS, 1), NUMBER("bytes", 65000, 0),
				    NUMBER("gap", DAY, 0), NUMBER("flags", 3, 0)}},
	[ROW_CUT] = {"cut", {LINK, AT, SPAN, SIDE}},
	[ROW_SWALLOW] = {"swallow", {LINK, AT, SPAN, NUMBER("bytes", 65535, 1400)}},
	[ROW_STORM] = {"storm", {LINK, AT, SPAN, SHARE("share")}},
	[ROW_FREEZE] = {"freeze", {HOST, AT, SPAN}},
	[ROW_POWER] = {"power", {HOST, AT, SPAN}},
	[ROW_CRASH] = {"crash", {HOST, AT}},
	[ROW_ADDRESS] = {"address", {HOST, AT, SPAN}},
	[ROW_FORGET] = {"forget", {LINK, AT}},
};

const struct row_spec *row_spec(enum row_kind kind)
{
	assert(kind < ROW_KINDS);
	return &specs[kind];
}

bool plan_add(struct plan *p, struct row r)
{
	if (p->rows == PLAN_ROWS)
		return false;
	p->row[p->rows++] = r;
	return true;
}

const struct row *plan_find(const struct plan *p, enum row_kind kind)
{
	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == kind)
			return &p->row[i];
	return NULL;
}

const struct row *plan_conn(const struct plan *p, int64_t id)
{
	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == ROW_CONN && p->row[i].arg[CONN_ID] == id)
			return &p->row[i];
	return NULL;
}

int64_t plan_net(const struct plan *p, enum net_arg arg)
{
	const struct row *net = plan_find(p, ROW_NET);

	return net ? net->arg[arg] : row_spec(ROW_NET)->arg[arg].simplest;
}

int plan_links(const struct plan *p)
{
	int64_t shape = plan_net(p, NET_SHAPE);

	return shape == NET_PAIR ? 1 : shape == NET_SWITCH ? plan_hosts(p) : 2;
}

int plan_hosts(const struct plan *p)
{
	int64_t shape = plan_net(p, NET_SHAPE), hosts = plan_net(p, NET_HOSTS);

	if (shape == NET_SWITCH)
		return hosts < 2 ? 2 : (int)hosts;
	return shape == NET_ROUTER ? 3 : 2;
}

int plan_ends(const struct plan *p)
{
	return plan_net(p, NET_SHAPE) == NET_ROUTER ? 2 : plan_hosts(p);
}

/* --- rows that refer to nothing --------------------------------------------------------------- */

/* True if both are hosts with programs, and the first can reach the second. */
static bool two_ends(const struct plan *p, int64_t from, int64_t to)
{
	return from < plan_ends(p) && to < plan_ends(p) && from != to &&
	       (plan_net(p, NET_SHAPE) != NET_NAT || from == 0);
}

static bool names_something(const struct plan *p, const struct row *r)
{
	const struct row_spec *s = &specs[r->kind];
	int64_t who = r->arg[0];

	if (r->kind == ROW_CONN)
		return two_ends(p, r->arg[CONN_CLIENT], r->arg[CONN_SERVER]);
	if (r->kind == ROW_UDP)
		return two_ends(p, r->arg[UDP_FROM], r->arg[UDP_TO]);
	if (r->kind == ROW_ADDRESS)
		return who < plan_ends(p);
	if (r->kind == ROW_FORGET)
		return plan_net(p, NET_SHAPE) == NET_NAT;
	if (r->kind == ROW_NET)
		return true;
	if (strcmp(s->arg[0].name, "link") == 0)
		return who < plan_links(p);
	if (strcmp(s->arg[0].name, "host") == 0)
		return who < plan_hosts(p);
	return plan_conn(p, who) != NULL;
}

void plan_tidy(struct plan *p)
{
	uint32_t kept = 0, before;

	do {
		before = p->rows;
		kept = 0;
		for (uint32_t i = 0; i < before; i++) {
			struct row r = p->row[i];

			if (names_something(p, &r))
				p->row[kept++] = r;
		}
		p->rows = kept;
	} while (kept < before);
}

/* --- as text ---------------------------------------------------------------------------------- */

void plan_print(const struct plan *p, char text[PLAN_TEXT])
{
	size_t n = (size_t)snprintf(text, PLAN_TEXT, "seed %" PRIu64 "\n", p->seed);

	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row_spec *s = &specs[p->row[i].kind];

		n += (size_t)snprintf(text + n, PLAN_TEXT - n, "%s", s->name);
		for (int a = 0; a < ROW_ARGS && s->arg[a].name; a++) {
			int64_t v = p->row[i].arg[a];

			if (s->arg[a].word)
				n += (size_t)snprintf(text + n, PLAN_TEXT - n, " %s=%s",
					s->arg[a].name, s->arg[a].word(v));
			else
				n += (size_t)snprintf(
					text + n, PLAN_TEXT - n, " %s=%" PRId64, s->arg[a].name, v);
		}
		n += (size_t)snprintf(text + n, PLAN_TEXT - n, "\n");
	}
	assert(n < PLAN_TEXT);
}

/* Parses the value of an argument. */
static bool parse_value(const struct arg_spec *s, const char *word, int64_t *to)
{
	char *end;

	if (!s->word) {
		*to = strtoll(word, &end, 10);
		return *word && *end == '\0' && *to <= s->max && (*to >= 0 || s->max == INT32_MAX);
	}
	for (*to = 0; s->word(*to); ++*to)
		if (strcmp(s->word(*to), word) == 0)
			return true;
	return false;
}

static bool parse_arg(struct row *r, char *word)
{
	const struct row_spec *s = &specs[r->kind];
	char *value = strchr(word, '=');

	if (!value)
		return false;
	*value++ = '\0';
	for (int a = 0; a < ROW_ARGS && s->arg[a].name; a++)
		if (strcmp(s->arg[a].name, word) == 0)
			return parse_value(&s->arg[a], value, &r->arg[a]);
	return false;
}

static bool parse_row(struct plan *p, char *line)
{
	char *save, *word = strtok_r(line, " ", &save);
	struct row r = {0};

	if (!word)
		return true;
	while (r.kind < ROW_KINDS && strcmp(specs[r.kind].name, word) != 0)
		r.kind++;
	if (r.kind == ROW_KINDS)
		return false;
	for (int a = 0; a < ROW_ARGS && specs[r.kind].arg[a].name; a++)
		r.arg[a] = specs[r.kind].arg[a].simplest;
	while ((word = strtok_r(NULL, " ", &save)))
		if (!parse_arg(&r, word))
			return false;
	return plan_add(p, r);
}

static bool parse_line(struct plan *p, char *line)
{
	char *end;

	if (line[0] == '#')
		return true;
	if (strncmp(line, "seed ", 5) != 0)
		return parse_row(p, line);
	p->seed = strtoull(line + 5, &end, 10);
	return line[5] && *end == '\0';
}

bool plan_parse(struct plan *p, const char *text, unsigned *line)
{
	char row[256];

	*p = (struct plan){.seed = 1};
	for (*line = 1; *text; ++*line) {
		size_t n = strcspn(text, "\n");

		if (n >= sizeof(row))
			return false;
		memcpy(row, text, n);
		row[n] = '\0';
		if (!parse_line(p, row))
			return false;
		text += n + (text[n] == '\n');
	}
	plan_tidy(p);
	return true;
}
