/*
 * chat_search.c - what is said in a message, its words set apart, and a query of words: any bytes
 * stay within the promised lengths, and a query is a row of quoted phrases.
 */
#include "chat/store/search_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts unless query is phrases, each in two quotes, with spaces between. */
static void check_query(const char *query)
{
	while (*query) {
		if (*query != '"')
			abort();
		query = strchr(query + 1, '"');
		if (!query || query[1] != ' ')
			abort();
		query += 2;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *apart, *query;
	size_t len = size;
	const char *said;

	memcpy(text, data, size);
	text[size] = '\0';
	said = search_said(text, &len);
	if (said < text || said + len > text + size)
		abort();
	len = strlen(text);
	apart = malloc(2 * len + 1);
	query = malloc(4 * len + 1);
	if (search_spread(text, len, apart) > 2 * len)
		abort();
	search_match(text, query);
	check_query(query);
	free(text);
	free(apart);
	free(query);
	return 0;
}
