/*
 * host_control.c - the parser of a control socket's requests: any line is parsed or refused, and
 * what a valid one names lies within the line.
 */
#include "host/control_request.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, const char *line, size_t size)
{
	if (text && (text < line || text + strlen(text) > line + size))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = malloc(size + 1); /* its own block: reading past the end is found */
	struct control_request r;

	memcpy(line, data, size);
	line[size] = '\0';
	if (!control_parse(&r, line)) {
		if ((unsigned)r.verb >= CONTROL_VERBS || (r.value && !r.name))
			abort();
		if (r.verb == CONTROL_SOCKETS && (!r.states || !(r.tcp || r.udp)))
			abort();
		if (r.verb == CONTROL_DUMP && (r.snap == 0 || r.snap > CONTROL_SNAP_MAX))
			abort();
		check_text(r.name, line, size);
		check_text(r.value, line, size);
	}
	free(line);
	return 0;
}
