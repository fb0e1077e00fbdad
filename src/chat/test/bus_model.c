/* bus_model.c - buses, what is on its way between them, and the keys: bus_model.h. */
#include "chat/test/bus_model.h"

#include "chat/test/bus_keys.h"

#include "base/list.h"
#include "base/prng.h"
#include "base/vec.h"

enum {
	SUBSCRIPTIONS_MAX = 64,
	TURN_MAX = 1000,     /* deliveries of one complete() */
	FLIGHT_MAX = 1 << 22 /* things on their way */
};

enum op_kind {
	OP_CREATE,
	OP_REPLACE,
	OP_REMOVE,
	OP_GET,
};

/* An operation on a key: with its bus until `done`, and on its way to the keys and back. */
struct op {
	struct list at; /* of the bus, in order of submission */
	enum op_kind kind;
	uint32_t refs;
	bool ended;         /* `done` has run, or stands in the inbox */
	struct bus_key key; /* with its texts here: */
	char key_bytes[BUS_KEY_MAX];
	uint8_t value_bytes[BUS_VALUE_MAX];
	struct bus_reply reply;
};

/* A message, shared by those that will hear it. */
struct message {
	uint32_t refs;
	size_t len;
	char subject[BUS_SUBJECT_MAX];
	uint8_t bytes[];
};

enum flight_kind {
	FLY_MESSAGE,
	FLY_TO_KEYS,
	FLY_TO_BUS,
	FLY_TIMEOUT,
};

struct flight {
	nsec_t at;
	uint64_t order; /* of equal times */
	enum flight_kind kind;
	uint32_t from, to;   /* numbers of buses */
	uint64_t connection; /* of `to`: a new one does not hear what the old one would have */
	struct message *message;
	struct op *op;
};

/* Something for complete(). */
struct arrival {
	struct message *message; /* or */
	struct op *op;
};

struct subscription {
	char subject[BUS_SUBJECT_MAX];
	bus_heard heard;
	void *arg;
};

struct model_bus {
	struct bus base;
	struct bus_model *model;
	uint32_t number;
	bool stopped, connected;
	uint64_t connections;
	void (*wake)(void *arg);
	void *wake_arg;
	struct list ops;
	uint32_t pending;
	VEC(struct arrival) inbox;
	uint32_t taken; /* of the inbox */
	VEC(struct subscription) subscriptions;
};

struct bus_model {
	struct bus_model_options options;
	struct prng prng;
	nsec_t now, elects_until;
	uint32_t loss;
	uint64_t side, order;
	uint32_t count;
	struct model_bus *buses[BUS_MODEL_BUSES];
	nsec_t last[BUS_MODEL_BUSES][BUS_MODEL_BUSES]; /* arrival of a pair's last message */
	VEC(struct flight) flights;                    /* a heap: the first is due first */
	struct bus_keys keys;
};

/* --- what is on its way ----------------------------------------------------------------------- */

static bool earlier(const struct flight *a, const struct flight *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void swap(struct flight *a, struct flight *b)
{
	struct flight t = *a;

	*a = *b;
	*b = t;
}

static bool fly(struct bus_model *m, struct flight f)
{
	struct flight *at;

	f.order = m->order++;
	if (!VEC_PUSH(&m->flights, f, FLIGHT_MAX))
		return false;
	at = m->flights.at;
	for (uint32_t i = m->flights.count - 1; i > 0 && earlier(&at[i], &at[(i - 1) / 2]);
		i = (i - 1) / 2)
		swap(&at[i], &at[(i - 1) / 2]);
	return true;
}

static struct flight land(struct bus_model *m)
{
	struct flight *at = m->flights.at, first = at[0];
	uint32_t n = --m->flights.count, i = 0, child;

	at[0] = at[n];
	while ((child = 2 * i + 1) < n) {
		if (child + 1 < n && earlier(&at[child + 1], &at[child]))
			child++;
		if (!earlier(&at[child], &at[i]))
			break;
		swap(&at[child], &at[i]);
		i = child;
	}
	return first;
}

static nsec_t delay(struct bus_model *m)
{
	uint64_t span = (uint64_t)(m->options.delay_max - m->options.delay_min) + 1;

	return m->options.delay_min + (nsec_t)prng_below(&m->prng, span);
}

static void message_drop(struct message *g)
{
	if (--g->refs == 0)
		free(g);
}

static void op_drop(struct op *op)
{
	if (--op->refs == 0)
		free(op);
}

/* --- who reaches whom ------------------------------------------------------------------------- */

static bool on_side(const struct bus_model *m, uint32_t number)
{
	return m->side >> number & 1;
}

/* Whether this bus is among more than half of all, so that its part of the engine has the keys. */
static bool has_keys(const struct bus_model *m, uint32_t number)
{
	uint32_t same = 0, all = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		all += !m->buses[i]->stopped;
		same += !m->buses[i]->stopped && on_side(m, i) == on_side(m, number);
	}
	return m->buses[number]->connected && 2 * same > all;
}

