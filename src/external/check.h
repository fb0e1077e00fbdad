/*
 * check.h - a password checked by a program or a web server, in the protocol of Ergo's auth-script:
 *
 *     question   {"accountName":"ann","passphrase":"...","certfp":"...","ip":"192.0.2.1"}
 *     answer     {"success":true,"accountName":"ann","error":""}
 *
 * The program gets the question as a line of its standard input and writes the answer to its
 * standard output; the web server gets it as the body of a POST. certfp is left out if there is
 * none. In the answer accountName may be absent: the name that was asked for. An error that is not
 * empty is a failure: nothing is known of the password.
 */
#ifndef EXTERNAL_CHECK_H
#define EXTERNAL_CHECK_H

#include "external/curl.h"
#include "external/external.h"

enum {
	CHECK_QUESTION_MAX = 8192, /* bytes with the NUL */
	CHECK_ANSWER_MAX = 4096,
};

struct check {
	const struct curl *curl;
	const struct external_options *options;
	int stop_fd;               /* readable, and */
	const volatile bool *stop; /* true, once the server ends */
};

/* Reads an answer, at most CHECK_ANSWER_MAX bytes, into reply. */
void check_read(const char *answer, struct external_reply *reply);

/* Asks, and fills in reply. */
void check_ask(const struct check *c, const struct external_login *q, struct external_reply *reply);

#endif
