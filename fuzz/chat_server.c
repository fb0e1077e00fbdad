/*
 * chat_server.c - chat server between its network and store interfaces: four clients send any lines
 * in any pieces, disconnect, stop reading, and time passes. Three of them are registered with every
 * capability and have joined a channel; the first is its operator and a server operator.
 *
 *     input = lines | command (1) | text ... | LF |
 *     '0'-'3'  that client sends text CR LF       '8'-';'  that client stops reading
 *     '4'-'7'  that client sends text             '<'-'?'  that client reconnects
 *     ' '      seconds in the next byte pass      others: by their low four bits
 *
 * Output must be valid IRC: lines of whole UTF-8 that end in CR LF, contain no NUL, CR or LF, and
 * are within the length limits.
 */
#include "base/utf8.h"
#include "chat/limits.h"
#include "chat/loop/accept.h"
#include "chat/server.h"
#include "chat/store/store_null.h"

#include <errno.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
	CLIENTS = 4,
	CONNS = 32, /* of a run, counting reconnections */
	LISTENER = CONNS,
	LINES = 64, /* of an input; later ones are ignored */
	SECONDS = 60,
	TAGS_OUT_MAX = LINE_TAGS_MAX,
};

struct peer {
	bool open, stuck, ended;
	uint64_t tag;
	const uint8_t *in; /* not yet read */
	size_t in_len;
	size_t out_len; /* of the incomplete line */
	char out[TAGS_OUT_MAX + LINE_BODY_MAX];
};

struct run {
	struct net net;
	nsec_t now;
	int opened, accepted;
	int conn[CLIENTS];
	struct peer peers[CONNS];
	struct server *server;
};

static struct run *run_of(struct net *n)
{
	return container_of(n, struct run, net);
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

static struct peer *peer_of(struct net *n, int handle)
{
	must(handle >= 0 && handle < CONNS && run_of(n)->peers[handle].open);
	return &run_of(n)->peers[handle];
}

/* ---- output ---- */

static void check_line(const char *line, size_t len)
{
	const char *body = line;

	must(len >= 2 && line[len - 2] == '\r');
	must(!memchr(line, '\0', len) && !memchr(line, '\r', len - 2));
	must(utf8_valid(line, len));
	if (line[0] == '@') {
		body = memchr(line, ' ', len);
		must(body && ++body - line <= TAGS_OUT_MAX);
	}
	must(len - (size_t)(body - line) <= LINE_BODY_MAX);
}

static void take(struct peer *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		must(p->out_len < sizeof(p->out));
		p->out[p->out_len++] = bytes[i];
		if (bytes[i] != '\n')
			continue;
		check_line(p->out, p->out_len);
		p->out_len = 0;
	}
}

/* ---- the network ---- */

static int net_listen(
	struct net *n, const struct net_addr *at, const struct net_tuning *t, int backlog)
{
	(void)n, (void)at, (void)t, (void)backlog;
	return LISTENER;
}

static int net_accept(struct net *n, int listener, struct net_addr *from)
{
	struct run *w = run_of(n);

	must(listener == LISTENER);
	*from = (struct net_addr){.family = 4, .ip = {192, 0, 2, (uint8_t)w->accepted}};
	if (w->accepted == w->opened)
		return -EAGAIN;
	w->peers[w->accepted].open = true;
	return w->accepted++;
}

static ssize_t net_recv(struct net *n, int handle, void *buf, size_t len)
{
	struct peer *p = peer_of(n, handle);
	size_t part = size_min(len, p->in_len);

	if (part == 0)
		return p->ended ? 0 : -EAGAIN;
	memcpy(buf, p->in, part);
	p->in += part;
	p->in_len -= part;
	return (ssize_t)part;
}

static ssize_t net_send(struct net *n, int handle, const struct iovec *iov, int count)
{
	struct peer *p = peer_of(n, handle);
	ssize_t sum = 0;

	if (p->stuck)
		return -EAGAIN;
	for (int i = 0; i < count; i++) {
		take(p, iov[i].iov_base, iov[i].iov_len);
		sum += (ssize_t)iov[i].iov_len;
	}
	return sum;
}

static void net_send_batch(struct net *n, struct net_send *sends, size_t count)
{
	for (struct net_send *s = sends; s < sends + count; s++)
		s->done = net_send(n, s->handle, s->iov, (int)s->iov_count);
}

static void net_close(struct net *n, int handle)
{
	if (handle != LISTENER)
		peer_of(n, handle)->open = false;
}

static int net_tune(struct net *n, int handle, const struct net_tuning *t)
{
	(void)n, (void)handle, (void)t;
	return 0;
}

static int net_watch(struct net *n, int handle, uint32_t ready, uint64_t tag)
{
	(void)ready;
	if (handle != LISTENER)
		peer_of(n, handle)->tag = tag;
	return 0;
}

static void net_unwatch(struct net *n, int handle)
{
	(void)n, (void)handle;
}

