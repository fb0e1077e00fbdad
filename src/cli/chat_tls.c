/*
 * chat_tls.c - TLS of the chat server, see chat_tls.h.
 */
#include "cli/chat_tls.h"

#include "chat/proto/addr_text.h"
#include "tls/tls_net.h"
#include "tls/tls_self_signed.h"

#include <stdio.h>

enum {
	PATH_BYTES = 1024,
};

_Static_assert(2 * (int)CONFIG_LISTEN_MAX <= (int)TLS_LISTENERS_MAX, "room for each listener");
_Static_assert((int)CONFIG_PAIRS_MAX <= (int)TLS_PAIRS_MAX, "room for each certificate");

static void refused(void *arg, const struct net_addr *peer, const char *reason, const char *text)
{
	struct chat_tls *t = arg;
	char address[ADDR_TEXT_MAX];

	addr_print(peer, address);
	LOG(t->log, WARN, "tls.refused", log_str("reason", reason), log_str("said", text),
		log_str("address", address));
}

static void add_listeners(struct chat_tls *t, const char *list, const char *alpn)
{
	char word[CONFIG_WORD_MAX];

	while (config_word(&list, word)) {
		struct tls_protocol p = {.alpn = alpn};
		struct net_addr at;

		if (config_tls_listen(word, &at, &p.only_13))
			tls_net_listener(t->net, &at, &p);
	}
}

bool chat_tls_open(struct chat_tls *t, struct net *inner, const struct config *c)
{
	struct tls_world world = {refused, t};

	if (!c->tls.listen[0] && !c->web.listen_tls[0])
		return true;
	t->net = tls_net_new(inner, &world);
	if (!t->net) {
		fputs("burble chat: out of memory\n", stderr);
		return false;
	}
	add_listeners(t, c->tls.listen, TLS_ALPN_IRC);
	add_listeners(t, c->web.listen_tls, TLS_ALPN_HTTP);
	return true;
}

/* The files of tls.cert and tls.key; their names are in `words`. */
static void pairs_of(const struct config *c, struct tls_settings *s,
	char words[2 * CONFIG_PAIRS_MAX][CONFIG_WORD_MAX])
{
	const char *certificates = c->tls.cert, *keys = c->tls.key;

	while (s->pair_count < CONFIG_PAIRS_MAX) {
		char *certificate = words[2 * s->pair_count];
		char *key = words[2 * s->pair_count + 1];

		if (!config_word(&certificates, certificate))
			return;
		s->pairs[s->pair_count++] =
			(struct tls_pair){certificate, config_word(&keys, key) ? key : certificate};
	}
}

static void log_certificates(struct chat_tls *t)
{
	struct tls_about a;

	for (size_t i = 0; tls_net_about(t->net, i, &a); i++) {
		LOG(t->log, INFO, "tls.certificate", log_str("name", a.name),
			log_str("ends", a.ends), log_str("sha256", a.fingerprint));
		if (a.ended)
			LOG(t->log, WARN, "tls.certificate-ended", log_str("name", a.name),
				log_str("ended", a.ends),
				log_str("do", "renew it, then SIGHUP or REHASH"));
	}
}

/* No certificate is configured: one of our own, in a file if there is a place for it. */
static bool self_signed(
	struct chat_tls *t, const struct config *c, struct tls_settings *s, char why[TLS_WHY_MAX])
{
	static const char advice[] = "set tls.cert and tls.key to one that clients can verify";
	char path[PATH_BYTES];
	bool made, ok = true;

	snprintf(path, sizeof(path), "%s/tls-self-signed.pem", c->server.data);
	if (c->server.data[0]) {
		ok = tls_self_signed_file(path, c->server.name, &made, why);
		s->pairs[0] = (struct tls_pair){path, path};
		s->pair_count = 1;
	}
	ok = ok && tls_net_load(t->net, s, why);
	if (ok)
		LOG(t->log, WARN, "tls.self-signed",
			log_str("path", c->server.data[0] ? path : "in memory only"),
			log_str("do", advice));
	return ok;
}

bool chat_tls_load(struct chat_tls *t, const struct config *c, struct config_error *e)
{
	struct tls_settings s = {
		.name = c->server.name, .client_certificates = c->tls.client_certificates};
	struct tls_limits limits = {
		c->tls.handshake_timeout, (uint32_t)c->tls.handshakes, c->tls.own_records};
	char words[2 * CONFIG_PAIRS_MAX][CONFIG_WORD_MAX], why[TLS_WHY_MAX];

	if (!t->net)
		return true;
	pairs_of(c, &s, words);
	if (s.pair_count ? !tls_net_load(t->net, &s, why) : !self_signed(t, c, &s, why)) {
		snprintf(e->text, sizeof(e->text), "tls.cert: %s", why);
		return false;
	}
	tls_net_limit(t->net, &limits);
	log_certificates(t);
	return true;
}

void chat_tls_close(struct chat_tls *t)
{
	tls_net_free(t->net);
}
