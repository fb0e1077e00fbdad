/* blocklist.c - questions to DNS lists: blocklist.h. */
#include "external/blocklist.h"

#include <ares.h>
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TRIES = 2, /* a question is repeated once */
};

/* A zone that is asked. */
struct asked {
	struct asking *all;
	uint32_t kind;
	char zone[BLOCKLIST_NAME_MAX];
};

struct asking {
	ares_channel channel;
	struct asked zone[BLOCKLIST_ZONES_MAX];
	uint32_t count, left, failed;
	const struct asked *listed; /* of the first kind so far */
};

bool blocklist_load(void)
{
	return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS;
}

bool blocklist_name(const struct external_lookup *q, const char *zone, char out[BLOCKLIST_NAME_MAX])
{
	const uint8_t *a = q->address;
	size_t n = 0;

	for (int i = 15; q->six && i >= 0; i--)
		n += (size_t)sprintf(out + n, "%x.%x.", a[i] & 15, a[i] >> 4);
	if (!q->six)
		n = (size_t)sprintf(out, "%u.%u.%u.%u.", a[3], a[2], a[1], a[0]);
	return (size_t)snprintf(out + n, BLOCKLIST_NAME_MAX - n, "%s", zone) <
	       BLOCKLIST_NAME_MAX - n;
}

/* Whether an answer says that the address is listed. */
static bool says_listed(const unsigned char *answer, int len)
{
	struct ares_addrttl at[16];
	int count = ARRAY_SIZE(at);

	if (ares_parse_a_reply(answer, len, NULL, at, &count) != ARES_SUCCESS)
		return false;
	for (int i = 0; i < count; i++) {
		uint32_t a = ntohl(at[i].ipaddr.s_addr);

		if (a >> 24 == 127 && a >> 8 != 0x7fffff)
			return true;
	}
	return false;
}

static void answered(void *arg, int status, int timeouts, unsigned char *answer, int len)
{
	const struct asked *z = arg;
	struct asking *all = z->all;

	all->left--;
	if (status == ARES_SUCCESS && says_listed(answer, len)) {
		if (!all->listed || z->kind < all->listed->kind)
			all->listed = z;
	} else if (status != ARES_SUCCESS && status != ARES_ENOTFOUND && status != ARES_ENODATA) {
		all->failed++;
	}
}

static bool open_channel(struct asking *a, const struct blocklist_options *o)
{
	/* the second try takes twice as long as the first */
	struct ares_options options = {
		.timeout = (int)(o->timeout / NSEC_MSEC / 3), .tries = TRIES, .lookups = "b"};
	int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;

	if (ares_init_options(&a->channel, &options, mask) != ARES_SUCCESS)
		return false;
	if (!*o->servers || ares_set_servers_ports_csv(a->channel, o->servers) == ARES_SUCCESS)
		return true;
	ares_destroy(a->channel);
	return false;
}

/* Sends a question for each zone. */
static void ask_all(
	struct asking *a, const struct blocklist_options *o, const struct external_lookup *q)
{
	char name[BLOCKLIST_NAME_MAX];

	for (uint32_t kind = 0; kind < EXTERNAL_ZONE_KINDS; kind++) {
		const char *p = o->zones[kind];

		for (size_t n; (n = strcspn(p, " ")) > 0; p += n + (p[n] == ' ')) {
			struct asked *z = &a->zone[a->count];

			if (a->count == BLOCKLIST_ZONES_MAX || n >= sizeof(z->zone))
				return;
			a->count++;
			a->left++;
			*z = (struct asked){.all = a, .kind = kind};
			memcpy(z->zone, p, n);
			if (blocklist_name(q, z->zone, name))
				ares_query(a->channel, name, ns_c_in, ns_t_a, answered, z);
			else
				answered(z, ARES_EBADNAME, 0, NULL, 0);
		}
	}
}

/* Waits for answers, and takes them; false once the instance stops. */
static bool wait_and_take(struct asking *a, int stop_fd)
{
	ares_socket_t socks[ARES_GETSOCK_MAXNUM];
	struct pollfd p[ARES_GETSOCK_MAXNUM + 1] = {{.fd = stop_fd, .events = POLLIN}};
	/* not the library's macros: they shift a one into the sign */
	uint32_t bits = (uint32_t)ares_getsock(a->channel, socks, ARES_GETSOCK_MAXNUM);
	int n = 1;
	struct timeval tv, *left = ares_timeout(a->channel, NULL, &tv);

	for (int i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
		short events = (short)((bits >> i & 1 ? POLLIN : 0) |
				       (bits >> (i + ARES_GETSOCK_MAXNUM) & 1 ? POLLOUT : 0));

		if (events)
			p[n++] = (struct pollfd){.fd = socks[i], .events = events};
	}
	poll(p, (nfds_t)n, left ? (int)(left->tv_sec * 1000 + left->tv_usec / 1000 + 1) : 100);
	if (p[0].revents)
		return false;
	for (int i = 1; i < n; i++)
		ares_process_fd(a->channel,
			p[i].revents & (POLLIN | POLLERR | POLLHUP) ? p[i].fd : ARES_SOCKET_BAD,
			p[i].revents & POLLOUT ? p[i].fd : ARES_SOCKET_BAD);
	ares_process_fd(a->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD); /* timeouts */
	return true;
}

void blocklist_ask(const struct blocklist_options *o, const struct external_lookup *q,
	struct external_reply *reply)
{
	struct asking a = {0};
	bool stopped = false;

	if (!open_channel(&a, o)) {
		snprintf(reply->why, sizeof(reply->why), "no resolver");
		return;
	}
	ask_all(&a, o, q);
	/* the weightiest kind decides at once */
	while (a.left && !(a.listed && a.listed->kind == 0) && !stopped)
		stopped = !wait_and_take(&a, o->stop_fd);
	reply->right = a.listed;
	reply->ok = a.listed || (!a.failed && !stopped);
	if (a.listed)
		snprintf(reply->account, sizeof(reply->account), "%.*s",
			(int)sizeof(reply->account) - 1, a.listed->zone);
	else if (a.failed)
		snprintf(reply->why, sizeof(reply->why), "%u of %u zones did not answer", a.failed,
			a.count);
	ares_destroy(a.channel); /* ends what is still asked */
}
