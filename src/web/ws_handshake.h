/*
 * ws_handshake.h - the opening handshake of a WebSocket connection, on the server's side: RFC 6455
 * section 4.2, with the subprotocols of https://ircv3.net/specs/extensions/websocket.
 */
#ifndef WEB_WS_HANDSHAKE_H
#define WEB_WS_HANDSHAKE_H

#include "web/http_request.h"

enum {
	WS_ACCEPT_LEN = 28,    /* base64 of a SHA-1 */
	WS_RESPONSE_MAX = 256, /* bytes of a response, with the NUL */
};

/* Lines in frames of text, which are UTF-8, or in binary frames. */
enum ws_protocol {
	WS_ANY, /* none was named: text */
	WS_TEXT,
	WS_BINARY,
	WS_PROTOCOLS,
};

/* The outcome. */
struct ws_handshake {
	enum ws_protocol protocol;
	char accept[WS_ACCEPT_LEN + 1];
};

/* Checks a request to upgrade and fills in *h. 0, or the status to answer. */
unsigned ws_handshake_check(const struct http_request *r, struct ws_handshake *h);

/* Writes the response that ends the handshake; returns its length. */
size_t ws_handshake_response(char out[WS_RESPONSE_MAX], const struct ws_handshake *h);

#endif
