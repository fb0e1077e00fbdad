/*
 * stack_sysctl.c - sysctls: any "name=value" is rejected with a reason, or reads back as a value
 * that sets the same.
 */
#include "stack/sysctl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sysctl s, again;
	char text[512], out[SYSCTL_TEXT], twice[SYSCTL_TEXT];
	const char *why = NULL;

	if (size >= sizeof(text))
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	char *value = strchr(text, '=');
	if (!value)
		return 0;
	*value++ = '\0';
	sysctl_init(&s);
	if (sysctl_set(&s, text, value, &why) < 0) {
		if (!why)
			abort();
		return 0;
	}
	if (sysctl_get(&s, text, out, sizeof(out), &why) < 0)
		abort();
	sysctl_init(&again);
	if (sysctl_set(&again, text, out, &why) < 0 ||
		sysctl_get(&again, text, twice, sizeof(twice), &why) < 0 || strcmp(out, twice) != 0)
		abort();
	return 0;
}
