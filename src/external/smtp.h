/*
 * smtp.h - mail by SMTP, with libcurl, which is loaded when it is wanted.
 */
#ifndef EXTERNAL_SMTP_H
#define EXTERNAL_SMTP_H

#include "chat/external.h"
#include "external/external.h"

struct smtp;

/* Loads libcurl; NULL if out of memory. If there is no libcurl each mail fails, and says so. */
struct smtp *smtp_new(const struct external_options *o);

/* Frees s, which may be NULL. */
void smtp_free(struct smtp *s);

/* Sends a message. *stop is looked at about once a second; once it is set, sending ends. Fills in
 * reply. For one thread at a time. */
void smtp_send(struct smtp *s, const struct external_mail *m, const volatile bool *stop,
	struct external_reply *reply);

#endif
