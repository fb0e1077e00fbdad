/* namespace.c - a network namespace with TAP devices: namespace.h. */
#include "lab/live/namespace.h"

#include "lab/pkt/kernel.h"
#include "stack/sysctl.h"
#include "wire/addr.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_ether.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define QUEUE "10000" /* packets that the kernel sends before they are read */

enum {
	ARGS = 10,
};

extern char **environ;

/* --- the namespace ---------------------------------------------------------------------------- */

/* Whether a parameter is a number or a name that a namespace can have. */
static bool is_plain(const struct sysctl_def *d)
{
	return d->type < SYSCTL_CC && strncmp(d->name, "net.ipv6.conf", 13) != 0;
}

static bool same_words(const char *a, const char *b)
{
	while (*a && *b) {
		size_t n = strcspn(a, " \t"), m = strcspn(b, " \t");

		if (n != m || strncmp(a, b, n) != 0)
			return false;
		a += n + strspn(a + n, " \t");
		b += m + strspn(b + m, " \t");
	}
	return !*a && !*b;
}

/* Sets one parameter to burble's default; true if it has that value afterwards. */
static bool set_default(const struct sysctl *ours, const struct sysctl_def *d)
{
	char want[SYSCTL_TEXT], is[SYSCTL_TEXT], cc[CC_NAME];
	const char *why;

	if (sysctl_get(ours, d->name, want, sizeof(want), &why) != 0 ||
		kernel_read_sysctl(d->name, is, sizeof(is)) != 0 || same_words(want, is))
		return true;
	kernel_write_sysctl(cc, d->name, want, &why);
	return kernel_read_sysctl(d->name, is, sizeof(is)) == 0 && same_words(want, is);
}

/* Machine-wide parameters and sums that depend on the size of the machine. */
static void set_defaults(struct text *differs)
{
	struct sysctl ours;
	size_t count;
	const struct sysctl_def *d = sysctl_defs(&count);

	sysctl_init(&ours);
	for (size_t i = 0; i < count; i++)
		if (is_plain(&d[i]) && !set_default(&ours, &d[i]))
			text_add(differs, " %s", d[i].name);
}

static bool bring_up(const char *name, short flags, int *err)
{
	struct ifreq ifr = {.ifr_flags = flags};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool good;

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	good = s >= 0 && ioctl(s, SIOCSIFFLAGS, &ifr) == 0;
	*err = -errno;
	close(s);
	return good;
}

int namespace_enter(char why[NAMESPACE_WHY], char *differs, size_t size)
{
	struct text t = text_in(differs, size);
	int err;

	if (unshare(CLONE_NEWNET) < 0) {
		err = -errno;
		snprintf(why, NAMESPACE_WHY, "a network namespace: %s%s", strerror(-err),
			err == -EPERM ? " (--real requires root, or 'unshare -Urn')" : "");
		return err;
	}
	kernel_silence_ipv6();
	set_defaults(&t);
	if (bring_up("lo", IFF_UP, &err))
		return 0;
	snprintf(why, NAMESPACE_WHY, "lo: %s", strerror(-err));
	return err;
}

/* --- ip(8) ------------------------------------------------------------------------------------ */

static int run_ip(const char *const args[ARGS])
{
	pid_t pid;
	int status, err = posix_spawnp(&pid, "ip", NULL, NULL, (char *const *)args, environ);

	if (err != 0)
		return -err;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -EINVAL;
}

/* --- a device --------------------------------------------------------------------------------- */

static bool configure(struct cable *t, uint32_t mtu)
{
	struct ifreq ifr = {.ifr_mtu = (int)mtu};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	bool good;

	memcpy(ifr.ifr_name, t->name, sizeof(ifr.ifr_name));
	good = s >= 0 && ioctl(s, SIOCSIFMTU, &ifr) == 0;
	good = good && ioctl(s, SIOCGIFHWADDR, &ifr) == 0;
	memcpy(t->mac, ifr.ifr_hwaddr.sa_data, sizeof(t->mac));
	err = errno;
	close(s);
	errno = err;
	return good;
}

/* With a bounded buffer, packets lie in memory as on a TUN device, in one piece each, which is what
 * burble's accounting of receive buffers assumes (tun_can_build_skb() in drivers/net/tun.c). */
