/* ss_summary.c - counts the sockets of an instance: ss_summary.h. */
#include "cli/ss_summary.h"

#include "cli/control_client.h"
#include "cli/control_json.h"

/* As Linux counts: requests are no sockets, records in TIME-WAIT are counted apart. */
struct summary {
	uint64_t streams, datagrams; /* with a descriptor */
	uint64_t listed;             /* streams among them that have a port and a state */
	uint64_t established, orphans, time_wait;
	uint64_t tcp[2], udp[2]; /* IPv4, IPv6 */
};

static void count_descriptor(struct summary *s, const json_t *o)
{
	if (strcmp(control_json_text(o, "netid"), "tcp") == 0)
		s->streams++;
	else
		s->datagrams++;
}

static void count_instance(struct summary *s, const json_t *o)
{
	s->orphans = control_json_number(o, "orphans");
}

static void count_socket(struct summary *s, const json_t *o)
{
	uint8_t state = sock_state_find(control_json_text(o, "state"));
	bool v6 = strcmp(control_json_text(o, "family"), "inet6") == 0;

	if (strcmp(control_json_text(o, "netid"), "udp") == 0) {
		s->udp[v6]++;
	} else if (control_json_number(o, "timer") == SOCK_TIMER_TIMEWAIT) {
		s->time_wait++;
	} else if (state != 3) {
		s->tcp[v6]++;
		s->listed += control_json_number(o, "ino") != 0;
		s->established += state == 1 || state == 8;
	}
}

static bool ask(struct summary *s, const char *name, const char *request,
	void (*count)(struct summary *s, const json_t *o))
{
	struct control_client c;
	const char *line;
	json_t *o;

	if (!control_ask(&c, "burble ss", name, request))
		return false;
	while ((line = control_line(&c)) && (o = control_json("burble ss", line))) {
		count(s, o);
		json_decref(o);
	}
	return control_finish(&c);
}

static void print_row(const char *what, uint64_t v4, uint64_t v6)
{
	printf("%s\t  %-9llu %-9llu %-9llu\n", what, (unsigned long long)(v4 + v6),
		(unsigned long long)v4, (unsigned long long)v6);
}

static void print(const struct summary *s)
{
	uint64_t closed = s->streams > s->listed ? s->streams - s->listed : 0;
	uint64_t total = s->tcp[0] + s->tcp[1] + closed + s->time_wait;

	printf("Total: %llu\n", (unsigned long long)(s->streams + s->datagrams));
	printf("TCP:   %llu (estab %llu, closed %llu, orphaned %llu, timewait %llu)\n\n",
		(unsigned long long)total, (unsigned long long)s->established,
		(unsigned long long)closed, (unsigned long long)s->orphans,
		(unsigned long long)s->time_wait);
	printf("Transport Total     IP        IPv6\n");
	print_row("UDP", s->udp[0], s->udp[1]);
	print_row("TCP", s->tcp[0], s->tcp[1]);
	print_row("INET", s->udp[0] + s->tcp[0], s->udp[1] + s->tcp[1]);
	printf("\n");
}

bool ss_summary(const char *name)
{
	struct summary s = {0};

	if (!ask(&s, name, "descriptors", count_descriptor) ||
		!ask(&s, name, "instance", count_instance) ||
		!ask(&s, name, "sockets", count_socket))
		return false;
	print(&s);
	return true;
}
