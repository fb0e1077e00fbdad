/*
 * cli.h - subcommands. Each takes its own argv (argv[0] is its name) and returns the exit status:
 * 0, 1 on failure, EXIT_USAGE for an invalid command line. Errors are printed to stderr, one line
 * each.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	EXIT_USAGE = 2
};

struct subcommand {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
};

/* All, by name; ended by one without a name. */
extern const struct subcommand subcommands[];

/* The subcommand of that name; NULL: there is none. */
const struct subcommand *subcommand_find(const char *name);

/* Reads an integer, decimal, 0x or 0 octal, from the command line; false if text is not one. */
bool cli_number(uint64_t *out, const char *text);

/* Reads a file, up to one byte more than max, so that *len shows one that is too long. NULL after a
 * message on stderr; the caller frees the result. */
char *cli_read(const char *path, size_t max, size_t *len);

/* Whether --help is among the arguments. */
bool asks_for_help(int argc, char **argv);

/* burble admin: the running chat server. */
int cmd_admin(int argc, char **argv);

/* burble chat: the chat server. */
int cmd_chat(int argc, char **argv);

/* burble doctor: what stops long connections on this machine. */
int cmd_doctor(int argc, char **argv);

/* burble dump: the packets of a running instance. */
int cmd_dump(int argc, char **argv);

/* burble help: the manual of a subcommand, and other topics. */
int cmd_help(int argc, char **argv);

/* burble import: accounts and channels of another server. */
int cmd_import(int argc, char **argv);

/* burble lab: scenarios. */
int cmd_lab(int argc, char **argv);

/* burble link: the lab's link between two real devices. */
int cmd_link(int argc, char **argv);

/* burble netstat: counters and sockets of a running instance. */
int cmd_netstat(int argc, char **argv);

/* burble nstat: counters of a running instance that have changed. */
int cmd_nstat(int argc, char **argv);

/* burble pkt: packet scripts. */
int cmd_pkt(int argc, char **argv);

/* burble ss: the sockets of a running instance. */
int cmd_ss(int argc, char **argv);

/* burble sysctl: the parameters of a running instance. */
int cmd_sysctl(int argc, char **argv);

/* burble top: what a running instance is doing. */
int cmd_top(int argc, char **argv);

/* burble version. */
int cmd_version(int argc, char **argv);

#endif
