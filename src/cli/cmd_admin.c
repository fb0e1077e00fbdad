/*
 * cmd_admin.c - `burble admin`: asks a running chat server, or tells it to do something, over its
 * control socket.
 */
#include "cli/cli.h"

#include "chat/admin/admin.h"
#include "cli/admin_print.h"
#include "cli/chat_print.h"
#include "cli/control_client.h"
#include "cli/control_json.h"

#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	PASSWORD_TYPED_MAX = 1024,
};

static const char usage[] =
	"usage: burble admin [--json] [--name NAME] COMMAND\n"
	"  status                              what the server has, and has counted\n"
	"  cluster                             the other servers of the network, and its engine\n"
	"  users | channels                    who and what is there\n"
	"  whois NICK\n"
	"  kill NICK REASON                    disconnects a user\n"
	"  announce TEXT                       a notice to all users\n"
	"  ban list\n"
	"  ban add [--time TIME] MASK REASON   TIME: 90s, 10m, 2h, 7d; else for ever\n"
	"  ban add --dry-run MASK              shows whom it would disconnect\n"
	"  ban del MASK                        MASK: an address, a network, USER@HOST,\n"
	"                                      NICK!USER@HOST, a nick, a:ACCOUNT\n"
	"  account show | add | suspend | unsuspend | passwd NAME\n"
	"                                      add and passwd read the password from standard\n"
	"                                      input\n"
	"  files list [ACCOUNT]                uploads by account, or those of one\n"
	"  files total                         all together\n"
	"  files del ACCOUNT [ID]              deletes one, or all of an account\n"
	"  files expire [TIME]                 deletes those older than TIME, else files.keep\n"
	"  upgrade [--binary FILE]             another program goes on with all connections\n"
	"  drain [RATE]                        no new clients; RATE a second are sent away\n"
	"  rehash                              reads the configuration and certificates again\n"
	"  backup FILE                         copies the database while it is in use\n"
	"  export ACCOUNT FILE                 all that the server has of an account\n";

enum {
	NONE = -1, /* no word is a path */
};

/* The commands, and the form of their rows. */
static const struct command {
	const char *group, *name; /* group NULL: none */
	int words;                /* besides its name, at least */
	bool one;                 /* and not more */
	enum admin_form form;
	int file; /* the word that is a path */
} commands[] = {
	{NULL, "status", 0, true, ADMIN_MEMBERS, NONE},
	{NULL, "cluster", 0, true, ADMIN_MEMBERS, NONE},
	{NULL, "users", 0, true, ADMIN_USERS, NONE},
	{NULL, "channels", 0, true, ADMIN_CHANNELS, NONE},
	{NULL, "whois", 1, true, ADMIN_MEMBERS, NONE},
	{NULL, "kill", 2, false, ADMIN_QUIET, NONE},
	{NULL, "announce", 1, false, ADMIN_QUIET, NONE},
	{NULL, "rehash", 0, true, ADMIN_MEMBERS, NONE},
	{NULL, "drain", 0, false, ADMIN_MEMBERS, NONE},
	{NULL, "upgrade", 0, true, ADMIN_MEMBERS, NONE},
	{NULL, "backup", 1, true, ADMIN_MEMBERS, 0},
	{NULL, "export", 2, true, ADMIN_MEMBERS, 1},
	{"files", "list", 0, false, ADMIN_OWNERS, NONE},
	{"files", "total", 0, true, ADMIN_MEMBERS, NONE},
	{"files", "del", 1, false, ADMIN_MEMBERS, NONE},
	{"files", "expire", 0, false, ADMIN_MEMBERS, NONE},
	{"ban", "list", 0, true, ADMIN_BANS, NONE},
	{"ban", "add", 1, false, ADMIN_QUIET, NONE},
	{"ban", "del", 1, true, ADMIN_QUIET, NONE},
	{"account", "show", 1, true, ADMIN_MEMBERS, NONE},
	{"account", "add", 1, true, ADMIN_QUIET, NONE},
	{"account", "suspend", 1, true, ADMIN_QUIET, NONE},
	{"account", "unsuspend", 1, true, ADMIN_QUIET, NONE},
	{"account", "passwd", 1, true, ADMIN_QUIET, NONE},
};

struct admin_args {
	bool json, dry_run, help;
	const char *name, *time, *binary;
	const struct command *command;
	char **words; /* behind the command's name */
	int count;
};

