/*
 * cmd_import.c - `burble import`: accounts, channels and bans of another server, into the database
 * of a chat server that does not run.
 */
#include "cli/cli.h"

#include "chat/config/config.h"
#include "chat/store.h"
#include "chat/store/store_import.h"
#include "import/atheme.h"
#include "import/ergo.h"
#include "import/plan.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: burble import [--dry-run] [--quiet] [--config FILE] [--data DIR] ergo|atheme FILE\n"
	"  ergo     FILE is Ergo's ircd.db\n"
	"  atheme   FILE is Atheme's services.db\n"
	"  --dry-run   shows what would be done, and changes nothing\n"
	"  --quiet     does not name the rows that are not taken, but counts them\n";

enum {
	PATH_TEXT_MAX = 4096,
};

struct import_args {
	bool dry_run, quiet, help, ergo;
	struct config_source from;
	const char *file;
};

static bool take_option(struct import_args *a, int option)
{
	switch (option) {
	case 'n': a->dry_run = true; return true;
	case 'q': a->quiet = true; return true;
	case 'c': a->from.path = optarg; return true;
	case 'd': a->from.data = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_args(struct import_args *a, int argc, char **argv)
{
	static const struct option options[] = {{"dry-run", 0, NULL, 'n'}, {"quiet", 0, NULL, 'q'},
		{"config", 1, NULL, 'c'}, {"data", 1, NULL, 'd'}, {"help", 0, NULL, 'h'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1)
		if (!take_option(a, option))
			return false;
	if (a->help)
		return true;
	if (argc - optind != 2) {
		fprintf(stderr, "burble import: the kind of the file and its name are needed\n");
		return false;
	}
	a->ergo = strcmp(argv[optind], "ergo") == 0;
	a->file = argv[optind + 1];
	if (a->ergo || strcmp(argv[optind], "atheme") == 0)
		return true;
	fprintf(stderr, "burble import: '%s' is neither ergo nor atheme\n", argv[optind]);
	return false;
}

static bool fail(const char *what, const char *why)
{
	fprintf(stderr, "burble import: %s: %s\n", what, why);
	return false;
}

/* --- the file --- */

static bool read_file(const struct import_args *a, struct import *im)
{
	struct stat st;
	size_t len = 0;
	char *text, why[IMPORT_WHY_MAX];
	const char *wrong;

	if (stat(a->file, &st) < 0)
		return fail(a->file, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size > IMPORT_FILE_MAX)
		return fail(a->file, "not a file of at most 256 MiB");
	im->now_ms = (int64_t)time(NULL) * 1000;
	im->written_ms = (int64_t)st.st_mtime * 1000;
	text = cli_read(a->file, (size_t)st.st_size, &len);
	if (!text)
		return false;
	wrong = a->ergo ? ergo_read(im, text, len, why) : atheme_read(im, text, len);
	if (!wrong && im->failed)
		wrong = "out of memory, or more than a million rows";
	explicit_bzero(text, len); /* passwords may be in it */
	free(text);
	return !wrong || fail(a->file, wrong);
}

/* --- the database --- */

struct target {
	struct store_import *store;
	enum store_status status;
};

static bool has(void *arg, enum store_table table, const char *key)
{
	return store_import_has(((struct target *)arg)->store, table, key);
}

static bool put(void *arg, const struct store_record *r)
{
	struct target *t = arg;

	t->status = store_import_put(t->store, r);
	return t->status == STORE_OK;
}

static void print_counts(
	const struct import_args *a, const struct import *im, const struct import_counts *n)
{
	printf("%s: %" PRIu64 " accounts (%" PRIu64 " with a password, %" PRIu64
	       " suspended, %" PRIu64 " always on), %" PRIu64 " grouped nicks, %" PRIu64
	       " certificates, %" PRIu64 " hosts, %" PRIu64 " hosts asked for, %" PRIu64
	       " names of dropped accounts; %" PRIu64 " channels, %" PRIu64 " ranks, %" PRIu64
	       " masks; %" PRIu64 " K-lines, %" PRIu64 " D-lines; %" PRIu64 " rows not taken\n",
		a->dry_run ? "would be imported" : "imported", n->accounts, n->passwords,
		n->suspended, n->always_on, n->nicks, n->certs, n->hosts, n->wanted, n->dropped,
		n->channels, n->ranks, n->masks, n->klines, n->dlines, im->skipped);
}

static bool write_all(const struct import_args *a, const struct config *c, struct import *im)
{
	struct target t = {0};
	struct import_counts n;
	char path[PATH_TEXT_MAX], detail[STORE_IMPORT_DETAIL];
	struct verifier_cost cost = {(uint64_t)c->accounts.hash_memory,
		(uint64_t)c->accounts.hash_passes, (uint32_t)c->accounts.scram_iterations};
	struct import_to to = {.has = has,
		.put = put,
		.arg = &t,
		.now_ms = im->now_ms,
		.cost = a->dry_run ? NULL : &cost};
	bool good;

	snprintf(path, sizeof(path), "%s/burble.db", c->server.data);
	if (a->dry_run && access(path, F_OK) < 0)
		path[0] = '\0';
	t.status = store_import_begin(&t.store, path[0] ? path : NULL, detail);
	if (t.status != STORE_OK) {
		fprintf(stderr, "burble import: %s: %s%s%s\n", path,
			t.status == STORE_IN_USE ? "a server is running on it: stop it first"
						 : store_status_text(t.status),
			*detail ? ": " : "", detail);
		return false;
	}
	good = import_write(im, &to, &n);
	if (t.status == STORE_OK && !good)
		t.status = STORE_NO_MEMORY;
	if (!good) {
		store_import_end(t.store, false);
		return fail(path, store_status_text(t.status));
	}
	t.status = store_import_end(t.store, !a->dry_run);
	if (t.status != STORE_OK)
		return fail(path, store_status_text(t.status));
	print_counts(a, im, &n);
	return true;
}

int cmd_import(int argc, char **argv)
{
	struct import_args a = {0};
	struct config_error e;
	struct config *c;
	struct siphash_key key;
	struct import im;
	bool good;

	if (!parse_args(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	c = config_load(&a.from, &e);
	if (!c) {
		fprintf(stderr, "burble import: %s\n", e.text);
		return 1;
	}
	if (!c->server.data[0] || getrandom(&key, sizeof(key), 0) != sizeof(key)) {
		fail("no data directory", "name it with --data, or in the file of --config");
		config_free(c);
		return 1;
	}
	import_init(&im, &key, a.quiet ? NULL : stdout);
	good = read_file(&a, &im) && write_all(&a, c, &im);
	import_free(&im);
	config_free(c);
	return good ? 0 : 1;
}
