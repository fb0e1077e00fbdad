/*
 * option.c - options at the top of a script and on the command line, and packetdrill's default
 * sysctls.
 */
#include "lab/pkt/option.h"

#include <stdlib.h>

/* The settings in which packetdrill's scripts rely on something other than Linux's defaults. */
static const char *const baseline[][2] = {
	{"net.ipv4.tcp_rmem", "4096 540000 15728640"},
	{"net.ipv4.tcp_wmem", "4096 262144 4194304"},
	{"net.ipv4.tcp_timestamps", "1"},
	{"net.ipv4.tcp_syn_retries", "5"},
	{"net.ipv4.tcp_synack_retries", "5"},
	{"net.ipv4.tcp_frto", "2"},
	{"net.ipv4.tcp_sack", "1"},
	{"net.ipv4.tcp_dsack", "1"},
	{"net.ipv4.tcp_reordering", "3"},
	{"net.ipv4.tcp_congestion_control", "cubic"},
	{"net.ipv4.tcp_slow_start_after_idle", "0"},
	{"net.ipv4.tcp_early_retrans", "4"},
	{"net.ipv4.tcp_recovery", "1"},
	{"net.ipv4.tcp_tso_win_divisor", "3"},
	{"net.ipv4.tcp_ecn", "0"},
	{"net.ipv4.tcp_pacing_ss_ratio", "200"},
	{"net.ipv4.tcp_pacing_ca_ratio", "120"},
	{"net.ipv4.tcp_notsent_lowat", "4294967295"},
	{"net.ipv4.tcp_fastopen", "0x70403"},
	{"net.ipv4.tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"},
	{"net.ipv4.tcp_syncookies", "1"},
};

bool option_baseline(struct pkt_run *r)
{
	const char *why = "";

	for (size_t i = 0; i < ARRAY_SIZE(baseline); i++) {
		enum pkt_result result =
			r->sut.ops->set_sysctl(&r->sut, baseline[i][0], baseline[i][1], &why);

		if (result == PKT_UNSUPPORTED)
			return run_skip(r, 1, "%s: %s", baseline[i][0], why);
		if (result != PKT_OK)
			return run_fail(r, 1, "%s: %s", baseline[i][0], why);
	}
	return true;
}

/* An address of the other IP version is for another mode. */
static bool parse_address(struct pkt_run *r, const struct pkt_option *o, struct ip_addr *out)
{
	struct ip_addr a;

	if (!ip_addr_parse(&a, o->value))
		return run_fail(r, o->line, "--%s requires an address", o->name);
	if (ip_addr_is_v4(&a) == (r->mode != PKT_IPV6))
		*out = a;
	return true;
}

/* The device has no neighbours: any gateway will do, other than the host itself. */
static bool set_gateway(struct pkt_run *r, const struct pkt_option *o)
{
	struct ip_addr a = r->setup.gateway;
	bool good = parse_address(r, o, &a);

	if (!ip_addr_eq(&a, &r->setup.local))
		r->setup.gateway = a;
	return good;
}

static bool set_netmask(struct pkt_run *r, const struct pkt_option *o)
{
	struct ip_addr a = IP_ADDR_ANY4;
	bool good = parse_address(r, o, &a);
	unsigned bits = 0;

	while (bits < 32 && a.b[12 + bits / 8] & (0x80 >> bits % 8))
		bits++;
	if (r->mode != PKT_IPV6)
		r->setup.bits = bits;
	return good;
}

/* Types of values, and their members of struct pkt_run. */
static const struct {
	const char *name;
	enum {
		OPTION_ELSEWHERE, /* applied by the parser, the command line or run.c */
		OPTION_FLAG,
		OPTION_U16,
		OPTION_U32,
		OPTION_USECS,
		OPTION_PERCENT,
		OPTION_ADDRESS,
		OPTION_GATEWAY,
		OPTION_NETMASK,
	} type;
	double max; /* of a number */
	size_t at;
} options[] = {
	{"tolerance_usecs", OPTION_USECS, 1e12, offsetof(struct pkt_run, tolerance_usecs)},
	{"tolerance_percent", OPTION_PERCENT, 1e6, offsetof(struct pkt_run, tolerance_percent)},
	{"mtu", OPTION_U32, 65535, offsetof(struct pkt_run, setup.mtu)},
	{"bind_port", OPTION_U16, 65535, offsetof(struct pkt_run, bind_port)},
	{"connect_port", OPTION_U16, 65535, offsetof(struct pkt_run, connect_port)},
	{"tcp_ts_tick_usecs", OPTION_U32, 1e9, offsetof(struct pkt_run, ts_tick)},
	{"tcp_ts_ecr_scaled", OPTION_FLAG, 0, offsetof(struct pkt_run, ecr_scaled)},
	{"strict_segments", OPTION_FLAG, 0, offsetof(struct pkt_run, strict_segments)},
	{"linux_defaults", OPTION_FLAG, 0, offsetof(struct pkt_run, linux_defaults)},
	{"local_ip", OPTION_ADDRESS, 0, offsetof(struct pkt_run, setup.local)},
	{"remote_ip", OPTION_ADDRESS, 0, offsetof(struct pkt_run, setup.remote)},
	{"gateway_ip", OPTION_GATEWAY, 0, 0},
	{"netmask_ip", OPTION_NETMASK, 0, 0},
	{"define", OPTION_ELSEWHERE, 0, 0},
	{"ip_version", OPTION_ELSEWHERE, 0, 0},
	{"sysctl", OPTION_ELSEWHERE, 0, 0},
};

static size_t find_option(const char *name)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(options) && strcmp(options[i].name, name) != 0)
		i++;
	return i;
}

bool option_known(const char *name)
{
	return find_option(name) < ARRAY_SIZE(options);
}

static bool parse_number(struct pkt_run *r, const struct pkt_option *o, double max, double *v)
{
	char *end;

	*v = strtod(o->value, &end);
	return (*o->value && *end == '\0' && *v >= 0 && *v <= max) ||
	       run_fail(r, o->line, "--%s requires a number up to %.0f", o->name, max);
}

bool option_apply(struct pkt_run *r, const struct pkt_option *o)
{
	size_t i = find_option(o->name);
	void *to;
	double v = 0;

	if (i == ARRAY_SIZE(options))
		return run_fail(r, o->line, "not supported: --%s", o->name);
	if (options[i].max > 0 && !parse_number(r, o, options[i].max, &v))
		return false;
	to = (char *)r + options[i].at;
	switch (options[i].type) {
	case OPTION_ELSEWHERE: break;
	case OPTION_FLAG: *(bool *)to = true; break;
	case OPTION_U16: *(uint16_t *)to = (uint16_t)v; break;
	case OPTION_U32: *(uint32_t *)to = (uint32_t)v; break;
	case OPTION_USECS: *(nsec_t *)to = (nsec_t)v * NSEC_USEC; break;
	case OPTION_PERCENT: *(double *)to = v; break;
	case OPTION_ADDRESS: return parse_address(r, o, to);
	case OPTION_GATEWAY: return set_gateway(r, o);
	case OPTION_NETMASK: return set_netmask(r, o);
	}
	return true;
}
