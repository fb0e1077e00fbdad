/* nickserv_oper.c - NickServ SAREGISTER: an operator registers an account for another person. */
#include "chat/cmd/later.h"
#include "chat/cmd/nickserv.h"
#include "chat/cmd/register_other.h"

#include <stdio.h>
#include <stdlib.h>

struct waiting {
	struct later later;
	char name[NICK_BYTES_MAX + 1];
};

static void registered(void *arg, const char *why)
{
	struct waiting *w = arg;
	struct request q;

	if (later_resume(&w->later, &q)) {
		if (why)
			service_say(&q, &nickserv, "%s.", why);
		else
			service_say(&q, &nickserv, "%s is registered.", w->name);
		later_end(&q);
	}
	free(w);
}

void nickserv_saregister(struct service_call *c)
{
	struct server *s = c->q->server;
	struct waiting *w = calloc(1, sizeof(*w));
	const char *why = "Out of memory";

	if (w) {
		later_init(c->q, &w->later);
		snprintf(w->name, sizeof(w->name), "%s", c->word[1]);
		why = register_other(s, c->word[1], c->word[2], registered, w);
	}
	if (why) {
		service_say(c->q, &nickserv, "%s.", why);
		free(w);
		return;
	}
	LOG(s->log, INFO, "oper.register", log_str("account", c->word[1]),
		log_str("by", user_mask(c->q->user)));
	later_begin(c->q, &w->later);
}
