/* ergo_json.c - JSON of strangers, by jansson. */
#include "import/ergo_json.h"

#include "chat/out/line_encode.h"

#include <sodium.h>

json_t *ergo_object(struct resp_text value)
{
	json_t *o = value.p ? json_loadb(value.p, value.len, 0, NULL) : NULL;

	if (json_is_object(o))
		return o;
	json_decref(o);
	return NULL;
}

const char *ergo_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	for (const char *p = text; p && *p; p++)
		if ((unsigned char)*p < ' ' && !strchr("\x02\x03\x04\x0f\x11\x16\x1d\x1e\x1f", *p))
			return NULL;
	return text;
}

int64_t ergo_time(const json_t *text)
{
	const char *s = json_string_value(text);
	char second[32];
	int64_t ms;
	size_t n = s ? strlen(s) : 0;

	if (n < 20 || s[n - 1] != 'Z')
		return 0;
	snprintf(second, sizeof(second), "%.19sZ", s);
	return time_parse(second, &ms) ? ms : 0;
}

bool ergo_bytes(const json_t *object, const char *key, uint8_t *out, size_t max, size_t *len)
{
	const char *text = json_string_value(json_object_get(object, key)), *end = NULL;

	*len = 0;
	return text &&
	       sodium_base642bin(out, max, text, strlen(text), NULL, len, &end,
		       sodium_base64_VARIANT_ORIGINAL) == 0 &&
	       end == text + strlen(text);
}

const char *ergo_keep(struct import *im, const json_t *object, const char *key)
{
	const char *text = ergo_text(object, key);

	return text && *text ? import_text(im, text, strlen(text)) : NULL;
}

static bool is_default(const json_t *value)
{
	return !json_is_true(value) && json_integer_value(value) == 0 &&
	       json_string_length(value) == 0;
}

void ergo_settings(struct import *im, const json_t *settings, const char *of)
{
	char shown[2 * IMPORT_SHOWN_MAX];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)settings, key, value)
	{
		if (is_default(value))
			continue;
		snprintf(shown, sizeof(shown), "setting %.40s of %.60s", key, of);
		import_skip(im, shown, "burble has no such setting");
	}
}
