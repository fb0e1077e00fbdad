/*
 * cmd_doctor.c - `burble doctor`: what stops long connections on this machine, as text or JSON. A
 * finding as text:
 *
 *     limit    fs.nr_open                1048576, needed 2000100
 *              why   RLIMIT_NOFILE cannot be raised above it
 *              set   sysctl -w fs.nr_open=2000100
 *              see   burble lab run a-million-connections
 */
#include "cli/cli.h"
#include "doctor/doctor.h"

#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS_DEFAULT 100000
#define CONNECTIONS_MAX     1000000000

static const char usage[] = "usage: burble doctor [--connections N] [--json] [--root DIR]\n";

struct doctor_args {
	uint64_t connections;
	const char *root;
	bool json, help;
};

static bool take_connections(struct doctor_args *a, const char *text)
{
	if (cli_number(&a->connections, text) && a->connections <= CONNECTIONS_MAX)
		return true;
	fprintf(stderr, "burble doctor: --connections: '%s' is not a number up to %llu\n", text,
		(unsigned long long)CONNECTIONS_MAX);
	return false;
}

static bool take_option(struct doctor_args *a, int option)
{
	switch (option) {
	case 'n': return take_connections(a, optarg);
	case 'r': a->root = optarg; return true;
	case 'j': a->json = true; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_args(struct doctor_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"connections", required_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'}, {"root", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
		good = take_option(a, option);
	if (good && optind < argc)
		fprintf(stderr, "burble doctor: unexpected argument '%s'\n", argv[optind]);
	return good && optind == argc;
}

/* --- text --- */

static void print_line(const char *head, const char *text)
{
	if (text && text[0])
		printf("%-9s%s   %s\n", "", head, text);
}

static void print_finding(const struct finding *f)
{
	printf("%-9s%-38s %s\n", finding_grade_name(f->grade), f->what, f->is);
	print_line("why", f->why);
	print_line("set", f->set);
	if (f->scenario)
		printf("%-9ssee   burble lab run %s\n", "", f->scenario);
}

static void print_text(const struct doctor_report *r)
{
	uint32_t count[FINDING_GRADES] = {0};

	for (int g = 0; g < FINDING_GRADES; g++)
		for (uint32_t i = 0; i < r->count; i++)
			if (r->findings[i].grade == (enum finding_grade)g) {
				print_finding(&r->findings[i]);
				count[g]++;
			}
	printf("\nFor %" PRIu64
	       " connections: %u limits, %u troubles, %u pieces of advice, %u ok.\n",
		r->connections, count[FINDING_LIMIT], count[FINDING_TROUBLE], count[FINDING_ADVICE],
		count[FINDING_OK]);
}

/* --- JSON --- */

static json_t *json_finding(const struct finding *f)
{
	return json_pack("{s:s, s:s, s:s, s:s*, s:s*, s:s*}", "grade", finding_grade_name(f->grade),
		"what", f->what, "is", f->is, "why", f->why, "set", f->set[0] ? f->set : NULL,
		"scenario", f->scenario);
}

static int print_json(const struct doctor_report *r)
{
	json_t *list = json_array(), *all;
	int err;

	for (uint32_t i = 0; i < r->count; i++)
		json_array_append_new(list, json_finding(&r->findings[i]));
	all = json_pack("{s:I, s:o}", "connections", (json_int_t)r->connections, "findings", list);
	err = all ? json_dumpf(all, stdout, JSON_INDENT(2)) : -1;
	json_decref(all);
	if (err)
		fputs("burble doctor: out of memory\n", stderr);
	else
		putchar('\n');
	return err;
}

static bool is_well(const struct doctor_report *r)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->findings[i].grade <= FINDING_TROUBLE)
			return false;
	return true;
}

int cmd_doctor(int argc, char **argv)
{
	struct doctor_args a = {.connections = CONNECTIONS_DEFAULT, .root = ""};
	static struct doctor_report r;

	if (!parse_args(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	doctor_examine(&r, a.root, a.connections);
	if (a.json && print_json(&r))
		return EXIT_FAILURE;
	if (!a.json)
		print_text(&r);
	return is_well(&r) ? EXIT_SUCCESS : EXIT_FAILURE;
}
