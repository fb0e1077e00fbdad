/*
 * cmd_ss.c - `burble ss`: the sockets of a running instance, in iproute2's words.
 */
#include "cli/cli.h"

#include "cli/control_client.h"
#include "cli/control_json.h"
#include "cli/ss_hosts.h"
#include "cli/ss_summary.h"
#include "observe/ss_filter.h"
#include "observe/ss_states.h"
#include "observe/ss_table.h"

#include <getopt.h>
#include <netdb.h>
#include <stdlib.h>

static const char usage[] = "usage: burble ss [-aeHilmnoOprst46] [-A TABLE[,TABLE]...] [-f FAMILY] "
			    "[--json] [--name NAME]\n"
			    "                 [state NAME | exclude NAME]... [FILTER]\n";

struct ss_args {
	struct ss_options show;
	bool all, listening, tcp, udp, v4, v6, summary, json, help, resolve;
	bool queried; /* -A: tcp and udp are as it said */
	const char *name;
	uint32_t states;
	struct ss_filter filter;
};

/* Descriptors by the number of their socket, for -p. */
struct fd_row {
	uint64_t ino;
	int fd;
};

struct fd_rows {
	struct fd_row *at;
	size_t count, size;
};

/* --- the command line ------------------------------------------------------------------------- */

/* A word of -A, "!" before it: without that table. */
static bool take_table(struct ss_args *a, const char *word)
{
	bool take = *word != '!';
	const char *name = take ? word : word + 1;
	bool both = strcmp(name, "inet") == 0 || strcmp(name, "all") == 0;
	bool tcp = both || strcmp(name, "tcp") == 0, udp = both || strcmp(name, "udp") == 0;

	if (!tcp && !udp) {
		fprintf(stderr,
			"burble ss: -A %.32s: there are the tables tcp, udp, inet and all\n", word);
		return false;
	}
	a->tcp = tcp ? take : a->tcp;
	a->udp = udp ? take : a->udp;
	return true;
}

/* -A: the first replaces what was chosen before. */
static bool take_query(struct ss_args *a, char *list)
{
	char *word;

	if (!a->queried)
		a->tcp = a->udp = false;
	a->queried = true;
	while ((word = strsep(&list, ",")))
		if (!take_table(a, word))
			return false;
	return true;
}

static bool take_family(struct ss_args *a, const char *name)
{
	a->v4 = a->v4 || strcmp(name, "inet") == 0;
	a->v6 = a->v6 || strcmp(name, "inet6") == 0;
	if (strcmp(name, "inet") == 0 || strcmp(name, "inet6") == 0)
		return true;
	fprintf(stderr, "burble ss: -f %.32s: there are the families inet and inet6\n", name);
	return false;
}

