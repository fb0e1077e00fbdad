/*
 * kernel_mib.c - counters of the kernel, as nstat reads them.
 *
 *     /proc/net/snmp, netstat      TcpExt: SyncookiesSent SyncookiesRecv ...
 *                                  TcpExt: 0 0 ...
 *     /proc/net/snmp6              Ip6InReceives    12
 */
#include "lab/pkt/kernel.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	LINE = 8192, /* twice the longest of Linux 6.18 */
	NAME = 64,
};

static void add_counter(uint64_t *count, const char *group, const char *name, const char *value)
{
	char full[NAME];
	struct text t = text_in(full, sizeof(full));
	enum mib m;

	text_add(&t, "%s%s", group, name);
	m = mib_find(full);
	if (m != MIB_COUNT)
		count[m] = strtoull(value, NULL, 10);
}

/* "Tcp: A B" over "Tcp: 1 2". */
static void add_line_pair(uint64_t *count, char *names, char *values)
{
	char *n, *v, *group = strtok_r(names, ": \n", &n), *name, *value;

	if (!group || !strtok_r(values, ": \n", &v))
		return;
	while ((name = strtok_r(NULL, " \n", &n)) && (value = strtok_r(NULL, " \n", &v)))
		add_counter(count, group, name, value);
}

static bool read_pairs(uint64_t *count, const char *path)
{
	char names[LINE], values[LINE];
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	while (fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f))
		add_line_pair(count, names, values);
	fclose(f);
	return true;
}

static bool read_rows(uint64_t *count, const char *path)
{
	char line[LINE], *rest;
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		const char *name = strtok_r(line, " \t\n", &rest);
		const char *value = strtok_r(NULL, " \t\n", &rest);

		if (name && value)
			add_counter(count, "", name, value);
	}
	fclose(f);
	return true;
}

bool kernel_mib(uint64_t count[MIB_COUNT])
{
	return read_pairs(count, "/proc/net/snmp") && read_pairs(count, "/proc/net/netstat") &&
	       read_rows(count, "/proc/net/snmp6");
}
