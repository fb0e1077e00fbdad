/*
 * httpd.c - the files of a directory over HTTP/1.1: GET and HEAD, on a TCP/IP stack of its own.
 *
 *     ./httpd xdp:veth1 192.0.2.1/24 DIRECTORY        or tun0, tap0, packet:eth0 ...
 *
 * Pieces of files are sent by reference. Neither .. nor links lead out of the directory.
 */
#include <burble/socket.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define REQUEST 4096        /* bytes of a request, at most */
#define PIECE   (128 << 10) /* of a file */

struct conn {
	int fd, file, last;       /* no file: -1. The last response: close after it */
	off_t left;               /* bytes of the file that are still to be read */
	struct burble_buf *piece; /* being sent; NULL: none */
	size_t piece_len, len;
	char in[REQUEST + 1];
};

static int check(int result, const char *what)
{
	if (result < 0)
		error(1, -result, "%s", what);
	return result;
}

/* A regular file below dir, or -1. */
static int open_below(int dir, const char *name, struct stat *st)
{
	struct open_how how = {.flags = O_RDONLY | O_NONBLOCK, .resolve = RESOLVE_BENEATH};
	int fd = (int)syscall(SYS_openat2, dir, *name ? name : "index.html", &how, sizeof(how));

	if (fd < 0 || (fstat(fd, st) == 0 && S_ISREG(st->st_mode)))
		return fd;
	close(fd);
	return -1;
}

/* Makes the next piece: n bytes of header, then of the file. 0: no memory, or it became shorter. */
static int next_piece(struct conn *c, const char *head, size_t n)
{
	size_t body = c->left < PIECE ? (size_t)c->left : PIECE;

	if (!(c->piece = burble_buf_new(c->piece_len = n + body)))
		return 0;
	memcpy(burble_buf_data(c->piece), head, n);
	c->left -= (off_t)body;
	return body == 0 ||
	       read(c->file, (char *)burble_buf_data(c->piece) + n, body) == (ssize_t)body;
}

/* Begins the response to the request in c->in. */
static int respond(struct conn *c, int dir)
{
	char head[256], method[8] = "", name[REQUEST] = "";
	const char *status = "405 Method Not Allowed";
	struct stat st = {0};

	c->last = strcasestr(c->in, "\r\nConnection: close") || !strstr(c->in, " HTTP/1.1\r");
	sscanf(c->in, "%7s /%4000[^ ?\r]", method, name);
	if (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) {
		c->file = open_below(dir, name, &st);
		status = c->file < 0 ? "404 Not Found" : "200 OK";
	}
	st.st_size = c->file < 0 ? 0 : st.st_size;
	c->left = strcmp(method, "HEAD") == 0 ? 0 : st.st_size;
	snprintf(head, sizeof(head), "HTTP/1.1 %s\r\nContent-Length: %lld\r\n%s\r\n", status,
		(long long)st.st_size, c->last ? "Connection: close\r\n" : "");
	return next_piece(c, head, strlen(head));
}

/* Sends and receives what it can, one response after the other. 0: the connection is over. */
static int turn(struct burble *b, struct conn *c, int dir)
{
	for (ssize_t n;;) {
		char *end = strstr(c->in, "\r\n\r\n");

		if (c->piece) {
			n = burble_send_buf(b, c->fd, c->piece, 0, c->piece_len);
			if (n < 0)
				return n == -EAGAIN;
			burble_buf_drop(c->piece);
			c->piece = NULL;
			if (c->left > 0 ? !next_piece(c, "", 0) : c->last)
				return 0;
		} else if (end) {
			close(c->file);
			c->file = -1;
			end[2] = '\0';
			if (!respond(c, dir))
				return 0;
			c->len -= (size_t)(end + 4 - c->in);
			memmove(c->in, end + 4, c->len + 1);
		} else {
			n = burble_recv(b, c->fd, c->in + c->len, REQUEST - c->len, 0);
			if (n <= 0) /* 0 also if a request is too long */
				return n == -EAGAIN;
			c->in[c->len += (size_t)n] = '\0';
		}
	}
}

int main(int argc, char **argv)
{
	struct burble_config config = {.now = burble_clock()};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(80)};
	int dir, dev, l, epoll, fd;

	if (argc != 4 || getentropy(&config.seed, sizeof(config.seed)) < 0)
		error(2, 0, "usage: httpd DEVICE ADDRESS/BITS DIRECTORY");
	dir = open(argv[3], O_PATH | O_DIRECTORY);
	struct burble *b = burble_new(&config);
	dev = check(burble_if_open(b, argv[1]), argv[1]);
	check(dir < 0 ? -errno : burble_addr_add(b, dev, argv[2]), argv[dir < 0 ? 3 : 2]);
	l = check(burble_socket(b, AF_INET, SOCK_STREAM, 0), "socket");
	check(burble_bind(b, l, (struct sockaddr *)&at, sizeof(at)), "port 80");
	burble_listen(b, l, 4096);
	epoll = check(burble_epoll_create1(b, 0), "epoll");
	for (struct epoll_event e;; burble_wait(b, -1)) {
		while ((fd = burble_accept4(b, l, NULL, NULL, 0)) >= 0) {
			e = (struct epoll_event){EPOLLIN | EPOLLOUT | EPOLLET,
				{.ptr = calloc(1, sizeof(struct conn))}};
			check(e.data.ptr ? 0 : -ENOMEM, "connection");
			*(struct conn *)e.data.ptr = (struct conn){.fd = fd, .file = -1};
			check(burble_epoll_ctl(b, epoll, EPOLL_CTL_ADD, fd, &e), "epoll");
		}
		while (burble_epoll_wait(b, epoll, &e, 1) == 1) {
			struct conn *c = e.data.ptr;

			if (turn(b, c, dir))
				continue;
			burble_buf_drop(c->piece);
			close(c->file);
			burble_close(b, c->fd);
			free(c);
		}
	}
}
