/* wire_tcp.c - TCP segments and their options. */
#include "wire/tcp.h"
#include "wire_fuzz.h"

/* Parsed options must parse to the same after being emitted. */
static void options_target(const struct tcp_seg *s)
{
	uint8_t out[TCP_OPTS_MAX];
	struct tcp_opts o, again;
	uint16_t has;

	tcp_opts_parse(&o, s->opt, s->opt_len, true);
	o.has &= (uint16_t)~TCP_HAS_BAD_LEN;
	has = o.has;
	for (uint16_t bit = 1; bit <= TCP_HAS_ACCECN; bit = (uint16_t)(bit << 1)) {
		o.has = has & bit; /* one at a time: padded, they may not fit together */
		tcp_opts_emit(&o, out);
		tcp_opts_parse(&again, out, tcp_opts_emit_len(&o), true);
		must(again.has == o.has);
	}
}

/* Options, iterated and written one by one, must be the same bytes. */
static void walk_target(const struct tcp_seg *s)
{
	const uint8_t *p = s->opt;
	size_t left = s->opt_len, n = 0;
	uint8_t out[TCP_OPTS_MAX];
	struct tcp_opt o;

	while (tcp_opt_next(&o, &p, &left))
		n += tcp_opt_put(&o, out + n);
	must(n + left == s->opt_len && memcmp(out, s->opt, n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[FUZZ_OUT_MAX];
	struct ip_pair a = fuzz_pair(size % 2);
	struct tcp_seg s, again;
	struct tcp_view v;
	char text[64];

	size = size_min(size, sizeof(out));
	if (!tcp_view(&v, data, size))
		return 0;
	tcp_parse(&s, v, &a);
	must(tcp_parse(&s, v, NULL) == DROP_NONE);
	tcp_print(text, sizeof(text), &s);
	tcp_emit(&s, &a, out);
	must(tcp_view(&v, out, size) && tcp_parse(&again, v, &a) == DROP_NONE);
	must(again.flags == s.flags && again.len == s.len && seq_eq(again.seq, s.seq));
	options_target(&s);
	walk_target(&s);
	return 0;
}
