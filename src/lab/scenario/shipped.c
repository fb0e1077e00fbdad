/* shipped.c - the scenarios that come with burble: shipped.h. Their table is made by tools/embed.
 */
#include "lab/scenario/shipped.h"

const struct shipped *shipped_find(const char *name)
{
	for (size_t i = 0; i < shipped_count; i++)
		if (strcmp(shipped[i].name, name) == 0)
			return &shipped[i];
	return NULL;
}
