/* admin.c - a request: its words, its command, the pieces of its answer. */
#include "chat/admin/admin.h"

#include "chat/admin/admin_command.h"
#include "chat/admin/admin_wait.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

static const struct admin_group *const groups[] = {
	&admin_account, &admin_act, &admin_ban, &admin_show, &admin_user};

/* Cuts the next word off *p; the last one is the rest of the line. */
static char *take_word(char **p, bool last)
{
	char *start = *p + strspn(*p, " "),
	     *end = last ? start + strlen(start) : start + strcspn(start, " ");

	*p = *end ? end + 1 : end;
	*end = '\0';
	return start;
}

static const struct admin_command *find(const char *group, const char *name)
{
	for (size_t g = 0; g < ARRAY_SIZE(groups); g++)
		for (size_t i = 0; i < groups[g]->count; i++) {
			const struct admin_command *c = &groups[g]->rows[i];

			if (strcmp(c->group, group) == 0 && strcmp(c->name, name) == 0)
				return c;
		}
	return NULL;
}

/* The command, and its words. NULL, or why there is none. */
static const char *parse(struct admin *a)
{
	char *rest = a->line, *first;

	if (!utf8_valid(rest, strlen(rest)))
		return "the request is not UTF-8";
	first = take_word(&rest, false);
	a->command = find("", first);
	if (!a->command)
		a->command = find(first, take_word(&rest, false));
	if (!a->command)
		return "no such request: 'burble admin help' lists them";
	for (uint8_t i = 0; i < ADMIN_WORDS_MAX; i++)
		a->word[i] = i < a->command->words ? take_word(&rest, i + 1 == a->command->words)
						   : rest + strlen(rest);
	if (a->command->needs > 0 && !*a->word[a->command->needs - 1])
		return "something is missing in the request";
	return a->command->words == 0 && *rest ? "the request takes no argument" : NULL;
}

struct admin *admin_begin(struct server *s, const char *request)
{
	struct admin *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->server = s;
	if (strlen(request) > ADMIN_LINE_MAX)
		snprintf(a->why, sizeof(a->why), "the request is too long");
	else
		memcpy(a->line, request, strlen(request) + 1);
	return a;
}

static enum admin_step refuse(struct admin_text *out, const char *why)
{
	admin_text_line(out, "error ");
	admin_text_line(out, why);
	admin_text_line(out, "\n");
	return ADMIN_REFUSED;
}

/* Runs the command. NULL, or why not. */
static const char *begin(struct admin *a)
{
	const char *why = a->why[0] ? a->why : parse(a);

	if (!why && a->command->begin)
		why = a->command->begin(a);
	/* Lines queued and requests submitted between two turns leave with the next one. */
	a->server->net->ops->wake(a->server->net);
	return why;
}

enum admin_step admin_more(struct admin *a, struct admin_text *out)
{
	const char *why = NULL;

	if (!a->begun) {
		a->begun = true;
		why = begin(a);
	}
	if (why)
		return refuse(out, why);
	if (a->waits && a->command->ready)
		a->waits = !a->command->ready(a);
	if (a->waits)
		return ADMIN_WAITS;
	if (a->why[0])
		return refuse(out, a->why);
	if (!a->said_ok)
		admin_text_line(out, "ok\n");
	a->said_ok = true;
	if (a->command->rows && a->command->rows(a, out))
		return ADMIN_MORE;
	admin_text_line(out, "end\n");
	return ADMIN_DONE;
}

void admin_end(struct admin *a)
{
	admin_wait_forget(a->wait);
	if (a->testing)
		bans_free(&a->test);
	explicit_bzero(a->line, sizeof(a->line)); /* a password may be in it */
	free(a);
}
