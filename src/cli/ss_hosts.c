/* ss_hosts.c - names of addresses: ss_hosts.h. */
#include "cli/ss_hosts.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

struct host {
	bool asked;
	struct ip_addr addr;
	char name[SS_HOST_MAX]; /* "": none */
};

struct ss_hosts {
	struct host at[SS_HOSTS]; /* by hash: a collision takes the place */
};

struct ss_hosts *ss_hosts_new(void)
{
	return calloc(1, sizeof(struct ss_hosts));
}

/* The peer's DNS server chose the name: only letters, digits and "-._" reach the terminal. */
static bool is_plain(const char *name)
{
	return name[strspn(name,
		       "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")] ==
	       '\0';
}

static void ask(struct host *h)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *at = (const struct sockaddr *)&v6;
	socklen_t len = sizeof(v6);

	memcpy(&v6.sin6_addr, h->addr.b, sizeof(h->addr.b));
	if (ip_addr_is_v4(&h->addr)) {
		memcpy(&v4.sin_addr, h->addr.b + 12, 4);
		at = (const struct sockaddr *)&v4;
		len = sizeof(v4);
	}
	if (getnameinfo(at, len, h->name, sizeof(h->name), NULL, 0, NI_NAMEREQD) != 0 ||
		!is_plain(h->name))
		h->name[0] = '\0';
}

const char *ss_hosts_name(struct ss_hosts *hosts, const struct ip_addr *a)
{
	struct host *h = &hosts->at[ip_addr_hash(a) % SS_HOSTS];

	if (ip_addr_is_any(a))
		return NULL;
	if (!h->asked || !ip_addr_eq(&h->addr, a)) {
		h->asked = true;
		h->addr = *a;
		ask(h);
	}
	return h->name[0] ? h->name : NULL;
}

void ss_hosts_free(struct ss_hosts *h)
{
	free(h);
}
