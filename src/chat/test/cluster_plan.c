/* cluster_plan.c - plans: how they are made, run and made smaller: cluster_plan.h. */
#include "chat/test/cluster_plan.h"

#include "base/prng.h"
#include "base/test/test.h"
#include "chat/cluster/compare.h"
#include "chat/test/cluster_check.h"
#include "chat/test/cluster_upgrade.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	NICKS = 10,
	CHANNELS = WORLD_CHANNELS,
	PASSWORDS = 3,
	FIRST = 16, /* actions that bring users */
	UPGRADE_ONE_IN = 6,
	UPGRADES = 0x75706772, /* makes other numbers of a seed */
	FAULT_KIND = 4,        /* characters that distinguish faults */
};

#define SETTLE (40 * NSEC_SEC) /* after all faults have ended */

/* How often a kind of action is chosen, against the others. */
static const struct {
	const char *name;
	uint32_t weight;
} kinds[] = {
	[PLAN_CONNECT] = {"connect", 12},
	[PLAN_HANG_UP] = {"hang up", 4},
	[PLAN_NICK] = {"nick", 8},
	[PLAN_JOIN] = {"join", 14},
	[PLAN_PART] = {"part", 5},
	[PLAN_SAY] = {"say", 24},
	[PLAN_TELL] = {"tell", 6},
	[PLAN_TOPIC] = {"topic", 6},
	[PLAN_MODE] = {"mode", 10},
	[PLAN_RANK] = {"rank", 6},
	[PLAN_KICK] = {"kick", 3},
	[PLAN_AWAY] = {"away", 3},
	[PLAN_KILL] = {"kill", 3},
	[PLAN_STOP] = {"stop", 2},
	[PLAN_START] = {"start", 5},
	[PLAN_WIPE] = {"wipe", 1},
	[PLAN_FREEZE] = {"freeze", 3},
	[PLAN_THAW] = {"thaw", 4},
	[PLAN_ENGINE_AWAY] = {"engine away", 3},
	[PLAN_ENGINE_BACK] = {"engine back", 4},
	[PLAN_ENGINE_GONE] = {"engine gone", 1},
	[PLAN_ENGINE_THERE] = {"engine there", 3},
	[PLAN_ENGINE_ELECTS] = {"engine elects", 2},
	[PLAN_ENGINE_LOST] = {"engine lost its data", 1},
	[PLAN_CUT] = {"cut", 4},
	[PLAN_JOIN_SIDES] = {"join sides", 5},
	[PLAN_LOSS] = {"loss", 2},
	[PLAN_CLOCK] = {"clock", 2},
	[PLAN_REGISTER] = {"register", 10},
	[PLAN_LOGIN] = {"login", 8},
	[PLAN_LOGOUT] = {"logout", 2},
	[PLAN_PASSWORD] = {"password", 5},
	[PLAN_DROP] = {"drop", 1},
	[PLAN_CHANNEL] = {"register channel", 8},
	[PLAN_CHANNEL_RANK] = {"rank in channel", 6},
	[PLAN_CHANNEL_GIVE] = {"give channel", 3},
	[PLAN_CHANNEL_DROP] = {"drop channel", 3},
	[PLAN_LINES] = {"say lines", 8},
	[PLAN_REDACT] = {"redact", 12},
	[PLAN_READ] = {"read", 10},
	[PLAN_UPGRADE] = {"upgrade", 0},
};

_Static_assert(ARRAY_SIZE(kinds) == PLAN_ALL_KINDS, "a row each");

/* --- making --- */

static enum plan_kind choose(struct prng *r, int count)
{
	uint32_t sum = 0, at;
	int kind = 0;

	for (int i = 0; i < count; i++)
		sum += kinds[i].weight;
	at = (uint32_t)prng_below(r, sum);
	while (at >= kinds[kind].weight)
		at -= kinds[kind++].weight;
	return (enum plan_kind)kind;
}

/* Mostly short: what happens at once is what goes wrong. */
static nsec_t pause_of(struct prng *r)
{
	static const int64_t most[] = {1, 10, 100, 100, 1000, 1000, 5000, 12000};

	return (nsec_t)prng_below(r, (uint64_t)most[prng_below(r, ARRAY_SIZE(most))] + 1) *
	       NSEC_MSEC;
}

void plan_make(struct plan *p, uint64_t seed, uint32_t actions, bool all)
{
	struct prng r;

	prng_seed(&r, seed);
	*p = (struct plan){
		.seed = seed, .all = all, .nodes = 2 + (int)prng_below(&r, 3), .count = actions};
	assert(actions <= PLAN_ACTIONS);
	for (uint32_t i = 0; i < actions; i++) {
		enum plan_kind kind =
			i < FIRST ? PLAN_CONNECT : choose(&r, all ? PLAN_KINDS : PLAN_PLAIN);

		if (i < FIRST && i % 2)
			kind = PLAN_JOIN;
		p->action[i] = (struct plan_action){kind, (uint32_t)prng_u64(&r) % 1000,
			(uint32_t)prng_u64(&r) % 1000, pause_of(&r)};
		if (i < FIRST)
			p->action[i].a = i / 2;
		if (kind == PLAN_CONNECT && i < FIRST)
			p->action[i].b = i / 2;
	}
}

