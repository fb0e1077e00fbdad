/* admin_ban.c - ban list, test, add, del: of addresses, users and accounts by one command. */
#include "chat/admin/admin_command.h"
#include "chat/admin/admin_wait.h"
#include "chat/cluster.h"
#include "chat/cmd/always_on.h"
#include "chat/cmd/cmd_ban.h"
#include "chat/history/ban_enforce.h"
#include "chat/out/conn_table.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>

static const char *kind_name(enum ban_kind kind)
{
	return kind == BAN_ADDRESS ? "address" : kind == BAN_ACCOUNT ? "account" : "user";
}

static void order_of(
	struct admin *a, const char *mask, struct ban_order *o, char full[BAN_MASK_MAX])
{
	*o = (struct ban_order){
		.kind = ban_kind_of(mask), .setter = a->server->config->server.name};
	ban_full_mask(a->server, o->kind, mask, full);
	o->mask = full;
}

/* --- list --- */

struct ban_rows {
	struct admin *admin;
	struct admin_text *out;
	uint32_t rows;
};

static void ban_row(struct hash_node *n, void *arg)
{
	const struct ban *b = container_of(n, struct ban, by_mask);
	struct ban_rows *r = arg;

	if (b->expire_ms && b->expire_ms <= r->admin->server->wall / NSEC_MSEC)
		return;
	json_begin(r->out);
	json_text(r->out, "kind", kind_name(b->kind));
	json_text(r->out, "mask", b->mask);
	json_number(r->out, "expires", b->expire_ms / 1000);
	json_text(r->out, "reason", b->reason);
	json_text(r->out, "by", b->setter);
	json_end(r->out);
	r->rows++;
}

static bool list(struct admin *a, struct admin_text *out)
{
	struct ban_rows r = {.admin = a, .out = out};

	for (int i = 0; i < ADMIN_PIECE_LOOKS && r.rows < ADMIN_PIECE_ROWS; i++) {
		a->place = hash_scan(&a->server->bans.by_mask, a->place, ban_row, &r);
		if (a->place == 0)
			return false;
	}
	return true;
}

/* --- test: users that a ban would disconnect or end --- */

static const char *test(struct admin *a)
{
	char full[BAN_MASK_MAX];
	struct ban_order o;
	struct store_ban ban;
	enum ban_result result;

	order_of(a, a->word[0], &o, full);
	ban = ban_record(a->server, &o);
	bans_init(&a->test, &a->server->key);
	a->testing = true;
	result = bans_add(&a->test, &ban, NULL);
	return result == BAN_OK ? NULL : ban_result_text(result);
}

/* c: its connection, perhaps of no registered user; NULL: it has none here. */
static void hit_row(struct admin_text *out, const struct user *u, const struct conn *c)
{
	char address[ADDR_TEXT_MAX];
	bool registered = user_registered(u);

	if (c)
		addr_print(&c->peer, address);
	json_begin(out);
	json_text(out, "nick", registered ? user_nick(u) : NULL);
	json_text(out, "user", registered ? user_name(u) : NULL);
	json_text(out, "host", registered ? user_host(u) : NULL);
	json_text(out, "address", c ? address : NULL);
	json_text(out, "account", u ? user_account(u) : NULL);
	json_text(out, "client", c ? "here" : user_remote(u) ? "elsewhere" : "none");
	json_end(out);
}

static const struct ban *tested(const struct admin *a)
{
	return container_of(a->test.all.next, struct ban, all);
}

/* Rows of connections; whether more follow. */
static bool hit_clients(struct admin *a, struct admin_text *out)
{
	struct server *s = a->server;
	uint32_t end = a->place + ADMIN_PIECE_LOOKS, rows = 0;

	for (; a->place < s->slots.count && a->place < end && rows < ADMIN_PIECE_ROWS; a->place++) {
		struct conn *c = s->slots.at[a->place].conn;

		if (!c || (c->flags & CONN_LEAVING) || !ban_enforce_covers(s, c, tested(a)))
			continue;
		hit_row(out, c->user, c);
		rows++;
	}
	return a->place < s->slots.count;
}

