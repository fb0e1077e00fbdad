/*
 * bus_nats.c - the loop's side: operations on keys, and the stream that holds them.
 *
 *     submit -> waiting, until the stream is known -> asked -> its answer, or the end of PATIENCE
 *
 * On each connection the stream is asked about first, and made if it does not exist. As long as no
 * server leads it (an election) its subjects have no listener, which the engine says at once: then
 * nothing was carried out, and the operation waits again.
 */
#include "bus/bus_nats.h"

#include "bus/nats_answer.h"
#include "bus/nats_lib.h"
#include "bus/nats_link.h"

#include "base/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

enum {
	TURN_BYTES = 1 << 20, /* taken in by one complete() */
	SEQUENCE_BITS = 40,   /* of a revision; the stream's incarnation is above */
	REPLICAS = 3,
	PEER_TRIES = 20, /* STREAM_AGAIN apart: servers that start may not know each other yet */
	INBOX_MAX = 96,
	PREFIX_MAX = 64,
};

#define PATIENCE      (5 * NSEC_SEC) /* of an operation */
#define STREAM_AGAIN  (250 * NSEC_MSEC)
#define STREAM_ANSWER (2 * NSEC_SEC) /* then it is asked again */

enum op_kind {
	OP_CREATE,
	OP_REPLACE,
	OP_REMOVE,
	OP_GET,
};

/* An operation on a key. */
struct op {
	struct list at; /* of waiting, asked or ended; the first two in order of their numbers */
	enum op_kind kind;
	uint64_t number;
	nsec_t deadline;
	bus_done done;
	void *arg;
	uint64_t revision;
	struct bus_reply reply;
	size_t len;
	uint8_t value[BUS_VALUE_MAX];
	char subject[LINK_SUBJECT_MAX];
};

/* How much is known of the stream. */
enum stream_step {
	STREAM_UNKNOWN,
	STREAM_INFO,     /* asked whether it exists */
	STREAM_MAKE,     /* asked to make it */
	STREAM_MAKE_ONE, /* with one replica, as there cannot be more */
	STREAM_READY,
};

struct subscription {
	bus_heard heard;
	void *arg;
};

struct bus_nats {
	struct bus base;
	struct bus_nats_options options;
	struct nats_lib lib;
	struct nats_link *link; /* NULL: there is no libnats, or it has been stopped */
	char prefix[PREFIX_MAX], inbox[INBOX_MAX];
	bool stopped;
	struct list waiting, asked, ended;
	uint32_t pending;
	uint64_t number;                   /* of the last operation */
	struct op *slots[BUS_PENDING_MAX]; /* by number: those that are not ended */
	enum stream_step step;
	uint64_t step_number; /* of what was asked about the stream */
	nsec_t step_at;       /* when to ask, again */
	uint64_t incarnation;
	uint32_t tries;   /* to make the stream with REPLICAS */
	uint64_t refused; /* messages that were not queued */
	uint32_t inbox_number;
	struct subscription subscriptions[LINK_SUBSCRIPTIONS];
};

static struct bus_nats *of(struct bus *base)
{
	return container_of(base, struct bus_nats, base);
}

static void wake(struct bus_nats *b)
{
	b->options.wake(b->options.wake_arg);
}

/* --- operations ------------------------------------------------------------------------------- */

static struct op **slot_of(struct bus_nats *b, uint64_t number)
{
	return &b->slots[number % BUS_PENDING_MAX];
}

/* Moves an operation to its place among others, which are in order of their numbers. */
static void move(struct op *op, struct list *ops)
{
	struct list *at = ops;

	list_del(&op->at);
	while (at->prev != ops && list_entry(at->prev, struct op, at)->number > op->number)
		at = at->prev;
	list_add_tail(at, &op->at);
}

/* The operation has ended: `done` runs in the next complete(). */
static void end_op(struct bus_nats *b, struct op *op, enum bus_status status)
{
	op->reply.status = status;
	*slot_of(b, op->number) = NULL;
	list_del(&op->at);
	list_add_tail(&b->ended, &op->at);
}

static void end_all(struct bus_nats *b, struct list *ops)
{
	while (!list_empty(ops))
		end_op(b, list_entry(ops->next, struct op, at), BUS_AWAY);
}

/* Runs `done` of those that have ended by now: it may submit others, which end as soon. */
static void run_ended(struct bus_nats *b)
{
	struct list ended;

	list_init(&ended);
	list_splice_tail(&ended, &b->ended);
	while (!list_empty(&ended)) {
		struct op *op = list_entry(ended.next, struct op, at);

		list_del(&op->at);
		b->pending--;
		op->done(op->arg, &op->reply);
		free(op);
	}
}

