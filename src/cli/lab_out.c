/* lab_out.c - the files of `burble lab run --out DIR`: lab_out.h. */
#include "cli/lab_out.h"

#include "lab/report/report.h"
#include "lab/world/world.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

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

static bool write_one(const struct out_files *f, const char *name, report_form form)
{
	char path[PATH_MAX];
	FILE *file;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	file = fopen(path, "we");
	ok = file && form(f->story, &f->options, report_to_file, file);
	if (file && fclose(file) != 0)
		ok = false;
	if (!ok)
		fprintf(stderr, "burble: cannot write %s: %s\n", path, strerror(errno));
	return ok;
}

/* The name of a host is the scenario's: what is no letter, digit, '-' or '_' becomes '_'. */
static void capture_name(char *out, size_t size, const char *host)
{
	size_t n = 0;

	for (; *host && n + sizeof(".pcapng") < size; host++, n++) {
		bool plain = (*host >= 'a' && *host <= 'z') || (*host >= 'A' && *host <= 'Z') ||
			     (*host >= '0' && *host <= '9') || *host == '-' || *host == '_';

		out[n] = plain ? *host : '_';
	}
	snprintf(out + n, size - n, ".pcapng");
}

static bool write_captures(struct out_files *f)
{
	const struct trace *t = f->story->trace;
	bool ok = true;
	char name[64];

	for (f->node = 0; f->node < t->nodes; f->node++) {
		if (!t->is_host[f->node])
			continue;
		capture_name(name, sizeof(name), t->name[f->node]);
		ok = write_one(f, name, capture) && ok;
	}
	return ok;
}

bool lab_out(const struct story *s, const char *title, const char *dir)
{
	static const struct {
		const char *name;
		report_form form;
	} forms[] = {{"ladder.txt", report_ladder}, {"ladder.svg", report_svg},
		{"run.json", report_json}, {"report.html", report_html}};
	struct out_files f = {
		.story = s, .options = {.title = title, .start = WORLD_START}, .dir = dir};

	if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
		fprintf(stderr, "burble: cannot make %s: %s\n", dir, strerror(errno));
		return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (!write_one(&f, forms[i].name, forms[i].form))
			return false;
	return write_captures(&f);
}
