/*
 * script.c - a plan as a scenario in Lua: script.h. The programs' actions become calls of a few
 * functions that preface.lua defines. A writer and a reader that use epoll have a set each.
 */
#include "lab/fuzz/script.h"

#include "lab/fuzz/datagram.h"
#include "lab/fuzz/knob.h"
#include "lab/fuzz/net.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* The scenario being built. */
struct script {
	const struct plan *p;
	char *text;
	size_t n;
};

__attribute__((format(printf, 2, 3))) static void put(struct script *s, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->text + s->n, SCRIPT_TEXT - s->n, format, args);
	va_end(args);
	s->n += (size_t)n;
	if (s->n >= SCRIPT_TEXT)
		s->n = SCRIPT_TEXT - 1;
}

/* preface.lua */
extern const unsigned char preface_lua[];
extern const size_t preface_lua_len;

static double seconds(int64_t t)
{
	return (double)t / 1e9;
}

static char host_name(int64_t i)
{
	return (char)('a' + i);
}

/* --- the network ------------------------------------------------------------------------------ */

static void put_link_config(struct script *s, int link)
{
	struct link_config c = net_link_config(s->p, link);

	put(s, "delay = %.9g", seconds(c.delay));
	if (c.jitter)
		put(s, ", jitter = %.9g", seconds(c.jitter));
	if (c.rate)
		put(s, ", rate = %" PRIu64 ", limit = %u, codel = %s", c.rate, c.queue.limit,
			c.queue.codel ? "true" : "false");
	if (c.loss > 0)
		put(s, ", loss = %.6g", c.loss);
	if (c.duplicate > 0)
		put(s, ", duplicate = %.6g", c.duplicate);
	if (c.corrupt > 0)
		put(s, ", corrupt = %.6g", c.corrupt);
	if (c.reorder > 0)
		put(s, ", reorder = %.6g", c.reorder);
	if (c.ge_p > 0)
		put(s, ", gemodel = { %.6g, %.6g }", c.ge_p, c.ge_r);
}

static void put_link(struct script *s, int link)
{
	char text[64];
	int64_t shape = plan_net(s->p, NET_SHAPE);

	net_address_text(s->p, link, true, text);
	put(s, "link { %c, \"%s\", ", host_name(link), text);
	if (shape == NET_ROUTER)
		net_router_text(s->p, link, text);
	else if (shape == NET_SWITCH)
		net_address_text(s->p, link, false, text);
	else if (shape == NET_PAIR)
		net_address_text(s->p, 1, true, text);
	put(s, "%s, \"%s\", ",
		shape == NET_ROUTER   ? "c"
		: shape == NET_SWITCH ? "net"
		: shape == NET_NAT    ? "box"
				      : "b",
		shape != NET_NAT ? text
		: link == 0      ? "inside"
				 : "outside");
	put(s, "mtu = %u, ", net_mtu(s->p, link));
	put_link_config(s, link);
	put(s, " }");
}

static void put_drops(struct script *s, int link)
{
	bool any = false;

	for (uint32_t i = 0; i < s->p->rows; i++) {
		const struct row *r = &s->p->row[i];

		if (r->kind != ROW_DROP || r->arg[LINK_NUMBER] != link)
			continue;
		if (!any)
			put(s, "local lost%d = {", link + 1);
		put(s, "%s [%" PRId64 "] = true", any ? "," : "", r->arg[LINK_VALUE]);
		any = true;
	}
	if (any)
		put(s,
			" }\nwire[%d]:filter(function(p) if lost%d[p.n] then return \"drop\" end "
			"end)\n",
			link + 1, link + 1);
}

