/* oper_list.c - a row for each operator: its name in the configuration, its notices. */
#include "chat/cmd/oper_list.h"

#include "base/utf8.h"
#include "chat/model/registry.h"
#include "chat/out/deliver.h"
#include "chat/out/reply.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	char letter;
	enum oper_kind kind;
	const char *title;
} kinds[] = {
	{'c', NOTICE_CLIENTS, "Client"},
	{'k', NOTICE_KILLS, "Kill"},
	{'b', NOTICE_BANS, "Ban"},
	{'o', NOTICE_OPERS, "Operator"},
	{'r', NOTICE_REGISTRATIONS, "Registration"},
};

static struct oper_row *row_of(const struct server *s, const struct user *u)
{
	for (uint32_t i = 0; i < s->opers.count; i++)
		if (s->opers.at[i].user == u)
			return &s->opers.at[i];
	return NULL;
}

static uint16_t caps_of(const struct server *s, const struct config_oper *o)
{
	const struct config_oper_class *class = config_oper_class(s->config, o->class);

	return class ? oper_caps_of(class->capabilities) : OPER_ALL;
}

bool oper_begin(struct server *s, struct user *u, const char *name)
{
	const struct config_oper *o = config_oper(s->config, name);
	struct oper_row *row = row_of(s, u);
	char *copy = o ? strdup(o->name) : NULL;

	if (!copy ||
		(!row && !VEC_PUSH(&s->opers, ((struct oper_row){.user = u}), OPERS_ONLINE_MAX))) {
		free(copy);
		return false;
	}
	if (!row) {
		row = &s->opers.at[s->opers.count - 1];
		s->oper_count++;
	}
	free(row->name);
	row->name = copy;
	u->modes |= USER_OPER;
	u->oper = caps_of(s, o);
	return true;
}

void oper_end(struct server *s, struct user *u)
{
	struct oper_row *row = row_of(s, u);

	u->modes &= (uint16_t) ~(USER_OPER | USER_NOTICES);
	u->oper = 0;
	s->oper_count--;
	if (!row)
		return;
	free(row->name);
	*row = s->opers.at[--s->opers.count];
}

static void tell_ended(struct server *s, struct user *u)
{
	struct line_out o = {.time = server_time(s)};
	struct delivery d;

	line_add_all(&o, ":", user_mask(u), " MODE ", user_nick(u), " :-o", NULL);
	deliver_begin(&d, s, &o);
	deliver_user(&d, u, NULL);
}

void oper_regrant(struct server *s)
{
	for (uint32_t i = s->opers.count; i-- > 0;) {
		struct user *u = s->opers.at[i].user;
		const struct config_oper *o = config_oper(s->config, s->opers.at[i].name);
		uint16_t caps = o ? caps_of(s, o) : 0;

		if (caps == u->oper)
			continue;
		LOG(s->log, INFO, "oper.changed", log_str("name", s->opers.at[i].name),
			log_str("who", user_mask(u)));
		if (o) {
			u->oper = caps;
			continue;
		}
		oper_end(s, u);
		tell_ended(s, u);
	}
}

bool oper_notices_set(struct server *s, const struct user *u, bool add, const char *letters)
{
	struct oper_row *row = row_of(s, u);
	uint32_t bits = letters ? 0 : NOTICE_ALL;
	bool known = true;

	for (const char *p = letters; p && *p; p++) {
		uint32_t bit = 0;

		for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
			bit |= kinds[i].letter == *p ? (uint32_t)kinds[i].kind : 0;
		bits |= bit;
		known &= bit || *p == '+';
	}
	if (row)
		row->notices = add ? row->notices | bits : row->notices & ~bits;
	return known;
}

void oper_notices_text(const struct server *s, const struct user *u, char out[NOTICE_LETTERS_MAX])
{
	const struct oper_row *row = row_of(s, u);
	size_t n = 0;

	for (size_t i = 0; row && i < ARRAY_SIZE(kinds); i++)
		if (row->notices & kinds[i].kind)
			out[n++] = kinds[i].letter;
	out[n] = '\0';
}

static const char *title_of(enum oper_kind kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].title;
	return "";
}

void oper_notify(struct server *s, enum oper_kind kind, const char *format, ...)
{
	struct line_out o = {.time = server_time(s)};
	char text[REPLY_MAX / 2];
	struct delivery d;
	uint32_t wanted = 0;
	va_list args;

	for (uint32_t i = 0; i < s->opers.count; i++)
		wanted |= s->opers.at[i].notices;
	if (!(wanted & kind))
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	utf8_mend(text, strlen(text));
	line_add_all(&o, ":", s->config->server.name, " NOTICE * :*** ", title_of(kind), ": ", text,
		NULL);
	deliver_begin(&d, s, &o);
	for (uint32_t i = 0; i < s->opers.count; i++)
		if (s->opers.at[i].notices & kind)
			deliver_user(&d, s->opers.at[i].user, NULL);
}
