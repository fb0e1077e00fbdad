/* store_test.c - the SQLite store: order, replies, queries against an obvious oracle. */
#include "base/prng.h"
#include "base/test/test.h"
#include "chat/store/store_null.h"
#include "chat/test/store_fixture.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

enum {
	MESSAGES = 400,
	QUERIES = 3000,
};

struct order {
	uint64_t next;
	bool broken;
};

static void note_order(void *arg, const struct store_reply *r)
{
	struct order *o = ((struct order **)arg)[0];
	uint64_t mine = (uint64_t)(uintptr_t)((void **)arg)[1];

	if (mine != o->next || r->status != STORE_OK)
		o->broken = true;
	o->next++;
}

TEST(answers_come_in_the_order_of_requests)
{
	static void *args[2000][2];
	struct store_fixture t;
	struct order o = {0, false};

	fixture_start(&t);
	for (size_t i = 0; i < ARRAY_SIZE(args); i++) {
		struct fixture_append a = {.a = i % 3 ? "#a" : "#b",
			.params = "x",
			.id = i + 1,
			.done = note_order,
			.arg = args[i]};
		args[i][0] = &o;
		args[i][1] = (void *)i;
		assert_int_equal(fixture_submit(&t, &a), STORE_OK);
		if (i % 7 == 0)
			store_flush(t.store);
		if (i % 50 == 0)
			store_complete(t.store);
	}
	store_drain(t.store);
	assert_false(o.broken);
	assert_int_equal(o.next, ARRAY_SIZE(args));
	assert_int_equal(t.store->seen.last_id, ARRAY_SIZE(args));
	fixture_end(&t);
}

/* What one query gave, by id. */
struct answer {
	enum store_status status;
	uint32_t count, taken;
	uint64_t ids[STORE_PAGE_MAX];
	int64_t marker;
	char text[2048];
};

static void note_page(void *arg, const struct store_reply *r)
{
	struct answer *a = arg;

	a->status = r->status;
	a->count = r->count;
	for (uint32_t i = 0; i < r->count; i++)
		a->ids[i] = r->ids[i];
}

static struct answer ask(struct store_fixture *t, const struct store_history *h)
{
	struct store_request r = {.op = STORE_HISTORY, .done = note_page};
	static struct answer a;

	r.arg = &a;
	r.u.history = *h;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return a;
}

static void note_rows(void *arg, const struct store_reply *r)
{
	struct answer *a = arg;

	a->status = r->status;
	a->count = r->count;
	a->taken = r->taken;
	for (uint32_t i = 0; i < r->count; i++)
		a->ids[i] = r->msgs[i].id;
	if (r->count && r->msgs[0].id == 77) {
		assert_int_equal(r->msgs[0].ms, 12345);
		assert_int_equal(r->msgs[0].author, 99);
		assert_int_equal(r->msgs[0].use, 4000000000u);
		assert_int_equal(r->msgs[0].params.len, 11);
		assert_memory_equal(r->msgs[0].params.p, "#a :x\0y\nz\xff", 11);
	}
}

/* The messages of these ids. */
static struct answer rows(struct store_fixture *t, const uint64_t *ids, uint32_t count)
{
	static struct answer a;
	struct store_request r = {.op = STORE_ROWS, .done = note_rows, .arg = &a};

	r.u.rows = (struct store_rows){ids, count};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(a.status, STORE_OK);
	return a;
}

TEST(a_message_comes_back_as_it_went_in)
{
	struct store_fixture t;
	struct store_request r = {.op = STORE_APPEND};
	struct store_msg m = {.id = 77,
		.ms = 12345,
		.author = 99,
		.use = 4000000000u,
		.params = {"#a :x\0y\nz\xff", 11},
		.tags = {"+a=b", 4}};

	fixture_start(&t);
	m.source = text("n!u@h");
	m.account = text("acc");
	m.command = text("NOTICE");
	r.u.append = (struct store_append){{text("#a"), text("")}, m, true};
	assert_int_equal(store_submit(t.store, &r), STORE_OK);
	store_close(t.store);
	fixture_open(&t);
	assert_int_equal(t.store->seen.last_id, 77);

	struct store_history h = {
		.target = {text("#a"), text("")}, .select = STORE_LATEST, .limit = 10};
	assert_int_equal(ask(&t, &h).count, 1);
	assert_int_equal(ask(&t, &h).ids[0], 77);
	assert_int_equal(rows(&t, (const uint64_t[]){5, 77, 78}, 3).count, 1);
	fixture_end(&t);
}

/* The obvious store: all of them, looked at one by one. */
struct oracle {
	struct {
		uint64_t id;
		bool event;
		int target;
	} m[MESSAGES];
	size_t count;
};

