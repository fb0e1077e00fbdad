/* ws_conn.c - lines in WebSocket messages, in both directions: ws_conn.h. */
#include "web/ws_conn.h"

#include "base/utf8.h"

#include <errno.h>
#include <stdlib.h>
#include <wslay/wslay.h>

enum {
	FIN = 0x80, /* RFC 6455 section 5.2 */
	HEAD_MAX = 4,
	MASK_BYTES = 4,
	SHORT_MAX = 125, /* a length that needs no bytes of its own */
};

static const char close_normal[] = {(char)(FIN | WSLAY_CONNECTION_CLOSE), 2, 0x03, (char)0xe8};
static const char close_protocol_error[] = {
	(char)(FIN | WSLAY_CONNECTION_CLOSE), 2, 0x03, (char)0xea};

/* Frames that are incomplete. Bytes received and bytes in whole frames: if they are the same, and
 * no message is open, there is nothing to remember. */
struct ws_input {
	wslay_event_context_ptr frames;
	uint64_t fed, used;
	uint64_t payload; /* of the frame: */
	uint8_t opcode;
	bool fin;
	bool open; /* fragments of a message have come, but not its last one */
	bool half; /* half a status code has come, which wslay takes for none */
	char last; /* byte of the message */
};

static const struct {
	const char *name, *text;
} counts[WS_COUNTS] = {
	[WS_PROTOCOL_ERROR] = {"ws-protocol-error", "WebSocket: protocol error"},
	[WS_NOT_UTF8] = {"ws-not-utf8", "WebSocket: a message of text was not UTF-8"},
	[WS_TOO_BIG] = {"ws-too-big", "WebSocket: frame too long"},
	[WS_NO_MEMORY] = {"ws-no-memory", "Out of memory"},
	[WS_OTHER_ORIGIN] = {"ws-origin", "WebSocket: a page of an origin that is not listed"},
	[WS_BAD_HANDSHAKE] = {"ws-bad-handshake", "WebSocket: not a valid opening handshake"},
	[WS_QUEUE_FULL] = {"ws-queue-full", "WebSocket: too many connections at once"},
};

const char *ws_count_name(enum ws_count why)
{
	return counts[why].name;
}

const char *ws_count_text(enum ws_count why)
{
	return counts[why].text;
}

void ws_conn_fail(struct ws_conn *c, enum ws_count why)
{
	if (c->reason)
		return;
	c->reason = (uint8_t)why;
	c->shared->counts[why]++;
}

/* ---- bytes out ---- */

static bool transient(ssize_t err)
{
	return err == -EAGAIN || err == -EINTR || err == -ENOBUFS || err == -ENOMEM;
}

static void drop_pending(struct ws_conn *c)
{
	free(c->pending);
	c->pending = NULL;
}

/* The number of bytes that a send has taken; 0 also after an error, which is kept. */
static size_t taken(struct ws_conn *c, ssize_t done)
{
	if (done >= 0)
		return (size_t)done;
	if (!transient(done))
		c->error = (int)-done;
	else if (done != -EAGAIN)
		c->flags |= WS_MORE; /* no event will report that memory is there again */
	return 0;
}

static size_t send_some(struct ws_conn *c, const char *bytes, size_t len)
{
	struct net *n = c->shared->inner;
	struct iovec iov = {(void *)bytes, len};

	return taken(c, n->ops->send(n, c->handle, &iov, 1));
}

int ws_conn_flush(struct ws_conn *c)
{
	struct ws_pending *p = c->pending;

	if (p && !c->error) {
		p->at += (uint32_t)send_some(c, p->bytes + p->at, p->len - p->at);
		if (c->error || p->at == p->len)
			drop_pending(c);
	}
	return c->error ? -c->error : c->pending ? -EAGAIN : 0;
}

static bool keep(struct ws_conn *c, const char *bytes, size_t len)
{
	struct ws_pending *p = c->pending;
	size_t used = p ? p->len : 0;

	p = realloc(p, sizeof(*p) + used + len);
	if (!p)
		return false;
	if (!c->pending)
		p->at = p->len = 0;
	memcpy(p->bytes + used, bytes, len);
	p->len = (uint32_t)(used + len);
	c->pending = p;
	return true;
}

