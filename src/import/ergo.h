/*
 * ergo.h - the database of Ergo, ircd.db: keys and values of buntdb (resp.h).
 *
 *     account.exists ann            1
 *     account.verified ann          1
 *     account.name ann              Ann
 *     account.registered.time ann   nanoseconds since 1970
 *     account.credentials ann {"Version":1,"PassphraseHash":"BASE64","Certfps":[...],"Salt":...}
 *     account.additionalnicks ann   annie,anna
 *     account.settings ann          {"AlwaysOn":1,"Email":"ann@example.com",...}
 *     account.lastseen ann          {"device":"2026-01-01T00:00:00Z"}
 *     account.suspended ann         {...}
 *     account.unregistered old      1
 *     account.channeltomodes ann    {"#chat":{"Modes":"o","JoinTime":1}}
 *     account.realname ann          Ann Example
 *     account.vhost ann             {"ApprovedVHost":"ann.example","Enabled":true}
 *     account.modes ann             iR     of the always-on user
 *     bans.dlinev2 192.0.2.0/24     {"reason":...,"oper_name":...,"TimeCreated":...,"Duration":0}
 *     bans.klinev2 *!*@bad.example  likewise; Duration in nanoseconds
 *     1 UUID                        {"Name":"#chat","Founder":"ann","Topic":...}    a channel
 *     0 AP9VDdQKv3n1mI5ZYY3bVw      24     the version of all this
 *
 * Versions 23 and 24 (Ergo 2.12 to 2.20). Up to 22 the version was in db.version and a channel was
 * a dozen keys: Ergo itself makes the later form of them.
 */
#ifndef IMPORT_ERGO_H
#define IMPORT_ERGO_H

#include "import/import.h"

/* Reads len bytes into im. NULL, or why the file cannot be read, in `why`, of IMPORT_WHY_MAX
 * bytes. */
const char *ergo_read(struct import *im, const char *file, size_t len, char *why);

enum {
	IMPORT_WHY_MAX = 200,
};

#endif
