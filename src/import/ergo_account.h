/*
 * ergo_account.h - an account of Ergo's, from the keys that are about it.
 */
#ifndef IMPORT_ERGO_ACCOUNT_H
#define IMPORT_ERGO_ACCOUNT_H

#include "import/import.h"
#include "import/resp.h"

/* Takes the account of that name, which account.exists or account.unregistered names. */
void ergo_account(struct import *im, const struct resp *r, struct resp_text name);

/* Whether ergo_account() reads keys that begin with this, so that they need no report. */
bool ergo_account_reads(struct resp_text key);

#endif
