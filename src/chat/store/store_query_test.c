/* store_query_test.c - queries of the SQLite store, against an obvious oracle and case by case. */
#include "base/prng.h"
#include "chat/test/store_fixture.h"

#include <stdio.h>

enum {
	MESSAGES = 400,
	QUERIES = 3000,
};

/* The obvious store: all messages, examined one by one. */
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

/* Picks at most limit ids of the visible ones for which before/after hold; newest or oldest. whole:
 * plus the others of the last millisecond. */
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

STORE_TEST(every_form_of_query_agrees_with_the_oracle)
{
	static struct oracle o;
	static uint64_t want[2 * MESSAGES];
	struct prng p;

	prng_seed(&p, 42);
	fill(t, &o, &p);
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
		struct fixture_answer got = fixture_ask(t, &h);
		uint32_t n = oracle_ask(&o, target, &h, want);
		assert_int_equal(got.status, STORE_OK);
		assert_int_equal(got.count, n);
		assert_memory_equal(got.ids, want, n * sizeof(want[0]));
	}
}

STORE_TEST(a_missing_message_stands_for_its_time)
{
	struct store_history h = {.target = {text("#a"), text("")},
		.select = STORE_AFTER,
		.from = {.kind = STORE_AT_MSGID, .id = 5},
		.limit = 10};

	for (uint64_t ms = 3; ms <= 7; ms++)
		assert_int_equal(fixture_put(t, "#a", msgid_floor((int64_t)ms)), STORE_OK);
	assert_int_equal(fixture_by_key(t, STORE_DELETE, "#a", msgid_floor(5)), STORE_OK);
	h.from.id = msgid_floor(5);
	assert_int_equal(fixture_ask(t, &h).count, 2);
	assert_int_equal(fixture_ask(t, &h).ids[0], msgid_floor(6));
	h.select = STORE_BEFORE;
	assert_int_equal(fixture_ask(t, &h).count, 2);
	assert_int_equal(fixture_ask(t, &h).ids[1], msgid_floor(4));
	h.select = STORE_AROUND;
	assert_int_equal(fixture_ask(t, &h).count, 4);
	h.select = STORE_BETWEEN;
	h.to = (struct store_point){.kind = STORE_AT_MSGID, .id = msgid_floor(7)};
	assert_int_equal(fixture_ask(t, &h).count, 1);
	h.target.a = text("#c");
	h.from.kind = STORE_AT_NONE;
	h.select = STORE_LATEST;
	assert_int_equal(fixture_ask(t, &h).status, STORE_OK);
	assert_int_equal(fixture_ask(t, &h).count, 0);
}

/* Three messages by a clock that is then set back by a minute, and two after that. */
STORE_TEST(where_the_clock_went_back_order_is_by_time_and_paging_finds_all)
{
	static const int64_t times[] = {100000, 100001, 160000, 100002, 100003};
	struct msgid_maker maker = {0};
	struct store_history h = {.target = {text("#a"), text("")}, .limit = 2};
	uint64_t ids[ARRAY_SIZE(times)];

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		ids[i] = msgid_next(&maker, times[i] * NSEC_MSEC);
		struct fixture_append a = {.a = "#a", .id = ids[i], .ms = times[i]};
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	h.select = STORE_AFTER;
	h.from = (struct store_point){.kind = STORE_AT_MS, .ms = 100001};
	struct fixture_answer a = fixture_ask(t, &h);
	assert_int_equal(a.count, 2);
	assert_true(a.ids[0] == ids[3] && a.ids[1] == ids[4]);
	h.from = (struct store_point){.kind = STORE_AT_MSGID, .id = ids[4]};
	a = fixture_ask(t, &h);
	assert_true(a.count == 1 && a.ids[0] == ids[2]);
	h.select = STORE_BEFORE;
	a = fixture_ask(t, &h);
	assert_true(a.count == 2 && a.ids[0] == ids[1] && a.ids[1] == ids[3]);
}

STORE_TEST(a_page_by_time_does_not_end_inside_a_millisecond)
{
	struct store_history h = {
		.target = {text("#a"), text("")}, .select = STORE_LATEST, .limit = 2};

	for (uint64_t id = 1; id <= 6; id++) {
		struct fixture_append a = {.a = "#a", .id = id, .ms = id < 6 ? 7 : 8};
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	assert_int_equal(fixture_ask(t, &h).count, 6);
	h.select = STORE_BEFORE;
	h.from = (struct store_point){.kind = STORE_AT_MS, .ms = 8};
	assert_int_equal(fixture_ask(t, &h).count, 5);
	h.from = (struct store_point){.kind = STORE_AT_MSGID, .id = 6};
	assert_int_equal(fixture_ask(t, &h).count, 2);
}

static void note_targets(void *arg, const struct store_reply *r)
{
	struct fixture_answer *a = arg;

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
	static struct fixture_answer a;
	struct store_request r = {.op = STORE_TARGETS, .done = note_targets, .arg = &a};

	r.u.targets = (struct store_targets){{"bob", 3}, channels, 3, from, to, limit, 0};
	assert_int_equal(store_submit(t->store, &r), STORE_OK);
	store_drain(t->store);
	assert_int_equal(a.status, STORE_OK);
	return a.text;
}

STORE_TEST(targets_are_those_with_a_newest_message_between_two_times)
{
	static const struct fixture_append appends[] = {{.a = "#a", .id = 1}, {.a = "#b", .id = 2},
		{.a = "bob", .b = "alice", .id = 3}, {.a = "zed", .b = "bob", .id = 4},
		{.a = "#secret", .id = 4}, {.a = "alice", .b = "zed", .id = 5},
		{.a = "#a", .id = 6}, {.a = "#b", .id = 9, .event = true},
		{.a = "bob", .b = "bob", .id = 8}};

	for (size_t i = 0; i < ARRAY_SIZE(appends); i++) {
		struct fixture_append a = appends[i];
		a.id = msgid_floor((int64_t)a.id * 1000) + i;
		assert_int_equal(fixture_submit(t, &a), STORE_OK);
	}
	assert_string_equal(
		ask_targets(t, 0, 100000, 50), "#b@2000 alice@3000 zed@4000 #a@6000 bob@8000 ");
	assert_string_equal(ask_targets(t, 100000, 0, 3), "bob@8000 #a@6000 zed@4000 ");
	assert_string_equal(ask_targets(t, 2000, 6000, 50), "alice@3000 zed@4000 ");
}
