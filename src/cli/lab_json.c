/* lab_json.c - the results of runs as JSON: lab_json.h. */
#include "cli/lab_json.h"

#include "lab/report/out.h"
#include "lab/world/world.h"

#include <stdio.h>

static void string(struct out *o, const char *key, const char *value)
{
	out_add(o, ",\n\"%s\": ", key);
	if (value && *value)
		out_json(o, value);
	else
		out_text(o, "null");
}

static void settings(struct out *o, const char *const *set)
{
	out_text(o, ",\n\"settings\": [");
	for (size_t i = 0; set[i]; i++) {
		out_text(o, i ? ", " : "");
		out_json(o, set[i]);
	}
	out_text(o, "]");
}

static void head(struct out *o, const struct lab_json_run *run, bool first)
{
	const struct scenario_result *r = run->result;

	out_text(o, first ? "\n{\n\"scenario\": " : ",\n{\n\"scenario\": ");
	out_json(o, run->name);
	string(o, "title", r->title);
	string(o, "story", r->story);
	out_add(o, ",\n\"seed\": %llu", (unsigned long long)run->seed);
	settings(o, run->settings);
	out_add(o, ",\n\"passed\": %s", run->passed ? "true" : "false");
	string(o, "error", r->error);
	out_add(o,
		",\n\"expectations\": %u,\n\"failed\": %u,\n\"end\": %lld,\n\"packets\": %llu,\n"
		"\"run\": ",
		r->expectations, r->failed, (long long)r->end, (unsigned long long)r->packets);
}

void lab_json_begin(void)
{
	fputs("{\n\"schema\": \"burble-lab-results-1\",\n\"results\": [", stdout);
}

bool lab_json_result(const struct lab_json_run *run, const struct story *s, bool first)
{
	struct report_options options = {.title = run->result->title, .start = WORLD_START};
	struct out o;
	bool ok;

	out_begin(&o, report_to_file, stdout);
	head(&o, run, first);
	if (!s)
		out_text(&o, "null\n");
	ok = out_end(&o);
	if (ok && s)
		ok = report_json(s, &options, report_to_file, stdout);
	return fputs("}", stdout) >= 0 && ok;
}

bool lab_json_end(void)
{
	return fputs("\n]\n}\n", stdout) >= 0 && fflush(stdout) == 0;
}