/* Asks the engine, with a number by which the answer is known. */
static bool ask(struct bus_nats *b, struct nats_message *m, uint64_t number)
{
	char reply[INBOX_MAX + 24];

	snprintf(reply, sizeof(reply), "%s%llu", b->inbox, (unsigned long long)number);
	m->reply = reply;
	return nats_link_send(b->link, m);
}

/* A request of the engine's API about the stream. */
static bool ask_api(struct bus_nats *b, const char *what, const char *body, uint64_t number)
{
	char subject[INBOX_MAX];
	struct nats_message m = {
		.subject = subject, .bytes = (const uint8_t *)body, .len = strlen(body)};

	snprintf(subject, sizeof(subject), "$JS.API.STREAM.%s.burble-%s", what, b->options.network);
	return ask(b, &m, number);
}

static uint64_t sequence_of(uint64_t revision)
{
	return revision & ((1ull << SEQUENCE_BITS) - 1);
}

/* A message to the key's subject, if that is as expected. */
static bool ask_write(struct bus_nats *b, const struct op *op)
{
	char expected[24];
	struct nats_message m = {
		.subject = op->subject, .expected = expected, .bytes = op->value, .len = op->len};

	snprintf(expected, sizeof(expected), "%llu",
		(unsigned long long)(op->kind == OP_CREATE ? 0 : sequence_of(op->revision)));
	return ask(b, &m, op->number);
}

static bool ask_op(struct bus_nats *b, const struct op *op)
{
	char body[NATS_BODY_MAX];

	switch (op->kind) {
	case OP_CREATE:
	case OP_REPLACE: return ask_write(b, op);
	case OP_REMOVE:
		snprintf(body, sizeof(body), "{\"seq\":%llu,\"no_erase\":true}",
			(unsigned long long)sequence_of(op->revision));
		return ask_api(b, "MSG.DELETE", body, op->number);
	case OP_GET: break;
	}
	snprintf(body, sizeof(body), "{\"last_by_subj\":\"%s\"}", op->subject);
	return ask_api(b, "MSG.GET", body, op->number);
}

/* Asks for an operation that waits. A revision of another stream is none of this one. */
static void start(struct bus_nats *b, struct op *op)
{
	bool by_revision = op->kind == OP_REPLACE || op->kind == OP_REMOVE;

	move(op, &b->asked);
	if (by_revision && op->revision >> SEQUENCE_BITS != b->incarnation)
		end_op(b, op, BUS_TAKEN);
	else if (!ask_op(b, op))
		end_op(b, op, BUS_AWAY);
}

/* When something ends by itself. */
static nsec_t next_due(const struct bus_nats *b)
{
	const struct list *lists[] = {&b->waiting, &b->asked};
	nsec_t at = b->step_at;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!list_empty(lists[i])) {
			nsec_t d = list_entry(lists[i]->next, struct op, at)->deadline;

			at = d < at ? d : at;
		}
	return at;
}

static bool submit(struct bus *base, const struct bus_key *k, enum op_kind kind)
{
	struct bus_nats *b = of(base);
	bool first = list_empty(&b->waiting) && list_empty(&b->asked);
	struct op *op = NULL;

	assert(k->key_len > 0 && k->key_len <= BUS_KEY_MAX && k->len <= BUS_VALUE_MAX);
	if (b->pending < BUS_PENDING_MAX && !*slot_of(b, b->number + 1) && !b->stopped)
		op = calloc(1, sizeof(*op));
	if (!op || !nats_key_subject(op->subject, sizeof(op->subject), b->prefix, k)) {
		free(op);
		return false;
	}
	op->kind = kind;
	op->number = ++b->number;
	op->deadline = nats_now() + PATIENCE;
	op->done = k->done;
	op->arg = k->arg;
	op->revision = k->revision;
	op->len = k->len;
	if (k->len)
		memcpy(op->value, k->value, k->len);
	*slot_of(b, op->number) = op;
	b->pending++;
	list_add_tail(&b->waiting, &op->at);
	if (!base->up)
		end_op(b, op, BUS_AWAY);
	else if (b->step == STREAM_READY)
		start(b, op);
	if (!list_empty(&b->ended))
		wake(b);
	else if (first) /* the engine may not answer: it ends all the same */
		nats_link_wake_at(b->link, next_due(b));
	return true;
}

static bool create(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_CREATE);
}

static bool replace(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_REPLACE);
}

static bool remove_key(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_REMOVE);
}

static bool get(struct bus *b, const struct bus_key *k)
{
	return submit(b, k, OP_GET);
}

/* --- the stream ------------------------------------------------------------------------------- */

