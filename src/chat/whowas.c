/* whowas.c - the ring of whowas.h. */
#include "chat/whowas.h"

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

void whowas_add(struct whowas *w, const struct user *u, nsec_t wall, uint32_t max)
{
	char *text;

	if (max == 0)
		return;
	if (w->size != max) { /* first use, or another configuration: begin anew */
		whowas_free(w);
		w->ring = calloc(max, sizeof(*w->ring));
		w->size = w->ring ? max : 0;
	}
	text = w->size ? pack(u) : NULL;
	if (!text)
		return;
	free(w->ring[w->next].text);
	w->ring[w->next] = (struct whowas_entry){text, wall};
	w->next = (w->next + 1) % w->size;
	if (w->count < w->size)
		w->count++;
}

const struct whowas_entry *whowas_next(const struct whowas *w, const char *mask, uint32_t *i)
{
	while (*i < w->count) {
		uint32_t at = (w->next + w->size - 1 - (*i)++) % w->size;

		if (case_glob(mask, w->ring[at].text))
			return &w->ring[at];
	}
	return NULL;
}

void whowas_free(struct whowas *w)
{
	for (uint32_t i = 0; i < w->count; i++)
		free(w->ring[(w->next + w->size - 1 - i) % w->size].text);
	free(w->ring);
	*w = (struct whowas){0};
}
