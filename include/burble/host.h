/*
 * host.h - an instance in the real world: Linux's clock, sleep and wake-up, Linux's devices, cables
 * in memory, captures. Included by burble.h.
 */
#ifndef BURBLE_HOST_H
#define BURBLE_HOST_H

#include <burble/burble.h>

#ifdef __cplusplus
extern "C" {
#endif

/* --- clock and sleep -------------------------------------------------------------------------- */

/* CLOCK_MONOTONIC. */
BURBLE_API int64_t burble_clock(void);

/* Steps at the present time; if nothing happened, sleeps until a frame arrives, a timer is due or
 * `timeout` (< 0: for ever) has passed, then steps again. Returns 0, or -EINTR after a signal. */
BURBLE_API int burble_wait(struct burble *b, int64_t timeout);

/* A descriptor, the instance's, that is readable when burble_wait() would not sleep: for frames of
 * any interface that is open now or later, and after burble_wake(). With burble_deadline(), for a
 * loop of the program's own:
 *
 *     struct pollfd fds[] = {{burble_fd(b), POLLIN, 0}, ...};
 *     for (;;) {
 *             int64_t left = burble_deadline(b) - burble_clock();
 *             poll(fds, n, left <= 0 ? 0 : left > 3600e9 ? 3600000 : left / 1000000 + 1);
 *             burble_wait(b, 0);
 *             ... sockets, and descriptors of the program ...
 *     }
 *
 * -EMFILE, -ENFILE, -ENOMEM. */
BURBLE_API int burble_fd(struct burble *b);

/* Makes burble_wait() return, now or the next time, and burble_fd() readable until then. May be
 * called from any thread, and from a signal handler, after burble_fd() was called once and before
 * burble_free(). Nothing else may. -EINVAL: burble_fd() has not been called. */
BURBLE_API int burble_wake(struct burble *b);

/* Closes all descriptors and runs until the data sent on them is acknowledged, as a kernel does
 * after a process has ended, or until `timeout` has passed; then releases leases of DHCP. Returns
 * the number of connections left. Data still unacknowledged at burble_free() is lost. */
BURBLE_API int burble_drain(struct burble *b, int64_t timeout);

/* --- devices ---------------------------------------------------------------------------------- */

/* Attaches to the TUN device of this name, creating it if the process may (CAP_NET_ADMIN). The
 * interface carries IP packets, has the device's MTU and gets the default routes: the kernel at the
 * other end forwards. Returns its index; -ENOENT (no /dev/net/tun), -EPERM or -EACCES, -EBUSY
 * (another program has it), -EINVAL (a TAP device, or an invalid name). */
BURBLE_API int burble_tun_open(struct burble *b, const char *name);

/* Attaches to a Linux device, by kind and name, or by name alone:
 *     tun:NAME      as burble_tun_open()
 *     tap:NAME      a TAP device, created if the process may: Ethernet frames
 *     packet:NAME   an Ethernet device by a packet socket (CAP_NET_RAW): the kernel sees all
 *                   frames, too, and must not have the addresses of the instance
 *     xdp:NAME      an Ethernet device by AF_XDP sockets (CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF):
 *                   the kernel's own stack gets no frame until the interface is deleted
 *     pcap:IN       a capture file, pcap or pcapng: its frames arrive at its times, the first at
 *                   once; needs no privilege and no clock but that of burble_step()
 *     pcap:IN,OUT   the same, and the frames that are sent are written to OUT, pcapng
 *     pcap-fast:... the same, but the frames arrive as fast as they are taken
 *     NAME          tun or tap if it is one, packet if it is another device that exists, else
 *                   created: tap if the name begins so, or tun
 * An Ethernet interface gets no default route: see burble_route_add(). Returns its index; the
 * errors of burble_tun_open(), -ENODEV, -EINVAL (not Ethernet; no frame to replay), -EMSGSIZE (an
 * MTU above 3,492 with xdp), -EFBIG (a capture above 1 GiB), errors of open(2). */
BURBLE_API int burble_if_open(struct burble *b, const char *device);

/* Joins a and b, or one instance with itself, by a cable in memory, and stores the index at either
 * end. The two may be used from different threads; each end has a descriptor that wakes the other's
 * burble_wait(). Each way the cable holds 1 MiB; more is refused to the sender with -ENOBUFS.
 * When one interface is deleted, the other is lost. 0; -EINVAL (the MTU), -ENOBUFS (64 interfaces),
 * -ENOMEM, -EMFILE. */
BURBLE_API int burble_if_pipe(
	struct burble *a, struct burble *b, enum burble_if_kind kind, uint32_t mtu, int ifindex[2]);

/* --- captures --------------------------------------------------------------------------------- */

struct burble_capture; /* one in progress */

/* From now on writes every frame that passes an interface of b, except the loopback, as pcapng:
 * n bytes at a time to write(), which returns 0, or -1: they are lost, and nothing more is written.
 * It must not call the library for b. Times are those of the instance plus `epoch` nanoseconds,
 * 0 in virtual time. Several segments that are sent as one packet are one packet. The capture is
 * to be stopped before burble_free(). NULL: out of memory, or write() has failed. */
BURBLE_API struct burble_capture *burble_capture_start(struct burble *b,
	int (*write)(void *ctx, const void *bytes, size_t n), void *ctx, int64_t epoch);

/* Ends it. 0, or -EIO: write() has failed, and the capture is cut there. */
BURBLE_API int burble_capture_stop(struct burble_capture *c);

#ifdef __cplusplus
}
#endif

#endif
