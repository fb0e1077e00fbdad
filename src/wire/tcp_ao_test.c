/*
 * tcp_ao_test.c - the vectors of RFC 9235: whole packets with their traffic keys and MACs, for both
 * algorithms and both IP versions, with and without options covered.
 */
#include "wire/tcp_ao.h"

#include "base/test/test.h"
#include "wire/ipv4.h"
#include "wire/ipv6.h"

#include <stdlib.h>

#define BGP4                                                                                       \
	"ffffffffffffffffffffffffffffffff00430104dabf00b40a0b0c0d260206010400010001020280000202"   \
	"020002024200020641040000dabf02084006006400010100"
#define BGP4_BACK                                                                                  \
	"ffffffffffffffffffffffffffffffff00430104dac000b4ac1b1c1d260206010400010001020280000202"   \
	"020002024200020641040000dac002084006006400010100"
#define BGP6                                                                                       \
	"ffffffffffffffffffffffffffffffff00430104fde800b401010179260206010400010001020280000202"   \
	"020002024200020641040000fde802084006006400010100"

static const struct vector {
	const char *section;
	enum tcp_ao_alg alg;
	bool exclude, v6;
	uint32_t sisn, disn;
	const char *key, *packet;
} vectors[] = {
	{"4.1.1", TCP_AO_HMAC_SHA1, false, false, 0xfbfbab5a, 0,
		"6d63ef1b02fe1509d4b1402707fd7b0416abb74f",
		"45e0004cdd0f4000ff06bf6b0a0b0c0dac1b1c1de9d700b3fbfbab5a00000000e002ffffcac40000"
		"020405b4010303080402080a00155ab7000000001d103d542ee437c6f8ede6d7c4d602e7"},
	{"4.1.2", TCP_AO_HMAC_SHA1, false, false, 0x11c14261, 0xfbfbab5a,
		"d9e217e4834a80ca2f3fd8de2e41b8e6797fea96",
		"45e0004c65064000ff063775ac1b1c1d0a0b0c0d00b3e9d711c14261fbfbab5be012ffff37760000"
		"020405b4010303080402080a84a50beb00155ab71d10543deeab0fe24c3010815116b3be"},
	{"4.1.3", TCP_AO_HMAC_SHA1, false, false, 0xfbfbab5a, 0x11c14261,
		"d2e59c65ffc7b1a39347656463b70edc24a13d71",
		"45e0008736a14000ff06659f0a0b0c0dac1b1c1de9d700b3fbfbab5b11c14262c0180104a1620000"
		"0101080a00155ac184a50beb1d103d547064cf998cc6c315c2c2e2bf" BGP4},
	{"4.1.4", TCP_AO_HMAC_SHA1, false, false, 0x11c14261, 0xfbfbab5a,
		"d9e217e4834a80ca2f3fd8de2e41b8e6797fea96",
		"45e000871fa94000ff067c97ac1b1c1d0a0b0c0d00b3e9d711c14262fbfbab9ec0180100400c0000"
		"0101080a84a50bf500155ac11d10543da63f0ecbbb2e635c954deac7" BGP4_BACK},
	{"4.2.2", TCP_AO_HMAC_SHA1, true, false, 0xacd5b5e1, 0xcb0efbee,
		"b5b2896bb3664e8176b0edc6e799524101a8307f",
		"45e0004c32844000ff0669f7ac1b1c1d0a0b0c0d00b3ff12acd5b5e1cb0efbefe012ffff388e0000"
		"020405b4010303080402080a576772f300024cce1d10543d09306f9acea63a8c68cb9a70"},
	{"4.2.3", TCP_AO_HMAC_SHA1, true, false, 0xcb0efbee, 0xacd5b5e1,
		"f3db1793d7910ecd806c34f155ea1f00345953e3",
		"45e00087a8f54000ff06f34a0a0b0c0dac1b1c1dff1200b3cb0efbefacd5b5e2c01801046c450000"
		"0101080a00024cce576772f31d103d54710608cc696c03a271c93aa5" BGP4},
	{"5.1.1", TCP_AO_CMAC_AES128, false, false, 0x787a1ddf, 0,
		"f5b8b3d5f34fdbb6eb8d4ab9660e60e3",
		"45e0004c7b9f4000ff0620dc0a0b0c0dac1b1c1dc4fa00b3787a1ddf00000000e002ffff5a0f0000"
		"020405b4010303080402080a00017ed0000000001d103d54e477e99c8040765498e55091"},
	{"5.1.3", TCP_AO_CMAC_AES128, false, false, 0x787a1ddf, 0xfadd6de9,
		"8c8ae0e8371ec5cbb97ea79d90418391",
		"45e00087fb4f4000ff06a0f00a0b0c0dac1b1c1dc4fa00b3787a1de0fadd6deac018010495050000"
		"0101080a00017ed093f4e9e81d103d5477412742fa4dc433eff0973e" BGP4},
	{"5.2.1", TCP_AO_CMAC_AES128, true, false, 0x389bed71, 0,
		"2cdbae1392c49449fa92c4509735d50e",
		"45e0004cf22e4000ff06aa4c0a0b0c0dac1b1c1dda1c00b3389bed7100000000e002ffff70bf0000"
		"020405b4010303080402080a000185e1000000001d103d54c44e60cb31f7c0b1de3d2749"},
	{"5.2.4", TCP_AO_CMAC_AES128, true, false, 0xd3844a6f, 0x389bed71,
		"3ce67a551869506b6347b633c50a624a",
		"45e000876a214000ff06321fac1b1c1d0a0b0c0d00b3da1cd3844a70389bed72c018010004490000"
		"0101080ace459838000185e11d10543d5c040fd9233304765c0982f4" BGP4_BACK},
	{"6.1.1", TCP_AO_HMAC_SHA1, false, true, 0x176a833f, 0,
		"625ec09d575836edc9b6428418bbf06989a361bb",
		"6e0891dc00380640fd000000000000000000000000000001fd000000000000000000000000000002"
		"f7e400b3176a833f00000000e002ffff47210000020405a0010303080402080a0041d08700000000"
		"1d103d549033ec3d7334b64c5edd039f"},
	{"6.1.3", TCP_AO_HMAC_SHA1, false, true, 0x176a833f, 0x3f51994b,
		"1ed82975f4ea444c61580c5bd90dbd61bbc91b7e",
		"6e0891dc00730640fd000000000000000000000000000001fd000000000000000000000000000002"
		"f7e400b3176a83403f51994cc0180100329c00000101080a0041d091bd33129b1d103d54bf0805fe"
		"b4ac7b163d6fcdf2" BGP6},
	{"6.2.1", TCP_AO_HMAC_SHA1, true, true, 0x020c1e69, 0,
		"31a3faf69effae52931b7f845467315c270a4edc",
		"6e078fcd00380640fd000000000000000000000000000001fd000000000000000000000000000002"
		"c6cd00b3020c1e6900000000e002ffffa41a0000020405a0010303080402080a009db95b00000000"
		"1d103d54885698b0530ed4d5a15f8346"},
	{"7.1.2", TCP_AO_CMAC_AES128, false, true, 0xa6744ecb, 0x193cccec,
		"cf1b1e225e06a63616764a067b46f4b1",
		"6e06152000380640fd000000000000000000000000000002fd000000000000000000000000000001"
		"00b3f85aa6744ecb193cccede012ffff"
		"eabb0000020405a0010303080402080a71daabc813e4ab991d10543ddc2843a84e78a6bcfdc5ed80"},
	{"7.1.3", TCP_AO_CMAC_AES128, false, true, 0x193cccec, 0xa6744ecb,
		"6174c3557abed27574dba37185f00300",
		"6e04a70600730640fd000000000000000000000000000001fd000000000000000000000000000002"
		"f85a00b3193ccceda6744eccc0180100328000000101080a13e4aba371daabc81d103d547b6a455c"
		"0d4f5f01835baab3" BGP6},
	{"7.2.1", TCP_AO_CMAC_AES128, true, true, 0xb01da74a, 0, "a94f511263e4093d35dd818c13bbbf53",
		"6e093d7600380640fd000000000000000000000000000001fd000000000000000000000000000002"
		"f28800b3b01da74a00000000e002ffff75ff0000020405a0010303080402080a14275b3b00000000"
		"1d103d543d45b4342de8bb1530847898"},
};

