/*
 * cluster_random_test.c - random runs of a few nodes: users who do things, and everything that may
 * fail; afterwards all is well again, and all nodes must agree (test/cluster_check.h). One seed,
 * one run. A run that fails is made smaller, action by action, and printed.
 *
 *     CLUSTER_SEEDS=5000 build/src/chat/cluster_random_test     the faults of so many
 *     CLUSTER_SEED=17 build/src/chat/cluster_random_test        one, made smaller if it fails
 */
#include "base/prng.h"
#include "base/test/test.h"
#include "chat/test/cluster_check.h"
#include "chat/test/cluster_plan.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	SEEDS = 50, /* of each kind of plan but */
	UPGRADE_SEEDS = 20,
	ACTIONS = 60,
};

/* Fails with the smallest plan found. */
static void fail_with(uint64_t seed, struct plan *p, char fault[PLAN_FAULT_MAX])
{
	plan_shrink(p, fault);
	plan_run(p, fault);
	print_message("seed %llu, %d nodes:\n", (unsigned long long)seed, p->nodes);
	for (uint32_t i = 0; i < p->count; i++) {
		char text[PLAN_TEXT_MAX];

		plan_print(&p->action[i], text);
		print_message("    %s\n", text);
	}
	print_message("%s\n", fault);
	fail();
}

/* The kinds of plans. */
enum with {
	PLAIN,
	ALL,
	UPGRADES, /* and all */
};

/* Returns whether it was well; fails unless the others are to be run all the same. */
static bool run_seed(uint64_t seed, enum with with, bool go_on)
{
	static const char *const names[] = {"", " (all)", " (upgrades)"};
	char fault[PLAN_FAULT_MAX];
	struct plan p;

	plan_make(&p, seed, ACTIONS, with >= ALL);
	if (with == UPGRADES)
		plan_upgrade(&p);
	if (!plan_run(&p, fault))
		return true;
	if (!go_on)
		fail_with(seed, &p, fault);
	print_message("seed %llu%s: %s\n", (unsigned long long)seed, names[with], fault);
	return false;
}

static void run_seeds(enum with with)
{
	const char *seeds = getenv("CLUSTER_SEEDS"), *one = getenv("CLUSTER_SEED");
	uint64_t own = with == UPGRADES ? UPGRADE_SEEDS : SEEDS;
	uint64_t count = seeds ? strtoull(seeds, NULL, 10) : own, well = 0;

	if (one) {
		run_seed(strtoull(one, NULL, 10), with, false);
		return;
	}
	for (uint64_t seed = 1; seed <= count; seed++)
		well += run_seed(seed, with, seeds != NULL);
	assert_int_equal(well, count);
}

/* Each of these has found a fault, as long as the plans of seeds stay as they are. */
TEST(seeds_that_once_failed_do_not)
{
	static const uint64_t seeds[] = {
		186, 474, 722, 1522, 1570, 2212, 2825, 3097, 4191, 4413, 5784};
	static const uint64_t all[] = {22, 24, 37, 101, 175, 188, 189};

	for (size_t i = 0; i < ARRAY_SIZE(seeds); i++)
		run_seed(seeds[i], PLAIN, false);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		run_seed(all[i], ALL, false);
}

TEST(after_anything_that_may_fail_all_nodes_agree)
{
	run_seeds(PLAIN);
}

TEST(they_agree_about_accounts_redactions_and_markers_too)
{
	run_seeds(ALL);
}

TEST(they_agree_although_processes_of_nodes_change)
{
	run_seeds(UPGRADES);
}