static bool take_option(struct ss_args *a, int option)
{
	switch (option) {
	case 'A': return take_query(a, optarg);
	case 'f': return take_family(a, optarg);
	case 'r': a->resolve = true; return true;
	case 'a': a->all = true; return true;
	case 'l': a->listening = true; return true;
	case 't': a->tcp = true; return true;
	case 'u': a->udp = true; return true;
	case '4': a->v4 = true; return true;
	case '6': a->v6 = true; return true;
	case 's': a->summary = true; return true;
	case 'n': a->show.numeric = true; return true;
	case 'o': a->show.timers = true; return true;
	case 'e': a->show.details = a->show.timers = true; return true;
	case 'p': a->show.processes = true; return true;
	case 'm': a->show.mem = true; return true;
	case 'i': a->show.info = true; return true;
	case 'O': a->show.oneline = true; return true;
	case 'H': a->show.header = false; return true;
	case 'j': a->json = true; return true;
	case 'N': a->name = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_options(struct ss_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"all", 0, NULL, 'a'}, {"listening", 0, NULL, 'l'},
		{"tcp", 0, NULL, 't'}, {"udp", 0, NULL, 'u'}, {"ipv4", 0, NULL, '4'},
		{"ipv6", 0, NULL, '6'}, {"summary", 0, NULL, 's'}, {"numeric", 0, NULL, 'n'},
		{"options", 0, NULL, 'o'}, {"extended", 0, NULL, 'e'}, {"processes", 0, NULL, 'p'},
		{"memory", 0, NULL, 'm'}, {"info", 0, NULL, 'i'}, {"oneline", 0, NULL, 'O'},
		{"no-header", 0, NULL, 'H'}, {"json", 0, NULL, 'j'}, {"name", 1, NULL, 'N'},
		{"resolve", 0, NULL, 'r'}, {"query", 1, NULL, 'A'}, {"socket", 1, NULL, 'A'},
		{"family", 1, NULL, 'f'}, {"help", 0, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good &&
		(option = getopt_long(argc, argv, "+altu46snoepmirOHhA:f:", options, NULL)) != -1)
		good = take_option(a, option);
	if (good && a->queried && !a->tcp && !a->udp) {
		fputs("burble ss: -A leaves no table to show\n", stderr);
		return false;
	}
	return good;
}

/* state NAME and exclude NAME, which come before the filter. Returns the first word after them, or
 * -1 after a message. */
static int parse_states(struct ss_args *a, int argc, char **argv)
{
	int at = optind;

	for (; at < argc; at += 2) {
		bool add = strcmp(argv[at], "state") == 0;
		uint32_t named;

		if (!add && strcmp(argv[at], "exclude") != 0)
			break;
		named = at + 1 < argc ? ss_states_find(argv[at + 1]) : 0;
		if (!named) {
			fprintf(stderr,
				"burble ss: %s takes the name of a state, such as "
				"established, syn-recv or all\n",
				argv[at]);
			return -1;
		}
		if (!add && !a->states)
			a->states = SS_STATES_ALL;
		a->states = add ? a->states | named : a->states & ~named;
	}
	return at;
}

static uint16_t service_port(const char *name)
{
	const struct servent *s = getservbyname(name, NULL);

	return s ? ntohs((uint16_t)s->s_port) : 0;
}

static bool parse_filter(struct ss_args *a, int argc, char **argv)
{
	char text[SS_FILTER_TEXT], why[SS_FILTER_WHY];
	struct text t = text_in(text, sizeof(text));
	int at = parse_states(a, argc, argv);

	if (at < 0)
		return false;
	for (; at < argc; at++)
		text_add(&t, "%s ", argv[at]);
	a->filter.service = service_port;
	if (t.len >= sizeof(text))
		snprintf(why, sizeof(why), "it is too long");
	else if (ss_filter_parse(&a->filter, text, why))
		return true;
	fprintf(stderr, "burble ss: the filter is wrong: %s\n", why);
	return false;
}

static const char *service_name(uint16_t port, bool udp)
{
	const struct servent *s = getservbyport(htons(port), udp ? "udp" : "tcp");

	return s ? s->s_name : NULL;
}

static const char *host_name(void *arg, const struct ip_addr *a)
{
	return ss_hosts_name(arg, a);
}

static void settle(struct ss_args *a)
{
	if (!a->tcp && !a->udp)
		a->tcp = a->udp = true;
	if (!a->states)
		a->states = a->all         ? SS_STATES_ALL
			    : a->listening ? SS_STATES_LISTEN
					   : SS_STATES_CONN;
	a->show.netid = a->tcp && a->udp;
	a->show.state = (a->states & (a->states - 1)) != 0;
	a->show.service = service_name;
}

/* --- processes -------------------------------------------------------------------------------- */

static int by_ino(const void *a, const void *b)
{
	const struct fd_row *x = a, *y = b;

	return x->ino < y->ino ? -1 : x->ino > y->ino;
}

static int descriptor(const void *arg, uint64_t ino)
{
	const struct fd_rows *rows = arg;
	struct fd_row key = {.ino = ino};
	const struct fd_row *found = bsearch(&key, rows->at, rows->count, sizeof(key), by_ino);

	return found ? found->fd : -1;
}

static bool add_fd(struct fd_rows *rows, const char *line)
{
	json_t *o = control_json("burble ss", line);
	struct fd_row *at = rows->at;

	if (o && rows->count == rows->size) {
		rows->size = rows->size ? 2 * rows->size : 64;
		at = realloc(rows->at, rows->size * sizeof(*at));
	}
	if (!o || !at) {
		json_decref(o);
		return false;
	}
	rows->at = at;
	rows->at[rows->count++] =
		(struct fd_row){control_json_number(o, "ino"), (int)control_json_number(o, "fd")};
	json_decref(o);
	return true;
}

/* As ss itself does: the descriptors of the process first, then their sockets. */
static bool get_processes(struct ss_args *a, struct fd_rows *rows)
{
	struct control_client c;
	char *line;
	json_t *o;

	if (!control_ask(&c, "burble ss", a->name, "instance"))
		return false;
	line = control_line(&c);
	o = line ? control_json("burble ss", line) : NULL;
	a->show.pid = o ? (int)control_json_number(o, "pid") : 0;
	a->show.command = "burble";
	json_decref(o);
	while (control_line(&c))
		;
	if (!control_finish(&c) || !control_ask(&c, "burble ss", a->name, "descriptors"))
		return false;
	while ((line = control_line(&c)) && add_fd(rows, line))
		;
	qsort(rows->at, rows->count, sizeof(*rows->at), by_ino);
	a->show.descriptor = descriptor;
	a->show.descriptors = rows;
	return control_finish(&c);
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool is_wanted(const struct ss_args *a, const struct sock_row *r)
{
	return (a->v4 == a->v6 || a->v6 == r->v6) && ss_filter_match(&a->filter, r);
}

static void print_text(void *arg, const char *text, size_t n)
{
	fwrite(text, 1, n, stdout);
}

static bool print_rows(const struct ss_args *a, struct control_client *c)
{
	struct ss_table *t = malloc(sizeof(*t));
	struct sock_row r;
	const char *line;

	if (!t) {
		fputs("burble ss: out of memory\n", stderr);
		return false;
	}
	ss_table_begin(t, &a->show, print_text, NULL);
	while ((line = control_line(c)) && control_json_row(&r, "burble ss", line)) {
		if (!is_wanted(a, &r))
			continue;
		if (a->json)
			puts(line);
		else
			ss_table_add(t, &r);
	}
	if (!a->json)
		ss_table_end(t);
	free(t);
	return true;
}

static bool list_sockets(const struct ss_args *a)
{
	char request[256], states[128];
	struct control_client c;
	bool printed;

	ss_states_list(states, sizeof(states), a->states);
	snprintf(request, sizeof(request), "sockets%s%s state=%s%s%s", a->tcp ? " tcp" : "",
		a->udp ? " udp" : "", states, a->show.info ? " info" : "",
		a->show.mem ? " mem" : "");
	if (!control_ask(&c, "burble ss", a->name, request))
		return false;
	printed = print_rows(a, &c);
	return control_finish(&c) && printed;
}

int cmd_ss(int argc, char **argv)
{
	struct ss_args a = {.show.header = true};
	struct fd_rows rows = {0};
	bool good;

	if (!parse_options(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (!parse_filter(&a, argc, argv))
		return EXIT_USAGE;
	settle(&a);
	if (a.summary)
		return ss_summary(a.name) ? 0 : 1;
	if (a.resolve) {
		a.show.hosts = ss_hosts_new();
		a.show.host = a.show.hosts ? host_name : NULL;
	}
	good = !a.show.processes || get_processes(&a, &rows);
	good = good && list_sockets(&a);
	free(rows.at);
	ss_hosts_free(a.show.hosts);
	return good ? 0 : 1;
}