static void put_net(struct script *s)
{
	int64_t shape = plan_net(s->p, NET_SHAPE);
	const char *any = plan_net(s->p, NET_V6) ? "::/0" : "0.0.0.0/0";

	for (int i = 0; i < plan_hosts(s->p); i++)
		put(s, "local %c = host \"%c\"\n", host_name(i), host_name(i));
	if (shape == NET_NAT)
		put(s, "local box = nat { \"box\", public = \"192.0.2.1\" }\n");
	if (shape == NET_SWITCH)
		put(s, "local net = lan \"lan\"\n");
	put(s, "local wire = {}\n");
	for (int i = 0; i < plan_links(s->p); i++) {
		put(s, "wire[%d] = ", i + 1);
		put_link(s, i);
		put(s, "\n");
		put_drops(s, i);
	}
	if (shape == NET_ROUTER)
		put(s, "a:route \"%s\"\nb:route \"%s\"\nc:sysctl(\"%s\", 1)\n", any, any,
			plan_net(s->p, NET_V6) ? "net.ipv6.conf.all.forwarding"
					       : "net.ipv4.ip_forward");
	if (shape == NET_NAT)
		put(s, "a:route \"%s\"\n", any);
	for (uint32_t i = 0; i < s->p->rows; i++) {
		const struct row *r = &s->p->row[i];
		char value[KNOB_TEXT];

		if (r->kind != ROW_SYSCTL)
			continue;
		knob_value(knob_sysctl(r->arg[SYSCTL_NAME]), r->arg[SYSCTL_VALUE], value);
		put(s, "%c:sysctl(\"%s\", \"%s\")\n", host_name(r->arg[SYSCTL_HOST]),
			knob_sysctl(r->arg[SYSCTL_NAME])->name, value);
	}
}

/* --- faults ----------------------------------------------------------------------------------- */

static void put_at(struct script *s, int64_t when, const char *what)
{
	put(s, "at(%.9g, function() %s end)\n", seconds(when), what);
}

/* The host at a side of a link; "" for both sides, and for a box: it has no name there. */
static const char *host_at(const struct script *s, int link, int64_t side)
{
	static const char *const names[] = {"a", "b", "c", "d"};
	int64_t shape = plan_net(s->p, NET_SHAPE);

	if (side == SIDE_A)
		return names[link];
	if (side == SIDE_B && shape == NET_PAIR)
		return "b";
	return side == SIDE_B && shape == NET_ROUTER ? "c" : "";
}

static void put_link_fault(struct script *s, const struct row *r)
{
	int link = (int)r->arg[FAULT_WHERE];
	char begin[96], end[96];
	int64_t side = r->arg[FAULT_VALUE];
	const char *from = host_at(s, link, side);

	snprintf(begin, sizeof(begin), "wire[%d]:cut(%s)", link + 1, from);
	snprintf(end, sizeof(end), "wire[%d]:heal(%s)", link + 1, from);
	if (r->kind == ROW_SWALLOW) {
		snprintf(begin, sizeof(begin), "wire[%d]:set { swallows = %d }", link + 1,
			(int)side);
		snprintf(end, sizeof(end), "wire[%d]:set { swallows = 0 }", link + 1);
	}
	if (r->kind == ROW_STORM) {
		snprintf(begin, sizeof(begin), "wire[%d]:set { loss = %.6g }", link + 1,
			(double)side / 1e6);
		snprintf(end, sizeof(end), "wire[%d]:set { loss = %.6g }", link + 1,
			net_link_config(s->p, link).loss);
	}
	put_at(s, r->arg[FAULT_AT], begin);
	put_at(s, r->arg[FAULT_AT] + r->arg[FAULT_FOR], end);
}

static void put_address_fault(struct script *s, const struct row *r)
{
	char h = host_name(r->arg[FAULT_WHERE]), what[96], text[64];

	net_address_text(s->p, (int)r->arg[FAULT_WHERE], true, text);
	snprintf(what, sizeof(what), "pcall(%c.no_address, %c, \"%s\")", h, h, text);
	put_at(s, r->arg[FAULT_AT], what);
	snprintf(what, sizeof(what), "pcall(%c.address, %c, \"%s\")", h, h, text);
	put_at(s, r->arg[FAULT_AT] + r->arg[FAULT_FOR], what);
}