/* Keeps the bytes behind the first `done`, which the socket has not taken. */
static void keep_rest(struct ws_conn *c, const char *bytes, size_t len, size_t done)
{
	if (done == len || c->error || keep(c, bytes + done, len - done))
		return;
	ws_conn_fail(c, WS_NO_MEMORY);
	c->error = ENOMEM;
}

void ws_conn_put(struct ws_conn *c, const char *bytes, size_t len)
{
	keep_rest(c, bytes, len, c->pending || c->error ? 0 : send_some(c, bytes, len));
}

static void put_output(struct ws_conn *c)
{
	if (c->shared->output_len)
		ws_conn_put(c, c->shared->output, c->shared->output_len);
	c->shared->output_len = 0;
}

/* ---- lines out ---- */

/* The rest of a vector of bytes. */
struct rest {
	const struct iovec *iov;
	int count;
	size_t at; /* in the first */
};

/* Skips n bytes and copies them to `to`, unless NULL. */
static void take(struct rest *r, char *to, size_t n)
{
	while (r->count) {
		size_t part = size_min(n, r->iov->iov_len - r->at);

		if (to && part)
			memcpy(to, (const char *)r->iov->iov_base + r->at, part);
		to = to ? to + part : NULL;
		n -= part;
		r->at += part;
		if (r->at < r->iov->iov_len)
			return;
		r->iov++;
		r->count--;
		r->at = 0;
	}
}

/* The length of the next line with its LF, but at most WS_LINE_MAX; 0: there is none. */
static size_t line_length(const struct rest *r)
{
	size_t n = 0, at = r->at;

	for (int i = 0; i < r->count && n < WS_LINE_MAX; i++, at = 0) {
		const char *p = (const char *)r->iov[i].iov_base + at;
		size_t left = r->iov[i].iov_len - at;
		const char *lf = left ? memchr(p, '\n', left) : NULL;

		n += lf ? (size_t)(lf - p) + 1 : left;
		if (lf)
			break;
	}
	return size_min(n, WS_LINE_MAX);
}

/* The line with U+FFFD for each byte that is not UTF-8, as many bytes as were written. */
static size_t mend(struct ws_shared *s, char *line, size_t len)
{
	const char *p = s->line;
	size_t n = 0;

	memcpy(s->line, line, len);
	s->line[len] = '\0';
	while (p < s->line + len) {
		uint32_t c = *p ? utf8_next(&p) : (uint8_t)*p++;

		n += utf8_put(line + n, c == UTF8_BAD ? 0xfffd : c);
	}
	return n;
}

/* Writes a message of one line, if it is not empty; returns its bytes. */
static size_t encode_line(struct ws_conn *c, struct rest *r, size_t len, char *head)
{
	char *line = head + HEAD_MAX;

	take(r, line, len);
	len -= len > 0 && line[len - 1] == '\n';
	len -= len > 0 && line[len - 1] == '\r';
	if (len == 0)
		return 0;
	if ((c->flags & WS_UTF8) && !utf8_valid(line, len))
		len = mend(c->shared, line, len);
	head[0] = (char)(FIN | (c->flags & WS_UTF8 ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME));
	if (len <= SHORT_MAX) {
		head[1] = (char)len;
		memmove(head + 2, line, len);
		return 2 + len;
	}
	head[1] = SHORT_MAX + 1;
	head[2] = (char)(len >> 8);
	head[3] = (char)len;
	return HEAD_MAX + len;
}

/* The most that a line takes while it is encoded, if each of its bytes is mended. */
static size_t line_room(size_t len)
{
	return HEAD_MAX + 3 * len;
}