static bool is_before(uint64_t id, const struct store_point *p)
{
	return p->kind == STORE_AT_MSGID ? id < p->id : msgid_ms(id) < p->ms;
}

static bool is_after(uint64_t id, const struct store_point *p)
{
	return p->kind == STORE_AT_MSGID ? id > p->id : msgid_ms(id) > p->ms;
}

/* Keeps at most limit ids of the visible ones for which before/after hold; newest or oldest. whole:
 * and the rest of the millisecond where they end. */
static uint32_t pick(
	const uint64_t *all, uint32_t n, uint32_t limit, bool newest, bool whole, uint64_t *out)
{
	uint32_t first = newest && n > limit ? n - limit : 0;
	uint32_t end = newest || n < limit ? n : limit;

	if (limit == 0)
		return 0;
	while (whole && newest && first > 0 && msgid_ms(all[first - 1]) == msgid_ms(all[first]))
		first--;
	while (whole && !newest && end > 0 && end < n &&
		msgid_ms(all[end]) == msgid_ms(all[end - 1]))
		end++;
	memcpy(out, all + first, (end - first) * sizeof(*out));
	return end - first;
}

static bool from_is_later(const struct store_point *a, const struct store_point *b)
{
	uint64_t x = a->kind == STORE_AT_MSGID ? a->id : msgid_floor(a->ms);
	uint64_t y = b->kind == STORE_AT_MSGID ? b->id : msgid_floor(b->ms);

	return x > y;
}

static bool matches(uint64_t id, const struct store_history *h)
{
	bool swap;

	switch (h->select) {
	case STORE_BEFORE: return is_before(id, &h->from);
	case STORE_AFTER: return is_after(id, &h->from);
	case STORE_LATEST: return h->from.kind == STORE_AT_NONE || is_after(id, &h->from);
	case STORE_BETWEEN:
		swap = from_is_later(&h->from, &h->to);
		return is_after(id, swap ? &h->to : &h->from) &&
		       is_before(id, swap ? &h->from : &h->to);
	case STORE_AROUND: break;
	}
	return false;
}

static uint32_t oracle_ask(
	const struct oracle *o, int target, const struct store_history *h, uint64_t *out)
{
	uint64_t hit[MESSAGES], rest[MESSAGES];
	uint32_t hits = 0, rests = 0, n;
	bool whole = h->from.kind != STORE_AT_MSGID;

	for (size_t i = 0; i < o->count; i++) {
		uint64_t id = o->m[i].id;
		if (o->m[i].target != target || (o->m[i].event && !h->events) || id <= h->after)
			continue;
		if (h->select == STORE_AROUND ? is_before(id, &h->from) : matches(id, h))
			hit[hits++] = id;
		else
			rest[rests++] = id;
	}
	if (h->select == STORE_AROUND) {
		n = pick(hit, hits, h->limit / 2, true, whole, out);
		return n + pick(rest, rests, (h->limit + 1) / 2, false, whole, out + n);
	}
	return pick(hit, hits, h->limit,
		h->select == STORE_BEFORE || h->select == STORE_LATEST ||
			(h->select == STORE_BETWEEN && from_is_later(&h->from, &h->to)),
		whole, out);
}

static const struct store_target targets[] = {
	{{"#a", 2}, {"", 0}}, {{"#b", 2}, {"", 0}}, {{"bob", 3}, {"alice", 5}}};

static void fill(struct store_fixture *t, struct oracle *o, struct prng *p)
{
	struct msgid_maker maker = {0};
	nsec_t wall = 1000 * NSEC_SEC;

	for (o->count = 0; o->count < MESSAGES; o->count++) {
		int target = (int)prng_below(p, ARRAY_SIZE(targets));
		bool event = prng_below(p, 4) == 0;
		if (prng_below(p, 2)) /* often several in one millisecond */
			wall += (nsec_t)prng_below(p, 3) * NSEC_MSEC;
		o->m[o->count].id = msgid_next(&maker, wall);
		o->m[o->count].event = event;
		o->m[o->count].target = target;
		struct store_request r = {.op = STORE_APPEND};
		r.u.append.target = targets[target];
		r.u.append.msg.id = maker.last;
		r.u.append.msg.ms = msgid_ms(maker.last);
		r.u.append.msg.event = event;
		assert_int_equal(store_submit(t->store, &r), STORE_OK);
	}
	store_drain(t->store);
}

/* A millisecond or a message of this target. */
static struct store_point any_point(const struct oracle *o, int target, struct prng *p)
{
	size_t i = prng_below(p, o->count);
	struct store_point at = {.kind = STORE_AT_MS, .ms = msgid_ms(o->m[i].id)};