/* Asks the next question about the stream. */
static void ask_stream(struct bus_nats *b, enum stream_step step)
{
	char body[NATS_BODY_MAX] = "";

	if (step != STREAM_INFO)
		nats_stream_body(body, b->options.network, step == STREAM_MAKE ? REPLICAS : 1);
	b->step = step;
	b->step_number = ++b->number;
	b->step_at = nats_now() + STREAM_ANSWER;
	ask_api(b, step == STREAM_INFO ? "INFO" : "CREATE", body, b->step_number);
}

/* The stream cannot be used now: it is asked about again after a while. */
static void stream_away(struct bus_nats *b, const char *why)
{
	b->step = STREAM_UNKNOWN;
	b->step_at = nats_now() + STREAM_AGAIN;
	snprintf(b->base.why, sizeof(b->base.why), "no names: %.180s", why);
}

static void stream_ready(struct bus_nats *b, const struct nats_answer *a)
{
	char body[NATS_BODY_MAX];

	b->step = STREAM_READY;
	b->step_at = NSEC_MAX;
	b->incarnation = a->incarnation;
	b->base.why[0] = '\0';
	/* the engine has grown; a single server would take it, and not find the stream again */
	if (a->replicas == 1 && a->clustered) {
		nats_stream_body(body, b->options.network, REPLICAS);
		ask_api(b, "UPDATE", body, 0);
	}
	while (b->step == STREAM_READY && !list_empty(&b->waiting))
		start(b, list_entry(b->waiting.next, struct op, at));
}

static void stream_answer(struct bus_nats *b, const struct nats_answer *a)
{
	if (a->kind == NATS_DONE && a->incarnation)
		stream_ready(b, a);
	else if (a->kind == NATS_NO_STREAM && b->step == STREAM_INFO)
		ask_stream(b, STREAM_MAKE);
	else if (a->kind == NATS_EXISTS)
		ask_stream(b, STREAM_INFO);
	else if (a->kind == NATS_NO_CLUSTER ||
		 (a->kind == NATS_NO_PEERS && ++b->tries >= PEER_TRIES))
		ask_stream(b, STREAM_MAKE_ONE);
	else
		stream_away(b, *a->why ? a->why : "the engine's answer is not understood");
}

/* --- what has come ---------------------------------------------------------------------------- */

/* The subject has no listener, so that it was not carried out: it waits again. */
static void ask_later(struct bus_nats *b, struct op *op)
{
	move(op, &b->waiting);
	if (b->step == STREAM_READY)
		stream_away(b, "the engine elects a leader for them, or has lost them");
}

static void op_answer(struct bus_nats *b, struct op *op, const struct nats_answer *a)
{
	if (a->sequence)
		op->reply.revision = b->incarnation << SEQUENCE_BITS | a->sequence;
	if (op->kind == OP_GET && a->kind == NATS_DONE) {
		memcpy(op->value, a->bytes, a->len);
		op->reply.value = op->value;
		op->reply.len = a->len;
	}
	if (a->kind == NATS_DONE && (a->sequence || op->kind == OP_REMOVE))
		end_op(b, op, BUS_OK);
	else if (a->kind == NATS_CONFLICT)
		end_op(b, op, BUS_TAKEN);
	else if (a->kind == NATS_NOTHING)
		end_op(b, op, op->kind == OP_GET ? BUS_NONE : BUS_TAKEN);
	else
		end_op(b, op, BUS_AWAY);
}

/* A message to the inbox: its last token is the number of what was asked. */
static void take_answer(struct bus_nats *b, const struct nats_message *m)
{
	size_t n = strlen(b->inbox);
	uint64_t number =
		strncmp(m->subject, b->inbox, n) == 0 ? strtoull(m->subject + n, NULL, 10) : 0;
	struct op *op = *slot_of(b, number);
	struct nats_answer a;

	if (op && op->number == number && m->no_responders) {
		ask_later(b, op);
		return;
	}
	nats_answer_read(&a, m->bytes, m->len);
	if (op && op->number == number)
		op_answer(b, op, &a);
	else if (number == b->step_number && m->no_responders)
		stream_away(b, "the engine has no JetStream, or no leader for it");
	else if (number == b->step_number && b->step != STREAM_READY)
		stream_answer(b, &a);
}

static void take(struct bus_nats *b, const struct nats_message *m)
{
	struct subscription *s = &b->subscriptions[m->subscription];

	if (m->subscription == b->inbox_number) {
		take_answer(b, m);
		return;
	}
	b->base.heard++;
	s->heard(s->arg, m->subject, m->bytes, m->len);
}

