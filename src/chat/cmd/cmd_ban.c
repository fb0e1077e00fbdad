/*
 * cmd_ban.c - KLINE UNKLINE DLINE UNDLINE. A ban takes effect at once; the reply to the operator
 * waits until it is on the disk, and reports a failure.
 */
#include "chat/cmd/cmd_ban.h"

#include "base/utf8.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/command.h"
#include "chat/cmd/oper_list.h"
#include "chat/history/ban_enforce.h"
#include "chat/out/reply_barrier.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	MINUTE_MS = 60000,
};

#define DURATION_MAX_MS ((int64_t)36500 * 24 * 60 * MINUTE_MS)

/* A reply waiting for the store. */
struct waiting {
	struct server *server;
	struct barrier_ticket *ticket;
	char nick[NICK_BYTES_MAX + 1];
};

static void kept(void *arg, const struct store_reply *r)
{
	struct waiting *w = arg;
	char text[REPLY_MAX];

	if (!w->ticket->conn || r->status == STORE_OK) {
		barrier_settle(w->server, w->ticket, NULL);
	} else {
		snprintf(text, sizeof(text),
			":%s NOTICE %s :Done, but it will not last over a restart: %s\r\n",
			w->server->config->server.name, w->nick, store_status_text(r->status));
		barrier_settle(w->server, w->ticket, text);
	}
	free(w);
}

void keep_change(struct request *q, const struct store_request *change)
{
	struct store_request r = *change;
	struct waiting *w = calloc(1, sizeof(*w));
	enum store_status status = STORE_NO_MEMORY;

	if (w)
		w->ticket = barrier_open(q->server, q->conn);
	if (w && w->ticket) {
		w->server = q->server;
		snprintf(w->nick, sizeof(w->nick), "%.64s", user_nick(q->user));
		r.done = kept;
		r.arg = w;
		status = q->server->store ? store_submit(q->server->store, &r) : STORE_OFF;
	}
	if (status == STORE_OK) {
		q->ticket = w->ticket;
		return;
	}
	if (w && w->ticket)
		barrier_settle(q->server, w->ticket, NULL);
	free(w);
	reply_text(q, ":%s NOTICE %s :This will not last over a restart: %s",
		q->server->config->server.name, user_nick(q->user), store_status_text(status));
}

bool ban_duration(const char *text, int64_t *ms)
{
	static const struct unit units[] = {{"w", 7 * 24 * 60 * MINUTE_MS},
		{"d", 24 * 60 * MINUTE_MS}, {"h", 60 * MINUTE_MS}, {"m", MINUTE_MS}, {"s", 1000},
		{"", MINUTE_MS}, {NULL, 0}};
	int64_t n = unit_parse(units, text);

	*ms = n < 0 || n > DURATION_MAX_MS ? 0 : n;
	return n >= 0;
}

void ban_full_mask(
	const struct server *s, enum ban_kind kind, const char *given, char out[BAN_MASK_MAX])
{
	const struct user *u = registry_registered(s, given);
	char real[HOST_BYTES_MAX];

	if (u && u->conn)
		conn_host(u->conn, real);
	else if (u)
		snprintf(real, sizeof(real), "%s", user_host(u));
	if (kind != BAN_USER || strchr(given, '@'))
		snprintf(out, BAN_MASK_MAX, "%s", given);
	else
		snprintf(out, BAN_MASK_MAX, "*@%s", u ? real : given);
}

struct store_ban ban_record(const struct server *s, const struct ban_order *o)
{
	struct store_ban ban = {.kind = (uint8_t)o->kind, .set_ms = s->wall / NSEC_MSEC};
	const char *reason = o->reason ? o->reason : "";

	ban.mask = (struct store_text){o->mask, strlen(o->mask)};
	ban.reason = (struct store_text){reason, utf8_cut(reason, BAN_TEXT_MAX)};
	ban.setter = (struct store_text){o->setter, strlen(o->setter)};
	ban.expire_ms = o->ms ? ban.set_ms + o->ms : 0;
	return ban;
}

enum ban_kind ban_kind_of(const char *mask)
{
	struct net_addr net;
	uint32_t bits;

	if (case_fold(mask[0]) == 'a' && mask[1] == ':' && !addr_parse_cidr(&net, &bits, mask))
		return BAN_ACCOUNT;
	return addr_parse_cidr(&net, &bits, mask) ? BAN_ADDRESS : BAN_USER;
}

const char *ban_kind_name(enum ban_kind kind)
{
	return kind == BAN_USER ? "K-line" : kind == BAN_ADDRESS ? "D-line" : "ban";
}

static void tell_oper(struct request *q, const char *what, enum ban_kind kind, const char *mask)
{
	reply_text(q, ":%s NOTICE %s :%s %s for %s", q->server->config->server.name,
		user_nick(q->user), what, ban_kind_name(kind), mask);
	LOG(q->server->log, INFO, "oper.ban", log_str("what", what),
		log_str("kind", ban_kind_name(kind)), log_str("mask", mask),
		log_str("by", user_mask(q->user)));
	oper_notify(q->server, NOTICE_BANS, "%s %s for %s, by %s", what, ban_kind_name(kind), mask,
		user_mask(q->user));
}

