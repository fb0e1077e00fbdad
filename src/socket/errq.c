/*
 * errq.c - error queue of a socket: a short list of records, and their form in recvmsg().
 */
#include "socket/errq.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

bool errq_add(struct errq *q, const struct errq_record *r)
{
	struct errq_record *n = q->count < ERRQ_MAX ? malloc(sizeof(*n)) : NULL;

	assert(r->len <= sizeof(r->data));
	assert((q->count == 0) == !q->first);
	if (!n)
		return false;
	*n = *r;
	n->next = NULL;
	if (q->last)
		q->last->next = n;
	else
		q->first = n;
	q->last = n;
	q->count++;
	return true;
}

bool errq_zerocopy(struct errq *q, uint32_t id, bool copied)
{
	uint8_t code = copied ? SO_EE_CODE_ZEROCOPY_COPIED : 0;
	struct sock_extended_err *last = q->last ? &q->last->ee : NULL;
	bool joins = last && last->ee_origin == SO_EE_ORIGIN_ZEROCOPY && last->ee_code == code;
	struct errq_record r = {.ee.ee_origin = SO_EE_ORIGIN_ZEROCOPY};

	if (joins && last->ee_data + 1 == id) {
		last->ee_data = id;
		return true;
	}
	r.ee.ee_code = code;
	r.ee.ee_info = r.ee.ee_data = id;
	return errq_add(q, &r);
}

bool errq_take(struct errq *q, struct errq_record *out)
{
	struct errq_record *r = q->first;

	if (!r)
		return false;
	assert(q->count > 0);
	q->first = r->next;
	if (!q->first)
		q->last = NULL;
	q->count--;
	*out = *r;
	free(r);
	return true;
}

void errq_free(struct errq *q)
{
	struct errq_record r;

	while (errq_take(q, &r))
		continue;
	assert(q->count == 0 && !q->last);
}

static void put_stamps(struct ctl_out *c, nsec_t at)
{
	struct scm_timestamping s = {.ts[0] = {at / NSEC_SEC, at % NSEC_SEC}};
	struct cmsghdr head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_TIMESTAMPING};

	ctl_put(c, &head, &s, sizeof(s));
}

/* The error, followed by the offender's address (ip(7), SO_EE_OFFENDER). */
static void put_error(struct ctl_out *c, const struct errq_record *r, int domain)
{
	bool v6 = domain == AF_INET6;
	struct cmsghdr head = {
		.cmsg_level = v6 ? SOL_IPV6 : SOL_IP, .cmsg_type = v6 ? IPV6_RECVERR : IP_RECVERR};

	struct {
		struct sock_extended_err ee;
		struct sockaddr_storage offender;

	} data = {.ee = r->ee};
	socklen_t len = sizeof(data.offender);
	uint8_t from = r->ee.ee_origin;

	if (from == SO_EE_ORIGIN_ICMP || from == SO_EE_ORIGIN_ICMP6)
		addr_write(&r->offender, domain, (struct sockaddr *)&data.offender, &len);
	len = v6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	assert(len <= sizeof(data.offender));
	ctl_put(c, &head, &data, offsetof(__typeof__(data), offender) + len);
}

ssize_t errq_read(struct errq *q, int domain, struct msghdr *msg)
{
	struct iov_at at = iov_start(msg->msg_iov, msg->msg_iovlen, 0);
	struct errq_record r;
	struct ctl_out c;
	size_t copied;

	if (!errq_take(q, &r))
		return -EAGAIN;
	copied = iov_put(&at, r.data, r.len);
	msg->msg_flags = MSG_ERRQUEUE | (copied < r.len || r.cut ? MSG_TRUNC : 0);
	c = ctl_start(msg);
	if (r.ee.ee_origin == SO_EE_ORIGIN_TIMESTAMPING)
		put_stamps(&c, r.stamp);
	put_error(&c, &r, domain);
	ctl_end(&c);
	if (msg->msg_name && r.destination.port)
		addr_write(&r.destination, domain, msg->msg_name, &msg->msg_namelen);
	else
		msg->msg_namelen = 0;
	return (ssize_t)copied;
}
