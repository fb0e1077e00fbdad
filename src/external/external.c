/* external.c - one lane for mail and one for logins: external.h. */
#include "external/external.h"

#include "external/check.h"
#include "external/lane.h"
#include "external/program.h"
#include "external/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct mail_job {
	struct lane_job job;
	char to[EXTERNAL_TO_MAX], message[EXTERNAL_MAIL_MAX];
};

struct login_job {
	struct lane_job job;
	char account[EXTERNAL_ACCOUNT_MAX], password[EXTERNAL_PASSWORD_MAX];
	char certfp[EXTERNAL_CERTFP_MAX], ip[EXTERNAL_IP_MAX];
};

struct outside {
	struct external base;
	struct external_options o;
	struct curl curl;
	struct lane mails, logins;
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

static void run_login(void *arg, struct lane_job *j)
{
	struct outside *x = arg;
	struct login_job *l = container_of(j, struct login_job, job);
	struct check c = {&x->curl, &x->o, x->stop_fd, &x->stop};

	check_ask(&c,
		&(struct external_login){
			l->account, l->password, l->certfp[0] ? l->certfp : NULL, l->ip, NULL},
		&j->reply);
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

static bool login(struct external *base, const struct external_login *q, struct external_then then)
{
	struct outside *x = outside_of(base);
	struct login_job *j;

	if (strlen(q->account) >= sizeof(j->account) || strlen(q->password) >= sizeof(j->password))
		return false;
	j = job_new(sizeof(*j), then);
	if (!j)
		return false;
	strcpy(j->account, q->account);
	strcpy(j->password, q->password);
	snprintf(j->certfp, sizeof(j->certfp), "%s", q->certfp ? q->certfp : "");
	snprintf(j->ip, sizeof(j->ip), "%s", q->ip);
	return lane_submit(&x->logins, &j->job, q->round);
}

static void complete(struct external *base)
{
	struct outside *x = outside_of(base);

	lane_complete(&x->mails);
	lane_complete(&x->logins);
}

static void stop(struct external *base)
{
	struct outside *x = outside_of(base);

	x->stop = true;
	eventfd_write(x->stop_fd, 1);
	lane_stop(&x->mails);
	lane_stop(&x->logins);
}

static bool start(struct outside *x)
{
	const struct external_options *o = &x->o;
	struct lane_plan mails = {1, EXTERNAL_MAILS_MAX, run_mail, x, o->wake, o->wake_arg};
	struct lane_plan logins = {
		EXTERNAL_LOGIN_THREADS, EXTERNAL_LOGINS_MAX, run_login, x, o->wake, o->wake_arg};

	if (*o->mail_url || *o->check_url)
		curl_load(&x->curl);
	return x->stop_fd >= 0 && (!x->base.mails || lane_start(&x->mails, &mails)) &&
	       (!x->base.checks || lane_start(&x->logins, &logins));
}

struct external *external_new(const struct external_options *o)
{
	static const struct external_ops ops = {mail, login, complete, stop};
	struct outside *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->base.ops = &ops;
	x->o = *o;
	x->base.mails = *o->mail_url || *o->mail_command;
	x->base.checks = *o->check_url || *o->check_command;
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
	free(x);
}