/* As many lines as the output has room for; returns the bytes of r that they are. */
static size_t encode_lines(struct ws_conn *c, struct rest *r)
{
	struct ws_shared *s = c->shared;
	size_t sum = 0, len;

	while ((len = line_length(r)) > 0 && s->output_len + line_room(len) <= WS_OUTPUT_BYTES) {
		s->output_len += encode_line(c, r, len, s->output + s->output_len);
		sum += len;
	}
	return sum;
}

static size_t sum_of(const struct iovec *iov, int count)
{
	size_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += iov[i].iov_len;
	return sum;
}

ssize_t ws_conn_send(struct ws_conn *c, const struct iovec *iov, int count)
{
	struct rest r = {iov, count, 0};
	size_t sum = c->owed, len;
	int err = ws_conn_flush(c);

	if (err)
		return err;
	if (c->flags & WS_CLOSED)
		return (ssize_t)sum_of(iov, count);
	take(&r, NULL, c->owed);
	c->owed = 0;
	while ((len = encode_lines(c, &r)) > 0) {
		put_output(c);
		if (c->error)
			return -c->error;
		if (c->pending) {
			c->owed = (uint32_t)len;
			return sum ? (ssize_t)sum : -EAGAIN;
		}
		sum += len;
	}
	return (ssize_t)sum;
}

/* ---- lines out, of many connections at once ---- */

/* Two bytes of head and three for a mended byte: at most five for each byte of a line. */
size_t ws_conn_room(const struct ws_conn *c, const struct iovec *iov, int count)
{
	bool waits = c->error || c->pending || c->owed || (c->flags & WS_CLOSED);

	return waits ? 0 : HEAD_MAX + 5 * sum_of(iov, count);
}

size_t ws_conn_encode(struct ws_conn *c, const struct iovec *iov, int count, char *to)
{
	struct rest r = {iov, count, 0};
	size_t n = 0, len;

	while ((len = line_length(&r)) > 0)
		n += encode_line(c, &r, len, to + n);
	return n;
}

ssize_t ws_conn_encoded(
	struct ws_conn *c, const struct net_send *s, const char *bytes, size_t len, ssize_t done)
{
	size_t sum = sum_of(s->iov, (int)s->iov_count);

	keep_rest(c, bytes, len, taken(c, done));
	if (c->error)
		return -c->error;
	if (!c->pending)
		return (ssize_t)sum;
	c->owed = (uint32_t)sum;
	return -EAGAIN;
}

/* ---- frames in ---- */

static ssize_t on_recv(wslay_event_context_ptr frames, uint8_t *buf, size_t len, int f, void *arg)
{
	struct ws_conn *c = arg;
	struct net *n = c->shared->inner;
	size_t part = size_min(len, c->shared->reading.budget);
	ssize_t got = part ? n->ops->recv(n, c->handle, buf, part) : -EAGAIN;

	if (got > 0) {
		c->shared->reading.budget -= (size_t)got;
		c->input->fed += (uint64_t)got;
		return got;
	}
	c->shared->reading.eof = got == 0;
	if (got < 0 && !transient(got))
		c->error = (int)-got;
	else if (got < 0 && got != -EAGAIN)
		c->shared->reading.spent = true; /* nothing else reports that there is more */
	wslay_event_set_error(
		frames, got == 0 || c->error ? WSLAY_ERR_CALLBACK_FAILURE : WSLAY_ERR_WOULDBLOCK);
	return -1;
}

/* Answers to pings and close frames. They are no longer than what they answer. */
static ssize_t on_send(
	wslay_event_context_ptr frames, const uint8_t *data, size_t len, int flags, void *arg)
{
	struct ws_shared *s = ((struct ws_conn *)arg)->shared;

	if (len > WS_OUTPUT_BYTES - s->output_len) {
		wslay_event_set_error(frames, WSLAY_ERR_CALLBACK_FAILURE);
		return -1;
	}
	memcpy(s->output + s->output_len, data, len);
	s->output_len += len;
	return (ssize_t)len;
}

static void on_start(wslay_event_context_ptr frames,
	const struct wslay_event_on_frame_recv_start_arg *a, void *arg)
{
	struct ws_input *in = ((struct ws_conn *)arg)->input;

	in->payload = a->payload_length;
	in->opcode = a->opcode;
	in->fin = a->fin;
	in->half |= a->opcode == WSLAY_CONNECTION_CLOSE && a->payload_length == 1;
}