static void put_host_fault(struct script *s, const struct row *r)
{
	char h = host_name(r->arg[FAULT_WHERE]), begin[64], end[64];

	snprintf(begin, sizeof(begin), "%c:%s()", h,
		r->kind == ROW_CRASH   ? "crash"
		: r->kind == ROW_POWER ? "power_off"
				       : "freeze");
	snprintf(end, sizeof(end), r->kind == ROW_POWER ? "%c:reboot() listen_%c()" : "%c:thaw()",
		h, h);
	put_at(s, r->arg[FAULT_AT], begin);
	if (r->kind != ROW_CRASH)
		put_at(s, r->arg[FAULT_AT] + r->arg[FAULT_FOR], end);
}

static void put_faults(struct script *s)
{
	for (uint32_t i = 0; i < s->p->rows; i++) {
		const struct row *r = &s->p->row[i];

		switch (r->kind) {
		case ROW_CUT:
		case ROW_SWALLOW:
		case ROW_STORM: put_link_fault(s, r); break;
		case ROW_FREEZE:
		case ROW_POWER:
		case ROW_CRASH: put_host_fault(s, r); break;
		case ROW_ADDRESS: put_address_fault(s, r); break;
		case ROW_FORGET: put_at(s, r->arg[FAULT_AT], "box:forget()"); break;
		}
	}
	for (int i = 0; i < plan_links(s->p); i++) {
		struct link_config c = net_link_config(s->p, i);

		if (c.loss + c.duplicate + c.corrupt + c.reorder + c.ge_p > 0)
			put(s,
				"at(%.9g, function() wire[%d]:set { loss = 0, duplicate = 0, "
				"corrupt = 0, reorder = 0, gemodel = { 0 } } end)\n",
				seconds(net_heal_time(s->p)), i + 1);
	}
}

/* --- programs --------------------------------------------------------------------------------- */

static void put_options(struct script *s, const struct row *conn, int64_t end, const char *socket)
{
	for (uint32_t i = 0; i < s->p->rows; i++) {
		const struct row *r = &s->p->row[i];

		if (r->kind == ROW_OPTION && r->arg[OPTION_ID] == conn->arg[CONN_ID] &&
			r->arg[OPTION_END] == end)
			put(s, "\t%s:setsockopt(\"%s\", %" PRId64 ")\n", socket,
				knob_option(r->arg[OPTION_NAME])->name, r->arg[OPTION_VALUE]);
	}
}

static void put_send(struct script *s, const struct row *r)
{
	put(s, "send(e, s, %" PRId64 "%s%s)", r->arg[ACT_N],
		r->arg[ACT_FLAGS] & ACT_FASTOPEN ? " - e.sent" : "",
		r->arg[ACT_FLAGS] & ACT_MORE ? ", \"MSG_MORE\"" : "");
}

static void put_recv(struct script *s, const struct row *r)
{
	if (r->arg[ACT_FLAGS] & ACT_PEEK)
		put(s, "peek(e, s, %" PRId64 ") and ", r->arg[ACT_N]);
	put(s, "recv(e, s, %" PRId64 "%s)", r->arg[ACT_N],
		r->arg[ACT_FLAGS] & ACT_WAITALL ? ", \"MSG_WAITALL\"" : "");
}

static void put_action(struct script *s, const struct row *r)
{
	bool writes = r->kind == ROW_WRITE;

	switch (r->arg[ACT_DO]) {
	case ACT_SEND:
	case ACT_RECV: writes ? put_send(s, r) : put_recv(s, r); break;
	case ACT_PAUSE: put(s, "pause(%.9g)", seconds(r->arg[ACT_N])); break;
	case ACT_URGENT: put(s, writes ? "urgent(e, s)" : "ask_urgent(e, s)"); break;
	case ACT_QUIT: put(s, "quit(e, s)"); break;
	case ACT_ABORT: put(s, "quit(e, s, 0)"); break;
	case ACT_LINGER: put(s, "quit(e, s, %" PRId64 ")", r->arg[ACT_N]); break;
	}
}

