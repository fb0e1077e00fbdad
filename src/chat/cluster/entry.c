/* entry.c - writing and reading of entries, and the table of their kinds. */
#include "chat/cluster/entry.h"

#include "base/utf8.h"
#include "chat/limits.h"
#include "chat/proto/casemap.h"
#include "chat/store/store_request.h"

enum {
	VARINT_MAX = 10,
	VARINT_BITS = 7,
};

/* The bytes that a text may have; none has a NUL. */
enum check {
	ANY_TEXT, /* LF and CR too: a multiline message */
	LINE,     /* may be empty */
	WORD,     /* no space, not empty */
	OPTIONAL, /* no space */
	NICK,
	CHANNEL,
};

struct kind {
	enum entry_kind kind;
	uint8_t numbers, texts;
	struct {
		enum check check;
		uint32_t max; /* bytes */
	} text[ENTRY_TEXTS];
};

#define A_NICK                                                                                     \
	{                                                                                          \
		NICK, NICK_BYTES_MAX - 1                                                           \
	}
#define A_CHANNEL                                                                                  \
	{                                                                                          \
		CHANNEL, CHANNEL_BYTES_MAX - 1                                                     \
	}
#define A_LINE                                                                                     \
	{                                                                                          \
		LINE, LINE_BODY_MAX                                                                \
	}
#define A_WORD                                                                                     \
	{                                                                                          \
		WORD, 255                                                                          \
	}
#define A_NAME                                                                                     \
	{                                                                                          \
		OPTIONAL, 255                                                                      \
	}
#define A_MASK                                                                                     \
	{                                                                                          \
		WORD, 255                                                                          \
	}
#define A_LONG                                                                                     \
	{                                                                                          \
		LINE, 1 << 17                                                                      \
	}
#define A_TEXT                                                                                     \
	{                                                                                          \
		ANY_TEXT, 65535                                                                    \
	}

#define A_COLUMN                                                                                   \
	{                                                                                          \
		LINE, STORE_RECORD_TEXT_MAX                                                        \
	}

static const struct kind kinds[] = {
	{ENTRY_HEADER, 6, 0, {{0}}},
	{ENTRY_BEAT, 6, 2, {A_WORD, A_LINE}},
	{ENTRY_ASK, 3, 0, {{0}}},
	{ENTRY_PAST, 2, 0, {{0}}},
	{ENTRY_PAGE, 5, 0, {{0}}},
	{ENTRY_HAVE, 2, 0, {{0}}},
	{ENTRY_USER, 4, 6,
		{A_NICK, {WORD, USERNAME_MAX}, {WORD, HOST_BYTES_MAX - 1}, A_LINE, A_NAME, A_LINE}},
	{ENTRY_QUIT, 1, 1, {A_LINE}},
	{ENTRY_IN, 1, 1, {A_LONG}},
	{ENTRY_JOIN, 3, 1, {A_CHANNEL}},
	{ENTRY_PART, 2, 2, {A_CHANNEL, A_LINE}},
	{ENTRY_KICK, 2, 5, {A_CHANNEL, A_NICK, A_LINE, A_MASK, A_NAME}},
	{ENTRY_MODE, 2, 6, {A_CHANNEL, A_MASK, {WORD, LINE_BODY_MAX}, A_LINE, A_NAME, A_LINE}},
	{ENTRY_TOPIC, 2, 4, {A_CHANNEL, A_MASK, A_LINE, A_NAME}},
	{ENTRY_CHANNEL, 5, 7, {A_CHANNEL, A_NAME, A_LINE, A_NAME, {LINE, 1024}, A_NAME, A_NAME}},
	{ENTRY_MASK, 2, 3, {A_CHANNEL, A_MASK, A_NAME}},
	{ENTRY_KILL, 1, 3, {A_NICK, A_MASK, A_LINE}},
	{ENTRY_INVITE, 2, 2, {A_CHANNEL, A_NICK}},
	{ENTRY_RECORD, RECORD_FIELDS + STORE_RECORD_NUMBERS, STORE_RECORD_TEXTS,
		{A_COLUMN, A_COLUMN, A_COLUMN, A_COLUMN, A_COLUMN, A_COLUMN}},
	{ENTRY_DIGEST, 2, 1, {{WORD, 1 << 13}}},
	{ENTRY_MESSAGE, 7, 9,
		{A_WORD, A_WORD, A_WORD, A_TEXT, {LINE, CLIENT_TAGS_MAX}, A_MASK, A_NAME, A_NAME,
			A_NAME}},
	{ENTRY_REDACT, 1, 3, {A_WORD, A_MASK, A_LINE}},
	{ENTRY_MARKER, 1, 4, {A_WORD, A_WORD, A_WORD, A_NAME}},
	{ENTRY_EVENT, 4, 5, {A_CHANNEL, A_MASK, A_NAME, A_WORD, A_LINE}},
};

static const struct kind *kind_find(uint64_t kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].kind == kind)
			return &kinds[i];
	return NULL;
}

/* --- writing --- */

static size_t number_size(uint64_t v)
{
	size_t n = 1;

	while (v >>= VARINT_BITS)
		n++;
	return n;
}

