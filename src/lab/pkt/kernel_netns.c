/*
 * kernel_netns.c - network namespace with one TUN device, as packetdrill sets it up: the local
 * address on the device, the remote one reached through a gateway that needs no neighbour entry.
 *
 *     tun0 192.168.0.1/16   ->   192.0.2.0/24 via 192.168.0.2
 */
#include "lab/pkt/kernel.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/ipv6.h>

#include <net/if.h>
#include <net/route.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
	SNIFFER_BYTES = 32 << 20,
	ADDRESS_TRIES = 2000, /* 1 ms each */
};

static enum pkt_result fail(struct text *why, const char *what, enum pkt_result result)
{
	text_add(why, "%s: %s%s", what, strerror(errno),
		errno == EPERM || errno == EACCES ? " (--kernel requires root)" : "");
	return result;
}

void kernel_silence_ipv6(void)
{
	static const char *const off[][2] = {
		{"net.ipv6.conf.all.disable_ipv6", "0"},
		{"net.ipv6.conf.default.disable_ipv6", "0"},
		{"net.ipv6.conf.default.accept_dad", "0"},
		{"net.ipv6.conf.default.accept_ra", "0"},
		{"net.ipv6.conf.default.router_solicitations", "0"},
		{"net.ipv6.conf.default.addr_gen_mode", "1"},
	};
	char congestion[CC_NAME];
	const char *why;

	for (size_t i = 0; i < ARRAY_SIZE(off); i++)
		kernel_write_sysctl(congestion, off[i][0], off[i][1], &why);
}

static void set_in(struct sockaddr *sa, const uint8_t *addr)
{
	struct sockaddr_in in = {.sin_family = AF_INET};

	memcpy(&in.sin_addr, addr, 4);
	memcpy(sa, &in, sizeof(in));
}

static void set_mask(struct sockaddr *sa, unsigned bits)
{
	uint32_t mask = htonl(bits == 0 ? 0 : ~0U << (32 - bits));

	set_in(sa, (const uint8_t *)&mask);
}

static bool address4(int s, struct ifreq *ifr, const struct pkt_setup *p)
{
	struct rtentry r = {.rt_flags = RTF_UP | RTF_GATEWAY, .rt_dev = ifr->ifr_name};

	set_in(&ifr->ifr_addr, p->local.b + 12);
	if (ioctl(s, SIOCSIFADDR, ifr) < 0)
		return false;
	set_mask(&ifr->ifr_netmask, p->bits);
	if (ioctl(s, SIOCSIFNETMASK, ifr) < 0)
		return false;
	set_in(&r.rt_dst, p->remote.b + 12);
	((struct sockaddr_in *)&r.rt_dst)->sin_addr.s_addr &= htonl(0xffffff00);
	set_mask(&r.rt_genmask, 24);
	set_in(&r.rt_gateway, p->gateway.b + 12);
	return ioctl(s, SIOCADDRT, &r) == 0;
}

/* A new IPv6 address becomes usable in a work queue of the kernel: waits for that. */
static bool usable(int s, const struct pkt_setup *p)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	const struct timespec pause = {.tv_nsec = NSEC_MSEC};

	memcpy(&at.sin6_addr, p->local.b, 16);
	for (int i = 0; i < ADDRESS_TRIES; i++) {
		if (bind(s, (struct sockaddr *)&at, sizeof(at)) == 0)
			return true;
		nanosleep(&pause, NULL);
	}
	return false;
}

static bool address6(int s, int ifindex, const struct pkt_setup *p)
{
	struct in6_ifreq a = {.ifr6_prefixlen = p->bits, .ifr6_ifindex = ifindex};
	struct in6_rtmsg r = {.rtmsg_flags = RTF_UP | RTF_GATEWAY,
		.rtmsg_dst_len = 64,
		.rtmsg_metric = 1,
		.rtmsg_ifindex = ifindex};

	memcpy(&a.ifr6_addr, p->local.b, 16);
	memcpy(&r.rtmsg_dst, p->remote.b, 8);
	memcpy(&r.rtmsg_gateway, p->gateway.b, 16);
	return ioctl(s, SIOCSIFADDR, &a) == 0 && ioctl(s, SIOCADDRT, &r) == 0 && usable(s, p);
}

static bool up(int s, struct ifreq *ifr)
{
	if (ioctl(s, SIOCGIFFLAGS, ifr) < 0)
		return false;
	ifr->ifr_flags |= IFF_UP;
	return ioctl(s, SIOCSIFFLAGS, ifr) == 0;
}

static bool set_up(int s, struct ifreq *ifr, const struct pkt_setup *p)
{
	struct ifreq lo = {.ifr_name = "lo"};

	ifr->ifr_mtu = (int)p->mtu;
	if (ioctl(s, SIOCSIFMTU, ifr) < 0 || !up(s, ifr) || !up(s, &lo))
		return false;
	return p->mode == PKT_IPV6 ? true : address4(s, ifr, p);
}

static bool open_sniffer(struct pkt_kernel *k, int ifindex)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = ifindex};
	int on = 1, bytes = SNIFFER_BYTES;

	k->sniffer = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (k->sniffer < 0)
		return false;
	setsockopt(k->sniffer, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return setsockopt(k->sniffer, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0 &&
	       bind(k->sniffer, (struct sockaddr *)&at, sizeof(at)) == 0;
}

static bool configure(struct ifreq *ifr, int ifindex, const struct pkt_setup *p)
{
	int s4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int s6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good = set_up(s4, ifr, p) && (p->mode != PKT_IPV6 || address6(s6, ifindex, p));
	int err = errno;

	close(s4);
	close(s6);
	errno = err;
	return good;
}

static bool has_ip(const struct pkt_setup *p)
{
	int s = socket(p->mode == PKT_IPV4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (s < 0)
		return false;
	close(s);
	return true;
}

enum pkt_result kernel_netns(struct pkt_sut *sut, const struct pkt_setup *setup, struct text *why)
{
	struct pkt_kernel *k = sut->self;
	struct ifreq ifr = {.ifr_name = "tun0", .ifr_flags = IFF_TUN | IFF_NO_PI};
	int ifindex;

	if (!has_ip(setup))
		return fail(why, "a socket of this IP version", PKT_UNSUPPORTED);
	if (unshare(CLONE_NEWNET) < 0)
		return fail(why, "a network namespace", PKT_UNSUPPORTED);
	kernel_silence_ipv6();
	k->tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (k->tun < 0 || ioctl(k->tun, TUNSETIFF, &ifr) < 0)
		return fail(why, "/dev/net/tun", PKT_UNSUPPORTED);
	ifr = (struct ifreq){.ifr_name = "tun0"};
	ifindex = (int)if_nametoindex(ifr.ifr_name);
	if (!configure(&ifr, ifindex, setup))
		return fail(why, "address and route of tun0", PKT_INVALID);
	if (!open_sniffer(k, ifindex))
		return fail(why, "a packet socket", PKT_UNSUPPORTED);
	return PKT_OK;
}
