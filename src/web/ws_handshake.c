/* ws_handshake.c - opening handshakes: ws_handshake.h. */
#include "web/ws_handshake.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <strings.h>

enum {
	KEY_BYTES = 16, /* RFC 6455 section 4.1 */
	KEY_LEN = 24,   /* as base64 */
};

_Static_assert(WS_ACCEPT_LEN == BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE), "the whole digest");

static const char *const protocols[WS_PROTOCOLS] = {
	[WS_ANY] = "", [WS_TEXT] = "text.ircv3.net", [WS_BINARY] = "binary.ircv3.net"};

/* The next word of a list of words with commas between them (RFC 9110 section 5.6.1); false at the
 * end. */
static bool next_word(const char **list, const char **word, size_t *len)
{
	*list += strspn(*list, ", \t");
	*word = *list;
	*len = strcspn(*list, ", \t");
	*list += *len;
	return *len > 0;
}

static bool has_word(const char *list, const char *what)
{
	const char *word;
	size_t len;

	while (next_word(&list, &word, &len))
		if (len == strlen(what) && strncasecmp(word, what, len) == 0)
			return true;
	return false;
}

/* The first in the client's order that is known. */
static enum ws_protocol choose(const char *list)
{
	const char *word;
	size_t len;

	while (next_word(&list, &word, &len))
		for (enum ws_protocol p = WS_TEXT; p < WS_PROTOCOLS; p++)
			if (len == strlen(protocols[p]) && memcmp(word, protocols[p], len) == 0)
				return p;
	return WS_ANY;
}

static bool key_valid(const char *key)
{
	struct base64_decode_ctx d;
	uint8_t bytes[BASE64_DECODE_LENGTH(KEY_LEN)];
	size_t n = sizeof(bytes);

	if (strlen(key) != KEY_LEN)
		return false;
	base64_decode_init(&d);
	return base64_decode_update(&d, &n, bytes, KEY_LEN, key) && base64_decode_final(&d) &&
	       n == KEY_BYTES;
}

/* RFC 6455 section 4.2.2, point 5, /accept/. */
static void accept_of(const char *key, char out[WS_ACCEPT_LEN + 1])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	uint8_t digest[SHA1_DIGEST_SIZE];
	struct sha1_ctx sha;

	sha1_init(&sha);
	sha1_update(&sha, KEY_LEN, (const uint8_t *)key);
	sha1_update(&sha, strlen(guid), (const uint8_t *)guid);
	sha1_digest(&sha, sizeof(digest), digest);
	base64_encode_raw(out, sizeof(digest), digest);
	out[WS_ACCEPT_LEN] = '\0';
}

unsigned ws_handshake_check(const struct http_request *r, struct ws_handshake *h)
{
	const char *key = http_request_field(r, HTTP_WEBSOCKET_KEY);

	if (r->method != HTTP_GET || !has_word(http_request_field(r, HTTP_UPGRADE), "websocket"))
		return HTTP_STATUS_BAD_REQUEST;
	if (strcmp(http_request_field(r, HTTP_WEBSOCKET_VERSION), "13") != 0)
		return HTTP_STATUS_UPGRADE_REQUIRED;
	if (!key_valid(key))
		return HTTP_STATUS_BAD_REQUEST;
	h->protocol = choose(http_request_field(r, HTTP_WEBSOCKET_PROTOCOL));
	accept_of(key, h->accept);
	return 0;
}

size_t ws_handshake_response(char out[WS_RESPONSE_MAX], const struct ws_handshake *h)
{
	int n = snprintf(out, WS_RESPONSE_MAX,
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n",
		h->accept,
		h->protocol == WS_ANY ? "" : "Sec-WebSocket-Protocol: ", protocols[h->protocol],
		h->protocol == WS_ANY ? "" : "\r\n");

	assert(n > 0 && n < WS_RESPONSE_MAX);
	return (size_t)n;
}
