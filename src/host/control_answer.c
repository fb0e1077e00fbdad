/* control_answer.c - the answers of a control socket: control_answer.h. */
#include "host/control_answer.h"

#include "host/control_row.h"
#include "stack/mib.h"
#include "stack/stack.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	TEXT_MAX = 1024, /* a line other than a socket's */
	TAP_ROW = 256,   /* bytes of a packet turned to hexadecimal at a time */
	VALUES = 32,     /* parameters or counters in a piece */
};

/* --- text ------------------------------------------------------------------------------------- */

static void line(struct control_out *o, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void line(struct control_out *o, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	assert(n >= 0 && n < TEXT_MAX);
	control_out_add(o, text, (size_t)n);
}

void control_answer_error(struct control_out *out, const char *why)
{
	line(out, "error %s\n", why);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void add_row(struct control_answer *a, const struct sock_row *r)
{
	char text[SOCK_JSON_MAX];

	control_out_add(a->out, text, sock_row_json(r, text));
	a->rows++;
}

static void see_tcp(const struct tcp_diag *d, void *arg)
{
	struct control_answer *a = arg;
	struct sock_row r;

	control_row_tcp(&r, a, d);
	add_row(a, &r);
}

static void see_udp(const struct udp_diag *d, void *arg)
{
	struct control_answer *a = arg;
	struct sock_row r;

	control_row_udp(&r, a, d);
	a->rows++;
	if (a->request.states & 1u << r.state)
		add_row(a, &r);
}

static bool more_sockets(struct control_answer *a)
{
	struct stack *s = burble_stack(a->source->b);
	uint32_t buckets = 0;

	for (; a->request.tcp && a->rows < CONTROL_PIECE_ROWS; buckets++) {
		if (buckets == CONTROL_PIECE_BUCKETS)
			return true;
		a->request.tcp = tcp_diag_next(s, &a->tcp, see_tcp, a);
	}
	for (; a->request.udp && a->rows < CONTROL_PIECE_ROWS; buckets++) {
		if (buckets == CONTROL_PIECE_BUCKETS)
			return true;
		a->request.udp = udp_diag_next(s, &a->udp, see_udp, a);
	}
	return a->request.tcp || a->request.udp;
}

static bool more_descriptors(struct control_answer *a)
{
	struct burble_socket_ref ref;

	for (; a->rows < CONTROL_PIECE_ROWS; a->rows++) {
		if (!burble_next_socket(a->source->b, a->next, &ref))
			return false;
		line(a->out, "{\"fd\":%d,\"netid\":\"%s\",\"ino\":%llu}\n", ref.fd,
			ref.stream ? "tcp" : "udp",
			(unsigned long long)control_row_ino(a->source, ref.owner));
		a->next = ref.fd + 1;
	}
	return true;
}

/* --- the instance ----------------------------------------------------------------------------- */

static bool more_counters(struct control_answer *a)
{
	const struct mib_table *t = stack_mib(burble_stack(a->source->b));

	for (int n = 0; a->next < MIB_COUNT && n < VALUES; n++, a->next++)
		line(a->out, "{\"name\":\"%s\",\"value\":%llu}\n", mib_name((enum mib)a->next),
			(unsigned long long)mib_get(t, (enum mib)a->next));
	return a->next < MIB_COUNT;
}

/* Values have neither quotes nor backslashes: they are numbers, names of algorithms, keys in
 * hexadecimal. Several numbers have tabs between them, as in /proc/sys. */
static void add_sysctl(struct control_out *o, const char *name, const char *value)
{
	assert(!strpbrk(value, "\"\\\n"));
	line(o, "{\"name\":\"%s\",\"value\":\"", name);
	for (const char *p = value; *p; p++)
		line(o, "%.*s", *p == '\t' ? 2 : 1, *p == '\t' ? "\\t" : p);
	line(o, "\"}\n");
}

static bool more_sysctls(struct control_answer *a)
{
	struct stack *s = burble_stack(a->source->b);
	char value[SYSCTL_TEXT];
	const char *why;
	size_t count;
	const struct sysctl_def *defs = sysctl_defs(&count);

	if (a->request.name) {
		if (sysctl_get(stack_sysctl(s), a->request.name, value, sizeof(value), &why) == 0)
			add_sysctl(a->out, a->request.name, value);
		return false;
	}
	for (int n = 0; (size_t)a->next < count && n < VALUES; n++, a->next++)
		if (sysctl_get(stack_sysctl(s), defs[a->next].name, value, sizeof(value), &why) ==
			0)
			add_sysctl(a->out, defs[a->next].name, value);
	return (size_t)a->next < count;
}

/* NULL: the parameter was read or written; else the reason why not. */
static const char *do_sysctl(struct control_answer *a)
{
	const struct control_request *r = &a->request;
	struct sysctl *p = stack_sysctl(burble_stack(a->source->b));
	char value[SYSCTL_TEXT];
	const char *why;
	int err;

	if (!r->name)
		return NULL;
	if (strpbrk(r->name, "\"\\") || strlen(r->name) > TEXT_MAX / 2)
		return "no such parameter";
	err = r->value ? sysctl_set(p, r->name, r->value, &why)
		       : sysctl_get(p, r->name, value, sizeof(value), &why);
	return err ? why : NULL;
}

/* --- packets ---------------------------------------------------------------------------------- */

/* Why the packet was dropped, if it was: counters, separated by blanks. */
static void add_reasons(struct control_out *o, const struct tap_packet *p)
{
	for (int i = 0; i < TAP_WHY && p->why[i] != MIB_COUNT; i++)
		line(o, "%s%s", i ? " " : "\"why\":\"", mib_name((enum mib)p->why[i]));
	if (p->why[0] != MIB_COUNT)
		line(o, "\",");
}

static void add_packet(struct control_out *o, const struct tap_packet *p, const uint8_t *bytes)
{
	static const char digits[] = "0123456789abcdef";
	char hex[2 * TAP_ROW];

	line(o, "{\"at\":%lld,\"dir\":\"%s\",\"link\":\"%s\",\"len\":%u,\"dropped\":%u,",
		(long long)p->wall, p->out ? "out" : "in", p->ethernet ? "ethernet" : "ip",
		p->wire_len, p->dropped);
	add_reasons(o, p);
	line(o, "\"hex\":\"");
	for (uint32_t at = 0; at < p->len; at += TAP_ROW) {
		uint32_t n = p->len - at < TAP_ROW ? p->len - at : TAP_ROW;

		for (uint32_t i = 0; i < n; i++) {
			hex[2 * i] = digits[bytes[at + i] >> 4];
			hex[2 * i + 1] = digits[bytes[at + i] & 15];
		}
		control_out_add(o, hex, 2 * (size_t)n);
	}
	line(o, "\"}\n");
}

/* Never the last piece: a dump lasts until its reader leaves. */
static bool more_packets(struct control_answer *a)
{
	struct tap_packet p;
	const uint8_t *bytes;
	size_t before = a->out->len;

	while (a->out->len - before < CONTROL_PIECE_BYTES && control_tap_next(a->tap, &p, &bytes))
		add_packet(a->out, &p, bytes);
	a->waits = a->out->len == before;
	return true;
}

static const char *begin_dump(struct control_answer *a)
{
	if (a->source->dump)
		return "another dump is running: one at a time";
	a->tap = control_tap_new(a->source->b, a->request.snap, a->source->tap_event);
	if (!a->tap)
		return "out of memory";
	a->source->dump = a;
	return NULL;
}

void control_answer_end(struct control_answer *a)
{
	control_tap_free(a->tap);
	if (a->service)
		a->source->service->end(a->service);
	if (a->source && a->source->dump == a)
		a->source->dump = NULL;
	*a = (struct control_answer){0};
}

/* --- the program's own requests --------------------------------------------------------------- */

static const char *begin_service(struct control_answer *a)
{
	const struct control_service *s = a->source->service;

	if (!s)
		return "this is no chat server";
	a->service = s->begin(s->arg, a->request.rest);
	return a->service ? NULL : "out of memory";
}

static bool more_service(struct control_answer *a)
{
	enum control_step step = a->source->service->more(a->service, a->out);

	a->waits = step == CONTROL_WAITS;
	if (step == CONTROL_REFUSED)
		a->source->counts.invalid++;
	return step == CONTROL_MORE || step == CONTROL_WAITS;
}

/* --- all of them ------------------------------------------------------------------------------ */

static bool instance(struct control_answer *a)
{
	const struct control_source *s = a->source;
	const struct control_counts *c = &s->counts;
	struct tcp_memory m = {0};

	if (s->b)
		tcp_memory(burble_stack(s->b), &m);
	line(a->out, "{\"name\":\"%s\",\"pid\":%d,\"uid\":%u,\"version\":\"%s\",", s->name,
		(int)getpid(), (unsigned)geteuid(), burble_version());
	line(a->out, "\"orphans\":%zu,\"awake\":%zu,\"idle\":%zu,", m.orphans, m.awake, m.idle);
	line(a->out,
		"\"control\":{\"accepted\":%llu,\"refused\":%llu,\"busy\":%llu,\"invalid\":%llu,"
		"\"abandoned\":%llu}}\n",
		(unsigned long long)c->accepted, (unsigned long long)c->refused,
		(unsigned long long)c->busy, (unsigned long long)c->invalid,
		(unsigned long long)c->abandoned);
	return false;
}

bool control_answer_begin(struct control_answer *a, struct control_source *source,
	const struct control_request *request, struct control_out *out)
{
	const char *why = NULL;

	*a = (struct control_answer){.source = source, .request = *request};
	a->tcp.states = request->states;
	if (request->verb == CONTROL_CHAT)
		why = begin_service(a);
	else if (!source->b && request->verb != CONTROL_INSTANCE)
		why = "this server uses the kernel's sockets: ask ss(8), nstat(8), sysctl(8)";
	else if (request->verb == CONTROL_SYSCTL)
		why = do_sysctl(a);
	else if (request->verb == CONTROL_DUMP)
		why = begin_dump(a);
	if (why) {
		control_answer_error(out, why);
		return false;
	}
	if (!a->service)
		line(out, "ok\n");
	return true;
}

bool control_answer_more(struct control_answer *a, struct control_out *out)
{
	static bool (*const more[CONTROL_VERBS])(struct control_answer * a) = {
		[CONTROL_SOCKETS] = more_sockets,
		[CONTROL_DESCRIPTORS] = more_descriptors,
		[CONTROL_COUNTERS] = more_counters,
		[CONTROL_SYSCTL] = more_sysctls,
		[CONTROL_INSTANCE] = instance,
		[CONTROL_DUMP] = more_packets,
		[CONTROL_CHAT] = more_service,
	};

	a->out = out;
	a->rows = 0;
	a->waits = false;
	if (more[a->request.verb](a))
		return true;
	if (!a->service)
		line(out, "end\n");
	return false;
}
