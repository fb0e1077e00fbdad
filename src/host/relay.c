/* relay.c - messages and descriptors between two processes: relay.h. */
#include "host/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	ZEROS = 65536, /* written at once */
};

#define SEND_PATIENCE (5 * NSEC_SEC)

extern char **environ;

/* ---- the child ---- */

static int spawn(const char *path, char *const argv[], int fd, pid_t *child)
{
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, fd, RELAY_FD);
	if (!err)
		err = posix_spawn(child, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int relay_start(const char *path, char *const argv[], pid_t *child)
{
	int pair[2], err;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	err = spawn(path, argv, pair[1], child);
	close(pair[1]);
	if (err) {
		close(pair[0]);
		return err;
	}
	return pair[0];
}

void relay_kill(pid_t child)
{
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- messages ---- */

/* 0 once fd is ready, or -errno. */
static int await(int fd, short events, nsec_t patience)
{
	struct pollfd p = {.fd = fd, .events = events};
	struct timespec t = {patience / NSEC_SEC, patience % NSEC_SEC};
	int n;

	do
		n = ppoll(&p, 1, &t, NULL);
	while (n < 0 && errno == EINTR);
	return n > 0 ? 0 : n == 0 ? -ETIMEDOUT : -errno;
}

union control_bytes {
	struct cmsghdr head;
	char bytes[CMSG_SPACE(RELAY_FDS_MAX * sizeof(int))];
};

int relay_send(int fd, const struct relay_message *m, const int *fds, uint32_t count)
{
	union control_bytes control = {.bytes = {0}};
	struct iovec iov = {(void *)m, sizeof(*m)};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	int err;

	assert(count <= RELAY_FDS_MAX);
	if (count) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(int));
		control.head = (struct cmsghdr){.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(count * sizeof(int))};
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
	}
	while (sendmsg(fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
		err = errno == EAGAIN ? await(fd, POLLOUT, SEND_PATIENCE) : 0;
		if (err)
			return err;
	}
	return 0;
}

static void take_fds(struct relay_in *in, struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		uint32_t n = (uint32_t)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		in->count = u32_min(n, RELAY_FDS_MAX);
		memcpy(in->fds, CMSG_DATA(c), in->count * sizeof(int));
	}
}

int relay_receive(int fd, struct relay_in *in, nsec_t patience)
{
	union control_bytes control;
	struct iovec iov = {&in->message, sizeof(in->message)};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes)};
	int err = await(fd, POLLIN, patience);
	ssize_t n;

	in->count = 0;
	if (err)
		return err;
	n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0 && errno == ECONNRESET) /* it had not read all; its last message is behind */
		n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	if (n < 0)
		return -errno;
	take_fds(in, &msg);
	if (n == 0)
		return -EPIPE;
	in->message.text[RELAY_TEXT_MAX - 1] = '\0';
	return n == sizeof(in->message) && !(msg.msg_flags & MSG_CTRUNC) ? 0 : -EPROTO;
}

/* ---- the state ---- */

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

int relay_memfd(const void *bytes, size_t len)
{
	int fd = memfd_create("burble-state", MFD_CLOEXEC | MFD_ALLOW_SEALING), err;

	if (fd < 0)
		return -errno;
	if (write_all(fd, bytes, len) &&
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static bool read_all(int fd, char *bytes, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = pread(fd, bytes + at, len - at, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static void wipe(int fd, size_t len)
{
	static const char zeros[ZEROS];

	if (lseek(fd, 0, SEEK_SET) < 0)
		return;
	for (; len; len -= size_min(len, ZEROS))
		if (!write_all(fd, zeros, size_min(len, ZEROS)))
			return;
}

void *relay_memfd_take(int fd, size_t *len)
{
	struct stat st;
	char *bytes = NULL;

	if (fstat(fd, &st) == 0 && st.st_size > 0)
		bytes = malloc((size_t)st.st_size);
	if (!bytes)
		return NULL;
	*len = (size_t)st.st_size;
	if (read_all(fd, bytes, *len)) {
		wipe(fd, *len);
		return bytes;
	}
	free(bytes);
	return NULL;
}
