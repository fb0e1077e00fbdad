/* nats_answer.c - JSON of the engine's API: nats_answer.h. */
#include "bus/nats_answer.h"

#include "base/siphash.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>

/* err_code of the engine's errors. */
enum {
	NO_PEERS = 10005,
	NO_MESSAGE = 10037,
	NO_SEQUENCE = 10043,
	DELETE_FAILED = 10057,
	NAME_IN_USE = 10058,
	STREAM_NOT_FOUND = 10059,
	WRONG_LAST = 10071,
	NO_CLUSTER = 10074,
};

#define INCARNATION_BITS 24

static enum nats_answer_kind kind_of(json_int_t code)
{
	switch (code) {
	case NO_MESSAGE: return NATS_NOTHING;
	case NO_SEQUENCE:
	case DELETE_FAILED: /* of a sequence number that is gone */
	case WRONG_LAST: return NATS_CONFLICT;
	case NAME_IN_USE: return NATS_EXISTS;
	case STREAM_NOT_FOUND: return NATS_NO_STREAM;
	case NO_PEERS: return NATS_NO_PEERS;
	case NO_CLUSTER: return NATS_NO_CLUSTER;
	default: return NATS_FAILED;
	}
}

static void fail(struct nats_answer *a, const char *why)
{
	a->kind = NATS_FAILED;
	snprintf(a->why, sizeof(a->why), "%.190s", why);
}

static void read_error(struct nats_answer *a, const json_t *error)
{
	const char *why = json_string_value(json_object_get(error, "description"));

	fail(a, why ? why : "an error without a description");
	a->kind = kind_of(json_integer_value(json_object_get(error, "err_code")));
}

static uint64_t number(const json_t *object, const char *name)
{
	json_int_t n = json_integer_value(json_object_get(object, name));

	return n > 0 ? (uint64_t)n : 0;
}

/* A message of the stream: {"seq": 1, "data": BASE64}. */
static void read_message(struct nats_answer *a, const json_t *message)
{
	const json_t *data = json_object_get(message, "data");
	const char *text = data ? json_string_value(data) : "", *end;

	a->sequence = number(message, "seq");
	if (!text ||
		sodium_base642bin(a->bytes, sizeof(a->bytes), text, strlen(text), NULL, &a->len,
			&end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
		*end)
		fail(a, "the value of a key is not one of ours");
}

/* {"config": {"num_replicas": 3}, "created": TIME, "cluster": {...}} */
static void read_stream(struct nats_answer *a, const json_t *root)
{
	static const struct siphash_key spread = {5, 6};
	const char *created = json_string_value(json_object_get(root, "created"));

	a->replicas = number(json_object_get(root, "config"), "num_replicas");
	a->clustered = json_is_object(json_object_get(root, "cluster"));
	if (created)
		a->incarnation =
			siphash(created, strlen(created), &spread) >> (64 - INCARNATION_BITS);
}

void nats_answer_read(struct nats_answer *a, const uint8_t *bytes, size_t len)
{
	json_t *root = NULL;
	const json_t *part;

	*a = (struct nats_answer){.kind = NATS_DONE};
	if (len <= NATS_ANSWER_MAX)
		root = json_loadb((const char *)bytes, len, 0, NULL);
	if (!json_is_object(root)) {
		fail(a, "an answer that is not JSON");
		json_decref(root);
		return;
	}
	a->sequence = number(root, "seq");
	read_stream(a, root);
	part = json_object_get(root, "message");
	if (part)
		read_message(a, part);
	part = json_object_get(root, "error");
	if (part)
		read_error(a, part);
	json_decref(root);
}

static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

bool nats_key_subject(char *out, size_t size, const char *prefix, const struct bus_key *k)
{
	size_t n = strlen(prefix);

	if (n >= size)
		return false;
	memcpy(out, prefix, n);
	for (size_t i = 0; i < k->key_len; i++) {
		unsigned char c = (unsigned char)k->key[i];

		if (size - n < 4) /* "=XX" and the NUL */
			return false;
		if (is_plain(c))
			out[n++] = (char)c;
		else
			n += (size_t)sprintf(out + n, "=%02X", c);
	}
	out[n] = '\0';
	return true;
}

void nats_stream_body(char out[NATS_BODY_MAX], const char *network, int replicas)
{
	snprintf(out, NATS_BODY_MAX,
		"{\"name\":\"burble-%s\",\"subjects\":[\"burble.%s.key.*\"],"
		"\"retention\":\"limits\",\"storage\":\"file\",\"discard\":\"new\","
		"\"max_msgs_per_subject\":1,\"max_consumers\":-1,\"max_msgs\":-1,\"max_bytes\":-1,"
		"\"max_age\":0,\"max_msg_size\":-1,\"num_replicas\":%d,\"duplicate_window\":0}",
		network, network, replicas);
}
