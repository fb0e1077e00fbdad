/*
 * msg_test.c - conversion of addresses, buffer lists and control messages.
 */
#include "base/test/test.h"
#include "socket/addr.h"
#include "socket/bounds.h"
#include "socket/msg.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>

static const struct addr_rules v4 = {.domain = AF_INET}, v6 = {.domain = AF_INET6},
			       only6 = {.domain = AF_INET6, .v6only = true};

static int read6(struct endpoint *e, struct ip_addr a, struct addr_rules r)
{
	struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(8080)};
	memcpy(in.sin6_addr.s6_addr, a.b, 16);
	return addr_read(e, (struct sockaddr *)&in, sizeof(in), r);
}

TEST(an_ipv4_address_and_its_mapped_form_are_the_same_endpoint)
{
	struct endpoint a, b;
	struct ip_addr ip = ip_addr_from_v4(0x0a000001);
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(8080)};
	in.sin_addr.s_addr = htonl(0x0a000001);
	assert_int_equal(addr_read(&a, (struct sockaddr *)&in, sizeof(in), v4), 0);
	assert_int_equal(read6(&b, ip, v6), 0);
	assert_true(ip_addr_eq(&a.ip, &b.ip));
	assert_int_equal(a.port, b.port);
	assert_int_equal(a.port, 8080);
}

TEST(a_v6only_socket_takes_no_mapped_address)
{
	struct endpoint e;
	struct addr_rules to_bind = only6;
	to_bind.use = ADDR_BIND;
	assert_int_equal(read6(&e, ip_addr_from_v4(0x0a000001), to_bind), -EINVAL);
	assert_int_equal(read6(&e, ip_addr_from_v4(0x0a000001), only6), -ENETUNREACH);
	assert_int_equal(read6(&e, IP_ADDR_ANY6, only6), 0);
}

TEST(addresses_that_are_short_or_of_another_family_are_refused)
{
	struct endpoint e;
	struct sockaddr_in6 in = {.sin6_family = AF_INET6};
	struct sockaddr *sa = (struct sockaddr *)&in;
	assert_int_equal(addr_read(&e, sa, sizeof(in), v4), -EAFNOSUPPORT);
	assert_int_equal(addr_read(&e, sa, 23, v6), -EINVAL);
	assert_int_equal(addr_read(&e, sa, 24, v6), 0);
	assert_int_equal(addr_read(&e, sa, 1, v6), -EINVAL);
	assert_int_equal(addr_read(&e, NULL, 28, v6), -EFAULT);
	in.sin6_family = AF_INET;
	assert_int_equal(addr_read(&e, sa, 15, v4), -EINVAL);
	in.sin6_family = AF_UNSPEC;
	assert_int_equal(addr_read(&e, sa, sizeof(in), v4), 0);
	assert_true(e.unspec);
}

TEST(a_written_address_is_truncated_and_its_full_length_returned)
{
	struct endpoint e = {.ip = ip_addr_from_v4(0x0a000001), .port = 80};
	struct sockaddr_in in = {0};
	struct sockaddr_in6 in6 = {0};
	socklen_t len = 4;
	assert_int_equal(addr_write(&e, AF_INET, (struct sockaddr *)&in, &len), 0);
	assert_int_equal(len, sizeof(in));
	assert_int_equal(in.sin_port, htons(80));
	assert_int_equal(in.sin_addr.s_addr, 0);
	len = sizeof(in6);
	assert_int_equal(addr_write(&e, AF_INET6, (struct sockaddr *)&in6, &len), 0);
	assert_int_equal(len, sizeof(in6));
	assert_memory_equal(in6.sin6_addr.s6_addr, e.ip.b, 16);
	assert_int_equal(addr_write(&e, AF_INET, (struct sockaddr *)&in, NULL), -EFAULT);
	assert_int_equal(addr_write(&e, AF_INET, NULL, NULL), 0);
}

