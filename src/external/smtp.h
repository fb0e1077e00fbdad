/*
 * smtp.h - mail by SMTP, with libcurl.
 */
#ifndef EXTERNAL_SMTP_H
#define EXTERNAL_SMTP_H

#include "external/curl.h"
#include "external/external.h"

/* Sends a message, as the options say. *stop is looked at about once a second; once it is set,
 * sending ends. Fills in reply. */
void smtp_send(const struct curl *l, const struct external_options *o,
	const struct external_mail *m, const volatile bool *stop, struct external_reply *reply);

#endif
