/* http.c - one POST: http.h. */
#include "external/http.h"

#include "external/public_addr.h"

#include <stdio.h>
#include <sys/socket.h>

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

/* Opens a socket to an address that the name was resolved to, unless it is one inside: whatever the
 * name says, and whether it says something else the next time. */
static curl_socket_t open_outside(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	if (!address_is_public(&a->addr))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static void set_options(const struct curl *l, CURL *c, const struct http_post *p)
{
	l->set(c, CURLOPT_URL, p->url);
	l->set(c, CURLOPT_PROTOCOLS_STR, p->outside ? "https" : "http,https");
	if (p->outside)
		l->set(c, CURLOPT_OPENSOCKETFUNCTION, open_outside);
	l->set(c, CURLOPT_PROXY, "");
	l->set(c, CURLOPT_FOLLOWLOCATION, 0L);
	l->set(c, CURLOPT_POSTFIELDSIZE, (long)(p->body_len ? p->body_len : strlen(p->body)));
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

	l->set(c, CURLOPT_WRITEDATA, &body);
	if (!curl_end(l, c, error, reply))
		return false;
	p->out[body.len] = '\0';
	l->get(c, CURLINFO_RESPONSE_CODE, &reply->status);
	if (reply->status >= 200 && reply->status <= 202)
		return true;
	snprintf(reply->why, sizeof(reply->why), "the web server answers %ld", reply->status);
	return false;
}

/* NULL: out of memory. */
static struct curl_slist *headers_of(const struct curl *l, const struct http_post *p)
{
	char type[80];
	struct curl_slist *list, *more;

	snprintf(type, sizeof(type), "Content-Type: %s", p->type);
	list = more = l->append(NULL, type);
	for (size_t i = 0; more && p->headers && p->headers[i]; i++)
		more = l->append(list, p->headers[i]);
	if (!more && list)
		l->free_all(list);
	return more ? list : NULL;
}

bool http_post(const struct curl *l, const struct http_post *p, struct external_reply *reply)
{
	char error[CURL_ERROR_SIZE];
	CURL *c = curl_begin(l, p->timeout, p->stop, error, reply);
	struct curl_slist *headers;
	bool ok = false;

	if (!c)
		return false;
	headers = headers_of(l, p);
	if (headers) {
		set_options(l, c, p);
		l->set(c, CURLOPT_HTTPHEADER, headers);
		ok = perform(l, c, p, error, reply);
		l->free_all(headers);
	}
	l->cleanup(c);
	return ok;
}
