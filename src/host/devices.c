/*
 * devices.c - opens Linux network devices as interfaces of an instance.
 */
#include "driver/tun.h"
#include "socket/instance.h"

#include <errno.h>

/* The kernel on the other side is the default router: no gateway, since a TUN link has none. */
static int default_routes(struct burble *b, int ifindex)
{
	int err = burble_route_add(b, ifindex, "0.0.0.0/0", NULL);

	return err ? err : burble_route_add(b, ifindex, "::/0", NULL);
}

int burble_tun_open(struct burble *b, const char *name)
{
	struct netdev *dev;
	int err = tun_open(name, &dev), ifindex;

	if (err)
		return err;
	ifindex = burble_if_attach(b, dev);
	if (ifindex < 0)
		return ifindex;
	err = default_routes(b, ifindex);
	if (err)
		burble_if_del(b, ifindex);
	return err ? err : ifindex;
}
