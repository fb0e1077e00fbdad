/* run_log.c - a log in memory, and the description of the first difference between two. */
#include "socket/test/run_log.h"

#include "base/bytes.h"
#include "stack/mib.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"
#include "wire/tcp.h"
#include "wire/text.h"

#include <inttypes.h>
#include <linux/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
	SAID = 256, /* bytes of the description of a segment */
};

/* --- writing ---------------------------------------------------------------------------------- */

/* Memory for at least `need`, at least doubling it. */
static void *grown(void *p, size_t *room, size_t need, size_t size)
{
	if (need <= *room)
		return p;
	*room = need < 4096 ? 4096 : 2 * need;
	p = realloc(p, *room * size);
	assert_non_null(p);
	return p;
}

void log_add(struct run_log *l, struct log_entry e, const void *p, size_t len)
{
	l->entry = grown(l->entry, &l->entry_room, l->entries + 1, sizeof(*l->entry));
	l->bytes = grown(l->bytes, &l->room, l->used + len, 1);
	e.offset = (uint32_t)l->used;
	e.len = (uint32_t)len;
	if (len > 0)
		memcpy(l->bytes + l->used, p, len);
	l->used += len;
	l->entry[l->entries++] = e;
}

const struct log_entry *log_newest_frame(const struct run_log *l, int side, const uint8_t **p)
{
	for (size_t i = l->entries; i > 0; i--) {
		const struct log_entry *e = &l->entry[i - 1];

		*p = l->bytes + e->offset;
		if (e->kind == LOG_FRAME && e->side == side)
			return e;
	}
	return NULL;
}

void log_clear(struct run_log *l)
{
	l->entries = l->used = 0;
}

void log_free(struct run_log *l)
{
	free(l->entry);
	free(l->bytes);
	*l = (struct run_log){0};
}

/* --- description of an entry
 * ------------------------------------------------------------------- */

/* An entry and its bytes. */
struct seen {
	const struct log_entry *e; /* NULL: end of the log */
	const uint8_t *p;
};

static struct seen see(const struct run_log *l, size_t i)
{
	if (i >= l->entries)
		return (struct seen){0};
	return (struct seen){&l->entry[i], l->bytes + l->entry[i].offset};
}

static void segment_text(struct text *t, const uint8_t *p, size_t len)
{
	char said[SAID];
	struct tcp_view v;
	struct tcp_seg g;

	if (!tcp_view(&v, p, len) || tcp_parse(&g, v, NULL) != DROP_NONE)
		return;
	tcp_print(said, sizeof(said), &g);
	text_add(t, "%u > %u: %s", g.sport, g.dport, said);
}

static void packet_text(struct text *t, const uint8_t *p, uint32_t len)
{
	struct ipv4_view v4;
	struct ipv6_view v6;
	struct ipv4 four;
	struct ipv6 six;

	text_add(t, "%u bytes ", len);
	if (ipv4_view(&v4, p, len) && ipv4_parse(&four, v4) == DROP_NONE &&
		four.proto == IP_PROTO_TCP)
		segment_text(t, four.data, four.len);
	else if (ipv6_view(&v6, p, len) && p[0] >> 4 == 6 && ipv6_parse(&six, v6) == DROP_NONE &&
		 six.next == IP_PROTO_TCP)
		segment_text(t, six.data, six.len);
}

static void entry_text(struct text *t, struct seen s)
{
	static const char *const kinds[] = {"frame", "call", "counters", "TCP_INFO"};

	if (!s.e) {
		text_add(t, "the end");
		return;
	}
	text_add(t, "%s at %.9f s, side %u: ", kinds[s.e->kind], (double)s.e->at / NSEC_SEC,
		s.e->side);
	if (s.e->kind == LOG_FRAME)
		packet_text(t, s.p + s.e->value, s.e->len - (uint32_t)s.e->value);
	else
		text_add(t, "%s(%d) = %" PRId64, s.e->what, s.e->fd, s.e->value);
}

/* --- differences in bytes --------------------------------------------------------------------- */

#define FIELD(name)                                                                                \
	{                                                                                          \
#name, offsetof(struct tcp_info, name), sizeof(((struct tcp_info *)0)->name)       \
	}

