/* smtp.c - mail by libcurl: smtp.h. */
#include "external/smtp.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define LIBRARY "libcurl.so.4"

enum {
	PASSWORD_MAX = 256, /* bytes of the first line of its file, with the NUL */
};

struct smtp {
	const struct external_options *options;
	void *library; /* NULL: could not be loaded, */
	char why[EXTERNAL_WHY_MAX];
	CURLcode (*global_init)(long flags);
	CURL *(*init)(void);
	CURLcode (*set)(CURL *c, CURLoption option, ...);
	CURLcode (*perform)(CURL *c);
	void (*cleanup)(CURL *c);
	const char *(*error)(CURLcode code);
	struct curl_slist *(*append)(struct curl_slist *list, const char *text);
	void (*free_all)(struct curl_slist *list);
};

/* Function pointers are read as dlsym(3) shows. */
static bool find(struct smtp *s, void *function, const char *name)
{
	void *at = dlsym(s->library, name);

	memcpy(function, &at, sizeof(at));
	return at != NULL;
}

static bool load(struct smtp *s)
{
	s->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	return s->library && find(s, &s->global_init, "curl_global_init") &&
	       find(s, &s->init, "curl_easy_init") && find(s, &s->set, "curl_easy_setopt") &&
	       find(s, &s->perform, "curl_easy_perform") &&
	       find(s, &s->cleanup, "curl_easy_cleanup") &&
	       find(s, &s->error, "curl_easy_strerror") &&
	       find(s, &s->append, "curl_slist_append") &&
	       find(s, &s->free_all, "curl_slist_free_all") &&
	       s->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

struct smtp *smtp_new(const struct external_options *o)
{
	struct smtp *s = calloc(1, sizeof(*s));
	const char *error;

	if (!s)
		return NULL;
	s->options = o;
	if (load(s))
		return s;
	error = dlerror();
	snprintf(s->why, sizeof(s->why), "SMTP needs libcurl (apt-get install libcurl4): %s",
		error ? error : "it does not start");
	if (s->library)
		dlclose(s->library);
	s->library = NULL;
	return s;
}

void smtp_free(struct smtp *s)
{
	free(s); /* the library stays: it may have registered itself with others */
}

/* The message, as libcurl takes it. */
struct source {
	const char *at;
	size_t left;
};

static size_t give(char *to, size_t size, size_t count, void *arg)
{
	struct source *s = arg;
	size_t n = size_min(s->left, size * count);

	memcpy(to, s->at, n);
	s->at += n;
	s->left -= n;
	return n;
}

static int progress(
	void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	const volatile bool *stop = arg;

	return *stop;
}

/* The first line of a file, read for each message: it may change. */
static bool read_password(const char *path, char out[PASSWORD_MAX], struct external_reply *reply)
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, PASSWORD_MAX, f);

	if (!ok)
		snprintf(reply->why, sizeof(reply->why), "%.150s: %s", path,
			f ? "empty" : strerror(errno));
	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok;
}

static void set_options(struct smtp *s, CURL *c, char error[CURL_ERROR_SIZE])
{
	const struct external_options *o = s->options;

	s->set(c, CURLOPT_ERRORBUFFER, error);
	s->set(c, CURLOPT_NOSIGNAL, 1L);
	s->set(c, CURLOPT_URL, o->mail_url);
	s->set(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	s->set(c, CURLOPT_USE_SSL, (long)(o->mail_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	s->set(c, CURLOPT_SSL_VERIFYPEER, (long)o->mail_tls);
	s->set(c, CURLOPT_SSL_VERIFYHOST, o->mail_tls ? 2L : 0L);
	s->set(c, CURLOPT_TIMEOUT_MS, (long)(o->mail_timeout / NSEC_MSEC));
	s->set(c, CURLOPT_MAIL_FROM, o->mail_from);
	s->set(c, CURLOPT_UPLOAD, 1L);
	s->set(c, CURLOPT_READFUNCTION, give);
	s->set(c, CURLOPT_XFERINFOFUNCTION, progress);
	s->set(c, CURLOPT_NOPROGRESS, 0L);
}

static void send_one(struct smtp *s, CURL *c, const struct external_mail *m,
	const volatile bool *stop, struct external_reply *reply)
{
	const struct external_options *o = s->options;
	struct source source = {m->message, strlen(m->message)};
	struct curl_slist *to = s->append(NULL, m->to);
	char error[CURL_ERROR_SIZE] = "", password[PASSWORD_MAX];
	CURLcode code = CURLE_OUT_OF_MEMORY;

	set_options(s, c, error);
	s->set(c, CURLOPT_READDATA, &source);
	s->set(c, CURLOPT_XFERINFODATA, stop);
	s->set(c, CURLOPT_MAIL_RCPT, to);
	if (!*o->mail_user || read_password(o->mail_password_file, password, reply)) {
		if (*o->mail_user) {
			s->set(c, CURLOPT_USERNAME, o->mail_user);
			s->set(c, CURLOPT_PASSWORD, password);
			explicit_bzero(password, sizeof(password));
		}
		if (to)
			code = s->perform(c);
		reply->ok = code == CURLE_OK;
		if (!reply->ok)
			snprintf(reply->why, sizeof(reply->why), "%.190s",
				*error ? error : s->error(code));
	}
	s->free_all(to);
}

void smtp_send(struct smtp *s, const struct external_mail *m, const volatile bool *stop,
	struct external_reply *reply)
{
	CURL *c = s->library ? s->init() : NULL;

	if (!c) {
		snprintf(reply->why, sizeof(reply->why), "%s",
			s->library ? "out of memory" : s->why);
		return;
	}
	send_one(s, c, m, stop, reply);
	s->cleanup(c);
}
