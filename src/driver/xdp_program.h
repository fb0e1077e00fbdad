/*
 * xdp_program.h - the XDP program of a device whose frames go to AF_XDP sockets.
 */
#ifndef DRIVER_XDP_PROGRAM_H
#define DRIVER_XDP_PROGRAM_H

#include <stdint.h>

/* Both are descriptors; when the last one is closed, or the process dies, the program leaves the
 * device. */
struct xdp_program {
	int map;  /* of sockets, by receive queue */
	int link; /* from the program to the device */
};

/* Attaches the program to a device with so many receive queues. 0; -EBUSY (it has a program),
 * -EPERM, -errno. */
int xdp_program_attach(struct xdp_program *x, int ifindex, uint32_t queues);

/* Takes it off again; nothing if it was not attached. */
void xdp_program_detach(struct xdp_program *x);

#endif
