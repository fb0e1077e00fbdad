/*
 * tls_give.h - an open connection of tls_stream.h, handed to another process: secrets, sequence
 * numbers, and bytes on their way. One on OpenSSL's object (TLS 1.2, a handshake) cannot be.
 */
#ifndef TLS_GIVE_H
#define TLS_GIVE_H

#include "tls/tls_conn.h"

#include "base/tlv.h"

/* Appends the record of c. 0, or -errno: it cannot go. */
int tls_give(const struct tls_conn *c, struct tlv_out *out);

/* Makes c, which is zero but for its handle and what is shared, such a connection. False if the
 * record is not valid or out of memory: the caller calls tls_conn_drop(). */
bool tls_take(struct tls_conn *c, struct tlv_in in);

#endif
