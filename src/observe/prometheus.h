/*
 * prometheus.h - metrics as Prometheus reads them: the text-based exposition format, version 0.0.4.
 *
 *     # HELP burble_chat_users Registered users.
 *     # TYPE burble_chat_users gauge
 *     burble_chat_users 12
 *
 * A family is begun once; its samples follow at once. Units are seconds and bytes.
 */
#ifndef OBSERVE_PROMETHEUS_H
#define OBSERVE_PROMETHEUS_H

#include "base/histogram.h"

enum {
	PROM_PAGE_MAX = 4 << 20, /* bytes of a page; one that needs more fails */
	PROM_NAME_MAX = 96,      /* bytes of a name, with the NUL */
};

/* The content type of a page. */
#define PROM_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum prom_type {
	PROM_COUNTER,
	PROM_GAUGE,
	PROM_HISTOGRAM,
	PROM_TYPES,
};

/* A page. All zero: empty; at is freed by the owner, with free(). */
struct prom {
	char *at;
	size_t len, size;
	bool failed; /* out of memory, or too long: the page is of no use */
	const char *family;
};

/* Begins a family. The name must stay until its last sample. */
void prom_family(struct prom *p, const char *name, enum prom_type type, const char *help);

/* A sample of the family, with a label or, if it is NULL, without. */
void prom_sample(struct prom *p, const char *label, const char *value, uint64_t n);

/* A family of one sample without a label. */
void prom_number(
	struct prom *p, const char *name, enum prom_type type, const char *help, uint64_t n);

/* A sample that is a time, in seconds. */
void prom_seconds(struct prom *p, nsec_t t);

/* A family that is a histogram of times. */
void prom_histogram(struct prom *p, const char *name, const char *help, const struct histogram *h);

/* A family that is a counter of the stack, given its nstat name; *at as for counter_help(). */
void prom_counter(struct prom *p, const char *nstat, uint64_t n, uint32_t *at);

/* Writes the metric's name for the counter of that nstat name:
 *
 *     TcpExtListenDrops   burble_tcp_ext_listen_drops_total
 *     IpExtInOctets       burble_ip_ext_in_bytes_total
 */
void prom_counter_name(char out[PROM_NAME_MAX], const char *nstat);

#endif
