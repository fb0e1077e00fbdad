/*
 * main.c - stackbench CELL [N]: measures one cell and prints its figures as "name value" lines.
 *
 *     bulk MIB   rtt CONNECTIONS [ROUND-TRIPS]   churn CONNECTIONS   idle CONNECTIONS
 */
#include "stack/cells.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int usage(void)
{
	fputs("usage: stackbench bulk MIB | rtt CONNECTIONS ROUND-TRIPS | churn CONNECTIONS | "
	      "idle CONNECTIONS\n",
		stderr);
	return 2;
}

int main(int argc, char **argv)
{
	long n = argc > 2 ? atol(argv[2]) : 0, m = argc > 3 ? atol(argv[3]) : 0;

	if (n <= 0 || n > 1 << 21)
		return usage();
	if (strcmp(argv[1], "bulk") == 0)
		cell_bulk(n);
	else if (strcmp(argv[1], "rtt") == 0 && m > 0)
		cell_rtt((int)n, m);
	else if (strcmp(argv[1], "churn") == 0)
		cell_churn(n);
	else if (strcmp(argv[1], "idle") == 0)
		cell_idle((int)n);
	else
		return usage();
	return 0;
}
