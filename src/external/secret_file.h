/*
 * secret_file.h - a secret that stands in the first line of a file.
 */
#ifndef EXTERNAL_SECRET_FILE_H
#define EXTERNAL_SECRET_FILE_H

#include "chat/external.h"

enum {
	SECRET_MAX = 512, /* bytes with the NUL */
};

/* Reads it, each time anew: it may change. False, with the reason in reply->why, if there is none.
 */
bool secret_file_read(const char *path, char out[SECRET_MAX], struct external_reply *reply);

#endif
