/*
 * cli.h - the subcommands. Each takes its own argv (argv[0] is its name) and returns the exit
 * status: 0, 1 for a failure, EXIT_USAGE for a wrong command line. Errors go to stderr as one line.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

enum {
	EXIT_USAGE = 2
};

int cmd_chat(int argc, char **argv);
int cmd_lab(int argc, char **argv);
int cmd_pkt(int argc, char **argv);
int cmd_version(int argc, char **argv);

#endif
