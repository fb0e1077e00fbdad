/* linux_if.c - ioctl()s of netdevice(7), on any socket of the same network namespace. */
#include "driver/linux_if.h"

#include <errno.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool linux_if_name_ok(const char *name)
{
	return name[0] && strlen(name) < IFNAMSIZ;
}

static int ask(int fd, const char *name, struct linux_if *out)
{
	struct ifreq r = {0};

	strcpy(r.ifr_name, name);
	if (ioctl(fd, SIOCGIFINDEX, &r) < 0)
		return -errno;
	out->index = r.ifr_ifindex;
	if (ioctl(fd, SIOCGIFMTU, &r) < 0)
		return -errno;
	out->mtu = (uint32_t)r.ifr_mtu;
	if (ioctl(fd, SIOCGIFHWADDR, &r) < 0)
		return -errno;
	out->ether = r.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	memcpy(out->mac.b, r.ifr_hwaddr.sa_data, sizeof(out->mac.b));
	return 0;
}

bool linux_if_ethtool(const char *name, void *what)
{
	struct ifreq r = {.ifr_data = what};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	assert(linux_if_name_ok(name));
	strcpy(r.ifr_name, name);
	ok = fd >= 0 && ioctl(fd, SIOCETHTOOL, &r) == 0;
	if (fd >= 0)
		close(fd);
	return ok;
}

int linux_if_get(const char *name, struct linux_if *out)
{
	int fd, err;

	if (!linux_if_name_ok(name))
		return -EINVAL;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	err = ask(fd, name, out);
	close(fd);
	return err;
}
