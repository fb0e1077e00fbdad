/*
 * option.c - the options at the top of a script and on the command line, which wins; and the
 * parameters with which every script starts.
 */
#include "lab/pkt/option.h"

#include <stdio.h>
#include <stdlib.h>

/* What packetdrill's scripts expect to find; the rest is Linux's default. */
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

static bool opt_number(struct pkt_run *r, const struct pkt_option *o, double *v)
{
	char *end;

	*v = strtod(o->value, &end);
	return (*o->value && *end == '\0' && *v >= 0) ||
	       run_fail(r, o->line, "--%s needs a number", o->name);
}

/* An address of the other version says nothing about this mode. */
static bool opt_address(struct pkt_run *r, const struct pkt_option *o, struct ip_addr *out)
{
	struct ip_addr a;

	if (!ip_addr_parse(&a, o->value))
		return run_fail(r, o->line, "--%s needs an address", o->name);
	if (ip_addr_is_v4(&a) == (r->mode != PKT_IPV6))
		*out = a;
	return true;
}

static bool opt_netmask(struct pkt_run *r, const struct pkt_option *o)
{
	struct ip_addr a;
	unsigned bits = 0;

	if (!ip_addr_parse(&a, o->value))
		return run_fail(r, o->line, "--netmask_ip needs an address");
	while (bits < 32 && a.b[12 + bits / 8] & (0x80 >> bits % 8))
		bits++;
	if (r->mode != PKT_IPV6)
		r->setup.bits = bits;
	return true;
}

/* --- by name ---------------------------------------------------------------------------------- */

static bool set_tolerance(struct pkt_run *r, const struct pkt_option *o)
{
	double v = 0;
	bool good = opt_number(r, o, &v);

	r->tolerance_usecs = (nsec_t)v * NSEC_USEC;
	return good;
}

static bool set_percent(struct pkt_run *r, const struct pkt_option *o)
{
	return opt_number(r, o, &r->tolerance_percent);
}

static bool set_mtu(struct pkt_run *r, const struct pkt_option *o)
{
	double v = 0;
	bool good = opt_number(r, o, &v);

	r->setup.mtu = (uint32_t)v;
	return good;
}

static bool set_bind_port(struct pkt_run *r, const struct pkt_option *o)
{
	double v = 0;
	bool good = opt_number(r, o, &v);

	r->bind_port = (uint16_t)v;
	return good;
}

static bool set_connect_port(struct pkt_run *r, const struct pkt_option *o)
{
	double v = 0;
	bool good = opt_number(r, o, &v);

	r->connect_port = (uint16_t)v;
	return good;
}

static bool set_ts_tick(struct pkt_run *r, const struct pkt_option *o)
{
	double v = 0;
	bool good = opt_number(r, o, &v);

	r->ts_tick = (uint32_t)v;
	return good;
}

static bool set_local(struct pkt_run *r, const struct pkt_option *o)
{
	return opt_address(r, o, &r->setup.local);
}

static bool set_remote(struct pkt_run *r, const struct pkt_option *o)
{
	return opt_address(r, o, &r->setup.remote);
}

/* The device has no neighbours: a gateway that is the host itself is as good as any other. */
static bool set_gateway(struct pkt_run *r, const struct pkt_option *o)
{
	struct ip_addr a = r->setup.gateway;
	bool good = opt_address(r, o, &a);

	if (!ip_addr_eq(&a, &r->setup.local))
		r->setup.gateway = a;
	return good;
}

static bool set_strict(struct pkt_run *r, const struct pkt_option *o)
{
	return r->strict_segments = true;
}

static bool set_scaled(struct pkt_run *r, const struct pkt_option *o)
{
	return r->ecr_scaled = true;
}

static bool set_linux(struct pkt_run *r, const struct pkt_option *o)
{
	return r->linux_defaults = true;
}

/* Said elsewhere: when the script was read, on the command line, once the world stands. */
static bool set_nothing(struct pkt_run *r, const struct pkt_option *o)
{
	return true;
}

static const struct {
	const char *name;
	bool (*set)(struct pkt_run *r, const struct pkt_option *o);
} names[] = {
	{"tolerance_usecs", set_tolerance},
	{"tolerance_percent", set_percent},
	{"mtu", set_mtu},
	{"bind_port", set_bind_port},
	{"connect_port", set_connect_port},
	{"tcp_ts_tick_usecs", set_ts_tick},
	{"tcp_ts_ecr_scaled", set_scaled},
	{"strict_segments", set_strict},
	{"local_ip", set_local},
	{"remote_ip", set_remote},
	{"gateway_ip", set_gateway},
	{"netmask_ip", opt_netmask},
	{"linux_defaults", set_linux},
	{"define", set_nothing},
	{"ip_version", set_nothing},
	{"sysctl", set_nothing},
};

bool option_known(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return true;
	return false;
}

bool option_apply(struct pkt_run *r, const struct pkt_option *o)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].name, o->name) == 0)
			return names[i].set(r, o);
	return run_fail(r, o->line, "not supported: --%s", o->name);
}
