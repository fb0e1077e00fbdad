/* curl.c - libcurl by dlopen(): curl.h. */
#include "external/curl.h"

#include <dlfcn.h>
#include <stdio.h>

#define LIBRARY "libcurl.so.4"

/* Function pointers are read as dlsym(3) shows. */
static bool find(struct curl *l, void *function, const char *name)
{
	void *at = dlsym(l->library, name);

	memcpy(function, &at, sizeof(at));
	return at != NULL;
}

static bool find_all(struct curl *l)
{
	return find(l, &l->global_init, "curl_global_init") &&
	       find(l, &l->init, "curl_easy_init") && find(l, &l->set, "curl_easy_setopt") &&
	       find(l, &l->get, "curl_easy_getinfo") && find(l, &l->perform, "curl_easy_perform") &&
	       find(l, &l->cleanup, "curl_easy_cleanup") &&
	       find(l, &l->error, "curl_easy_strerror") &&
	       find(l, &l->append, "curl_slist_append") &&
	       find(l, &l->free_all, "curl_slist_free_all") &&
	       l->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

void curl_load(struct curl *l)
{
	const char *error;

	l->library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (l->library && find_all(l))
		return;
	error = dlerror();
	snprintf(l->why, sizeof(l->why), "libcurl is needed (apt-get install libcurl4): %s",
		error ? error : "it does not start");
	if (l->library)
		dlclose(l->library);
	l->library = NULL;
}

static int progress(
	void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
	const volatile bool *stop = arg;

	return *stop;
}

CURL *curl_begin(const struct curl *l, nsec_t timeout, const volatile bool *stop, char *error,
	struct external_reply *reply)
{
	CURL *c = l->library ? l->init() : NULL;

	if (!c) {
		snprintf(reply->why, sizeof(reply->why), "%s",
			l->library ? "out of memory" : l->why);
		return NULL;
	}
	error[0] = '\0';
	l->set(c, CURLOPT_ERRORBUFFER, error);
	l->set(c, CURLOPT_NOSIGNAL, 1L);
	l->set(c, CURLOPT_TIMEOUT_MS, (long)(timeout / NSEC_MSEC));
	l->set(c, CURLOPT_XFERINFOFUNCTION, progress);
	l->set(c, CURLOPT_XFERINFODATA, stop);
	l->set(c, CURLOPT_NOPROGRESS, 0L);
	return c;
}

bool curl_end(const struct curl *l, CURL *c, const char *error, struct external_reply *reply)
{
	CURLcode code = l->perform(c);

	if (code != CURLE_OK)
		snprintf(reply->why, sizeof(reply->why), "%.190s", *error ? error : l->error(code));
	return code == CURLE_OK;
}
