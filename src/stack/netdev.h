/*
 * netdev.h - network interface: what a driver (tap, tun, af_packet, pcap, a lab wire, loopback)
 * implements, and the stack's part of it. The driver owns the structure and the table; the
 * stack fills in the part that is marked so while the interface is attached.
 */
#ifndef STACK_NETDEV_H
#define STACK_NETDEV_H

#include "stack/pkt.h"
#include "wire/eth.h"

struct stack;
struct netdev;

enum netdev_kind {
	NETDEV_ETHER,    /* frames with an Ethernet header; ARP and NDP apply */
	NETDEV_RAW,      /* IP packets as they are: tun, lab wires without a link layer */
	NETDEV_LOOPBACK, /* what is sent comes back in */
	NETDEV_KINDS
};

enum netdev_flag {
	NETDEV_UP = 1 << 0,
	NETDEV_RX_CSUM = 1 << 1, /* sets pkt.csum_ok on what it has verified */
	NETDEV_FQ = 1 << 3,  /* packets leave at the pace TCP asks for: Linux's fq in front of it */
	NETDEV_GSO = 1 << 2, /* takes packets with pkt.gso set and cuts them itself */
};

struct netdev_ops {
	/* Sends p, a whole frame or IP packet. Takes p. Returns 0, or -ENOBUFS: dropped, and the
	 * sender is to know (a full queue of the interface). Never re-enters the stack. */
	int (*send)(struct netdev *dev, struct pkt *p);
	/* End of the batch: gathered packets are sent now. May be NULL. */
	void (*flush)(struct netdev *dev);
	/* The next frame that has arrived, which becomes the caller's, or NULL. A NULL function:
	 * frames come by stack_input(). */
	struct pkt *(*receive)(struct netdev *dev);
	/* Ends the device, detached already, and frees dev. A NULL function: its maker does. */
	void (*close)(struct netdev *dev);
};

enum {
	NETDEV_NAME = 16,
	NETDEV_MAX = 64, /* interfaces of one instance */
};

struct netdev {
	const struct netdev_ops *ops;
	void *ctx; /* the driver's */
	char name[NETDEV_NAME];
	uint32_t mtu;
	uint8_t kind;  /* enum netdev_kind */
	uint8_t flags; /* enum netdev_flag */
	struct eth_addr mac;
	int fd; /* readable when frames have arrived; -1: none. Of devices with receive */
	uint64_t rx_missed; /* frames that the driver had no room for before the stack took them */
	/* filled in by the stack while attached */
	struct stack *stack;
	struct pkt_pool *pkts; /* where received frames come from */
	uint32_t ifindex;      /* from 1 on; 0: not attached */
	void *link;            /* of link/ and ip/ */
};

#endif
