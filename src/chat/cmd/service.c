/* service.c - from a message to a service's command, and its answers. */
#include "chat/cmd/service.h"

#include "chat/cmd/chanserv.h"
#include "chat/cmd/histserv.h"
#include "chat/cmd/hostserv.h"
#include "chat/cmd/later.h"
#include "chat/cmd/login.h"
#include "chat/cmd/nickserv.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct service *const services[] = {&nickserv, &chanserv, &histserv, &hostserv};

const struct service *service_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (case_equal(name, services[i]->name))
			return services[i];
	return NULL;
}

void service_say(struct request *q, const struct service *service, const char *format, ...)
{
	char text[LINE_BODY_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	reply_text(q, ":%s!%s@%s NOTICE %s :%s", service->name, service->name,
		q->server->config->server.name, user_nick(q->user), text);
}

/* --- HELP --- */

static const struct service_command *command_of(const struct service *service, const char *name)
{
	for (size_t i = 0; i < service->count; i++)
		if (case_equal(name, service->commands[i].name))
			return &service->commands[i];
	return NULL;
}

static bool visible(const struct request *q, const struct service_command *c)
{
	return !(c->flags & SERVICE_OPER) || user_may(q->user, OPER_ACCOUNTS);
}

static void help(struct service_call *c)
{
	const struct service *s = c->service;
	const struct service_command *one = command_of(s, c->word[1]);

	if (one && visible(c->q, one)) {
		service_say(c->q, s, "%s", one->usage);
		service_say(c->q, s, "%s", one->about);
		return;
	}
	service_say(c->q, s, "%s HELP COMMAND says more.", s->about);
	for (size_t i = 0; i < s->count; i++)
		if (visible(c->q, &s->commands[i]))
			service_say(c->q, s, "%s", s->commands[i].usage);
}

/* --- running --- */

/* Takes words up to `max`, of which the last is the rest of the line; returns what is left. */
static char *split(struct service_call *c, char *text, uint32_t max)
{
	while (c->count < max) {
		text += strspn(text, " ");
		if (!*text)
			break;
		c->word[c->count++] = text;
		if (c->count == max && max > 1)
			break;
		text += strcspn(text, " ");
		if (*text)
			*text++ = '\0';
	}
	return text;
}

static void drop_spaces_behind(char *text)
{
	size_t n = strlen(text);

	while (n > 0 && text[n - 1] == ' ')
		text[--n] = '\0';
}

bool service_by_app(const struct service_call *c)
{
	bool by_app = c->q->conn->by_app;

	if (by_app)
		service_say(c->q, c->service,
			"You logged in with an app password, which cannot change the account. Log "
			"in "
			"with its own.");
	return by_app;
}

static void run(struct service_call *c, const struct service_command *row)
{
	const struct user *u = c->q->user;

	if (!config_has_accounts(c->q->server->config))
		service_say(c->q, c->service, "There are no accounts on this server.");
	else if ((row->flags & SERVICE_OPER) && !user_may(u, OPER_ACCOUNTS))
		service_say(c->q, c->service, "Only operators may do that.");
	else if ((row->flags & SERVICE_LOGIN) && !u->account)
		service_say(c->q, c->service, "You are not logged in to an account.");
	else if ((row->flags & SERVICE_OWNER) && service_by_app(c))
		return;
	else if (c->count < row->words)
		service_say(c->q, c->service, "Usage: %s", row->usage);
	else
		row->run(c);
}

void service_run(struct request *q, const struct service *service, const char *text)
{
	char copy[LINE_BODY_MAX], *rest;
	struct service_call c = {.q = q, .service = service};
	const struct service_command *row;
	uint32_t last;

	snprintf(copy, sizeof(copy), "%s", text);
	drop_spaces_behind(copy);
	for (size_t i = 0; i < SERVICE_WORDS_MAX; i++)
		c.word[i] = copy + strlen(copy); /* "" */
	rest = split(&c, copy, 1);
	row = command_of(service, c.word[0]);
	last = row ? row->flags >> SERVICE_REST_BIT : 0;
	split(&c, rest, last ? last + 1 : SERVICE_WORDS_MAX);
	if (row)
		run(&c, row);
	else if (c.count == 0 || case_equal(c.word[0], "HELP"))
		help(&c);
	else
		service_say(q, service, "There is no such command. Try HELP.");
	explicit_bzero(copy, sizeof(copy));
}

/* --- waiting for the disk --- */

struct service_wait {
	struct later later;
	const struct service *service;
	char text[LINE_BODY_MAX];
};

static void done(void *arg, struct account *a, enum store_status status)
{
	struct service_wait *w = arg;
	struct request q;

	if (later_resume(&w->later, &q)) {
		if (status == STORE_OK)
			service_say(&q, w->service, "%s", w->text);
		else
			service_say(&q, w->service, "That failed: %s.", store_status_text(status));
		later_end(&q);
	}
	explicit_bzero(w->text, sizeof(w->text)); /* it may hold a password */
	free(w);
}

struct account_then service_then(
	struct request *q, const struct service *service, const char *format, ...)
{
	struct service_wait *w = calloc(1, sizeof(*w));
	va_list ap;

	if (!w)
		return (struct account_then){0};
	w->service = service;
	va_start(ap, format);
	vsnprintf(w->text, sizeof(w->text), format, ap);
	va_end(ap);
	return (struct account_then){done, w};
}

void service_started(struct request *q, struct account_then then, enum store_status status)
{
	struct service_wait *w = then.arg;

	if (!w)
		return;
	if (status == STORE_OK) {
		later_begin(q, &w->later);
		return;
	}
	if (status == STORE_BUSY)
		service_say(q, w->service, "Another change is being written, try again.");
	else
		service_say(q, w->service, "That failed: %s.", store_status_text(status));
	free(w);
}

static void cmd_of(struct request *q, const struct service *service)
{
	char text[LINE_BODY_MAX] = "";
	size_t n = 0;

	for (uint32_t i = 0; i < q->msg->count; i++)
		n += (size_t)snprintf(
			text + n, sizeof(text) - n, "%s%s", i ? " " : "", q->msg->params[i]);
	service_run(q, service, text);
	explicit_bzero(text, sizeof(text));
}

static void cmd_ns(struct request *q)
{
	cmd_of(q, &nickserv);
}

static void cmd_cs(struct request *q)
{
	cmd_of(q, &chanserv);
}

static void cmd_histserv(struct request *q)
{
	cmd_of(q, &histserv);
}

static void cmd_hs(struct request *q)
{
	cmd_of(q, &hostserv);
}

static const struct command rows[] = {
	{"CHANSERV", 0, 0, 2, cmd_cs},
	{"CS", 0, 0, 2, cmd_cs},
	{"HISTSERV", 0, 0, 2, cmd_histserv},
	{"HOSTSERV", 0, 0, 2, cmd_hs},
	{"HS", 0, 0, 2, cmd_hs},
	{"NICKSERV", 0, 0, 2, cmd_ns},
	{"NS", 0, 0, 2, cmd_ns},
};

const struct command_group commands_service = {rows, ARRAY_SIZE(rows)};
