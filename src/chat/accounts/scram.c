/* scram.c - messages and keys of SCRAM-SHA-256; SHA-256 and HMAC are libsodium's. */
#include "chat/accounts/scram.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

static const char prefix[] = "SCRAM-SHA-256$";

enum {
	BASE64_KEY_MAX = 64, /* bytes of a key in base64, with its NUL */
};

static void hmac(uint8_t out[SCRAM_KEY], const void *key, size_t key_len, const char *text)
{
	crypto_auth_hmacsha256_state state;

	crypto_auth_hmacsha256_init(&state, key, key_len);
	crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, strlen(text));
	crypto_auth_hmacsha256_final(&state, out);
}

/* Hi() of RFC 5802 section 2.2: PBKDF2 with one block. */
static void stretch(uint8_t out[SCRAM_KEY], const char *password, const uint8_t salt[SCRAM_SALT],
	uint32_t iterations)
{
	static const uint8_t first_block[] = {0, 0, 0, 1};
	crypto_auth_hmacsha256_state keyed, state;
	uint8_t u[SCRAM_KEY];

	crypto_auth_hmacsha256_init(&keyed, (const uint8_t *)password, strlen(password));
	state = keyed;
	crypto_auth_hmacsha256_update(&state, salt, SCRAM_SALT);
	crypto_auth_hmacsha256_update(&state, first_block, sizeof(first_block));
	crypto_auth_hmacsha256_final(&state, u);
	memcpy(out, u, SCRAM_KEY);
	for (uint32_t i = 1; i < iterations; i++) {
		state = keyed;
		crypto_auth_hmacsha256_update(&state, u, sizeof(u));
		crypto_auth_hmacsha256_final(&state, u);
		for (size_t b = 0; b < SCRAM_KEY; b++)
			out[b] ^= u[b];
	}
	sodium_memzero(&keyed, sizeof(keyed));
	sodium_memzero(&state, sizeof(state));
}

void scram_derive(struct scram_keys *k, const char *password, const uint8_t salt[SCRAM_SALT],
	uint32_t iterations)
{
	uint8_t salted[SCRAM_KEY], client[SCRAM_KEY];

	k->iterations = iterations;
	memcpy(k->salt, salt, SCRAM_SALT);
	stretch(salted, password, salt, iterations);
	hmac(client, salted, sizeof(salted), "Client Key");
	hmac(k->server, salted, sizeof(salted), "Server Key");
	crypto_hash_sha256(k->stored, client, sizeof(client));
	sodium_memzero(salted, sizeof(salted));
	sodium_memzero(client, sizeof(client));
}

static void encode(char out[BASE64_KEY_MAX], const uint8_t *bytes, size_t n)
{
	sodium_bin2base64(out, BASE64_KEY_MAX, bytes, n, sodium_base64_VARIANT_ORIGINAL);
}

