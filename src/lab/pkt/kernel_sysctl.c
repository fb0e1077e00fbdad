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

enum {
	PATH = 256,
};

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

static void path_of(char path[PATH], const char *name)
{
	snprintf(path, PATH, "/proc/sys/%s", name);
	for (char *p = path + strlen("/proc/sys/"); *p; p++)
		if (*p == '.')
			*p = '/';
}

int kernel_read_sysctl(const char *name, char *value, size_t size)
{
	char path[PATH];
	ssize_t n;
	int fd, err;

	path_of(path, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	n = read(fd, value, size - 1);
	err = errno;
	close(fd);
	if (n < 0)
		return err;
	value[n > 0 && value[n - 1] == '\n' ? n - 1 : n] = '\0';
	return 0;
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

int kernel_write_sysctl(char cc[CC_NAME], const char *name, const char *value, const char **why)
{
	bool is_congestion = strcmp(name, congestion) == 0;
	char path[PATH];
	int err;

	path_of(path, name);
	err = write_text(path, value);
	if (is_congestion)
		cc[0] = '\0';
	if (err == 0)
		return 0;
	if (is_congestion && strlen(value) < CC_NAME && socket_takes(value)) {
		snprintf(cc, CC_NAME, "%s", value);
		return 0;
	}
	*why = err != ENOENT   ? strerror(err)
	       : is_congestion ? "this kernel has no such congestion control"
			       : "not in a network namespace of this kernel";
	return err;
}

enum pkt_result kernel_sysctl(
	struct pkt_sut *sut, const char *name, const char *value, const char **why)
{
	struct pkt_kernel *k = sut->self;

	if (kernel_write_sysctl(k->congestion, name, value, why) == 0)
		return PKT_OK;
	return classify(name, value);
}

void kernel_set_congestion(int fd, const char *name)
{
	if (name[0]) /* fails for datagram sockets */
		set_congestion(fd, name);
}

void kernel_opened(struct pkt_sut *sut, int fd)
{
	const struct pkt_kernel *k = sut->self;

	kernel_set_congestion(fd, k->congestion);
}
