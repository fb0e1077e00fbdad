/*
 * options.c - the command line as a table: each option has a type, a place and bounds.
 */
#include "loadgen/options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#include "loadgen/check.h"

const char *const mode_names[MODE_COUNT] = {
	"connect", "fanout", "private", "idle", "churn", "joinpart"};

static const char usage[] =
	"usage: loadgen [options] connect|fanout|private|idle|churn|joinpart\n"
	"  --host A --port N            server (127.0.0.1:6667)\n"
	"  --conns N                    connections (100)\n"
	"  --members N --channels N     members of a channel, number of channels (all connections "
	"in one)\n"
	"  --senders N                  of each channel's members, how many talk (1)\n"
	"  --messages N                 lines per sender and round (1000); --rounds N measurements "
	"(1)\n"
	"  --window N                   lines of a sender on their way at once (16)\n"
	"  --rate R --duration S        instead: R lines a second and sender, for S seconds\n"
	"  --echo                       ask for echo-message and count the receipts\n"
	"  --text N                     bytes of text in a line (64)\n"
	"  --concurrency N              connections being opened at once (256)\n"
	"  --release                    connect: close all at the end and look at memory again\n"
	"  --source-range A-B           addresses to connect from\n"
	"  --pids P,P                   server processes: CPU and memory, with threads and "
	"children\n"
	"  --server-cpu N               recorded in the report\n"
	"  --workers N                  generator processes (1)\n"
	"  --settle S --stall S --timeout S   waits before memory is read (3), without progress "
	"(10), in all (600)\n"
	"  --letter C                   first letter of the nicks (u)\n"
	"  --label TEXT --json FILE     name of the run, report as JSON ('-': stdout)\n";

enum kind {
	K_NUMBER,
	K_SECONDS,
	K_TEXT,
	K_FLAG,
	K_SIGNED,
	K_RANGE,
	K_PIDS,
	K_LETTER
};

struct option_row {
	const char *name;
	enum kind kind;
	size_t at;
	double low, high;
};

#define AT(member) offsetof(struct options, member)

static const struct option_row rows[] = {
	{"host", K_TEXT, AT(host), 0, 0},
	{"port", K_NUMBER, AT(port), 1, 65535},
	{"conns", K_NUMBER, AT(conns), 1, CONNS_MAX},
	{"members", K_NUMBER, AT(members), 1, CONNS_MAX},
	{"channels", K_NUMBER, AT(channels), 1, CONNS_MAX},
	{"senders", K_NUMBER, AT(senders), 1, CONNS_MAX},
	{"messages", K_NUMBER, AT(messages), 1, 100000000},
	{"rounds", K_NUMBER, AT(rounds), 1, ROUNDS_MAX},
	{"window", K_NUMBER, AT(window), 1, WINDOW_MAX},
	{"rate", K_SECONDS, AT(rate), 0, 1e7},
	{"duration", K_SECONDS, AT(duration), 0, 86400},
	{"echo", K_FLAG, AT(echo), 0, 0},
	{"text", K_NUMBER, AT(text_len), TEXT_MIN, TEXT_MAX},
	{"concurrency", K_NUMBER, AT(concurrency), 1, CONNS_MAX},
	{"release", K_FLAG, AT(release), 0, 0},
	{"source-range", K_RANGE, 0, 0, 0},
	{"pids", K_PIDS, 0, 0, 0},
	{"server-cpu", K_SIGNED, AT(server_cpu), -1, 4096},
	{"workers", K_NUMBER, AT(workers), 1, WORKERS_MAX},
	{"settle", K_SECONDS, AT(settle), 0, 3600},
	{"stall", K_SECONDS, AT(stall), 0.05, 3600},
	{"timeout", K_SECONDS, AT(timeout), 1, 86400},
	{"letter", K_LETTER, 0, 0, 0},
	{"label", K_TEXT, AT(label), 0, 0},
	{"json", K_TEXT, AT(json), 0, 0},
};

static bool read_range(struct options *o, const char *text)
{
	char first[32];
	struct in_addr a, b;
	const char *dash = strchr(text, '-');

	if (!dash || (size_t)(dash - text) >= sizeof(first))
		return false;
	memcpy(first, text, (size_t)(dash - text));
	first[dash - text] = '\0';
	if (inet_pton(AF_INET, first, &a) != 1 || inet_pton(AF_INET, dash + 1, &b) != 1)
		return false;
	o->source_first = ntohl(a.s_addr);
	if (ntohl(b.s_addr) < o->source_first)
		return false;
	o->source_count = ntohl(b.s_addr) - o->source_first + 1;
	return true;
}