static void read_bytes(struct ws_conn *c, const void *bytes, size_t len)
{
	assert(len <= c->shared->reading.size - c->shared->reading.len);
	memcpy(c->shared->reading.to + c->shared->reading.len, bytes, len);
	c->shared->reading.len += len;
}

static void on_chunk(wslay_event_context_ptr frames,
	const struct wslay_event_on_frame_recv_chunk_arg *a, void *arg)
{
	struct ws_conn *c = arg;

	if (wslay_is_ctrl_frame(c->input->opcode) || a->data_length == 0)
		return;
	read_bytes(c, a->data, a->data_length);
	c->input->last = (char)a->data[a->data_length - 1];
}

static void on_end(wslay_event_context_ptr frames, void *arg)
{
	struct ws_conn *c = arg;
	struct ws_input *in = c->input;
	uint64_t length = in->payload <= SHORT_MAX ? 0 : in->payload <= UINT16_MAX ? 2 : 8;

	in->used += 2 + length + MASK_BYTES + in->payload;
	if (wslay_is_ctrl_frame(in->opcode))
		return;
	in->open = !in->fin;
	if (in->fin && in->last != '\n')
		read_bytes(c, "\r\n", 2);
	if (in->fin)
		in->last = '\0';
}

static void input_free(struct ws_conn *c)
{
	if (c->input)
		wslay_event_context_free(c->input->frames);
	free(c->input);
	c->input = NULL;
}

static bool input_new(struct ws_conn *c)
{
	static const struct wslay_event_callbacks callbacks = {.recv_callback = on_recv,
		.send_callback = on_send,
		.on_frame_recv_start_callback = on_start,
		.on_frame_recv_chunk_callback = on_chunk,
		.on_frame_recv_end_callback = on_end};

	c->input = calloc(1, sizeof(*c->input));
	if (c->input && wslay_event_context_server_init(&c->input->frames, &callbacks, c) != 0) {
		free(c->input);
		c->input = NULL;
	}
	if (!c->input)
		return false;
	wslay_event_config_set_no_buffering(c->input->frames, 1);
	wslay_event_config_set_max_recv_msg_length(c->input->frames, WS_FRAME_MAX);
	return true;
}

static enum ws_count count_of(uint16_t status)
{
	switch (status) {
	case WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA: return WS_NOT_UTF8;
	case WSLAY_CODE_MESSAGE_TOO_BIG: return WS_TOO_BIG;
	default: return WS_PROTOCOL_ERROR;
	}
}

/* wslay reads no more: the closing handshake, or an error in a message. Its answer is out. */
static void closed_by_wslay(struct ws_conn *c)
{
	wslay_event_context_ptr frames = c->input->frames;

	c->flags |= WS_ENDED | WS_CLOSED;
	if (!wslay_event_get_close_received(frames))
		ws_conn_fail(c, count_of(wslay_event_get_status_code_sent(frames)));
}

/* Parses what the socket has. */
static void read_frames(struct ws_conn *c)
{
	wslay_event_context_ptr frames = c->input->frames;
	int err = wslay_event_recv(frames);

	if (c->error || c->shared->reading.eof) {
		c->flags |= WS_ENDED;
		return;
	}
	if (err == WSLAY_ERR_NOMEM) {
		ws_conn_fail(c, WS_NO_MEMORY);
		c->error = ENOMEM;
	} else if (err || c->input->half) { /* a frame that is none */
		err = WSLAY_ERR_PROTO;
		ws_conn_fail(c, WS_PROTOCOL_ERROR);
		ws_conn_put(c, close_protocol_error, sizeof(close_protocol_error));
		c->flags |= WS_ENDED | WS_CLOSED;
	} else if (wslay_event_want_write(frames)) {
		wslay_event_send(frames);
		put_output(c);
	}
	if (!err && !wslay_event_get_read_enabled(frames))
		closed_by_wslay(c);
}