/* --- keys ------------------------------------------------------------------------------------- */

static void carry_out(struct bus_model *m, struct op *op)
{
	op->reply = (struct bus_reply){0};
	switch (op->kind) {
	case OP_CREATE: bus_keys_create(&m->keys, &op->key, &op->reply); break;
	case OP_REPLACE: bus_keys_replace(&m->keys, &op->key, &op->reply); break;
	case OP_REMOVE: bus_keys_remove(&m->keys, &op->key, &op->reply); break;
	case OP_GET: bus_keys_get(&m->keys, &op->key, &op->reply); break;
	}
	if (op->reply.len) {
		memcpy(op->value_bytes, op->reply.value, op->reply.len);
		op->reply.value = op->value_bytes;
	}
}

void bus_model_lose(struct bus_model *m)
{
	bus_keys_clear(&m->keys);
}

/* --- arrivals --------------------------------------------------------------------------------- */

static bool arrive(struct model_bus *b, struct arrival a)
{
	if (!VEC_PUSH(&b->inbox, a, FLIGHT_MAX))
		return false;
	b->wake(b->wake_arg);
	return true;
}

/* The operation has ended with its reply. */
static void end_op(struct model_bus *b, struct op *op)
{
	if (op->ended || b->stopped)
		return;
	op->ended = true;
	arrive(b, (struct arrival){.op = op}); /* if that fails stop() ends it */
}

static void fail_op(struct model_bus *b, struct op *op)
{
	if (op->ended)
		return;
	op->reply = (struct bus_reply){.status = BUS_AWAY};
	end_op(b, op);
}

/* An operation has reached the engine. */
static void at_keys(struct bus_model *m, struct flight *f)
{
	struct model_bus *b = m->buses[f->from];
	bool elects = m->now < m->elects_until;

	f->kind = FLY_TO_BUS;
	f->at = m->now + delay(m);
	if (!b->connected || f->op->ended) {
		op_drop(f->op);
		return;
	}
	if (!elects && has_keys(m, f->from)) {
		carry_out(m, f->op);
	} else {
		if (elects && has_keys(m, f->from) && prng_below(&m->prng, 4) == 0)
			carry_out(m, f->op); /* and its answer is lost */
		f->op->reply = (struct bus_reply){.status = BUS_AWAY};
		if (prng_below(&m->prng, 2) == 0)
			f->at = m->now + m->options.patience;
	}
	if (!fly(m, *f))
		op_drop(f->op);
}

static void at_bus(struct bus_model *m, struct flight *f)
{
	struct model_bus *b = m->buses[f->from];

	if (f->kind == FLY_TIMEOUT)
		fail_op(b, f->op);
	else if (b->connected)
		end_op(b, f->op);
	op_drop(f->op);
}

static void message_arrives(struct bus_model *m, struct flight *f)
{
	struct model_bus *b = m->buses[f->to];
	bool here = b->connected && b->connections == f->connection &&
		    on_side(m, f->from) == on_side(m, f->to) &&
		    prng_below(&m->prng, 1000) >= m->loss;

	if (!here || !arrive(b, (struct arrival){.message = f->message}))
		message_drop(f->message);
}

void bus_model_step(struct bus_model *m, nsec_t now)
{
	m->now = now;
	while (m->flights.count > 0 && m->flights.at[0].at <= now) {
		struct flight f = land(m);

		if (f.kind == FLY_MESSAGE)
			message_arrives(m, &f);
		else if (f.kind == FLY_TO_KEYS)
			at_keys(m, &f);
		else
			at_bus(m, &f);
	}
}

