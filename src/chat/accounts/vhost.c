/* vhost.c - hosts of accounts, and requests for them. */
#include "chat/accounts/vhost.h"

#include "chat/accounts/account_entry.h"

#include <stdio.h>
#include <stdlib.h>

static struct account_vhost *made(struct account *a)
{
	if (!a->vhost)
		a->vhost = calloc(1, sizeof(*a->vhost));
	return a->vhost;
}

const char *vhost_of(const struct account *a)
{
	return a->vhost && a->vhost->on && *a->vhost->host ? a->vhost->host : NULL;
}

/* Deletes the entry of `before` and writes that of `now`, unless they are "". */
static enum store_status replace(struct accounts *t, const struct account *a, const char *before,
	const struct account_entry *now)
{
	enum store_status status = STORE_OK;

	if (*before && strcmp(before, now->text) != 0)
		status = account_entry_delete(
			t, a, &(struct account_entry){now->list, before, NULL, 0});
	return status == STORE_OK && *now->text ? account_entry_put(t, a, now) : status;
}

enum store_status vhost_set(struct accounts *t, struct account *a, const char *host, bool on)
{
	struct account_vhost *v = made(a);
	char before[HOST_BYTES_MAX], now[HOST_BYTES_MAX]; /* host may be that of v */
	struct account_entry e = {ACCOUNT_VHOST, now, on ? "on" : "off", 0};

	if (!v)
		return STORE_NO_MEMORY;
	snprintf(now, sizeof(now), "%s", host);
	strcpy(before, v->host);
	strcpy(v->host, now);
	v->on = on;
	return replace(t, a, before, &e);
}

static void stop_waiting(struct accounts *t, const struct account *a)
{
	for (uint32_t i = 0; i < t->waiting.count; i++)
		if (t->waiting.at[i] == a) {
			memmove(&t->waiting.at[i], &t->waiting.at[i + 1],
				(t->waiting.count - i - 1) * sizeof(*t->waiting.at));
			t->waiting.count--;
			return;
		}
}

enum store_status vhost_ask(struct accounts *t, struct account *a, const char *host, int64_t now_ms)
{
	struct account_vhost *v = made(a);
	struct account_entry e = {ACCOUNT_VHOST_WANTED, host, NULL, now_ms};
	char before[HOST_BYTES_MAX];

	if (!v)
		return STORE_NO_MEMORY;
	strcpy(before, v->wanted);
	if (*host && !*before && !VEC_PUSH(&t->waiting, a, VHOSTS_WAITING_MAX))
		return STORE_BUSY;
	if (!*host)
		stop_waiting(t, a);
	snprintf(v->wanted, sizeof(v->wanted), "%s", host);
	v->asked_ms = *host ? now_ms : v->asked_ms;
	return replace(t, a, before, &e);
}

bool vhost_take(struct accounts *t, struct account *a, const struct account_entry *e)
{
	bool wanted = strcmp(e->list, ACCOUNT_VHOST_WANTED) == 0;
	struct account_vhost *v;

	if (!wanted && strcmp(e->list, ACCOUNT_VHOST) != 0)
		return false;
	v = made(a);
	if (!v)
		return true;
	if (wanted && (*v->wanted || VEC_PUSH(&t->waiting, a, VHOSTS_WAITING_MAX))) {
		snprintf(v->wanted, sizeof(v->wanted), "%s", e->text);
		v->asked_ms = e->added_ms;
	} else if (!wanted) {
		snprintf(v->host, sizeof(v->host), "%s", e->text);
		v->on = strcmp(e->note, "on") == 0;
	}
	return true;
}

void vhost_gone(struct accounts *t, struct account *a, const char *list, const char *host)
{
	struct account_vhost *v = a->vhost;

	if (v && strcmp(list, ACCOUNT_VHOST) == 0 && strcmp(v->host, host) == 0) {
		v->host[0] = '\0';
		v->on = false;
	} else if (v && strcmp(list, ACCOUNT_VHOST_WANTED) == 0 && strcmp(v->wanted, host) == 0) {
		stop_waiting(t, a);
		v->wanted[0] = '\0';
	}
}

void vhost_forget(struct accounts *t, struct account *a)
{
	stop_waiting(t, a);
	free(a->vhost);
	a->vhost = NULL;
}
