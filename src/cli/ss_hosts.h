/*
 * ss_hosts.h - names of addresses for `ss -r`: asked of the system's resolver, once for each while
 * it is remembered.
 */
#ifndef CLI_SS_HOSTS_H
#define CLI_SS_HOSTS_H

#include "wire/addr.h"

enum {
	SS_HOSTS = 4096,   /* names remembered; one more takes the place of another */
	SS_HOST_MAX = 256, /* bytes of a name, with the NUL; a longer one is not shown */
};

struct ss_hosts;

/* No names yet. NULL: out of memory. */
struct ss_hosts *ss_hosts_new(void);

/* The name of an address, valid until the next call; NULL: it has none. Waits for the resolver. */
const char *ss_hosts_name(struct ss_hosts *h, const struct ip_addr *a);

/* Frees h, which may be NULL. */
void ss_hosts_free(struct ss_hosts *h);

#endif
