/*
 * program.c - programs for commands, implemented on the system under test, see program.h.
 */
#include "lab/pkt/program.h"

#include "lab/pkt/call_file.h"
#include "lab/pkt/option.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>

static bool fail_with(struct shell *sh, const char *what, const char *detail)
{
	snprintf(sh->why, SHELL_WHY, "%s%s", what, detail);
	return false;
}

/* Exit status of a program that configured the system under test. */
static bool finish(struct shell *sh, enum pkt_result result, const char *what)
{
	if (result == PKT_UNSUPPORTED)
		return run_skip(sh->run, sh->line, "%s: not supported by this machine", what);
	return result == PKT_OK || fail_with(sh, what, " failed");
}

static bool unsupported(struct shell *sh, const char *program, const char *what)
{
	return run_fail(sh->run, sh->line, "not supported: %s %s", program, what ? what : "");
}

static bool has_word(char **arg, const char *what)
{
	for (; *arg; arg++)
		if (strcmp(*arg, what) == 0)
			return true;
	return false;
}

/* The argument after `what`; NULL if there is none. */
static const char *word_after(char **arg, const char *what)
{
	for (; *arg; arg++)
		if (strcmp(*arg, what) == 0)
			return arg[1];
	return NULL;
}

/* --- parameters ------------------------------------------------------------------------------- */

/* "/proc/sys/net/ipv4/tcp_sack" or "net/ipv4/tcp_sack" as a dotted name, in place. */
static char *dotted(char *name)
{
	if (strncmp(name, "/proc/sys/", 10) == 0)
		name += 10;
	for (char *p = name; *p; p++)
		if (*p == '/')
			*p = '.';
	return name;
}

static bool set_sysctl(struct shell *sh, char *name, const char *value)
{
	struct pkt_sut *sut = &sh->run->sut;
	const char *why = "";
	enum pkt_result result = sut->ops->set_sysctl(sut, dotted(name), value, &why);

	if (result == PKT_OK)
		return true;
	if (result == PKT_UNSUPPORTED)
		return run_skip(sh->run, sh->line, "%s: %s", name, why);
	snprintf(sh->why, SHELL_WHY, "sysctl %s=%s: %s", dotted(name), value, why);
	return false;
}

/* sysctl name=value ... */
static bool cmd_sysctl(struct shell *sh, char **arg)
{
	bool lenient = has_word(arg, "-e");

	for (; *arg; arg++) {
		char *value = strchr(*arg, '=');

		if (**arg == '-')
			continue;
		if (!value)
			return fail_with(sh, "sysctl: expected name=value, not ", *arg);
		*value++ = '\0';
		if (!set_sysctl(sh, *arg, value) && !lenient)
			return false;
	}
	return true;
}

static bool cmd_nothing(struct shell *sh, char **arg)
{
	return true;
}

/* Every run starts like this; a script may have changed it. */
static bool cmd_defaults(struct shell *sh, char **arg)
{
	struct pkt_sut *sut = &sh->run->sut;

	sut->ops->flush_metrics(sut);
	return option_baseline(sh->run);
}

/* To standard output, a sysctl, or hystart_detect, which has only its default. */
static bool cmd_echo(struct shell *sh, char **arg)
{
	static const char *const detect = "/sys/module/tcp_cubic/parameters/hystart_detect";
	char *name;

	if (!sh->file) {
		for (; *arg; arg++)
			text_add(sh->out, "%s%s", *arg, arg[1] ? " " : "\n");
		return true;
	}
	if (strcmp(sh->file, detect) == 0)
		return (arg[0] && strcmp(arg[0], "3") == 0) ||
		       unsupported(sh, "hystart_detect other than 3:", arg[0]);
	if (strncmp(sh->file, "/proc/sys/", 10) != 0 || !arg[0])
		return unsupported(sh, "echo >", sh->file);
	name = pkt_copy_text(&sh->run->arena, sh->file, strlen(sh->file));
	return set_sysctl(sh, name, arg[0]);
}

/* --- device and routes ------------------------------------------------------------------------ */

