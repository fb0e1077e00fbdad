/*
 * bench.h - the two sides of devbench.
 */
#ifndef BENCH_DEVICES_BENCH_H
#define BENCH_DEVICES_BENCH_H

#include "devices/sockets.h"

/* Serves for ever. */
void serve(struct net *n);

/* One measurement against a server at `host`: a cell of words, as main.c lists them. Prints a line
 * of JSON. Returns the exit status: 1 if bytes came back wrong. */
int load(struct net *n, const char *host, char **cell, int words);

#endif
