/*
 * rehash.c - state derived from the configuration, built at the start and after REHASH.
 */
#include "chat/loop/rehash.h"

#include "chat/cmd/cmd_cap.h"
#include "chat/cmd/command.h"
#include "chat/cmd/isupport.h"
#include "chat/cmd/oper_list.h"
#include "chat/history/store_health.h"
#include "chat/loop/accept.h"
#include "chat/out/conn_time.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	MOTD_BYTES_MAX = 65536, /* of the file; the remainder is not shown */
};

/* The contents of a file; NULL if it cannot be read, which is logged. */
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

/* The keys that need a restart are listed in the log and in the reply to the oper. */
struct stuck_keys {
	struct log *log;
	struct config_error *later;
};

static void stuck(void *arg, const char *key)
{
	struct stuck_keys *k = arg;
	size_t n = strlen(k->later->text);

	LOG(k->log, WARN, "rehash.needs-restart", log_str("key", key));
	snprintf(k->later->text + n, sizeof(k->later->text) - n, "%s%s", n ? " " : "", key);
}

/* Updates everything that has a copy of the configuration. */
static void hand_out(struct server *s, const struct config_net *was)
{
	if (s->store)
		s->store->retention = store_health_retention(s->config);
	for (uint32_t i = 0; i < s->slots.count; i++)
		if (s->slots.at[i].conn)
			conn_set_queue(s, s->slots.at[i].conn);
	if (memcmp(was, &s->config->net, sizeof(*was)) != 0)
		server_tune(s);
}

void server_rehash(struct server *s, struct config *fresh, struct config_error *later)
{
	struct config_net was = s->config->net;
	struct stuck_keys keys = {s->log, later};
	struct cap_offer offered;

	later->text[0] = '\0';
	cap_offer_note(s, &offered);
	config_reload(s->config, fresh, stuck, &keys);
	hand_out(s, &was);
	oper_regrant(s);
	cap_offer_announce(s, &offered);
	server_load_motd(s);
	if (!isupport_build(s))
		server_count(s, COUNT_NO_MEMORY);
	LOG(s->log, INFO, "rehash.done", log_int("connections", s->conn_count));
}
