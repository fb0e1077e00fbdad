/*
 * chat_net.h - the network that the chat server is given: the kernel's, or burble's own stack on a
 * TUN device.
 */
#ifndef CLI_CHAT_NET_H
#define CLI_CHAT_NET_H

#include "chat/config/config.h"
#include "chat/net.h"

struct burble;

enum {
	CHAT_ADDRS_MAX = 64, /* --addr */
};

/* The command line's choice: --stack DEV --addr CIDR... */
struct chat_net_args {
	const char *device; /* NULL: the kernel's sockets */
	const char *addrs[CHAT_ADDRS_MAX];
	uint32_t addr_count;
};

struct chat_net {
	struct net *net;
	struct burble *stack; /* NULL: the kernel's */
};

/* Makes the network; false after one line to stderr that says why not. */
bool chat_net_open(struct chat_net *n, const struct chat_net_args *a, const struct config *c);

/* Ends it, with everything that is still open. */
void chat_net_close(struct chat_net *n);

#endif
