/*
 * test.h - unit tests by cmocka that list themselves.
 *
 *     TEST(a_thing_does_that)
 *     {
 *             assert_true(...);
 *     }
 *
 *     TEST_IN(a_thing_does_that, begin, end)       begin(&state) before it, end(&state) after it
 *
 * The tests of a program are those of its one file, in their order; test.c has main().
 */
#ifndef BASE_TEST_TEST_H
#define BASE_TEST_TEST_H

/* cmocka.h needs these. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct test {
	struct CMUnitTest unit;
	int line;
};

/* The linker collects the pointers in section `tests` into an array, in unspecified order. */
#define TEST_IN(name, begin, end)                                                                  \
	static void name(void **state);                                                            \
	static const struct test name##_test = {{#name, name, begin, end, NULL}, __LINE__};        \
	__attribute__((used, section("tests"))) static const struct test *const name##_entry =     \
		&name##_test;                                                                      \
	static void name(void **state)

#define TEST(name) TEST_IN(name, NULL, NULL)

/* For a fixture's own macro: TEST_IN() with `arg`, a type *, set to the *state left by begin(). */
#define TEST_OF(name, type, arg, begin, end)                                                       \
	static void name##_of(type *arg);                                                          \
	TEST_IN(name, begin, end)                                                                  \
	{                                                                                          \
		name##_of(*state);                                                                 \
	}                                                                                          \
	static void name##_of(type *arg)

/* Runs the program's tests between begin and end (either may be NULL); returns the exit status. For
 * programs with a main() of their own; the others get the one of test.c. */
int test_run(CMFixtureFunction begin, CMFixtureFunction end);

#endif
