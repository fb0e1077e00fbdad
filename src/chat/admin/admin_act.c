/* admin_act.c - kill, announce, rehash, drain, backup, export. */
#include "chat/admin/admin_command.h"
#include "chat/admin/admin_wait.h"
#include "chat/cmd/cmd_oper.h"
#include "chat/model/history_scope.h"
#include "chat/model/registry.h"
#include "chat/out/deliver.h"
#include "chat/out/drain.h"

#include <stdio.h>
#include <stdlib.h>

static const char *kill_user(struct admin *a)
{
	struct server *s = a->server;
	struct user *u = registry_registered(s, a->word[0]);
	const char *name = s->config->server.name;

	if (!u)
		return "there is no such nick";
	LOG(s->log, INFO, "admin.kill", log_str("who", user_mask(u)),
		log_str("reason", a->word[1]));
	oper_kill(s, u, &(struct oper_kill){name, name, NULL, a->word[1]});
	return NULL;
}

static const char *announce(struct admin *a)
{
	struct server *s = a->server;
	struct line_out line = {.time = server_time(s)};
	struct delivery d;

	if (strlen(a->word[0]) > REPLY_MAX - 100)
		return "the text is too long for a line";
	LOG(s->log, INFO, "admin.announce", log_str("text", a->word[0]));
	line_add_all(&line, ":", s->config->server.name, " NOTICE $* :", a->word[0], NULL);
	deliver_begin(&d, s, &line);
	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn && user_registered(s->slots.at[i].conn->user))
			deliver_to(&d, s->slots.at[i].conn);
	return NULL;
}

static const char *rehash(struct admin *a)
{
	struct server *s = a->server;
	struct config_error e = {""};

	LOG(s->log, INFO, "admin.rehash");
	if (!s->reload)
		return "no configuration can be read here";
	if (!s->reload(s->reload_arg, &e)) {
		snprintf(a->why, sizeof(a->why), "nothing has changed: %.200s", e.text);
		return a->why;
	}
	snprintf(a->line, sizeof(a->line), "%s", e.text);
	return NULL;
}

/* The keys that keep their values until a restart. */
static bool restart_keys(struct admin *a, struct admin_text *out)
{
	json_begin(out);
	json_text(out, "restart", a->line);
	json_end(out);
	return false;
}

/* --- backup, export --- */

static const struct store_backup_report *report_of(const struct admin *a)
{
	const struct store_report *seen = &a->server->store->seen;

	return strcmp(a->command->name, "backup") == 0 ? &seen->backup : &seen->export;
}

static void begun(void *arg, const struct store_reply *r)
{
	struct admin_wait *w = arg;
	struct admin *a = w->admin;
	const struct store_backup_report *b = a ? report_of(a) : NULL;

	if (a && r->status == STORE_OK) {
		a->place = b->number;
		admin_wait_settle(w, NULL);
		a->waits = true; /* now for its end */
	} else if (a && r->status == STORE_BUSY) {
		admin_wait_settle(w, "another one is running");
	} else {
		admin_wait_settle(
			w, b && b->status == r->status ? b->detail : store_status_text(r->status));
	}
}

/* Submits a request that makes the file `path`. */
static const char *make_file(struct admin *a, struct store_request *r, const char *path)
{
	struct admin_wait *w;
	enum store_status status;

	if (!a->server->store)
		return store_status_text(STORE_OFF);
	if (path[0] != '/')
		return "the path must begin with a '/'";
	w = admin_wait_new(a);
	if (!w)
		return "out of memory";
	r->done = begun;
	r->arg = w;
	status = store_submit(a->server->store, r);
	if (status != STORE_OK)
		admin_wait_settle(w, store_status_text(status));
	return status == STORE_OK ? NULL : a->why;
}

static const char *backup(struct admin *a)
{
	struct store_request r = {.op = STORE_BACKUP};

	r.u.backup = (struct store_text){a->word[0], strlen(a->word[0])};
	LOG(a->server->log, INFO, "admin.backup", log_str("path", a->word[0]));
	return make_file(a, &r, a->word[0]);
}

static const char *export(struct admin *a)
{
	struct store_request r = {.op = STORE_EXPORT};
	const struct account *of = accounts_find(&a->server->accounts, a->word[0]);
	char name[CHANNEL_BYTES_MAX + 1];

	if (!of)
		return "there is no such account";
	r.u.export.account = store_name(of->name, name);
	r.u.export.path = (struct store_text){a->word[1], strlen(a->word[1])};
	LOG(a->server->log, INFO, "admin.export", log_str("account", of->name),
		log_str("path", a->word[1]));
	return make_file(a, &r, a->word[1]);
}

/* The end of the file, if the store has begun it; a later one has another number. */
static bool file_ready(struct admin *a)
{
	const struct store_backup_report *b = report_of(a);

	if (a->wait || (b->number == a->place && b->running))
		return false;
	if (b->number == a->place && b->status != STORE_OK)
		snprintf(a->why, sizeof(a->why), "%s", b->detail);
	return true;
}

static bool backup_row(struct admin *a, struct admin_text *out)
{
	json_begin(out);
	json_text(out, "path", a->word[0]);
	json_number(out, "pages", report_of(a)->pages);
	json_end(out);
	return false;
}

static bool export_row(struct admin *a, struct admin_text *out)
{
	json_begin(out);
	json_text(out, "path", a->word[1]);
	json_number(out, "lines", report_of(a)->pages);
	json_end(out);
	return false;
}

/* --- out of service --- */

static const char *drain(struct admin *a)
{
	struct server *s = a->server;
	char *end = a->word[0];
	unsigned long rate = *end ? strtoul(end, &end, 10) : DRAIN_RATE;

	if (*end || rate == 0 || rate > DRAIN_RATE_MAX)
		return "the rate is a number of clients a second, 10000 at most";
	LOG(s->log, INFO, "admin.drain", log_int("rate", (int64_t)rate));
	drain_begin(s, (uint32_t)rate);
	return NULL;
}

/* How many there are, and how long that will take. */
static bool drain_row(struct admin *a, struct admin_text *out)
{
	const struct server *s = a->server;

	json_begin(out);
	json_number(out, "connections", s->conn_count);
	json_number(out, "seconds", s->conn_count / s->drain.rate);
	json_end(out);
	return false;
}

static const struct admin_command rows[] = {
	{"", "kill", 2, 2, kill_user, NULL, NULL},
	{"", "announce", 1, 1, announce, NULL, NULL},
	{"", "rehash", 0, 0, rehash, NULL, restart_keys},
	{"", "drain", 1, 0, drain, NULL, drain_row},
	{"", "backup", 1, 1, backup, file_ready, backup_row},
	{"", "export", 2, 2, export, file_ready, export_row},
};

const struct admin_group admin_act = {rows, ARRAY_SIZE(rows)};
