/*
 * lab_json.h - `burble lab run --json`: the results of all runs as one JSON document on stdout.
 * docs/lab-json.md has the schema.
 */
#ifndef CLI_LAB_JSON_H
#define CLI_LAB_JSON_H

#include "lab/report/story.h"
#include "lab/scenario/scenario.h"

/* Fields of a result that the run itself does not contain. */
struct lab_json_run {
	const char *name; /* as on the command line */
	uint64_t seed;
	const char *const *settings; /* "key=value"; ends with NULL */
	bool passed;
	const struct scenario_result *result;
};

/* Begin and end the document. False if it could not be written. */
void lab_json_begin(void);
bool lab_json_end(void);

/* Appends a result with its record; s is NULL for a scenario that was not run. False if it could
 * not be written. */
bool lab_json_result(const struct lab_json_run *run, const struct story *s, bool first);

#endif
