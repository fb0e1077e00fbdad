/* admin_act.c - kill, announce, rehash, backup. */
#include "chat/admin/admin_command.h"
#include "chat/admin/admin_wait.h"
#include "chat/cmd/cmd_oper.h"
#include "chat/model/registry.h"
#include "chat/out/deliver.h"

#include <stdio.h>

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

/* --- backup --- */

static void begun(void *arg, const struct store_reply *r)
{
	struct admin_wait *w = arg;
	struct admin *a = w->admin;
	const struct store_backup_report *b = a ? &a->server->store->seen.backup : NULL;

	if (a && r->status == STORE_OK) {
		a->place = b->number;
		admin_wait_settle(w, NULL);
		a->waits = true; /* now for its end */
	} else if (a && r->status == STORE_BUSY) {
		admin_wait_settle(w, "another backup is running");
	} else {
		admin_wait_settle(
			w, b && b->status == r->status ? b->detail : store_status_text(r->status));
	}
}

static const char *backup(struct admin *a)
{
	struct store_request r = {.op = STORE_BACKUP, .done = begun};
	struct admin_wait *w;
	enum store_status status;

	if (!a->server->store)
		return store_status_text(STORE_OFF);
	if (a->word[0][0] != '/')
		return "the path must begin with a '/'";
	w = admin_wait_new(a);
	if (!w)
		return "out of memory";
	r.arg = w;
	r.u.backup = (struct store_text){a->word[0], strlen(a->word[0])};
	LOG(a->server->log, INFO, "admin.backup", log_str("path", a->word[0]));
	status = store_submit(a->server->store, &r);
	if (status != STORE_OK)
		admin_wait_settle(w, store_status_text(status));
	return status == STORE_OK ? NULL : a->why;
}

/* The backup's end, if the store has begun it; a later one has another number. */
static bool backup_ready(struct admin *a)
{
	const struct store_backup_report *b = &a->server->store->seen.backup;

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
	json_number(out, "pages", a->server->store->seen.backup.pages);
	json_end(out);
	return false;
}

static const struct admin_command rows[] = {
	{"", "kill", 2, 2, kill_user, NULL, NULL},
	{"", "announce", 1, 1, announce, NULL, NULL},
	{"", "rehash", 0, 0, rehash, NULL, restart_keys},
	{"", "backup", 1, 1, backup, backup_ready, backup_row},
};

const struct admin_group admin_act = {rows, ARRAY_SIZE(rows)};
