/*
 * opt_group.h - setters and getters of multicast options, for the tables of opt_ip.c. Private to
 * the room.
 */
#ifndef SOCKET_OPT_GROUP_H
#define SOCKET_OPT_GROUP_H

#include "socket/opt_row.h"

/* IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP; their IPv6 forms; MCAST_JOIN_GROUP, MCAST_LEAVE_GROUP. */
int group_join(struct burble *b, struct sock *s, struct iovec value);
int group_leave(struct burble *b, struct sock *s, struct iovec value);
int group_join6(struct burble *b, struct sock *s, struct iovec value);
int group_leave6(struct burble *b, struct sock *s, struct iovec value);
int group_join_any(struct burble *b, struct sock *s, struct iovec value);
int group_leave_any(struct burble *b, struct sock *s, struct iovec value);

/* IP_MULTICAST_IF, IPV6_MULTICAST_IF. */
int group_set_if(struct burble *b, struct sock *s, struct iovec value);
int group_get_if(struct burble *b, struct sock *s, struct iovec *value);
int group_set_if6(struct burble *b, struct sock *s, const struct opt *o, int v);

/* IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS: -1 is the default, 1. */
int group_set_ttl(struct burble *b, struct sock *s, const struct opt *o, int v);

/* IP_MULTICAST_LOOP: any int. */
int group_set_loop(struct burble *b, struct sock *s, const struct opt *o, int v);

#endif