/* tc qdisc (add|replace|delete) ... root (pfifo [limit 0] | fq) */
static bool cmd_tc(struct shell *sh, char **arg)
{
	struct pkt_sut *sut = &sh->run->sut;
	const char *limit = word_after(arg, "limit");
	enum pkt_qdisc q = PKT_QDISC_PFIFO;

	if (!has_word(arg, "qdisc") || !has_word(arg, "root"))
		return unsupported(sh, "tc", arg[0]);
	if (has_word(arg, "fq"))
		q = PKT_QDISC_FQ;
	else if (has_word(arg, "pfifo"))
		q = limit && strcmp(limit, "0") == 0 ? PKT_QDISC_NONE : PKT_QDISC_PFIFO;
	else if (!has_word(arg, "delete") && !has_word(arg, "del"))
		return unsupported(sh, "tc", "with another qdisc");
	return finish(sh, sut->ops->set_qdisc(sut, q), "tc");
}

static uint32_t number_after(char **arg, const char *what)
{
	const char *v = word_after(arg, what);

	return v ? (uint32_t)strtoul(v, NULL, 10) : 0;
}

/* ip route change DST via GATEWAY dev tun0 [advmss N] [mtu [lock] N] [initcwnd N] */
static bool route(struct shell *sh, char **arg)
{
	struct pkt_sut *sut = &sh->run->sut;
	struct pkt_route r = {.mtu = number_after(arg, "mtu"),
		.advmss = number_after(arg, "advmss"),
		.initcwnd = number_after(arg, "initcwnd")};
	const char *via = word_after(arg, "via");

	if (has_word(arg, "lock"))
		r.mtu = number_after(arg, "lock");
	if (!arg[0] || !arg[1] || strcmp(arg[0], "change") != 0 || !via)
		return unsupported(sh, "ip route", arg[0]);
	if (!ip_addr_parse(&r.dst, arg[1]) || !ip_addr_parse(&r.gateway, via))
		return fail_with(sh, "ip route: invalid address: ", arg[1]);
	return finish(sh, sut->ops->set_route(sut, &r), "ip route");
}

static bool cmd_ip(struct shell *sh, char **arg)
{
	struct pkt_sut *sut = &sh->run->sut;

	if (arg[0] && (strcmp(arg[0], "-6") == 0 || strcmp(arg[0], "-4") == 0))
		arg++;
	if (arg[0] && strcmp(arg[0], "route") == 0)
		return route(sh, arg + 1);
	if (!arg[0] || strcmp(arg[0], "tcp_metrics") != 0 || !has_word(arg, "flush"))
		return unsupported(sh, "ip", arg[0]);
	sut->ops->flush_metrics(sut);
	return true;
}

/* Segmentation and receive offloads are always off. */
static bool cmd_ethtool(struct shell *sh, char **arg)
{
	if (!has_word(arg, "-K") || has_word(arg, "on"))
		return unsupported(sh, "ethtool", "other than -K DEVICE ... off");
	return true;
}

/* --- introspection ---------------------------------------------------------------------------- */

/* Counters that changed since the last nstat; -n prints none. */
static bool cmd_nstat(struct shell *sh, char **arg)
{
	struct pkt_sut *sut = &sh->run->sut;
	bool only_note = arg[0] && strcmp(arg[0], "-n") == 0;
	struct text nowhere = text_in(NULL, 0);

	if (arg[0] && (!only_note || arg[1]))
		return unsupported(sh, "nstat", only_note ? arg[1] : arg[0]);
	return sut_nstat(sut, only_note ? &nowhere : sh->out) ||
	       fail_with(sh, "nstat: cannot read the counters", "");
}

/* The open sockets of the script: local port and state in the columns of /proc/net/tcp. */
static void print_sockets(struct shell *sh, struct text *out)
{
	struct pkt_run *r = sh->run;

	for (int i = 0; i < PKT_FDS; i++) {
		struct sockaddr_in6 at = {.sin6_family = AF_UNSPEC};
		struct tcp_info info = {0};
		struct iovec v = {&info, sizeof(info)};
		socklen_t len = sizeof(at);
		const struct pkt_sockets *s = r->sut.ops->sockets;

		if (r->fd[i] < 0 ||
			s->getsockopt(r->sut.bs, r->fd[i], IPPROTO_TCP, TCP_INFO, &v) < 0)
			continue;
		s->getsockname(r->sut.bs, r->fd[i], (struct sockaddr *)&at, &len);
		text_add(out, "%4d: 00000000:%04X 00000000:0000 %02X 00000000:00000000\n", i,
			ntohs(at.sin6_port), info.tcpi_state);
	}
}

