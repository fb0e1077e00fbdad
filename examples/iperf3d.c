/*
 * iperf3d.c - a server for iperf3's clients, TCP, on a TCP/IP stack of its own: both directions,
 * --bidir, any number of streams.
 *
 *     ./iperf3d xdp:veth1 192.0.2.1/24          then elsewhere: iperf3 -c 192.0.2.1 [-R] [-P 4]
 *
 *     client                         server
 *     control connection, cookie --> PARAM_EXCHANGE
 *     parameters                 --> CREATE_STREAMS
 *     a connection and the cookie
 *     for each stream            --> TEST_START, TEST_RUNNING
 *     data one way or both
 *     TEST_END                   --> EXCHANGE_RESULTS
 *     results                    --> results, DISPLAY_RESULTS
 *     IPERF_DONE
 *
 * A state is one byte; parameters and results are JSON behind their length, 4 bytes in network
 * order. One test at a time: the answer to others is ACCESS_DENIED.
 */
#include <arpa/inet.h>
#include <burble/socket.h>
#include <errno.h>
#include <error.h>
#include <jansson.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	TEST_START = 1,
	TEST_RUNNING = 2,
	TEST_END = 4,
	PARAM_EXCHANGE = 9,
	CREATE_STREAMS = 10,
	EXCHANGE_RESULTS = 13,
	DISPLAY_RESULTS = 14,
	ACCESS_DENIED = -1,
	SERVER_ERROR = -2,
	IEUNIMP = 13, /* the number of iperf3's "not implemented" */

	COOKIE = 37,
	STREAMS = 128,
	TEXT = 1 << 20,   /* bytes of a client's JSON, at most */
	PIECE = 128 << 10 /* of data */
};

#define PATIENCE (30 * 1000000000LL) /* for each step of a client, but the test itself */

struct stream {
	int fd, sends, retransmits;
	uint64_t bytes;
	size_t len; /* of cookie */
	char cookie[COOKIE];
};

struct test {
	int control, state;             /* the state told last; no test: control is -1 */
	int64_t deadline, begun, ended; /* burble_clock() */
	int streams, known, wanted;     /* there, with the right cookie, awaited */
	int cpu; /* milliseconds of it, first at the beginning, then in all */
	struct stream stream[STREAMS];
	char cookie[COOKIE], in[TEXT];
	size_t len; /* of in */
	int parallel, reverse, bidirectional;
};

static struct burble *b;
static struct burble_buf *piece;
static struct test test = {.control = -1};
static int epoll;

static int check(int result, const char *what)
{
	if (result < 0)
		error(1, -result, "%s", what);
	return result;
}

static void over(void)
{
	burble_close(b, test.control);
	while (test.streams > 0)
		burble_close(b, test.stream[--test.streams].fd);
	test.control = -1;
	test.len = 0;
}

static void say(int state)
{
	char byte = (char)state;

	test.state = state;
	test.deadline = burble_clock() + PATIENCE;
	burble_send(b, test.control, &byte, 1, 0); /* a few bytes always fit */
}

static int cpu_time(void)
{
	return (int)(clock() / (CLOCKS_PER_SEC / 1000));
}

/* --- parameters and results ------------------------------------------------------------------- */

static int number(const json_t *params, const char *name, int otherwise)
{
	const json_t *v = json_object_get(params, name);

	if (json_is_boolean(v))
		return json_is_true(v);
	return json_is_real(v) && fabs(json_real_value(v)) < 1e9 ? (int)json_real_value(v)
								 : otherwise;
}

static int take_parameters(const json_t *params)
{
	uint32_t why[2] = {htonl(IEUNIMP), 0};

	test.parallel = number(params, "parallel", 1);
	test.reverse = number(params, "reverse", 0);
	test.bidirectional = number(params, "bidirectional", 0);
	test.wanted = test.parallel * (test.bidirectional ? 2 : 1);
	if (number(params, "tcp", 0) && test.parallel > 0 && test.wanted <= STREAMS) {
		say(CREATE_STREAMS);
		return 1;
	}
	say(SERVER_ERROR);
	burble_send(b, test.control, why, sizeof(why), 0);
	return 0;
}

static json_t *stream_results(int i, double seconds)
{
	const struct stream *s = &test.stream[i];

	return json_pack("{s:i s:I s:i s:i s:i s:i s:f s:f}", "id", i == 0 ? 1 : i + 2, "bytes",
		(json_int_t)s->bytes, "retransmits", s->sends ? s->retransmits : -1, "jitter", 0,
		"errors", 0, "packets", 0, "start_time", 0.0, "end_time", seconds);
}

