/*
 * host.h - a host of a world: an instance of the stack with its sockets, interfaces that lead into
 * links, and a program that runs when one of its calls can go on.
 *
 *     packet in    link -> host_forward -> burble_step   one packet a step
 *     its time     timers, then the program if it was woken, until nothing more is to be done
 *     packet out   burble_step -> transmit -> link, which only queues
 *
 *     fault        what the peer sees                  what the host keeps
 *     power_off    nothing, ever                       its disk: addresses, routes, parameters
 *     reboot       RST to what it sends                the same; a new instance begins
 *     crash        FIN, or RST where data was unread   everything but its descriptors
 */
#ifndef LAB_WORLD_HOST_H
#define LAB_WORLD_HOST_H

#include "burble/socket.h"
#include "lab/world/world.h"

struct host;

/* The program of a host. */
struct host_program {
	/* Goes on with whatever can; true if it did something. */
	bool (*run)(void *ctx, struct host *h);
	/* Its descriptors are gone: power_off, reboot or crash. */
	void (*killed)(void *ctx, struct host *h);
	void *ctx;
};

/* A new host, switched on, with no interface but lo. Owned by w. */
struct host *host_new(struct world *w, const char *name);

/* Starts a program; there was none, or it was killed. */
void host_set_program(struct host *h, const struct host_program *p);

/* Adds an interface that sends into `out`; returns the port of the host to join the link to, also
 * its number for host_addr() and host_route(). */
struct port host_interface(struct host *h, struct port out, uint32_t mtu);

/* Configure it, also for after the next reboot. 0 or -errno. Addresses as burble_addr_add(). */
int host_addr(struct host *h, int port, const char *address);
int host_addr_del(struct host *h, int port, const char *address);
int host_route(struct host *h, int port, const char *prefix, const char *gateway);
int host_sysctl(struct host *h, const char *name, const char *value, const char **why);

/* The instance, for calls at the present time: follow them with host_wake(). NULL: it is off. */
struct burble *host_instance(struct host *h);

/* The program has something to do, or calls were made from outside: the host runs at once. */
void host_wake(struct host *h);

/* The program wants to run at `when`. */
void host_wake_at(struct host *h, nsec_t when);

/* Watches a stream: its TCP_INFO is recorded whenever it changes. At most HOST_WATCHES; false:
 * there are as many. */
bool host_watch(struct host *h, int fd);

enum {
	HOST_INTERFACES = 16,
	HOST_SETTINGS = 4096, /* addresses, routes and parameters that outlive a reboot */
	HOST_WATCHES = 64,
};

/* Faults; a host that is off stays off until host_reboot(). */
void host_power_off(struct host *h);
void host_reboot(struct host *h);
void host_crash(struct host *h);

/* Appends the counters that moved since the host was made, or was booted, to the record. */
void host_record_counters(struct host *h);

/* The host as a node. */
struct node *host_node(struct host *h);

#endif
