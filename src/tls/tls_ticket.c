/* tls_ticket.c - keys of session tickets: AES-256-CBC and HMAC-SHA-256, as RFC 5077 recommends. */
#include "tls/tls_ticket.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

const struct ticket_key *ticket_key_now(struct ticket_keys *k, nsec_t now)
{
	struct ticket_key fresh;

	if (k->count && now - k->at[0].made < TICKET_KEY_LIFE)
		return &k->at[0];
	if (RAND_bytes(fresh.name, sizeof(fresh.name)) != 1 ||
		RAND_bytes(fresh.cipher, sizeof(fresh.cipher)) != 1 ||
		RAND_bytes(fresh.mac, sizeof(fresh.mac)) != 1)
		return NULL;
	fresh.made = now;
	memmove(&k->at[1], &k->at[0], sizeof(k->at) - sizeof(k->at[0]));
	k->at[0] = fresh;
	k->count = u32_min(k->count + 1, TICKET_KEYS);
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return &k->at[0];
}

const struct ticket_key *ticket_key_find(const struct ticket_keys *k, const uint8_t name[16])
{
	for (uint32_t i = 0; i < k->count; i++)
		if (memcmp(k->at[i].name, name, sizeof(k->at[i].name)) == 0)
			return &k->at[i];
	return NULL;
}

void ticket_keys_expire(struct ticket_keys *k, nsec_t now)
{
	while (k->count && now - k->at[k->count - 1].made >= TICKET_KEYS * TICKET_KEY_LIFE) {
		k->count--;
		OPENSSL_cleanse(&k->at[k->count], sizeof(k->at[0]));
	}
}

static bool use_mac(const struct ticket_key *k, EVP_MAC_CTX *mac)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(
			OSSL_MAC_PARAM_KEY, (void *)k->mac, sizeof(k->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, "sha256", 0),
		OSSL_PARAM_END,
	};

	return EVP_MAC_CTX_set_params(mac, params);
}

int ticket_seal(const struct ticket_key *k, uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	if (!k || RAND_bytes(iv, 16) != 1)
		return -1;
	if (!EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher, iv) || !use_mac(k, mac))
		return -1;
	return 1;
}

int ticket_open(
	const struct ticket_key *k, const uint8_t *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	if (!k)
		return 0; /* a full handshake */
	if (!EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, k->cipher, iv) || !use_mac(k, mac))
		return -1;
	return 1;
}

void ticket_keys_clear(struct ticket_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
}
