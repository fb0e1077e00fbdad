/* http_media.c - media types and names of content: http_media.h. */
#include "web/http_media.h"

#include "base/utf8.h"

#include <stdio.h>
#include <strings.h>

/* RFC 9110 section 5.6.2. */
static bool is_token(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

bool http_media_type(char out[HTTP_MEDIA_MAX], const char *content_type)
{
	size_t n = 0, slash = 0;

	for (; n < HTTP_MEDIA_MAX - 1; n++) {
		char c = content_type[n];

		if (c == '/' && !slash)
			slash = n;
		else if (!is_token(c))
			break;
		out[n] = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
	}
	out[n] = '\0';
	return slash && slash < n - 1 && (!content_type[n] || strchr("; \t", content_type[n]));
}

bool http_media_listed(const char *type, const char *list)
{
	for (size_t n; *list; list += n + strspn(list + n, " ")) {
		n = strcspn(list, " ");
		if (n && strncmp(type, list, n) == 0 && (list[n - 1] == '/' || !type[n]))
			return true;
	}
	return false;
}

bool http_media_harmless(const char *type)
{
	return http_media_listed(type, "audio/ video/ image/png image/jpeg image/gif image/webp "
				       "image/avif image/bmp text/plain");
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Of filename="a \"b\"" or filename=a; returns the bytes. */
static size_t unquote(char *out, size_t max, const char *at)
{
	bool quoted = *at == '"';
	size_t n = 0;

	for (at += quoted; *at && n < max; at++) {
		if (quoted ? *at == '"' : !is_token(*at))
			break;
		if (quoted && *at == '\\' && at[1])
			at++;
		out[n++] = *at;
	}
	return n;
}

/* Of filename*=UTF-8''a%20b; other character sets are not known: 0. */
static size_t decode(char *out, size_t max, const char *at)
{
	size_t n = 0;

	if (strncasecmp(at, "UTF-8'", 6) != 0)
		return 0;
	at = strchr(at + 6, '\'');
	if (!at)
		return 0;
	for (at++; n < max && (is_token(*at)); at++) {
		int high = *at == '%' ? hex(at[1]) : -1, low = high >= 0 ? hex(at[2]) : -1;

		out[n++] = low >= 0 ? (char)(high * 16 + low) : *at;
		at += low >= 0 ? 2 : 0;
	}
	return n;
}

/* A parameter's value; NULL: there is none. A name within another's value may deceive it: so be it,
 * a name is only shown. */
static const char *parameter(const char *disposition, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = disposition; (at = strchr(at, ';'));) {
		at += 1 + strspn(at + 1, " \t");
		if (strncasecmp(at, name, len) == 0)
			return at + len;
	}
	return NULL;
}

/* Slashes and hidden characters, as those that turn "gpj.exe" around, become _; what is not UTF-8
 * goes. */
static void clean(char out[HTTP_NAME_LEN], char *text, size_t n)
{
	const char *at = text;
	size_t to = 0;

	for (size_t i = 0; i < n; i++)
		text[i] = text[i] ? text[i] : '_';
	text[n] = '\0';
	utf8_mend(text, n);
	while (*at && to + 4 < HTTP_NAME_LEN) {
		uint32_t c = utf8_next(&at);
		bool bad = c == '/' || c == '\\' || c == '"' || (c != ' ' && char_is_hidden(c));

		to += utf8_put(out + to, bad ? '_' : c);
	}
	out[to] = '\0';
}

void http_media_name(char out[HTTP_NAME_LEN], const char *disposition)
{
	char text[512];
	const char *value = parameter(disposition, "filename*=");
	size_t n = value ? decode(text, sizeof(text) - 1, value) : 0;

	if (n == 0 && (value = parameter(disposition, "filename=")))
		n = unquote(text, sizeof(text) - 1, value);
	clean(out, text, n);
	if (strspn(out, ". ") == strlen(out))
		snprintf(out, HTTP_NAME_LEN, "file");
}

void http_media_percent(char out[HTTP_PERCENT_MAX], const char *name)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = 0;

	for (; *name && n + 3 < HTTP_PERCENT_MAX; name++) {
		unsigned char c = (unsigned char)*name;

		if (c < 0x80 && is_token(*name) && !strchr("!#$%&'*+^`|~", c)) {
			out[n++] = *name;
			continue;
		}
		out[n++] = '%';
		out[n++] = digits[c >> 4];
		out[n++] = digits[c & 15];
	}
	out[n] = '\0';
}