static bool read_value(struct options *o, const struct option_row *r, const char *text)
{
	char *end, *at = (char *)o + r->at;
	double v = strtod(text, &end);
	bool number = end != text && *end == '\0' && v >= r->low && v <= r->high;

	switch (r->kind) {
	case K_NUMBER: *(uint32_t *)at = (uint32_t)v; return number && v == (uint32_t)v;
	case K_SIGNED: *(int32_t *)at = (int32_t)v; return number;
	case K_SECONDS: *(double *)at = v; return number;
	case K_TEXT: *(const char **)at = text; return true;
	case K_RANGE: return read_range(o, text);
	case K_PIDS: return probe_parse(&o->server, text);
	case K_LETTER: o->letter = text[0]; return text[0] >= 'a' && text[0] <= 'z' && !text[1];
	case K_FLAG: break;
	}
	return false;
}

static bool fail(const char *what, const char *which)
{
	fprintf(stderr, "loadgen: %s%s\n", what, which);
	return false;
}

/* Sets the options implied by the mode, then rejects combinations that cannot work. */
static bool complete(struct options *o)
{
	if (o->mode == MODE_PRIVATE) {
		o->members = 2;
		o->senders = 2;
		o->channels = o->conns / 2;
	}
	if (o->mode == MODE_IDLE) {
		o->members = o->members ? o->members : 100;
		o->rate = o->rate > 0 ? o->rate : 10;
		o->duration = o->duration > 0 ? o->duration : 10;
		o->channels = o->channels ? o->channels : 1;
	}
	if (!o->channels)
		o->channels = o->members ? o->conns / o->members : 1;
	if (!o->members && o->mode != MODE_CHURN)
		o->members = o->conns / o->channels;
	if (o->mode == MODE_CHURN && o->duration <= 0)
		o->duration = 8;
	if (o->rate > 0 && o->duration > 0)
		o->messages = (uint32_t)(o->rate * o->duration + 0.5);
	bool talks = o->mode != MODE_CONNECT && o->mode != MODE_CHURN;
	if (talks && (o->members < 2 || (uint64_t)o->members * o->channels > o->conns))
		return fail(
			"channels times members must fit into conns, with at least 2 members", "");
	if (talks && (o->senders > o->members || o->messages == 0))
		return fail("there are more senders than members, or no messages", "");
	if ((o->mode == MODE_CHURN || o->mode == MODE_JOINPART) && o->workers > 1)
		return fail("churn and joinpart run in one process", "");
	if (o->mode == MODE_JOINPART && o->senders == o->members)
		return fail("joinpart needs members that stay: fewer senders", "");
	return true;
}

static bool read_mode(struct options *o, const char *text)
{
	for (int m = 0; m < MODE_COUNT; m++)
		if (strcmp(text, mode_names[m]) == 0) {
			o->mode = (enum mode)m;
			return true;
		}
	return fail("unknown mode ", text);
}

static const struct option_row *row_of(const char *name)
{
	for (size_t r = 0; r < ARRAY_SIZE(rows); r++)
		if (strcmp(name, rows[r].name) == 0)
			return &rows[r];
	return NULL;
}

bool options_read(struct options *o, int argc, char **argv)
{
	bool have_mode = false;

	memset(o, 0, sizeof(*o));
	o->host = "127.0.0.1";
	o->port = 6667;
	o->conns = 100;
	o->senders = o->rounds = o->workers = 1;
	o->messages = 1000;
	o->window = 16;
	o->text_len = 64;
	o->concurrency = 256;
	o->settle = 3;
	o->stall = 10;
	o->timeout = 600;
	o->server_cpu = -1;
	o->letter = 'u';
	o->label = "";
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) != 0) {
			if (have_mode || !read_mode(o, argv[i]))
				return false;
			have_mode = true;
			continue;
		}
		const struct option_row *r = row_of(argv[i] + 2);
		if (!r)
			return fail("unknown option ", argv[i]);
		if (r->kind == K_FLAG)
			*(bool *)((char *)o + r->at) = true;
		else if (i + 1 >= argc || !read_value(o, r, argv[++i]))
			return fail("bad value for --", r->name);
	}
	if (!have_mode) {
		fputs(usage, stderr);
		return false;
	}
	return complete(o);
}
