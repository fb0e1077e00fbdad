/* smtp.c - mail by libcurl: smtp.h. */
#include "external/smtp.h"

#include "external/secret_file.h"

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

static void set_options(const struct curl *l, CURL *c, const struct external_options *o)
{
	l->set(c, CURLOPT_URL, o->mail_url);
	l->set(c, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	l->set(c, CURLOPT_USE_SSL, (long)(o->mail_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
	l->set(c, CURLOPT_SSL_VERIFYPEER, (long)o->mail_tls);
	l->set(c, CURLOPT_SSL_VERIFYHOST, o->mail_tls ? 2L : 0L);
	if (*o->mail_ca)
		l->set(c, CURLOPT_CAINFO, o->mail_ca);
	l->set(c, CURLOPT_MAIL_FROM, o->mail_from);
	l->set(c, CURLOPT_UPLOAD, 1L);
	l->set(c, CURLOPT_READFUNCTION, give);
}

/* The name and password for the mail server; false if the file cannot be read. */
static bool set_user(const struct curl *l, CURL *c, const struct external_options *o,
	struct external_reply *reply)
{
	char password[SECRET_MAX];

	if (!*o->mail_user)
		return true;
	if (!secret_file_read(o->mail_password_file, password, reply))
		return false;
	l->set(c, CURLOPT_USERNAME, o->mail_user);
	l->set(c, CURLOPT_PASSWORD, password);
	explicit_bzero(password, sizeof(password));
	return true;
}

void smtp_send(const struct curl *l, const struct external_options *o,
	const struct external_mail *m, const volatile bool *stop, struct external_reply *reply)
{
	struct source source = {m->message, strlen(m->message)};
	char error[CURL_ERROR_SIZE];
	CURL *c = curl_begin(l, o->mail_timeout, stop, error, reply);
	struct curl_slist *to = c ? l->append(NULL, m->to) : NULL;

	if (to) {
		set_options(l, c, o);
		l->set(c, CURLOPT_READDATA, &source);
		l->set(c, CURLOPT_MAIL_RCPT, to);
		reply->ok = set_user(l, c, o, reply) && curl_end(l, c, error, reply);
		l->free_all(to);
	}
	if (c)
		l->cleanup(c);
}
