/*
 * netdev.h - network interface: the operations that a driver (tap, tun, af_packet, pcap, a lab
 * wire, loopback) implements, and the stack's fields. The driver owns the structure and the table;
 * the stack fills in its fields, marked so, while the interface is attached.
 */
#ifndef STACK_NETDEV_H
#define STACK_NETDEV_H

#include "stack/pkt.h"
#include "wire/eth.h"

struct stack;
struct netdev;

enum netdev_kind {
	NETDEV_ETHER,    /* frames with an Ethernet header; ARP and NDP apply */
	NETDEV_RAW,      /* IP packets without a link layer: tun, lab wires */
	NETDEV_LOOPBACK, /* packets sent are received again */
	NETDEV_KINDS
};

enum netdev_flag {
	NETDEV_UP = 1 << 0,
	NETDEV_FQ = 1 << 1,  /* sends packets at the pace that TCP requests, like Linux's fq */
	NETDEV_GSO = 1 << 2, /* accepts packets with pkt.gso set, and segments them if need be */
	NETDEV_TX_CSUM = 1 << 3, /* accepts packets with pkt.csum_partial set and completes them */
};

struct netdev_ops {
	/* Sends p, a whole frame or IP packet. Takes p. Returns 0, or -ENOBUFS: dropped, and to be
	 * reported to the sender (a full queue of the interface). Never re-enters the stack. */
	int (*send)(struct netdev *dev, struct pkt *p);
	/* End of the batch: sends packets gathered by the driver. May be NULL. */
	void (*flush)(struct netdev *dev);
	/* Returns the next frame that has arrived, which becomes the caller's, or NULL. NULL
	 * function: frames are passed to stack_input(). */
	struct pkt *(*receive)(struct netdev *dev);
	/* Closes the device, already detached, and frees dev. NULL function: its creator does. */
	void (*close)(struct netdev *dev);
};

enum {
	NETDEV_NAME = 16,
	NETDEV_MAX = 64, /* interfaces of one instance */
};

struct netdev {
	const struct netdev_ops *ops;
	void *ctx; /* for the driver */
	char name[NETDEV_NAME];
	uint32_t mtu;
	uint8_t kind;  /* enum netdev_kind */
	uint8_t flags; /* enum netdev_flag; but for NETDEV_UP they stay while attached */
	struct eth_addr mac;
	int fd; /* readable when frames have arrived; -1: none. For devices with receive */
	uint64_t rx_missed;  /* frames dropped by the driver before the stack took them, */
	uint64_t tx_dropped; /* and after send() had returned 0 */
	int lost; /* set by the driver, -errno: the device is gone, and will not come back */
	/* When the next frame arrives, if the driver knows: a replayed capture. 0: it does not;
	 * NSEC_MAX: none does any more. */
	nsec_t rx_at;
	/* filled in by the stack while attached */
	struct stack *stack;
	nsec_t now;            /* of this batch, for drivers that are read by time */
	struct pkt_pool *pkts; /* source of received packets */
	uint32_t ifindex;      /* from 1 on; 0: not attached */
	void *link;            /* for link/ and ip/ */
};

#endif