	at.ms += (int64_t)prng_below(p, 3) - 1;
	if (prng_below(p, 2) && o->m[i].target == target)
		at = (struct store_point){.kind = STORE_AT_MSGID, .id = o->m[i].id};
	return at;
}

TEST(every_form_of_query_agrees_with_the_oracle)
{
	static struct oracle o;
	static uint64_t want[2 * MESSAGES];
	struct store_fixture t;
	struct prng p;

	prng_seed(&p, 42);
	fixture_start(&t);
	fill(&t, &o, &p);
	for (int i = 0; i < QUERIES; i++) {
		int target = (int)prng_below(&p, ARRAY_SIZE(targets));
		struct store_history h = {.target = targets[target],
			.select = (enum store_select)prng_below(&p, 5),
			.from = any_point(&o, target, &p),
			.to = any_point(&o, target, &p),
			.limit = (uint32_t)prng_below(&p, 40),
			.events = prng_below(&p, 2)};
		if (h.select == STORE_LATEST && prng_below(&p, 2))
			h.from.kind = STORE_AT_NONE;
		if (prng_below(&p, 4) == 0)
			h.after = o.m[prng_below(&p, o.count)].id;
		if (target == 2 && prng_below(&p, 2)) /* either name may come first */
			h.target = (struct store_target){targets[2].b, targets[2].a};
		struct answer got = ask(&t, &h);
		uint32_t n = oracle_ask(&o, target, &h, want);
		assert_int_equal(got.status, STORE_OK);
		assert_int_equal(got.count, n);
		assert_memory_equal(got.ids, want, n * sizeof(want[0]));
	}
	fixture_end(&t);
}

static enum store_status by_key(
	struct store_fixture *t, enum store_op op, const char *a, uint64_t id)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.op = op, .done = note_status, .arg = &status};

	r.u.key = (struct store_key){{text(a), text("")}, id, 0};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return status;
}

TEST(a_message_that_is_not_there_stands_for_its_time)
{
	struct store_fixture t;
	struct store_history h = {.target = {text("#a"), text("")},
		.select = STORE_AFTER,
		.from = {.kind = STORE_AT_MSGID, .id = 5},
		.limit = 10};

	fixture_start(&t);
	for (uint64_t ms = 3; ms <= 7; ms++)
		assert_int_equal(fixture_put(&t, "#a", msgid_floor((int64_t)ms)), STORE_OK);
	assert_int_equal(by_key(&t, STORE_DELETE, "#a", msgid_floor(5)), STORE_OK);
	h.from.id = msgid_floor(5);
	assert_int_equal(ask(&t, &h).count, 2);
	assert_int_equal(ask(&t, &h).ids[0], msgid_floor(6));
	h.select = STORE_BEFORE;
	assert_int_equal(ask(&t, &h).count, 2);
	assert_int_equal(ask(&t, &h).ids[1], msgid_floor(4));
	h.select = STORE_AROUND;
	assert_int_equal(ask(&t, &h).count, 4);
	h.select = STORE_BETWEEN;
	h.to = (struct store_point){.kind = STORE_AT_MSGID, .id = msgid_floor(7)};
	assert_int_equal(ask(&t, &h).count, 1);
	h.target.a = text("#c");
	h.from.kind = STORE_AT_NONE;
	h.select = STORE_LATEST;
	assert_int_equal(ask(&t, &h).status, STORE_OK);
	assert_int_equal(ask(&t, &h).count, 0);
	fixture_end(&t);
}

/* Three messages by a clock that is then set back by a minute, and two after that. */
TEST(where_the_clock_went_back_order_is_by_time_and_paging_finds_all)
{
	static const int64_t times[] = {100000, 100001, 160000, 100002, 100003};
	struct msgid_maker maker = {0};
	struct store_fixture t;
	struct store_history h = {.target = {text("#a"), text("")}, .limit = 2};
	uint64_t ids[ARRAY_SIZE(times)];

	fixture_start(&t);
	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		ids[i] = msgid_next(&maker, times[i] * NSEC_MSEC);
		struct fixture_append a = {.a = "#a", .id = ids[i], .ms = times[i]};
		assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	}
	h.select = STORE_AFTER;
	h.from = (struct store_point){.kind = STORE_AT_MS, .ms = 100001};
	struct answer a = ask(&t, &h);
	assert_int_equal(a.count, 2);
	assert_true(a.ids[0] == ids[3] && a.ids[1] == ids[4]);
	h.from = (struct store_point){.kind = STORE_AT_MSGID, .id = ids[4]};
	a = ask(&t, &h);
	assert_true(a.count == 1 && a.ids[0] == ids[2]);
	h.select = STORE_BEFORE;
	a = ask(&t, &h);
	assert_true(a.count == 2 && a.ids[0] == ids[1] && a.ids[1] == ids[3]);
	fixture_end(&t);
}

