/* chat_files.c - uploads to the chat server: chat_files.h. */
#include "cli/chat_files.h"
#include "cli/chat_files_admin.h"

#include "chat/accounts/account.h"
#include "chat/cmd/service_token.h"
#include "chat/server.h"
#include "web/http_media.h"
#include "web/ws_net.h"

#include <nettle/base64.h>
#include <stdio.h>
#include <strings.h>

enum {
	CREDENTIALS_MAX = 384,
	PATH_MAX_FILES = 4096,
};

#define EXPIRE_INTERVAL (600 * NSEC_SEC)
/* An upload may end this long after its token, in milliseconds. */
#define TOKEN_GRACE (15 * 60 * 1000)

static const char prefix[] = "/files";

/* ---- who asks ---- */

/* "Basic" credentials (RFC 7617): the account's name and an app password. */
static struct account *basic_account(struct server *s, const char *text)
{
	char plain[BASE64_DECODE_LENGTH(CREDENTIALS_MAX) + 1];
	struct base64_decode_ctx base64;
	size_t len = sizeof(plain) - 1;
	struct account *a = NULL;
	char *colon;

	base64_decode_init(&base64);
	if (strlen(text) > CREDENTIALS_MAX ||
		!base64_decode_update(&base64, &len, (uint8_t *)plain, strlen(text), text) ||
		!base64_decode_final(&base64))
		return NULL;
	plain[len] = '\0';
	colon = strchr(plain, ':');
	if (colon) {
		*colon = '\0';
		a = service_app_account(s, plain, colon + 1);
	}
	explicit_bzero(plain, sizeof(plain));
	return a;
}

static struct account *account_of(struct server *s, const struct http_request *r, int64_t grace)
{
	const char *value = http_request_field(r, HTTP_AUTHORIZATION);

	if (strncasecmp(value, "Bearer ", 7) == 0)
		return service_token_account(
			s, SERVICE_FILEHOST, value + 7, s->wall / NSEC_MSEC - grace);
	if (strncasecmp(value, "Basic ", 6) == 0)
		return basic_account(s, value + 6);
	return NULL;
}

unsigned chat_files_admit(const struct chat_files *f, const struct http_ask *ask)
{
	const struct http_request *r = ask->request;
	char type[HTTP_MEDIA_MAX];

	if (!f->files || strcmp(r->path, prefix) != 0)
		return 405;
	if (!account_of(f->server, r, 0))
		return 401;
	if (!http_media_type(type, http_request_field(r, HTTP_CONTENT_TYPE)) ||
		!http_media_listed(type, f->server->config->files.types))
		return 415;
	return r->content > (uint64_t)f->server->config->files.max_size ? 413 : 0;
}

/* ---- answers ---- */

/* The permission for a page of another site (Fetch standard, 3.2.3). */
static void allow_origin(struct http_answer *out, const char *origin)
{
	size_t n = strlen(out->more);

	if (*origin)
		snprintf(out->more + n, sizeof(out->more) - n,
			"Access-Control-Allow-Origin: %.200s\r\nVary: Origin\r\n"
			"Access-Control-Allow-Headers: Authorization, Content-Type, "
			"Content-Disposition\r\nAccess-Control-Expose-Headers: Location\r\n",
			origin);
}

static void say_options(struct http_answer *out, const char *origin)
{
	out->status = 204;
	snprintf(out->more, sizeof(out->more), "Allow: OPTIONS, POST\r\n");
	allow_origin(out, origin);
}

static unsigned status_of(enum files_status status)
{
	switch (status) {
	case FILES_OK: return 200;
	case FILES_NONE: return 404;
	case FILES_QUOTA:
	case FILES_FULL: return 507;
	case FILES_FAILED: break;
	}
	return 503;
}

static struct http_token token_of(uint64_t tag)
{
	return (struct http_token){(uint32_t)(tag >> 32), (uint32_t)tag};
}

static uint64_t tag_of(struct http_token t)
{
	return (uint64_t)t.place << 32 | t.serial;
}

static void log_failure(const struct chat_files *f, const struct files_reply *r)
{
	if (r->status == FILES_FAILED)
		LOG(f->server->log, ERROR, "files.failed", log_str("error", r->why));
}

/* A file cannot do anything in a browser: no script, no frame, nothing loaded. */
static void fill_in(struct http_answer *out, struct file *file)
{
	bool plain = strcmp(file->type, "text/plain") == 0;
	char percent[HTTP_PERCENT_MAX];

	http_media_percent(percent, file->name);
	out->type = plain ? "text/plain; charset=utf-8" : file->type;
	out->cache = "private, max-age=3600";
	snprintf(out->more, sizeof(out->more),
		"Content-Disposition: %s; filename*=UTF-8''%s\r\n"
		"Content-Security-Policy: sandbox; default-src 'none'; img-src 'self'; media-src "
		"'self'\r\nCross-Origin-Resource-Policy: cross-origin\r\n"
		"Access-Control-Allow-Origin: *\r\n" /* in a sandbox a player is of no origin */
		"Referrer-Policy: no-referrer\r\n",
		http_media_harmless(file->type) ? "inline" : "attachment", percent);
	snprintf(out->tag, sizeof(out->tag), "%s", file->id);
	out->body = file->bytes;
	out->len = file->len;
	file->bytes = NULL;
}

