/* chat_upgrade.c - the old process of an upgrade: chat_upgrade.h. */
#include "cli/chat_upgrade.h"

#include "chat/admin/admin_text.h"
#include "chat/cluster_upgrade.h"
#include "chat/handover/handover.h"
#include "chat/loop/rehash.h"
#include "chat/out/drain.h"
#include "cli/chat_open.h"
#include "cli/chat_system.h"
#include "cli/metrics_door.h"
#include "host/control.h"
#include "host/control_path.h"
#include "host/net_kernel.h"
#include "host/relay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	TRIES_MAX = 20,
};

#define START_PATIENCE (30 * NSEC_SEC) /* for the new program's hello */
#define TAKE_PATIENCE  (10 * NSEC_SEC) /* for its confirmation: users wait that long at most */
#define TAKE_STEP      (250 * NSEC_MSEC)
#define SETTLE_TIME    (100 * NSEC_MSEC) /* without reading, for what has begun to end */
#define SETTLE_AGAIN   (200 * NSEC_MSEC) /* then the server runs on that long */
#define SETTLE_STEP    (1 * NSEC_MSEC)
#define ANSWER_TIME    (2 * NSEC_SEC) /* to send the administrator the answer */

static void nap(nsec_t time)
{
	nanosleep(&(struct timespec){.tv_nsec = time}, NULL);
}

static nsec_t now(const struct chat_upgrade *u)
{
	return u->run->net->ops->now(u->run->net);
}

void chat_upgrade_init(struct chat_upgrade *u, struct chat_run *run)
{
	ssize_t n = readlink("/proc/self/exe", u->binary, sizeof(u->binary) - 1);

	u->binary[n > 0 ? n : 0] = '\0';
	u->run = run;
	u->fd = -1;
	u->due = NSEC_MAX;
}

/* ---- the end of one ---- */

static void ended(struct chat_upgrade *u)
{
	if (u->fd >= 0)
		close(u->fd);
	u->fd = -1;
	u->phase = UPGRADE_IDLE;
	u->due = NSEC_MAX;
	u->ended++;
}

/* The new program is no more when this returns: nothing is shared with it. */
static void fail(struct chat_upgrade *u, const char *why)
{
	snprintf(u->report.why, sizeof(u->report.why), "%s: the server goes on as it was", why);
	if (u->child > 0)
		relay_kill(u->child);
	LOG(u->run->log, ERROR, "upgrade.failed", log_str("reason", why),
		log_str("binary", u->fresh));
	ended(u);
}

void chat_upgrade_cancel(struct chat_upgrade *u)
{
	if (u->phase != UPGRADE_IDLE)
		fail(u, "the server was stopped");
}

/* ---- the beginning ---- */

/* The state that is only in memory and not handed over. */
static const char *obstacle(const struct chat_run *run)
{
	const struct server *s = run->server;

	if (run->stack)
		return "connections on burble's own stack (--stack) cannot be handed over";
	if (drain_begun(s))
		return "the server is going out of service";
	if (s->stopping)
		return "the server is stopping";
	if (!s->config->server.data[0] && (s->bans.count || s->filters.rows.count))
		return "without a data directory bans and filters would be lost";
	return NULL;
}

/* The arguments of this process, and the descriptor. */
static int start(struct chat_upgrade *u)
{
	const struct chat_args *a = u->run->args;
	char **argv = calloc((size_t)a->argc + 4, sizeof(*argv)), number[16];
	size_t n = 0;
	int fd;

	if (!argv)
		return -ENOMEM;
	snprintf(number, sizeof(number), "%d", RELAY_FD);
	argv[n++] = u->fresh;
	argv[n++] = (char *)"chat";
	for (int i = 1; i < a->argc; i++)
		if (strcmp(a->argv[i], "--take-over") == 0)
			i++;
		else
			argv[n++] = a->argv[i];
	argv[n++] = (char *)"--take-over";
	argv[n++] = number;
	argv[n] = NULL;
	fd = relay_start(u->fresh, argv, &u->child);
	free(argv);
	return fd;
}

