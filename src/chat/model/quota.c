/* quota.c - memory quotas. */
#include "chat/model/quota.h"

#include "chat/model/channel.h"
#include "chat/model/conn_limit.h"

#include <stdlib.h>

/* The account of u, created on first use; NULL if out of memory. */
static struct quota *quota_of(struct user *u)
{
	struct conn_limit *a = u->conn ? u->conn->limit : NULL;

	if (u->quota)
		return u->quota;
	u->quota = calloc(1, sizeof(*u->quota));
	if (u->quota)
		*u->quota = (struct quota){.parent = a ? &a->quota : NULL, .refs = 1};
	return u->quota;
}

static void unref(struct quota *q)
{
	if (--q->refs == 0)
		free(q);
}

static bool fits(const struct quota *q, size_t n, int64_t max)
{
	return max == 0 || q->bytes + n <= (uint64_t)max;
}

static bool take(struct server *s, struct quota *q, size_t n)
{
	const struct config_limits *l = &s->config->limits;

	if (!q || !fits(q, n, l->user_memory) ||
		(q->parent && !fits(q->parent, n, l->address_memory))) {
		server_count(s, q ? COUNT_MEMORY_REFUSED : COUNT_NO_MEMORY);
		return false;
	}
	q->bytes += n;
	if (q->parent)
		q->parent->bytes += n;
	return true;
}

static void give(struct quota *q, uint64_t n)
{
	assert(q->bytes >= n);
	q->bytes -= n;
	if (q->parent)
		q->parent->bytes -= n;
}

void quota_user_moved(struct user *u)
{
	struct conn_limit *a = u->conn ? u->conn->limit : NULL;
	struct quota *q = u->quota;

	if (!q)
		return;
	if (q->parent)
		q->parent->bytes -= q->bytes;
	q->parent = a ? &a->quota : NULL;
	if (q->parent)
		q->parent->bytes += q->bytes;
}

bool quota_user_hold(struct server *s, struct user *u, size_t n)
{
	if (!take(s, quota_of(u), n))
		return false;
	u->quota->own += n;
	return true;
}

static void add(struct quota *q, uint64_t n)
{
	q->bytes += n;
	if (q->parent)
		q->parent->bytes += n;
}

bool quota_user_adopt(struct user *u, uint64_t own)
{
	struct quota *q = quota_of(u);

	if (!q)
		return false;
	give(q, q->own);
	q->own = own;
	add(q, own);
	return true;
}

bool quota_channel_adopt(struct channel *ch, struct user *u, struct quota *address, uint32_t held)
{
	struct quota *q;

	if (ch->payer)
		return true;
	q = u ? quota_of(u) : calloc(1, sizeof(*q));
	if (!q)
		return false;
	if (!u)
		*q = (struct quota){.parent = address};
	q->refs++;
	ch->payer = q;
	ch->held = held;
	add(q, held);
	return true;
}

void quota_user_release(struct user *u, size_t n)
{
	if (!u->quota)
		return;
	n = size_min(n, u->quota->own);
	u->quota->own -= n;
	give(u->quota, n);
}

void quota_user_gone(struct user *u)
{
	if (!u->quota)
		return;
	give(u->quota, u->quota->own);
	u->quota->own = 0;
	unref(u->quota);
	u->quota = NULL;
}

bool quota_channel_start(struct server *s, struct channel *ch, struct user *u)
{
	struct quota *q = quota_of(u);

	if (!take(s, q, QUOTA_CHANNEL))
		return false;
	q->refs++;
	ch->payer = q;
	ch->held = QUOTA_CHANNEL;
	return true;
}

bool quota_channel_hold(struct server *s, struct channel *ch, size_t n)
{
	if (!ch->payer)
		return true;
	if (!take(s, ch->payer, n))
		return false;
	ch->held += (uint32_t)n;
	return true;
}

void quota_channel_release(struct channel *ch, size_t n)
{
	if (!ch->payer)
		return;
	n = size_min(n, ch->held);
	ch->held -= (uint32_t)n;
	give(ch->payer, n);
}

void quota_channel_gone(struct channel *ch)
{
	if (!ch->payer)
		return;
	give(ch->payer, ch->held);
	unref(ch->payer);
	ch->payer = NULL;
}
