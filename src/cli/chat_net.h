/*
 * chat_net.h - network of the chat server: the kernel's sockets, or burble's stack on a TUN device.
 */
#ifndef CLI_CHAT_NET_H
#define CLI_CHAT_NET_H

#include "chat/config/config.h"
#include "chat/net.h"

struct burble;

enum {
	CHAT_ADDRS_MAX = CONFIG_ADDRS_MAX,       /* number of --addr */
	CHAT_GATEWAYS_MAX = CONFIG_GATEWAYS_MAX, /* of --gw */
};

/* The keys of [stack] that options replace. */
enum chat_net_key {
	CHAT_NET_ADDR,
	CHAT_NET_GATEWAY,
	CHAT_NET_DEVICE,
	CHAT_NET_NAME,
	CHAT_NET_KEYS,
};

/* --stack DEV --addr CIDR|dhcp... --gw ADDRESS... --busy-poll USEC */
struct chat_net_args {
	const char *device; /* NULL: the kernel's sockets */
	const char *addrs[CHAT_ADDRS_MAX];
	uint32_t addr_count;
	const char *gateways[CHAT_GATEWAYS_MAX];
	uint32_t gateway_count;
	const char *name; /* --name, of the instance; NULL: the default, if it is free */
	const struct config_source *from; /* of the configuration, for messages */
	/* Values that chat_net_settle() took from the configuration; "": none. */
	char words[CHAT_NET_KEYS][CONFIG_LINE_MAX];
	const char *busy_poll; /* microseconds; NULL: net.core.busy_poll's default */
};

struct chat_net {
	struct net *net;
	struct burble *stack; /* NULL: the kernel's */
	const struct chat_net_args *args;
	int ifindex;
	char data[CONFIG_LINE_MAX]; /* where the address of a DHCP server is kept; "": nowhere */
};

/* Completes a from section [stack] of c, whose keys options replace, and checks the whole. False
 * after a message on stderr. */
bool chat_net_settle(struct chat_net_args *a, const struct config *c);

/* Creates the network selected by a, which outlives it; n stays where it is. Returns false after a
 * message on stderr. */
bool chat_net_open(struct chat_net *n, const struct chat_net_args *a, const struct config *c);

/* Destroys it and everything still open. */
void chat_net_close(struct chat_net *n);

#endif
