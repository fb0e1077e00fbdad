/*
 * control_tap.h - packets of an instance's devices, copied for `burble dump` as they pass:
 *
 *     stack <----> driver
 *          `-> tap -> a bounded queue
 *
 * A packet that arrived and was dropped gets the counters that rose meanwhile (mib_drops): law 6
 * makes them its reasons. One that does not fit into the queue is counted, not copied. Checksums
 * that are left to the device are completed in the copy; several segments sent as one packet are
 * one packet.
 */
#ifndef HOST_CONTROL_TAP_H
#define HOST_CONTROL_TAP_H

#include "base/base.h"
#include "stack/netdev.h"

struct burble;

enum {
	TAP_QUEUE_BYTES = 1 << 20, /* of packets, with their headers: more are dropped */
	TAP_SNAP_MAX = 65536,      /* bytes kept of a packet */
	TAP_WHY = 2, /* reasons kept of one that was dropped: its own, and the group's */
};

/* A packet in the queue; its bytes follow. */
struct tap_packet {
	int64_t wall; /* ns since 1970 */
	uint32_t len, wire_len;
	uint32_t dropped;      /* packets since the one before that did not fit */
	bool out, ethernet;    /* ethernet: an Ethernet header comes before the packet */
	uint16_t why[TAP_WHY]; /* enum mib: counted while it was processed; MIB_COUNT: no more */
	char dev[NETDEV_NAME];
};

struct control_tap;

/* Taps every device of b but the loopback; keeps snap bytes of each packet. event, an eventfd,
 * becomes readable when a packet arrives in an empty queue. NULL: out of memory. */
struct control_tap *control_tap_new(struct burble *b, uint32_t snap, int event);

/* Takes the oldest packet; its bytes, valid until the next packet passes or the next call, in
 * *bytes. False: the queue is empty. */
bool control_tap_next(struct control_tap *t, struct tap_packet *p, const uint8_t **bytes);

/* Gives the devices their own operations again, and frees t; it may be NULL. */
void control_tap_free(struct control_tap *t);

#endif
