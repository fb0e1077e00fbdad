/*
 * vhost.h - the host that an account's users show instead of their own (HostServ), and the one that
 * it has asked for. Entries of the account in the store (account_entry.h).
 */
#ifndef CHAT_ACCOUNTS_VHOST_H
#define CHAT_ACCOUNTS_VHOST_H

#include "chat/accounts/account.h"
#include "chat/limits.h"

enum {
	VHOSTS_WAITING_MAX = 1000, /* requests at once; further ones are refused */
};

struct account_vhost {
	bool on;
	int64_t asked_ms;                                  /* of the last request */
	char host[HOST_BYTES_MAX], wanted[HOST_BYTES_MAX]; /* "": none */
};

/* The host that the account shows, or NULL. */
const char *vhost_of(const struct account *a);

/* Sets the host of a ("": none) and whether it is shown. */
enum store_status vhost_set(struct accounts *t, struct account *a, const char *host, bool on);

/* Notes what a asks for ("": nothing any more). STORE_BUSY: too many wait. */
enum store_status vhost_ask(
	struct accounts *t, struct account *a, const char *host, int64_t now_ms);

/* Takes an entry of the store; true if it is one of these, also without memory for it. */
bool vhost_take(struct accounts *t, struct account *a, const struct account_entry *e);

/* An entry of a list is gone. */
void vhost_gone(struct accounts *t, struct account *a, const char *list, const char *host);

/* Forgets both, without the store. */
void vhost_forget(struct accounts *t, struct account *a);

#endif
