/* auth_token.c - proofs of an account: auth_token.h. */
#include "chat/accounts/auth_token.h"

#include <sodium.h>

enum {
	END = 8, /* bytes of the time */
	PAYLOAD_MAX = END + AUTH_TOKEN_ACCOUNT_MAX,
	BASE64 = sodium_base64_VARIANT_URLSAFE_NO_PADDING,
	/* Of a payload and of a MAC as text, with the NUL. */
	PAYLOAD_TEXT = (PAYLOAD_MAX * 4 + 2) / 3 + 1,
	MAC_TEXT = (crypto_auth_BYTES * 4 + 2) / 3 + 1,
};

_Static_assert(AUTH_TOKEN_KEY == crypto_auth_KEYBYTES, "a key of HMAC");
_Static_assert(PAYLOAD_TEXT + MAC_TEXT <= AUTH_TOKEN_MAX, "room for both");

struct auth_token_key auth_token_key(const void *secret, size_t len)
{
	static const uint8_t context[] = "burble token";
	struct auth_token_key key;
	crypto_generichash_state state;

	crypto_generichash_init(&state, context, sizeof(context), sizeof(key.bytes));
	crypto_generichash_update(&state, secret, len);
	crypto_generichash_final(&state, key.bytes, sizeof(key.bytes));
	return key;
}

/* The service's name, with its NUL, and the payload. */
static void sign(uint8_t mac[crypto_auth_BYTES], const struct auth_token_key *key,
	const char *service, const uint8_t *payload, size_t len)
{
	crypto_auth_hmacsha512256_state state;

	crypto_auth_hmacsha512256_init(&state, key->bytes, sizeof(key->bytes));
	crypto_auth_hmacsha512256_update(&state, (const uint8_t *)service, strlen(service) + 1);
	crypto_auth_hmacsha512256_update(&state, payload, len);
	crypto_auth_hmacsha512256_final(&state, mac);
}

void auth_token_make(char out[AUTH_TOKEN_MAX], const struct auth_token_key *key,
	const char *service, const char *account, int64_t end_ms)
{
	uint8_t payload[PAYLOAD_MAX], mac[crypto_auth_BYTES];
	size_t name = strlen(account), n;

	assert(name < AUTH_TOKEN_ACCOUNT_MAX);
	for (int i = 0; i < END; i++)
		payload[i] = (uint8_t)((uint64_t)end_ms >> (8 * (END - 1 - i)));
	memcpy(payload + END, account, name);
	sign(mac, key, service, payload, END + name);
	sodium_bin2base64(out, PAYLOAD_TEXT, payload, END + name, BASE64);
	n = strlen(out);
	out[n] = '.';
	sodium_bin2base64(out + n + 1, MAC_TEXT, mac, sizeof(mac), BASE64);
}

/* One part, up to a separator or the end; returns what follows it, NULL: it is none. */
static const char *decode(uint8_t *out, size_t max, size_t *len, const char *text, char end)
{
	const char *rest;

	if (sodium_base642bin(out, max, text, strlen(text), NULL, len, &rest, BASE64) != 0 ||
		*rest != end)
		return NULL;
	return rest + 1;
}

bool auth_token_check(const struct auth_token_key *key, const char *service, const char *text,
	int64_t now_ms, char account[AUTH_TOKEN_ACCOUNT_MAX])
{
	uint8_t payload[PAYLOAD_MAX], mac[crypto_auth_BYTES], right[crypto_auth_BYTES];
	size_t len, mac_len;
	int64_t end_ms = 0;

	if (strlen(text) >= AUTH_TOKEN_MAX)
		return false;
	text = decode(payload, sizeof(payload) - 1, &len, text, '.');
	if (!text || len <= END || !decode(mac, sizeof(mac), &mac_len, text, '\0') ||
		mac_len != sizeof(mac))
		return false;
	sign(right, key, service, payload, len);
	if (sodium_memcmp(mac, right, sizeof(mac)) != 0)
		return false;
	for (int i = 0; i < END; i++)
		end_ms = (int64_t)((uint64_t)end_ms << 8 | payload[i]);
	memcpy(account, payload + END, len - END);
	account[len - END] = '\0';
	return now_ms < end_ms;
}
