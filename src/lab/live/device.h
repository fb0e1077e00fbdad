/*
 * device.h - a Linux device as a node: what arrives is forwarded to its neighbour, what the
 * neighbour forwards is sent. The world around it runs in real time:
 *
 *     device_receive()    frames in, at the present time of the world
 *     world_run(now)      links, queues and boxes
 *     device_flush()      frames out
 *
 * A frame of several segments is cut as it comes in, and its checksum is completed: what the lab
 * loses and delays are packets of the wire.
 */
#ifndef LAB_LIVE_DEVICE_H
#define LAB_LIVE_DEVICE_H

#include "lab/world/world.h"
#include "stack/netdev.h"

struct device;

/* A node for dev, which is closed with the world. Owned by w. */
struct device *device_new(struct world *w, struct netdev *dev);

/* Where neighbours forward what is to be sent. */
struct port device_port(struct device *d);

/* Joins the device to its neighbour. */
void device_join(struct device *d, struct port to);

/* Forwards the frames that have arrived, a bounded number; returns how many. */
uint32_t device_receive(struct device *d);

/* Sends what the driver has gathered. */
void device_flush(struct device *d);

#endif
