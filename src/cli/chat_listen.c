/* chat_listen.c - listeners of the chat server: chat_listen.h. */
#include "cli/chat_listen.h"

#include "chat/loop/accept.h"
#include "chat/proto/addr_text.h"
#include "chat/server.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

/* On burble's stack the loopback is the server's own. */
static void warn_of_loopback(const struct server *s, const char *where, const struct net_addr *at)
{
	if (addr_is_loopback(at))
		LOG(s->log, WARN, "listening.unreachable", log_str("at", where),
			log_str("do",
				"listen on an address of --addr: no client can reach the loopback "
				"of burble's stack"));
}

static const char *hint(bool on_stack, int err)
{
	switch (err) {
	case -EADDRINUSE: return ": another program listens there: 'ss -tlnp' names it";
	case -EADDRNOTAVAIL:
		return on_stack ? ": listen on an address of --addr"
				: ": no interface has that address: 'ip addr' lists them";
	case -EACCES: return ": ports below 1024 are for root (CAP_NET_BIND_SERVICE)";
	default: return "";
	}
}

static bool listen_list(struct server *s, bool on_stack, const char *list, const char *protocol)
{
	char where[CONFIG_WORD_MAX];

	while (config_word(&list, where)) {
		struct net_addr at;
		bool only_13;
		int err = config_tls_listen(where, &at, &only_13) ? server_listen(s, &at) : -EINVAL;

		if (err < 0) {
			fprintf(stderr, "burble chat: cannot listen on %s: %s%s\n", where,
				strerror(-err), hint(on_stack, err));
			return false;
		}
		LOG(s->log, INFO, "listening", log_str("at", where), log_str("protocol", protocol));
		if (on_stack)
			warn_of_loopback(s, where, &at);
	}
	return true;
}

bool chat_listen(struct server *s, bool on_stack)
{
	const struct config *c = s->config;

	return listen_list(s, on_stack, c->server.listen, "irc") &&
	       listen_list(s, on_stack, c->tls.listen, "ircs") &&
	       listen_list(s, on_stack, c->web.listen, "ws") &&
	       listen_list(s, on_stack, c->web.listen_tls, "wss");
}

void chat_listen_tell(const struct server *s)
{
	const struct config_web *web = &s->config->web;

	if (!web->client)
		return;
	LOG(s->log, INFO, "web.client", log_str("url", web->url));
	if (isatty(STDOUT_FILENO)) {
		printf("\n    Open %s in a browser.\n\n", web->url);
		fflush(stdout);
	}
}
