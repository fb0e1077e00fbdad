/* wire_udp.c - UDP over both versions. */
#include "wire/udp.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t out[FUZZ_OUT_MAX];
	struct udp_view v;
	struct udp u, again;
	char text[64];

	if (!udp_view(&v, data, size) || udp_parse(&u, v, NULL) != DROP_NONE)
		return 0;
	must(u.data + u.len <= data + size);
	udp_print(text, sizeof(text), &u);
	for (int v6 = 0; v6 < 2; v6++) {
		struct ip_pair a = fuzz_pair(v6);
		struct udp sent = u;

		if (u.len > UDP_LEN_MAX - UDP_HDR_LEN)
			return 0;
		sent.no_checksum = u.no_checksum && !v6;
		udp_parse(&again, v, &a);
		udp_emit(&sent, &a, out);
		must(udp_view(&v, out, UDP_HDR_LEN + (size_t)u.len));
		must(udp_parse(&again, v, &a) == DROP_NONE && again.len == u.len);
		must(memcmp(again.data, u.data, u.len) == 0);
		v = (struct udp_view){data, (uint32_t)size};
	}
	return 0;
}
