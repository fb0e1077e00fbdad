/*
 * stream_acks.c - a list of records in the order of the bytes that they wait for.
 */
#include "socket/stream_acks.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>

enum ack_what {
	ACK_ZEROCOPY,
	ACK_STAMP
};

struct sock_ack {
	struct sock_ack *next;
	uint64_t end; /* bytes of the connection, the last of the send included */
	uint32_t id;
	uint8_t what; /* enum ack_what */
	bool sent;    /* its departure has been reported */
};

enum {
	STAMPS_TX =
		SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK,
};

static void add(struct sock_extra *x, struct sock_ack from)
{
	struct sock_ack *a = malloc(sizeof(*a)), **at = &x->acks;
	if (!a)
		return; /* the completion is lost, as with a full error queue */
	*a = from;
	a->next = NULL;
	while (*at)
		at = &(*at)->next;
	*at = a;
}

void acks_note(struct burble *bs, struct sock *s, int flags)
{
	struct sock_extra *x = s->extra;
	struct tcp_facts f;
	uint64_t end = tcp_bytes_queued(bs->stack, s->tcp);
	bool zerocopy = acks_zerocopy(s, flags);
	if (zerocopy)
		x = sock_extra(bs, s);
	if (!x)
		return;
	if (zerocopy)
		add(x, (struct sock_ack){.end = end, .id = x->zerocopy_next++});
	if (x->stamps & STAMPS_TX) {
		uint32_t id = (uint32_t)(end - 1 - x->stamp_base);
		bool counted = (x->stamps & SOF_TIMESTAMPING_OPT_ID) != 0;
		add(x, (struct sock_ack){.end = end, .id = counted ? id : 0, .what = ACK_STAMP});
	}
	if (x->acks)
		tcp_watch_acks(bs->stack, s->tcp, true);
	tcp_facts(s->tcp, &f);
	if (f.unacked == 0)
		acks_upto(bs, s, end); /* a SYN took it all, and a blocked send heard late of it */
}

/* A timestamp of now; kind is SCM_TSTAMP_*. */
static bool stamp(struct burble *bs, struct sock_extra *x, uint32_t kind, uint32_t id)
{
	struct errq_record r = {.stamp = stack_now(bs->stack)};
	r.ee.ee_errno = ENOMSG;
	r.ee.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
	r.ee.ee_info = kind;
	r.ee.ee_data = id;
	r.cut = !(x->stamps & SOF_TIMESTAMPING_OPT_TSONLY);
	return errq_add(&x->errors, &r);
}

/* The report of one record. */
static bool report(struct burble *bs, struct sock_extra *x, const struct sock_ack *a)
{
	if (a->what == ACK_ZEROCOPY)
		return errq_zerocopy(&x->errors, a->id, true);
	if (!(x->stamps & SOF_TIMESTAMPING_TX_ACK))
		return false;
	return stamp(bs, x, SCM_TSTAMP_ACK, a->id);
}

void acks_sent(struct burble *bs, struct sock *s, uint64_t end)
{
	struct sock_extra *x = s->extra;
	bool any = false;
	for (struct sock_ack *a = x ? x->acks : NULL; a && a->end <= end; a = a->next) {
		if (a->sent || a->what != ACK_STAMP)
			continue;
		a->sent = true;
		if (x->stamps & SOF_TIMESTAMPING_TX_SCHED)
			any |= stamp(bs, x, SCM_TSTAMP_SCHED, a->id);
		if (x->stamps & SOF_TIMESTAMPING_TX_SOFTWARE)
			any |= stamp(bs, x, SCM_TSTAMP_SND, a->id);
	}
	if (any)
		file_news(bs, &s->file, EPOLLERR, false);
}

void acks_upto(struct burble *bs, struct sock *s, uint64_t end)
{
	struct sock_extra *x = s->extra;
	bool any = false;
	while (x && x->acks && x->acks->end <= end) {
		struct sock_ack *a = x->acks;
		x->acks = a->next;
		any |= report(bs, x, a);
		free(a);
	}
	if (any)
		file_news(bs, &s->file, EPOLLERR, false);
}

void acks_settle(struct burble *bs, struct sock *s)
{
	struct sock_extra *x = s->extra;
	while (x && x->acks) {
		struct sock_ack *a = x->acks;
		x->acks = a->next;
		if (a->what == ACK_ZEROCOPY)
			report(bs, x, a);
		free(a);
	}
}

int acks_set_stamps(struct burble *bs, struct sock *s, int flags)
{
	struct tcp_facts f;
	struct sock_extra *x = sock_extra(bs, s);
	uint32_t wanted = (uint32_t)flags;
	if (!x)
		return -ENOMEM;
	if (wanted & ~STAMPS_KNOWN)
		return -EINVAL;
	if ((wanted & ~x->stamps) & SOF_TIMESTAMPING_OPT_ID) {
		tcp_facts(s->tcp, &f);
		if (f.state == TCPS_CLOSED || f.state == TCPS_LISTEN)
			return -EINVAL;
		x->stamp_base = tcp_bytes_queued(bs->stack, s->tcp) - f.unacked;
	}
	x->stamps = wanted;
	return 0;
}

void acks_free(struct sock_extra *x)
{
	while (x->acks) {
		struct sock_ack *a = x->acks;
		x->acks = a->next;
		free(a);
	}
}
