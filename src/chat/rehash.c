/*
 * rehash.c - what is made from the configuration, at the start and again after REHASH.
 */
#include "chat/command.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	MOTD_BYTES_MAX = 65536, /* of the file; the rest is not shown */
};

/* The text of a file; NULL if it cannot be read, which is logged. */
static char *read_text(struct server *s, const char *path)
{
	char *text = malloc(MOTD_BYTES_MAX + 1);
	FILE *f = text ? fopen(path, "re") : NULL;
	size_t n;

	if (!f) {
		LOG(s->log, WARN, "motd.unreadable", log_str("path", path));
		free(text);
		return NULL;
	}
	n = fread(text, 1, MOTD_BYTES_MAX, f);
	fclose(f);
	text[n] = '\0';
	return text;
}

void server_load_motd(struct server *s)
{
	const char *path = s->config->server.motd;

	free(s->motd);
	s->motd = *path ? read_text(s, path) : NULL;
}

static void stuck(void *arg, const char *key)
{
	struct server *s = arg;

	LOG(s->log, WARN, "rehash.needs-restart", log_str("key", key));
}

void server_rehash(struct server *s, struct config *fresh)
{
	config_reload(s->config, fresh, stuck, s);
	server_load_motd(s);
	if (!isupport_build(s))
		server_count(s, COUNT_NO_MEMORY);
	LOG(s->log, INFO, "rehash.done", log_int("connections", s->conn_count));
}
