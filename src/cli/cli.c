/* cli.c - helpers shared by subcommands: numbers and files on the command line. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cli_number(uint64_t *out, const char *text)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0;
}

char *cli_read(const char *path, size_t max, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = malloc(max + 1);

	if (f && text)
		*len = fread(text, 1, max + 1, f);
	if (!f || !text || ferror(f)) { /* the latter of a directory */
		fprintf(stderr, "burble: cannot read %s: %s\n", path, strerror(errno));
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

bool asks_for_help(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--help") == 0)
			return true;
	return false;
}
