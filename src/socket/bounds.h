/*
 * bounds.h - the bounds of the socket room, and their errors. Those that Linux lets an
 * administrator set are sysctls (stack/sysctl.h) or in struct burble_config. (Not "limits.h": meson
 * puts this folder before libc's.)
 */
#ifndef SOCKET_BOUNDS_H
#define SOCKET_BOUNDS_H

enum {
	LIMIT_EPOLL_NESTS = 4,       /* sets above and below in a chain of sets: -ELOOP */
	LIMIT_EPOLL_ITEMS = 1 << 22, /* items of one set: -ENOSPC */
	LIMIT_IOV = 1024,            /* UIO_MAXIOV, buffers of one call: -EMSGSIZE */
	LIMIT_RW = 0x7ffff000,       /* MAX_RW_COUNT, bytes of one call: longer transfers are cut */
};

#endif