const char *chat_upgrade_begin(struct chat_upgrade *u, const char *path)
{
	const char *why = obstacle(u->run);

	if (why)
		return why;
	if (u->phase != UPGRADE_IDLE)
		return "another upgrade is under way";
	if (*path && *path != '/')
		return "the path of the program must be absolute";
	snprintf(u->fresh, sizeof(u->fresh), "%s", *path ? path : u->binary);
	if (access(u->fresh, X_OK) < 0)
		return "there is no program at that path: --binary names one";
	u->report = (struct upgrade_report){0};
	u->child = 0;
	u->tries = 0;
	u->fd = start(u);
	if (u->fd < 0)
		return "the new program cannot be started";
	u->phase = UPGRADE_STARTING;
	u->due = now(u) + START_PATIENCE;
	if (chat_watch(u->run, u->fd) < 0)
		fail(u, "out of memory");
	LOG(u->run->log, INFO, "upgrade.starting", log_str("binary", u->fresh),
		log_int("pid", u->child));
	return NULL;
}

/* ---- the new program says which states it reads ---- */

/* It has ended, and this process has its exit status. */
static void fail_ended(struct chat_upgrade *u)
{
	char why[UPGRADE_WHY_MAX];
	int status = 0;

	if (waitpid(u->child, &status, 0) == u->child)
		u->child = 0;
	if (WIFEXITED(status))
		snprintf(why, sizeof(why),
			"the new program has ended with status %d: see the log for its message",
			WEXITSTATUS(status));
	else
		snprintf(why, sizeof(why), "the new program was killed by signal %d",
			WTERMSIG(status));
	fail(u, why);
}

static void take_hello(struct chat_upgrade *u)
{
	uint32_t version = handover_version(u->run->server);
	struct relay_in in;
	int err = relay_receive(u->fd, &in, 0);

	if (err == -ETIMEDOUT) {
		if (now(u) >= u->due)
			fail(u, "the new program did not answer in time");
		return;
	}
	if (err == -EPIPE || err == -ECONNRESET) {
		fail_ended(u);
		return;
	}
	if (err || in.message.kind != RELAY_HELLO)
		fail(u, "the new program does not speak this protocol");
	else if (in.message.a > version || in.message.b < version)
		fail(u, "the new program does not read the state of this one");
	else
		u->phase = UPGRADE_SETTLING;
	u->due = u->phase == UPGRADE_SETTLING ? 0 : u->due;
}

/* ---- giving ---- */

/* The names and files that only one process can have. */
static void let_go(struct chat_run *run)
{
	store_close(run->store);
	run->store = run->server->store = NULL;
	chat_files_close(&run->web.files);
	metrics_close(run->metrics);
	run->metrics = NULL;
	if (run->control)
		control_pause(run->control);
}

/* The new process has failed, and is dead: everything is opened again. */
static void take_back(struct chat_run *run)
{
	const struct config *c = run->server->config;
	char why[CONTROL_WHY_MAX];

	run->store = chat_open_store(run, c);
	if (run->store)
		store_drain(run->store); /* opens the file */
	server_set_store(run->server, run->store);
	cluster_resume(run->server);
	chat_files_open(&run->web.files, c, run->net);
	if (!chat_open_metrics(run)) {
		metrics_close(run->metrics);
		run->metrics = NULL;
	}
	if (run->control && !control_resume(run->control, why))
		LOG(run->log, ERROR, "control.none", log_str("reason", why));
}

/* The state, then the descriptors. 0 or -errno. */
static int send_all(int fd, const struct handover *h)
{
	struct relay_message m = {.kind = RELAY_STATE, .a = h->handles.count};
	int memfd = relay_memfd(h->bytes.at, h->bytes.len), err;

	if (memfd < 0)
		return memfd;
	err = relay_send(fd, &m, &memfd, 1);
	close(memfd);
	for (uint32_t i = 0; !err && i < h->handles.count; i += RELAY_FDS_MAX) {
		m = (struct relay_message){
			.kind = RELAY_FDS, .a = u32_min(RELAY_FDS_MAX, h->handles.count - i)};
		err = relay_send(fd, &m, h->handles.at + i, m.a);
	}
	return err;
}

/* Whether it has said why it refuses. That may be there although it has ended: if it has not read
 * all, sending fails (EPIPE), and the first reading, too (ECONNRESET). */
static bool has_refused(int fd, struct relay_in *in, int err)
{
	for (int tries = 2; err && tries > 0; tries--)
		err = relay_receive(fd, in, 0);
	return !err && in->message.kind == RELAY_REFUSED;
}

/* Its next message. Meanwhile other nodes of a cluster hear that this one is there. 0 or -errno. */
static int receive(struct chat_upgrade *u, struct relay_in *in)
{
	nsec_t end = now(u) + TAKE_PATIENCE;
	int err;

	do {
		err = relay_receive(u->fd, in, TAKE_STEP);
		cluster_beat(u->run->server);
	} while (err == -ETIMEDOUT && now(u) < end);
	return err;
}

