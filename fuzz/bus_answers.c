/*
 * bus_answers.c - what the engine answers about a key or its stream: whatever it is, the result is
 * within its bounds.
 */
#include "bus/nats_answer.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct nats_answer a;

	nats_answer_read(&a, data, size);
	if (a.len > BUS_VALUE_MAX || memchr(a.why, '\0', sizeof(a.why)) == NULL ||
		a.incarnation >> 24 != 0)
		abort();
	return 0;
}