static void give_results(void)
{
	double seconds = (double)(test.ended - test.begun) / 1e9;
	double cpu = test.cpu / (seconds * 10); /* percent */
	json_t *all = json_array();
	uint32_t length;
	size_t n;
	char *text;

	for (int i = 0; i < test.streams; i++)
		json_array_append_new(all, stream_results(i, seconds));
	all = json_pack("{s:f s:f s:f s:i s:o}", "cpu_util_total", cpu, "cpu_util_user", cpu,
		"cpu_util_system", 0.0, "sender_has_retransmits", 1, "streams", all);
	n = json_dumpb(all, NULL, 0, JSON_COMPACT);
	length = htonl((uint32_t)n);
	text = malloc(sizeof(length) + n);
	check(text ? 0 : -ENOMEM, "results");
	memcpy(text, &length, sizeof(length));
	json_dumpb(all, text + sizeof(length), n, JSON_COMPACT);
	burble_send(b, test.control, text, sizeof(length) + n,
		0); /* a client waits for no second segment */
	free(text);
	json_decref(all);
	say(DISPLAY_RESULTS);
}

/* Closes the streams: a client may be waiting for more of one before it listens to anything else.
 */
static void end(void)
{
	test.ended = burble_clock();
	test.cpu = cpu_time() - test.cpu;
	for (struct stream *s = test.stream; s < test.stream + test.streams; s++) {
		struct tcp_info info = {0};
		socklen_t n = sizeof(info);

		burble_getsockopt(b, s->fd, IPPROTO_TCP, TCP_INFO, &info, &n);
		s->retransmits = (int)info.tcpi_total_retrans;
		burble_close(b, s->fd);
		s->fd = -1;
	}
	say(EXCHANGE_RESULTS);
}

/* --- the control connection ------------------------------------------------------------------- */

/* The JSON in front of what has come, or NULL: not yet. *bad: there will be none. */
static json_t *take_json(int *bad)
{
	uint32_t length;
	json_t *value;

	if (test.len < sizeof(length))
		return NULL;
	memcpy(&length, test.in, sizeof(length));
	length = ntohl(length);
	*bad = length > TEXT - sizeof(length);
	if (*bad || test.len < sizeof(length) + length)
		return NULL;
	value = json_loadb(/* iperf3 writes -1 as 2^64 - 1 */
		test.in + sizeof(length), length, JSON_DECODE_INT_AS_REAL, NULL);
	*bad = !value;
	test.len = 0; /* a client waits before it says more */
	return value;
}

/* Acts on the bytes of the client. 0: the test is over. */
static int converse(void)
{
	json_t *value = NULL;
	int bad = 0, goes_on = 1;

	switch (test.state) {
	case 0:
		if (test.len < COOKIE)
			return 1;
		memcpy(test.cookie, test.in, COOKIE);
		test.len = 0;
		say(PARAM_EXCHANGE);
		return 1;
	case PARAM_EXCHANGE:
	case EXCHANGE_RESULTS:
		value = take_json(&bad);
		if (value && test.state == PARAM_EXCHANGE)
			goes_on = take_parameters(value);
		else if (value)
			give_results();
		json_decref(value);
		return !bad && goes_on;
	case TEST_RUNNING:
		if (test.len == 0)
			return 1;
		test.len = 0;
		if (test.in[0] != TEST_END)
			return 0;
		end();
		return 1;
	}
	return test.len == 0; /* whatever it is now, it is the last word */
}

static void hear(void)
{
	for (;;) {
		ssize_t n = burble_recv(
			b, test.control, test.in + test.len, sizeof(test.in) - test.len, 0);

		if (n == -EAGAIN)
			return;
		test.len += n > 0 ? (size_t)n : 0;
		if (n <= 0 || !converse()) {
			over();
			return;
		}
	}
}

/* --- the streams ------------------------------------------------------------------------------ */

static void deny(int fd)
{
	burble_send(b, fd, &(char){ACCESS_DENIED}, 1, 0);
	burble_close(b, fd);
}

