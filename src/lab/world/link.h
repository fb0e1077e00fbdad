/*
 * link.h - a link between two nodes, with the impairments of netem and more. Each direction is
 * separate:
 *
 *     port 0 -> [cut? length? filter? loss? copy? corrupt?] -> queue -> [rate] -> ( delay ) -> port
 * 1
 *
 * The words are those of tc-netem(8).
 */
#ifndef LAB_WORLD_LINK_H
#define LAB_WORLD_LINK_H

#include "lab/world/queue.h"

/* One direction. Probabilities are from 0 to 1. */
struct link_config {
	nsec_t delay, jitter;            /* delay - jitter to delay + jitter, uniform */
	uint64_t rate;                   /* bits per second; 0: no limit */
	uint32_t swallows;               /* packets longer than this vanish; 0: none */
	double loss, duplicate, corrupt; /* each packet independently */
	double reorder;                  /* this fraction is not delayed */
	double ge_p, ge_r, ge_h,
		ge_k; /* loss gemodel: good to bad, bad to good, and the fractions that pass: 1 - h
			 is lost when bad, 1 - k when good. ge_p 0: off */
	bool down;    /* a cut cable */
	struct queue_config queue;
};

/* A filter's verdict on a packet. */
enum link_verdict {
	LINK_PASS,
	LINK_DROP,
	LINK_DUPLICATE,
};

struct link;

/* Sees every packet that enters a direction of a link that is up, before anything else. */
typedef enum link_verdict (*link_filter)(void *ctx, struct link *l, int side, struct packet *p);

/* A new link, owned by w. Both directions start with config. */
struct link *link_new(struct world *w, const char *name, const struct link_config *config);

/* Joins a side, 0 or 1, to a port of a node. */
void link_join(struct link *l, int side, struct port to);

/* The port through which a node sends to a side. */
struct port link_port(struct link *l, int side);

/* The configuration of the direction entered at `side`. */
const struct link_config *link_get(const struct link *l, int side);

/* Changes a direction from now on: packets in transit keep their timing. Taking the link down drops
 * them. */
void link_set(struct link *l, int side, const struct link_config *config);

/* Sets the filter; NULL: none. */
void link_set_filter(struct link *l, link_filter filter, void *ctx);

/* The packets and bytes queued at `side`. */
void link_waiting(const struct link *l, int side, uint32_t *packets, uint32_t *bytes);

#endif
