/* chat_lease.c - see chat_lease.h. */
#include "cli/chat_lease.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_PATH_MAX = 1024,
};

#define FILE_NAME "dhcp-address"

static void path_of(char path[FILE_PATH_MAX], const char *data)
{
	snprintf(path, FILE_PATH_MAX, "%s/" FILE_NAME, data);
}

bool chat_lease_read(const char *data, char address[CHAT_LEASE_MAX])
{
	char path[FILE_PATH_MAX];
	FILE *f;
	bool ok;

	path_of(path, data);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(address, CHAT_LEASE_MAX, f) != NULL;
	fclose(f);
	if (ok)
		address[strcspn(address, "/\n")] = '\0';
	return ok;
}

bool chat_lease_write(const char *data, const char *address)
{
	char path[FILE_PATH_MAX], fresh[FILE_PATH_MAX];
	FILE *f;
	bool ok;

	path_of(path, data);
	snprintf(fresh, sizeof(fresh), "%s/" FILE_NAME ".new", data);
	f = fopen(fresh, "we");
	ok = f && fprintf(f, "%s\n", address) > 0;
	if (f)
		ok = fclose(f) == 0 && ok;
	if (!ok || rename(fresh, path) < 0) {
		fprintf(stderr,
			"burble chat: cannot keep the address in %s: %s: after a restart the DHCP "
			"server may grant another\n",
			path, strerror(errno));
		return false;
	}
	return true;
}

void chat_lease_forget(const char *data)
{
	char path[FILE_PATH_MAX];

	path_of(path, data);
	unlink(path);
}
