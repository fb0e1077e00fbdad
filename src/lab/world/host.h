/*
 * host.h - a host of a world: a machine (machine.h) with its sockets, and interfaces connected to
 * links. Programs call its machine from outside.
 *
 *     packet in    link -> host_forward -> machine   one packet per step
 *     its time     timers, until there is nothing more to do
 *     packet out   machine -> host_send -> link, which only queues
 *
 *     fault        seen by the peer                kept by the host
 *     power_off    nothing, ever                   its disk: addresses, routes, parameters
 *     reboot       RST in reply to segments        the same; a new instance starts
 *     crash        FIN, or RST if data was unread  everything except its descriptors
 */
#ifndef LAB_WORLD_HOST_H
#define LAB_WORLD_HOST_H

#include "burble/socket.h"
#include "lab/world/machine.h"
#include "lab/world/world.h"

struct host;

/* A new host, switched on, with no interface but lo. Owned by w. */
struct host *host_new(struct world *w, const char *name);

/* The same with the machine that make(host, ctx) returns. */
struct host *host_new_with(struct world *w, const char *name,
	struct machine *(*make)(struct host *h, void *ctx), void *ctx);

/* Adds an interface that sends to `out`; returns the host's port to join the link to, whose number
 * also identifies it in host_addr() and host_route(). */
struct port host_interface(struct host *h, struct port out, uint32_t mtu);

/* Configure it, persistently across reboots. 0 or -errno. Addresses as for burble_addr_add(). */
int host_addr(struct host *h, int port, const char *address);
int host_addr_del(struct host *h, int port, const char *address);
int host_route(struct host *h, int port, const char *prefix, const char *gateway);
int host_sysctl(struct host *h, const char *name, const char *value, const char **why);

/* Reads a parameter as in /proc/sys, while it is on. 0 or -errno. */
int host_sysctl_get(struct host *h, const char *name, char *value, size_t size);

/* Whether it is switched on. */
bool host_is_on(const struct host *h);

/* Its machine, for calls while it is on. */
struct machine *host_machine(struct host *h);

/* The instance, for calls at the present time, to be followed by host_wake(). NULL: switched
 * off, or a kernel. */
struct burble *host_instance(struct host *h);

/* For its machine: sends an IP packet from an interface. */
void host_send(struct host *h, int port, const void *packet, size_t len);

/* To be called after calls of the instance: sends at this instant what they marked. */
void host_wake(struct host *h);

/* Watches a stream: its TCP_INFO is recorded whenever it changes. False: HOST_WATCHES are watched
 * already. */
bool host_watch(struct host *h, int fd);

enum {
	HOST_INTERFACES = 16,
	HOST_SETTINGS = 4096, /* addresses, routes and parameters that outlive a reboot */
	HOST_WATCHES = 64,
	HOST_READY = 64,     /* descriptors, from 0, whose readiness is recorded */
	HOST_LISTENERS = 16, /* ports whose queues are recorded */
};

/* Faults; a host that is off stays off until host_reboot(). */
void host_power_off(struct host *h);
void host_reboot(struct host *h);
void host_crash(struct host *h);

/* Records the counters that changed since the host was created or booted. */
void host_record_counters(struct host *h);

/* The host as a node. */
struct node *host_node(struct host *h);

#endif
