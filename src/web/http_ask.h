/*
 * http_ask.h - a request is passed to the site: at once, or behind its content, which is collected
 * in memory. Private to http_door.c.
 */
#ifndef WEB_HTTP_ASK_H
#define WEB_HTTP_ASK_H

#include "web/http_conn.h"

/* Asks the site about the request of connection i, or begins to take its content. */
void http_ask_begin(struct http_door *d, size_t i);

/* Takes more of the content, and asks the site when it is whole. */
void http_ask_take_content(struct http_door *d, size_t i);

#endif
