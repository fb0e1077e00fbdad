/*
 * cluster_plan.h - a run of a world as a list of actions, made from a seed. Any of them can be left
 * out, and the rest still means the same: so a failing run can be made smaller.
 */
#ifndef CHAT_TEST_CLUSTER_PLAN_H
#define CHAT_TEST_CLUSTER_PLAN_H

#include "base/base.h"

enum {
	PLAN_ACTIONS = 256,
	PLAN_TEXT_MAX = 120,
	PLAN_FAULT_MAX = 1000,
};

enum plan_kind {
	PLAN_CONNECT,
	PLAN_HANG_UP,
	PLAN_NICK,
	PLAN_JOIN,
	PLAN_PART,
	PLAN_SAY,
	PLAN_TELL,
	PLAN_TOPIC,
	PLAN_MODE,
	PLAN_RANK,
	PLAN_KICK,
	PLAN_AWAY,
	PLAN_KILL,
	PLAN_STOP,
	PLAN_START,
	PLAN_WIPE,
	PLAN_FREEZE,
	PLAN_THAW,
	PLAN_ENGINE_AWAY,
	PLAN_ENGINE_BACK,
	PLAN_ENGINE_GONE,
	PLAN_ENGINE_THERE,
	PLAN_ENGINE_ELECTS,
	PLAN_ENGINE_LOST,
	PLAN_CUT,
	PLAN_JOIN_SIDES,
	PLAN_LOSS,
	PLAN_CLOCK,
	PLAN_PLAIN, /* so many kinds are in the plans without accounts */
	PLAN_REGISTER = PLAN_PLAIN,
	PLAN_LOGIN,
	PLAN_LOGOUT,
	PLAN_PASSWORD,
	PLAN_DROP,
	PLAN_CHANNEL,
	PLAN_CHANNEL_RANK,
	PLAN_CHANNEL_GIVE,
	PLAN_CHANNEL_DROP,
	PLAN_LINES,
	PLAN_REDACT,
	PLAN_READ,
	PLAN_KINDS,
	PLAN_UPGRADE = PLAN_KINDS, /* chosen by plan_upgrade() only */
	PLAN_ALL_KINDS,
};

struct plan_action {
	enum plan_kind kind;
	uint32_t a, b;
	nsec_t pause; /* after it */
};

struct plan {
	uint64_t seed;
	bool all; /* with accounts, and all that messages may be: PLAN_KINDS, not PLAN_PLAIN */
	int nodes;
	uint32_t count;
	struct plan_action action[PLAN_ACTIONS];
};

/* Makes the plan of a seed. */
void plan_make(struct plan *p, uint64_t seed, uint32_t actions, bool all);

/* Turns some of its actions into upgrades of nodes. */
void plan_upgrade(struct plan *p);

/* Runs it, heals everything, waits, and checks. Returns whether there is a fault, which is written.
 */
bool plan_run(const struct plan *p, char fault[PLAN_FAULT_MAX]);

/* Leaves out actions of a plan that fails, as long as it does. */
void plan_shrink(struct plan *p, const char *fault);

/* Writes an action as a line. */
void plan_print(const struct plan_action *a, char out[PLAN_TEXT_MAX]);

#endif
