/*
 * main.c - `burble SUBCOMMAND ...`: dispatches to the subcommand, implemented by cmd_NAME.c.
 */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

const struct subcommand subcommands[] = {
	{"admin", "ask and direct a running chat server", cmd_admin},
	{"chat", "run the chat server", cmd_chat},
	{"doctor", "say what would stop long connections on this machine", cmd_doctor},
	{"dump", "show the packets of a running instance", cmd_dump},
	{"help", "show the manual of a subcommand", cmd_help},
	{"import", "take over the accounts and channels of Ergo or Atheme", cmd_import},
	{"lab", "run scenarios: hosts, links and faults in virtual time", cmd_lab},
	{"link", "delay, lose and reorder packets between two devices", cmd_link},
	{"netstat", "show counters and sockets of a running instance", cmd_netstat},
	{"nstat", "show counters that have changed", cmd_nstat},
	{"pkt", "run packet scripts against the stack", cmd_pkt},
	{"ss", "list the sockets of a running instance", cmd_ss},
	{"sysctl", "read and set parameters of a running instance", cmd_sysctl},
	{"top", "watch what a running instance is doing", cmd_top},
	{"version", "print the version", cmd_version},
	{0},
};

const struct subcommand *subcommand_find(const char *name)
{
	for (const struct subcommand *c = subcommands; c->name; c++)
		if (strcmp(name, c->name) == 0)
			return c;
	return NULL;
}

static int usage(FILE *to)
{
	fputs("usage: burble SUBCOMMAND [ARGUMENTS]\n\n", to);
	for (const struct subcommand *c = subcommands; c->name; c++)
		fprintf(to, "  %-10s %s\n", c->name, c->summary);
	return to == stdout ? 0 : EXIT_USAGE;
}

int cmd_version(int argc, char **argv)
{
	if (argc > 1 && !asks_for_help(argc, argv)) {
		fprintf(stderr, "burble version: unexpected argument '%s'\n", argv[1]);
		return EXIT_USAGE;
	}
	puts("burble " BURBLE_VERSION);
	return 0;
}

/* getopt() begins its messages with argv[0]: "burble NAME". */
static int run(const struct subcommand *c, int argc, char **argv)
{
	char whole[32];

	snprintf(whole, sizeof(whole), "burble %s", c->name);
	argv[0] = whole;
	return c->run(argc, argv);
}

int main(int argc, char **argv)
{
	const struct subcommand *c;

	if (argc < 2)
		return usage(stderr);
	if (strcmp(argv[1], "--help") == 0)
		return usage(stdout);
	if (strcmp(argv[1], "--version") == 0)
		return cmd_version(argc - 1, argv + 1);
	c = subcommand_find(argv[1]);
	if (c)
		return run(c, argc - 1, argv + 1);
	fprintf(stderr, "burble: unknown subcommand '%s': 'burble --help' lists them\n", argv[1]);
	return EXIT_USAGE;
}
