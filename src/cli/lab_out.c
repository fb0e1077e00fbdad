/* lab_out.c - the files of `burble lab run --out DIR`: lab_out.h. */
#include "cli/lab_out.h"

#include "base/hash.h"
#include "lab/report/report.h"
#include "lab/world/need.h"
#include "lab/world/world.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	NAME_TEXT = 64, /* a node's name of 31 bytes, its number, ".pcapng" */
};

struct out_files {
	const struct story *story;
	struct report_options options;
	const char *dir;
	uint32_t node; /* of a capture */
};

static bool capture(
	const struct story *s, const struct report_options *o, report_sink sink, void *user)
{
	const struct out_files *f = container_of(o, const struct out_files, options);

	return report_pcapng(s, o, f->node, sink, user);
}

typedef bool (*report_form)(
	const struct story *s, const struct report_options *o, report_sink sink, void *user);

static bool write_as(const struct out_files *f, const char *path, report_form form)
{
	FILE *file = fopen(path, "we");
	bool ok = file && form(f->story, &f->options, report_to_file, file);
	if (file && fclose(file) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "burble: cannot write %s: %s\n", path, strerror(errno));
	return ok;
}

static bool write_one(const struct out_files *f, const char *name, report_form form)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return write_as(f, path, form);
}

bool lab_out_picture(const struct story *s, const struct report_options *o, const char *path)
{
	struct out_files f = {.story = s, .options = *o};

	return write_as(&f, path, report_svg);
}

bool lab_out_page(const struct story *s, const struct report_options *o, const char *path)
{
	struct out_files f = {.story = s, .options = *o};

	return write_as(&f, path, report_html);
}

/* --- the names of captures -------------------------------------------------------------------- */

/* Names in use. */
struct names {
	struct hash_table table;
	struct arena arena;
};

struct name {
	struct hash_node node;
	const char *text;
};

static bool is_name(const struct hash_node *n, const void *text)
{
	return strcmp(container_of(n, const struct name, node)->text, text) == 0;
}

/* FNV-1a. */
static uint32_t hash_of(const char *text)
{
	uint32_t h = 2166136261U;

	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * 16777619U;
	return h;
}

static bool take_name(struct names *taken, const char *text)
{
	struct name *n;

	if (hash_find(&taken->table, hash_of(text), is_name, text))
		return false;
	n = need(arena_alloc(&taken->arena, sizeof(*n)));
	n->text = need(arena_copy(&taken->arena, text, strlen(text)));
	if (!hash_insert(&taken->table, &n->node, hash_of(text)))
		need(NULL);
	return true;
}

/* A host's name is the scenario's: characters other than letters, digits, '-' and '_' become '_'.
 * If the name is taken, the host's number is appended until it is unique. */
static void capture_name(char out[NAME_TEXT], const struct out_files *f, struct names *taken)
{
	struct text t = text_in(out, NAME_TEXT);

	for (const char *c = f->story->trace->name[f->node]; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9') || *c == '-' || *c == '_';

		text_add(&t, "%c", plain ? *c : '_');
	}
	while (!take_name(taken, out))
		text_add(&t, "-%u", f->node);
	text_add(&t, ".pcapng");
}

static bool write_captures(struct out_files *f)
{
	const struct trace *t = f->story->trace;
	struct names taken = {0};
	bool ok = true;
	char name[NAME_TEXT];

	hash_init(&taken.table);
	for (f->node = 0; f->node < t->nodes; f->node++) {
		if (!t->is_host[f->node])
			continue;
		capture_name(name, f, &taken);
		ok = write_one(f, name, capture) && ok;
	}
	hash_free(&taken.table);
	arena_free(&taken.arena);
	return ok;
}

bool lab_out_directory(const char *dir)
{
	char inside[PATH_MAX];
	bool made = mkdir(dir, 0777) == 0 || errno == EEXIST;

	snprintf(inside, sizeof(inside), "%s/.", dir);
	if (made && access(inside, W_OK | X_OK) == 0)
		return true;
	fprintf(stderr, "burble: cannot %s %s: %s\n", made ? "write to" : "create", dir,
		strerror(errno));
	return false;
}

bool lab_out(const struct story *s, const struct report_options *o, const char *dir)
{
	static const struct {
		const char *name;
		report_form form;
	} forms[] = {{"ladder.txt", report_ladder}, {"ladder.svg", report_svg},
		{"run.json", report_json}, {"report.html", report_html}};
	struct out_files f = {.story = s, .options = *o, .dir = dir};

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!write_one(&f, forms[i].name, forms[i].form))
			return false;
	return write_captures(&f);
}
