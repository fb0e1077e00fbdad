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

enum {
	WEIGHT_MAX = 1000,
	WEIGHT_DIGITS = 3
};

/* A weight in thousandths: ";q=0", "; q=0.25" (RFC 9110 section 12.4.2). None, or one that is not
 * of that form, is the highest. */
static int weight_of(const char *parameters, size_t n)
{
	const char *end = parameters + n;
	int weight = 0;

	while (parameters < end && strncasecmp(parameters, "q=", 2) != 0)
		parameters++;
	parameters += 2;
	if (parameters >= end || *parameters != '0')
		return WEIGHT_MAX;
	parameters += parameters + 1 < end && parameters[1] == '.' ? 2 : 1;
	for (int i = 0; i < WEIGHT_DIGITS; i++) {
		bool digit = parameters < end && *parameters >= '0' && *parameters <= '9';

		weight = weight * 10 + (digit ? *parameters++ - '0' : 0);
	}
	return weight;
}

/* RFC 9110 section 12.5.3: a list of codings, each with a weight or without. "*" is every coding
 * that is not listed. The weight of a coding, -1 if nothing is said of it. */
static int accepts(const char *list, const char *coding)
{
	int any = -1;

	for (size_t len; *list; list += len + (list[len] == ',')) {
		size_t name;

		list += strspn(list, " \t");
		len = strcspn(list, ",");
		name = size_min(strcspn(list, "; \t"), len);
		if (name == strlen(coding) && strncasecmp(list, coding, name) == 0)
			return weight_of(list + name, len - name);
		if (name == 1 && *list == '*')
			any = weight_of(list + name, len - name);
	}
	return any;
}

/* A form of a file. */
struct form {
	const char *coding; /* "": as it is */
	const void *bytes;
	uint32_t len;
};

/* The form that the client wants most; of two that it wants alike the shorter one. */
static struct form choose(const struct http_file *file, const char *list)
{
	const struct form forms[] = {
		{"br", file->brotli, file->brotli_len}, {"gzip", file->gzip, file->gzip_len}};
	struct form best = {"", file->plain, file->plain_len};
	int most = accepts(list, "identity");

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		int weight = accepts(list, forms[i].coding);

		if (!forms[i].bytes || weight <= 0 || weight < most ||
			(weight == most && forms[i].len >= best.len))
			continue;
		best = forms[i];
		most = weight;
	}
	return best;
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
	struct form form;
	char tag[64];

	if (!file)
		return false;
	form = choose(file, http_request_field(r, HTTP_ACCEPT_ENCODING));
	snprintf(tag, sizeof(tag), "\"%.32s%s%s\"", file->version, *form.coding ? "-" : "",
		form.coding);
	out->status = 200;
	out->type = file->type;
	out->cache = file->fixed ? "public, max-age=31536000, immutable" : "no-cache";
	snprintf(out->more, sizeof(out->more), "ETag: %s\r\nVary: Accept-Encoding\r\n%s%s%s%s", tag,
		*form.coding ? "Content-Encoding: " : "", form.coding, *form.coding ? "\r\n" : "",
		f->more);
	out->lasting = true;
	if (has_it(http_request_field(r, HTTP_IF_NONE_MATCH), tag)) {
		out->status = HTTP_STATUS_NOT_MODIFIED;
		return true;
	}
	out->body = (void *)form.bytes;
	out->len = form.len;
	return true;
}
