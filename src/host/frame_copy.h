/*
 * frame_copy.h - a packet as the bytes that are on the wire.
 */
#ifndef HOST_FRAME_COPY_H
#define HOST_FRAME_COPY_H

#include "stack/pkt.h"

/* Copies p, pkt_total(p) bytes, to `to`, and completes a checksum that is left to the device. */
void frame_copy(uint8_t *to, const struct pkt *p);

#endif
