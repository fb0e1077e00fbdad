/* whowas.c - WHOWAS ring. */
#include "chat/model/whowas.h"

#include <stdlib.h>

static char *pack(const struct user *u)
{
	const char *part[] = {user_nick(u), user_name(u), user_host(u), user_real(u)};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(part); i++)
		n += strlen(part[i]) + 1;
	char *text = malloc(n), *p = text;

	for (size_t i = 0; text && i < ARRAY_SIZE(part); i++)
		p = stpcpy(p, part[i]) + 1;
	return text;
}

/* Adds an entry, whose text is taken over. */
static void put(struct whowas *w, char *text, nsec_t wall, uint32_t max)
{
	if (w->size != max) { /* first use, or a new configuration: start over */
		whowas_free(w);
		w->ring = calloc(max, sizeof(*w->ring));
		w->size = w->ring ? max : 0;
	}
	if (!w->size || !text) {
		free(text);
		return;
	}
	free(w->ring[w->added % w->size].text);
	w->ring[w->added++ % w->size] = (struct whowas_entry){text, wall};
	if (w->count < w->size)
		w->count++;
}

void whowas_add(struct whowas *w, const struct user *u, nsec_t wall, uint32_t max)
{
	if (max)
		put(w, pack(u), wall, max);
}

void whowas_adopt(struct whowas *w, const char *text, size_t len, nsec_t wall, uint32_t max)
{
	char *copy = max ? malloc(len) : NULL;
	size_t parts = 0;

	for (size_t i = 0; i < len; i++)
		parts += text[i] == '\0';
	if (copy && parts == WHOWAS_PARTS && text[len - 1] == '\0')
		put(w, memcpy(copy, text, len), wall, max);
	else
		free(copy);
}

const struct whowas_entry *whowas_before(const struct whowas *w, uint64_t *place)
{
	if (*place > w->added)
		*place = w->added;
	if (*place == 0 || w->added - *place >= w->count)
		return NULL;
	return &w->ring[--*place % w->size];
}

void whowas_free(struct whowas *w)
{
	for (uint32_t i = 0; i < w->size; i++)
		free(w->ring[i].text);
	free(w->ring);
	*w = (struct whowas){0};
}
