/* nats_link.c - the thread and its queues: nats_link.h. */
#include "bus/nats_link.h"

#include "bus/nats_lib.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	CONNECT_MS = 2000, /* for one server */
	PING_MS = 1000,    /* a connection is dead after PINGS_OUT of them without an answer */
	PINGS_OUT = 2,
	WRITE_MS = 5000, /* a server that takes nothing for this long is left */
	FLUSH_MS = 2000,
	URL_MAX = 256,
	PASSWORD_MAX = 512,
};

#define PAUSE_FIRST (100 * NSEC_MSEC) /* after all servers have refused, doubled up to: */
#define PAUSE_MOST  (2 * NSEC_SEC)

/* The argument of libnats's calls for a subscription. */
struct listener {
	struct session *session;
	uint32_t number;
	natsSubscription *handle; /* the thread's */
};

/* A connection, as libnats's threads know it. They may still call when it has been left, so it is
 * freed by the last that lets it go, and does without the link then. */
struct session {
	pthread_mutex_t lock;   /* taken before the link's */
	struct nats_link *link; /* NULL: it has been left */
	struct nats_lib lib;
	uint32_t holders; /* the thread; until they are complete, libnats and each subscription */
	struct listener listeners[LINK_SUBSCRIPTIONS];
};

struct nats_link {
	const struct bus_nats_options *options;
	const struct nats_lib *lib;
	pthread_t thread;
	uint32_t server; /* the thread's: which one to try next */

	/* Shared, under lock. */
	pthread_mutex_t lock;
	pthread_cond_t work; /* for the thread */
	struct nats_queue out, in;
	struct nats_link_state state;
	char subjects[LINK_SUBSCRIPTIONS][LINK_SUBJECT_MAX]; /* each is fixed once it is counted */
	uint32_t subject_count;
	bool closed, stop; /* closed: the connection has ended */
	nsec_t wake_at;
};

/* --- called by libnats, on its threads -------------------------------------------------------- */

/* Queues what was received, and owns it. */
static void take_in(struct nats_link *l, struct nats_message *m)
{
	bool first;

	pthread_mutex_lock(&l->lock);
	first = !l->in.first;
	if (m && l->in.bytes + m->size <= LINK_IN_BYTES) {
		nats_queue_add(&l->in, m);
		m = NULL;
	} else {
		l->state.dropped++;
	}
	pthread_mutex_unlock(&l->lock);
	free(m);
	if (first)
		l->options->wake(l->options->wake_arg);
}

static void heard(natsConnection *c, natsSubscription *s, natsMsg *m, void *arg)
{
	struct listener *at = arg;
	struct session *session = at->session;
	const struct nats_lib *lib = &session->lib;
	struct nats_message got = {.subscription = at->number,
		.no_responders = lib->no_responders(m),
		.subject = lib->subject(m),
		.bytes = (const uint8_t *)lib->bytes(m),
		.len = (size_t)lib->len(m)};

	pthread_mutex_lock(&session->lock);
	if (session->link)
		take_in(session->link, nats_message_copy(&got));
	pthread_mutex_unlock(&session->lock);
	lib->message_free(m);
}