/* Reads the cookie of a stream. 0: it is still to come, or wrong. */
static int knows(struct stream *s)
{
	ssize_t n = burble_recv(b, s->fd, s->cookie + s->len, COOKIE - s->len, 0);

	if (n == -EAGAIN)
		return 0;
	s->len += n > 0 ? (size_t)n : 0;
	if (n <= 0 || (s->len == COOKIE && memcmp(s->cookie, test.cookie, COOKIE) != 0)) {
		deny(s->fd);
		*s = test.stream[--test.streams];
		return 0;
	}
	if (s->len < COOKIE)
		return knows(s);
	test.known++;
	return 1;
}

/* Sends or receives what it can. */
static void turn(struct stream *s)
{
	static char in[PIECE];
	ssize_t n;

	if (s->len < COOKIE && !knows(s))
		return;
	if (test.state != TEST_RUNNING)
		return;
	do {
		n = s->sends ? burble_send_buf(b, s->fd, piece, 0, PIECE)
			     : burble_recv(b, s->fd, in, sizeof(in), 0);
		s->bytes += n > 0 ? (uint64_t)n : 0;
	} while (n > 0);
}

/* All streams are there. */
static void begin(void)
{
	say(TEST_START);
	say(TEST_RUNNING);
	test.begun = burble_clock();
	test.cpu = cpu_time();
	for (int i = 0; i < test.streams; i++)
		turn(&test.stream[i]);
}

/* --- connections ------------------------------------------------------------------------------ */

static void watch(int fd)
{
	struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLET, {.fd = fd}};

	check(burble_epoll_ctl(b, epoll, EPOLL_CTL_ADD, fd, &e), "epoll");
}

static void take_connection(int fd)
{
	int alive[] = {10, 5, 3}, names[] = {TCP_KEEPIDLE, TCP_KEEPINTVL, TCP_KEEPCNT};

	if (test.control < 0) {
		test = (struct test){.control = fd, .deadline = burble_clock() + PATIENCE};
		for (int i = 0; i < 3; i++)
			burble_setsockopt(b, fd, IPPROTO_TCP, names[i], &alive[i], sizeof(int));
		burble_setsockopt(b, fd, SOL_SOCKET, SO_KEEPALIVE, &(int){1}, sizeof(int));
	} else if (test.state == CREATE_STREAMS && test.streams < test.wanted) {
		int i = test.streams++;

		test.stream[i] = (struct stream){
			.fd = fd, .sends = test.bidirectional ? i >= test.parallel : test.reverse};
	} else {
		deny(fd);
		return;
	}
	watch(fd);
}

static void event(int fd)
{
	if (fd == test.control)
		hear();
	for (int i = 0; i < test.streams; i++)
		if (test.stream[i].fd == fd)
			turn(&test.stream[i]);
	if (test.state == CREATE_STREAMS && test.known == test.wanted)
		begin();
}

/* How long a client may take: a test lasts as long as it says, and its control connection lives. */
static int64_t patience(void)
{
	int64_t left = test.deadline - burble_clock();

	return test.control < 0 || test.state == TEST_RUNNING ? -1 : left > 0 ? left : 0;
}

int main(int argc, char **argv)
{
	struct burble_config config = {.now = burble_clock()};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(5201)};
	struct epoll_event e;
	int dev, listener, fd;

	if (argc != 3 || getentropy(&config.seed, sizeof(config.seed)) < 0)
		error(2, 0, "usage: iperf3d DEVICE ADDRESS/BITS");
	b = burble_new(&config);
	piece = burble_buf_new(PIECE);
	check(b && piece ? 0 : -ENOMEM, "iperf3d");
	memset(burble_buf_data(piece), 0, PIECE);
	dev = check(burble_if_open(b, argv[1]), argv[1]);
	check(burble_addr_add(b, dev, argv[2]), argv[2]);
	listener = check(burble_socket(b, AF_INET, SOCK_STREAM, 0), "socket");
	check(burble_bind(b, listener, (struct sockaddr *)&at, sizeof(at)), "port 5201");
	burble_listen(b, listener, STREAMS);
	epoll = check(burble_epoll_create1(b, 0), "epoll");
	for (;;) { /* what has ended before who comes: its end makes room */
		while (burble_epoll_wait(b, epoll, &e, 1) == 1)
			event(e.data.fd);
		if (patience() == 0)
			over();
		fd = burble_accept4(b, listener, NULL, NULL, 0);
		if (fd >= 0)
			take_connection(fd);
		else
			burble_wait(b, patience());
	}
}
