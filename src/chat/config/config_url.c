/* config_url.c - the address of the listeners for browsers, as they reach it: config.h. */
#include "chat/config/config.h"

#include "chat/proto/addr_text.h"

#include <stdio.h>

/* A listener at all addresses is reached by the server's name with TLS, whose certificate has it,
 * and else from this machine. */
static void host_of(char out[CONFIG_WORD_MAX], const struct config *c, const char *where, bool tls)
{
	struct net_addr at;
	bool only_13;

	config_tls_listen(where, &at, &only_13);
	snprintf(out, CONFIG_WORD_MAX, "%.*s", (int)strcspn(where, "/"), where);
	if (addr_is_any(&at))
		snprintf(out, CONFIG_WORD_MAX, "%.200s:%u", tls ? c->server.name : "localhost",
			at.port);
}

/* The port of the scheme is not named. */
static void drop_port(char *host, const char *port)
{
	size_t n = strlen(host), len = strlen(port);

	if (n > len && strcmp(host + n - len, port) == 0)
		host[n - len] = '\0';
}

bool config_first_url(const struct config *c, char out[CONFIG_WORD_MAX])
{
	bool tls = c->web.listen_tls[0];
	const char *list = tls ? c->web.listen_tls : c->web.listen;
	char where[CONFIG_WORD_MAX], host[CONFIG_WORD_MAX];

	if (!config_word(&list, where))
		return false;
	host_of(host, c, where, tls);
	drop_port(host, tls ? ":443" : ":80");
	snprintf(out, CONFIG_WORD_MAX, "%s://%.240s", tls ? "https" : "http", host);
	return true;
}
