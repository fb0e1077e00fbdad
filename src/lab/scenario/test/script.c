/* script.c - running a scenario that a test holds as a string. */
#include "lab/scenario/test/script.h"

#include <stdlib.h>
#include <string.h>

bool script_run(const char *source, struct scenario_options o, struct scenario_result *r)
{
	bool ok = scenario_run("test.lua", source, strlen(source), &o, r);

	free(r->story);
	return ok;
}

void passes(const char *source)
{
	struct scenario_result r;

	if (!script_run(source, (struct scenario_options){.seed = 1}, &r))
		fail_msg("%s", r.error);
}

void fails(const char *source, const char *error)
{
	struct scenario_result r;

	assert_false(script_run(source, (struct scenario_options){.seed = 1}, &r));
	assert_string_equal(r.error, error);
}
