/* http_files.c - files in memory: http_files.h. */
#include "web/http_files.h"

#include <stdio.h>
#include <strings.h>

static const struct http_file *find(const struct http_files *f, const char *path)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->at[i].path, path) == 0)
			return &f->at[i];
	return NULL;
}

/* Whether a weight is zero: ";q=0", "; q=0.000" (RFC 9110 section 12.4.2). */
static bool weighs_nothing(const char *parameters, size_t n)
{
	size_t i = 0;

	while (i < n && strncasecmp(parameters + i, "q=", 2) != 0)
		i++;
	if (i == n)
		return false;
	i += 2;
	return i + strspn(parameters + i, "0. \t") >= n;
}

/* RFC 9110 section 12.5.3: a list of codings, each with a weight or without. "*" is every coding
 * that is not listed. */
static bool accepts_gzip(const char *list)
{
	bool any = false;

	for (size_t len; *list; list += len + (list[len] == ',')) {
		size_t name;

		list += strspn(list, " \t");
		len = strcspn(list, ",");
		name = size_min(strcspn(list, "; \t"), len);
		if (name == 4 && strncasecmp(list, "gzip", 4) == 0)
			return !weighs_nothing(list + name, len - name);
		if (name == 1 && *list == '*')
			any = !weighs_nothing(list + name, len - name);
	}
	return any;
}

/* RFC 9110 section 13.1.2. A tag holds no quotation mark, so that it cannot be found within
 * another. */
static bool has_it(const char *none_match, const char *tag)
{
	return strcmp(none_match, "*") == 0 || strstr(none_match, tag);
}

bool http_files_get(
	const struct http_files *f, const struct http_request *r, struct http_answer *out)
{
	const struct http_file *file = find(f, r->path);
	char tag[64];
	bool gzip;

	if (!file)
		return false;
	gzip = accepts_gzip(http_request_field(r, HTTP_ACCEPT_ENCODING));
	snprintf(tag, sizeof(tag), "\"%.32s%s\"", file->version, gzip ? "-gzip" : "");
	out->status = 200;
	out->type = file->type;
	out->cache = file->fixed ? "public, max-age=31536000, immutable" : "no-cache";
	snprintf(out->more, sizeof(out->more), "ETag: %s\r\nVary: Accept-Encoding\r\n%s%s", tag,
		gzip ? "Content-Encoding: gzip\r\n" : "", f->more);
	out->lasting = true;
	if (has_it(http_request_field(r, HTTP_IF_NONE_MATCH), tag)) {
		out->status = HTTP_STATUS_NOT_MODIFIED;
		return true;
	}
	out->body = gzip ? file->gzip : file->plain;
	out->len = gzip ? file->gzip_len : file->plain_len;
	return true;
}