/* Some actions become upgrades. */
void plan_upgrade(struct plan *p)
{
	struct prng r;

	prng_seed(&r, p->seed ^ UPGRADES);
	for (uint32_t i = FIRST; i < p->count; i++)
		if (prng_below(&r, UPGRADE_ONE_IN) == 0)
			p->action[i].kind = PLAN_UPGRADE;
}

void plan_print(const struct plan_action *a, char out[PLAN_TEXT_MAX])
{
	snprintf(out, PLAN_TEXT_MAX, "{%d, %u, %u, %lld * NSEC_MSEC}, %s", (int)a->kind,
		(unsigned)a->a, (unsigned)a->b, (long long)(a->pause / NSEC_MSEC),
		kinds[a->kind].name);
}

/* --- running --- */

static const char *nick_of(uint32_t i)
{
	static const char *const nicks[NICKS] = {
		"ann", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ivy", "joe"};

	return nicks[i % NICKS];
}

static const char *channel_of(uint32_t i)
{
	static const char *const channels[CHANNELS] = {"#a", "#b", "#c"};

	return channels[i % CHANNELS];
}

static void change_mode(struct world *w, int client, uint32_t b)
{
	static const char *const modes[] = {"+m", "-m", "-m", "+s", "-s", "+i", "-i", "-i",
		"+k key", "-k key", "+l 10", "-l", "-t", "+t", "+b x!*@*", "-b x!*@*", "+b y!*@*",
		"+e z!*@*", "+j 5:10", "-j"};
	char line[100];

	snprintf(line, sizeof(line), "MODE %s %s", channel_of(b),
		modes[b / CHANNELS % ARRAY_SIZE(modes)]);
	world_line(w, client, line);
}

static void change_rank(struct world *w, int client, uint32_t b)
{
	static const char *const ranks[] = {"+o", "-o", "+v", "-v", "+o"};
	char line[100];

	snprintf(line, sizeof(line), "MODE %s %s %s", channel_of(b),
		ranks[b / CHANNELS % ARRAY_SIZE(ranks)], nick_of(b / 7));
	world_line(w, client, line);
}

static void say_line(
	struct world *w, int client, const char *command, const char *what, const char *rest)
{
	char line[200];

	snprintf(line, sizeof(line), "%s %s%s", command, what, rest);
	world_line(w, client, line);
}

/* Carries out an action of a user. */
static void act_user(struct world *w, const struct plan_action *a)
{
	int client = (int)(a->a % WORLD_CLIENTS);
	const char *channel = channel_of(a->b), *nick = nick_of(a->b / CHANNELS);
	char text[64];

	snprintf(text, sizeof(text), " :text %u", (unsigned)a->b);
	switch (a->kind) {
	case PLAN_CONNECT: world_connect(w, client, nick_of(a->b)); break;
	case PLAN_HANG_UP: world_hang_up(w, client); break;
	case PLAN_NICK: say_line(w, client, "NICK", nick_of(a->b), ""); break;
	case PLAN_JOIN: say_line(w, client, "JOIN", channel, ""); break;
	case PLAN_PART: say_line(w, client, "PART", channel, ""); break;
	case PLAN_SAY: world_say(w, client, channel); break;
	case PLAN_TELL: world_say(w, client, nick); break;
	case PLAN_TOPIC: say_line(w, client, "TOPIC", channel, text); break;
	case PLAN_MODE: change_mode(w, client, a->b); break;
	case PLAN_RANK: change_rank(w, client, a->b); break;
	case PLAN_KICK:
		snprintf(text, sizeof(text), " %s", nick);
		say_line(w, client, "KICK", channel, text);
		break;
	default: say_line(w, client, "AWAY", "", a->b % 2 ? text : ""); break;
	}
}

/* An account of two users, or more, may be registered on several nodes at once. */
static void act_account(struct world *w, const struct plan_action *a)
{
	int client = (int)(a->a % WORLD_CLIENTS);
	const char *nick = nick_of(a->b / PASSWORDS);
	unsigned password = a->b % PASSWORDS;
	char line[100];

	switch (a->kind) {
	case PLAN_REGISTER:
		snprintf(line, sizeof(line), "REGISTER * * password%u", password);
		break;
	case PLAN_LOGIN:
		snprintf(line, sizeof(line), "NS IDENTIFY %s password%u", nick, password);
		break;
	case PLAN_LOGOUT: snprintf(line, sizeof(line), "NS LOGOUT"); break;
	case PLAN_PASSWORD:
		snprintf(line, sizeof(line), "NS SET PASSWORD password%u", password);
		break;
	default: world_drop(w, client, nick); return;
	}
	world_line(w, client, line);
}

static void act_registered(struct world *w, const struct plan_action *a)
{
	static const char *const ranks[] = {"+o", "+v", "-o", "+h", "-v"};
	int client = (int)(a->a % WORLD_CLIENTS);
	const char *channel = channel_of(a->b), *nick = nick_of(a->b / CHANNELS);
	char line[100];

	switch (a->kind) {
	case PLAN_CHANNEL: snprintf(line, sizeof(line), "CS REGISTER %s", channel); break;
	case PLAN_CHANNEL_RANK:
		snprintf(line, sizeof(line), "CS AMODE %s %s %s", channel,
			ranks[a->b / 7 % ARRAY_SIZE(ranks)], nick);
		break;
	case PLAN_CHANNEL_GIVE:
		snprintf(line, sizeof(line), "CS TRANSFER %s %s", channel, nick);
		break;
	default: snprintf(line, sizeof(line), "CS DROP %s", channel); break;
	}
	world_line(w, client, line);
}

/* Multiline messages, redactions, read markers. */
static void act_message(struct world *w, const struct plan_action *a)
{
	int client = (int)(a->a % WORLD_CLIENTS);
	const char *target = a->b % 4 ? channel_of(a->b / 4) : nick_of(a->b / 4);

	switch (a->kind) {
	case PLAN_LINES: world_say_lines(w, client, target); break;
	case PLAN_REDACT: world_redact(w, client, a->b); break;
	default: world_read(w, client, target, (nsec_t)(a->b % 30) * NSEC_SEC); break;
	}
}

/* Begins a fault, or ends one. */
static void act_fault(struct world *w, const struct plan_action *a)
{
	int node = (int)(a->a % (uint32_t)w->nodes);

	switch (a->kind) {
	case PLAN_KILL: world_kill(w, node); break;
	case PLAN_STOP: world_stop(w, node); break;
	case PLAN_START: world_start(w, node); break;
	case PLAN_WIPE: world_wipe(w, node); break;
	case PLAN_FREEZE: world_freeze(w, node, true); break;
	case PLAN_THAW: world_freeze(w, node, false); break;
	case PLAN_ENGINE_AWAY: world_engine(w, node, false); break;
	case PLAN_ENGINE_BACK: world_engine(w, node, true); break;
	case PLAN_ENGINE_GONE: world_engine(w, -1, false); break;
	case PLAN_ENGINE_THERE: world_engine(w, -1, true); break;
	case PLAN_ENGINE_ELECTS:
		bus_model_elect(w->engine, w->now + (nsec_t)(a->b % 8) * NSEC_SEC);
		break;
	case PLAN_ENGINE_LOST: world_lose_engine(w); break;
	case PLAN_CUT: world_cut(w, a->b % (1u << w->nodes)); break;
	case PLAN_JOIN_SIDES: world_cut(w, 0); break;
	case PLAN_LOSS: world_lose_messages(w, a->b % 200); break;
	case PLAN_UPGRADE: world_upgrade(w, node, a->b % 3 == 0); break;
	default: world_clock(w, node, (nsec_t)(a->b % 80) * NSEC_SEC - 40 * NSEC_SEC); break;
	}
}

bool plan_run(const struct plan *p, char fault[PLAN_FAULT_MAX])
{
	struct world *w = world_new(p->seed, p->nodes, p->all);
	bool found;

	assert_non_null(w);
	for (uint32_t i = 0; i < p->count; i++) {
		const struct plan_action *a = &p->action[i];

		if (a->kind <= PLAN_AWAY)
			act_user(w, a);
		else if (a->kind < PLAN_PLAIN || a->kind == PLAN_UPGRADE)
			act_fault(w, a);
		else if (a->kind < PLAN_CHANNEL)
			act_account(w, a);
		else if (a->kind < PLAN_LINES)
			act_registered(w, a);
		else
			act_message(w, a);
		world_pass(w, a->pause);
	}
	world_heal(w);
	world_pass(w, SETTLE);
	found = cluster_check(w, fault, PLAN_FAULT_MAX);
	if (found && w->all && w->lossy) {
		world_pass(w, COMPARE_EVERY + SETTLE); /* records that were lost come with that */
		found = cluster_check(w, fault, PLAN_FAULT_MAX);
	}
	world_free(w);
	return found;
}

/* --- making smaller --- */

/* Whether it still fails, alike, without the actions from `at` on. If not it is as it was. */
static bool leave_out(struct plan *p, const char *was, uint32_t at, uint32_t count)
{
	struct plan less = *p;
	char fault[PLAN_FAULT_MAX];

	memmove(&less.action[at], &less.action[at + count],
		(less.count - at - count) * sizeof(less.action[0]));
	less.count -= count;
	if (!plan_run(&less, fault) || strncmp(was, fault, FAULT_KIND) != 0)
		return false;
	*p = less;
	return true;
}

void plan_shrink(struct plan *p, const char *fault)
{
	bool smaller;

	do {
		smaller = false;
		for (uint32_t size = p->count / 2; size > 0; size /= 2)
			for (uint32_t at = p->count; at >= size; at--)
				if (at - size <= p->count - size && at <= p->count)
					smaller |= leave_out(p, fault, at - size, size);
	} while (smaller);
}