nsec_t bus_model_due(const struct bus_model *m)
{
	return m->flights.count > 0 ? m->flights.at[0].at : NSEC_MAX;
}

/* --- the bus ---------------------------------------------------------------------------------- */

static struct model_bus *of(struct bus *base)
{
	return container_of(base, struct model_bus, base);
}

/* Whether a subject matches, token for token. */
static bool subject_matches(const char *pattern, const char *subject)
{
	for (;;) {
		size_t p = strcspn(pattern, "."), s = strcspn(subject, ".");

		if (!(p == 1 && *pattern == '*') && (p != s || memcmp(pattern, subject, p) != 0))
			return false;
		pattern += p;
		subject += s;
		if (!*pattern || !*subject)
			return *pattern == *subject;
		pattern++;
		subject++;
	}
}

/* When what a bus sends now arrives, not before what it has sent. */
static nsec_t arrival_at(struct bus_model *m, uint32_t from, uint32_t to)
{
	nsec_t *last = &m->last[from][to], at = m->now + delay(m);

	*last = at > *last ? at : *last;
	return *last;
}

static void send_to(struct model_bus *from, struct model_bus *to, struct message *g)
{
	struct bus_model *m = from->model;
	struct flight f = {.at = arrival_at(m, from->number, to->number),
		.kind = FLY_MESSAGE,
		.from = from->number,
		.to = to->number,
		.connection = to->connections,
		.message = g};

	g->refs++;
	if (!from->connected || !fly(m, f))
		message_drop(g);
}

static bool sent(struct bus *base)
{
	return true; /* the engine has it at once */
}

static bool publish(struct bus *base, const char *subject, const uint8_t *bytes, size_t len)
{
	struct model_bus *b = of(base);
	struct message *g = NULL;

	if (base->up && strlen(subject) < sizeof(g->subject) && len <= BUS_MESSAGE_MAX)
		g = malloc(sizeof(*g) + len);
	if (!g) {
		base->dropped++;
		return false;
	}
	base->published++;
	g->refs = 1;
	g->len = len;
	strcpy(g->subject, subject);
	if (len)
		memcpy(g->bytes, bytes, len);
	for (uint32_t i = 0; i < b->model->count; i++)
		if (i != b->number && !b->model->buses[i]->stopped)
			send_to(b, b->model->buses[i], g);
	message_drop(g);
	return true;
}

static bool subscribe(struct bus *base, const char *subject, bus_heard heard, void *arg)
{
	struct subscription s = {.heard = heard, .arg = arg};

	if (strlen(subject) >= sizeof(s.subject))
		return false;
	strcpy(s.subject, subject);
	return VEC_PUSH(&of(base)->subscriptions, s, SUBSCRIPTIONS_MAX);
}

static void send_op(struct model_bus *b, struct op *op, nsec_t at, enum flight_kind kind)
{
	op->refs +=
		fly(b->model, (struct flight){.at = at, .kind = kind, .from = b->number, .op = op});
}

static bool submit(struct bus *base, const struct bus_key *k, enum op_kind kind)
{
	struct model_bus *b = of(base);
	struct op *op = NULL;

	assert(k->key_len <= BUS_KEY_MAX && k->len <= BUS_VALUE_MAX);
	if (b->pending < BUS_PENDING_MAX && !b->stopped)
		op = calloc(1, sizeof(*op));
	if (!op)
		return false;
	*op = (struct op){.kind = kind, .refs = 1, .key = *k};
	memcpy(op->key_bytes, k->key, k->key_len);
	if (k->len)
		memcpy(op->value_bytes, k->value, k->len);
	op->key.key = op->key_bytes;
	op->key.value = op->value_bytes;
	list_add_tail(&b->ops, &op->at);
	b->pending++;
	if (!base->up) {
		fail_op(b, op);
		return true;
	}
	send_op(b, op, arrival_at(b->model, b->number, b->number), FLY_TO_KEYS);
	send_op(b, op, b->model->now + b->model->options.patience, FLY_TIMEOUT);
	return true;
}

static bool create_key(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_CREATE);
}

static bool replace_key(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_REPLACE);
}

static bool remove_key(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_REMOVE);
}