/* Decodes exactly `want` bytes from text, which ends with `end`. */
static bool decode(uint8_t *out, size_t want, const char *text, const char *end)
{
	size_t got = 0;
	const char *stop = NULL;

	return sodium_base642bin(out, want, text, (size_t)(end - text), NULL, &got, &stop,
		       sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       got == want && stop == end;
}

void scram_keys_print(const struct scram_keys *k, char out[SCRAM_KEYS_TEXT_MAX])
{
	char salt[BASE64_KEY_MAX], stored[BASE64_KEY_MAX], server[BASE64_KEY_MAX];

	encode(salt, k->salt, sizeof(k->salt));
	encode(stored, k->stored, sizeof(k->stored));
	encode(server, k->server, sizeof(k->server));
	snprintf(out, SCRAM_KEYS_TEXT_MAX, "%s%u:%s$%s:%s", prefix, k->iterations, salt, stored,
		server);
}

bool scram_keys_parse(struct scram_keys *k, const char *text)
{
	const char *salt, *stored, *server;
	char *end;
	unsigned long iterations;

	if (strncmp(text, prefix, sizeof(prefix) - 1) != 0)
		return false;
	iterations = strtoul(text + sizeof(prefix) - 1, &end, 10);
	salt = *end == ':' ? end + 1 : NULL;
	stored = salt ? strchr(salt, '$') : NULL;
	server = stored ? strchr(stored, ':') : NULL;
	if (!server || iterations == 0 || iterations > UINT32_MAX)
		return false;
	k->iterations = (uint32_t)iterations;
	return decode(k->salt, sizeof(k->salt), salt, stored) &&
	       decode(k->stored, sizeof(k->stored), stored + 1, server) &&
	       decode(k->server, sizeof(k->server), server + 1, server + 1 + strlen(server + 1));
}

/* --- messages --- */

/* Takes the attribute `key` at *at, up to a comma or the end; copies its value. */
static bool take(const char **at, char key, char *out, size_t size)
{
	size_t n;

	if ((*at)[0] != key || (*at)[1] != '=')
		return false;
	*at += 2;
	n = strcspn(*at, ",");
	if (n >= size)
		return false;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n;
	return true;
}

/* saslname: "=2C" is a comma and "=3D" an equals sign; no other '=' is allowed. */
static bool unescape(char *name)
{
	char *to = name;

	for (const char *p = name; *p; p++) {
		if (*p != '=') {
			*to++ = *p;
			continue;
		}
		if (strncmp(p, "=2C", 3) != 0 && strncmp(p, "=3D", 3) != 0)
			return false;
		*to++ = p[1] == '2' ? ',' : '=';
		p += 2;
	}
	*to = '\0';
	return to > name;
}

/* A nonce: printable ASCII without commas, not empty. */
static bool is_nonce(const char *s)
{
	const char *p = s;

	while (*p > ' ' && *p < 127 && *p != ',')
		p++;
	return p > s && !*p;
}

/* The GS2 header "n,[a=acting],": no channel binding. Returns what is behind it, or NULL. */
static const char *take_header(struct scram *s, const char *message)
{
	const char *at = message;

	if ((*at != 'n' && *at != 'y') || at[1] != ',')
		return NULL;
	at += 2;
	s->acting[0] = '\0';
	if (*at == 'a' && (!take(&at, 'a', s->acting, sizeof(s->acting)) || !unescape(s->acting)))
		return NULL;
	if (*at != ',')
		return NULL;
	at++;
	snprintf(s->header, sizeof(s->header), "%.*s", (int)(at - message), message);
	return at;
}

bool scram_first(struct scram *s, const char *message, size_t n)
{
	const char *at;

	if (n >= SCRAM_MESSAGE_MAX || strnlen(message, n) != n)
		return false;
	at = take_header(s, message);
	if (!at)
		return false;
	snprintf(s->bare, sizeof(s->bare), "%s", at);
	if (!take(&at, 'n', s->name, sizeof(s->name)) || !unescape(s->name) || *at++ != ',')
		return false;
	/* extensions may follow, and are ignored; a mandatory one ("m=") would come first */
	return take(&at, 'r', s->nonce, SCRAM_MESSAGE_MAX) && is_nonce(s->nonce);
}

void scram_challenge(struct scram *s, const struct scram_keys *keys, const char *nonce)
{
	char salt[BASE64_KEY_MAX];
	size_t own = strlen(s->nonce);

	s->keys = *keys;
	encode(salt, keys->salt, sizeof(keys->salt));
	snprintf(s->nonce + own, sizeof(s->nonce) - own, "%s", nonce);
	snprintf(s->challenge, sizeof(s->challenge), "r=%s,s=%s,i=%u", s->nonce, salt,
		keys->iterations);
}

/* Whether the final message repeats header and nonce: it belongs to this exchange. */
static bool repeats(const struct scram *s, const char **at)
{
	char header[2 * SCRAM_MESSAGE_MAX], want[2 * SCRAM_MESSAGE_MAX], nonce[sizeof(s->nonce)];

	if (!take(at, 'c', header, sizeof(header)) || *(*at)++ != ',')
		return false;
	if (!take(at, 'r', nonce, sizeof(nonce)))
		return false;
	sodium_bin2base64(want, sizeof(want), (const uint8_t *)s->header, strlen(s->header),
		sodium_base64_VARIANT_ORIGINAL);
	return strcmp(header, want) == 0 && strcmp(nonce, s->nonce) == 0;
}

/* ClientKey = proof XOR HMAC(StoredKey, AuthMessage); its hash must be StoredKey. */
static bool proves(const struct scram_keys *k, const uint8_t proof[SCRAM_KEY], const char *auth)
{
	uint8_t client[SCRAM_KEY], signature[SCRAM_KEY], hash[SCRAM_KEY];

	hmac(signature, k->stored, sizeof(k->stored), auth);
	for (size_t i = 0; i < SCRAM_KEY; i++)
		client[i] = proof[i] ^ signature[i];
	crypto_hash_sha256(hash, client, sizeof(client));
	sodium_memzero(client, sizeof(client));
	return sodium_memcmp(hash, k->stored, sizeof(hash)) == 0;
}

enum scram_result scram_final(
	const struct scram *s, const char *message, size_t n, char out[SCRAM_KEYS_TEXT_MAX])
{
	char auth[6 * SCRAM_MESSAGE_MAX], text[BASE64_KEY_MAX];
	uint8_t proof[SCRAM_KEY], signature[SCRAM_KEY];
	const char *at = message, *p;

	if (n >= SCRAM_MESSAGE_MAX || strnlen(message, n) != n || !repeats(s, &at))
		return SCRAM_MALFORMED;
	p = strstr(at, ",p="); /* the proof is last */
	if (!p || strchr(p + 1, ',') || !decode(proof, sizeof(proof), p + 3, message + n))
		return SCRAM_MALFORMED;
	snprintf(auth, sizeof(auth), "%s,%s,%.*s", s->bare, s->challenge, (int)(p - message),
		message);
	if (!proves(&s->keys, proof, auth))
		return SCRAM_WRONG;
	hmac(signature, s->keys.server, sizeof(s->keys.server), auth);
	encode(text, signature, sizeof(signature));
	snprintf(out, SCRAM_KEYS_TEXT_MAX, "v=%s", text);
	return SCRAM_OK;
}