static bool grep_text(struct shell *sh, const char *pattern, const char *text)
{
	bool any = false;

	while (*text) {
		size_t n = strcspn(text, "\n");
		char *line = pkt_copy_text(&sh->run->arena, text, n);

		if (strstr(line, pattern)) {
			text_add(sh->out, "%s\n", line);
			any = true;
		}
		text += n + (text[n] == '\n');
	}
	return any;
}

/* Fixed strings only, in standard input or /proc/net/tcp. */
static bool cmd_grep(struct shell *sh, char **arg)
{
	char *bytes = pkt_alloc(&sh->run->arena, SHELL_TEXT);
	struct text table = text_in(bytes, SHELL_TEXT);
	bool any;

	while (arg[0] && strcmp(arg[0], "-q") == 0)
		arg++;
	if (!arg[0] || arg[0][0] == '-' || strpbrk(arg[0], "*[]^$\\"))
		return unsupported(sh, "grep", arg[0]);
	for (char **file = arg + 1; *file; file++)
		if (strcmp(*file, "/proc/net/tcp") != 0 && strcmp(*file, "/proc/net/tcp6") != 0)
			return unsupported(sh, "grep in", *file);
	if (!arg[1] && !sh->in)
		return unsupported(sh, "grep", "without a file");
	if (arg[1])
		print_sockets(sh, &table);
	any = grep_text(sh, arg[0], arg[1] ? bytes : sh->in);
	return any || fail_with(sh, "grep: no match for ", arg[0]);
}

/* --- simulated files -------------------------------------------------------------------------- */

static const char *value_of(char **arg, const char *name)
{
	size_t n = strlen(name);

	for (; *arg; arg++)
		if (strncmp(*arg, name, n) == 0 && (*arg)[n] == '=')
			return *arg + n + 1;
	return NULL;
}

static bool cmd_dd(struct shell *sh, char **arg)
{
	const char *in = value_of(arg, "if"), *out = value_of(arg, "of");
	const char *bs = value_of(arg, "bs"), *count = value_of(arg, "count");

	if (!in || strcmp(in, "/dev/zero") != 0 || !out || !bs || !count)
		return unsupported(sh, "dd", "other than if=/dev/zero of=FILE bs=N count=N");
	return call_file_create(sh->run, out, strtoul(bs, NULL, 10) * strtoul(count, NULL, 10)) ||
	       fail_with(sh, "dd: too many files: ", out);
}

static bool cmd_rm(struct shell *sh, char **arg)
{
	for (; *arg; arg++)
		if (**arg != '-')
			call_file_remove(sh->run, *arg);
		else if (strcmp(*arg, "-f") != 0)
			return unsupported(sh, "rm", *arg);
	return true;
}

static const struct program programs[] = {
	{.name = "sysctl", cmd_sysctl},
	{.name = "sysctl_restore_", cmd_nothing, .prefix = true}, /* the run ends anyway */
	{.name = "set_sysctls.py", cmd_sysctl},
	{.name = "defaults.sh", cmd_defaults},
	{.name = "echo", cmd_echo, .writes = true},
	{.name = "ethtool", cmd_ethtool},
	{.name = "true", cmd_nothing},
	{.name = "tc", cmd_tc},
	{.name = "ip", cmd_ip},
	{.name = "nstat", cmd_nstat},
	{.name = "grep", cmd_grep},
	{.name = "dd", cmd_dd, .files = true},
	{.name = "rm", cmd_rm, .files = true},
};

const struct program *program_find(const char *word)
{
	const char *name = strrchr(word, '/');

	name = name ? name + 1 : word;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		size_t n = strlen(programs[i].name);

		if (strncmp(name, programs[i].name, n) == 0 &&
			(name[n] == '\0' || programs[i].prefix))
			return &programs[i];
	}
	return NULL;
}