static int net_wait(struct net *n, struct net_event *events, int max, nsec_t timeout)
{
	struct run *w = run_of(n);
	int count = 0;

	(void)timeout;
	must(max > CONNS);
	if (w->accepted < w->opened)
		events[count++] = (struct net_event){LISTENER_TAG, NET_IN};
	for (struct peer *p = w->peers; p < w->peers + w->accepted; p++)
		if (p->open && (p->in_len > 0 || p->ended))
			events[count++] = (struct net_event){p->tag, NET_IN};
	return count;
}

static void net_wake(struct net *n)
{
	(void)n;
}

static nsec_t net_now(struct net *n)
{
	return run_of(n)->now;
}

static const struct net_ops ops = {
	.listen = net_listen,
	.accept = net_accept,
	.recv = net_recv,
	.send = net_send,
	.send_batch = net_send_batch,
	.close = net_close,
	.tune = net_tune,
	.watch = net_watch,
	.rewatch = net_watch,
	.unwatch = net_unwatch,
	.wait = net_wait,
	.wake = net_wake,
	.now = net_now,
	.wall = net_now,
};

/* ---- the clients ---- */

/* Runs n turns of the server. */
static void turns(struct run *w, int n)
{
	while (n-- > 0)
		server_turn(w->server, 0);
}

static void client_send(struct run *w, int client, const void *text, size_t len)
{
	struct peer *p = &w->peers[w->conn[client]];

	if (!p->open)
		return;
	p->in = text;
	p->in_len = len;
	for (int i = 0; i < 4 && p->open && p->in_len > 0; i++)
		turns(w, 1);
	p->in_len = 0; /* the data is borrowed */
}

static void reconnect(struct run *w, int client)
{
	struct peer *p = &w->peers[w->conn[client]];

	if (w->opened == CONNS)
		return;
	p->ended = true;
	w->conn[client] = w->opened++;
	turns(w, 1);
}

static void register_clients(struct run *w)
{
	static const char *const texts[] = {
		"NICK a\r\nUSER a 0 * :a\r\n",
		"NICK b\r\nUSER b 0 * :b\r\n",
		"NICK c\r\nUSER c 0 * :c\r\n",
	};
	static const char caps[] =
		"CAP REQ :away-notify batch cap-notify chghost draft/channel-rename "
		"draft/chathistory draft/event-playback draft/message-redaction draft/metadata-3 "
		"draft/multiline draft/read-marker echo-message\r\n"
		"CAP REQ :extended-join extended-monitor invite-notify labeled-response "
		"message-tags multi-prefix server-time setname standard-replies\r\n"
		"CAP END\r\nJOIN #c\r\n";
	static const char oper[] = "OPER o p\r\n";

	for (int i = 0; i < CLIENTS; i++) {
		w->conn[i] = w->opened++;
		turns(w, 1);
		if (i == CLIENTS - 1)
			break;
		client_send(w, i, texts[i], strlen(texts[i]));
		client_send(w, i, caps, sizeof(caps) - 1);
	}
	client_send(w, 0, oper, sizeof(oper) - 1);
	must(w->server->user_count == CLIENTS - 1 && w->server->oper_count == 1);
	must(w->server->channels.count == 1);
}

static void line(struct run *w, const uint8_t *p, size_t len)
{
	int client = p[0] & 3;
	uint8_t seconds = len > 1 ? p[1] : 1;
	char text[8192];

	if (p[0] == ' ') {
		w->now += (seconds % SECONDS) * NSEC_SEC;
		turns(w, 1);
		return;
	}
	switch (p[0] >> 2 & 3) {
	case 0:
	case 1:
		len = size_min(len - 1, sizeof(text) - 2);
		memcpy(text, p + 1, len);
		if (!(p[0] & 4)) {
			memcpy(text + len, "\r\n", 2);
			len += 2;
		}
		client_send(w, client, text, len);
		break;
	case 2: w->peers[w->conn[client]].stuck = true; break;
	default: reconnect(w, client); break;
	}
}

static void open_run(struct run *w)
{
	static const char *const settings[] = {"limits.flood_rate=0", "limits.connect_rate=0",
		"oper.o.password=plain:p", "oper.o.hosts=*@*", "limits.sendq=16k",
		"limits.whowas=8", "limits.list_entries=4", "limits.monitor=4"};
	struct config_source from = {.settings = settings, .setting_count = ARRAY_SIZE(settings)};
	struct config_error e;
	struct server_parts parts = {.net = &w->net, .seed = 1};

	w->net.ops = &ops;
	w->now = 1000 * NSEC_SEC;
	parts.config = config_load(&from, &e);
	must(parts.config);
	parts.store = store_null_open(NULL, NULL);
	w->server = server_new(&parts);
	must(w->server && server_listen(w->server, &(struct net_addr){.family = 4}) == 0);
	register_clients(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run w;
	struct store *store;

	memset(&w, 0, sizeof(w));
	open_run(&w);
	store = w.server->store;
	for (int i = 0; i < LINES && size > 0; i++) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end ? (size_t)(end - data) : size;

		if (len > 0)
			line(&w, data, len);
		len += end != NULL;
		data += len;
		size -= len;
	}
	server_stop(w.server, "end");
	turns(&w, 2);
	server_free(w.server);
	for (int i = 0; i < w.accepted; i++)
		must(!w.peers[i].open);
	store_close(store);
	return 0;
}
