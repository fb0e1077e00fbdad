/*
 * script.h - for tests: a scenario as a string, "test.lua", which passes or fails with an error.
 */
#ifndef LAB_SCENARIO_TEST_SCRIPT_H
#define LAB_SCENARIO_TEST_SCRIPT_H

#include "base/test/test.h"
#include "lab/scenario/scenario.h"

/* Two hosts, and the link between them. */
#define PAIR                                                                                       \
	"local a, b = host 'a', host 'b'\n"                                                        \
	"local wire = link { a, '10.0.0.1/24', b, '10.0.0.2/24', delay = '10ms' }\n"

/* Runs it with seed 1 and asserts that it passes. */
void passes(const char *source);
void fails(const char *source, const char *error);

/* Runs it; true if it passes. */
bool script_run(const char *source, struct scenario_options o, struct scenario_result *r);

#endif
