/* cloak_key.c - the key of cloaks in the data directory: cloak_key.h. */
#include "cli/cloak_key.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	KEY_TEXT = 33, /* 32 hexadecimal digits and a newline */
};

static bool parse(const char text[KEY_TEXT + 1], struct siphash_key *key)
{
	if (strlen(text) != KEY_TEXT || text[KEY_TEXT - 1] != '\n' ||
		strspn(text, "0123456789abcdef") != KEY_TEXT - 1)
		return false;
	return sscanf(text, "%16" SCNx64 "%16" SCNx64, &key->k0, &key->k1) == 2;
}

static bool failed(char why[CLOAK_KEY_WHY_MAX], const char *path, const char *what)
{
	snprintf(why, CLOAK_KEY_WHY_MAX, "%.120s: %s", path, what);
	return false;
}

/* A file that is whole, or none: written under another name. */
static bool make(const char *path, const struct siphash_key *key, char why[CLOAK_KEY_WHY_MAX])
{
	char part[1024], text[KEY_TEXT + 1];
	int fd;
	bool good;

	snprintf(part, sizeof(part), "%s.part", path);
	snprintf(text, sizeof(text), "%016" PRIx64 "%016" PRIx64 "\n", key->k0, key->k1);
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return failed(why, path, strerror(errno));
	good = write(fd, text, KEY_TEXT) == KEY_TEXT && fsync(fd) == 0;
	good = close(fd) == 0 && good && rename(part, path) == 0;
	return good || failed(why, path, strerror(errno));
}

bool cloak_key_load(struct siphash_key *key, const char *directory, char why[CLOAK_KEY_WHY_MAX])
{
	char path[1000], text[KEY_TEXT + 2] = "";
	struct siphash_key fresh = {0};
	int fd;

	if (getrandom(&fresh, sizeof(fresh), 0) != sizeof(fresh))
		return failed(why, "getrandom", strerror(errno));
	*key = fresh;
	snprintf(path, sizeof(path), "%s/cloak.key", directory);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? make(path, key, why) : failed(why, path, strerror(errno));
	if (read(fd, text, sizeof(text) - 1) != KEY_TEXT || !parse(text, key)) {
		close(fd);
		*key = fresh;
		return failed(why, path, "it is not a key: restore it, or remove it");
	}
	close(fd);
	return true;
}
