/*
 * blocklist.h - whether an address is on a list that is asked by DNS (DNSBL, RFC 5782), by c-ares:
 * all lists of an address at once, on the calling thread.
 *
 *     192.0.2.7      A? 7.2.0.192.dnsbl.example      127.0.0.x: it is listed
 *     2001:db8::1    A? 1.0.0. ... 8.b.d.0.1.0.0.2.dnsbl.example
 *
 * An answer outside 127.0.0.0/8 is of a resolver that invents some; one of 127.255.255.0/24 says
 * that the list refuses to answer. Neither counts.
 */
#ifndef EXTERNAL_BLOCKLIST_H
#define EXTERNAL_BLOCKLIST_H

#include "chat/external.h"

enum {
	BLOCKLIST_ZONES_MAX = 24,
	BLOCKLIST_NAME_MAX = 256, /* of a domain name, with the NUL */
};

/* Settings; texts are borrowed. */
struct blocklist_options {
	const char *zones[EXTERNAL_ZONE_KINDS]; /* lists of names, the weightiest first */
	const char *servers;                    /* ADDRESS:PORT,...; "": the system's */
	nsec_t timeout;                         /* of the whole */
	int stop_fd;                            /* readable: give up */
};

/* Prepares the library; false if that fails. Once, before any thread asks. */
bool blocklist_load(void);

/* Asks. reply->right: listed, and account names the zone, of the first kind that has one. Not ok if
 * it is not listed as far as is known, but zones did not answer. */
void blocklist_ask(const struct blocklist_options *o, const struct external_lookup *q,
	struct external_reply *reply);

/* The name to ask for; false if it is too long. */
bool blocklist_name(
	const struct external_lookup *q, const char *zone, char out[BLOCKLIST_NAME_MAX]);

#endif
