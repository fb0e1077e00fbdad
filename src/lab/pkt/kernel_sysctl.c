/*
 * kernel_sysctl.c - sysctls of the namespace. Where the kernel rejects a name or value that burble
 * accepts, it is a kernel of another version or configuration, and the script is skipped; otherwise
 * it fails.
 *
 * A namespace may only use congestion controls that are available to all users. Any other is set on
 * each new socket, as root may; accepted sockets inherit it.
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

/* Whether a socket accepts a congestion control. */
static bool socket_takes(const char *name)
{
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
	bool good = set_congestion(s, name) == 0;

	close(s);
	return good;
}

/* burble may accept what the kernel rejected. */
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

	if (k->congestion[0]) /* fails for datagram sockets */
		set_congestion(fd, k->congestion);
}
