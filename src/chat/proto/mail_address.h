/*
 * mail_address.h - mail addresses, as far as the server accepts them: what nearly all people have
 * (RFC 5321's Dot-string@Domain in ASCII), and nothing that could be more than one word of a header
 * or of SMTP.
 */
#ifndef CHAT_PROTO_MAIL_ADDRESS_H
#define CHAT_PROTO_MAIL_ADDRESS_H

#include "base/base.h"

enum {
	MAIL_ADDRESS_MAX = 254, /* RFC 5321 4.5.3.1.3, without the brackets */
	MAIL_LOCAL_MAX = 64,    /* the part before the '@' */
	MAIL_LABEL_MAX = 63,    /* of the domain, between its dots */
};

/* Whether it is one. Not accepted: quoted local parts, address literals, domains of one label,
 * other characters than ASCII. */
bool mail_address_valid(const char *text);

#endif
