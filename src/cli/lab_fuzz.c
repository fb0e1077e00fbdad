/* lab_fuzz.c - `burble lab fuzz`: random runs, or one run from a plan file. */
#include "cli/lab_fuzz.h"

#include "cli/cli.h"
#include "cli/lab_out.h"
#include "lab/fuzz/fuzz.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	RUNS = 10000, /* by default */
	COMPARE = 4,  /* by default */
};

static const char usage[] =
	"usage: burble lab fuzz [--runs N | --seconds N] [--seed N] [--out DIR] [--keep-going]\n"
	"                       [--compare N]\n"
	"       burble lab fuzz --plan FILE [--lua FILE] [--pkt FILE]\n";

struct fuzz_cli {
	struct fuzz_options o;
	const char *plan; /* a file; NULL: random ones */
	const char *lua;  /* file to write it to as a scenario; NULL: none */
	const char *pkt;  /* file to write it to as a packet script; NULL: none */
};

static bool take_number(uint64_t *out, const char *option, const char *text, uint64_t least)
{
	if (cli_number(out, text) && *out >= least)
		return true;
	fprintf(stderr, "burble lab fuzz: %s: '%s' is not a number%s\n", option, text,
		least ? " from 1 on" : "");
	return false;
}

static bool parse_args(struct fuzz_cli *c, int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"runs", required_argument, NULL, 'r'}, {"seconds", required_argument, NULL, 't'},
		{"out", required_argument, NULL, 'o'}, {"keep-going", no_argument, NULL, 'k'},
		{"plan", required_argument, NULL, 'p'}, {"lua", required_argument, NULL, 'l'},
		{"pkt", required_argument, NULL, 'd'}, {"compare", required_argument, NULL, 'c'},
		{NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		bool ok = option == 's'   ? take_number(&c->o.seed, "--seed", optarg, 0)
			  : option == 'r' ? take_number(&c->o.runs, "--runs", optarg, 1)
			  : option == 't' ? take_number(&c->o.seconds, "--seconds", optarg, 1)
			  : option == 'c' ? take_number(&c->o.compare, "--compare", optarg, 0)
			  : option == 'k' ? (c->o.keep_going = true)
			  : option == 'o' ? (c->o.out = optarg) != NULL
			  : option == 'p' ? (c->plan = optarg) != NULL
			  : option == 'l' ? (c->lua = optarg) != NULL
			  : option == 'd' ? (c->pkt = optarg) != NULL
					  : false;

		if (!ok)
			return false;
	}
	if (optind < argc)
		fprintf(stderr, "burble lab fuzz: unexpected argument '%s'\n", argv[optind]);
	else if (!c->plan && (c->lua || c->pkt))
		fputs("burble lab fuzz: --lua and --pkt need --plan\n", stderr);
	return optind == argc && (c->plan || (!c->lua && !c->pkt));
}

int lab_fuzz(int argc, char **argv)
{
	struct fuzz_cli c = {.o = {.seed = 1, .compare = COMPARE, .out = "."}};

	if (asks_for_help(argc, argv))
		return fputs(usage, stdout) < 0;
	if (!parse_args(&c, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (c.o.runs == 0)
		c.o.runs = c.o.seconds ? UINT64_MAX : RUNS;
	if (c.plan)
		return fuzz_replay(c.plan, c.lua, c.pkt) != 0;
	return !lab_out_directory(c.o.out) || fuzz_run(&c.o) != 0;
}
