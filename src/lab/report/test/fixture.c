/* fixture.c - runs to report on: fixture.h. */
#include "lab/report/test/fixture.h"

#include "base/test/test.h"
#include "lab/world/need.h"
#include "wire/ipv4.h"
#include "wire/tcp.h"

#include <arpa/inet.h>

/* --- a run ------------------------------------------------------------------------------------ */

static enum link_verdict lose(void *ctx, struct link *l, int side, struct packet *p)
{
	struct run *r = ctx;

	(void)l, (void)side, (void)p;
	return ++r->seen == r->lose ? LINK_DROP : LINK_PASS;
}

static void join(struct run *r, struct host *h, int side, const char *addr)
{
	struct port port = host_interface(h, link_port(r->link, side), 1500);

	link_join(r->link, side, port);
	assert_int_equal(host_addr(h, port.port, addr), 0);
}

void run_new(struct run *r)
{
	static const struct link_config plain = {.delay = 10 * NSEC_MSEC};

	*r = (struct run){0};
	trace_init(&r->trace);
	world_init(&r->w, 1, &r->trace);
	r->client = host_new(&r->w, "client");
	r->server = host_new(&r->w, "server");
	r->link = link_new(&r->w, "wire", &plain);
	link_set_filter(r->link, lose, r);
	join(r, r->client, 0, "10.0.0.1/24");
	join(r, r->server, 1, "10.0.0.2/24");
}

void run_free(struct run *r)
{
	world_free(&r->w);
	trace_free(&r->trace);
}

void run_pass(struct run *r, nsec_t span)
{
	world_run(&r->w, r->w.now + span, NULL);
}

void run_call(struct run *r, struct host *h, const char *call, long result)
{
	char text[24];

	snprintf(text, sizeof(text), "%ld", result);
	r->calls++;
	node_record(host_node(h),
		(struct trace_event){.kind = TRACE_CALL, .id = r->calls, .text = call});
	node_record(host_node(h),
		(struct trace_event){.kind = TRACE_RETURN, .id = r->calls, .text = text});
	host_wake(h);
}

void run_connect(struct run *r)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(80)};
	struct burble *b = host_instance(r->server), *a = host_instance(r->client);

	inet_pton(AF_INET, "10.0.0.2", &at.sin_addr);
	r->listener = burble_socket(b, AF_INET, SOCK_STREAM, 0);
	burble_bind(b, r->listener, (struct sockaddr *)&at, sizeof(at));
	run_call(r, r->server, "listen(3, 5)", burble_listen(b, r->listener, 5));
	r->client_fd = burble_socket(a, AF_INET, SOCK_STREAM, 0);
	node_record(host_node(r->client),
		(struct trace_event){
			.kind = TRACE_CALL, .id = 99, .text = "connect(3, 10.0.0.2:80)"});
	burble_connect(a, r->client_fd, (struct sockaddr *)&at, sizeof(at));
	host_wake(r->client);
	run_pass(r, 20 * NSEC_MSEC);
	node_record(host_node(r->client),
		(struct trace_event){.kind = TRACE_RETURN, .id = 99, .text = "0"});
	run_pass(r, 80 * NSEC_MSEC);
	r->server_fd = burble_accept4(host_instance(r->server), r->listener, NULL, NULL, 0);
	assert_true(r->server_fd >= 0);
	run_call(r, r->server, "accept(3)", 4);
}

/* --- sinks ------------------------------------------------------------------------------------ */

bool memory_sink(void *user, const void *bytes, size_t n)
{
	struct memory *m = user;

	m->bytes = need(realloc(m->bytes, m->len + n + 1));
	memcpy(m->bytes + m->len, bytes, n);
	m->len += n;
	m->bytes[m->len] = '\0';
	return true;
}

char *form_of(report_form form, const struct trace *t, const struct report_options *o)
{
	struct report_options with = o ? *o : (struct report_options){0};
	struct memory m = {0};
	struct story s;

	with.start = WORLD_START;
	story_init(&s, t);
	assert_true(form(&s, &with, memory_sink, &m));
	story_free(&s);
	assert_non_null(m.bytes);
	return m.bytes;
}

/* --- handmade records ------------------------------------------------------------------------- */

void hand_segment(struct trace *t, const struct by_hand *h)
{
	static const uint8_t data[1460];
	uint8_t buf[IPV4_HDR_MIN + TCP_HDR_MIN + sizeof(data)];
	struct ip_addr a = ip_addr_from_v4(0x0a000001), b = ip_addr_from_v4(0x0a000002);
	struct ip_pair pair = h->back ? (struct ip_pair){b, a} : (struct ip_pair){a, b};
	struct tcp_seg s = {.sport = h->back ? 80 : 4000,
		.dport = h->back ? 4000 : 80,
		.seq = seq_of(h->seq),
		.ack = seq_of(h->ack),
		.flags = h->flags,
		.win = h->win,
		.len = h->len,
		.data = data};
	struct ipv4 ip = {.addr = pair, .ttl = 64, .proto = IP_PROTO_TCP};

	assert_true(h->len <= sizeof(data));
	ip.len = (uint16_t)(TCP_HDR_MIN + h->len);
	ipv4_emit(&ip, buf);
	tcp_emit(&s, &pair, buf + IPV4_HDR_MIN);
	trace_add(t, &(struct trace_event){.at = WORLD_START + h->at,
			     .kind = h->kind,
			     .node = h->node,
			     .id = h->id,
			     .text = h->text,
			     .bytes = buf,
			     .len = IPV4_HDR_MIN + ip.len});
}

void hand_hostile(struct trace *t)
{
	static const uint8_t junk[] = "\x45<script>";
	struct trace_event e = {.at = WORLD_START, .text = HOSTILE};

	trace_init(t);
	trace_node(t, HOSTILE "a", true);
	trace_node(t, HOSTILE "b", true);
	trace_node(t, HOSTILE "wire", false);
	for (int kind = TRACE_CALL; kind <= TRACE_RETURN; kind++) {
		e.kind = kind;
		e.id = 1;
		trace_add(t, &e);
	}
	e.kind = TRACE_NOTE;
	trace_add(t, &e);
	e = (struct trace_event){.at = WORLD_START, .kind = TRACE_STATE, .value = -7};
	trace_add(t, &e);
	hand_segment(t, &(struct by_hand){.id = 2, .kind = TRACE_SEND, .flags = SEG_SYN});
	hand_segment(t, &(struct by_hand){.id = 2, .kind = TRACE_DROP, .node = 2, .text = HOSTILE});
	e = (struct trace_event){.at = WORLD_START,
		.kind = TRACE_SEND,
		.node = 1,
		.id = 3,
		.bytes = junk,
		.len = sizeof(junk)};
	trace_add(t, &e);
	trace_counter(t, &(struct trace_counter){.node = 0, .name = HOSTILE, .after = 1});
}
