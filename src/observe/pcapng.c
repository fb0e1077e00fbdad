/*
 * pcapng.c - writer and reader of pcapng files, see pcapng.h.
 */
#include "observe/pcapng.h"
#include "base/mul.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_LINK = 1,
	BLOCK_PACKET = 6,
	MAGIC = 0x1a2b3c4d,
	OPT_END = 0,
	OPT_COMMENT = 1,
	OPT_IF_NAME = 2,
	OPT_IF_TSRESOL = 9,
	BLOCK_MIN = 12,
};

/* --- writing: in the byte order of the host --------------------------------------------------- */

static uint32_t padded(size_t n)
{
	return (uint32_t)((n + 3) & ~(size_t)3);
}

static void put(struct pcapng_writer *w, const void *bytes, size_t n)
{
	if (!w->failed && n > 0 && !w->sink(w->user, bytes, n))
		w->failed = true;
}

static void put32(struct pcapng_writer *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

static void put16x2(struct pcapng_writer *w, uint16_t a, uint16_t b)
{
	uint16_t v[2] = {a, b};

	put(w, v, sizeof(v));
}

static void put_padded(struct pcapng_writer *w, const void *bytes, size_t n)
{
	static const uint8_t zero[4];

	put(w, bytes, n);
	put(w, zero, padded(n) - n);
}

static void put_option(struct pcapng_writer *w, uint16_t code, const void *bytes, size_t n)
{
	put16x2(w, code, (uint16_t)n);
	put_padded(w, bytes, n);
}

bool pcapng_begin(struct pcapng_writer *w, pcapng_sink sink, void *user)
{
	const uint32_t len = 28;

	*w = (struct pcapng_writer){.sink = sink, .user = user};
	put32(w, BLOCK_SECTION);
	put32(w, len);
	put32(w, MAGIC);
	put16x2(w, 1, 0); /* version 1.0 */
	put32(w, UINT32_MAX);
	put32(w, UINT32_MAX); /* section length: unspecified */
	put32(w, len);
	return !w->failed;
}

uint32_t pcapng_add_link(struct pcapng_writer *w, enum pcapng_link type, const char *name)
{
	static const uint8_t nanoseconds = 9; /* 10^-9 s */
	size_t name_len = name == NULL ? 0 : size_min(strlen(name), PCAPNG_COMMENT_MAX);
	uint32_t len = 20 + 8 + 4 + (name_len > 0 ? 4 + padded(name_len) : 0);

	put32(w, BLOCK_LINK);
	put32(w, len);
	put16x2(w, (uint16_t)type, 0);
	put32(w, 0); /* no snap length */
	if (name_len > 0)
		put_option(w, OPT_IF_NAME, name, name_len);
	put_option(w, OPT_IF_TSRESOL, &nanoseconds, 1);
	put16x2(w, OPT_END, 0);
	put32(w, len);
	return w->failed ? UINT32_MAX : w->links++;
}

bool pcapng_write(struct pcapng_writer *w, const struct pcapng_packet *p)
{
	uint32_t kept = u32_min(p->len, PCAPNG_PACKET_MAX);
	size_t note = p->comment == NULL ? 0 : strnlen(p->comment, PCAPNG_COMMENT_MAX);
	uint32_t options = note > 0 ? 4 + padded(note) + 4 : 0;
	uint32_t len = 32 + padded(kept) + options;

	assert(p->link < w->links && p->at >= 0);
	put32(w, BLOCK_PACKET);
	put32(w, len);
	put32(w, p->link);
	put32(w, (uint32_t)((uint64_t)p->at >> 32));
	put32(w, (uint32_t)p->at);
	put32(w, kept);
	put32(w, p->wire_len > 0 ? p->wire_len : p->len);
	put_padded(w, p->data, kept);
	if (note > 0) {
		put_option(w, OPT_COMMENT, p->comment, note);
		put16x2(w, OPT_END, 0);
	}
	put32(w, len);
	return !w->failed;
}

/* --- reading ---------------------------------------------------------------------------------- */

static uint32_t get32(const struct pcapng_reader *r, const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap32(v) : v;
}

static uint16_t get16(const struct pcapng_reader *r, const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return r->swapped ? __builtin_bswap16(v) : v;
}

static bool fail(struct pcapng_reader *r, const char *why)
{
	r->error = why;
	r->p = r->end;
	return false;
}

void pcapng_read(struct pcapng_reader *r, const uint8_t *bytes, size_t len)
{
	*r = (struct pcapng_reader){.p = bytes, .end = bytes + len};
}

/* A block's body between its two lengths. */
struct block {
	uint32_t type;
	const uint8_t *body;
	uint32_t len;
};

/* Reads the byte order of a section, header included. */
static bool section_order(struct pcapng_reader *r)
{
	uint32_t magic;

	memcpy(&magic, r->p + 8, sizeof(magic));
	if (magic != MAGIC && __builtin_bswap32(magic) != MAGIC)
		return fail(r, "not a pcapng section header");
	r->swapped = magic != MAGIC;
	r->started = true;
	r->links = 0;
	return true;
}

static bool next_block(struct pcapng_reader *r, struct block *b)
{
	size_t left = (size_t)(r->end - r->p);

	if (left == 0)
		return false;
	if (left < BLOCK_MIN)
		return fail(r, "truncated block");
	b->type = get32(r, r->p);
	if (b->type == BLOCK_SECTION && !section_order(r))
		return false;
	if (!r->started)
		return fail(r, "no section header at the start");
	uint32_t len = get32(r, r->p + 4);

	if (len < BLOCK_MIN || len % 4 != 0 || len > left)
		return fail(r, "invalid block length");
	if (get32(r, r->p + len - 4) != len)
		return fail(r, "the two lengths of a block differ");
	b->body = r->p + 8;
	b->len = len - BLOCK_MIN;
	r->p += len;
	return true;
}

/* Units per second of an if_tsresol byte; 0 if above 64 bits. */
static uint64_t units(uint8_t resolution)
{
	uint64_t v = 1;

	if (resolution & 0x80)
		return (resolution & 0x7f) < 63 ? (uint64_t)1 << (resolution & 0x7f) : 0;
	for (; resolution > 0; resolution--) {
		if (v > UINT64_MAX / 10)
			return 0;
		v *= 10;
	}
	return v;
}

static bool read_link(struct pcapng_reader *r, const struct block *b)
{
	uint64_t per_sec = 1000000;

	if (b->len < 8)
		return fail(r, "truncated interface description");
	if (r->links == PCAPNG_LINKS_MAX)
		return fail(r, "too many interfaces");
	for (size_t at = 8; at + 4 <= b->len;) {
		uint16_t code = get16(r, b->body + at), len = get16(r, b->body + at + 2);

		if (code == OPT_END || at + 4 + len > b->len)
			break;
		if (code == OPT_IF_TSRESOL && len == 1)
			per_sec = units(b->body[at + 4]);
		at += 4u + padded(len);
	}
	if (per_sec == 0)
		return fail(r, "unsupported time resolution");
	r->link[r->links].type = get16(r, b->body);
	r->link[r->links++].per_sec = per_sec;
	return true;
}

static nsec_t to_nsec(uint64_t stamp, uint64_t per_sec)
{
	uint64_t sec = stamp / per_sec, part = stamp % per_sec, ns;

	if (sec >= NSEC_MAX / NSEC_SEC)
		return NSEC_MAX;
	if (per_sec <= NSEC_SEC)
		ns = part * NSEC_SEC / per_sec;
	else if ((per_sec & (per_sec - 1)) == 0)
		ns = u64_mul_shr(part, NSEC_SEC, (unsigned)__builtin_ctzll(per_sec));
	else
		ns = part / (per_sec / NSEC_SEC);
	return (nsec_t)(sec * NSEC_SEC + ns);
}

static bool read_packet(struct pcapng_reader *r, const struct block *b, struct pcapng_packet *p)
{
	if (b->len < 20)
		return fail(r, "truncated packet block");
	uint32_t kept = get32(r, b->body + 12);

	if (kept > b->len - 20)
		return fail(r, "a packet is longer than its block");
	*p = (struct pcapng_packet){.link = get32(r, b->body),
		.data = b->body + 20,
		.len = kept,
		.wire_len = get32(r, b->body + 16)};
	if (p->link >= r->links)
		return fail(r, "a packet of an unknown interface");
	p->at = to_nsec((uint64_t)get32(r, b->body + 4) << 32 | get32(r, b->body + 8),
		r->link[p->link].per_sec);
	return true;
}

bool pcapng_next(struct pcapng_reader *r, struct pcapng_packet *p)
{
	struct block b;

	while (next_block(r, &b)) {
		if (b.type == BLOCK_PACKET)
			return read_packet(r, &b, p);
		if (b.type == BLOCK_LINK && !read_link(r, &b))
			return false;
	}
	return false;
}
