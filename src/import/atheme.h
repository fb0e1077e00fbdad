/*
 * atheme.h - the database of Atheme, services.db: a row a line, its words separated by single
 * spaces.
 *
 *     DBV 12
 *     MU  ID ann $z$... ann@example.com REGISTERED SEEN +sC default     an account
 *     MDU ann private:freeze:freezer oper                              what else is known of it
 *     MN  ann annie REGISTERED SEEN                                    a nick of it
 *     MCFP ann FINGERPRINT
 *     MC  #chat REGISTERED USED +v MLOCK_ON MLOCK_OFF LIMIT KEY        a channel
 *     CA  #chat ann +AFORfiorstv CHANGED ann                           an account's flags in it, or
 * a mask's
 *     MDA #chat MASK reason|expires VALUE                              what else is known of it
 *     MDC #chat private:topic:text the topic
 *     KL  1 user host SECONDS SET BY reason                            a ban from the server
 *
 * Version 8 to 12 of the rows (Atheme 7.0 to 7.3).
 */
#ifndef IMPORT_ATHEME_H
#define IMPORT_ATHEME_H

#include "import/import.h"

/* Reads len bytes into im. NULL, or why the file is none of Atheme's. */
const char *atheme_read(struct import *im, const char *file, size_t len);

#endif
