/* store_request.c - bounds of a request. */
#include "chat/store/store_request.h"

static bool name_fits(struct store_text t)
{
	return t.len <= STORE_NAME_MAX;
}

static bool append_fits(const struct store_append *a)
{
	const struct store_msg *m = &a->msg;

	return name_fits(a->target.a) && name_fits(a->target.b) &&
	       store_msg_bytes(m) <= STORE_TEXT_MAX && m->id <= INT64_MAX &&
	       m->author <= INT64_MAX && m->ms >= 0;
}

static bool channel_fits(const struct store_channel *c)
{
	return name_fits(c->name) && name_fits(c->to) && c->begun <= INT64_MAX &&
	       c->renamed <= INT64_MAX;
}

static bool channels_fit(const struct store_channel *at, size_t count)
{
	if (count > STORE_PAGE_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!channel_fits(&at[i]))
			return false;
	return true;
}

static bool targets_fit(const struct store_targets *t)
{
	return channels_fit(t->channels, t->channel_count) && name_fits(t->user);
}

static bool search_fits(const struct store_search *s)
{
	return channels_fit(s->channels, s->channel_count) && name_fits(s->user) &&
	       name_fits(s->with) && name_fits(s->from) && s->text.len <= STORE_SEARCH_TEXT_MAX &&
	       s->after <= INT64_MAX;
}

static bool ban_fits(const struct store_ban *b)
{
	return b->mask.len + b->reason.len + b->setter.len <= STORE_BAN_TEXT_MAX;
}

static bool record_fits(const struct store_record *r)
{
	for (size_t i = 0; i < STORE_RECORD_TEXTS; i++)
		if (r->text[i].len > STORE_RECORD_TEXT_MAX)
			return false;
	return r->table < STORE_TABLE_COUNT && r->version <= INT64_MAX && r->after <= INT64_MAX;
}

static bool frame_fits(const struct store_frame *f)
{
	return f->bytes.len <= STORE_FRAME_MAX && f->incarnation <= INT64_MAX &&
	       f->seq <= INT64_MAX && f->ms >= 0;
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
	case STORE_SEARCH: fits = search_fits(&r->u.search); break;
	case STORE_TARGETS: fits = targets_fit(&r->u.targets); break;
	case STORE_FIND:
	case STORE_DELETE:
		fits = name_fits(r->u.key.target.a) && name_fits(r->u.key.target.b) &&
		       r->u.key.id <= INT64_MAX;
		break;
	case STORE_EXPORT:
		fits = r->u.export.account.len < STORE_NAME_MAX &&
		       r->u.export.path.len <= STORE_BACKUP_PATH_MAX;
		break;
	case STORE_FORGET: fits = r->u.forget.account.len < STORE_NAME_MAX; break;
	case STORE_MARKER_SET:
	case STORE_MARKER_GET:
		fits = name_fits(r->u.marker.user) && name_fits(r->u.marker.target);
		break;
	case STORE_BAN_PUT:
	case STORE_BAN_DELETE: fits = ban_fits(&r->u.ban); break;
	case STORE_RECORD_PUT:
	case STORE_RECORD_DELETE:
	case STORE_RECORD_MERGE:
	case STORE_GONE_LIST:
	case STORE_RECORD_LIST: fits = record_fits(&r->u.record); break;
	case STORE_LOG_APPEND:
	case STORE_LOG_READ: fits = frame_fits(&r->u.frame); break;
	case STORE_BACKUP: fits = r->u.backup.len <= STORE_BACKUP_PATH_MAX; break;
	case STORE_BAN_LIST:
	case STORE_LOG_ENDS:
	case STORE_OP_COUNT: break;
	}
	return fits ? STORE_OK : STORE_INVALID;
}