static size_t unhex(uint8_t *out, const char *hex)
{
	size_t n = strlen(hex) / 2;

	for (size_t i = 0; i < n; i++) {
		char two[3] = {hex[2 * i], hex[2 * i + 1], 0};

		out[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return n;
}

static void read_packet(const uint8_t *p, size_t n, struct ip_pair *a, struct tcp_seg *s)
{
	struct ipv4_view v4;
	struct ipv6_view v6;
	struct ipv4 h4;
	struct ipv6 h6;
	struct tcp_view t;

	if (p[0] >> 4 == 4) {
		assert_true(ipv4_view(&v4, p, n));
		assert_int_equal(ipv4_parse(&h4, v4), DROP_NONE);
		*a = h4.addr;
		assert_true(tcp_view(&t, h4.data, h4.len));
	} else {
		assert_true(ipv6_view(&v6, p, n));
		assert_int_equal(ipv6_parse(&h6, v6), DROP_NONE);
		*a = h6.addr;
		assert_true(tcp_view(&t, h6.data, h6.len));
	}
	assert_int_equal(tcp_parse(s, t, NULL), DROP_NONE);
}

TEST(the_vectors_of_rfc_9235)
{
	static const uint8_t text[] = "testvector";
	uint8_t folded[TCP_AO_AES_KEY];
	struct tcp_secret plain = {text, 10}, aes = {folded, sizeof(folded)};

	tcp_ao_fold_key(folded, &plain);
	for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
		const struct vector *v = &vectors[i];
		uint8_t packet[256], want[TCP_AO_DIGEST_MAX], key[TCP_AO_DIGEST_MAX];
		uint8_t mac[TCP_AO_DIGEST_MAX];
		size_t n = unhex(packet, v->packet), len = unhex(want, v->key);
		struct tcp_ao_flow f = {.sisn = v->sisn, .disn = v->disn};
		struct tcp_ao_way w = {v->alg, v->exclude, 0, key};
		struct tcp_opts o;
		struct tcp_seg s;

		read_packet(packet, n, &f.addr, &s);
		f.sport = s.sport;
		f.dport = s.dport;
		tcp_opts_parse(&o, s.opt, s.opt_len, true);
		assert_true(o.has & TCP_HAS_AO);
		assert_int_equal(o.ao_len, 12);
		assert_int_equal(o.ao_keyid + o.ao_rnext, 61 + 84);
		tcp_ao_traffic_key(key, v->alg, v->alg == TCP_AO_CMAC_AES128 ? &aes : &plain, &f);
		assert_int_equal(len, tcp_ao_digest_len(v->alg));
		if (memcmp(key, want, len) != 0)
			fail_msg("section %s: the traffic key", v->section);
		tcp_ao_mac(mac, &w, &f.addr, &s);
		if (!tcp_digest_eq(mac, o.ao, 12))
			fail_msg("section %s: the code", v->section);
	}
}

TEST(the_upper_half_follows_a_wrap_rfc5925_6_2)
{
	assert_int_equal(tcp_ao_sne(0, seq_of(1000), seq_of(2000)), 0);
	assert_int_equal(tcp_ao_sne(0, seq_of(0xfffffff0), seq_of(16)), 1);
	assert_int_equal(tcp_ao_sne(1, seq_of(16), seq_of(0xfffffff0)), 0);
	assert_int_equal(tcp_ao_sne(7, seq_of(0xfffffff0), seq_of(0xfffffff8)), 7);
	assert_int_equal(tcp_ao_sne(0xffffffff, seq_of(0xffffffff), seq_of(0)), 0);
}

TEST(algorithms_have_the_names_of_linux)
{
	assert_int_equal(tcp_ao_alg_find("hmac(sha1)"), TCP_AO_HMAC_SHA1);
	assert_int_equal(tcp_ao_alg_find("cmac(aes128)"), TCP_AO_CMAC_AES128);
	assert_int_equal(tcp_ao_alg_find("cmac(aes)"), TCP_AO_CMAC_AES128);
	assert_int_equal(tcp_ao_alg_find("hmac(sha256)"), TCP_AO_HMAC_SHA256);
	assert_int_equal(tcp_ao_alg_find("rot13"), TCP_AO_ALGS);
}

TEST(an_option_is_read_as_it_is_written)
{
	uint8_t p[TCP_OPTS_MAX];

	for (uint8_t len = 1; len <= TCP_AO_MAC_MAX; len++) {
		struct tcp_opts o = {.has = TCP_HAS_AO | TCP_HAS_TS,
			.ao_keyid = 100,
			.ao_rnext = 200,
			.ao_len = len};
		size_t n = tcp_opts_emit_len(&o);

		tcp_opts_emit(&o, p);
		o = (struct tcp_opts){0};
		tcp_opts_parse(&o, p, n, false);
		assert_int_equal(o.has, TCP_HAS_AO | TCP_HAS_TS);
		assert_int_equal(o.ao_keyid, 100);
		assert_int_equal(o.ao_rnext, 200);
		assert_int_equal(o.ao_len, len);
	}
	struct tcp_opts bad;

	tcp_opts_parse(&bad, (const uint8_t *)"\x1d\x04\x01\x02", 4, false);
	assert_int_equal(bad.has, TCP_HAS_BAD_AUTH); /* without a code */
}
