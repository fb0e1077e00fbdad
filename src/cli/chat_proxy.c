/* chat_proxy.c - proxies of the chat server: chat_proxy.h. */
#include "cli/chat_proxy.h"

#include "chat/proto/addr_text.h"
#include "proxy/proxy_net.h"

#include <stdio.h>

static void refused(void *arg, const struct net_addr *proxy, const char *reason)
{
	struct chat_proxy *p = arg;
	char address[ADDR_TEXT_MAX];

	addr_print(proxy, address);
	LOG(p->log, WARN, "proxy.refused", log_str("reason", reason), log_str("proxy", address));
}

bool chat_proxy_open(struct chat_proxy *p, struct net *inner, const struct config *c)
{
	struct proxy_network from[PROXY_NETWORKS_MAX];
	const char *list = c->proxy.from;
	char word[CONFIG_WORD_MAX];
	size_t count = 0;

	if (!*list)
		return true;
	p->net = proxy_net_new(inner, &(struct proxy_world){refused, p});
	if (!p->net) {
		fputs("burble chat: out of memory\n", stderr);
		return false;
	}
	while (count < PROXY_NETWORKS_MAX && config_word(&list, word))
		if (addr_parse_cidr(&from[count].addr, &from[count].bits, word))
			count++;
	proxy_net_trust(p->net, from, count);
	return true;
}

void chat_proxy_close(struct chat_proxy *p)
{
	proxy_net_free(p->net);
}