TEST(buffers_are_walked_from_any_position_skipping_empty_ones)
{
	char a[3], b[4], out[8] = {0};
	struct iovec v[5] = {{NULL, 0}, {a, 3}, {NULL, 0}, {b, 4}, {a, 0}};
	assert_int_equal(iov_check(v, 5), 7);
	struct iov_at at = iov_start(v, 5, 0);
	assert_int_equal(iov_put(&at, "abcdefgh", 8), 7);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "defg", 4);
	at = iov_start(v, 5, 2);
	assert_int_equal(iov_take(&at, out, 8), 5);
	assert_string_equal(out, "cdefg");
	assert_int_equal(iov_next(&at, 1).iov_len, 0);
}

TEST(bad_buffers_are_refused)
{
	struct iovec v[2] = {{NULL, 1}, {NULL, 0}};
	assert_int_equal(iov_check(v, 1), -EFAULT);
	assert_int_equal(iov_check(NULL, 1), -EFAULT);
	assert_int_equal(iov_check(NULL, 0), 0);
	assert_int_equal(iov_check(v, LIMIT_IOV + 1), -EMSGSIZE);
	v[0] = (struct iovec){v, (size_t)-1};
	assert_int_equal(iov_check(v, 1), -EINVAL);
	v[0].iov_len = SSIZE_MAX;
	assert_int_equal(iov_check(v, 1), LIMIT_RW);
}

TEST(control_messages_go_out_and_are_read_back)
{
	_Alignas(8) char room[64];
	struct msghdr m = {.msg_control = room, .msg_controllen = sizeof(room)};
	int one = 1, two = 2, err;
	struct ctl_out c = ctl_start(&m);
	ctl_put(&c, &(struct cmsghdr){.cmsg_level = 6, .cmsg_type = 36}, &one, sizeof(one));
	ctl_put(&c, &(struct cmsghdr){.cmsg_level = 0, .cmsg_type = 2}, &two, sizeof(two));
	ctl_end(&c);
	assert_int_equal(m.msg_flags, 0);
	const struct cmsghdr *p = ctl_next(&m, NULL, &err);
	assert_int_equal(p->cmsg_type, 36);
	assert_int_equal(ctl_len(p), 4);
	p = ctl_next(&m, p, &err);
	assert_int_equal(p->cmsg_type, 2);
	assert_memory_equal(CMSG_DATA(p), &two, 4);
	assert_null(ctl_next(&m, p, &err));
	assert_int_equal(err, 0);
}

TEST(a_control_message_that_does_not_fit_is_truncated_with_msg_ctrunc)
{
	_Alignas(8) char room[sizeof(struct cmsghdr) + 2];
	struct msghdr m = {.msg_control = room, .msg_controllen = sizeof(room)};
	int one = 0x01020304;
	struct ctl_out c = ctl_start(&m);
	ctl_put(&c, &(struct cmsghdr){.cmsg_level = 6}, &one, sizeof(one));
	ctl_put(&c, &(struct cmsghdr){.cmsg_level = 6}, &one, sizeof(one));
	ctl_end(&c);
	assert_int_equal(m.msg_flags, MSG_CTRUNC);
	assert_int_equal(m.msg_controllen, sizeof(room));
	assert_int_equal(((struct cmsghdr *)(void *)room)->cmsg_len, sizeof(room));
}

TEST(a_malformed_control_list_is_refused)
{
	_Alignas(8) char room[32] = {0};
	struct cmsghdr *c = (struct cmsghdr *)(void *)room;
	struct msghdr m = {.msg_control = room, .msg_controllen = sizeof(room)};
	int err;
	c->cmsg_len = sizeof(*c) - 1;
	assert_null(ctl_next(&m, NULL, &err));
	assert_int_equal(err, -EINVAL);
	c->cmsg_len = 33;
	assert_null(ctl_next(&m, NULL, &err));
	assert_int_equal(err, -EINVAL);
	m.msg_controllen = sizeof(*c) - 1;
	assert_null(ctl_next(&m, NULL, &err));
	assert_int_equal(err, 0);
}
