/*
 * pipe.h - driver for a cable in memory between two instances, or two interfaces of one.
 */
#ifndef DRIVER_PIPE_H
#define DRIVER_PIPE_H

#include "stack/netdev.h"

enum {
	PIPE_BYTES = 1 << 20, /* of frames in the cable, each way; more are refused with -ENOBUFS */
};

/* Makes both ends of a cable, each for one instance; the two may belong to different threads. Both
 * are up and freed by their ops->close; when one is, the other is lost. 0; -ENOMEM, or -EMFILE and
 * other errors of socketpair(). */
int pipe_open(enum netdev_kind kind, uint32_t mtu, struct netdev *end[2]);

#endif
