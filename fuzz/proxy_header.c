/*
 * proxy_header.c - headers of the PROXY protocol: any bytes are a header, the beginning of one, or
 * refused, and no more of them are wanted than belong to it.
 */
#include "proxy/proxy_header.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t at = 0, need = PROXY_FIRST;
	enum proxy_parse result = PROXY_MORE;
	struct proxy_client client;

	while (result == PROXY_MORE && need <= size) {
		uint8_t *copy = malloc(need); /* its own block: reading past the end is found */

		if (need <= at || need > PROXY_HEADER_MAX)
			abort();
		at = need;
		memcpy(copy, data, at);
		result = proxy_header_parse(copy, at, &need, &client);
		free(copy);
	}
	if (result == PROXY_READY && client.known && client.addr.family != 4 &&
		client.addr.family != 6)
		abort();
	if (result == PROXY_READY && !memchr(client.version, 0, PROXY_WORD_MAX))
		abort();
	return 0;
}
