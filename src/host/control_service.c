/* control_service.c - bytes of an answer: control_service.h. */
#include "host/control_service.h"

#include <stdlib.h>

enum {
	OUT_FIRST = 4096, /* bytes allocated first */
};

void control_out_add(struct control_out *o, const char *text, size_t n)
{
	size_t size = o->size ? o->size : OUT_FIRST;
	char *at;

	if (n == 0)
		return; /* text may then be NULL, which memcpy() does not take */
	while (size - o->len < n)
		size *= 2;
	if (size != o->size) {
		at = realloc(o->at, size);
		if (!at) {
			o->failed = true;
			return;
		}
		o->at = at;
		o->size = size;
	}
	memcpy(o->at + o->len, text, n);
	o->len += n;
}
