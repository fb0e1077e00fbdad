/*
 * cmd_help.c - `burble help TOPIC`: the man page of a subcommand, or what is built in where man or
 * the page is missing: its usage. Topics that are no subcommand have a document inside the program.
 */
#include "cli/cli.h"

#include "observe/counter_help.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Written by tools/embed. */
extern const unsigned char help_control[], help_metrics[], help_scenario[];
extern const size_t help_control_len, help_metrics_len, help_scenario_len;

enum {
	PAGE_MAX = 64, /* bytes of the name of a page */
};

static void print_counters(void)
{
	const char *name, *help;

	for (uint32_t i = 0; (name = counter_help_row(i, &help)); i++)
		printf("%-32s %s\n", name, help);
}

static void print_control(void)
{
	fwrite(help_control, 1, help_control_len, stdout);
}

static void print_metrics(void)
{
	fwrite(help_metrics, 1, help_metrics_len, stdout);
}

static void print_scenario(void)
{
	fwrite(help_scenario, 1, help_scenario_len, stdout);
}

static const struct topic {
	const char *name, *summary, *page; /* page: of man; NULL: none */
	void (*print)(void);
} topics[] = {
	{"control", "the control socket of an instance: its protocol", NULL, print_control},
	{"counters", "what each counter counts; or the name of one", NULL, print_counters},
	{"metrics", "metrics for Prometheus", NULL, print_metrics},
	{"scenario", "how to write a scenario for the lab", "burble-scenario", print_scenario},
};

static int list(void)
{
	puts("usage: burble help TOPIC\n\nsubcommands:");
	for (const struct subcommand *c = subcommands; c->name; c++)
		printf("  %-10s %s\n", c->name, c->summary);
	puts("\nother topics:");
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
		printf("  %-10s %s\n", topics[i].name, topics[i].summary);
	return 0;
}

/* Whether man has the page: `man -w` says where. */
static bool has_page(const char *page)
{
	pid_t pid;
	int status = 0;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		if (null >= 0 && dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0)
			execlp("man", "man", "-w", page, (char *)NULL);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Becomes man, if it has the page; else returns. */
static void show_page(const char *page)
{
	if (page && has_page(page))
		execlp("man", "man", page, (char *)NULL);
}

static bool show_subcommand(const char *name, int *status)
{
	char page[PAGE_MAX], help[] = "--help";
	const struct subcommand *c = subcommand_find(name);

	if (!c)
		return false;
	snprintf(page, sizeof(page), "burble-%s", c->name);
	show_page(page);
	*status = c->run(2, (char *[]){(char *)c->name, help, NULL});
	return true;
}

static bool show_topic(const char *name)
{
	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++) {
		if (strcmp(topics[i].name, name) != 0)
			continue;
		show_page(topics[i].page);
		topics[i].print();
		return true;
	}
	return false;
}

static bool show_counter(const char *name)
{
	uint32_t at = 0;
	const char *help = counter_help(name, &at);

	if (help)
		printf("%s: %s\n", name, help);
	return help != NULL;
}

int cmd_help(int argc, char **argv)
{
	int status = 0;

	if (argc < 2 || asks_for_help(argc, argv))
		return list();
	if (argc > 2) {
		fprintf(stderr, "burble help: one topic at a time\n");
		return EXIT_USAGE;
	}
	if (show_subcommand(argv[1], &status) || show_topic(argv[1]) || show_counter(argv[1]))
		return status;
	fprintf(stderr, "burble help: no topic '%.64s': 'burble help' lists them\n", argv[1]);
	return EXIT_USAGE;
}
