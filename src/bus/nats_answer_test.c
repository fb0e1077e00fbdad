/* nats_answer_test.c - the engine's JSON, and keys as subjects. */
#include "bus/nats_answer.h"

#include "base/test/test.h"

static struct nats_answer read_text(const char *text)
{
	struct nats_answer a;

	nats_answer_read(&a, (const uint8_t *)text, strlen(text));
	return a;
}

TEST(an_acknowledgement_has_a_sequence_number)
{
	struct nats_answer a = read_text("{\"stream\":\"burble-x\",\"seq\":7}");

	assert_int_equal(a.kind, NATS_DONE);
	assert_int_equal(a.sequence, 7);
	assert_int_equal(a.incarnation, 0);
}

TEST(errors_are_known_by_their_code)
{
	static const struct {
		const char *text;
		enum nats_answer_kind kind;
	} rows[] = {
		{"{\"error\":{\"code\":400,\"err_code\":10071,\"description\":\"wrong last\"},"
		 "\"stream\":\"s\",\"seq\":0}",
			NATS_CONFLICT},
		{"{\"error\":{\"code\":404,\"err_code\":10037}}", NATS_NOTHING},
		{"{\"error\":{\"code\":400,\"err_code\":10043}}", NATS_CONFLICT},
		{"{\"error\":{\"code\":404,\"err_code\":10059}}", NATS_NO_STREAM},
		{"{\"error\":{\"code\":400,\"err_code\":10058}}", NATS_EXISTS},
		{"{\"error\":{\"code\":503,\"err_code\":10008}}", NATS_FAILED},
		{"{\"error\":{}}", NATS_FAILED},
		{"{\"error\":1}", NATS_FAILED},
		{"[]", NATS_FAILED},
		{"", NATS_FAILED},
		{"{\"seq\":1", NATS_FAILED},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(read_text(rows[i].text).kind, rows[i].kind);
}

TEST(a_message_has_its_bytes)
{
	struct nats_answer a = read_text("{\"message\":{\"seq\":3,\"data\":\"bWluZQ==\"}}");

	assert_int_equal(a.kind, NATS_DONE);
	assert_int_equal(a.sequence, 3);
	assert_int_equal(a.len, 4);
	assert_memory_equal(a.bytes, "mine", 4);
	assert_int_equal(read_text("{\"message\":{\"seq\":3}}").kind, NATS_DONE);
	assert_int_equal(read_text("{\"message\":{\"data\":\"!\"}}").kind, NATS_FAILED);
	assert_int_equal(read_text("{\"message\":{\"data\":5}}").kind, NATS_FAILED);
}

TEST(a_value_that_is_too_long_is_none)
{
	char text[600] = "{\"message\":{\"seq\":3,\"data\":\"";
	size_t n = strlen(text);

	memset(text + n, 'A', 344); /* 258 bytes */
	strcpy(text + n + 344, "\"}}");
	assert_int_equal(read_text(text).kind, NATS_FAILED);
	strcpy(text + n + 340, "\"}}"); /* 255 */
	assert_int_equal(read_text(text).kind, NATS_DONE);
	assert_int_equal(read_text(text).len, BUS_VALUE_MAX);
}

TEST(a_stream_that_was_made_at_another_time_is_another_one)
{
	struct nats_answer a =
		read_text("{\"config\":{\"num_replicas\":3},\"created\":\"2026-11-30T22:00:00Z\"}");
	struct nats_answer b =
		read_text("{\"config\":{\"num_replicas\":3},\"created\":\"2026-11-30T22:00:01Z\"}");

	assert_int_equal(a.replicas, 3);
	assert_false(a.clustered);
	assert_true(read_text("{\"cluster\":{\"name\":\"c\",\"leader\":\"n1\"}}").clustered);
	assert_int_not_equal(a.incarnation, 0);
	assert_int_not_equal(a.incarnation, b.incarnation);
	assert_true(a.incarnation < 1 << 24);
}

TEST(a_key_is_one_token_of_a_subject_whatever_its_bytes)
{
	struct bus_key k = {.key = "nick:[a].*> \0\xff", .key_len = 14};
	char out[64], small[24];

	assert_true(nats_key_subject(out, sizeof(out), "p.key.", &k));
	assert_string_equal(out, "p.key.nick=3A=5Ba=5D=2E=2A=3E=20=00=FF");
	assert_false(nats_key_subject(small, sizeof(small), "p.key.", &k));
}
