/*
 * control_json.h - lines of JSON of a control socket's answer, parsed by jansson.
 */
#ifndef CLI_CONTROL_JSON_H
#define CLI_CONTROL_JSON_H

#include "observe/sock_row.h"

#include <jansson.h>

/* Parses a line; the caller drops it with json_decref(). NULL after a message on stderr. */
json_t *control_json(const char *command, const char *line);

/* A number or a text of an object; 0 or "" if it has none of that name. */
uint64_t control_json_number(const json_t *object, const char *key);
const char *control_json_text(const json_t *object, const char *key);

/* Parses a line of the answer to "sockets". False after a message on stderr. */
bool control_json_row(struct sock_row *r, const char *command, const char *line);

#endif