TEST(rows_come_in_pieces_that_are_bounded)
{
	static char big[STORE_ROWS_BYTES / 2];
	uint64_t ids[] = {1, 2, 3, 4, 5};
	struct store_fixture t;

	memset(big, 'x', sizeof(big) - 1);
	fixture_start(&t);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct fixture_append a = {.a = "#a", .params = big, .id = ids[i]};
		assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	}
	assert_int_equal(by_key(&t, STORE_DELETE, "#a", 2), STORE_OK);
	struct answer a = rows(&t, ids, 5);
	assert_true(a.count == 2 && a.taken == 3 && a.ids[1] == 3);
	a = rows(&t, ids + 3, 2);
	assert_true(a.count == 2 && a.taken == 2 && a.ids[0] == 4);
	fixture_end(&t);
}

TEST(a_page_by_time_does_not_end_inside_a_millisecond)
{
	struct store_fixture t;
	struct store_history h = {
		.target = {text("#a"), text("")}, .select = STORE_LATEST, .limit = 2};

	fixture_start(&t);
	for (uint64_t id = 1; id <= 6; id++) {
		struct fixture_append a = {.a = "#a", .id = id, .ms = id < 6 ? 7 : 8};
		assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	}
	assert_int_equal(ask(&t, &h).count, 6);
	h.select = STORE_BEFORE;
	h.from = (struct store_point){.kind = STORE_AT_MS, .ms = 8};
	assert_int_equal(ask(&t, &h).count, 5);
	h.from = (struct store_point){.kind = STORE_AT_MSGID, .id = 6};
	assert_int_equal(ask(&t, &h).count, 2);
	fixture_end(&t);
}

static void tell(struct store_fixture *t, enum store_op op, struct store_channel c)
{
	enum store_status status = STORE_STATUS_COUNT;
	struct store_request r = {.op = op, .done = note_status, .arg = &status};

	r.u.channel = c;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(status, STORE_OK);
}

/* How many messages a channel of that name has that began then. */
static uint32_t past(struct store_fixture *t, const char *name, uint64_t begun)
{
	struct store_history h = {.target = {text(name), text("")},
		.select = STORE_LATEST,
		.limit = 10,
		.begun = begun};

	return ask(t, &h).count;
}

static void say(struct store_fixture *t, const char *name, uint64_t id, bool open)
{
	struct fixture_append a = {.a = name, .id = id, .open = open};

	assert_int_equal(fixture_submit(t, &a), STORE_OK);
}

TEST(a_channel_has_the_past_since_it_began)
{
	struct store_channel c = {.name = text("#a"), .begun = 10};
	struct store_fixture t;

	fixture_start(&t);
	tell(&t, STORE_CHANNEL_BEGIN, c);
	say(&t, "#a", 11, true);
	say(&t, "#a", 12, true);
	assert_int_equal(past(&t, "#a", 10), 2);
	tell(&t, STORE_CHANNEL_END, c);
	c.begun = 20;
	assert_int_equal(past(&t, "#a", 20), 0); /* even if the store has not heard of it */
	tell(&t, STORE_CHANNEL_BEGIN, c);
	assert_int_equal(past(&t, "#a", 20), 0);
	say(&t, "#a", 21, true);
	assert_int_equal(past(&t, "#a", 20), 1);
	assert_int_equal(by_key(&t, STORE_FIND, "#a", 12), STORE_OK);
	struct store_request r = {.op = STORE_DELETE};
	r.u.key = (struct store_key){{text("#a"), text("")}, 12, 20};
	assert_int_equal(store_submit(t.store, &r), STORE_OK);
	assert_int_equal(by_key(&t, STORE_FIND, "#a", 12), STORE_OK);
	fixture_end(&t);
}

TEST(after_a_restart_only_an_open_channel_has_its_past)
{
	static const char *const names[] = {"#open", "#closed", "#was-open", "#ended"};
	static const uint32_t want[] = {2, 0, 0, 0};
	struct store_fixture t;

	fixture_start(&t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct store_channel c = {.name = text(names[i]), .begun = 10};
		tell(&t, STORE_CHANNEL_BEGIN, c);
		say(&t, names[i], 11 + 2 * i, i != 1);
		say(&t, names[i], 12 + 2 * i, i != 1 && i != 2);
		if (i == 3)
			tell(&t, STORE_CHANNEL_END, c);
	}
	store_close(t.store);
	fixture_open(&t);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct store_channel c = {.name = text(names[i]), .begun = 100};
		assert_int_equal(past(&t, names[i], 100), 0);
		tell(&t, STORE_CHANNEL_BEGIN, c);
		assert_int_equal(past(&t, names[i], 100), want[i]);
	}
	fixture_end(&t);
}

