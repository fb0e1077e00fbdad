/* guard.c - lists of who is not heard, and of who is. */
#include "chat/accounts/guard.h"

#include "chat/proto/casemap.h"
#include "chat/proto/glob.h"

static struct guard *made(struct guard **g)
{
	if (!*g)
		*g = calloc(1, sizeof(**g));
	return *g;
}

static int64_t mask_at(const struct guard *g, const char *mask)
{
	for (uint32_t i = 0; g && i < g->silenced.count; i++)
		if (case_equal(g->silenced.at[i], mask))
			return i;
	return -1;
}

enum guard_result guard_silence(struct guard **at, const char *mask, int64_t max)
{
	struct guard *g = made(at);
	char *copy;

	if (!g)
		return GUARD_FULL;
	if (mask_at(g, mask) >= 0)
		return GUARD_SAME;
	if (g->silenced.count >= max || !VEC_RESERVE(&g->silenced, 1, UINT32_MAX))
		return GUARD_FULL;
	copy = strdup(mask);
	if (!copy)
		return GUARD_FULL;
	g->silenced.at[g->silenced.count++] = copy;
	return GUARD_DONE;
}

enum guard_result guard_unsilence(struct guard *g, const char *mask)
{
	int64_t i = mask_at(g, mask);

	if (i < 0)
		return GUARD_SAME;
	free(g->silenced.at[i]);
	/* keep the order: it is shown */
	memmove(&g->silenced.at[i], &g->silenced.at[i + 1],
		(g->silenced.count - (uint32_t)i - 1) * sizeof(*g->silenced.at));
	g->silenced.count--;
	return GUARD_DONE;
}

/* Whether an entry is w: by its account if it has one. */
static bool is(const struct guard_accepted *a, const struct guard_who *w)
{
	const char *account = guard_account(a);

	if (*account)
		return w->account && case_equal(account, w->account);
	return w->session && a->session == w->session;
}

enum guard_result guard_accept(struct guard **at, const struct guard_who *w, int64_t max)
{
	struct guard *g = made(at);
	size_t len = strlen(w->nick) + 1;
	char *text;

	if (!g)
		return GUARD_FULL;
	if (guard_accepts(g, w))
		return GUARD_SAME;
	if (g->accepted.count >= max || !VEC_RESERVE(&g->accepted, 1, UINT32_MAX))
		return GUARD_FULL;
	text = malloc(len + (w->account ? strlen(w->account) : 0) + 1);
	if (!text)
		return GUARD_FULL;
	memcpy(text, w->nick, len);
	strcpy(text + len, w->account ? w->account : "");
	g->accepted.at[g->accepted.count++] = (struct guard_accepted){text, w->session};
	return GUARD_DONE;
}

struct guard_accepted *guard_find(struct guard *g, const struct guard_who *w)
{
	for (uint32_t i = 0; g && i < g->accepted.count; i++)
		if (is(&g->accepted.at[i], w))
			return &g->accepted.at[i];
	for (uint32_t i = 0; g && i < g->accepted.count; i++)
		if (case_equal(g->accepted.at[i].nick, w->nick))
			return &g->accepted.at[i];
	return NULL;
}

void guard_unaccept(struct guard *g, struct guard_accepted *a)
{
	size_t i = (size_t)(a - g->accepted.at);

	free(a->nick);
	memmove(a, a + 1, (g->accepted.count - i - 1) * sizeof(*a));
	g->accepted.count--;
}

bool guard_silences(const struct guard *g, const struct guard_who *w, uint64_t *work)
{
	for (uint32_t i = 0; g && i < g->silenced.count; i++) {
		const char *mask = g->silenced.at[i];

		if (mask[0] == 'a' && mask[1] == ':') {
			if (w->account && glob_match(mask + 2, w->account, work))
				return true;
		} else if (glob_match(mask, w->mask, work)) {
			return true;
		}
	}
	return false;
}

bool guard_accepts(const struct guard *g, const struct guard_who *w)
{
	for (uint32_t i = 0; g && i < g->accepted.count; i++)
		if (is(&g->accepted.at[i], w))
			return true;
	return false;
}

void guard_free(struct guard *g)
{
	if (!g)
		return;
	for (uint32_t i = 0; i < g->silenced.count; i++)
		free(g->silenced.at[i]);
	for (uint32_t i = 0; i < g->accepted.count; i++)
		free(g->accepted.at[i].nick);
	VEC_FREE(&g->silenced);
	VEC_FREE(&g->accepted);
	free(g);
}