/* All actions of one kind, joined by "and": a failure skips the rest. */
static void put_actions(struct script *s, const struct row *conn, int64_t end, uint8_t kind)
{
	bool any = false;

	for (uint32_t i = 0; i < s->p->rows; i++) {
		const struct row *r = &s->p->row[i];

		if (r->kind != kind || r->arg[ACT_ID] != conn->arg[CONN_ID] ||
			r->arg[ACT_END] != end)
			continue;
		put(s, any ? " and " : "\t\tlocal on = ");
		put_action(s, r);
		any = true;
	}
	if (kind == ROW_WRITE)
		put(s, "%s\t\tfinish(e, s)\n", any ? "\n" : "");
	else if (any)
		put(s, "\n\t\tif on then drain(e, s) end\n\t\tif e.open > 0 then done(e, s) end\n");
	else
		put(s, "\t\tdrain(e, s)\n\t\tif e.open > 0 then done(e, s) end\n");
}

static int64_t how_of(const struct plan *p, int64_t id, int64_t end)
{
	int64_t how = WAIT_BLOCK;

	for (uint32_t i = 0; i < p->rows; i++)
		if (p->row[i].kind == ROW_WAIT && p->row[i].arg[WAIT_ID] == id &&
			p->row[i].arg[WAIT_END] == end)
			how = p->row[i].arg[WAIT_HOW];
	return how;
}

/* Writes the function that runs one end on its socket. */
static void put_end(struct script *s, const struct row *conn, int64_t end)
{
	char h = host_name(conn->arg[end ? CONN_SERVER : CONN_CLIENT]);
	int64_t from = 2 * conn->arg[CONN_ID] + end, how = how_of(s->p, conn->arg[CONN_ID], end);

	put(s, "new_end(%" PRId64 ", %" PRId64 ", %c", from, from ^ 1, h);
	if (how != WAIT_BLOCK)
		put(s, ", \"%s\"", row_spec(ROW_WAIT)->arg[WAIT_HOW].word(how));
	put(s, ")\n");
	put(s, "local function run_%" PRId64 "(s)\n\tlocal e = ends[%" PRId64 "]\n", from, from);
	put(s, "\t%c:run(function()\n", h);
	put_actions(s, conn, end, ROW_WRITE);
	put(s, "\tend)\n\t%c:run(function()\n", h);
	put_actions(s, conn, end, ROW_READ);
	put(s, "\tend)\nend\n");
}

/* The bytes that a client sends with MSG_FASTOPEN; 0: it calls connect(). */
static int64_t fast_bytes(const struct plan *p, int64_t id)
{
	for (uint32_t i = 0; i < p->rows; i++) {
		const struct row *r = &p->row[i];

		if (r->kind == ROW_WRITE && r->arg[ACT_ID] == id && r->arg[ACT_END] == 0)
			return r->arg[ACT_DO] == ACT_SEND && (r->arg[ACT_FLAGS] & ACT_FASTOPEN)
				       ? r->arg[ACT_N]
				       : 0;
	}
	return 0;
}

static void put_connect(struct script *s, const struct row *c, const char *to)
{
	int64_t id = c->arg[CONN_ID], n = fast_bytes(s->p, id);
	int port = (int)(PLAN_PORT + c->arg[CONN_PORT]);

	if (n == 0) {
		put(s, "\tlocal ok, err = s:connect(\"%s\", %d)\n", to, port);
		return;
	}
	put(s, "\tends[%" PRId64 "].fast_open = true\n", 2 * id);
	put(s, "\tlocal ok, err = open_fast(ends[%" PRId64 "], s, %" PRId64 ", \"%s\", %d)\n",
		2 * id, n, to, port);
}

