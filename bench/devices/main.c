/*
 * main.c - devbench: the kernel's sockets and burble's beside each other, over devices.
 *
 *     devbench serve NET                      serves on port 7
 *     devbench blast DEVICE SECONDS           frames a second that its driver alone sends
 *     devbench load NET -- HOST CELL          one measurement, printed as JSON:
 *         rtt CONNECTIONS COUNT    64 bytes there and back, at most 100 at once
 *         up MIB, down MIB         a stream to the server, from it
 *         churn COUNT              connections opened and closed, 32 at once
 *         http CONNECTIONS COUNT PATH    GETs, kept alive, on port 80
 *         verify MIB               there and back, each byte compared
 *
 * NET is `kernel`, or a device and its addresses with bits: tap:t0 10.50.0.2/24 fd50::2/64.
 */
#include "devices/bench.h"
#include "host/devices.h"

#include <error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	FRAME = 1000,
	BATCH = 64,
};

static void blast(const char *device, double seconds)
{
	int64_t start = burble_clock(), end = start + (int64_t)(seconds * 1e9);
	struct pkt_pool pool;
	struct netdev *dev;
	uint64_t sent = 0;
	int err = device_open(device, &dev);

	if (err)
		error(1, -err, "%s", device);
	pkt_pool_init(&pool);
	dev->pkts = &pool;
	while (burble_clock() < end) {
		for (int i = 0; i < BATCH; i++) {
			struct pkt *p = pkt_new(&pool, FRAME);

			memset(p->data, 0xff, FRAME); /* a broadcast of no protocol */
			p->len = FRAME;
			sent += dev->ops->send(dev, p) == 0;
		}
		if (dev->ops->flush)
			dev->ops->flush(dev);
	}
	printf("{\"frames\":%.0f}\n",
		(double)(sent - dev->tx_dropped) / ((double)(burble_clock() - start) / 1e9));
	dev->ops->close(dev);
	pkt_pool_free(&pool);
}

int main(int argc, char **argv)
{
	struct net n;
	int words = 0, status;

	if (argc == 4 && strcmp(argv[1], "blast") == 0) {
		blast(argv[2], strtod(argv[3], NULL));
		return 0;
	}
	while (words + 2 < argc && strcmp(argv[words + 2], "--") != 0)
		words++;
	if (words == 0)
		error(2, 0,
			"usage: devbench serve NET | blast DEVICE SECONDS | load NET -- HOST CELL");
	net_open(&n, argv + 2, words);
	if (strcmp(argv[1], "serve") == 0)
		serve(&n);
	if (words + 5 > argc)
		error(2, 0, "usage: devbench load NET -- HOST CELL");
	status = load(&n, argv[words + 3], argv + words + 4, argc - words - 4);
	net_end(&n);
	return status;
}