TEST(a_renamed_channel_takes_its_past_along)
{
	struct store_channel old = {.name = text("#old"), .begun = 10}, new = old;
	struct store_fixture t;

	fixture_start(&t);
	tell(&t, STORE_CHANNEL_BEGIN, old);
	say(&t, "#old", 11, false);
	new.name = text("#new");
	new.begun = 12;
	tell(&t, STORE_CHANNEL_BEGIN, new);
	say(&t, "#new", 13, true);
	tell(&t, STORE_CHANNEL_END, new);
	old.to = text("#new");
	old.renamed = 20;
	tell(&t, STORE_CHANNEL_RENAME, old);
	assert_int_equal(past(&t, "#new", 20), 1);
	assert_int_equal(past(&t, "#old", 21), 0);
	say(&t, "#new", 22, false);
	assert_int_equal(past(&t, "#new", 20), 2);
	fixture_end(&t);
}

TEST(an_id_is_kept_once)
{
	struct store_fixture t;

	fixture_start(&t);
	assert_int_equal(fixture_put(&t, "#a", 4), STORE_OK);
	assert_int_equal(fixture_put(&t, "#a", 4), STORE_INVALID);
	assert_int_equal(fixture_put(&t, "#a", 5), STORE_OK);
	assert_int_equal(t.store->seen.health, STORE_OK);
	fixture_end(&t);
}

static void note_targets(void *arg, const struct store_reply *r)
{
	struct answer *a = arg;

	a->status = r->status;
	a->text[0] = '\0';
	for (uint32_t i = 0; i < r->count; i++)
		snprintf(a->text + strlen(a->text), sizeof(a->text) - strlen(a->text), "%.*s@%lld ",
			(int)r->targets[i].name.len, r->targets[i].name.p,
			(long long)r->targets[i].last_ms);
}

static const char *ask_targets(struct store_fixture *t, int64_t from, int64_t to, uint32_t limit)
{
	static const struct store_channel channels[] = {
		{.name = {"#a", 2}}, {.name = {"#none", 5}}, {.name = {"#b", 2}}};
	static struct answer a;
	struct store_request r = {.op = STORE_TARGETS, .done = note_targets, .arg = &a};

	r.u.targets = (struct store_targets){{"bob", 3}, channels, 3, from, to, limit, 0};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(a.status, STORE_OK);
	return a.text;
}

TEST(targets_are_those_with_a_newest_message_between_two_times)
{
	static const struct fixture_append appends[] = {{.a = "#a", .id = 1}, {.a = "#b", .id = 2},
		{.a = "bob", .b = "alice", .id = 3}, {.a = "zed", .b = "bob", .id = 4},
		{.a = "#secret", .id = 4}, {.a = "alice", .b = "zed", .id = 5},
		{.a = "#a", .id = 6}, {.a = "#b", .id = 9, .event = true},
		{.a = "bob", .b = "bob", .id = 8}};
	struct store_fixture t;

	fixture_start(&t);
	for (size_t i = 0; i < ARRAY_SIZE(appends); i++) {
		struct fixture_append a = appends[i];
		a.id = msgid_floor((int64_t)a.id * 1000) + i;
		assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	}
	assert_string_equal(
		ask_targets(&t, 0, 100000, 50), "#b@2000 alice@3000 zed@4000 #a@6000 bob@8000 ");
	assert_string_equal(ask_targets(&t, 100000, 0, 3), "bob@8000 #a@6000 zed@4000 ");
	assert_string_equal(ask_targets(&t, 2000, 6000, 50), "alice@3000 zed@4000 ");
	fixture_end(&t);
}

static void note_marker(void *arg, const struct store_reply *r)
{
	assert_int_equal(r->status, STORE_OK);
	*(int64_t *)arg = r->marker_ms;
}

static int64_t marker(struct store_fixture *t, enum store_op op, const char *target, int64_t ms)
{
	int64_t got = -2;
	struct store_request r = {.op = op, .done = note_marker, .arg = &got};

	r.u.marker = (struct store_marker){text("bob"), text(target), ms};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return got;
}

static int64_t set_of(struct store_fixture *t, const char *user, const char *target, int64_t ms)
{
	int64_t got = -2;
	struct store_request r = {.op = STORE_MARKER_SET, .done = note_marker, .arg = &got};

	r.u.marker = (struct store_marker){text(user), text(target), ms};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return got;
}

