/* password_foreign.c - hashes of other servers, by nettle: what they look like and how they are
 * checked. */
#include "chat/proto/password_foreign.h"

#include <nettle/blowfish.h>
#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/pbkdf2.h>
#include <nettle/sha3.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KEY_MAX = SHA512_DIGEST_SIZE,
	SALT_MAX = 64,
	LEGACY_SALT = 16,
	LEGACY_ROUNDS = 128000,
	BCRYPT_TEXT = 60,
};

static const char sha3[] = "sha3$2", legacy[] = "pbkdf2$", z[] = "$z$";

static const char unknown[] =
	"hashes of this kind cannot be checked here: the password must be reset",
		  malformed[] = "a malformed hash: the password must be reset",
		  costly[] = "a hash that costs too much to check: the password must be reset";

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* --- PBKDF2 --- */

/* A hash function by the last digit of Atheme's number; the tens tell the salt and SCRAM. */
static const struct prf {
	unsigned digit;
	size_t len;
	void (*derive)(size_t key_len, const uint8_t *key, unsigned rounds, size_t salt_len,
		const uint8_t *salt, size_t len, uint8_t *out);
} prfs[] = {
	{4, SHA1_DIGEST_SIZE, nettle_pbkdf2_hmac_sha1},
	{5, SHA256_DIGEST_SIZE, nettle_pbkdf2_hmac_sha256},
	{6, SHA512_DIGEST_SIZE, nettle_pbkdf2_hmac_sha512},
};

struct pbkdf2_hash {
	const struct prf *prf;
	bool scram;
	unsigned rounds;
	uint8_t salt[SALT_MAX], key[KEY_MAX];
	size_t salt_len;
};

