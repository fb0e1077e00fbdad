/* push.c - push messages: push.h. */
#include "external/push.h"

#include "external/http.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
	STAY = 86400, /* seconds that the service keeps a message for a device that is off */
};

static bool failed(struct external_reply *reply, const char *why)
{
	snprintf(reply->why, sizeof(reply->why), "%s", why);
	return false;
}

static size_t encrypt(uint8_t body[PUSH_BODY_MAX], const struct external_push *p)
{
	struct push_once once = {.pair = push_new_pair()};
	size_t n = 0;

	if (once.pair && RAND_bytes(once.salt, sizeof(once.salt)) == 1)
		n = push_encrypt(
			body, &(struct push_to){p->key, p->secret}, &once, p->text, p->len);
	EVP_PKEY_free(once.pair);
	return n;
}

static bool post(const struct curl *l, const struct push_settings *s, const struct external_push *p,
	struct external_reply *reply)
{
	uint8_t body[PUSH_BODY_MAX];
	char signature[PUSH_SIGNATURE_MAX], authorization[PUSH_SIGNATURE_MAX + 20], ttl[32];
	char answer[4096];
	const char *headers[] = {
		"Content-Encoding: aes128gcm", "Urgency: high", ttl, authorization, NULL};
	size_t n = encrypt(body, p);

	if (n == 0)
		return failed(reply, "the subscription's key is not valid");
	if (!push_sign(signature, s->pair, p->endpoint, s->contact, time(NULL)))
		return failed(reply, "the subscription's endpoint is not valid");
	snprintf(ttl, sizeof(ttl), "TTL: %d", STAY);
	snprintf(authorization, sizeof(authorization), "Authorization: %s", signature);
	return http_post(l,
		&(struct http_post){.url = p->endpoint,
			.type = "application/octet-stream",
			.body = (const char *)body,
			.body_len = n,
			.headers = headers,
			.outside = !s->inside,
			.timeout = s->timeout,
			.stop = s->stop,
			.out = answer,
			.out_size = sizeof(answer)},
		reply);
}

void push_send(const struct curl *l, const struct push_settings *s, const struct external_push *p,
	struct external_reply *reply)
{
	reply->ok = post(l, s, p, reply);
	reply->gone = reply->status == 404 || reply->status == 410; /* RFC 8030 section 7.3 */
}

/* ---- the server's key ---- */

static EVP_PKEY *read_pair(const char *path, char *why)
{
	FILE *f = fopen(path, "re");
	EVP_PKEY *pair = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
	char group[16] = "";

	if (f)
		fclose(f);
	if (pair && EVP_PKEY_get_group_name(pair, group, sizeof(group), NULL) == 1 &&
		strcmp(group, "prime256v1") == 0)
		return pair;
	EVP_PKEY_free(pair);
	snprintf(why, EXTERNAL_WHY_MAX, "%.100s: %s", path,
		f ? "it is no key of P-256: restore it, or remove it" : strerror(errno));
	return NULL;
}

/* A file that is whole, or none: written under another name. */
static bool write_pair(const char *path, EVP_PKEY *pair)
{
	char part[1024];
	FILE *f;
	int fd;
	bool good;

	snprintf(part, sizeof(part), "%.1000s.part", path);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	f = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f)
		return false;
	good = PEM_write_PrivateKey(f, pair, NULL, NULL, 0, NULL, NULL) == 1 && fflush(f) == 0 &&
	       fsync(fd) == 0;
	good = fclose(f) == 0 && good;
	return good && rename(part, path) == 0;
}

EVP_PKEY *push_load_pair(const char *path, char why[EXTERNAL_WHY_MAX])
{
	EVP_PKEY *pair;

	if (access(path, F_OK) == 0)
		return read_pair(path, why);
	pair = push_new_pair();
	if (pair && write_pair(path, pair))
		return pair;
	snprintf(why, EXTERNAL_WHY_MAX, "%.100s: %s", path, strerror(errno));
	EVP_PKEY_free(pair);
	return NULL;
}