TEST(a_read_marker_moves_forward_only_and_stays_over_a_restart)
{
	struct store_fixture t;

	fixture_start(&t);
	assert_int_equal(marker(&t, STORE_MARKER_GET, "#a", 0), -1);
	assert_int_equal(marker(&t, STORE_MARKER_SET, "#a", 500), 500);
	assert_int_equal(marker(&t, STORE_MARKER_SET, "#a", 400), 500);
	assert_int_equal(marker(&t, STORE_MARKER_SET, "#a", 600), 600);
	store_close(t.store);
	fixture_open(&t);
	assert_int_equal(marker(&t, STORE_MARKER_GET, "#a", 0), 600);
	assert_int_equal(marker(&t, STORE_MARKER_GET, "#b", 0), -1);
	fixture_end(&t);
}

TEST(who_sets_too_many_markers_loses_his_own)
{
	struct store_fixture t;
	char name[24];

	fixture_start(&t);
	assert_int_equal(set_of(&t, "ann", "#a", 1), 1);
	for (int i = 0; i < STORE_MARKERS_OF_USER + 10; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		assert_int_equal(set_of(&t, "bob", name, 1000 + i), 1000 + i);
	}
	assert_int_equal(marker(&t, STORE_MARKER_GET, "#9", 0), -1);
	assert_int_equal(marker(&t, STORE_MARKER_GET, "#10", 0), 1010);
	assert_int_equal(set_of(&t, "ann", "#a", 0), 1);
	t.store->retention = (struct store_retention){.max_bytes = 1 << 20};
	store_tick(t.store, 1);
	for (int i = 0; i < 600; i++) {
		snprintf(name, sizeof(name), "#%d", i);
		set_of(&t, "eve", name, 5000);
	}
	assert_int_equal(set_of(&t, "eve", "#599", 0), 5000);
	fixture_end(&t);
}

