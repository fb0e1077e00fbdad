/*
 * tls_self_signed.h - a certificate for a server that was given none.
 */
#ifndef TLS_SELF_SIGNED_H
#define TLS_SELF_SIGNED_H

#include "tls/tls_certificate.h"

/* Makes a key (P-256) and a certificate for host `name`, and writes both to a new file, mode 0600,
 * unless it exists. False with one line in why. *made: whether it was written now. */
bool tls_self_signed_file(const char *path, const char *name, bool *made, char why[TLS_WHY_MAX]);

/* The same in memory, put into ctx. */
bool tls_self_signed_use(SSL_CTX *ctx, const char *name, char why[TLS_WHY_MAX]);

#endif
