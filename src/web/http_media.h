/*
 * http_media.h - what a client says about content that it uploads: its media type (RFC 9110 section
 * 8.3) and its name (Content-Disposition, RFC 6266 and RFC 8187); and how a name stands in an
 * answer.
 */
#ifndef WEB_HTTP_MEDIA_H
#define WEB_HTTP_MEDIA_H

#include "base/base.h"

enum {
	HTTP_MEDIA_MAX = 100,                 /* bytes of a type, with the NUL */
	HTTP_NAME_LEN = 100,                  /* bytes of a file's name, with the NUL */
	HTTP_PERCENT_MAX = 3 * HTTP_NAME_LEN, /* of the same in a URL */
};

/* The type alone, in lower case, without parameters: "image/png"; false if it is none. */
bool http_media_type(char out[HTTP_MEDIA_MAX], const char *content_type);

/* Whether a type is among these, of which "image/" stands for all that begin so. */
bool http_media_listed(const char *type, const char *list);

/* Whether a browser may show content of this type in place. Not what may hold scripts: HTML, SVG.
 */
bool http_media_harmless(const char *type);

/* The name in a Content-Disposition, as UTF-8 without control characters and slashes; "file" if
 * there is none. */
void http_media_name(char out[HTTP_NAME_LEN], const char *disposition);

/* A name as a part of a URL (RFC 3986 section 2.1), also what RFC 8187 wants. */
void http_media_percent(char out[HTTP_PERCENT_MAX], const char *name);

#endif