static void put_client(struct script *s, const struct row *c)
{
	char text[64], to[64];
	int64_t id = c->arg[CONN_ID];
	const char *family = plan_net(s->p, NET_V6) ? ", 6" : "";

	net_address_text(s->p, (int)c->arg[CONN_CLIENT], false, text);
	net_address_text(s->p, (int)c->arg[CONN_SERVER], false, to);
	put(s, "%c:run(function()\n", host_name(c->arg[CONN_CLIENT]));
	if (c->arg[CONN_AT])
		put(s, "\tsleep(%.9g)\n", seconds(c->arg[CONN_AT]));
	put(s, "\tlocal s = %c:socket(\"tcp\"%s)\n", host_name(c->arg[CONN_CLIENT]), family);
	put_options(s, c, 0, "s");
	put(s, "\ts:bind(\"%s\", %d)\n", text, (int)(PLAN_CLIENT_PORT + id));
	put_connect(s, c, to);
	put(s,
		"\tif ok then run_%" PRId64 "(s) else failed(ends[%" PRId64
		"], err) s:close() end\n",
		2 * id, 2 * id);
	put(s, "end)\n");
}

static bool is_of(const struct row *r, int host, int port)
{
	return r->kind == ROW_CONN && r->arg[CONN_SERVER] == host && r->arg[CONN_PORT] == port;
}

static void put_listener(struct script *s, int host, int port)
{
	const struct row *first = NULL;
	char text[64];

	for (uint32_t i = 0; i < s->p->rows && !first; i++)
		first = is_of(&s->p->row[i], host, port) ? &s->p->row[i] : NULL;
	if (!first)
		return;
	net_address_text(s->p, host, false, text);
	put(s, "\t%c:run(function()\n\tlocal l = %c:socket(\"tcp\"%s)\n", host_name(host),
		host_name(host), plan_net(s->p, NET_V6) ? ", 6" : "");
	put(s, "\tl:setsockopt(\"SO_REUSEADDR\", 1)\n");
	for (uint32_t i = 0; i < s->p->rows; i++)
		if (is_of(&s->p->row[i], host, port))
			put_options(s, &s->p->row[i], 1, "l");
	put(s, "\tl:bind(\"%s\", %d)\n\tl:listen(%d)\n", text, PLAN_PORT + port,
		(int)first->arg[CONN_BACKLOG]);
	put(s, "\twhile true do\n\t\tlocal s, _, from = l:accept()\n\t\tif not s then break end\n");
	for (uint32_t i = 0; i < s->p->rows; i++)
		if (is_of(&s->p->row[i], host, port))
			put(s, "\t\tif from == %d then run_%d(s) end\n",
				(int)(PLAN_CLIENT_PORT + s->p->row[i].arg[CONN_ID]),
				(int)(2 * s->p->row[i].arg[CONN_ID] + 1));
	put(s, "\tend\n\tend)\n");
}

static void put_receiver(struct script *s, const struct row *r)
{
	int host = (int)r->arg[UDP_TO];
	char text[64];

	net_address_text(s->p, host, false, text);
	put(s, "\t%c:run(function()\n\tlocal s = %c:socket(\"udp\"%s)\n", host_name(host),
		host_name(host), plan_net(s->p, NET_V6) ? ", 6" : "");
	if (r->arg[UDP_FLAGS] & DATAGRAM_LITTLE)
		put(s, "\ts:setsockopt(\"SO_RCVBUF\", 0)\n");
	put(s, "\ts:bind(\"%s\", %d)\n\treceive(s, %d, %d)\n\tend)\n", text,
		(int)(DATAGRAM_PORT + r->arg[UDP_ID]), (int)r->arg[UDP_ID], (int)r->arg[UDP_BYTES]);
}

