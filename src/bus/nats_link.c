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
	struct nats_link *link;
	uint32_t number;
	char subject[LINK_SUBJECT_MAX];
	natsSubscription *handle; /* the thread's */
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
	struct listener listeners[LINK_SUBSCRIPTIONS]; /* each is fixed once it is counted */
	uint32_t listener_count;
	uint32_t open;     /* the connection and subscriptions that may still call back */
	bool closed, stop; /* closed: the connection has ended */
	nsec_t wake_at;
};

/* --- called by libnats, on its threads -------------------------------------------------------- */

static void heard(natsConnection *c, natsSubscription *s, natsMsg *m, void *arg)
{
	struct listener *at = arg;
	struct nats_link *l = at->link;
	const struct nats_lib *lib = l->lib;
	struct nats_message got = {.subscription = at->number,
		.no_responders = lib->no_responders(m),
		.subject = lib->subject(m),
		.bytes = (const uint8_t *)lib->bytes(m),
		.len = (size_t)lib->len(m)};
	struct nats_message *kept = nats_message_copy(&got);
	bool first;

	lib->message_free(m);
	pthread_mutex_lock(&l->lock);
	first = !l->in.first;
	if (kept && l->in.bytes + kept->size <= LINK_IN_BYTES) {
		nats_queue_add(&l->in, kept);
		kept = NULL;
	} else {
		l->state.dropped++;
	}
	pthread_mutex_unlock(&l->lock);
	free(kept);
	if (first)
		l->options->wake(l->options->wake_arg);
}

/* One that may have called back will not any more. */
static void complete(void *arg)
{
	struct nats_link *l = arg;

	pthread_mutex_lock(&l->lock);
	l->open--;
	pthread_cond_signal(&l->work);
	pthread_mutex_unlock(&l->lock);
}

static void closed(natsConnection *c, void *arg)
{
	struct nats_link *l = arg;
	const char *text = NULL;

	l->lib->connection_error(c, &text);
	pthread_mutex_lock(&l->lock);
	if (!l->stop)
		snprintf(l->state.why, sizeof(l->state.why), "the connection has ended: %.150s",
			text && *text ? text : "closed by the engine");
	l->closed = true;
	pthread_mutex_unlock(&l->lock);
	complete(l);
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

static natsStatus set_rest(struct nats_link *l, natsOptions *n)
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
		lib->set_closed(n, closed, l),
		lib->set_error(n, failed, l),
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

static natsConnection *connect_to(struct nats_link *l, const char *server)
{
	const struct nats_lib *lib = l->lib;
	natsConnection *c = NULL;
	natsOptions *n = NULL;
	natsStatus s = lib->options_new(&n);

	if (s == NATS_OK)
		s = set_server(l, n, server);
	if (s == NATS_OK)
		s = set_rest(l, n);
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

/* Subscribes to what is new among the listeners. The lock is held, and released meanwhile. */
static bool subscribe_all(struct nats_link *l, natsConnection *c, uint32_t *done)
{
	const struct nats_lib *lib = l->lib;
	bool ok = true;

	while (ok && *done < l->listener_count) {
		struct listener *at = &l->listeners[*done];

		pthread_mutex_unlock(&l->lock);
		ok = lib->subscribe(&at->handle, c, at->subject, heard, at) == NATS_OK;
		if (ok) {
			lib->set_limits(at->handle, -1, -1); /* ours is the bound */
			ok = lib->set_complete(at->handle, complete, l) == NATS_OK;
		}
		pthread_mutex_lock(&l->lock);
		l->open += ok;
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

	while (!l->closed && !l->stop && (m = nats_queue_take(&l->out))) {
		bool sent;

		pthread_mutex_unlock(&l->lock);
		sent = send_one(l, c, m) == NATS_OK;
		free(m);
		pthread_mutex_lock(&l->lock);
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
static void converse(struct nats_link *l, natsConnection *c)
{
	uint32_t subscribed = 0;
	bool ok = subscribe_all(l, c, &subscribed);

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
		ok = subscribe_all(l, c, &subscribed);
		send_all(l, c);
		if (ok && !l->closed && !l->stop && !l->out.first &&
			subscribed == l->listener_count)
			wait_until(l, l->wake_at);
	}
	if (!ok && !l->state.why[0])
		snprintf(l->state.why, sizeof(l->state.why), "the engine does not answer");
	l->state.up = false;
	l->state.dropped += nats_queue_clear(&l->out);
}

/* Ends the connection, and waits until nothing of it can call back. */
static void leave(struct nats_link *l, natsConnection *c)
{
	const struct nats_lib *lib = l->lib;

	pthread_mutex_unlock(&l->lock);
	for (uint32_t i = 0; i < LINK_SUBSCRIPTIONS; i++) {
		if (l->listeners[i].handle)
			lib->unsubscribe(l->listeners[i].handle);
		l->listeners[i].handle = NULL;
	}
	lib->disconnect(c);
	pthread_mutex_lock(&l->lock);
	while (l->open > 0)
		pthread_cond_wait(&l->work, &l->lock);
	l->options->wake(l->options->wake_arg);
}

/* Uses the connection until it ends; returns whether it was a good one. The lock is held, and
 * released meanwhile. */
static bool use(struct nats_link *l, natsConnection *c)
{
	nsec_t begun = nats_now();

	l->open++;
	converse(l, c);
	leave(l, c);
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
		natsConnection *c;

		l->closed = false;
		pthread_mutex_unlock(&l->lock);
		c = connect_to(l, server);
		pthread_mutex_lock(&l->lock);
		if (c && use(l, c)) {
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
	struct listener *at;
	bool room;

	pthread_mutex_lock(&l->lock);
	room = l->listener_count < LINK_SUBSCRIPTIONS && strlen(subject) < LINK_SUBJECT_MAX;
	if (room) {
		*number = l->listener_count;
		at = &l->listeners[l->listener_count++];
		at->link = l;
		at->number = *number;
		strcpy(at->subject, subject);
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
	if (!room)
		free(c);
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
