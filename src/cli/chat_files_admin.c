/* chat_files_admin.c - uploads, listed and deleted by the administrator: chat_files_admin.h. */
#include "cli/chat_files_admin.h"

#include "chat/admin/admin_text.h"
#include "chat/cmd/cmd_ban.h"
#include "chat/server.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	WORDS_MAX = 3
};

struct files_ask {
	struct chat_files *f;
	struct files_ask *next; /* of those that wait for the disk */
	bool waits;             /* for the disk */
	bool left;              /* its reader has gone: freed when the disk has answered */
	char why[FILES_WHY_MAX];
	struct admin_text text; /* the answer */
};

bool files_ask_is(const char *request)
{
	return strncmp(request, "files ", 6) == 0;
}

static void free_ask(struct files_ask *a)
{
	free(a->text.at);
	free(a);
}

/* --- what comes back --- */

static void row(struct admin_text *out, const struct files_row *r)
{
	json_begin(out);
	json_text(out, "account", *r->owner ? r->owner : NULL);
	json_text(out, "id", *r->id ? r->id : NULL);
	json_number(out, "files", (int64_t)r->count);
	json_number(out, "bytes", (int64_t)r->bytes);
	json_number(out, *r->id ? "uploaded" : "newest", r->time_ms / 1000);
	json_text(out, "type", *r->id ? r->type : NULL);
	json_text(out, "name", *r->id ? r->name : NULL);
	json_end(out);
}

static void forget_waiting(struct files_ask *a)
{
	struct files_ask **at = &a->f->asks;

	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
}

/* The disk has answered. */
static void take(struct files_ask *a, const struct files_reply *r)
{
	forget_waiting(a);
	a->waits = false;
	if (r->status != FILES_OK)
		snprintf(a->why, sizeof(a->why), "%s", r->why);
	if (a->left)
		free_ask(a);
}

static void listed(void *arg, const struct files_reply *r)
{
	struct files_ask *a = arg;

	for (uint32_t i = 0; i < r->row_count; i++)
		row(&a->text, &r->rows[i]);
	take(a, r);
}

static void deleted(void *arg, const struct files_reply *r)
{
	struct files_ask *a = arg;
	struct server *s = a->f->server;

	if (r->status == FILES_OK)
		LOG(s->log, INFO, "admin.files", log_str("what", "deleted"),
			log_str("account", r->file->owner), log_int("files", (int64_t)r->deleted));
	json_begin(&a->text);
	json_number(&a->text, "deleted", (int64_t)r->deleted);
	json_end(&a->text);
	take(a, r);
}

/* --- requests --- */

static const char *list(struct files_ask *a, char **word)
{
	enum files_list what = *word[1] ? FILES_OF_OWNER : FILES_BY_OWNER;

	return files_list(a->f->files, what, word[1], (struct files_then){listed, a, 0})
		       ? NULL
		       : "the account's name is too long, or memory is out";
}

static const char *total(struct files_ask *a, char **word)
{
	(void)word;
	return files_list(a->f->files, FILES_OF_ALL, "", (struct files_then){listed, a, 0})
		       ? NULL
		       : "out of memory";
}

static const char *del(struct files_ask *a, char **word)
{
	if (!*word[1])
		return "something is missing in the request";
	if (*word[2] && strlen(word[2]) != FILES_ID)
		return "that is no id of a file: 'files list ACCOUNT' shows them";
	return files_delete(a->f->files, word[1], word[2], (struct files_then){deleted, a, 0})
		       ? NULL
		       : "the account's name is too long, or memory is out";
}

static const char *expire(struct files_ask *a, char **word)
{
	int64_t ms = a->f->server->config->files.keep / NSEC_MSEC;

	if (*word[1] && !ban_duration(word[1], &ms))
		return "that is no time: 90s, 10m, 2h, 7d";
	if (!ms)
		return "files are kept for ever (files.keep): name a time";
	return files_expire(a->f->files, a->f->server->retention_clock.ms - ms,
		       (struct files_then){deleted, a, 0})
		       ? NULL
		       : "out of memory";
}

static const struct verb {
	const char *name;
	uint32_t words; /* with its name, at most */
	const char *(*begin)(struct files_ask *a, char **word);
} verbs[] = {{"list", 2, list}, {"total", 1, total}, {"del", 3, del}, {"expire", 2, expire}};

/* Starts a request. NULL, or why not. */
static const char *start(struct files_ask *a, char *text)
{
	char *word[WORDS_MAX] = {"", "", ""}, *more;
	uint32_t count = 0;

	for (char *w = strtok_r(text, " ", &more); w; w = strtok_r(NULL, " ", &more)) {
		if (count == WORDS_MAX)
			return "too many words";
		word[count++] = w;
	}
	if (!a->f->files)
		return "there are no uploads: files.enabled is off, or there is no data directory";
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		if (strcmp(word[0], verbs[i].name) == 0)
			return count > verbs[i].words ? "too many words" : verbs[i].begin(a, word);
	return "no such request: 'burble admin help' lists them";
}

struct files_ask *files_ask_begin(struct chat_files *f, char *request)
{
	struct files_ask *a = calloc(1, sizeof(*a));
	const char *why;

	if (!a)
		return NULL;
	a->f = f;
	a->next = f->asks;
	f->asks = a;
	a->waits = true;
	why = start(a, request + strlen("files "));
	if (why) {
		forget_waiting(a);
		a->waits = false;
		snprintf(a->why, sizeof(a->why), "%s", why);
	}
	return a;
}

static void say(struct control_out *out, const char *text)
{
	control_out_add(out, text, strlen(text));
}

enum control_step files_ask_more(struct files_ask *a, struct control_out *out)
{
	if (a->waits)
		return CONTROL_WAITS;
	if (a->why[0]) {
		say(out, "error ");
		say(out, a->why);
		say(out, "\n");
		return CONTROL_REFUSED;
	}
	say(out, "ok\n");
	if (a->text.at)
		control_out_add(out, a->text.at, a->text.len);
	out->failed |= a->text.failed;
	say(out, "end\n");
	return CONTROL_DONE;
}

void files_ask_end(struct files_ask *a)
{
	if (a->waits)
		a->left = true;
	else
		free_ask(a);
}

void files_asks_free(struct chat_files *f)
{
	while (f->asks) {
		struct files_ask *a = f->asks;

		f->asks = a->next;
		free_ask(a);
	}
}