static void put_sender(struct script *s, const struct row *r)
{
	char text[64], to[64], h = host_name(r->arg[UDP_FROM]);
	bool connects = r->arg[UDP_FLAGS] & DATAGRAM_CONNECTED;
	int port = (int)(DATAGRAM_PORT + r->arg[UDP_ID]);

	net_address_text(s->p, (int)r->arg[UDP_FROM], false, text);
	net_address_text(s->p, (int)r->arg[UDP_TO], false, to);
	put(s, "%c:run(function()\n\tsleep(%.9g)\n\tlocal s = %c:socket(\"udp\"%s)\n", h,
		seconds(r->arg[UDP_AT]), h, plan_net(s->p, NET_V6) ? ", 6" : "");
	put(s, "\ts:bind(\"%s\", %d)\n", text, (int)(DATAGRAM_SENDER_PORT + r->arg[UDP_ID]));
	if (connects)
		put(s, "\ts:connect(\"%s\", %d)\n", to, port);
	put(s, "\tfor i = 0, %d do\n\t\tlocal data = datagram(%d, i, %d)\n",
		(int)r->arg[UDP_COUNT] - 1, (int)r->arg[UDP_ID], (int)r->arg[UDP_BYTES]);
	if (connects)
		put(s, "\t\ts:send(data)\n");
	else
		put(s, "\t\ts:sendto(data, \"%s\", %d)\n", to, port);
	put(s, "\t\tsleep(%.9g)\n\tend\n\ts:close()\nend)\n", seconds(r->arg[UDP_GAP]));
}

static void put_programs(struct script *s)
{
	for (uint32_t i = 0; i < s->p->rows; i++)
		for (int64_t end = 0; end < 2 && s->p->row[i].kind == ROW_CONN; end++)
			put_end(s, &s->p->row[i], end);
	for (int h = 0; h < plan_hosts(s->p); h++) {
		put(s, "local function listen_%c()\n", host_name(h));
		for (int port = 0; port < 4; port++)
			put_listener(s, h, port);
		for (uint32_t i = 0; i < s->p->rows; i++)
			if (s->p->row[i].kind == ROW_UDP && s->p->row[i].arg[UDP_TO] == h)
				put_receiver(s, &s->p->row[i]);
		put(s, "end\nlisten_%c()\n", host_name(h));
	}
	for (uint32_t i = 0; i < s->p->rows; i++)
		if (s->p->row[i].kind == ROW_CONN)
			put_client(s, &s->p->row[i]);
	for (uint32_t i = 0; i < s->p->rows; i++)
		if (s->p->row[i].kind == ROW_UDP)
			put_sender(s, &s->p->row[i]);
}

/* --- expectations ----------------------------------------------------------------------------- */

static const struct expectation {
	const char *property, *text;
} expectations[] = {
	{"short", "for i, e in pairs(ends) do\n"
		  "\tlocal sent = ends[e.peer].sent\n"
		  "\twhile ends[e.peer].urgent[e.received] do e.received = e.received + 1 end\n"
		  "\tif e.eof and not e.error then expect_equal(e.received, sent, \"end \" .. i .. "
		  "\": bytes before the end of file\") end\n"
		  "end\n"},
	{"reason", "for i, e in pairs(ends) do expect_equal(e.error, nil, \"end \" .. i .. \": "
		   "error\") end\n"},
	{"progress", "for i, e in pairs(ends) do expect_equal(e.open, 0, \"end \" .. i .. \": what "
		     "is not over of its program\") end\n"},
};

static void put_expectation(struct script *s, const struct failure *f)
{
	put(s, "duration(%.9g)\nsleep(%.9g)\n", seconds(net_heal_time(s->p)) + 40000,
		seconds(net_heal_time(s->p)) + 36000);
	put(s, "expect(true)\n");
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++)
		if (strcmp(f->property, expectations[i].property) == 0)
			put(s, "%s", expectations[i].text);
	if (strcmp(f->property, "memory") == 0)
		for (int i = 0; i < plan_hosts(s->p); i++)
			put(s, "expect_equal(%c:memory(), 0, \"bytes of closed connections\")\n",
				host_name(i));
}

bool script_print(const struct plan *p, const struct failure *f, char text[SCRIPT_TEXT])
{
	struct script s = {p, text, 0};

	put(&s, "-- %s: %s\n", f->property, f->text);
	put(&s, "title \"a random run: %s\"\n", f->property);
	put(&s, "%.*s", (int)preface_lua_len, (const char *)preface_lua);
	put_net(&s);
	put_programs(&s);
	put_faults(&s);
	put_expectation(&s, f);
	return s.n < SCRIPT_TEXT - 1;
}