static bool get_key(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_GET);
}

static void hear(struct model_bus *b, const struct message *g)
{
	for (uint32_t i = 0; i < b->subscriptions.count; i++) {
		struct subscription *s = &b->subscriptions.at[i];

		if (!subject_matches(s->subject, g->subject))
			continue;
		b->base.heard++;
		s->heard(s->arg, g->subject, g->bytes, g->len);
	}
}

static void finish(struct model_bus *b, struct op *op)
{
	b->pending--;
	list_del(&op->at);
	op->key.done(op->key.arg, &op->reply);
	op_drop(op);
}

static void take(struct model_bus *b, struct arrival a)
{
	if (a.message) {
		hear(b, a.message);
		message_drop(a.message);
		return;
	}
	finish(b, a.op);
}

static void complete(struct bus *base)
{
	struct model_bus *b = of(base);

	base->up = b->connected;
	base->connections = b->connections;
	strcpy(base->why, base->up ? "" : "the engine is away");
	for (int i = 0; i < TURN_MAX && b->taken < b->inbox.count; i++)
		take(b, b->inbox.at[b->taken++]);
	if (b->taken < b->inbox.count)
		b->wake(b->wake_arg);
	else
		b->taken = b->inbox.count = 0;
}

static void stop(struct bus *base)
{
	struct model_bus *b = of(base);
	struct arrival a;

	b->connected = base->up = false;
	b->stopped = true;
	while (b->taken < b->inbox.count) {
		a = b->inbox.at[b->taken++];
		if (a.message)
			message_drop(a.message);
		else
			take(b, a);
	}
	while (!list_empty(&b->ops)) {
		struct op *op = list_entry(b->ops.next, struct op, at);

		op->ended = true;
		op->reply = (struct bus_reply){.status = BUS_AWAY};
		finish(b, op);
	}
	VEC_FREE(&b->inbox);
	VEC_FREE(&b->subscriptions);
	b->taken = 0;
}

/* --- the model -------------------------------------------------------------------------------- */

struct bus_model *bus_model_new(const struct bus_model_options *o)
{
	struct bus_model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	assert(o->delay_min <= o->delay_max);
	m->options = *o;
	prng_seed(&m->prng, o->seed);
	hash_init(&m->keys.table);
	return m;
}

struct bus *bus_model_join(struct bus_model *m, void (*wake)(void *arg), void *arg)
{
	static const struct bus_ops ops = {publish, subscribe, create_key, replace_key, remove_key,
		get_key, sent, complete, stop};
	struct model_bus *b = calloc(1, sizeof(*b));

	assert(m->count < BUS_MODEL_BUSES);
	if (!b)
		return NULL;
	b->base.ops = &ops;
	b->model = m;
	b->number = m->count;
	b->wake = wake;
	b->wake_arg = arg;
	list_init(&b->ops);
	m->buses[m->count++] = b;
	bus_model_connect(m, b->number, true);
	return &b->base;
}

void bus_model_connect(struct bus_model *m, uint32_t number, bool connected)
{
	struct model_bus *b = m->buses[number];
	struct list *at;

	assert(number < m->count);
	if (b->stopped || b->connected == connected)
		return;
	b->connected = connected;
	b->connections += connected;
	if (!connected)
		list_for_each(at, &b->ops)
			fail_op(b, list_entry(at, struct op, at));
	b->wake(b->wake_arg);
}

void bus_model_cut(struct bus_model *m, uint64_t side)
{
	m->side = side;
}

void bus_model_loss(struct bus_model *m, uint32_t per_thousand)
{
	m->loss = per_thousand;
}

void bus_model_elect(struct bus_model *m, nsec_t until)
{
	m->elects_until = until;
}

void bus_model_free(struct bus_model *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->count; i++)
		if (!m->buses[i]->stopped)
			stop(&m->buses[i]->base);
	while (m->flights.count > 0) {
		struct flight f = land(m);

		if (f.kind == FLY_MESSAGE)
			message_drop(f.message);
		else
			op_drop(f.op);
	}
	for (uint32_t i = 0; i < m->count; i++)
		free(m->buses[i]);
	bus_keys_clear(&m->keys);
	VEC_FREE(&m->flights);
	free(m);
}
