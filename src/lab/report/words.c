/* words.c - names of packets, states and marks: words.h. */
#include "lab/report/words.h"

#include <netinet/tcp.h>
#include <sys/epoll.h>

static const char *const states[] = {[TCP_ESTABLISHED] = "ESTABLISHED",
	[TCP_SYN_SENT] = "SYN-SENT",
	[TCP_SYN_RECV] = "SYN-RECEIVED",
	[TCP_FIN_WAIT1] = "FIN-WAIT-1",
	[TCP_FIN_WAIT2] = "FIN-WAIT-2",
	[TCP_TIME_WAIT] = "TIME-WAIT",
	[TCP_CLOSE] = "CLOSED",
	[TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[TCP_LAST_ACK] = "LAST-ACK",
	[TCP_LISTEN] = "LISTEN",
	[TCP_CLOSING] = "CLOSING"};

static const char *const marks[] = {[MARK_NONE] = "",
	[MARK_AGAIN] = "again",
	[MARK_KEEPALIVE] = "keepalive",
	[MARK_PROBE] = "window probe",
	[MARK_DUP_ACK] = "dup",
	[MARK_COPY] = "copy"};

const char *words_state(int64_t value)
{
	if (value < 1 || value >= (int64_t)ARRAY_SIZE(states))
		return "?";
	return states[value];
}

const char *words_mark(unsigned mark)
{
	return mark < ARRAY_SIZE(marks) ? marks[mark] : "";
}

void words_ready(struct text *t, int64_t bits)
{
	static const struct {
		int64_t bit;
		const char *name;
	} names[] = {{EPOLLIN, "POLLIN"}, {EPOLLPRI, "POLLPRI"}, {EPOLLOUT, "POLLOUT"},
		{EPOLLRDHUP, "POLLRDHUP"}, {EPOLLERR, "POLLERR"}, {EPOLLHUP, "POLLHUP"}};
	const char *before = "";

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!(bits & names[i].bit))
			continue;
		text_add(t, "%s%s", before, names[i].name);
		before = " ";
	}
	if (!*before)
		text_add(t, "not ready");
}

static void flags(struct text *t, uint16_t f)
{
	static const struct {
		uint16_t flag;
		const char *name;
	} names[] = {{SEG_SYN, "SYN"}, {SEG_FIN, "FIN"}, {SEG_RST, "RST"}, {SEG_URG, "URG"},
		{SEG_CWR, "CWR"}, {SEG_ECE, "ECE"}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if ((f & names[i].flag) && !((f & SEG_SYN) && names[i].flag >= SEG_ECE))
			text_add(t, "%s ", names[i].name);
}

/* The start of the numbers of either direction; 0 if they are shown as they are. */
static uint32_t base(const struct story *s, const struct conn_view *v, int peer, bool absolute)
{
	const struct conn_side *side;

	if (absolute || v->conn == 0)
		return 0;
	side = &s->conns.conn[v->conn - 1].side[v->side ^ peer];
	return side->known ? side->isn.v : 0;
}

static void sack(struct text *t, const struct tcp_opts *o, uint32_t from)
{
	if (!(o->has & TCP_HAS_SACK))
		return;
	text_add(t, " sack");
	for (int i = 0; i < o->sack_count; i++)
		text_add(t, " %u:%u", o->sack[i].left.v - from, o->sack[i].right.v - from);
}

/* Fast Open (RFC 7413). */
static void cookie(struct text *t, const struct decoded *d)
{
	if (!(d->opts.has & TCP_HAS_FASTOPEN) || !(d->seg.flags & SEG_SYN))
		return;
	text_add(t, d->opts.cookie_len > 0 ? " cookie" : " cookie request");
}

static void tcp_words(struct text *t, const struct story *s, const struct story_packet *p,
	const struct decoded *d, bool absolute)
{
	const struct tcp_seg *g = &d->seg;
	const struct conn_view *v = &p->view;
	uint32_t seq = g->seq.v - base(s, v, 0, absolute);
	bool ranged = tcp_seg_space(g) > 0 || (g->flags & SEG_RST) || !(g->flags & SEG_ACK) ||
		      v->mark == MARK_KEEPALIVE || v->mark == MARK_PROBE;

	flags(t, g->flags);
	if (ranged)
		text_add(t, "%u:%u", seq, seq + g->len);
	if (g->len > 0)
		text_add(t, "(%u)", g->len);
	if (g->flags & SEG_ACK)
		text_add(t, "%sack %u", ranged ? " " : "", g->ack.v - base(s, v, 1, absolute));
	if (v->show_win)
		text_add(t, " win %u", v->win);
	cookie(t, d);
	sack(t, &d->opts, base(s, v, 1, absolute));
}

void words_packet(
	struct text *t, const struct story *s, const struct story_packet *p, bool absolute)
{
	struct decoded d;

	decode(&d, p->bytes, p->len);
	if (d.kind == DECODED_TCP)
		tcp_words(t, s, p, &d, absolute);
	else if (d.kind == DECODED_UDP)
		text_add(t, "UDP %u > %u (%u)", d.sport, d.dport, d.len);
	else
		text_add(t, "%s", d.text);
	if (p->view.mark != MARK_NONE)
		text_add(t, " %s", words_mark(p->view.mark));
	if (d.kind != DECODED_OTHER && d.damaged)
		text_add(t, " damaged");
}
