/*
 * atheme_channel.h - rows of services.db about channels.
 */
#ifndef IMPORT_ATHEME_CHANNEL_H
#define IMPORT_ATHEME_CHANNEL_H

#include "import/atheme_row.h"

/* Takes a row MC: a channel. */
void atheme_channel(struct reader *r, struct row *row);

/* MDC: what else is known of it. */
void atheme_channel_data(struct reader *r, struct row *row);

/* CA: the flags of an account or a mask in it. */
void atheme_access(struct reader *r, struct row *row);

/* MDA: what else is known of such a row. */
void atheme_access_data(struct reader *r, struct row *row);

#endif
