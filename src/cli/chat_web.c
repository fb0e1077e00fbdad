/*
 * chat_web.c - HTTP and WebSocket of the chat server, see chat_web.h.
 *
 *     /          the client for browsers (web.client) with its files, or an explanation; with an
 *                upgrade to WebSocket, on this or any other path: IRC
 *     /files     uploads (chat_files.h)
 *     /healthz   200 while the server does its work, 503 if it cannot store
 */
#include "cli/chat_web.h"

#include "chat/cluster.h"
#include "chat/proto/addr_text.h"
#include "chat/server.h"
#include "web/ws_net.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

_Static_assert(2 * (int)CONFIG_LISTEN_MAX <= (int)WS_LISTENERS_MAX, "room for each listener");

/* ---- who is it ---- */

static bool in_networks(const char *list, const struct net_addr *a)
{
	char word[CONFIG_WORD_MAX];

	while (config_word(&list, word)) {
		struct net_addr net, of;
		uint32_t bits;

		if (!addr_parse_cidr(&net, &bits, word))
			continue;
		of = addr_prefix(a, bits);
		if (addr_equal(&net, &of))
			return true;
	}
	return false;
}

/* An address as proxies write it: with a port or without. */
static bool parse_hop(struct net_addr *out, const char *text, size_t len)
{
	char word[ADDR_TEXT_MAX + 8];
	uint32_t bits;

	if (len >= sizeof(word) || memchr(text, '/', len))
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return addr_parse_cidr(out, &bits, word) || addr_parse(out, word);
}

/* Each proxy appends the address that it was asked from, so the last ones can be believed: as long
 * as they are of proxies themselves, the one before is looked at. */
static void follow_proxies(const struct chat_web *w, const char *hops, struct net_addr *peer)
{
	size_t end = strlen(hops);

	while (end > 0 && in_networks(w->config->web.proxies, peer)) {
		size_t begin = end;
		struct net_addr hop;

		while (begin > 0 && hops[begin - 1] != ',')
			begin--;
		while (begin < end && strchr(" \t", hops[begin]))
			begin++;
		while (end > begin && strchr(" \t", hops[end - 1]))
			end--;
		if (!parse_hop(&hop, hops + begin, end - begin))
			return;
		*peer = hop;
		end = begin;
		while (end > 0 && strchr(", \t", hops[end - 1]))
			end--;
	}
}

static bool same_host(const char *origin, const char *host)
{
	const char *of = strstr(origin, "://");

	return of && *host && strcasecmp(of + strlen("://"), host) == 0;
}

/* RFC 6455 section 10.2. A program that is no browser names no origin. */
static bool origin_allowed(const struct chat_web *w, const struct http_request *r)
{
	const char *origin = http_request_field(r, HTTP_ORIGIN);
	const char *list = w->config->web.origins;
	char word[CONFIG_WORD_MAX];

	if (!*origin || same_host(origin, http_request_field(r, HTTP_HOST)))
		return true;
	while (config_word(&list, word))
		if (strcmp(word, "*") == 0 || strcasecmp(word, origin) == 0)
			return true;
	return false;
}

/* The origin of a page that may read the answer; "": none. */
static const char *origin_of(const struct chat_web *w, const struct http_request *r)
{
	return origin_allowed(w, r) ? http_request_field(r, HTTP_ORIGIN) : "";
}

static bool admit(void *arg, const struct http_request *r, struct net_addr *peer)
{
	struct chat_web *w = arg;

	follow_proxies(w, http_request_field(r, HTTP_FORWARDED_FOR), peer);
	if (origin_allowed(w, r))
		return true;
	LOG(w->log, WARN, "web.origin", log_str("origin", http_request_field(r, HTTP_ORIGIN)),
		log_str("do", "list it in web.origins if it is yours"));
	return false;
}

static void refused(void *arg, const struct net_addr *peer, const char *reason, const char *text)
{
	struct chat_web *w = arg;
	char address[ADDR_TEXT_MAX];

	addr_print(peer, address);
	LOG(w->log, WARN, "web.refused", log_str("reason", reason), log_str("said", text),
		log_str("address", address));
}

/* ---- pages ---- */

static void say(struct http_answer *out, unsigned status, const char *text)
{
	out->status = status;
	out->type = "text/plain; charset=utf-8";
	out->body = strdup(text);
	out->len = out->body ? strlen(text) : 0;
}

static void health(const struct chat_web *w, struct http_answer *out)
{
	struct cluster_self self = {.engine = true};

	if (w->server && w->server->cluster)
		w->server->cluster->ops->self(w->server->cluster, &self);
	if (w->server && w->server->store->seen.health == STORE_OK)
		say(out, 200,
			self.engine ? "ok\n"
				    : "degraded: on its own, without the cluster's engine\n");
	else
		say(out, 503, "the server cannot store: see its log\n");
}

/* The page loads nothing from elsewhere, runs no script but its own, and stands in no other page's
 * frame. Pictures of other sites: if the user asks for them. */
static const char page_fields[] =
	"Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
	"img-src 'self' blob: data: https:; connect-src 'self'; manifest-src 'self'; "
	"worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
	"require-trusted-types-for 'script'\r\n"
	"Cross-Origin-Opener-Policy: same-origin\r\n"
	"Cross-Origin-Resource-Policy: same-origin\r\n"
	"Referrer-Policy: no-referrer\r\n";

static unsigned content(void *arg, const struct http_ask *ask)
{
	const struct chat_web *w = arg;

	return origin_allowed(w, ask->request) ? chat_files_admit(&w->files, ask) : 403;
}

static void get(void *arg, struct http_ask *ask, struct http_answer *out)
{
	struct chat_web *w = arg;
	const struct http_files pages = {chat_pages, chat_page_count, page_fields};
	const struct http_request *r = ask->request;

	if (chat_files_get(&w->files, ask, origin_of(w, r), out))
		return;
	if (r->method == HTTP_OPTIONS)
		out->status = 405;
	else if (strcmp(r->path, "/healthz") == 0)
		health(w, out);
	else if (w->config->web.client && http_files_get(&pages, r, out))
		return;
	else if (strcmp(r->path, "/") == 0)
		say(out, 426, "An IRC server: clients that speak WebSocket can connect here.\n");
	else
		out->status = 404;
}

/* ---- for the owner ---- */

static void add_listeners(struct chat_web *w, const char *list)
{
	char word[CONFIG_WORD_MAX];

	while (config_word(&list, word)) {
		struct net_addr at;
		bool only_13;

		if (config_tls_listen(word, &at, &only_13))
			ws_net_listener(w->net, &at);
	}
}

bool chat_web_open(struct chat_web *w, struct net *inner, const struct config *c)
{
	struct ws_world world = {get, content, admit, refused, w};

	if (!c->web.listen[0] && !c->web.listen_tls[0])
		return true;
	w->config = c;
	w->net = ws_net_new(inner, &world);
	if (!w->net) {
		fputs("burble chat: out of memory\n", stderr);
		return false;
	}
	add_listeners(w, c->web.listen);
	add_listeners(w, c->web.listen_tls);
	return true;
}

void chat_web_close(struct chat_web *w)
{
	ws_net_free(w->net);
}
