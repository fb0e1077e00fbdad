/*
 * chat_lease.h - the address that a DHCP server has granted, kept in the data directory while there
 * is a lease, so that a server that was killed asks for the same one.
 */
#ifndef CLI_CHAT_LEASE_H
#define CLI_CHAT_LEASE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	CHAT_LEASE_MAX = 32, /* bytes of the file: an address, and perhaps its prefix */
};

/* Reads the address that is kept in directory `data`; false if there is none. */
bool chat_lease_read(const char *data, char address[CHAT_LEASE_MAX]);

/* Keeps it. False after a message on stderr. */
bool chat_lease_write(const char *data, const char *address);

/* The lease is over, or the server gets it back. */
void chat_lease_forget(const char *data);

#endif
