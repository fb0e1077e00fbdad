/* store.c - what the kinds of store have in common: names, bounds, and the way to the kind. */
#include "chat/store/store_ops.h"

static const struct {
	const char *name, *text;
} statuses[] = {
	[STORE_OK] = {"ok", "the history is being kept"},
	[STORE_OFF] = {"off", "this server keeps nothing"},
	[STORE_BUSY] = {"busy", "the server cannot keep up with its history, try again"},
	[STORE_DISK_FULL] = {"disk-full", "the disk of the history is full"},
	[STORE_CORRUPT] = {"corrupt", "the file of the history is damaged"},
	[STORE_READ_ONLY] = {"read-only", "the history may not be written"},
	[STORE_IN_USE] = {"in-use", "another process uses the history"},
	[STORE_VERSION] = {"version", "the history was written by a newer version"},
	[STORE_IO] = {"io-error", "the history cannot be read or written"},
	[STORE_NO_MEMORY] = {"no-memory", "the server is out of memory"},
	[STORE_NO_MSGID] = {"no-msgid", "there is no such message"},
	[STORE_INVALID] = {"invalid", "this is too long for the history"},
};
_Static_assert(ARRAY_SIZE(statuses) == STORE_STATUS_COUNT, "a row a status");

const char *store_status_name(enum store_status s)
{
	assert(s < STORE_STATUS_COUNT);
	return statuses[s].name;
}

const char *store_status_text(enum store_status s)
{
	assert(s < STORE_STATUS_COUNT);
	return statuses[s].text;
}

static bool name_fits(struct store_text t)
{
	return t.len <= STORE_NAME_MAX;
}

static bool append_fits(const struct store_append *a)
{
	const struct store_msg *m = &a->msg;
	size_t len = m->source.len + m->account.len + m->command.len + m->params.len + m->tags.len;

	return name_fits(a->target.a) && name_fits(a->target.b) && len <= STORE_TEXT_MAX &&
	       m->id <= INT64_MAX && m->author <= INT64_MAX && m->ms >= 0;
}

static bool channel_fits(const struct store_channel *c)
{
	return name_fits(c->name) && name_fits(c->to) && c->begun <= INT64_MAX &&
	       c->renamed <= INT64_MAX;
}

static bool targets_fit(const struct store_targets *t)
{
	if (t->channel_count > STORE_PAGE_MAX)
		return false;
	for (size_t i = 0; i < t->channel_count; i++)
		if (!channel_fits(&t->channels[i]))
			return false;
	return name_fits(t->user);
}

static bool ban_fits(const struct store_ban *b)
{
	return b->mask.len + b->reason.len + b->setter.len <= STORE_BAN_TEXT_MAX;
}

enum store_status store_check(const struct store_request *r)
{
	bool fits = true;

	assert(r->op < STORE_OP_COUNT);
	switch (r->op) {
	case STORE_APPEND: fits = append_fits(&r->u.append); break;
	case STORE_HISTORY:
		fits = name_fits(r->u.history.target.a) && name_fits(r->u.history.target.b);
		break;
	case STORE_ROWS: fits = r->u.rows.count > 0 && r->u.rows.count <= STORE_PAGE_MAX; break;
	case STORE_CHANNEL_BEGIN:
	case STORE_CHANNEL_END:
	case STORE_CHANNEL_RENAME: fits = channel_fits(&r->u.channel); break;
	case STORE_TARGETS: fits = targets_fit(&r->u.targets); break;
	case STORE_FIND:
	case STORE_DELETE:
		fits = name_fits(r->u.key.target.a) && name_fits(r->u.key.target.b) &&
		       r->u.key.id <= INT64_MAX;
		break;
	case STORE_MARKER_SET:
	case STORE_MARKER_GET:
		fits = name_fits(r->u.marker.user) && name_fits(r->u.marker.target);
		break;
	case STORE_BAN_PUT:
	case STORE_BAN_DELETE: fits = ban_fits(&r->u.ban); break;
	case STORE_BAN_LIST:
	case STORE_OP_COUNT: break;
	}
	return fits ? STORE_OK : STORE_INVALID;
}

enum store_status store_submit(struct store *s, const struct store_request *r)
{
	enum store_status status = store_check(r);

	return status == STORE_OK ? s->ops->submit(s, r) : status;
}

void store_flush(struct store *s)
{
	s->ops->flush(s);
}

void store_complete(struct store *s)
{
	s->ops->complete(s);
}

void store_tick(struct store *s, int64_t wall_ms)
{
	s->ops->tick(s, wall_ms);
}

void store_drain(struct store *s)
{
	s->ops->drain(s);
}

enum store_status store_health(const struct store *s)
{
	return s->ops->health(s);
}

const char *store_detail(const struct store *s)
{
	return s->ops->detail(s);
}

uint64_t store_last_id(const struct store *s)
{
	return s->ops->last_id(s);
}

int64_t store_first_ms(const struct store *s)
{
	return s->ops->first_ms(s);
}

const char *store_notice(const struct store *s)
{
	return s->ops->notice(s);
}

void store_counters(const struct store *s, struct store_counters *out)
{
	s->ops->counters(s, out);
}

void store_set_retention(struct store *s, const struct store_retention *r)
{
	s->ops->set_retention(s, r);
}

void store_close(struct store *s)
{
	if (s)
		s->ops->close(s);
}