static bool base64(uint8_t *out, size_t max, size_t *len, const char *text, size_t n)
{
	const char *end = NULL;

	return sodium_base642bin(
		       out, max, text, n, NULL, len, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       end == text + n;
}

/* A decimal number of at most eight digits up to a '$', which is passed. */
static bool number(const char **p, unsigned *n)
{
	int digits = 0;

	for (*n = 0; **p >= '0' && **p <= '9' && digits < 8; ++*p, digits++)
		*n = *n * 10 + (unsigned)(**p - '0');
	return digits && *(*p)++ == '$';
}

static bool take_salt(struct pbkdf2_hash *h, const char *text, size_t n, bool as_base64)
{
	if (as_base64)
		return base64(h->salt, SALT_MAX, &h->salt_len, text, n) && h->salt_len > 0;
	if (n == 0 || n > SALT_MAX)
		return false;
	memcpy(h->salt, text, n);
	h->salt_len = n;
	return true;
}

/* "PRF$ROUNDS$SALT$KEY", and "$STORED" behind it if it is SCRAM's. */
static bool parse_z(struct pbkdf2_hash *h, const char *text)
{
	unsigned prf, tens;
	size_t n, len;

	*h = (struct pbkdf2_hash){0};
	if (!number(&text, &prf) || !number(&text, &h->rounds) || h->rounds == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(prfs); i++)
		if (prfs[i].digit == prf % 10)
			h->prf = &prfs[i];
	tens = prf / 10;
	if (!h->prf || (tens != 0 && tens != 2 && tens != 4 && tens != 6))
		return false;
	h->scram = tens >= 4;
	n = strcspn(text, "$");
	if (text[n] != '$' || !take_salt(h, text, n, tens == 2 || tens == 6))
		return false;
	text += n + 1;
	n = strcspn(text, "$");
	return (text[n] == '$') == h->scram && base64(h->key, KEY_MAX, &len, text, n) &&
	       len == h->prf->len;
}

static bool parse_legacy(struct pbkdf2_hash *h, const char *text)
{
	size_t len = 0;

	*h = (struct pbkdf2_hash){
		.prf = &prfs[2], .rounds = LEGACY_ROUNDS, .salt_len = LEGACY_SALT};
	if (strlen(text) != LEGACY_SALT + 2 * SHA512_DIGEST_SIZE)
		return false;
	memcpy(h->salt, text, LEGACY_SALT);
	return sodium_hex2bin(h->key, KEY_MAX, text + LEGACY_SALT, 2 * SHA512_DIGEST_SIZE, NULL,
		       &len, NULL) == 0 &&
	       len == SHA512_DIGEST_SIZE;
}

/* ServerKey of RFC 5802 section 3. */
static void server_key(const struct prf *prf, uint8_t key[KEY_MAX])
{
	static const uint8_t words[] = "Server Key";
	struct hmac_sha1_ctx a;
	struct hmac_sha256_ctx b;
	struct hmac_sha512_ctx c;

	if (prf->len == SHA1_DIGEST_SIZE) {
		hmac_sha1_set_key(&a, prf->len, key);
		hmac_sha1_update(&a, sizeof(words) - 1, words);
		hmac_sha1_digest(&a, prf->len, key);
	} else if (prf->len == SHA256_DIGEST_SIZE) {
		hmac_sha256_set_key(&b, prf->len, key);
		hmac_sha256_update(&b, sizeof(words) - 1, words);
		hmac_sha256_digest(&b, prf->len, key);
	} else {
		hmac_sha512_set_key(&c, prf->len, key);
		hmac_sha512_update(&c, sizeof(words) - 1, words);
		hmac_sha512_digest(&c, prf->len, key);
	}
}

static bool check_pbkdf2(const struct pbkdf2_hash *h, const char *given)
{
	uint8_t key[KEY_MAX];
	bool same;

	h->prf->derive(strlen(given), (const uint8_t *)given, h->rounds, h->salt_len, h->salt,
		h->prf->len, key);
	if (h->scram)
		server_key(h->prf, key);
	same = sodium_memcmp(key, h->key, h->prf->len) == 0;
	sodium_memzero(key, sizeof(key));
	return same;
}

/* --- plain hashes --- */

static void raw_md5(const uint8_t *given, size_t n, uint8_t *out)
{
	struct md5_ctx c;

	md5_init(&c);
	md5_update(&c, n, given);
	md5_digest(&c, MD5_DIGEST_SIZE, out);
}

static void raw_sha1(const uint8_t *given, size_t n, uint8_t *out)
{
	struct sha1_ctx c;

	sha1_init(&c);
	sha1_update(&c, n, given);
	sha1_digest(&c, SHA1_DIGEST_SIZE, out);
}

static void raw_sha256(const uint8_t *given, size_t n, uint8_t *out)
{
	crypto_hash_sha256(out, given, n);
}

static void raw_sha512(const uint8_t *given, size_t n, uint8_t *out)
{
	crypto_hash_sha512(out, given, n);
}

static const struct raw {
	const char *name;
	size_t len;
	void (*hash)(const uint8_t *given, size_t n, uint8_t *out);
} raws[] = {
	{"$rawmd5$", MD5_DIGEST_SIZE, raw_md5},
	{"$rawsha1$", SHA1_DIGEST_SIZE, raw_sha1},
	{"$rawsha256$", SHA256_DIGEST_SIZE, raw_sha256},
	{"$rawsha512$", SHA512_DIGEST_SIZE, raw_sha512},
};

static const struct raw *parse_raw(const char *text, uint8_t key[KEY_MAX])
{
	for (size_t i = 0; i < ARRAY_SIZE(raws); i++) {
		const char *hex = text + strlen(raws[i].name);
		size_t len = 0;

		if (begins(text, raws[i].name))
			return strlen(hex) == 2 * raws[i].len &&
					       sodium_hex2bin(key, KEY_MAX, hex, strlen(hex), NULL,
						       &len, NULL) == 0 &&
					       len == raws[i].len
				       ? &raws[i]
				       : NULL;
	}
	return NULL;
}

static bool check_raw(const char *stored, const char *given)
{
	uint8_t key[KEY_MAX], out[KEY_MAX];
	const struct raw *r = parse_raw(stored, key);

	if (!r)
		return false;
	r->hash((const uint8_t *)given, strlen(given), out);
	return sodium_memcmp(key, out, r->len) == 0;
}

/* --- bcrypt --- */

/* Of $2a$, $2b$ or $2y$, two digits of cost, 53 characters. */
static const char *refuse_bcrypt(const char *hash)
{
	static const char letters[] =
		"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
	unsigned cost;
	const char *p = hash + 4;

	if (strlen(hash) != BCRYPT_TEXT || !strchr("aby", hash[2]) || hash[3] != '$' ||
		!number(&p, &cost) || p != hash + 7 || strspn(p, letters) != BCRYPT_TEXT - 7 ||
		cost < 4)
		return malformed;
	return cost > FOREIGN_BCRYPT_COST_MAX ? costly : NULL;
}

/* The digest may have bytes that are zero, which crypt(3) would take for its end. */
static bool check_sha3(const char *stored, const char *given)
{
	uint8_t digest[SHA3_512_DIGEST_SIZE + 1] = {0}; /* bcrypt reads a NUL behind its key */
	struct sha3_512_ctx c;

	sha3_512_init(&c);
	sha3_512_update(&c, strlen(given), (const uint8_t *)given);
	sha3_512_digest(&c, SHA3_512_DIGEST_SIZE, digest);
	return blowfish_bcrypt_verify(
		SHA3_512_DIGEST_SIZE, digest, strlen(stored), (const uint8_t *)stored);
}

/* --- crypt(3) and argon2 --- */

/* "$5$[rounds=N$]SALT$HASH" */
static const char *refuse_sha_crypt(const char *hash)
{
	const char *p = hash + 3;
	unsigned rounds;

	if (begins(p, "rounds=")) {
		p += 7;
		if (!number(&p, &rounds))
			return malformed;
		if (rounds > FOREIGN_ROUNDS_MAX)
			return costly;
	}
	return strchr(p, '$') ? NULL : malformed;
}

/* "$argon2id$v=19$m=KIB,t=PASSES,p=LANES$SALT$HASH" */
static const char *refuse_argon2(const char *hash)
{
	unsigned version, memory, passes, lanes;

	if (sscanf(hash, "$%*[a-z0-9]$v=%8u$m=%8u,t=%8u,p=%8u$", &version, &memory, &passes,
		    &lanes) != 4 ||
		version != 19)
		return malformed;
	return memory > FOREIGN_ARGON2_MEMORY_MAX || passes > FOREIGN_ARGON2_PASSES_MAX ||
			       lanes > 16
		       ? costly
		       : NULL;
}

/* "$7$", the logarithm of N, r and p in five characters each; N of 2^17 and r of 8 are 128 MiB. */
static const char *refuse_scrypt(const char *hash)
{
	static const char logarithms[] = "./0123456789ABCDEF", lanes[] = "/012";

	if (strlen(hash) < 15 || strncmp(hash + 4, "6....", 5) != 0 ||
		strncmp(hash + 10, "....", 4) != 0)
		return unknown;
	return strchr(logarithms, hash[3]) && strchr(lanes, hash[9]) ? NULL : costly;
}

static bool is_des(const char *hash)
{
	static const char letters[] =
		"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

	return strlen(hash) == 13 && strspn(hash, letters) == 13;
}

/* libsodium's base64 takes some bytes that are not ASCII for letters. */
static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

const char *password_foreign_refusal(const char *hash)
{
	struct pbkdf2_hash h;
	uint8_t key[KEY_MAX];

	if (strlen(hash) > FOREIGN_TEXT_MAX || !is_ascii(hash))
		return malformed;
	if (begins(hash, sha3))
		return refuse_bcrypt(hash + sizeof(sha3) - 3);
	if (begins(hash, "$2"))
		return refuse_bcrypt(hash);
	if (begins(hash, z))
		return !parse_z(&h, hash + sizeof(z) - 1) ? unknown
		       : h.rounds > FOREIGN_ROUNDS_MAX    ? costly
							  : NULL;
	if (begins(hash, legacy))
		return parse_legacy(&h, hash + sizeof(legacy) - 1) ? NULL : malformed;
	if (begins(hash, "$raw"))
		return parse_raw(hash, key) ? NULL : malformed;
	if (begins(hash, "$argon2i$") || begins(hash, "$argon2id$"))
		return refuse_argon2(hash);
	if (begins(hash, "$5$") || begins(hash, "$6$"))
		return refuse_sha_crypt(hash);
	if (begins(hash, "$7$"))
		return refuse_scrypt(hash);
	return begins(hash, "$1$") || is_des(hash) ? NULL : unknown;
}

bool password_is_foreign(const char *stored)
{
	return begins(stored, sha3) || begins(stored, z) || begins(stored, legacy) ||
	       begins(stored, "$raw");
}

bool password_foreign_check(const char *stored, const char *given)
{
	struct pbkdf2_hash h;

	if (begins(stored, sha3))
		return check_sha3(stored + sizeof(sha3) - 3, given);
	if (begins(stored, z))
		return parse_z(&h, stored + sizeof(z) - 1) && check_pbkdf2(&h, given);
	if (begins(stored, legacy))
		return parse_legacy(&h, stored + sizeof(legacy) - 1) && check_pbkdf2(&h, given);
	return check_raw(stored, given);
}