static bool take_option(struct admin_args *a, int option)
{
	switch (option) {
	case 'j': a->json = true; return true;
	case 'd': a->dry_run = true; return true;
	case 't': a->time = optarg; return true;
	case 'i': a->name = optarg; return true;
	case 'b': a->binary = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool refuse(const char *what)
{
	fprintf(stderr, "burble admin: %s\n", what);
	return false;
}

static bool find_command(struct admin_args *a, char **words, int count)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		const struct command *c = &commands[i];
		int own = c->group ? 2 : 1;

		if (count < own || strcmp(words[own - 1], c->name) != 0 ||
			(c->group && strcmp(words[0], c->group) != 0))
			continue;
		a->command = c;
		a->words = words + own;
		a->count = count - own;
		if (a->count < c->words)
			return refuse("something is missing: 'burble admin --help'");
		return a->count == c->words || !c->one || refuse("too many words");
	}
	return refuse(count ? "no such command: 'burble admin --help' lists them" : "no command");
}

static bool is_command(const struct admin_args *a, const char *group, const char *name)
{
	const struct command *c = a->command;

	return c->group && strcmp(c->group, group) == 0 && strcmp(c->name, name) == 0;
}

static bool parse_args(struct admin_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"json", 0, NULL, 'j'}, {"dry-run", 0, NULL, 'd'},
		{"time", 1, NULL, 't'}, {"binary", 1, NULL, 'b'}, {"name", 1, NULL, 'i'},
		{"help", 0, NULL, 'h'}, {0}};
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "jh", options, NULL)) != -1)
		good = take_option(a, option);
	if (good && optind < argc && strcmp(argv[optind], "help") == 0)
		a->help = true;
	if (!good || a->help)
		return good;
	if (!find_command(a, argv + optind, argc - optind))
		return false;
	if ((a->dry_run || a->time) && !is_command(a, "ban", "add"))
		return refuse("--dry-run and --time belong to 'ban add'");
	if (a->binary && strcmp(a->command->name, "upgrade") != 0)
		return refuse("--binary belongs to 'upgrade'");
	return true;
}

/* --- the request --- */

struct text {
	char at[ADMIN_LINE_MAX + 1];
	size_t n;
	bool bad;
};

static void add(struct text *t, const char *word)
{
	int n = snprintf(t->at + t->n, sizeof(t->at) - t->n, "%s%s", t->n ? " " : "", word);

	t->bad |= n < 0 || (size_t)n >= sizeof(t->at) - t->n || strpbrk(word, "\n\r") != NULL;
	if (!t->bad)
		t->n += (size_t)n;
}

/* The server works elsewhere: it needs the whole path. */
static void add_path(struct text *t, const char *path)
{
	char here[ADMIN_LINE_MAX], whole[2 * ADMIN_LINE_MAX];

	if (path[0] == '/') {
		add(t, path);
		return;
	}
	t->bad |= !getcwd(here, sizeof(here));
	if (t->bad)
		return;
	snprintf(whole, sizeof(whole), "%s/%s", here, path);
	add(t, whole);
}

static bool add_password(struct text *t)
{
	char password[PASSWORD_TYPED_MAX];
	bool good = chat_read_password(password, sizeof(password));

	if (good)
		add(t, password);
	explicit_bzero(password, sizeof(password));
	return good || refuse("no password on standard input");
}

static bool build(const struct admin_args *a, struct text *t)
{
	const struct command *c = a->command;

	add(t, "chat");
	if (c->group)
		add(t, c->group);
	add(t, a->dry_run ? "test" : c->name);
	if (is_command(a, "ban", "add") && !a->dry_run)
		add(t, a->time ? a->time : "0");
	for (int i = 0; i < (a->dry_run ? 1 : a->count); i++) {
		if (i == c->file)
			add_path(t, a->words[i]);
		else
			add(t, a->words[i]);
	}
	if (a->binary)
		add_path(t, a->binary);
	if ((is_command(a, "account", "passwd") || is_command(a, "account", "add")) &&
		!add_password(t))
		return false;
	return !t->bad || refuse("a request is one line of at most 1024 bytes");
}

/* --- the answer --- */

static bool print_answer(const struct admin_args *a, struct control_client *c)
{
	enum admin_form form = a->dry_run ? ADMIN_HITS : a->command->form;
	const char *line;
	int rows = 0;
	json_t *o;

	if (form == ADMIN_OWNERS && a->count)
		form = ADMIN_FILES;
	if (!a->json)
		admin_print_head(form);
	while ((line = control_line(c)) && (o = control_json("burble admin", line))) {
		if (a->json)
			puts(line);
		else
			admin_print_row(form, o);
		json_decref(o);
		rows++;
	}
	if (a->dry_run && !a->json)
		printf("%d would be disconnected\n", rows);
	return control_finish(c);
}

int cmd_admin(int argc, char **argv)
{
	struct admin_args a = {0};
	struct text request = {0};
	struct control_client c;
	bool good;

	if (!parse_args(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	if (!build(&a, &request))
		return EXIT_USAGE;
	good = control_ask_patiently(&c, "burble admin", a.name, request.at);
	explicit_bzero(&request, sizeof(request));
	return good && print_answer(&a, &c) ? 0 : 1;
}
