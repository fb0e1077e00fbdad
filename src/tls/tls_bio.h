/*
 * tls_bio.h - the way of ciphertext between OpenSSL's object and the wrapped network.
 */
#ifndef TLS_BIO_H
#define TLS_BIO_H

#include "tls/tls_conn.h"

/* The methods of a BIO whose data is a struct tls_conn; NULL if out of memory. */
BIO_METHOD *tls_bio_method(void);

/* Sends what is pending. 0 once nothing is, or -errno: -EAGAIN, or why it cannot be sent. */
int tls_flush(struct tls_conn *c);

/* Sends ciphertext and keeps what the socket refuses; false, with c->error, if the connection has
 * failed. */
bool tls_put(struct tls_conn *c, const void *data, size_t len);

/* The same once the wrapped network was asked to send it, with this result; 0 if it was not asked
 * because something is pending. */
bool tls_sent(struct tls_conn *c, const void *data, size_t len, ssize_t done);

#endif
