/* task.c - coroutines in virtual time: lab.h. */
#include "lab/scenario/task.h"

#include "lab/scenario/call.h"
#include "lab/world/need.h"

/* Place and time, then the message: "FILE:LINE: at 12.5 s: what". */
void task_fail(struct lab *lab, const char *where, const char *what)
{
	struct scenario_result *r = lab->result;
	double at = (double)(lab->world.now - WORLD_START) / 1e9;
	char note[SCENARIO_ERROR];

	snprintf(note, sizeof(note), "FAIL %s", what);
	node_record(&lab->node, (struct trace_event){.kind = TRACE_NOTE, .text = note});

	if (!r->error[0])
		snprintf(r->error, sizeof(r->error), "%sat %.9g s: %s", where, at, what);
}

static void ask(struct lab *lab)
{
	if (!list_empty(&lab->ready))
		node_due(&lab->node, lab->world.now);
	node_due(&lab->node, wheel_next(&lab->timers));
}

void task_ready(struct lab *lab, struct task *t)
{
	wheel_stop(&lab->timers, &t->timer);
	if (list_empty(&t->ready))
		list_add_tail(&lab->ready, &t->ready);
	ask(lab);
}

static void start_timer(struct lab *lab, struct task *t, nsec_t when)
{
	if (when < NSEC_MAX)
		wheel_start(&lab->timers, &t->timer, when);
	ask(lab);
}

void task_background(struct lab *lab, struct task *t)
{
	lab->foreground -= !t->background;
	t->background = true;
}

void task_wait(struct lab *lab, nsec_t when)
{
	start_timer(lab, lab->current, when);
}

struct task *task_new(lua_State *L, int n, nsec_t when, struct lab_host *host)
{
	struct lab *lab = lab_of(L);
	struct task *t = need(calloc(1, sizeof(*t)));

	t->host = host;
	t->thread = lua_newthread(L);
	t->ref = luaL_ref(L, LUA_REGISTRYINDEX);
	lua_xmove(L, t->thread, n + 1);
	list_init(&t->ready);
	wheel_timer_init(&t->timer);
	list_add_tail(&lab->tasks, &t->all);
	lab->foreground++;
	if (when <= lab->world.now)
		task_ready(lab, t);
	else
		start_timer(lab, t, when);
	return t;
}

static void end(struct lab *lab, struct task *t)
{
	call_interrupt(t);
	if (t->noted)
		*t->noted = NULL;
	wheel_stop(&lab->timers, &t->timer);
	list_del(&t->ready);
	list_del(&t->all);
	lab->foreground -= !t->background;
	lua_resetthread(t->thread);
	luaL_unref(lab->lua, LUA_REGISTRYINDEX, t->ref);
	free(t);
}

static void endless(lua_State *L, lua_Debug *d)
{
	luaL_error(L, "%d instructions without waiting: an endless loop?", LAB_INSTRUCTIONS);
}

void task_bound(lua_State *L)
{
	lua_sethook(L, endless, LUA_MASKCOUNT, LAB_INSTRUCTIONS);
}

void task_may_act(lua_State *L)
{
	if (lab_of(L)->filtering)
		luaL_error(L, "a filter only looks: what it wants done, or waited for, goes into "
			      "after(0, function() ... end)");
}

void task_where(lua_State *L, int level)
{
	lua_Debug d;

	for (; lua_getstack(L, level, &d); level++) {
		lua_getinfo(L, "Sl", &d);
		if (d.currentline > 0 && strcmp(d.short_src, "prelude") != 0) {
			lua_pushfstring(L, "%s:%d: ", d.short_src, d.currentline);
			return;
		}
	}
	lua_pushliteral(L, "");
}

void task_broken(struct lab *lab, lua_State *L)
{
	const char *what = lua_tostring(L, -1);

	lab->result->broken = true;
	lab->over = true;
	task_where(L, 0);
	if (what && strncmp(what, "prelude:", 8) == 0 && strstr(what, ": ")) /* name its caller */
		task_fail(lab, lua_tostring(L, -1), strstr(what, ": ") + 2);
	else
		task_fail(lab, "", what ? what : "an error that is not a string");
	lua_pop(L, 1);
}

static void resume(struct lab *lab, struct task *t)
{
	int results, status, n = lua_status(t->thread) == LUA_YIELD ? 0 : lua_gettop(t->thread) - 1;

	lab->current = t;
	task_bound(t->thread);
	status = lua_resume(t->thread, lab->lua, n, &results);
	lab->current = NULL;
	if (status == LUA_YIELD && !t->killed)
		return;
	if (status != LUA_OK && status != LUA_YIELD)
		task_broken(lab, t->thread);
	end(lab, t);
}

/* A frozen host's tasks stay on the list until it thaws. */
static struct task *next_ready(struct lab *lab)
{
	for (struct list *l = lab->ready.next; l != &lab->ready; l = l->next) {
		struct task *t = container_of(l, struct task, ready);

		if (!t->host || !t->host->frozen)
			return t;
	}
	return NULL;
}

static void run(struct node *n)
{
	struct lab *lab = container_of(n, struct lab, node);
	struct wheel_timer *timer;
	struct task *t;

	while ((timer = wheel_pop(&lab->timers, lab->world.now))) {
		t = container_of(timer, struct task, timer);
		t->timed_out = true;
		task_ready(lab, t);
	}
	while (!lab->over && (t = next_ready(lab))) {
		list_del(&t->ready);
		resume(lab, t);
	}
	if (lab->foreground == 0)
		lab->over = true;
	node_due(n, wheel_next(&lab->timers));
}

static void forward(struct node *n, int port, struct packet *p)
{
	packet_drop(n, p, "no host");
}

static void nothing(struct node *n)
{
}

static const struct node_ops task_ops = {forward, run, nothing};

void task_init(struct lab *lab)
{
	lab->node.ops = &task_ops;
	list_init(&lab->tasks);
	list_init(&lab->ready);
	wheel_init(&lab->timers, lab->world.now, 1);
	world_add(&lab->world, &lab->node, "scenario", false);
}

void task_free(struct lab *lab)
{
	while (!list_empty(&lab->tasks))
		end(lab, container_of(lab->tasks.next, struct task, all));
}

void task_kill_all(struct lab *lab, struct lab_host *h)
{
	struct list *next;

	for (struct list *l = lab->tasks.next; l != &lab->tasks; l = next) {
		struct task *t = container_of(l, struct task, all);

		next = l->next;
		if (t->host == h && t == lab->current)
			t->killed = true;
		else if (t->host == h)
			end(lab, t);
		else if (t->call && call_is_on(t->call, h))
			call_fail(t);
	}
}

void task_thaw(struct lab *lab, struct lab_host *h)
{
	h->frozen = false;
	ask(lab);
}
