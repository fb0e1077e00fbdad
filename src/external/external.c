/* external.c - a lane for mail, one for logins, one for pushes: external.h. */
#include "external/external.h"

#include "external/blocklist.h"
#include "external/check.h"
#include "external/introspect.h"
#include "external/jwt.h"
#include "external/lane.h"
#include "external/program.h"
#include "external/push.h"
#include "external/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct mail_job {
	struct lane_job job;
	char to[EXTERNAL_TO_MAX], message[EXTERNAL_MAIL_MAX];
};

struct login_job {
	struct lane_job job;
	char account[EXTERNAL_ACCOUNT_MAX], password[EXTERNAL_PASSWORD_MAX];
	char certfp[EXTERNAL_CERTFP_MAX], ip[EXTERNAL_IP_MAX];
	char token[EXTERNAL_TOKEN_MAX]; /* "": a password */
};

struct push_job {
	struct lane_job job;
	struct external_push push; /* its texts are here: */
	char endpoint[EXTERNAL_ENDPOINT_MAX], text[EXTERNAL_PUSH_MAX];
};

struct lookup_job {
	struct lane_job job;
	struct external_lookup lookup;
};

struct outside {
	struct external base;
	struct external_options o;
	struct curl curl;
	struct lane mails, logins, pushes, lookups;
	EVP_PKEY *push_pair; /* NULL: there are no pushes */
	char push_key[PUSH_PUBLIC_TEXT];
	uint64_t mail_round; /* mails have one source */
	int stop_fd;         /* readable once it stops */
	volatile bool stop;
};

/* --- the threads --- */

/* With the line ends of this system. */
static size_t without_cr(char *out, const char *in)
{
	size_t n = 0;

	for (; *in; in++)
		if (*in != '\r')
			out[n++] = *in;
	return n;
}

static void mail_by_command(struct outside *x, struct mail_job *m)
{
	struct external_reply *reply = &m->job.reply;
	char text[EXTERNAL_MAIL_MAX];
	struct program_run r = {
		.words = x->o.mail_command,
		.in = text,
		.in_len = without_cr(text, m->message),
		.timeout = x->o.mail_timeout,
		.stop = x->stop_fd,
	};

	reply->ok = !program_run(&r, reply->why, sizeof(reply->why));
}

static void run_mail(void *arg, struct lane_job *j)
{
	struct outside *x = arg;
	struct mail_job *m = container_of(j, struct mail_job, job);

	if (*x->o.mail_url)
		smtp_send(&x->curl, &x->o, &(struct external_mail){m->to, m->message}, &x->stop,
			&j->reply);
	else
		mail_by_command(x, m);
}

static void run_password(struct outside *x, struct login_job *l)
{
	struct check c = {&x->curl, &x->o, x->stop_fd, &x->stop};
	struct external_login q = {
		.account = l->account,
		.password = l->password,
		.certfp = l->certfp[0] ? l->certfp : NULL,
		.ip = l->ip,
	};

	check_ask(&c, &q, &l->job.reply);
}

static void run_token(struct outside *x, struct login_job *l)
{
	const struct external_options *o = &x->o;
	struct claim_rules claims = {
		o->oauth_issuer, o->oauth_audience, o->oauth_claim, *o->oauth_keys != '\0'};
	struct jwt_rules rules = {o->oauth_algorithms, claims};
	struct introspect i = {o->oauth_introspect, o->oauth_client, o->oauth_client_secret_file,
		claims, o->check_timeout, &x->stop};

	if (*o->oauth_keys)
		jwt_check_by_file(&rules, o->oauth_keys, l->token, time(NULL), &l->job.reply);
	else
		introspect_ask(&x->curl, &i, l->token, &l->job.reply);
}

static void run_login(void *arg, struct lane_job *j)
{
	struct login_job *l = container_of(j, struct login_job, job);

	(l->token[0] ? run_token : run_password)(arg, l);
}

static void run_push(void *arg, struct lane_job *j)
{
	struct outside *x = arg;
	struct push_settings s = {
		x->push_pair, x->o.push_contact, x->o.push_inside, x->o.push_timeout, &x->stop};

	push_send(&x->curl, &s, &container_of(j, struct push_job, job)->push, &j->reply);
}

static void run_lookup(void *arg, struct lane_job *j)
{
	struct outside *x = arg;
	struct blocklist_options o = {
		.servers = x->o.zone_servers, .timeout = x->o.zone_timeout, .stop_fd = x->stop_fd};

	memcpy(o.zones, x->o.zones, sizeof(o.zones));
	blocklist_ask(&o, &container_of(j, struct lookup_job, job)->lookup, &j->reply);
}

/* --- the loop --- */

static struct outside *outside_of(struct external *base)
{
	return container_of(base, struct outside, base);
}

static void *job_new(size_t size, struct external_then then)
{
	struct lane_job *j = calloc(1, size);

	if (j) {
		j->whole = j;
		j->size = size;
		j->then = then;
	}
	return j;
}

static bool mail(struct external *base, const struct external_mail *m, struct external_then then)
{
	struct outside *x = outside_of(base);
	struct mail_job *j;

	if (strlen(m->to) >= sizeof(j->to) || strlen(m->message) >= sizeof(j->message))
		return false;
	j = job_new(sizeof(*j), then);
	if (!j)
		return false;
	strcpy(j->to, m->to);
	strcpy(j->message, m->message);
	return lane_submit(&x->mails, &j->job, &x->mail_round);
}

