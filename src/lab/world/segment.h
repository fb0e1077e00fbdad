/* segment.h - a packet of one TCP segment, for middleboxes and floods. */
#ifndef LAB_WORLD_SEGMENT_H
#define LAB_WORLD_SEGMENT_H

#include "lab/world/world.h"
#include "wire/tcp.h"

/* A new packet of w: s with its data between the addresses of a, of either family. */
struct packet *segment_packet(struct world *w, const struct ip_pair *a, const struct tcp_seg *s);

#endif
