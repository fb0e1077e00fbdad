/*
 * kernel_probe.c - probing of this kernel for the features that a script uses, before it runs. A
 * kernel of another version or configuration skips a script rather than fails it half-way.
 *
 *     socket(...)                       can be opened
 *     setsockopt, getsockopt            one of the two knows the option
 *     TCP_CONGESTION "cubic"            can be selected
 *     nstat | grep TcpExtTCPTimeouts    is among the counters
 *     assert TcpExtTCPTimeouts == 1     likewise
 *     assert tcpi_snd_wnd == 10         TCP_INFO is long enough
 *
 * Calls that the script expects to fail are not probed.
 */
#include "lab/pkt/kernel.h"

#include "lab/pkt/ast.h"
#include "lab/pkt/code.h"
#include "lab/pkt/symbols.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

enum {
	OPTION_BYTES = 256, /* no option that scripts can write is longer */
	WORD = 64,
};

/* --- words in commands and code --------------------------------------------------------------- */

/* Consumes the next word in *p. Returns false at the end. */
static bool next_word(const char **p, char name[WORD])
{
	size_t n = 0;

	while (**p && !isalpha((unsigned char)**p))
		(*p)++;
	for (; isalnum((unsigned char)**p) || **p == '_'; (*p)++)
		if (n < WORD - 1)
			name[n++] = **p;
	name[n] = '\0';
	return n > 0;
}

/* kernel_mib() leaves counters that the kernel lacks unchanged. */
static bool has_counters(const char *text, struct text *why)
{
	uint64_t count[MIB_COUNT];
	char name[WORD];

	memset(count, 0xff, sizeof(count));
	if (!kernel_mib(count))
		return text_add(why, "/proc/net: %s", strerror(errno)), false;
	while (next_word(&text, name)) {
		enum mib m = mib_find(name);

		if (m != MIB_COUNT && count[m] == UINT64_MAX)
			return text_add(why, "this kernel has no counter %s", name), false;
	}
	return true;
}

/* --- socket options --------------------------------------------------------------------------- */

static int tcp_socket(int domain)
{
	return socket(domain, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
}

static bool has_info(const char *code, struct text *why)
{
	struct tcp_info info;
	socklen_t len = sizeof(info); /* the part that the kernel fills in */
	int s = tcp_socket(AF_INET);
	char name[WORD];

	if (getsockopt(s, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		len = 0;
	close(s);
	while (next_word(&code, name))
		if (code_info_end(name) > len)
			return text_add(why, "TCP_INFO of this kernel has no %s", name), false;
	return true;
}

static bool knows(int fd, int level, int name)
{
	static const uint8_t zeros[OPTION_BYTES];
	uint8_t room[OPTION_BYTES];
	socklen_t len = sizeof(room);

	return setsockopt(fd, level, name, zeros, sizeof(zeros)) == 0 || errno != ENOPROTOOPT ||
	       getsockopt(fd, level, name, room, &len) == 0 || errno != ENOPROTOOPT;
}

static bool knows_option(int level, int name)
{
	int s = level == IPPROTO_UDP ? socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)
				     : tcp_socket(level == IPPROTO_IPV6 ? AF_INET6 : AF_INET);
	bool good = s >= 0 && knows(s, level, name);

	close(s);
	return good;
}

/* --- calls ------------------------------------------------------------------------------------ */

/* Evaluates a number; `dots` is the value of "...". Returns false if it is not one. */
static bool number(const struct pkt_expr *e, enum pkt_mode mode, int64_t dots, int64_t *out)
{
	int64_t one;

	*out = 0;
	if (!e)
		return false;
	if (e->kind == PKT_WORD)
		return symbol_value(e->text, mode != PKT_IPV4, out);
	if (e->kind == PKT_OR) {
		for (const struct pkt_expr *k = e->kid; k; k = k->next) {
			if (!number(k, mode, dots, &one))
				return false;
			*out |= one;
		}
		return true;
	}
	*out = e->kind == PKT_INT ? e->num : dots;
	return e->kind == PKT_INT || e->kind == PKT_ELLIPSIS;
}

static bool has_socket(const struct pkt_expr *arg, enum pkt_mode mode, struct text *why)
{
	int64_t domain, type, protocol;
	int s;

	if (!number(arg, mode, mode == PKT_IPV4 ? AF_INET : AF_INET6, &domain) ||
		!number(arg->next, mode, SOCK_STREAM, &type) ||
		!number(arg->next->next, mode, 0, &protocol))
		return true;
	s = socket((int)domain, (int)type, (int)protocol);
	if (s < 0)
		return text_add(why, "this kernel has no such socket: %s", strerror(errno)), false;
	close(s);
	return true;
}

static bool has_congestion(const struct pkt_expr *value, struct text *why)
{
	int s = tcp_socket(AF_INET);
	bool good =
		setsockopt(s, IPPROTO_TCP, TCP_CONGESTION, value->text, (socklen_t)value->len) == 0;

	if (!good)
		text_add(why, "this kernel has no congestion control %.16s", value->text);
	close(s);
	return good;
}

static bool has_option(const struct pkt_expr *arg, enum pkt_mode mode, struct text *why)
{
	const struct pkt_expr *level = arg ? arg->next : NULL, *name = level ? level->next : NULL;
	int64_t l, n;

	if (!number(level, mode, 0, &l) || !number(name, mode, 0, &n))
		return true;
	if (!knows_option((int)l, (int)n)) {
		text_add(why, "this kernel has no option %s (%lld of level %lld)",
			name->kind == PKT_WORD ? name->text : "of that number", (long long)n,
			(long long)l);
		return false;
	}
	if (l == IPPROTO_TCP && n == TCP_CONGESTION && name->next && name->next->kind == PKT_STRING)
		return has_congestion(name->next, why);
	return true;
}

static bool has_call(const struct pkt_call *c, enum pkt_mode mode, struct text *why)
{
	if (c->err)
		return true;
	if (strcmp(c->name, "socket") == 0)
		return has_socket(c->arg, mode, why);
	if (strcmp(c->name, "setsockopt") == 0)
		return has_option(c->arg, mode, why);
	return strcmp(c->name, "getsockopt") != 0 || has_option(c->arg, mode, why);
}

static bool has_event(const struct pkt_event *e, enum pkt_mode mode, struct text *why)
{
	switch (e->kind) {
	case PKT_EVENT_CALL: return has_call(&e->call, mode, why);
	case PKT_EVENT_COMMAND: return !strstr(e->text, "nstat") || has_counters(e->text, why);
	case PKT_EVENT_CODE: return has_info(e->text, why) && has_counters(e->text, why);
	default: return true;
	}
}

bool kernel_probe(const struct pkt_script *s, enum pkt_mode mode, int *line, struct text *why)
{
	*line = s->init_line;
	if (s->init && strstr(s->init, "nstat") && !has_counters(s->init, why))
		return false;
	for (const struct pkt_event *e = s->events; e; e = e->next) {
		*line = e->line;
		if (!has_event(e, mode, why))
			return false;
	}
	return true;
}