/* Takes over the state of the link. What was asked on another connection gets no answer. */
static void follow(struct bus_nats *b)
{
	struct nats_link_state s;
	bool again;

	nats_link_state(b->link, &s);
	again = s.connections != b->base.connections;
	b->base.connections = s.connections;
	b->base.dropped = s.dropped + b->refused;
	if (again || !s.up) {
		end_all(b, &b->asked);
		b->step = STREAM_UNKNOWN;
		b->step_at = s.up ? 0 : NSEC_MAX;
		memcpy(b->base.why, s.why, sizeof(b->base.why));
	}
	if (!s.up)
		end_all(b, &b->waiting);
	b->base.up = s.up;
}

static void expire(struct bus_nats *b, struct list *ops, nsec_t now)
{
	while (!list_empty(ops)) {
		struct op *op = list_entry(ops->next, struct op, at);

		if (op->deadline > now)
			break;
		end_op(b, op, BUS_AWAY);
	}
}

static void complete(struct bus *base)
{
	struct bus_nats *b = of(base);
	struct nats_message *m, *next;
	nsec_t now;
	bool more;

	if (!b->link) {
		run_ended(b);
		return;
	}
	follow(b);
	for (m = nats_link_take(b->link, TURN_BYTES, &more); m; m = next) {
		next = m->next;
		take(b, m);
		free(m);
	}
	now = nats_now();
	if (base->up && now >= b->step_at)
		ask_stream(b, STREAM_INFO);
	expire(b, &b->waiting, now);
	expire(b, &b->asked, now);
	run_ended(b);
	nats_link_wake_at(b->link, next_due(b));
	if (more)
		wake(b);
}

/* --- the bus ---------------------------------------------------------------------------------- */

static bool publish(struct bus *base, const char *subject, const uint8_t *bytes, size_t len)
{
	struct bus_nats *b = of(base);
	struct nats_message m = {.subject = subject, .bytes = bytes, .len = len};
	bool sent = b->link && len <= BUS_MESSAGE_MAX && nats_link_send(b->link, &m);

	if (sent) {
		base->published++;
	} else {
		b->refused++;
		base->dropped++;
	}
	return sent;
}

static bool sent(struct bus *base)
{
	struct bus_nats *b = of(base);
	struct nats_link_state state = {0};

	if (b->link)
		nats_link_state(b->link, &state);
	return !state.unsent;
}

static bool subscribe(struct bus *base, const char *subject, bus_heard heard, void *arg)
{
	struct bus_nats *b = of(base);
	uint32_t number;

	if (!b->link)
		return !b->lib.library;
	if (!nats_link_subscribe(b->link, subject, &number))
		return false;
	b->subscriptions[number] = (struct subscription){heard, arg};
	return true;
}

static void stop(struct bus *base)
{
	struct bus_nats *b = of(base);

	if (b->link)
		nats_link_free(b->link);
	b->link = NULL;
	b->stopped = true;
	base->up = false;
	end_all(b, &b->asked);
	end_all(b, &b->waiting);
	run_ended(b);
}

/* Names of its own: the inbox is a secret of this bus and the engine. */
static bool set_names(struct bus_nats *b)
{
	uint64_t secret[2];

	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return false;
	snprintf(b->prefix, sizeof(b->prefix), "burble.%s.key.", b->options.network);
	snprintf(b->inbox, sizeof(b->inbox), "_INBOX.burble-%s.%016llx%016llx.", b->options.network,
		(unsigned long long)secret[0], (unsigned long long)secret[1]);
	return true;
}

static bool open_link(struct bus_nats *b)
{
	char inbox[INBOX_MAX + 1];

	b->link = nats_link_new(&b->options, &b->lib);
	snprintf(inbox, sizeof(inbox), "%s*", b->inbox);
	return b->link && nats_link_subscribe(b->link, inbox, &b->inbox_number);
}

struct bus *bus_nats_new(const struct bus_nats_options *o)
{
	static const struct bus_ops ops = {
		publish, subscribe, create, replace, remove_key, get, sent, complete, stop};
	struct bus_nats *b = calloc(1, sizeof(*b));

	assert(strlen(o->network) < BUS_TOKEN_MAX);
	if (!b)
		return NULL;
	b->base.ops = &ops;
	b->options = *o;
	b->step_at = NSEC_MAX;
	list_init(&b->waiting);
	list_init(&b->asked);
	list_init(&b->ended);
	nats_lib_load(&b->lib);
	strcpy(b->base.why, b->lib.library ? "not connected yet" : b->lib.why);
	if (!b->lib.library || (set_names(b) && open_link(b)))
		return &b->base;
	stop(&b->base);
	bus_nats_free(&b->base);
	return NULL;
}

void bus_nats_free(struct bus *base)
{
	free(base ? of(base) : NULL);
}
