/* capture.c - the frames of an instance as pcapng, written by the program: burble/burble.h. */
#include "host/frame_copy.h"
#include "observe/pcapng.h"
#include "socket/instance.h"

#include <errno.h>
#include <stdlib.h>

enum {
	NO_LINK = UINT8_MAX, /* of an interface that no frame has passed yet */
};

struct burble_capture {
	struct stack_tap tap;
	struct stack *stack;
	int (*write)(void *ctx, const void *bytes, size_t n);
	void *ctx;
	nsec_t epoch;
	struct pcapng_writer writer;
	uint8_t link[NETDEV_MAX + 1]; /* of the file, by interface */
	uint8_t frame[PCAPNG_PACKET_MAX];
};

static bool sink(void *user, const void *bytes, size_t n)
{
	struct burble_capture *c = user;

	return c->write(c->ctx, bytes, n) == 0;
}

static uint32_t link_of(struct burble_capture *c, const struct netdev *dev)
{
	uint8_t *link = &c->link[dev->ifindex];

	if (*link == NO_LINK)
		*link = (uint8_t)pcapng_add_link(&c->writer,
			dev->kind == NETDEV_ETHER ? PCAPNG_ETHERNET : PCAPNG_RAW_IP, dev->name);
	return *link;
}

static void on_frame(struct stack_tap *tap, const struct netdev *dev, const struct pkt *p, bool out)
{
	struct burble_capture *c = container_of(tap, struct burble_capture, tap);
	struct pcapng_packet w = {.data = c->frame, .len = pkt_total(p)};

	if (c->writer.failed || w.len > sizeof(c->frame))
		return;
	w.link = link_of(c, dev);
	if (c->writer.failed)
		return;
	frame_copy(c->frame, p);
	w.at = stack_now(c->stack) + c->epoch;
	w.at = w.at < 0 ? 0 : w.at;
	pcapng_write(&c->writer, &w);
}

struct burble_capture *burble_capture_start(struct burble *b,
	int (*write)(void *ctx, const void *bytes, size_t n), void *ctx, int64_t epoch)
{
	struct burble_capture *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->tap.frame = on_frame;
	c->stack = burble_stack(b);
	c->write = write;
	c->ctx = ctx;
	c->epoch = epoch;
	memset(c->link, NO_LINK, sizeof(c->link));
	if (!pcapng_begin(&c->writer, sink, c)) {
		free(c);
		return NULL;
	}
	stack_tap(c->stack, &c->tap);
	return c;
}

int burble_capture_stop(struct burble_capture *c)
{
	int err = c->writer.failed ? -EIO : 0;

	stack_untap(c->stack, &c->tap);
	free(c);
	return err;
}
