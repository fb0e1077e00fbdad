/*
 * pcap.h - driver that replays a capture file: its frames arrive at the times of the file, and what
 * the stack sends is written to another.
 */
#ifndef DRIVER_PCAP_H
#define DRIVER_PCAP_H

#include "stack/netdev.h"

/* Opens "IN" or "IN,OUT": a pcap or pcapng file of Ethernet frames or IP packets, and the pcapng
 * file to write; without one, what is sent is gone. The first frame arrives at the first batch, the
 * others as much later as in the file. The Ethernet address is the first one that a frame is sent
 * to. *out is up, has an MTU of 1,500 and is freed by its ops->close. 0; -ENOENT, -EACCES or
 * another error of open(), -EFBIG (above PCAP_FILE_MAX), -EINVAL (no frame that can be replayed),
 * -ENOMEM. */
int pcap_open(const char *files, struct netdev **out);

/* The same, but all frames arrive at once, as fast as the stack takes them. */
int pcap_open_fast(const char *files, struct netdev **out);

enum {
	PCAP_FILE_MAX = 1 << 30, /* bytes: the file is read into memory */
};

#endif