/* Whether so much is pending that nothing is read. */
static bool must_pause(struct ws_conn *c)
{
	if (!c->pending || c->pending->len - c->pending->at <= WS_PENDING_PAUSE)
		return false;
	c->flags |= WS_PAUSED;
	return true;
}

ssize_t ws_conn_recv(struct ws_conn *c, char *buf, size_t len)
{
	struct ws_shared *s = c->shared;

	assert(len >= WS_READ_MIN);
	if (c->error || (c->flags & WS_ENDED))
		return -c->error;
	if (must_pause(c))
		return -EAGAIN;
	if (!c->input && !input_new(c)) {
		ws_conn_fail(c, WS_NO_MEMORY);
		return -ENOMEM;
	}
	memset(&s->reading, 0, sizeof(s->reading));
	s->reading.to = buf;
	s->reading.size = len;
	s->reading.budget = len - 2; /* the CR LF of a message that began earlier */
	read_frames(c);
	s->reading.spent |= s->reading.budget == 0; /* wslay may not have asked for more */
	if ((c->flags & WS_ENDED) || (c->input->fed == c->input->used && !c->input->open))
		input_free(c);
	if (s->reading.len == 0 && (c->error || (c->flags & WS_ENDED)))
		return -c->error;
	if (s->reading.spent || (c->flags & WS_ENDED) || c->error)
		c->flags |= WS_MORE;
	return s->reading.len ? (ssize_t)s->reading.len : -EAGAIN;
}

void ws_conn_end(struct ws_conn *c)
{
	if (!(c->flags & WS_CLOSED) && ws_conn_flush(c) == 0)
		send_some(c, close_normal, sizeof(close_normal));
	drop_pending(c);
	input_free(c);
}

/* ---- to another process ---- */

/* The numbers are read by other releases: do not change them. */
enum {
	FIELD_UTF8 = 1,
	FIELD_CLOSED = 2,
	FIELD_ENDED = 3,
	FIELD_MORE = 4, /* to be read without an event */
	FIELD_OWED = 5,
	FIELD_PENDING = 6,
};

int ws_conn_give(const struct ws_conn *c, struct tlv_out *out)
{
	size_t begun;

	if (c->input)
		return -EINPROGRESS;
	if (c->error)
		return -c->error;
	begun = tlv_begin(out, NET_LAYER_WEB);
	tlv_number(out, FIELD_UTF8, (c->flags & WS_UTF8) != 0);
	tlv_number(out, FIELD_CLOSED, (c->flags & WS_CLOSED) != 0);
	tlv_number(out, FIELD_ENDED, (c->flags & WS_ENDED) != 0);
	tlv_number(out, FIELD_MORE, (c->flags & (WS_MORE | WS_LISTED | WS_PAUSED)) != 0);
	tlv_number(out, FIELD_OWED, c->owed);
	if (c->pending)
		tlv_bytes(out, FIELD_PENDING, c->pending->bytes + c->pending->at,
			c->pending->len - c->pending->at);
	tlv_end(out, begun);
	return 0;
}

bool ws_conn_take(struct ws_conn *c, struct tlv_in in)
{
	uint64_t owed = tlv_find_number(&in, FIELD_OWED);
	struct tlv r = {0};

	c->flags |= tlv_find_number(&in, FIELD_UTF8) ? WS_UTF8 : 0;
	c->flags |= tlv_find_number(&in, FIELD_CLOSED) ? WS_CLOSED : 0;
	c->flags |= tlv_find_number(&in, FIELD_ENDED) ? WS_ENDED : 0;
	c->flags |= tlv_find_number(&in, FIELD_MORE) ? WS_MORE : 0;
	if (!tlv_find(&in, FIELD_PENDING, &r) || r.len == 0)
		return owed == 0;
	if (owed > WS_OUTPUT_BYTES || r.len > INT32_MAX || !keep(c, (const char *)r.at, r.len))
		return false;
	c->owed = (uint32_t)owed;
	return true;
}
