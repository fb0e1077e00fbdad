/*
 * kernel_sysctl.c - parameters of the namespace. What a kernel refuses is told apart: a name or a
 * value that no kernel has is a fault of the script; one that the stack's own table takes and this
 * kernel does not is a kernel of another version or configuration.
 *
 * A namespace may only have a congestion control that all users may choose. Where the kernel's
 * configuration leaves one out, new sockets get it one by one, which root may do; what a listener
 * accepts inherits it.
 */
#include "lab/pkt/kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <unistd.h>

static const char congestion[] = "net.ipv4.tcp_congestion_control";

static int write_text(const char *path, const char *value)
{
	size_t len = strlen(value);
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return errno;
	if (write(fd, value, len) != (ssize_t)len)
		err = errno;
	close(fd);
	return err;
}

static int write_parameter(const char *name, const char *value)
{
	char path[256];

	snprintf(path, sizeof(path), "/proc/sys/%s", name);
	for (char *p = path + strlen("/proc/sys/"); *p; p++)
		if (*p == '.')
			*p = '/';
	return write_text(path, value);
}

static int set_congestion(int fd, const char *name)
{
	return setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, (socklen_t)strlen(name));
}

/* Whether a socket may have what the namespace may not. */
static bool socket_takes(const char *name)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	bool good = s >= 0 && set_congestion(s, name) == 0;

	if (s >= 0)
		close(s);
	return good;
}

/* Whether another kernel might take what this one does not. */
static enum pkt_result classify(const char *name, const char *value)
{
	struct sysctl ours;
	const char *why;

	sysctl_init(&ours);
	return sysctl_set(&ours, name, value, &why) == 0 ? PKT_UNSUPPORTED : PKT_INVALID;
}

enum pkt_result kernel_sysctl(
	struct pkt_sut *sut, const char *name, const char *value, const char **why)
{
	struct pkt_kernel *k = sut->self;
	bool is_congestion = strcmp(name, congestion) == 0;
	int err = write_parameter(name, value);

	if (is_congestion)
		k->congestion[0] = '\0';
	if (err == 0)
		return PKT_OK;
	if (is_congestion && strlen(value) < CC_NAME && socket_takes(value)) {
		snprintf(k->congestion, CC_NAME, "%s", value);
		return PKT_OK;
	}
	*why = err != ENOENT   ? strerror(err)
	       : is_congestion ? "this kernel has no such congestion control"
			       : "not in a network namespace of this kernel";
	return classify(name, value);
}

void kernel_opened(struct pkt_sut *sut, int fd)
{
	const struct pkt_kernel *k = sut->self;

	if (k->congestion[0]) /* fails on a datagram socket, which has none */
		set_congestion(fd, k->congestion);
}
