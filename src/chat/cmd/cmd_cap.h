/*
 * cmd_cap.h - changes of what is offered, announced to clients with cap-notify (CAP NEW, CAP DEL).
 */
#ifndef CHAT_CMD_CMD_CAP_H
#define CHAT_CMD_CMD_CAP_H

#include "chat/out/caps.h"
#include "chat/server.h"

enum {
	CAP_ROWS_MAX = 40,
};

/* The offer of a configuration to connections without and with encryption. */
struct cap_offer {
	bool offered[CAP_ROWS_MAX][2];
	char value[CAP_ROWS_MAX][2][CAP_VALUE_MAX]; /* "": none */
};

/* Notes what s offers now. */
void cap_offer_note(const struct server *s, struct cap_offer *o);

/* Announces what has changed since; what is not offered any more is switched off for all. */
void cap_offer_announce(struct server *s, const struct cap_offer *was);

#endif
