/*
 * ao_api.h - the structures of the TCP-AO options as Linux 6.7 and later lay them out (linux/tcp.h,
 * which lacks them on Debian 12). Names are ours; numbers and layout are Linux's.
 */
#ifndef SOCKET_AO_API_H
#define SOCKET_AO_API_H

#include <stdint.h>
#include <sys/socket.h>

enum {
	BURBLE_TCP_AO_ADD_KEY = 38,
	BURBLE_TCP_AO_DEL_KEY = 39,
	BURBLE_TCP_AO_INFO = 40,
	BURBLE_TCP_AO_GET_KEYS = 41,
	BURBLE_TCP_AO_MAXKEYLEN = 80,
	BURBLE_TCP_AO_KEYF_IFINDEX = 1 << 0,
	BURBLE_TCP_AO_KEYF_EXCLUDE_OPT = 1 << 1,
};

struct burble_tcp_ao_add {
	struct sockaddr_storage addr;
	char alg_name[64];
	int32_t ifindex;
	uint32_t set_current : 1, set_rnext : 1, reserved : 30;
	uint16_t reserved2;
	uint8_t prefix, sndid, rcvid, maclen, keyflags, keylen;
	uint8_t key[BURBLE_TCP_AO_MAXKEYLEN];
} __attribute__((aligned(8)));

struct burble_tcp_ao_del {
	struct sockaddr_storage addr;
	int32_t ifindex;
	uint32_t set_current : 1, set_rnext : 1, del_async : 1, reserved : 29;
	uint16_t reserved2;
	uint8_t prefix, sndid, rcvid, current_key, rnext, keyflags;
} __attribute__((aligned(8)));

struct burble_tcp_ao_info {
	uint32_t set_current : 1, set_rnext : 1, ao_required : 1, set_counters : 1,
		accept_icmps : 1, reserved : 27;
	uint16_t reserved2;
	uint8_t current_key, rnext;
	uint64_t pkt_good, pkt_bad, pkt_key_not_found, pkt_ao_required, pkt_dropped_icmp;
} __attribute__((aligned(8)));

struct burble_tcp_ao_key {
	struct sockaddr_storage addr;
	char alg_name[64];
	uint8_t key[BURBLE_TCP_AO_MAXKEYLEN];
	uint32_t nkeys;
	uint16_t is_current : 1, is_rnext : 1, get_all : 1, reserved : 13;
	uint8_t sndid, rcvid, prefix, maclen, keyflags, keylen;
	int32_t ifindex;
	uint64_t pkt_good, pkt_bad;
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct burble_tcp_ao_add) == 288, "as in Linux");
_Static_assert(sizeof(struct burble_tcp_ao_del) == 144, "as in Linux");
_Static_assert(sizeof(struct burble_tcp_ao_info) == 48, "as in Linux");
_Static_assert(sizeof(struct burble_tcp_ao_key) == 304, "as in Linux");

#endif