static uint8_t *put_number(uint8_t *p, uint64_t v)
{
	for (; v >= 1u << VARINT_BITS; v >>= VARINT_BITS)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

static size_t body_size(const struct kind *k, const struct entry *e)
{
	size_t n = 2;

	for (int i = 0; i < k->numbers; i++)
		n += number_size(e->number[i]);
	for (int i = 0; i < k->texts; i++)
		n += number_size(e->text[i].len) + e->text[i].len + 1;
	return n;
}

bool entry_put(struct entry_out *o, const struct entry *e)
{
	const struct kind *k = kind_find(e->kind);
	size_t body = body_size(k, e), size = 1 + number_size(body) + body;
	uint8_t *p;

	if (!VEC_RESERVE(&o->bytes, size, ENTRY_MESSAGE_MAX))
		return false;
	p = o->bytes.at + o->bytes.count;
	*p++ = (uint8_t)e->kind;
	p = put_number(p, body);
	*p++ = k->numbers;
	for (int i = 0; i < k->numbers; i++)
		p = put_number(p, e->number[i]);
	*p++ = k->texts;
	for (int i = 0; i < k->texts; i++) {
		p = put_number(p, e->text[i].len);
		if (e->text[i].len)
			memcpy(p, e->text[i].p, e->text[i].len);
		p += e->text[i].len;
		*p++ = '\0';
	}
	o->bytes.count += (uint32_t)size;
	assert(p == o->bytes.at + o->bytes.count);
	return true;
}

bool entry_start(struct entry_out *o)
{
	o->bytes.count = 0;
	return VEC_PUSH(&o->bytes, 'B', ENTRY_MESSAGE_MAX) &&
	       VEC_PUSH(&o->bytes, ENTRY_VERSION, ENTRY_MESSAGE_MAX);
}

/* --- reading --- */

/* A part of the message: an entry. */
struct part {
	const uint8_t *p, *end;
};

static bool get_number(struct part *in, uint64_t *v)
{
	*v = 0;
	for (unsigned i = 0; i < VARINT_MAX && in->p < in->end; i++) {
		uint8_t b = *in->p++;

		if (i == VARINT_MAX - 1 && b > 1)
			return false;
		*v |= (uint64_t)(b & 0x7f) << (i * VARINT_BITS);
		if (b < 0x80)
			return true;
	}
	return false;
}

static bool text_valid(enum check check, const char *s, size_t n)
{
	if (memchr(s, '\0', n) || (check != ANY_TEXT && (memchr(s, '\n', n) || memchr(s, '\r', n))))
		return false;
	switch (check) {
	case NICK: return nick_valid(s, NICK_BYTES_MAX - 1);
	case CHANNEL: return channel_name_valid(s, CHANNEL_BYTES_MAX - 1);
	case WORD: return n > 0 && *s != ':' && !memchr(s, ' ', n);
	case OPTIONAL: return *s != ':' && !memchr(s, ' ', n);
	default: return true;
	}
}

/* Reads the next text, which is checked as place i of kind k; one beyond those is passed over. */
static bool get_text(struct part *in, const struct kind *k, uint64_t i, struct entry *e)
{
	uint64_t n;
	const char *s;

	if (!get_number(in, &n) || n >= (uint64_t)(in->end - in->p) || in->p[n] != '\0')
		return false;
	s = (const char *)in->p;
	in->p += n + 1;
	if (i >= k->texts)
		return true;
	e->text[i] = (struct store_text){s, (size_t)n};
	return n <= k->text[i].max && text_valid(k->text[i].check, s, (size_t)n);
}

/* A text that must not be empty must be there. */
static bool is_complete(const struct kind *k, const struct entry *e)
{
	for (int i = 0; i < k->texts; i++)
		if (!e->text[i].p && (k->text[i].check == WORD || k->text[i].check >= NICK))
			return false;
	return true;
}

static bool get_entry(struct part in, const struct kind *k, struct entry *e)
{
	uint64_t count, spare;

	*e = (struct entry){.kind = k->kind};
	if (!get_number(&in, &count))
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (!get_number(&in, i < k->numbers ? &e->number[i] : &spare))
			return false;
	if (!get_number(&in, &count))
		return false;
	for (uint64_t i = 0; i < count; i++)
		if (!get_text(&in, k, i, e))
			return false;
	return is_complete(k, e);
}

struct entry_in entry_read(const uint8_t *p, size_t len)
{
	struct entry_in in = {.p = p, .end = p + len};

	in.bad = len < 2 || len > ENTRY_MESSAGE_MAX || p[0] != 'B' || p[1] != ENTRY_VERSION;
	in.p += in.bad ? 0 : 2;
	return in;
}

bool entry_next(struct entry_in *in, struct entry *e)
{
	while (!in->bad && in->p < in->end) {
		struct part rest = {in->p + 1, in->end};
		const struct kind *k = kind_find(*in->p);
		uint64_t len;

		if (!get_number(&rest, &len) || len > (uint64_t)(rest.end - rest.p)) {
			in->bad = true;
			break;
		}
		rest.end = rest.p + len;
		in->p = rest.end;
		if (!k) {
			in->unknown++;
			continue;
		}
		if (get_entry(rest, k, e))
			return true;
		in->refused++;
	}
	return false;
}
