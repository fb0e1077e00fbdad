/* secret_file.c - the first line of a file: secret_file.h. */
#include "external/secret_file.h"

#include <errno.h>
#include <stdio.h>

bool secret_file_read(const char *path, char out[SECRET_MAX], struct external_reply *reply)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, SECRET_MAX, f);

	if (!ok)
		snprintf(reply->why, sizeof(reply->why), "%.150s: %s", path,
			f ? "empty" : strerror(errno));
	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok;
}