/* One of those who hold it does not any more. */
static void let_go(void *arg)
{
	struct session *c = arg;
	bool last;

	pthread_mutex_lock(&c->lock);
	last = --c->holders == 0;
	pthread_mutex_unlock(&c->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static void end_link(struct nats_link *l, const char *why)
{
	pthread_mutex_lock(&l->lock);
	if (!l->stop)
		snprintf(l->state.why, sizeof(l->state.why), "the connection has ended: %.150s",
			why && *why ? why : "closed by the engine");
	l->closed = true;
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
}

static void closed(natsConnection *c, void *arg)
{
	struct session *session = arg;
	const char *text = NULL;

	session->lib.connection_error(c, &text);
	pthread_mutex_lock(&session->lock);
	if (session->link)
		end_link(session->link, text);
	pthread_mutex_unlock(&session->lock);
	let_go(session);
}

/* Errors that do not end the connection: without this libnats prints them. */
static void failed(natsConnection *c, natsSubscription *s, natsStatus error, void *arg)
{
}

/* --- the thread ------------------------------------------------------------------------------- */

nsec_t nats_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (nsec_t)t.tv_sec * NSEC_SEC + t.tv_nsec;
}

/* Waits for work, or until a time. The lock is held. */
static void wait_until(struct nats_link *l, nsec_t at)
{
	struct timespec t = {.tv_sec = (time_t)(at / NSEC_SEC), .tv_nsec = (long)(at % NSEC_SEC)};

	if (at == NSEC_MAX)
		pthread_cond_wait(&l->work, &l->lock);
	else
		pthread_cond_timedwait(&l->work, &l->lock, &t);
}

/* Why there is no connection, if that is another reason than before. */
static void set_why(struct nats_link *l, const char *server, const char *why)
{
	char text[BUS_WHY_MAX];

	snprintf(text, sizeof(text), "%.90s: %.100s", server, why);
	pthread_mutex_lock(&l->lock);
	if (strcmp(text, l->state.why) != 0) {
		strcpy(l->state.why, text);
		l->options->wake(l->options->wake_arg);
	}
	pthread_mutex_unlock(&l->lock);
}

/* The next server of the list. Returns whether it was the last one. */
static bool next_server(struct nats_link *l, char out[URL_MAX])
{
	const char *p = l->options->servers;

	for (uint32_t i = 0; i < l->server; i++) {
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
	snprintf(out, URL_MAX, "%.*s", (int)strcspn(p, " "), p);
	p += strcspn(p, " ");
	p += strspn(p, " ");
	l->server = *p ? l->server + 1 : 0;
	return l->server == 0;
}

/* The first line of the file. */
static bool read_password(const char *path, char out[PASSWORD_MAX])
{
	FILE *f = fopen(path, "re");
	bool ok = f && fgets(out, PASSWORD_MAX, f);

	if (f)
		fclose(f);
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok;
}

static natsStatus set_login(struct nats_link *l, natsOptions *n)
{
	const struct bus_nats_options *o = l->options;
	char password[PASSWORD_MAX] = "";
	natsStatus s = NATS_OK;

	if (*o->creds)
		return l->lib->set_creds(n, o->creds, NULL);
	if (*o->password_file && !read_password(o->password_file, password))
		return NATS_INVALID_ARG;
	if (*o->user)
		s = l->lib->set_user(n, o->user, password);
	explicit_bzero(password, sizeof(password));
	return s;
}

/* With a scheme of nats, whatever the server's was: that is by secure. */
static natsStatus set_server(struct nats_link *l, natsOptions *n, const char *server)
{
	const struct nats_lib *lib = l->lib;
	bool tls = strncmp(server, "tls://", 6) == 0;
	natsStatus s = lib->set_url(n, server);

	if (s == NATS_OK && tls)
		s = lib->set_secure(n, true);
	if (s == NATS_OK && tls && *l->options->ca)
		s = lib->set_ca(n, l->options->ca);
	return s;
}

static natsStatus set_rest(struct nats_link *l, natsOptions *n, struct session *session)
{
	const struct nats_lib *lib = l->lib;
	const natsStatus s[] = {
		lib->set_name(n, l->options->name),
		lib->set_timeout(n, CONNECT_MS),
		lib->set_ping(n, PING_MS),
		lib->set_pings_out(n, PINGS_OUT),
		lib->set_write_deadline(n, WRITE_MS),
		lib->set_reconnect(n, false),
		lib->set_no_echo(n, true),
		lib->set_asap(n, true),
		lib->set_global_delivery(n, true),
		lib->set_closed(n, closed, session),
		lib->set_error(n, failed, NULL),
	};

	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		if (s[i] != NATS_OK)
			return s[i];
	return NATS_OK;
}

/* The reason why something has failed, which libnats keeps for each thread. */
static const char *reason(const struct nats_lib *lib, natsStatus s)
{
	const char *text = lib->last_error(NULL);

	return text && *text ? text : lib->status_text(s);
}

static natsConnection *connect_to(struct nats_link *l, const char *server, struct session *session)
{
	const struct nats_lib *lib = l->lib;
	natsConnection *c = NULL;
	natsOptions *n = NULL;
	natsStatus s = lib->options_new(&n);

	if (s == NATS_OK)
		s = set_server(l, n, server);
	if (s == NATS_OK)
		s = set_rest(l, n, session);
	if (s == NATS_OK) {
		s = set_login(l, n);
		if (s == NATS_INVALID_ARG && !*l->options->creds) {
			set_why(l, l->options->password_file, "no password can be read from it");
			lib->options_free(n);
			return NULL;
		}
	}
	if (s == NATS_OK)
		s = lib->connect(&c, n);
	if (s != NATS_OK)
		set_why(l, server, reason(lib, s));
	lib->options_free(n);
	return s == NATS_OK ? c : NULL;
}

/* One without holders; NULL if out of memory. */
static struct session *session_new(struct nats_link *l)
{
	struct session *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	pthread_mutex_init(&c->lock, NULL);
	c->link = l;
	c->lib = *l->lib;
	for (uint32_t i = 0; i < LINK_SUBSCRIPTIONS; i++)
		c->listeners[i] = (struct listener){.session = c, .number = i};
	return c;
}

static void session_hold(struct session *c)
{
	pthread_mutex_lock(&c->lock);
	c->holders++;
	pthread_mutex_unlock(&c->lock);
}

static bool subscribe_one(
	struct session *session, natsConnection *c, uint32_t number, const char *subject)
{
	const struct nats_lib *lib = &session->lib;
	struct listener *at = &session->listeners[number];

	if (lib->subscribe(&at->handle, c, subject, heard, at) != NATS_OK)
		return false;
	lib->set_limits(at->handle, -1, -1); /* ours is the bound */
	session_hold(session);
	if (lib->set_complete(at->handle, let_go, session) == NATS_OK)
		return true;
	let_go(session);
	return false;
}

/* Subscribes to what is new among the subjects. The lock is held, and released meanwhile. */
static bool subscribe_all(
	struct nats_link *l, natsConnection *c, struct session *session, uint32_t *done)
{
	bool ok = true;

	while (ok && *done < l->subject_count) {
		pthread_mutex_unlock(&l->lock);
		ok = subscribe_one(session, c, *done, l->subjects[*done]);
		pthread_mutex_lock(&l->lock);
		*done += ok;
	}
	return ok;
}

static natsStatus send_one(struct nats_link *l, natsConnection *c, const struct nats_message *m)
{
	const struct nats_lib *lib = l->lib;
	natsMsg *n = NULL;
	natsStatus s =
		lib->message_new(&n, m->subject, m->reply, (const char *)m->bytes, (int)m->len);

	if (s == NATS_OK && m->expected)
		s = lib->set_header(n, "Nats-Expected-Last-Subject-Sequence", m->expected);
	if (s == NATS_OK)
		s = lib->publish(c, n);
	lib->message_free(n);
	return s;
}

/* Sends all that is queued. The lock is held, and released meanwhile. */
static void send_all(struct nats_link *l, natsConnection *c)
{
	struct nats_message *m;

	while (!l->closed && !l->stop && (m = l->out.first)) {
		bool sent;

		pthread_mutex_unlock(&l->lock);
		sent = send_one(l, c, m) == NATS_OK;
		pthread_mutex_lock(&l->lock);
		free(nats_queue_take(&l->out));
		l->state.dropped += !sent;
	}
}

/* Calls wake() if its time has come. The lock is held. */
static void wake_if_due(struct nats_link *l)
{
	if (nats_now() < l->wake_at)
		return;
	l->wake_at = NSEC_MAX;
	l->options->wake(l->options->wake_arg);
}

/* Sends and listens until the connection ends. The lock is held, and released meanwhile. */
static void converse(struct nats_link *l, natsConnection *c, struct session *session)
{
	uint32_t subscribed = 0;
	bool ok = subscribe_all(l, c, session, &subscribed);

	pthread_mutex_unlock(&l->lock);
	ok = ok && l->lib->flush(c, FLUSH_MS) == NATS_OK; /* the engine has seen it all */
	pthread_mutex_lock(&l->lock);
	if (ok && !l->closed) {
		l->state.up = true;
		l->state.connections++;
		l->state.why[0] = '\0';
		l->options->wake(l->options->wake_arg);
	}
	while (ok && !l->closed && !l->stop) {
		wake_if_due(l);
		ok = subscribe_all(l, c, session, &subscribed);
		send_all(l, c);
		if (ok && !l->closed && !l->stop && !l->out.first && subscribed == l->subject_count)
			wait_until(l, l->wake_at);
	}
	if (!ok && !l->state.why[0])
		snprintf(l->state.why, sizeof(l->state.why), "the engine does not answer");
	l->state.up = false;
	l->state.dropped += nats_queue_clear(&l->out);
}

/* Ends the connection: what libnats still has of it goes nowhere. The lock is held, and released
 * meanwhile. */
static void leave(struct nats_link *l, natsConnection *c, struct session *session)
{
	const struct nats_lib *lib = l->lib;

	pthread_mutex_unlock(&l->lock);
	pthread_mutex_lock(&session->lock);
	session->link = NULL;
	pthread_mutex_unlock(&session->lock);
	for (uint32_t i = 0; i < LINK_SUBSCRIPTIONS; i++)
		if (session->listeners[i].handle)
			lib->unsubscribe(session->listeners[i].handle);
	lib->disconnect(c);
	let_go(session);
	pthread_mutex_lock(&l->lock);
	l->options->wake(l->options->wake_arg);
}

/* Uses a server until the connection to it ends; returns whether it was a good one. The lock is
 * held, and released meanwhile. */
static bool use(struct nats_link *l, const char *server)
{
	struct session *session = session_new(l);
	natsConnection *c = NULL;
	nsec_t begun;

	l->closed = false;
	pthread_mutex_unlock(&l->lock);
	if (session) {
		session->holders = 2; /* this thread, and libnats until closed() */
		c = connect_to(l, server, session);
	}
	pthread_mutex_lock(&l->lock);
	if (!c) {
		if (session) /* no callback has it */
			pthread_mutex_destroy(&session->lock);
		free(session);
		return false;
	}
	begun = nats_now();
	converse(l, c, session);
	leave(l, c, session);
	return nats_now() - begun > NSEC_SEC;
}

/* Waits, but for the end. */
static void pause_for(struct nats_link *l, nsec_t span)
{
	nsec_t end = nats_now() + span;

	while (!l->stop && nats_now() < end) {
		wake_if_due(l);
		wait_until(l, l->wake_at < end ? l->wake_at : end);
	}
}

static void *run(void *arg)
{
	struct nats_link *l = arg;
	nsec_t pause = PAUSE_FIRST;

	pthread_mutex_lock(&l->lock);
	while (!l->stop) {
		char server[URL_MAX];
		bool last = next_server(l, server);

		if (use(l, server)) {
			pause = PAUSE_FIRST;
			continue;
		}
		wake_if_due(l);
		if (last) {
			pause_for(l, pause);
			pause = pause * 2 < PAUSE_MOST ? pause * 2 : PAUSE_MOST;
		}
	}
	pthread_mutex_unlock(&l->lock);
	l->lib->release_thread();
	return NULL;
}

/* --- the loop --------------------------------------------------------------------------------- */

struct nats_link *nats_link_new(const struct bus_nats_options *o, const struct nats_lib *lib)
{
	struct nats_link *l = calloc(1, sizeof(*l));
	pthread_condattr_t attr;

	if (!l)
		return NULL;
	l->options = o;
	l->lib = lib;
	l->wake_at = NSEC_MAX;
	nats_queue_init(&l->out);
	nats_queue_init(&l->in);
	snprintf(l->state.why, sizeof(l->state.why), "not connected yet");
	pthread_mutex_init(&l->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->work, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&l->thread, NULL, run, l) == 0)
		return l;
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	free(l);
	return NULL;
}

void nats_link_free(struct nats_link *l)
{
	pthread_mutex_lock(&l->lock);
	l->stop = true;
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
	pthread_join(l->thread, NULL);
	nats_queue_clear(&l->out);
	nats_queue_clear(&l->in);
	pthread_cond_destroy(&l->work);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

bool nats_link_subscribe(struct nats_link *l, const char *subject, uint32_t *number)
{
	bool room;

	pthread_mutex_lock(&l->lock);
	room = l->subject_count < LINK_SUBSCRIPTIONS && strlen(subject) < LINK_SUBJECT_MAX;
	if (room) {
		*number = l->subject_count;
		strcpy(l->subjects[l->subject_count++], subject);
		pthread_cond_signal(&l->work);
	}
	pthread_mutex_unlock(&l->lock);
	return room;
}

bool nats_link_send(struct nats_link *l, const struct nats_message *m)
{
	struct nats_message *c = nats_message_copy(m);
	bool room;

	pthread_mutex_lock(&l->lock);
	room = c && l->state.up && l->out.bytes + c->size <= LINK_OUT_BYTES;
	if (room) {
		if (!l->out.first)
			pthread_cond_signal(&l->work);
		nats_queue_add(&l->out, c);
	}
	pthread_mutex_unlock(&l->lock);
	free(room ? NULL : c);
	return room;
}

struct nats_message *nats_link_take(struct nats_link *l, size_t most, bool *more)
{
	struct nats_queue taken;
	struct nats_message *m;

	nats_queue_init(&taken);
	pthread_mutex_lock(&l->lock);
	while (taken.bytes < most && (m = nats_queue_take(&l->in)))
		nats_queue_add(&taken, m);
	*more = l->in.first != NULL;
	pthread_mutex_unlock(&l->lock);
	return taken.first;
}

void nats_link_state(struct nats_link *l, struct nats_link_state *out)
{
	pthread_mutex_lock(&l->lock);
	*out = l->state;
	out->unsent = l->out.first != NULL;
	pthread_mutex_unlock(&l->lock);
}

void nats_link_wake_at(struct nats_link *l, nsec_t at)
{
	pthread_mutex_lock(&l->lock);
	if (at < l->wake_at)
		pthread_cond_signal(&l->work);
	l->wake_at = at;
	pthread_mutex_unlock(&l->lock);
}
