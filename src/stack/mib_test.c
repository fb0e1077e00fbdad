/*
 * mib_test.c - counters carry Linux's names.
 */
#include "base/test/test.h"
#include "stack/mib.h"

#include <string.h>

TEST(an_enumerator_and_its_name_are_the_same_word)
{
	assert_string_equal(mib_name(MIB_IpInReceives), "IpInReceives");
	assert_string_equal(mib_name(MIB_IcmpInMsgs), "IcmpInMsgs");
	assert_string_equal(mib_name(MIB_TcpActiveOpens), "TcpActiveOpens");
	assert_string_equal(mib_name(MIB_UdpMemErrors), "UdpMemErrors");
	assert_string_equal(mib_name(MIB_TcpExtSyncookiesSent), "TcpExtSyncookiesSent");
	assert_string_equal(mib_name(MIB_TcpExtListenOverflows), "TcpExtListenOverflows");
	assert_string_equal(mib_name(MIB_TcpExtTCPReqQFullDrop), "TcpExtTCPReqQFullDrop");
	assert_string_equal(mib_name(MIB_TcpExtTCPAODroppedIcmps), "TcpExtTCPAODroppedIcmps");
	assert_string_equal(mib_name(MIB_IpExtReasmOverlaps), "IpExtReasmOverlaps");
	assert_string_equal(mib_name(MIB_Ip6OutTransmits), "Ip6OutTransmits");
	assert_string_equal(mib_name(MIB_Udp6MemErrors), "Udp6MemErrors");
}

TEST(every_name_is_found_and_no_name_is_twice)
{
	for (int i = 0; i < MIB_COUNT; i++)
		assert_int_equal(mib_find(mib_name((enum mib)i)), i);
	assert_int_equal(mib_find("TcpExtNoSuchThing"), MIB_COUNT);
}

TEST(counters_count)
{
	struct mib_table t = {0};
	mib_inc(&t, MIB_TcpInSegs);
	mib_add(&t, MIB_TcpInSegs, 2);
	mib_inc(&t, MIB_TcpCurrEstab);
	mib_dec(&t, MIB_TcpCurrEstab);
	assert_int_equal(mib_get(&t, MIB_TcpInSegs), 3);
	assert_int_equal(mib_get(&t, MIB_TcpCurrEstab), 0);
}

TEST(the_drops_are_in_order_and_end)
{
	for (const uint16_t *d = mib_drops; *d != MIB_COUNT; d++)
		assert_true(d[0] < d[1] && d[1] <= MIB_COUNT);
}
