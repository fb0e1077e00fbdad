/*
 * vnet.h - struct virtio_net_hdr, which precedes each packet of a TUN, TAP or packet socket that
 * asks for it: a packet of up to 64 KiB may hold several TCP segments, and its checksum may be left
 * to the other side, in both directions.
 *
 *     [ virtio_net_hdr 10 ][ frame or IP packet ]
 */
#ifndef DRIVER_VNET_H
#define DRIVER_VNET_H

#include "stack/netdev.h"

#include <linux/virtio_net.h>
#include <sys/uio.h>

enum {
	VNET_PACKET_MAX = 65536 + ETH_HDR_LEN,
	VNET_IOV = 3, /* parts of a packet on its way out or in, at most */
};

/* A packet on its way out, as parts for writev(). */
struct vnet_out {
	struct virtio_net_hdr head;
	struct iovec iov[VNET_IOV];
	int parts;
};

/* Describes p, which stays the caller's and must live as long as *out is used. */
void vnet_out(struct vnet_out *out, const struct netdev *dev, const struct pkt *p);

/* A place for the next packet in: read into a packet of the size of a frame, so that it is not
 * copied; what is longer goes on in `rest`. */
struct vnet_in {
	struct virtio_net_hdr head;
	struct iovec iov[VNET_IOV];
	struct pkt *spare;
	uint8_t rest[VNET_PACKET_MAX - PKT_LARGE];
};

/* Prepares in->iov for a readv() of VNET_IOV parts. False: out of memory. */
bool vnet_in_prepare(struct vnet_in *in, struct netdev *dev);

/* The packet of n bytes, with its header, that was read; the caller's. NULL: out of memory, counted
 * in dev->rx_missed, or shorter than its header. */
struct pkt *vnet_in_take(struct vnet_in *in, struct netdev *dev, size_t n);

/* Frees what was prepared. */
void vnet_in_free(struct vnet_in *in);

#endif
