/*
 * http_files.h - files in memory as the content of an HTTP server: conditional requests and
 * compression (RFC 9110 sections 12.5.3 and 13.1.2). Nothing of a request reaches a file system.
 */
#ifndef WEB_HTTP_FILES_H
#define WEB_HTTP_FILES_H

#include "web/http_door.h"

struct http_file {
	const char *path;    /* "/app.js" */
	const char *type;    /* of the content */
	const char *version; /* letters and digits: other content, another version */
	bool fixed;          /* its name changes with its content: clients may keep it */
	const void *plain;   /* the content */
	const void *gzip;    /* the same, compressed (RFC 1952); NULL: not kept in that form */
	const void *brotli;  /* likewise (RFC 7932) */
	uint32_t plain_len, gzip_len, brotli_len;
};

/* A set of files. It outlives the server. */
struct http_files {
	const struct http_file *at;
	size_t count;
	const char *more; /* fields for each answer, each with its CRLF, at most 600 bytes */
};

/* Answers a request for one of the files; false: there is none of this path. */
bool http_files_get(
	const struct http_files *f, const struct http_request *r, struct http_answer *out);

#endif
