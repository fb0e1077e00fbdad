/*
 * plan_ban.h - bans from the server, as records.
 */
#ifndef IMPORT_PLAN_BAN_H
#define IMPORT_PLAN_BAN_H

#include "import/plan.h"

/* Writes the bans that a server here would accept, and that last. */
bool import_write_bans(struct import *im, const struct import_to *to, struct import_counts *n);

#endif
