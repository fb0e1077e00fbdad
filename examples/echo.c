/*
 * echo.c - an echo server on its own TCP/IP stack, over a device: TUN, TAP, or a network
 * card by packet:NAME or xdp:NAME.
 *
 *     ip tuntap add tun0 mode tun && ip addr add 192.0.2.2/24 dev tun0 && ip link set tun0 up
 *     cc echo.c $(pkg-config --cflags --libs burble) -o echo && ./echo tun0 192.0.2.1/24 7 &
 *     nc 192.0.2.1 7
 */
#include <burble/socket.h>

#include <errno.h>
#include <error.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>

static int check(int result, const char *what)
{
	if (result < 0)
		error(1, -result, "%s", what);
	return result;
}

/* Sends back what was received; what does not fit into the send buffer stays in the receive
 * buffer. */
static void echo(struct burble *b, int fd)
{
	char data[4096];
	ssize_t n, sent = 0;

	while (sent >= 0 && (n = burble_recv(b, fd, data, sizeof(data), MSG_PEEK)) > 0)
		if ((sent = burble_send(b, fd, data, (size_t)n, 0)) > 0)
			burble_recv(b, fd, data, (size_t)sent, 0);
	if (n == 0 || (n < 0 && n != -EAGAIN) || (sent < 0 && sent != -EAGAIN))
		burble_close(b, fd);
}

int main(int argc, char **argv)
{
	struct burble_config config = {.now = burble_clock()};
	struct sockaddr_in at = {.sin_family = AF_INET};
	int fd, dev, listener, epoll;

	if (argc != 4 || getrandom(&config.seed, sizeof(config.seed), 0) < 0)
		error(2, 0, "usage: echo DEVICE ADDRESS/BITS PORT");
	struct burble *b = burble_new(&config);
	at.sin_port = htons((uint16_t)atoi(argv[3]));
	dev = check(burble_if_open(b, argv[1]), argv[1]);
	check(burble_addr_add(b, dev, argv[2]), argv[2]);
	listener = check(burble_socket(b, AF_INET, SOCK_STREAM, 0), "socket");
	check(burble_bind(b, listener, (struct sockaddr *)&at, sizeof(at)), argv[3]);
	check(burble_listen(b, listener, 128), "listen");
	epoll = check(burble_epoll_create1(b, 0), "epoll");
	for (struct epoll_event e;; burble_wait(b, -1)) {
		while ((fd = burble_accept4(b, listener, NULL, NULL, 0)) >= 0) {
			e = (struct epoll_event){EPOLLIN | EPOLLOUT | EPOLLET, {.fd = fd}};
			check(burble_epoll_ctl(b, epoll, EPOLL_CTL_ADD, fd, &e), "epoll");
		}
		while (burble_epoll_wait(b, epoll, &e, 1) == 1)
			echo(b, e.data.fd);
	}
}
