/*
 * atheme_account.h - rows of services.db about accounts.
 */
#ifndef IMPORT_ATHEME_ACCOUNT_H
#define IMPORT_ATHEME_ACCOUNT_H

#include "import/atheme_row.h"

/* Takes a row MU: an account. */
void atheme_account(struct reader *r, struct row *row);

/* MDU: what else is known of it. */
void atheme_account_data(struct reader *r, struct row *row);

/* MN: a grouped nick. */
void atheme_nick(struct reader *r, struct row *row);

/* MCFP: a certificate. */
void atheme_cert(struct reader *r, struct row *row);

/* HR: a host that it asks for. */
void atheme_host_wanted(struct reader *r, struct row *row);

#endif
