/*
 * ergo_json.h - values in JSON, as Ergo's database has them.
 */
#ifndef IMPORT_ERGO_JSON_H
#define IMPORT_ERGO_JSON_H

#include "import/import.h"
#include "import/resp.h"

#include <jansson.h>

/* An object; NULL if the value is none. The caller releases it. */
json_t *ergo_object(struct resp_text value);

/* A member that is a text without control characters; NULL if it is missing or none. */
const char *ergo_text(const json_t *object, const char *key);

/* A member that is a time of RFC 3339 in UTC, in ms since 1970; 0 if it is none. */
int64_t ergo_time(const json_t *text);

/* A text, copied; NULL if it is missing, none or empty. */
const char *ergo_keep(struct import *im, const json_t *object, const char *key);

/* Reports the settings in an object that are neither null nor false, 0 or empty: burble has none of
 * them. */
void ergo_settings(struct import *im, const json_t *settings, const char *of);

/* A member that is bytes in base64; false if it is none or has more than max bytes. */
bool ergo_bytes(const json_t *object, const char *key, uint8_t *out, size_t max, size_t *len);

#endif
