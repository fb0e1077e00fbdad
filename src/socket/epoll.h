/*
 * epoll.h - epoll sets as files, and as watchers of files. Private to the room.
 */
#ifndef SOCKET_EPOLL_H
#define SOCKET_EPOLL_H

#include "socket/file.h"

/* An event of the file of item w. True if it counts as handled for other exclusive items. */
bool epoll_item_notify(struct burble *b, struct burble_watch *w, uint32_t key);

/* True if the item was added with EPOLLEXCLUSIVE. */
bool epoll_item_exclusive(const struct burble_watch *w);

/* The file of item w is closed for good; w has already been removed from its chain. */
void epoll_item_gone(struct burble_watch *w);

/* Bytes used by the items of f; 0 if it is not a set. */
size_t epoll_bytes(const struct file *f);

/* The file operations of an epoll set. */
extern const struct file_ops epoll_ops;

#endif