static void found(void *arg, const struct files_reply *r)
{
	struct chat_files *f = arg;
	struct http_answer out = {.status = status_of(r->status)};
	nsec_t keep = f->server->config->files.keep;
	int64_t age = f->server->retention_clock.ms - r->file->time_ms;

	log_failure(f, r);
	if (r->status == FILES_OK && keep && age > keep / NSEC_MSEC)
		out.status = 404;
	else if (r->status == FILES_OK)
		fill_in(&out, r->file);
	ws_net_answer(f->web, token_of(r->tag), &out);
}

static void stored(void *arg, const struct files_reply *r)
{
	struct chat_files *f = arg;
	struct http_answer out = {.status = status_of(r->status)};
	char percent[HTTP_PERCENT_MAX];

	log_failure(f, r);
	if (r->status == FILES_OK) {
		out.status = 201;
		http_media_percent(percent, r->file->name);
		snprintf(out.more, sizeof(out.more),
			"Location: %s/%s/%s\r\nAccess-Control-Allow-Origin: *\r\n"
			"Access-Control-Expose-Headers: Location\r\n",
			prefix, r->file->id, percent); /* the page was judged before */
		LOG(f->server->log, INFO, "files.upload", log_str("account", r->file->owner),
			log_str("type", r->file->type), log_int("bytes", (int64_t)r->file->len));
	}
	ws_net_answer(f->web, token_of(r->tag), &out);
}

static struct files_bounds bounds_of(const struct chat_files *f)
{
	const struct config_files *c = &f->server->config->files;

	return (struct files_bounds){(uint64_t)c->quota, (uint64_t)c->total};
}

static unsigned store(struct chat_files *f, struct http_ask *ask)
{
	const struct http_request *r = ask->request;
	const struct account *a = account_of(f->server, r, TOKEN_GRACE);
	struct files_bounds bounds = bounds_of(f);
	struct file file = {.time_ms = f->server->retention_clock.ms, .len = ask->content_len};
	struct files_then then = {stored, f, tag_of(ask->token)};

	if (!a)
		return 401;
	snprintf(file.owner, sizeof(file.owner), "%s", a->name);
	http_media_type(file.type, http_request_field(r, HTTP_CONTENT_TYPE));
	http_media_name(file.name, http_request_field(r, HTTP_CONTENT_DISPOSITION));
	file.bytes = ask->content;
	if (!files_put(f->files, &file, &bounds, then))
		return 503;
	ask->content = NULL;
	return HTTP_LATER;
}

/* path: "/files/ID" or "/files/ID/NAME". */
static unsigned find(struct chat_files *f, const struct http_ask *ask, const char *path)
{
	char id[FILES_ID + 1];
	size_t len = strcspn(path, "/");

	if (len != FILES_ID)
		return 404;
	memcpy(id, path, len);
	id[len] = '\0';
	return files_get(f->files, id, (struct files_then){found, f, tag_of(ask->token)})
		       ? HTTP_LATER
		       : 503;
}

bool chat_files_get(
	struct chat_files *f, struct http_ask *ask, const char *origin, struct http_answer *out)
{
	const struct http_request *r = ask->request;
	const char *rest = r->path + strlen(prefix);

	if (!f->files || strncmp(r->path, prefix, strlen(prefix)) != 0 || (*rest && *rest != '/'))
		return false;
	if (r->method == HTTP_OPTIONS)
		say_options(out, origin);
	else if (r->method == HTTP_POST)
		out->status = store(f, ask);
	else
		out->status = *rest ? find(f, ask, rest + 1) : 405;
	return true;
}

/* ---- for the owner ---- */

static void wake(void *arg)
{
	struct net *n = arg;

	n->ops->wake(n);
}

static void deleted(void *arg, const struct files_reply *r)
{
	log_failure(arg, r);
}

static void account_gone(void *arg, const char *name)
{
	struct chat_files *f = arg;

	if (!files_forget(f->files, name, (struct files_then){deleted, f, 0}))
		LOG(f->server->log, ERROR, "files.failed", log_str("error", "out of memory"),
			log_str("lost", "the deletion of an account's files"));
}

void chat_files_serve(struct chat_files *f, struct server *s, struct net *web)
{
	f->server = s;
	f->web = web;
	if (f->files) {
		s->account_gone = account_gone;
		s->account_gone_arg = f;
	}
}

void chat_files_turn(struct chat_files *f)
{
	const struct server *s = f->server;
	nsec_t keep = f->files ? s->config->files.keep : 0;

	if (!f->files)
		return;
	files_complete(f->files);
	if (!keep || s->now < f->expire_at)
		return;
	if (files_expire(f->files, s->retention_clock.ms - keep / NSEC_MSEC,
		    (struct files_then){deleted, f, 0}))
		f->expire_at = s->now + EXPIRE_INTERVAL;
}

bool chat_files_open(struct chat_files *f, const struct config *c, struct net *net)
{
	char path[PATH_MAX_FILES], why[FILES_WHY_MAX];
	struct files_options o = {path, wake, net};

	if (!config_takes_files(c))
		return true;
	snprintf(path, sizeof(path), "%.4000s/files.db", c->server.data);
	f->files = files_open(&o, why);
	if (!f->files)
		fprintf(stderr, "burble chat: cannot use %s: %s\n", path, why);
	return f->files;
}

void chat_files_close(struct chat_files *f)
{
	files_close(f->files);
	files_asks_free(f);
	f->files = NULL;
}