void ban_refused(struct request *q, const char *code, const char *what, const char *why)
{
	reply_note(q, &(struct reply_note){"FAIL", q->msg->command, code, what, why});
}

/* A ban that covers its setter is a mistake that the setter could not undo. */
static bool covers_setter(struct request *q, enum ban_kind kind, const char *mask)
{
	struct ban_subject subject = ban_enforce_subject(q->server, q->conn);
	const char *own = user_account(q->user);
	char full[BAN_MASK_MAX + 2], real[HOST_BYTES_MAX];

	if (kind == BAN_ACCOUNT)
		return own && case_equal(mask + 2, own);
	snprintf(full, sizeof(full), "%s%s", kind == BAN_ADDRESS ? "*@" : "", mask);
	if (ban_mask_covers(full, &subject))
		return true;
	conn_host(q->conn, real);
	subject.host = real;
	return ban_mask_covers(full, &subject);
}

/* Digits and letters in front of a mask are an attempt at a duration: no nick begins with a digit.
 */
static bool looks_like_duration(const char *text)
{
	return isdigit((unsigned char)text[0]) && !strpbrk(text, ".:@*?/");
}

const struct ban *ban_order(struct request *q, struct ban_order *o)
{
	struct store_ban ban;
	const struct ban *added;
	char mask[BAN_MASK_MAX];
	enum ban_result result;

	ban_full_mask(q->server, o->kind, o->mask, mask);
	if (covers_setter(q, o->kind, mask)) {
		ban_refused(q, "INVALID_MASK", mask, "this mask covers you");
		return NULL;
	}
	o->mask = mask;
	ban = ban_record(q->server, o);
	o->mask = NULL; /* it was borrowed */
	result = bans_add(&q->server->bans, &ban, &added);
	if (result != BAN_OK) {
		ban_refused(q, "INVALID_MASK", mask, ban_result_text(result));
		return NULL;
	}
	ban.mask = (struct store_text){added->mask, strlen(added->mask)};
	keep_change(q, &(struct store_request){.op = STORE_BAN_PUT, .u.ban = ban});
	tell_oper(q, "Added", o->kind, added->mask);
	ban_enforce_all(q->server, added);
	always_on_ban(q->server, added);
	return added;
}

/* KLINE [duration] mask [:reason] */
static void add(struct request *q, enum ban_kind kind)
{
	struct ban_order o = {.kind = kind, .setter = user_mask(q->user)};
	int at = q->msg->count > 1 && ban_duration(q->msg->params[0], &o.ms) ? 1 : 0;

	if (at == 0 && q->msg->count > 1 && looks_like_duration(q->msg->params[0])) {
		ban_refused(q, "INVALID_DURATION", q->msg->params[0],
			"A time is like 90s, 10m, 2h or 7d");
		return;
	}
	o.mask = msg_param(q->msg, at);
	o.reason = *msg_param(q->msg, at + 1) ? msg_param(q->msg, at + 1) : "No reason given";
	ban_order(q, &o);
}

void ban_lift(struct request *q, enum ban_kind kind, const char *given)
{
	struct store_ban ban = {.kind = (uint8_t)kind};
	char mask[BAN_MASK_MAX], canonical[BAN_MASK_MAX];
	enum ban_result result;

	ban_full_mask(q->server, kind, given, mask);
	result = bans_remove(
		&q->server->bans, kind, (struct store_text){mask, strlen(mask)}, canonical);
	if (result != BAN_OK) {
		ban_refused(q, "INVALID_MASK", mask, ban_result_text(result));
		return;
	}
	ban.mask = (struct store_text){canonical, strlen(canonical)};
	keep_change(q, &(struct store_request){.op = STORE_BAN_DELETE, .u.ban = ban});
	tell_oper(q, "Removed", kind, canonical);
}

static void cmd_kline(struct request *q)
{
	add(q, BAN_USER);
}

static void cmd_unkline(struct request *q)
{
	ban_lift(q, BAN_USER, q->msg->params[0]);
}

static void cmd_dline(struct request *q)
{
	add(q, BAN_ADDRESS);
}

static void cmd_undline(struct request *q)
{
	ban_lift(q, BAN_ADDRESS, q->msg->params[0]);
}

static const struct command rows[] = {
	{"DLINE", 1, COMMAND_NEEDS(OPER_BAN), 1, cmd_dline},
	{"KLINE", 1, COMMAND_NEEDS(OPER_BAN), 1, cmd_kline},
	{"UNDLINE", 1, COMMAND_NEEDS(OPER_BAN), 1, cmd_undline},
	{"UNKLINE", 1, COMMAND_NEEDS(OPER_BAN), 1, cmd_unkline},
};

const struct command_group commands_ban = {rows, ARRAY_SIZE(rows)};
