/*
 * proxy_header.h - the header of the PROXY protocol, by which a proxy names its client:
 *
 *     version 1   "PROXY TCP4 192.0.2.1 198.51.100.1 56324 6667\r\n"
 *     version 2   12 bytes of signature, version and command, family, length, addresses, TLVs
 *
 * As in HAProxy's doc/proxy-protocol.txt. Only as many bytes are read as belong to the header.
 */
#ifndef PROXY_PROXY_HEADER_H
#define PROXY_PROXY_HEADER_H

#include "chat/net.h"

enum {
	PROXY_FIRST = 13,        /* bytes by which the versions differ; no header is shorter */
	PROXY_LINE_MAX = 107,    /* of version 1, with CR LF */
	PROXY_HEADER_MAX = 2048, /* of version 2, with its TLVs: a longer one is refused */
	PROXY_WORD_MAX = 64,     /* a TLS version or cipher, with its NUL; longer ones are cut */
};

struct proxy_client {
	bool known;           /* else the proxy speaks for itself (LOCAL, UNKNOWN) */
	struct net_addr addr; /* if known */
	bool secure;          /* its connection to the proxy is encrypted: */
	char version[PROXY_WORD_MAX], cipher[PROXY_WORD_MAX]; /* "": the proxy does not say */
};

enum proxy_parse {
	PROXY_MORE,  /* *need bytes in all must be read before the next call */
	PROXY_READY, /* complete */
	PROXY_BAD,
};

/* Parses the first len bytes of a header, at least PROXY_FIRST. */
enum proxy_parse proxy_header_parse(
	const uint8_t *p, size_t len, size_t *need, struct proxy_client *out);

#endif
