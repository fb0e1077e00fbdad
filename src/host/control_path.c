/* control_path.c - the directory of control sockets: control_path.h. */
#include "host/control_path.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool control_name_valid(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._-", name[i]))
			return false;
	return n > 0 && n <= CONTROL_NAME_MAX && name[0] != '.';
}

static int directory_path(char *path)
{
	const char *service = getenv("RUNTIME_DIRECTORY"), *runtime = getenv("XDG_RUNTIME_DIR");
	int n;

	if (service && service[0] == '/' && !strchr(service, ':'))
		n = snprintf(path, CONTROL_PATH_MAX, "%s", service);
	else if (runtime && runtime[0] == '/')
		n = snprintf(path, CONTROL_PATH_MAX, "%s/burble", runtime);
	else if (geteuid() == 0)
		n = snprintf(path, CONTROL_PATH_MAX, CONTROL_SERVICES);
	else
		n = snprintf(path, CONTROL_PATH_MAX, "/tmp/burble-%u", (unsigned)geteuid());
	return n < CONTROL_PATH_MAX ? 0 : -ENAMETOOLONG;
}

/* Any user may write to /tmp: another one may have made the directory, to see, or answer, our
 * requests. lstat(): a link there is not followed. */
static int check_directory(const char *path, char *why)
{
	struct stat st;

	if (lstat(path, &st) < 0) {
		snprintf(why, CONTROL_WHY_MAX, "%s: %s", path, strerror(errno));
		return -errno;
	}
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0)
		return 0;
	if (S_ISDIR(st.st_mode) && geteuid() == 0 && strcmp(path, CONTROL_SERVICES) == 0)
		return 0; /* of a service that has a user of its own */
	snprintf(why, CONTROL_WHY_MAX,
		"%s is not a directory that only this user can write to: remove it", path);
	return -EPERM;
}

int control_directory(char *path, bool make, char *why)
{
	if (directory_path(path) < 0) {
		snprintf(why, CONTROL_WHY_MAX, "XDG_RUNTIME_DIR is too long for a socket");
		return -ENAMETOOLONG;
	}
	if (make && mkdir(path, 0700) < 0 && errno != EEXIST) {
		snprintf(why, CONTROL_WHY_MAX, "cannot create %s: %s", path, strerror(errno));
		return -errno;
	}
	return check_directory(path, why);
}

int control_path(char *path, const char *directory, const char *name)
{
	int n = snprintf(path, CONTROL_PATH_MAX, "%s/%s.sock", directory, name);

	return n < CONTROL_PATH_MAX ? 0 : -ENAMETOOLONG;
}
