/*
 * tx_completions.c - pending reports of a socket, in the order of their bytes.
 */
#include "socket/tx_completions.h"

#include <errno.h>
#include <linux/net_tstamp.h>
#include <stdlib.h>

enum ack_what {
	ACK_ZEROCOPY,
	ACK_STAMP
};

struct tx_completion {
	struct tx_completion *next;
	uint64_t end; /* position in the stream, after the last byte of the send */
	uint32_t id;
	uint8_t what; /* enum ack_what */
	bool sent;    /* its transmission has been reported */
};

enum {
	STAMPS_TX =
		SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_ACK,
};

static void add(struct sock_extra *x, struct tx_completion from)
{
	struct tx_completion *a = malloc(sizeof(*a)), **at = &x->completions;

	if (!a)
		return; /* the completion is lost, as with a full error queue */
	*a = from;
	a->next = NULL;
	while (*at) {
		assert((*at)->end <= from.end);
		at = &(*at)->next;
	}
	*at = a;
}

static void drop_first(struct sock_extra *x)
{
	struct tx_completion *a = x->completions;

	x->completions = a->next;
	free(a);
}

void tx_note(struct burble *b, struct sock *s, int flags)
{
	struct sock_extra *x = s->extra;
	struct tcp_status f;
	uint64_t end = tcp_bytes_queued(b->stack, s->tcp);
	bool zerocopy = tx_is_zerocopy(s, flags);

	if (zerocopy)
		x = sock_extra(b, s);
	if (!x)
		return;
	if (zerocopy)
		add(x, (struct tx_completion){.end = end, .id = x->zerocopy_next++});
	if (x->stamps & STAMPS_TX) {
		uint32_t id = (uint32_t)(end - 1 - x->stamp_base);
		bool counted = (x->stamps & SOF_TIMESTAMPING_OPT_ID) != 0;

		add(x, (struct tx_completion){
			       .end = end, .id = counted ? id : 0, .what = ACK_STAMP});
	}
	if (x->completions)
		tcp_watch_acks(b->stack, s->tcp, true);
	tcp_get_status(s->tcp, &f);
	if (f.unacked == 0)
		tx_acked(b, s, end); /* all of it was in a SYN, acknowledged before a blocked send
					was resumed */
}

/* Queues a timestamp of now; kind is SCM_TSTAMP_*. */
static bool stamp(struct burble *b, struct sock_extra *x, uint32_t kind, uint32_t id)
{
	struct errq_record r = {.stamp = stack_now(b->stack)};

	assert(kind <= SCM_TSTAMP_ACK);
	r.ee.ee_errno = ENOMSG;
	r.ee.ee_origin = SO_EE_ORIGIN_TIMESTAMPING;
	r.ee.ee_info = kind;
	r.ee.ee_data = id;
	r.cut = !(x->stamps & SOF_TIMESTAMPING_OPT_TSONLY);
	return errq_add(&x->errors, &r);
}

/* Reports one record. */
static bool report(struct burble *b, struct sock_extra *x, const struct tx_completion *a)
{
	assert(a->what == ACK_ZEROCOPY || a->what == ACK_STAMP);
	if (a->what == ACK_ZEROCOPY)
		return errq_zerocopy(&x->errors, a->id, true);
	if (!(x->stamps & SOF_TIMESTAMPING_TX_ACK))
		return false;
	return stamp(b, x, SCM_TSTAMP_ACK, a->id);
}

void tx_sent(struct burble *b, struct sock *s, uint64_t end)
{
	struct sock_extra *x = s->extra;
	bool any = false;

	for (struct tx_completion *a = x ? x->completions : NULL; a && a->end <= end; a = a->next) {
		if (a->sent || a->what != ACK_STAMP)
			continue;
		a->sent = true;
		if (x->stamps & SOF_TIMESTAMPING_TX_SCHED)
			any |= stamp(b, x, SCM_TSTAMP_SCHED, a->id);
		if (x->stamps & SOF_TIMESTAMPING_TX_SOFTWARE)
			any |= stamp(b, x, SCM_TSTAMP_SND, a->id);
	}
	if (any)
		file_notify(b, &s->file, EPOLLERR, false);
}

void tx_acked(struct burble *b, struct sock *s, uint64_t end)
{
	struct sock_extra *x = s->extra;
	bool any = false;

	while (x && x->completions && x->completions->end <= end) {
		any |= report(b, x, x->completions);
		drop_first(x);
	}
	assert(!x || !x->completions || x->completions->end > end);
	if (any)
		file_notify(b, &s->file, EPOLLERR, false);
}

void tx_settle(struct burble *b, struct sock *s)
{
	struct sock_extra *x = s->extra;

	while (x && x->completions) {
		if (x->completions->what == ACK_ZEROCOPY)
			report(b, x, x->completions);
		drop_first(x);
	}
}

int tx_set_stamps(struct burble *b, struct sock *s, int flags)
{
	struct tcp_status f;
	struct sock_extra *x = sock_extra(b, s);
	uint32_t wanted = (uint32_t)flags;

	if (!x)
		return -ENOMEM;
	if (wanted & ~STAMPS_KNOWN)
		return -EINVAL;
	if ((wanted & ~x->stamps) & SOF_TIMESTAMPING_OPT_ID) {
		tcp_get_status(s->tcp, &f);
		if (f.state == TCPS_CLOSED || f.state == TCPS_LISTEN)
			return -EINVAL;
		x->stamp_base = tcp_bytes_queued(b->stack, s->tcp) - f.unacked;
	}
	x->stamps = wanted;
	return 0;
}

void tx_free(struct sock_extra *x)
{
	while (x->completions)
		drop_first(x);
}
