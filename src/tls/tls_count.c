/* tls_count.c - names and texts of the counters. */
#include "tls/tls_count.h"

static const struct {
	const char *name, *text;
} rows[] = {
	{"tls-opened", NULL},
	{"tls-resumed", NULL},
	{"tls-parked", NULL},
	{"tls-plain-text", "This port takes TLS only"},
	{"tls-version", "TLS: no version of the protocol in common"},
	{"tls-cipher", "TLS: no cipher suite, group or signature in common"},
	{"tls-alpn", "TLS: the client speaks another protocol (ALPN)"},
	{"tls-alerted", "TLS: the client refused the handshake"},
	{"tls-closed", "TLS: closed during the handshake"},
	{"tls-timeout", "TLS: the handshake took too long"},
	{"tls-too-large", "TLS: the handshake is too large"},
	{"tls-bad-handshake", "TLS: broken handshake"},
	{"tls-no-memory", "TLS: out of memory"},
	{"tls-renegotiation", "TLS: renegotiation refused"},
	{"tls-key-updates", "TLS: too many key updates"},
	{"tls-bad-record", "TLS: broken record"},
	{"tls-truncated", "Connection closed without TLS close_notify"},
};

_Static_assert(ARRAY_SIZE(rows) == TLS_COUNTS, "a row for each counter");

const char *tls_count_name(enum tls_count c)
{
	return rows[c].name;
}

const char *tls_count_text(enum tls_count c)
{
	return rows[c].text;
}