/* As the first version made it, with one message of a channel and a conversation. */
TEST(a_file_of_version_1_is_brought_up_to_date)
{
	static const char old[] =
		"PRAGMA journal_mode = WAL;"
		"CREATE TABLE target(id INTEGER PRIMARY KEY, a TEXT NOT NULL, b TEXT NOT NULL, "
		"UNIQUE(a, b));"
		"CREATE INDEX target_b ON target(b) WHERE b <> '';"
		"CREATE TABLE message(id INTEGER PRIMARY KEY, target INTEGER NOT NULL, event "
		"INTEGER NOT NULL, use INTEGER NOT NULL, source TEXT NOT NULL, account TEXT NOT "
		"NULL, command TEXT NOT NULL, params TEXT NOT NULL, tags TEXT NOT NULL);"
		"CREATE INDEX message_target ON message(target, event);"
		"CREATE TABLE marker(user TEXT, target TEXT, ms INTEGER NOT NULL, PRIMARY "
		"KEY(user, target)) WITHOUT ROWID;"
		"CREATE INDEX marker_ms ON marker(ms);"
		"CREATE TABLE ban(kind INTEGER, mask TEXT, reason TEXT NOT NULL, setter TEXT NOT "
		"NULL, set_ms INTEGER NOT NULL, expire_ms INTEGER NOT NULL, PRIMARY KEY(kind, "
		"mask)) WITHOUT ROWID;"
		"CREATE INDEX ban_expire ON ban(expire_ms) WHERE expire_ms > 0;"
		"CREATE TABLE probe(n INTEGER NOT NULL); INSERT INTO probe VALUES(0);"
		"INSERT INTO target VALUES(1, '#a', ''), (2, 'ann', 'bob');"
		"INSERT INTO message VALUES(7168000, 1, 0, 0, 's', '', 'PRIVMSG', '#a :x', ''),"
		" (8192000, 2, 0, 0, 's', '', 'PRIVMSG', 'bob :x', '');"
		"PRAGMA user_version = 1;";
	struct store_history h = {.target = {text("bob"), text("ann")},
		.select = STORE_BETWEEN,
		.from = {.kind = STORE_AT_MS, .ms = 7},
		.to = {.kind = STORE_AT_MS, .ms = 9},
		.limit = 10};
	struct store_fixture t;
	sqlite3 *db;

	fixture_start(&t);
	store_close(t.store);
	assert_int_equal(unlink(t.path), 0);
	assert_int_equal(sqlite3_open(t.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, old, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	fixture_open(&t);
	assert_int_equal(t.store->seen.health, STORE_OK);
	assert_int_equal(t.store->seen.first_ms, 7);
	assert_int_equal(ask(&t, &h).count, 1);
	assert_int_equal(past(&t, "#a", 0), 1);
	assert_int_equal(past(&t, "#a", 9000000), 0);
	fixture_end(&t);
}

TEST(one_message_is_found_and_deleted_by_its_target_and_id)
{
	struct store_fixture t;

	fixture_start(&t);
	assert_int_equal(fixture_put(&t, "#a", msgid_floor(1)), STORE_OK);
	assert_int_equal(fixture_put(&t, "#a", msgid_floor(2)), STORE_OK);
	assert_int_equal(by_key(&t, STORE_FIND, "#a", msgid_floor(1)), STORE_OK);
	assert_int_equal(by_key(&t, STORE_FIND, "#b", msgid_floor(1)), STORE_NO_MSGID);
	assert_int_equal(by_key(&t, STORE_DELETE, "#b", msgid_floor(1)), STORE_NO_MSGID);
	assert_int_equal(by_key(&t, STORE_DELETE, "#a", msgid_floor(1)), STORE_OK);
	assert_int_equal(by_key(&t, STORE_DELETE, "#a", msgid_floor(1)), STORE_NO_MSGID);
	store_close(t.store);
	fixture_open(&t);
	assert_int_equal(by_key(&t, STORE_FIND, "#a", msgid_floor(1)), STORE_NO_MSGID);
	assert_int_equal(by_key(&t, STORE_FIND, "#a", msgid_floor(2)), STORE_OK);
	fixture_end(&t);
}

TEST(a_delete_that_finds_nothing_leaves_the_writes_beside_it)
{
	struct store_fixture t;
	struct store_request r = {.op = STORE_DELETE};
	struct fixture_append a = {.a = "#a", .params = "text", .id = msgid_floor(5)};

	fixture_start(&t);
	r.u.key = (struct store_key){{text("#a"), text("")}, 77, 0};
	assert_int_equal(store_submit(t.store, &r), STORE_OK);
	assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	store_drain(t.store);
	assert_int_equal(by_key(&t, STORE_FIND, "#a", msgid_floor(5)), STORE_OK);
	assert_int_equal(t.store->seen.health, STORE_OK);
	fixture_end(&t);
}

static void note_bans(void *arg, const struct store_reply *r)
{
	struct answer *a = arg;

	a->text[0] = '\0';
	a->count = r->count;
	for (uint32_t i = 0; i < r->count && i < 10; i++)
		snprintf(a->text + strlen(a->text), sizeof(a->text) - strlen(a->text),
			"%d %.*s %.*s %lld;", r->bans[i].kind, (int)r->bans[i].mask.len,
			r->bans[i].mask.p, (int)r->bans[i].reason.len, r->bans[i].reason.p,
			(long long)r->bans[i].expire_ms);
}

static void ban(struct store_fixture *t, enum store_op op, const struct store_ban *b)
{
	struct store_request r = {.op = op};

	r.u.ban = *b;
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
}

static struct answer bans(struct store_fixture *t)
{
	struct answer a = {.count = 99};
	struct store_request r = {.op = STORE_BAN_LIST, .done = note_bans, .arg = &a};

	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	return a;
}

TEST(bans_stay_over_a_restart_until_they_expire)
{
	struct store_fixture t;
	char mask[16];

	fixture_start(&t);
	ban(&t, STORE_BAN_PUT, &(struct store_ban){1, text("*@a"), text("spam"), text("op"), 1, 0});
	ban(&t, STORE_BAN_PUT, &(struct store_ban){1, text("*@b"), text("x"), text("op"), 2, 9000});
	ban(&t, STORE_BAN_PUT, &(struct store_ban){2, text("*@b"), text("y"), text("op"), 3, 0});
	ban(&t, STORE_BAN_PUT, &(struct store_ban){2, text("*@b"), text("z"), text("op"), 4, 0});
	ban(&t, STORE_BAN_DELETE, &(struct store_ban){1, text("*@a"), text(""), text(""), 0, 0});
	store_close(t.store);
	fixture_open(&t);
	assert_string_equal(bans(&t).text, "1 *@b x 9000;2 *@b z 0;");
	store_tick(t.store, 9000);
	assert_string_equal(bans(&t).text, "2 *@b z 0;");
	for (int i = 0; i < 100; i++) {
		snprintf(mask, sizeof(mask), "*@h%d", i);
		ban(&t, STORE_BAN_PUT,
			&(struct store_ban){1, text(mask), text(""), text(""), i, 0});
	}
	assert_int_equal(bans(&t).count, 101);
	fixture_end(&t);
}

TEST(a_full_queue_refuses_and_drains)
{
	struct store_fixture t;
	struct fixture_append a = {.a = "#a", .b = ""};

	fixture_start(&t);
	store_close(t.store);
	t.options.queue_requests = 10;
	fixture_open(&t);
	for (a.id = 1; a.id <= 10; a.id++)
		assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	assert_int_equal(fixture_submit(&t, &a), STORE_BUSY);
	store_drain(t.store);
	assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	assert_int_equal(t.store->refused, 1);
	assert_int_equal(t.store->seen.appended, 10);
	assert_int_equal(t.store->queued, 1);
	fixture_end(&t);
}

TEST(what_is_too_long_is_refused_at_once)
{
	static char big[STORE_TEXT_MAX + 1];
	struct store_fixture t;
	struct fixture_append a = {.a = "#a", .params = big, .id = 1};

	memset(big, 'x', sizeof(big) - 1);
	fixture_start(&t);
	assert_int_equal(fixture_submit(&t, &a), STORE_INVALID);
	a = (struct fixture_append){.a = big, .id = 1};
	assert_int_equal(fixture_submit(&t, &a), STORE_INVALID);
	big[STORE_NAME_MAX + 1] = '\0';
	assert_int_equal(fixture_submit(&t, &a), STORE_INVALID);
	big[STORE_NAME_MAX] = '\0';
	assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	fixture_end(&t);
}

TEST(without_history_bans_are_kept_and_messages_are_not)
{
	struct store_fixture t;
	struct store_history h = {.target = {text("#a"), text("")}, .limit = 1};

	fixture_start(&t);
	store_close(t.store);
	t.options.history = false;
	fixture_open(&t);
	assert_int_equal(fixture_put(&t, "#a", 1), STORE_OFF);
	assert_int_equal(ask(&t, &h).status, STORE_OFF);
	ban(&t, STORE_BAN_PUT, &(struct store_ban){1, text("*@a"), text("r"), text("op"), 1, 0});
	assert_string_equal(bans(&t).text, "1 *@a r 0;");
	assert_int_equal(t.store->seen.health, STORE_OK);
	fixture_end(&t);
}

TEST(the_null_store_answers_in_the_next_completion)
{
	struct store_fixture t = {.store = store_null_open(NULL, NULL)};
	enum store_status status = STORE_STATUS_COUNT;
	struct fixture_append a = {
		.a = "#a", .params = "x", .id = 7, .done = note_status, .arg = &status};

	assert_int_equal(fixture_submit(&t, &a), STORE_OK);
	store_flush(t.store);
	assert_int_equal(status, STORE_STATUS_COUNT);
	store_complete(t.store);
	assert_int_equal(status, STORE_OK);
	assert_int_equal(t.store->seen.last_id, 7);
	struct store_history h = {.target = {text("#a"), text("")}, .limit = 1};
	assert_int_equal(ask(&t, &h).status, STORE_OFF);
	store_close(t.store);
}

/* Opens the store again as one without a thread. */
static void open_without_thread(struct store_fixture *t)
{
	store_close(t->store);
	t->options.no_thread = true;
	fixture_open(t);
}

static enum store_status append_one(struct store_fixture *t, uint64_t id, enum store_status *answer)
{
	struct fixture_append a = {.a = "#a", .params = "x", .id = id, .done = note_status};

	a.arg = answer;
	*answer = STORE_STATUS_COUNT;
	return fixture_submit(t, &a);
}

TEST(without_a_thread_a_commit_waits_for_work)
{
	struct store_fixture t;
	enum store_status first, second;

	fixture_start(&t);
	open_without_thread(&t);
	assert_false(store_sqlite_has_work(t.store));
	assert_int_equal(append_one(&t, 1, &first), STORE_OK);
	assert_false(store_sqlite_has_work(t.store));
	store_flush(t.store);
	assert_int_equal(append_one(&t, 2, &second), STORE_OK);
	assert_true(store_sqlite_has_work(t.store));
	store_complete(t.store);
	assert_int_equal(first, STORE_STATUS_COUNT);
	store_sqlite_work(t.store);
	assert_false(store_sqlite_has_work(t.store));
	store_complete(t.store);
	assert_int_equal(first, STORE_OK);
	assert_int_equal(second, STORE_STATUS_COUNT);
	store_drain(t.store);
	assert_int_equal(second, STORE_OK);
	fixture_end(&t);
}

TEST(a_killed_store_keeps_what_was_committed_and_its_log)
{
	struct store_fixture t;
	enum store_status answer;
	char log[128];

	fixture_start(&t);
	open_without_thread(&t);
	assert_int_equal(fixture_put(&t, "#a", 1), STORE_OK);
	assert_int_equal(append_one(&t, 2, &answer), STORE_OK);
	store_flush(t.store);
	store_tick(t.store, 0); /* does not open it again */
	store_sqlite_cut(t.store);
	store_drain(t.store);
	assert_int_equal(answer, STORE_IO);
	snprintf(log, sizeof(log), "%s-wal", t.path);
	assert_int_equal(access(log, F_OK), 0);
	store_close(t.store);
	fixture_open(&t);
	assert_int_equal(t.store->seen.last_id, 1);
	fixture_end(&t);
}
