/* http.c - one POST: http.h. */
#include "external/http.h"

#include <stdio.h>

/* The answer's body so far. */
struct body {
	char *out;
	size_t len, size;
};

/* Takes a piece; less than all of it ends the transfer. */
static size_t take(char *data, size_t size, size_t count, void *arg)
{
	struct body *b = arg;
	size_t n = size * count;

	if (n >= b->size - b->len)
		return 0;
	memcpy(b->out + b->len, data, n);
	b->len += n;
	return n;
}

static void set_options(const struct curl *l, CURL *c, const struct http_post *p)
{
	l->set(c, CURLOPT_URL, p->url);
	l->set(c, CURLOPT_PROTOCOLS_STR, "http,https");
	l->set(c, CURLOPT_PROXY, "");
	l->set(c, CURLOPT_FOLLOWLOCATION, 0L);
	l->set(c, CURLOPT_POSTFIELDSIZE, (long)strlen(p->body));
	l->set(c, CURLOPT_POSTFIELDS, p->body);
	l->set(c, CURLOPT_WRITEFUNCTION, take);
	if (p->user) {
		l->set(c, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
		l->set(c, CURLOPT_USERNAME, p->user);
		l->set(c, CURLOPT_PASSWORD, p->password);
	}
}

static bool perform(const struct curl *l, CURL *c, const struct http_post *p, const char *error,
	struct external_reply *reply)
{
	struct body body = {p->out, 0, p->out_size};
	long status = 0;

	l->set(c, CURLOPT_WRITEDATA, &body);
	if (!curl_end(l, c, error, reply))
		return false;
	p->out[body.len] = '\0';
	l->get(c, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		snprintf(reply->why, sizeof(reply->why), "the web server answers %ld", status);
	return status == 200;
}

bool http_post(const struct curl *l, const struct http_post *p, struct external_reply *reply)
{
	char error[CURL_ERROR_SIZE], type[80];
	CURL *c = curl_begin(l, p->timeout, p->stop, error, reply);
	struct curl_slist *headers;
	bool ok = false;

	if (!c)
		return false;
	snprintf(type, sizeof(type), "Content-Type: %s", p->type);
	headers = l->append(NULL, type);
	if (headers) {
		set_options(l, c, p);
		l->set(c, CURLOPT_HTTPHEADER, headers);
		ok = perform(l, c, p, error, reply);
		l->free_all(headers);
	}
	l->cleanup(c);
	return ok;
}
