/*
 * wait.h - sleep until an instance on real devices has work.
 */
#ifndef HOST_WAIT_H
#define HOST_WAIT_H

#include "socket/instance.h"

/*
 * Steps the instance at the present time; if nothing happened, sleeps until a frame arrives,
 * wake_fd (-1: none) is readable, a timer is due or `timeout` (< 0: for ever) has passed, and steps
 * again. Returns 0, or -EINTR after a signal.
 */
int host_wait(struct burble *b, nsec_t timeout, int wake_fd);

/* Adds the descriptor of an interface to burble_fd(), if that is in use. */
void host_wait_watch(struct burble *b, int ifindex);

#endif
