/*
 * main.c - stackbench [--slow-path] [--ipv6] [--gso] [--tx-csum] CELL N [M]: measures one cell and
 * prints its figures as "name value" lines.
 */
#include "stack/cells.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
	fputs("usage: stackbench [--slow-path] [--ipv6] [--gso] [--tx-csum]\n"
	      "                  bulk MIB | rtt CONNECTIONS ROUND-TRIPS | churn CONNECTIONS |\n"
	      "                  fanout CONNECTIONS MESSAGES | idle CONNECTIONS | list CONNECTIONS "
	      "|\n"
	      "                  flood SYNS\n",
		stderr);
	return 2;
}

static bool parse_options(struct link_options *o, int argc, char **argv)
{
	static const struct option options[] = {{"slow-path", no_argument, NULL, 's'},
		{"ipv6", no_argument, NULL, '6'}, {"gso", no_argument, NULL, 'g'},
		{"tx-csum", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?')
			return false;
		o->slow_path |= option == 's';
		o->v6 |= option == '6';
		if (option == 'g')
			o->offload |= NETDEV_GSO;
		if (option == 'c')
			o->offload |= NETDEV_TX_CSUM;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct link_options o = {0};
	long n, m;
	const char *cell;

	if (!parse_options(&o, argc, argv) || optind + 2 > argc)
		return usage();
	cell = argv[optind];
	n = atol(argv[optind + 1]);
	m = optind + 2 < argc ? atol(argv[optind + 2]) : 0;
	if (n <= 0 || n > 1 << 23)
		return usage();
	if (strcmp(cell, "bulk") == 0)
		cell_bulk(&o, n);
	else if (strcmp(cell, "rtt") == 0 && m > 0)
		cell_rtt(&o, (int)n, m);
	else if (strcmp(cell, "churn") == 0)
		cell_churn(&o, n);
	else if (strcmp(cell, "fanout") == 0 && m > 0)
		cell_fanout(&o, (int)n, m);
	else if (strcmp(cell, "idle") == 0)
		cell_idle(&o, (int)n);
	else if (strcmp(cell, "list") == 0)
		cell_list(&o, (int)n);
	else if (strcmp(cell, "flood") == 0 && !o.v6)
		cell_flood(&o, n);
	else
		return usage();
	return 0;
}
