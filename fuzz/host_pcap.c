/*
 * host_pcap.c - any bytes as a capture file: a device replays it into an instance that listens.
 * What the reader accepts lies within the file; what cannot be replayed is refused.
 */
#include "burble/socket.h"
#include "observe/pcap.h"
#include "wire_fuzz.h"

#include <netinet/in.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	STEPS = 1000, /* of timers that the frames have started */
};

/* Reads data as the device will; returns how many packets there are. */
static int walk(const uint8_t *data, size_t size)
{
	struct pcap_reader r;
	struct pcapng_packet p;
	int n = 0;

	pcap_read(&r, data, size);
	for (; pcap_next(&r, &p); n++)
		must(p.data >= data && p.data + p.len <= data + size && p.at >= 0);
	return n;
}

static void replay(const char *device, int packets)
{
	struct burble *b = burble_new(&(struct burble_config){.seed = 1, .now = 0});
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7)};
	int fd = burble_socket(b, AF_INET, SOCK_STREAM, 0), ifindex = burble_if_open(b, device);
	int64_t now = 0;

	must(ifindex < 0 || packets > 0);
	if (ifindex > 0) {
		burble_addr_add(b, ifindex, "10.0.0.1/8");
		burble_bind(b, fd, (struct sockaddr *)&at, sizeof(at));
		burble_listen(b, fd, 8);
	}
	for (int i = 0; i < STEPS && now != BURBLE_NEVER; i++) {
		int64_t next = burble_step(b, now);

		must(next >= now);
		now = next;
	}
	burble_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC), packets = walk(data, size);
	char device[64];

	must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(device, sizeof(device), "pcap:/proc/self/fd/%d", fd);
	replay(device, packets);
	snprintf(device, sizeof(device), "pcap-fast:/proc/self/fd/%d,/dev/null", fd);
	replay(device, packets);
	close(fd);
	return 0;
}
