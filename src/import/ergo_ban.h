/*
 * ergo_ban.h - bans of Ergo's server, D-lines and K-lines.
 */
#ifndef IMPORT_ERGO_BAN_H
#define IMPORT_ERGO_BAN_H

#include "import/import.h"
#include "import/resp.h"

/* Takes a key that is a ban; false if it is none. */
bool ergo_ban(struct import *im, const struct resp_pair *p);

#endif