static const struct field {
	const char *name;
	size_t at, size;
} fields[] = {FIELD(tcpi_state), FIELD(tcpi_ca_state), FIELD(tcpi_retransmits), FIELD(tcpi_probes),
	FIELD(tcpi_backoff), FIELD(tcpi_options), FIELD(tcpi_rto), FIELD(tcpi_ato),
	FIELD(tcpi_snd_mss), FIELD(tcpi_rcv_mss), FIELD(tcpi_unacked), FIELD(tcpi_sacked),
	FIELD(tcpi_lost), FIELD(tcpi_retrans), FIELD(tcpi_last_data_sent),
	FIELD(tcpi_last_data_recv), FIELD(tcpi_last_ack_recv), FIELD(tcpi_pmtu),
	FIELD(tcpi_rcv_ssthresh), FIELD(tcpi_rtt), FIELD(tcpi_rttvar), FIELD(tcpi_snd_ssthresh),
	FIELD(tcpi_snd_cwnd), FIELD(tcpi_advmss), FIELD(tcpi_reordering), FIELD(tcpi_rcv_rtt),
	FIELD(tcpi_rcv_space), FIELD(tcpi_total_retrans), FIELD(tcpi_pacing_rate),
	FIELD(tcpi_max_pacing_rate), FIELD(tcpi_bytes_acked), FIELD(tcpi_bytes_received),
	FIELD(tcpi_segs_out), FIELD(tcpi_segs_in), FIELD(tcpi_notsent_bytes), FIELD(tcpi_min_rtt),
	FIELD(tcpi_data_segs_in), FIELD(tcpi_data_segs_out), FIELD(tcpi_delivery_rate),
	FIELD(tcpi_busy_time), FIELD(tcpi_rwnd_limited), FIELD(tcpi_sndbuf_limited),
	FIELD(tcpi_delivered), FIELD(tcpi_delivered_ce), FIELD(tcpi_bytes_sent),
	FIELD(tcpi_bytes_retrans), FIELD(tcpi_dsack_dups), FIELD(tcpi_reord_seen),
	FIELD(tcpi_rcv_ooopack), FIELD(tcpi_snd_wnd)};

static uint64_t number(const uint8_t *p, size_t size)
{
	uint64_t v = 0;

	memcpy(low_bytes(&v, size), p, size);
	return v;
}

static void counters_text(struct text *t, const uint8_t *slow, const uint8_t *fast)
{
	for (size_t i = 0; i < MIB_COUNT; i++) {
		uint64_t a = number(slow + 8 * i, 8), b = number(fast + 8 * i, 8);

		if (a != b)
			text_add(t, ", %s %" PRIu64 " without, %" PRIu64 " with",
				mib_name((enum mib)i), a, b);
	}
}

static void info_text(struct text *t, const uint8_t *slow, const uint8_t *fast, uint32_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		const struct field *f = &fields[i];

		if (f->at + f->size <= len && memcmp(slow + f->at, fast + f->at, f->size) != 0)
			text_add(t, ", %s %" PRIu64 " without, %" PRIu64 " with", f->name,
				number(slow + f->at, f->size), number(fast + f->at, f->size));
	}
}

static void bytes_text(struct text *t, struct seen slow, struct seen fast)
{
	uint32_t at = 0;

	if (slow.e->kind == LOG_COUNTERS) {
		counters_text(t, slow.p, fast.p);
		return;
	}
	while (slow.p[at] == fast.p[at])
		at++;
	text_add(t, ", byte %u is %02x without, %02x with", at, slow.p[at], fast.p[at]);
	if (slow.e->kind == LOG_INFO)
		info_text(t, slow.p, fast.p, slow.e->len);
}

/* --- comparing -------------------------------------------------------------------------------- */

static bool same_heads(const struct log_entry *a, const struct log_entry *b)
{
	return a->at == b->at && a->value == b->value && a->len == b->len && a->fd == b->fd &&
	       a->kind == b->kind && a->side == b->side && a->what == b->what;
}

static bool same(struct seen a, struct seen b)
{
	return a.e && b.e && same_heads(a.e, b.e) && memcmp(a.p, b.p, a.e->len) == 0;
}

bool log_differs(const struct run_log *slow, const struct run_log *fast, char *text)
{
	struct text t = text_in(text, LOG_TEXT);
	struct seen a, b;
	size_t i = 0;

	while (i < slow->entries && i < fast->entries && same(see(slow, i), see(fast, i)))
		i++;
	if (i == slow->entries && i == fast->entries)
		return false;
	a = see(slow, i);
	b = see(fast, i);
	text_add(&t, "entry %zu: without fast paths ", i);
	entry_text(&t, a);
	text_add(&t, "; with ");
	if (a.e && b.e && same_heads(a.e, b.e)) {
		text_add(&t, "the same");
		bytes_text(&t, a, b);
	} else {
		entry_text(&t, b);
	}
	return true;
}
