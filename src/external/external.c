/* external.c - the queue of mail and its thread: external.h. */
#include "external/external.h"

#include "external/program.h"
#include "external/smtp.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct job {
	struct job *next;
	struct external_then then;
	struct external_reply reply;
	char to[EXTERNAL_TO_MAX], message[EXTERNAL_MAIL_MAX];
};

/* First in, first out. */
struct queue {
	struct job *first, **end;
};

struct outside {
	struct external base;
	struct external_options o;
	struct smtp *smtp;    /* NULL: mail by a program, or none */
	uint32_t outstanding; /* jobs not reported yet; the loop's */
	pthread_t thread;
	bool started;
	int stop_fd; /* readable once it stops */
	volatile bool stop;

	/* Shared, under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work;
	struct queue waiting, finished;
};

static void put(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->end = j;
	q->end = &j->next;
}

static struct job *take(struct queue *q)
{
	struct job *j = q->first;

	if (j)
		q->first = j->next;
	if (!q->first)
		q->end = &q->first;
	return j;
}

/* --- the thread --- */

/* With the line ends of this system. */
static size_t without_cr(char *out, const char *in)
{
	size_t n = 0;

	for (; *in; in++)
		if (*in != '\r')
			out[n++] = *in;
	return n;
}

static void mail_by_command(struct outside *x, struct job *j)
{
	char text[EXTERNAL_MAIL_MAX];
	struct program_run r = {
		.words = x->o.mail_command,
		.in = text,
		.in_len = without_cr(text, j->message),
		.timeout = x->o.mail_timeout,
		.stop = x->stop_fd,
	};

	j->reply.ok = !program_run(&r, j->reply.why, sizeof(j->reply.why));
}

static void run(struct outside *x, struct job *j)
{
	struct external_mail m = {j->to, j->message};

	if (x->smtp)
		smtp_send(x->smtp, &m, &x->stop, &j->reply);
	else
		mail_by_command(x, j);
}

static void *work(void *arg)
{
	struct outside *x = arg;

	pthread_mutex_lock(&x->lock);
	while (!x->stop) {
		struct job *j = take(&x->waiting);

		if (!j) {
			pthread_cond_wait(&x->work, &x->lock);
			continue;
		}
		pthread_mutex_unlock(&x->lock);
		run(x, j);
		pthread_mutex_lock(&x->lock);
		put(&x->finished, j);
		x->o.wake(x->o.wake_arg);
	}
	pthread_mutex_unlock(&x->lock);
	return NULL;
}

/* --- the loop --- */

static struct outside *outside_of(struct external *base)
{
	return container_of(base, struct outside, base);
}

static bool mail(struct external *base, const struct external_mail *m, struct external_then then)
{
	struct outside *x = outside_of(base);
	struct job *j;

	if (!x->started || x->outstanding == EXTERNAL_MAILS_MAX || strlen(m->to) >= sizeof(j->to) ||
		strlen(m->message) >= sizeof(j->message))
		return false;
	j = calloc(1, sizeof(*j));
	if (!j)
		return false;
	j->then = then;
	strcpy(j->to, m->to);
	strcpy(j->message, m->message);
	x->outstanding++;
	pthread_mutex_lock(&x->lock);
	put(&x->waiting, j);
	pthread_cond_signal(&x->work);
	pthread_mutex_unlock(&x->lock);
	return true;
}

static void report(struct outside *x, struct queue *q)
{
	struct job *j;

	for (;;) {
		pthread_mutex_lock(&x->lock);
		j = take(q);
		pthread_mutex_unlock(&x->lock);
		if (!j)
			return;
		x->outstanding--;
		j->then.done(j->then.arg, &j->reply);
		explicit_bzero(j->message, sizeof(j->message));
		free(j);
	}
}

static void complete(struct external *base)
{
	struct outside *x = outside_of(base);

	if (x->outstanding)
		report(x, &x->finished);
}

static void stop(struct external *base)
{
	struct outside *x = outside_of(base);

	if (!x->started)
		return;
	pthread_mutex_lock(&x->lock);
	x->stop = true;
	pthread_cond_broadcast(&x->work);
	pthread_mutex_unlock(&x->lock);
	eventfd_write(x->stop_fd, 1);
	pthread_join(x->thread, NULL);
	x->started = false;
	report(x, &x->finished);
	for (struct job *j = x->waiting.first; j; j = j->next)
		snprintf(j->reply.why, sizeof(j->reply.why), "the server ends");
	report(x, &x->waiting);
}

struct external *external_new(const struct external_options *o)
{
	static const struct external_ops ops = {mail, complete, stop};
	struct outside *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->base.ops = &ops;
	x->o = *o;
	x->waiting.end = &x->waiting.first;
	x->finished.end = &x->finished.first;
	pthread_mutex_init(&x->lock, NULL);
	pthread_cond_init(&x->work, NULL);
	x->base.mails = *o->mail_url || *o->mail_command;
	x->stop_fd = eventfd(0, EFD_CLOEXEC);
	if (*o->mail_url)
		x->smtp = smtp_new(&x->o);
	if (x->base.mails && x->stop_fd >= 0 && (x->smtp || !*o->mail_url))
		x->started = pthread_create(&x->thread, NULL, work, x) == 0;
	if (x->started || !x->base.mails)
		return &x->base;
	external_free(&x->base);
	return NULL;
}

void external_free(struct external *base)
{
	struct outside *x = base ? outside_of(base) : NULL;

	if (!x)
		return;
	smtp_free(x->smtp);
	if (x->stop_fd >= 0)
		close(x->stop_fd);
	pthread_cond_destroy(&x->work);
	pthread_mutex_destroy(&x->lock);
	free(x);
}
