/* wire_dhcp.c - DHCP messages: parsed, and what was read written and read again. */
#include "wire/dhcp.h"
#include "wire_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t out[DHCP_LEN_MAX];
	struct dhcp d, again;
	struct dhcp_view v;
	char text[80];

	if (!dhcp_view(&v, data, size) || dhcp_parse(&d, v) != DROP_NONE)
		return 0;
	must(d.bits <= 32 && d.id_len <= DHCP_ID_MAX && d.route_count <= DHCP_ROUTES_MAX);
	dhcp_print(text, sizeof(text), &d, size);
	must(dhcp_emit_len(&d) <= sizeof(out));
	dhcp_emit(&d, out);
	must(dhcp_view(&v, out, dhcp_emit_len(&d)) && dhcp_parse(&again, v) == DROP_NONE);
	must(memcmp(&d, &again, sizeof(d)) == 0);
	return 0;
}
