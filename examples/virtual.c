/*
 * virtual.c - a client and a server, each on an instance of its own, over a wire of 20 ms in
 * virtual time: seconds of virtual time run in milliseconds, the same in every run.
 *
 *     cc virtual.c $(pkg-config --cflags --libs burble) -o virtual && ./virtual
 */
#include <burble/socket.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define MSEC 1000000LL

enum {
	FRAMES = 64,
	FRAME = 1500
};

/* One direction: frames in flight, in order of arrival. */
struct wire {
	struct burble *to;
	int64_t *now, arrives[FRAMES];
	size_t len[FRAMES];
	unsigned first, count;
	char frame[FRAMES][FRAME];
};

static int transmit(void *ctx, const void *frame, size_t len)
{
	struct wire *w = ctx;
	unsigned i = (w->first + w->count) % FRAMES;

	if (w->count == FRAMES)
		return -1; /* a full queue: the frame is lost, and TCP will retransmit */
	w->arrives[i] = *w->now + 20 * MSEC;
	w->len[i] = len;
	memcpy(w->frame[i], frame, len);
	w->count++;
	return 0;
}

/* Delivers the frames that have arrived. */
static void deliver(struct wire *w)
{
	for (; w->count > 0 && w->arrives[w->first] <= *w->now; w->count--) {
		burble_if_input(w->to, 2, w->frame[w->first], w->len[w->first]);
		w->first = (w->first + 1) % FRAMES;
	}
}

/* When this direction has something to do: its next frame's arrival, or its receiver's next
 * timer. */
static int64_t next_of(struct wire *w, int64_t stepped)
{
	return w->count > 0 && w->arrives[w->first] < stepped ? w->arrives[w->first] : stepped;
}

/* Advances time to the next event. */
static void step(struct wire *there, struct wire *back)
{
	int64_t a, b;

	deliver(there);
	deliver(back);
	a = burble_step(there->to, *there->now);
	b = burble_step(back->to, *back->now);
	a = next_of(there, a);
	b = next_of(back, b);
	*there->now = a < b ? a : b;
}

static struct burble *host(uint64_t seed, const char *address, struct wire *out)
{
	struct burble *b = burble_new(&(struct burble_config){.seed = seed, .now = *out->now});
	struct burble_if_config c = {"wire0", BURBLE_IF_IP, FRAME, {0}, transmit, out};

	burble_addr_add(b, burble_if_add(b, &c), address);
	return b;
}

int main(void)
{
	static struct wire there, back;
	int64_t now = 0;
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
	char word[16] = "";
	int l, c, s = -1;

	there.now = back.now = &now;
	back.to = host(1, "10.0.0.1/24", &there);
	there.to = host(2, "10.0.0.2/24", &back);
	inet_pton(AF_INET, "10.0.0.2", &at.sin_addr);
	l = burble_socket(there.to, AF_INET, SOCK_STREAM, 0);
	burble_bind(there.to, l, (struct sockaddr *)&at, sizeof(at));
	burble_listen(there.to, l, 1);
	c = burble_socket(back.to, AF_INET, SOCK_STREAM, 0);
	burble_connect(back.to, c, (struct sockaddr *)&at, sizeof(at));
	while ((s = burble_accept4(there.to, l, NULL, NULL, 0)) < 0)
		step(&there, &back);
	printf("%3lld ms  accepted\n", (long long)(now / MSEC));
	burble_send(there.to, s, "hello", 5, 0);
	while (burble_recv(back.to, c, word, sizeof(word) - 1, 0) < 0)
		step(&there, &back);
	printf("%3lld ms  client has '%s'\n", (long long)(now / MSEC), word);
	burble_free(back.to);
	burble_free(there.to);
	return 0;
}