static void hit_user(struct hash_node *n, void *arg)
{
	struct ban_rows *r = arg;
	const struct user *u = container_of(n, struct user, by_nick);

	if (u->conn || !user_registered(u) ||
		!ban_enforce_loses(r->admin->server, u, tested(r->admin)))
		return;
	hit_row(r->out, u, NULL);
	r->rows++;
}

/* First those with a connection, then those without: always-on, or of other servers. */
static bool hits(struct admin *a, struct admin_text *out)
{
	struct ban_rows r = {.admin = a, .out = out};

	if (!a->clients_done) {
		if (!hit_clients(a, out)) {
			a->clients_done = true;
			a->place = 0;
		}
		return true;
	}
	for (int i = 0; i < ADMIN_PIECE_LOOKS && r.rows < ADMIN_PIECE_ROWS; i++) {
		a->place = hash_scan(&a->server->nicks, a->place, hit_user, &r);
		if (a->place == 0)
			return false;
	}
	return true;
}

/* --- add, del --- */

/* Submits the change; the answer waits for it. */
static const char *keep(struct admin *a, enum store_op op, const struct store_ban *ban)
{
	struct store_request r = {.op = op, .done = admin_wait_kept, .u.ban = *ban};
	struct admin_wait *w = admin_wait_new(a);
	enum store_status status = STORE_NO_MEMORY;

	r.arg = w;
	if (w)
		status = a->server->store ? store_submit(a->server->store, &r) : STORE_OFF;
	if (w && status != STORE_OK)
		admin_wait_settle(w, NULL);
	if (status == STORE_OK)
		return NULL;
	snprintf(a->why, sizeof(a->why), "done, but it will not last over a restart: %s",
		store_status_text(status));
	return a->why;
}

static void log_change(struct admin *a, const char *what, enum ban_kind kind, const char *mask)
{
	LOG(a->server->log, INFO, "admin.ban", log_str("what", what),
		log_str("kind", kind_name(kind)), log_str("mask", mask));
}

/* add TIME MASK [REASON] */
static const char *add(struct admin *a)
{
	char full[BAN_MASK_MAX];
	struct ban_order o;
	struct store_ban ban;
	const struct ban *added;
	enum ban_result result;
	const char *why;
	int64_t ms;

	if (!ban_duration(a->word[0], &ms))
		return "a time is like 90s, 10m, 2h or 7d; 0 is for ever";
	order_of(a, a->word[1], &o, full);
	o.ms = ms;
	o.reason = *a->word[2] ? a->word[2] : "No reason given";
	ban = ban_record(a->server, &o);
	result = bans_add(&a->server->bans, &ban, &added);
	if (result != BAN_OK)
		return ban_result_text(result);
	ban.mask = (struct store_text){added->mask, strlen(added->mask)};
	log_change(a, "added", o.kind, added->mask);
	why = keep(a, STORE_BAN_PUT, &ban);
	ban_enforce_all(a->server, added);
	always_on_ban(a->server, added);
	return why;
}

static const char *del(struct admin *a)
{
	char full[BAN_MASK_MAX], canonical[BAN_MASK_MAX];
	struct ban_order o;
	struct store_ban ban = {0};
	enum ban_result result;

	order_of(a, a->word[0], &o, full);
	result = bans_remove(
		&a->server->bans, o.kind, (struct store_text){full, strlen(full)}, canonical);
	if (result == BAN_NOT_FOUND && o.kind == BAN_ADDRESS) {
		/* of an address, but as a K-line */
		o.kind = BAN_USER;
		ban_full_mask(a->server, o.kind, a->word[0], full);
		result = bans_remove(&a->server->bans, o.kind,
			(struct store_text){full, strlen(full)}, canonical);
	}
	if (result != BAN_OK)
		return ban_result_text(result);
	ban.kind = (uint8_t)o.kind;
	ban.mask = (struct store_text){canonical, strlen(canonical)};
	log_change(a, "removed", o.kind, canonical);
	return keep(a, STORE_BAN_DELETE, &ban);
}

static const struct admin_command rows[] = {
	{"ban", "list", 0, 0, NULL, NULL, list},
	{"ban", "test", 1, 1, test, NULL, hits},
	{"ban", "add", 3, 2, add, NULL, NULL},
	{"ban", "del", 1, 1, del, NULL, NULL},
};

const struct admin_group admin_ban = {rows, ARRAY_SIZE(rows)};
