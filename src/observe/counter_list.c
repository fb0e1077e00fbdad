/* counter_list.c - lists of counters: counter_list.h. */
#include "observe/counter_list.h"

bool counter_list_add(struct counter_list *l, const char *name, uint64_t value)
{
	struct counter *c = &l->at[l->count];

	if (l->count == COUNTERS_MAX || strlen(name) >= COUNTER_NAME)
		return false;
	memcpy(c->name, name, strlen(name) + 1);
	c->value = value;
	l->count++;
	return true;
}

const uint64_t *counter_list_find(const struct counter_list *l, const char *name, uint32_t *at)
{
	for (uint32_t n = 0, i = *at; n < l->count; n++, i++) {
		const struct counter *c = &l->at[i % l->count];

		if (strcmp(c->name, name) == 0) {
			*at = i % l->count + 1;
			return &c->value;
		}
	}
	return NULL;
}