static bool bound_buffer(int fd)
{
	int bytes = INT_MAX - 1;

	return ioctl(fd, TUNSETSNDBUF, &bytes) == 0;
}

/* By ip(8): the ioctl is refused in a user namespace. */
static int lengthen_queue(const struct cable *t)
{
	const char *const args[ARGS] = {"ip", "link", "set", t->name, "txqueuelen", QUEUE};

	return run_ip(args);
}

/* Its neighbours are reached without ARP and neighbour discovery: the lab's links carry IP. */
int cable_open(struct cable *t, int port, uint32_t mtu)
{
	bool tap = mtu <= CABLE_TAP_MAX;
	struct ifreq ifr = {.ifr_flags = (short)(tap ? IFF_TAP : IFF_TUN) | IFF_NO_PI};
	int err = 0;

	snprintf(t->name, sizeof(t->name), "eth%d", port);
	t->head = tap ? CABLE_HEAD : 0;
	memcpy(ifr.ifr_name, t->name, sizeof(ifr.ifr_name));
	t->fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (t->fd < 0)
		return -errno;
	if (ioctl(t->fd, TUNSETIFF, &ifr) < 0 || ioctl(t->fd, TUNSETOFFLOAD, 0) < 0 ||
		!bound_buffer(t->fd) || !configure(t, mtu)) {
		err = -errno;
		cable_close(t);
		return err;
	}
	err = lengthen_queue(t);
	if (err < 0)
		return err;
	return bring_up(t->name, IFF_UP | IFF_NOARP, &err) ? 0 : err;
}

void cable_close(struct cable *t)
{
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
}

/* --- packets ---------------------------------------------------------------------------------- */

ssize_t cable_receive(struct cable *t, uint8_t *room, size_t size)
{
	ssize_t n = read(t->fd, room, size);
	const uint8_t *ip = room + t->head;

	if (n < 0)
		return -1;
	if (n < (ssize_t)t->head + 20 || (ip[0] >> 4 != 4 && ip[0] >> 4 != 6))
		return 0;
	if (ip[0] >> 4 == 6 && (n < (ssize_t)t->head + 40 || ip[24] == 0xff)) /* MLD */
		return 0;
	return n - (ssize_t)t->head;
}

bool cable_send(struct cable *t, const uint8_t *packet, size_t len)
{
	uint16_t type = packet[0] >> 4 == 6 ? ETH_P_IPV6 : ETH_P_IP;
	uint8_t head[CABLE_HEAD] = {[6] = 2};
	const struct iovec v[] = {{head, t->head}, {(void *)packet, len}};

	memcpy(head, t->mac, sizeof(t->mac));
	head[12] = (uint8_t)(type >> 8);
	head[13] = (uint8_t)type;
	return writev(t->fd, v, ARRAY_SIZE(v)) == (ssize_t)(len + t->head);
}

/* --- addresses and routes --------------------------------------------------------------------- */

int cable_address(const struct cable *t, bool add, const char *address)
{
	struct ip_addr a;
	unsigned bits;
	bool v6 = strchr(address, ':') != NULL;
	const char *const args[ARGS] = {"ip", "address", add ? "add" : "del", address, "dev",
		t->name, v6 && add ? "nodad" : NULL};

	return ip_prefix_parse(&a, &bits, address) ? run_ip(args) : -EINVAL;
}

int cable_route(const struct cable *t, const char *prefix, const char *gateway)
{
	struct ip_addr a;
	unsigned bits;
	bool v6 = strchr(gateway ? gateway : prefix, ':') != NULL;
	const char *const through[ARGS] = {
		"ip", v6 ? "-6" : "-4", "route", "add", prefix, "via", gateway, "dev", t->name};
	const char *const direct[ARGS] = {
		"ip", v6 ? "-6" : "-4", "route", "add", prefix, "dev", t->name};

	if (strcmp(prefix, "default") != 0 && !ip_prefix_parse(&a, &bits, prefix))
		return -EINVAL;
	if (gateway && !ip_addr_parse(&a, gateway))
		return -EINVAL;
	return run_ip(gateway ? through : direct);
}