/* Copies a text that fits; "" for NULL. */
static bool copy(char *to, size_t size, const char *text)
{
	size_t n = text ? strlen(text) : 0;

	if (n >= size)
		return false;
	memcpy(to, n ? text : "", n + 1);
	return true;
}

static bool login(struct external *base, const struct external_login *q, struct external_then then)
{
	struct outside *x = outside_of(base);
	struct login_job *j = job_new(sizeof(*j), then);

	if (j && copy(j->account, sizeof(j->account), q->account) &&
		copy(j->password, sizeof(j->password), q->password) &&
		copy(j->certfp, sizeof(j->certfp), q->certfp) &&
		copy(j->ip, sizeof(j->ip), q->ip) && copy(j->token, sizeof(j->token), q->token))
		return lane_submit(&x->logins, &j->job, q->round);
	if (j)
		explicit_bzero(j, sizeof(*j));
	free(j);
	return false;
}

static bool push(struct external *base, const struct external_push *p, uint64_t *round,
	struct external_then then)
{
	struct outside *x = outside_of(base);
	struct push_job *j = NULL;

	if (x->push_pair && p->len <= EXTERNAL_PUSH_MAX)
		j = job_new(sizeof(*j), then);
	if (!j || !copy(j->endpoint, sizeof(j->endpoint), p->endpoint)) {
		free(j);
		return false;
	}
	memcpy(j->text, p->text, p->len);
	j->push = *p;
	j->push.endpoint = j->endpoint;
	j->push.text = j->text;
	return lane_submit(&x->pushes, &j->job, round);
}

static bool lookup(struct external *base, const struct external_lookup *q, uint64_t *round,
	struct external_then then)
{
	struct outside *x = outside_of(base);
	struct lookup_job *j = job_new(sizeof(*j), then);

	if (!j)
		return false;
	j->lookup = *q;
	return lane_submit(&x->lookups, &j->job, round);
}

static void complete(struct external *base)
{
	struct outside *x = outside_of(base);

	lane_complete(&x->mails);
	lane_complete(&x->logins);
	lane_complete(&x->pushes);
	lane_complete(&x->lookups);
}

static uint32_t outstanding(const struct external *base)
{
	const struct outside *x = container_of(base, const struct outside, base);

	return x->mails.outstanding + x->logins.outstanding + x->pushes.outstanding +
	       x->lookups.outstanding;
}

static void stop(struct external *base)
{
	struct outside *x = outside_of(base);

	x->stop = true;
	eventfd_write(x->stop_fd, 1);
	lane_stop(&x->mails);
	lane_stop(&x->logins);
	lane_stop(&x->pushes);
	lane_stop(&x->lookups);
}

static bool start(struct outside *x)
{
	const struct external_options *o = &x->o;
	struct lane_plan mails = {1, EXTERNAL_MAILS_MAX, run_mail, x, o->wake, o->wake_arg};
	struct lane_plan logins = {
		EXTERNAL_LOGIN_THREADS, EXTERNAL_LOGINS_MAX, run_login, x, o->wake, o->wake_arg};
	struct lane_plan pushes = {
		EXTERNAL_PUSH_THREADS, EXTERNAL_PUSHES_MAX, run_push, x, o->wake, o->wake_arg};

	struct lane_plan lookups = {
		EXTERNAL_LOOKUP_THREADS, EXTERNAL_LOOKUPS_MAX, run_lookup, x, o->wake, o->wake_arg};

	if (x->base.lookups && !blocklist_load())
		return false;
	if (*o->mail_url || *o->check_url || *o->oauth_introspect || x->push_pair)
		curl_load(&x->curl);
	return x->stop_fd >= 0 && (!x->base.mails || lane_start(&x->mails, &mails)) &&
	       (!x->base.logins || lane_start(&x->logins, &logins)) &&
	       (!x->push_pair || lane_start(&x->pushes, &pushes)) &&
	       (!x->base.lookups || lane_start(&x->lookups, &lookups));
}

static void load_push_key(struct outside *x)
{
	if (!*x->o.push_key_file)
		return;
	x->push_pair = push_load_pair(x->o.push_key_file, x->base.push_why);
	if (x->push_pair && push_public_text(x->push_pair, x->push_key))
		x->base.push_key = x->push_key;
}

struct external *external_new(const struct external_options *o)
{
	static const struct external_ops ops = {
		mail, login, push, lookup, complete, outstanding, stop};
	struct outside *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->base.ops = &ops;
	x->o = *o;
	x->base.mails = *o->mail_url || *o->mail_command;
	x->base.logins =
		*o->check_url || *o->check_command || *o->oauth_keys || *o->oauth_introspect;
	for (size_t i = 0; i < EXTERNAL_ZONE_KINDS; i++)
		x->base.lookups |= o->zones[i] && *o->zones[i];
	load_push_key(x);
	x->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (start(x))
		return &x->base;
	stop(&x->base);
	external_free(&x->base);
	return NULL;
}

void external_free(struct external *base)
{
	struct outside *x = base ? outside_of(base) : NULL;

	if (!x)
		return;
	if (x->stop_fd >= 0)
		close(x->stop_fd);
	EVP_PKEY_free(x->push_pair);
	free(x);
}
