/*
 * pkt_command.c - commands between backticks. No shell runs: the few programs that scripts use to
 * set parameters are understood here and act on the run's own stack; anything else is a failure
 * that says so. And the parameters with which every script starts, and the options at its top.
 */
#include "lab/pkt_run.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	WORDS_MAX = 64,
};

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

static int set(struct pkt_run *r, const char *name, const char *value, const char **why)
{
	return r->world.ops->set(&r->world, name, value, why);
}

bool run_baseline(struct pkt_run *r)
{
	const char *why = "";

	for (size_t i = 0; i < ARRAY_SIZE(baseline); i++)
		if (set(r, baseline[i][0], baseline[i][1], &why) < 0)
			return run_fail(r, 1, "%s: %s", baseline[i][0], why);
	return true;
}

/* name=value, for sysctl and its like. */
static bool assign(struct pkt_run *r, int line, char *word, bool lenient)
{
	char *value = strchr(word, '=');
	const char *why = "";

	if (!value)
		return run_fail(r, line, "expected name=value, not '%s'", word);
	*value++ = '\0';
	if (set(r, word, value, &why) < 0 && !lenient)
		return run_fail(r, line, "sysctl %s=%s: %s", word, value, why);
	return true;
}

static bool cmd_sysctl(struct pkt_run *r, int line, char **word)
{
	bool lenient = false;

	for (; *word; word++) {
		if (strcmp(*word, "-e") == 0)
			lenient = true;
		else if (**word != '-' && !assign(r, line, *word, lenient))
			return false;
	}
	return true;
}

static bool cmd_nothing(struct pkt_run *r, int line, char **word)
{
	return true;
}

/* The baseline of packetdrill's own scripts, which every run has anyway: for what came before. */
static bool cmd_defaults(struct pkt_run *r, int line, char **word)
{
	return run_baseline(r);
}

static bool has(char **word, const char *what)
{
	for (; *word; word++)
		if (strcmp(*word, what) == 0)
			return true;
	return false;
}

/* The queue of the device: one that holds nothing refuses every packet. */
static bool cmd_tc(struct pkt_run *r, int line, char **word)
{
	if (has(word, "fq"))
		return run_fail(r, line, "not supported: tc ... fq, the device has no queue");
	return r->world.ops->refuse(
		       &r->world, has(word, "pfifo") && has(word, "limit") && has(word, "0")) ||
	       run_fail(r, line, "tc failed");
}

/* Nothing is remembered of a host between runs, so there is nothing to flush. */
static bool cmd_ip(struct pkt_run *r, int line, char **word)
{
	return has(word, "tcp_metrics") ||
	       run_fail(r, line, "not supported: ip %s", *word ? *word : "");
}

static const struct program {
	const char *name;
	bool (*run)(struct pkt_run *r, int line, char **word);
	bool prefix; /* of the name of a program */
} programs[] = {
	{"sysctl", cmd_sysctl, false},
	{"sysctl_restore_", cmd_nothing, true}, /* the next run has a stack of its own */
	{"set_sysctls.py", cmd_sysctl, false},
	{"defaults.sh", cmd_defaults, false},
	{"ethtool", cmd_nothing, false}, /* the device never joins segments */
	{"true", cmd_nothing, false},
	{"tc", cmd_tc, false},
	{"ip", cmd_ip, false},
};

static const struct program *find_program(const char *word)
{
	const char *name = strrchr(word, '/');

	name = name ? name + 1 : word;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		if (strncmp(name, programs[i].name, strlen(programs[i].name)) == 0 &&
			(name[strlen(programs[i].name)] == '\0' || programs[i].prefix))
			return &programs[i];
	return NULL;
}

bool command_is_ours(const char *text)
{
	char word[256];

	while (isspace((unsigned char)*text) || *text == '#')
		text += *text == '#' ? strcspn(text, "\n") : 1;
	return *text == '\0' || (sscanf(text, "%255[^ \t\n;]", word) == 1 && find_program(word));
}

static bool run_words(struct pkt_run *r, int line, char **word)
{
	const struct program *p = find_program(word[0]);

	if (!p)
		return run_fail(r, line, "not supported: the command '%.60s'", word[0]);
	return p->run(r, line, word + 1);
}

/* One word off *p, without its quotes; NULL at the end of the command. */
static char *take_word(struct pkt_run *r, const char **p)
{
	char *out = pkt_alloc(&r->arena, strlen(*p) + 1), *to = out;
	char quote = '\0';

	while (**p == ' ' || **p == '\t' || (**p == '\\' && (*p)[1] == '\n'))
		*p += **p == '\\' ? 2 : 1;
	if (**p == '#')
		*p += strcspn(*p, "\n");
	if (**p == '\0' || **p == '\n' || **p == ';')
		return NULL;
	for (; **p && (quote || !strchr(" \t\n;\\", **p)); (*p)++) {
		if (quote ? **p == quote : **p == '"' || **p == '\'')
			quote = quote ? '\0' : **p;
		else
			*to++ = **p;
	}
	return out;
}

/* Redirections go nowhere: nothing here prints. */
static bool redirects(const char *word)
{
	return strchr(word, '>') != NULL || strcmp(word, "/dev/null") == 0 ||
	       strcmp(word, "||") == 0;
}

bool run_command(struct pkt_run *r, int line, const char *text)
{
	while (*text) {
		char *word[WORDS_MAX + 1], *w;
		size_t n = 0;

		while ((w = take_word(r, &text)))
			if (*w && !redirects(w) && n < WORDS_MAX)
				word[n++] = w;
		word[n] = NULL;
		if (*text)
			text++;
		if (n > 0 && !run_words(r, line, word))
			return false;
	}
	return !r->failed;
}

/* --- options ---------------------------------------------------------------------------------- */

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

bool run_option(struct pkt_run *r, const struct pkt_option *o)
{
	double v = 0;

	if (strcmp(o->name, "tolerance_usecs") == 0) {
		opt_number(r, o, &v);
		r->tolerance_usecs = (nsec_t)v * NSEC_USEC;
	} else if (strcmp(o->name, "tolerance_percent") == 0) {
		opt_number(r, o, &r->tolerance_percent);
	} else if (strcmp(o->name, "mtu") == 0) {
		opt_number(r, o, &v);
		r->place.mtu = (uint32_t)v;
	} else if (strcmp(o->name, "bind_port") == 0) {
		opt_number(r, o, &v);
		r->bind_port = (uint16_t)v;
	} else if (strcmp(o->name, "connect_port") == 0) {
		opt_number(r, o, &v);
		r->connect_port = (uint16_t)v;
	} else if (strcmp(o->name, "tcp_ts_tick_usecs") == 0) {
		opt_number(r, o, &v);
		r->ts_tick = (uint32_t)v;
	} else if (strcmp(o->name, "local_ip") == 0) {
		opt_address(r, o, &r->place.local);
	} else if (strcmp(o->name, "remote_ip") == 0) {
		opt_address(r, o, &r->place.remote);
	} else if (strcmp(o->name, "strict_segments") == 0) {
		r->strict_segments = true;
	} else if (strcmp(o->name, "tcp_ts_ecr_scaled") == 0) {
		r->ecr_scaled = true;
	} else if (strcmp(o->name, "define") != 0 && strcmp(o->name, "ip_version") != 0 &&
		   strcmp(o->name, "sysctl") != 0) {
		return run_fail(r, o->line, "not supported: --%s", o->name);
	}
	return !r->failed;
}
