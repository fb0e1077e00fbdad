/*
 * app_password.h - app passwords: made by the server for one program each, so that it can log in
 * without the account's own password, and can be shut out alone.
 *
 *     bkrwq-e7xnp-4ghty-mzc2d-u8vfs     123 random bits
 *
 * It cannot be guessed, so a plain hash of it is kept, and finds it: no argon2id at a login.
 */
#ifndef CHAT_ACCOUNTS_APP_PASSWORD_H
#define CHAT_ACCOUNTS_APP_PASSWORD_H

#include "chat/accounts/account.h"

enum {
	APP_PASSWORD = 29,      /* characters */
	APP_PASSWORD_HASH = 65, /* of its hash as text, with the NUL */
	APP_NAME_MAX = 32,      /* bytes of the name that its owner gives it */
};

/* Makes a password. */
void app_password_make(char password[APP_PASSWORD + 1]);

/* Prints the hash that is kept of it; false if `password` does not have the form of one. */
bool app_password_hash(const char *password, char hash[APP_PASSWORD_HASH]);

/* Returns the key of a, on the disk, that the password opens; NULL if none. */
struct account_key *app_password_find(
	const struct accounts *t, const struct account *a, const char *password);

#endif
