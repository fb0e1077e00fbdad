/*
 * opt_auth.c - the options that set a socket's keys for its peers: TCP_MD5SIG and TCP_MD5SIG_EXT.
 */
#include "socket/addr.h"
#include "socket/opt.h"

#include <errno.h>
#include <linux/tcp.h>

/* The peer of a key: an address of the socket's family, including mapped ones. */
static int key_peer(const struct sock *s, const struct tcp_md5sig *m, struct tcp_md5_set *set)
{
	int domain = sock_domain(s);
	const struct sockaddr *sa = (const struct sockaddr *)&m->tcpm_addr;
	struct addr_rules rules = {.domain = domain};
	struct endpoint e;

	if (sa->sa_family != domain || addr_read(&e, sa, sizeof(m->tcpm_addr), rules) != 0)
		return -EINVAL;
	set->addr = e.ip;
	set->prefix = ip_addr_is_v4(&e.ip) ? 32 : 128;
	return 0;
}

static int set_key_for(struct burble *b, struct sock *s, struct iovec value, bool ext)
{
	struct tcp_md5_set set;
	struct tcp_md5sig m;
	int err;

	if (value.iov_len < sizeof(m))
		return -EINVAL;
	memcpy(&m, value.iov_base, sizeof(m));
	set.key = m.tcpm_key;
	set.len = m.tcpm_keylen;
	err = key_peer(s, &m, &set);
	if (err)
		return err;
	if (ext && m.tcpm_flags & TCP_MD5SIG_FLAG_PREFIX) {
		if (m.tcpm_prefixlen > set.prefix)
			return -EINVAL;
		set.prefix = m.tcpm_prefixlen;
	}
	/* An interface must be a VRF's, and there are none. */
	if (ext && m.tcpm_flags & TCP_MD5SIG_FLAG_IFINDEX && m.tcpm_ifindex)
		return -EINVAL;
	if (set.len > TCP_MD5SIG_MAXKEYLEN)
		return -EINVAL;
	assert(set.prefix <= ip_addr_bits(&set.addr));
	return tcp_set_md5(b->stack, s->tcp, &set);
}

int opt_set_md5(struct burble *b, struct sock *s, struct iovec value)
{
	return set_key_for(b, s, value, false);
}

int opt_set_md5_ext(struct burble *b, struct sock *s, struct iovec value)
{
	return set_key_for(b, s, value, true);
}