/* NULL once the other process has everything, or why not. */
static const char *give(struct chat_upgrade *u, const struct handover *h, char why[UPGRADE_WHY_MAX])
{
	struct relay_in in;
	int err = send_all(u->fd, h);

	if (!err)
		err = receive(u, &in);
	if (!err && in.message.kind == RELAY_TAKEN)
		return NULL;
	if (has_refused(u->fd, &in, err))
		snprintf(why, UPGRADE_WHY_MAX, "the new program has refused: %s", in.message.text);
	else if (err == -ETIMEDOUT)
		snprintf(why, UPGRADE_WHY_MAX, "the new program did not take over in time");
	else
		snprintf(why, UPGRADE_WHY_MAX, "the new program failed while it took over: %s",
			err == -EPIPE || err == -ECONNRESET ? "it has ended" : strerror(-err));
	return why;
}

static void answer_administrator(struct chat_run *run)
{
	nsec_t end = run->net->ops->now(run->net) + ANSWER_TIME;

	while (run->control && !control_idle(run->control) && run->net->ops->now(run->net) < end) {
		control_turn(run->control);
		nap(SETTLE_STEP);
	}
}

/* Users are the other process' from now on. What this one has open is closed by its end, which the
 * connections do not notice: the other one has them, too. */
static void leave(struct chat_upgrade *u)
{
	struct relay_message go = {.kind = RELAY_GO};
	char text[64];

	snprintf(text, sizeof(text), "MAINPID=%d", (int)u->child);
	chat_system_notify(text);
	relay_send(u->fd, &go, NULL, 0);
	handover_farewell(u->run->server);
	LOG(u->run->log, INFO, "upgrade.done", log_int("pid", u->child),
		log_int("connections", u->report.conns), log_int("lost", u->report.lost),
		log_int("pause-ms", u->report.pause / NSEC_MSEC));
	u->report.process = u->child;
	ended(u);
	answer_administrator(u->run);
	_exit(EXIT_SUCCESS);
}

static void hand_over(struct chat_upgrade *u, nsec_t began)
{
	struct server *s = u->run->server;
	struct handover h = {0};
	char text[UPGRADE_WHY_MAX];
	const char *why = handover_write(&h, s) ? NULL : "out of memory";

	if (!why) {
		let_go(u->run);
		why = give(u, &h, text);
		if (why) {
			relay_kill(u->child);
			u->child = 0;
			take_back(u->run);
		}
	}
	u->report.conns = h.conns;
	u->report.lost = h.lost;
	u->report.users = s->user_count;
	u->report.channels = s->channels.count;
	u->report.pause = now(u) - began;
	handover_free(&h);
	if (why)
		fail(u, why);
	else
		leave(u);
}

/* Waits a moment until nothing is half done, without reading what is new. */
static void settle(struct chat_upgrade *u)
{
	nsec_t began = now(u);
	const char *why;

	while ((why = handover_settle(u->run->server)) && now(u) < began + SETTLE_TIME)
		nap(SETTLE_STEP);
	if (!why)
		hand_over(u, began);
	else if (++u->tries == TRIES_MAX)
		fail(u, why);
	else
		u->due = now(u) + SETTLE_AGAIN;
}

void chat_upgrade_turn(struct chat_upgrade *u)
{
	if (u->phase == UPGRADE_STARTING)
		take_hello(u);
	if (u->phase == UPGRADE_SETTLING && now(u) >= u->due)
		settle(u);
}

/* ---- the answer ---- */

void chat_upgrade_answer(const struct chat_upgrade *u, struct control_out *out)
{
	const struct upgrade_report *r = &u->report;
	struct admin_text t = {0};

	if (*r->why) {
		admin_text_line(&t, "error ");
		admin_text_line(&t, r->why);
		admin_text_line(&t, "\n");
	} else {
		admin_text_line(&t, "ok\n");
		json_begin(&t);
		json_text(&t, "binary", u->fresh);
		json_number(&t, "pid", r->process);
		json_number(&t, "connections", r->conns);
		json_number(&t, "lost", r->lost);
		json_text(&t, "lost-because",
			r->lost ? "TLS 1.2, a TLS handshake, or half a WebSocket message" : NULL);
		json_number(&t, "users", r->users);
		json_number(&t, "channels", r->channels);
		json_number(&t, "pause-ms", (r->pause + NSEC_MSEC - 1) / NSEC_MSEC);
		json_end(&t);
		admin_text_line(&t, "end\n");
	}
	control_out_add(out, t.at, t.len);
	out->failed |= t.failed;
	free(t.at);
}
