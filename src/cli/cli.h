/*
 * cli.h - subcommands. Each takes its own argv (argv[0] is its name) and returns the exit status:
 * 0, 1 on failure, EXIT_USAGE for an invalid command line. Errors are printed to stderr, one line
 * each.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

enum {
	EXIT_USAGE = 2
};

/* burble chat: the chat server. */
int cmd_chat(int argc, char **argv);

/* burble lab: scenarios. */
int cmd_lab(int argc, char **argv);

/* burble pkt: packet scripts. */
int cmd_pkt(int argc, char **argv);

/* burble version. */
int cmd_version(int argc, char **argv);

#endif
