/* scenario.c - one run of a scenario, from its text to its result: scenario.h. */
#include "lab/scenario/scenario.h"

#include "lab/scenario/sandbox.h"
#include "lab/scenario/task.h"
#include "lab/world/need.h"

/* The default limit of a run: duration(). */
#define LIMIT (24 * 3600 * NSEC_SEC)

static void begin(struct lab *lab, const struct scenario_options *o, struct scenario_result *r)
{
	*lab = (struct lab){.options = o, .result = r};
	*r = (struct scenario_result){0};
	world_init(&lab->world, o->seed, o->trace);
	lab->world.slow_path = o->slow_path;
	lab->limit = WORLD_START + (o->real ? o->real->limit : LIMIT);
	task_init(lab);
	node_prng(&lab->node, &lab->prng);
}

static void end(struct lab *lab)
{
	struct scenario_result *r = lab->result;

	r->end = lab->world.now - WORLD_START;
	r->packets = lab->world.packets;
	r->steps = lab->world.steps;
	for (struct lab_host *h = lab->hosts; h; h = h->next)
		host_record_counters(h->host);
	for (struct lab_host *h = lab->hosts; h; h = h->next)
		chat_program_free(h->chat);
	if (lab->lua) {
		task_free(lab);
		world_free(&lab->world);
		lua_close(lab->lua);
	} else {
		world_free(&lab->world);
	}
	while (lab->hosts) {
		struct lab_host *next = lab->hosts->next;

		free(lab->hosts);
		lab->hosts = next;
	}
}

/* The name of the file in error messages: its path, unless Lua would truncate it. */
static const char *short_name(const char *name)
{
	const char *slash = strrchr(name, '/');

	return strlen(name) >= LUA_IDSIZE && slash ? slash + 1 : name;
}

/* Loads the source as the first task. */
static bool load(struct lab *lab, const char *name, const char *source, size_t len)
{
	char chunk[256];

	snprintf(chunk, sizeof(chunk), "@%s", short_name(name));
	lab->lua = sandbox_new(lab);
	if (!lab->lua)
		return false;
	if (luaL_loadbufferx(lab->lua, source, len, chunk, "t") != LUA_OK) {
		snprintf(lab->result->error, SCENARIO_ERROR, "%s", lua_tostring(lab->lua, -1));
		return false;
	}
	task_new(lab->lua, 0, lab->world.now, NULL);
	return true;
}

/* A setting that param() never read, perhaps misspelt; NULL: none. */
static const char *unread_setting(const struct lab *lab)
{
	const char *const *settings = lab->options->settings;

	for (int i = 0; settings && settings[i]; i++)
		if (!(lab->settings_read >> i & 1))
			return settings[i];
	return NULL;
}

static bool judge(struct lab *lab, const char *name)
{
	struct scenario_result *r = lab->result;

	if (!r->broken && r->expectations == 0) {
		r->broken = true;
		snprintf(r->error, sizeof(r->error),
			"%s: nothing was expected: a scenario says with expect() what must happen",
			name);
	}
	if (!r->broken && r->failed == 0 && unread_setting(lab)) {
		r->broken = true;
		snprintf(r->error, sizeof(r->error),
			"%s: --set %s: the scenario has no param() of that name", name,
			unread_setting(lab));
	}
	return !r->broken && r->failed == 0;
}

/* A kernel may act at any time, whatever the world has planned. */
static bool may_go_on(const struct lab *lab)
{
	if (lab->over || lab->world.stuck)
		return false;
	return lab->options->real ? lab->world.now < lab->limit
				  : world_next(&lab->world) <= lab->limit;
}

/* In virtual time the next instant is that of the next event. */
static nsec_t next_instant(struct lab *lab)
{
	const struct scenario_real *r = lab->options->real;
	nsec_t next = world_next(&lab->world), now;

	if (!r)
		return next;
	now = r->wait(&lab->world, next < lab->limit ? next : lab->limit, r->ctx);
	return now < lab->limit ? now : lab->limit;
}

bool scenario_run(const char *name, const char *source, size_t len,
	const struct scenario_options *o, struct scenario_result *result)
{
	struct lab lab;
	bool ok;

	begin(&lab, o, result);
	if (load(&lab, name, source, len)) {
		for (uint64_t n = 1; may_go_on(&lab); n++) {
			world_run(&lab.world, next_instant(&lab), &lab.over);
			if (o->progress && n % SCENARIO_STEPS == 0)
				o->progress(o->ctx, lab.world.now - WORLD_START, lab.world.packets);
		}
		if (lab.world.stuck) {
			result->broken = true;
			task_fail(&lab, "",
				"time does not pass: a loop over links without delay, or of "
				"sleep(0)?");
		}
	} else {
		result->broken = true;
	}
	ok = judge(&lab, name);
	end(&lab);
	return ok;
}

bool scenario_describe(
	const char *name, const char *source, size_t len, struct scenario_result *result)
{
	static const struct scenario_options none;
	struct lab lab;

	begin(&lab, &none, result);
	lab.only_describe = true;
	if (load(&lab, name, source, len))
		world_run(&lab.world, lab.world.now, &lab.over);
	end(&lab);
	return result->title[0] != '\0';
}
