/*
 * cmd_netstat.c - `burble netstat`: counters and sockets of a running instance, in net-tools'
 * words.
 */
#include "cli/cli.h"

#include "cli/control_client.h"
#include "cli/control_json.h"
#include "cli/counters.h"
#include "observe/netstat_text.h"

#include <getopt.h>
#include <netdb.h>
#include <stdlib.h>

static const char usage[] = "usage: burble netstat -s [-tu46] [--json] [--name NAME]\n"
			    "       burble netstat [-alnoptuW46] [--json] [--name NAME]\n";

struct netstat_args {
	struct netstat_options show;
	bool stats, all, listening, tcp, udp, v4, v6, json, help;
	const char *name;
};

static bool take_option(struct netstat_args *a, int option)
{
	switch (option) {
	case 's': a->stats = true; return true;
	case 'a': a->all = true; return true;
	case 'l': a->listening = true; return true;
	case 't': a->tcp = true; return true;
	case 'u': a->udp = true; return true;
	case '4': a->v4 = true; return true;
	case '6': a->v6 = true; return true;
	case 'n': a->show.numeric = true; return true;
	case 'o': a->show.timers = true; return true;
	case 'p': a->show.processes = true; return true;
	case 'W': a->show.wide = true; return true;
	case 'j': a->json = true; return true;
	case 'N': a->name = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_options(struct netstat_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"statistics", 0, NULL, 's'}, {"all", 0, NULL, 'a'},
		{"listening", 0, NULL, 'l'}, {"tcp", 0, NULL, 't'}, {"udp", 0, NULL, 'u'},
		{"inet", 0, NULL, '4'}, {"inet6", 0, NULL, '6'}, {"numeric", 0, NULL, 'n'},
		{"timers", 0, NULL, 'o'}, {"program", 0, NULL, 'p'}, {"wide", 0, NULL, 'W'},
		{"json", 0, NULL, 'j'}, {"name", 1, NULL, 'N'}, {"help", 0, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "saltu46nopWh", options, NULL)) != -1)
		good = take_option(a, option);
	if (good && optind < argc) {
		fprintf(stderr, "burble netstat: unexpected argument '%s'\n", argv[optind]);
		return false;
	}
	return good;
}

/* All counters, as the instance sends them. */
static bool print_json_stats(const struct netstat_args *a)
{
	struct control_client c;
	const char *line;

	if (!control_ask(&c, "burble netstat", a->name, "counters"))
		return false;
	while ((line = control_line(&c)))
		puts(line);
	return control_finish(&c);
}

static bool print_stats(const struct netstat_args *a)
{
	static const char command[] = "burble netstat";
	struct netstat_groups groups = {
		.v4 = a->v4 || !a->v6, .v6 = a->v6, .tcp = a->tcp, .udp = a->udp};
	struct counter_list *l = malloc(sizeof(*l));
	char *out = malloc(NETSTAT_STATS_MAX);
	bool good = false;

	if (!l || !out) {
		fprintf(stderr, "%s: out of memory\n", command);
	} else if (counters_get(l, command, a->name)) {
		struct text t = text_in(out, NETSTAT_STATS_MAX);

		netstat_text_stats(&t, l, &groups);
		fputs(out, stdout);
		good = true;
	}
	free(l);
	free(out);
	return good;
}

static const char *service_name(uint16_t port, bool udp)
{
	const struct servent *s = getservbyport(htons(port), udp ? "udp" : "tcp");

	return s ? s->s_name : NULL;
}

/* By the peer's port, as in netstat: a listener has none. */
static bool is_wanted(const struct netstat_args *a, const struct sock_row *r)
{
	bool unnamed = r->pport == 0;

	return (a->v4 == a->v6 || a->v6 == r->v6) && (a->all || unnamed == a->listening);
}

static void print_row(const struct netstat_args *a, const struct sock_row *r)
{
	char line[NETSTAT_LINE_MAX];
	struct text t = text_in(line, sizeof(line));

	netstat_text_row(&t, r, &a->show);
	fputs(line, stdout);
}

static void print_header(const struct netstat_args *a)
{
	char line[NETSTAT_LINE_MAX];
	struct text t = text_in(line, sizeof(line));

	netstat_text_header(&t, &a->show);
	printf("Active Internet connections (%s)\n%s",
		a->all         ? "servers and established"
		: a->listening ? "only servers"
			       : "w/o servers",
		line);
}

static bool print_sockets(struct netstat_args *a)
{
	static const char command[] = "burble netstat";
	struct control_client c;
	char name[64], request[64];
	struct sock_row r;
	const char *line;

	a->show.command = "burble";
	a->show.service = service_name;
	if (a->show.processes &&
		!counters_source(command, a->name, &a->show.pid, name, sizeof(name)))
		return false;
	snprintf(request, sizeof(request), "sockets%s%s", a->tcp ? " tcp" : "",
		a->udp ? " udp" : "");
	if (!control_ask(&c, command, a->name, request))
		return false;
	if (!a->json)
		print_header(a);
	while ((line = control_line(&c)) && control_json_row(&r, command, line))
		if (is_wanted(a, &r) && a->json)
			puts(line);
		else if (is_wanted(a, &r))
			print_row(a, &r);
	return control_finish(&c);
}

int cmd_netstat(int argc, char **argv)
{
	struct netstat_args a = {0};

	if (!parse_options(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (a.stats)
		return (a.json ? print_json_stats(&a) : print_stats(&a)) ? 0 : 1;
	return print_sockets(&a) ? 0 : 1;
}
