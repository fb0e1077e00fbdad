/* prometheus.c - pages of metrics: prometheus.h. */
#include "observe/prometheus.h"

#include "observe/counter_help.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	PAGE_FIRST = 65536, /* bytes allocated first */
	LINE_MAX_BYTES = 512,
};

static const char *const types[] = {"counter", "gauge", "histogram"};

_Static_assert(ARRAY_SIZE(types) == PROM_TYPES, "each type has a name");

static bool reserve(struct prom *p, size_t n)
{
	size_t size = p->size ? p->size : PAGE_FIRST;
	char *at;

	while (size - p->len < n)
		size *= 2;
	if (size == p->size)
		return true;
	at = size <= PROM_PAGE_MAX ? realloc(p->at, size) : NULL;
	if (!at)
		return false;
	p->at = at;
	p->size = size;
	return true;
}

static void add(struct prom *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct prom *p, const char *format, ...)
{
	va_list args;
	int n;

	if (p->failed || !reserve(p, LINE_MAX_BYTES)) {
		p->failed = true;
		return;
	}
	va_start(args, format);
	n = vsnprintf(p->at + p->len, LINE_MAX_BYTES, format, args);
	va_end(args);
	assert(n >= 0 && n < LINE_MAX_BYTES);
	p->len += (size_t)n;
}

/* Text with the characters escaped that would end it. */
static void add_escaped(struct prom *p, const char *text, bool quoted)
{
	const char *special = quoted ? "\\\n\"" : "\\\n";

	for (;;) {
		size_t plain = strcspn(text, special);

		add(p, "%.*s", (int)plain, text);
		if (!text[plain])
			return;
		add(p, "\\%c", text[plain] == '\n' ? 'n' : text[plain]);
		text += plain + 1;
	}
}

void prom_family(struct prom *p, const char *name, enum prom_type type, const char *help)
{
	p->family = name;
	add(p, "# HELP %s ", name);
	add_escaped(p, help, false);
	add(p, "\n# TYPE %s %s\n", name, types[type]);
}

void prom_sample(struct prom *p, const char *label, const char *value, uint64_t n)
{
	add(p, "%s", p->family);
	if (label) {
		add(p, "{%s=\"", label);
		add_escaped(p, value, true);
		add(p, "\"}");
	}
	add(p, " %" PRIu64 "\n", n);
}

void prom_number(
	struct prom *p, const char *name, enum prom_type type, const char *help, uint64_t n)
{
	prom_family(p, name, type, help);
	prom_sample(p, NULL, NULL, n);
}

static void add_seconds(struct prom *p, nsec_t t)
{
	add(p, "%" PRId64 ".%09" PRId64, (int64_t)(t / NSEC_SEC), (int64_t)(t % NSEC_SEC));
}

void prom_seconds(struct prom *p, nsec_t t)
{
	assert(t >= 0);
	add(p, "%s ", p->family);
	add_seconds(p, t);
	add(p, "\n");
}

void prom_histogram(struct prom *p, const char *name, const char *help, const struct histogram *h)
{
	uint64_t sum = 0;

	prom_family(p, name, PROM_HISTOGRAM, help);
	for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
		sum += h->buckets[i];
		add(p, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			(double)histogram_bound(i) / NSEC_SEC, sum);
	}
	sum += h->buckets[HISTOGRAM_BOUNDS];
	add(p, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum ", name, sum, name);
	add_seconds(p, h->sum);
	add(p, "\n%s_count %" PRIu64 "\n", name, sum);
}

/* --- counters of the stack -------------------------------------------------------------------- */

/* Whether a word begins at s[i], i > 0: where small letters end, and at the last capital of several
 * if a small letter follows; but "OKs" and "MLDv2" are each one word. */
static bool begins_word(const char *s, size_t i)
{
	bool plural = s[i + 1] == 's' && !islower((unsigned char)s[i + 2]);
	bool version = s[i + 1] == 'v' && isdigit((unsigned char)s[i + 2]);

	if (!isupper((unsigned char)s[i]))
		return false;
	if (!isupper((unsigned char)s[i - 1]))
		return true;
	return islower((unsigned char)s[i + 1]) && !plural && !version;
}

/* The counters that are not just counts: their units. */
static const struct unit {
	const char *nstat, *name;
	enum prom_type type;
	nsec_t unit; /* of a time; 0: it is none */
} units[] = {
	{"TcpCurrEstab", "burble_tcp_curr_estab", PROM_GAUGE, 0},
	{"TcpExtTCPMemoryPressuresChrono",
		"burble_tcp_ext_tcp_memory_pressures_chrono_seconds_total", PROM_COUNTER,
		NSEC_MSEC},
};

static const struct unit *unit_of(const char *nstat)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (strcmp(units[i].nstat, nstat) == 0)
			return &units[i];
	return NULL;
}

void prom_counter_name(char out[PROM_NAME_MAX], const char *nstat)
{
	const struct unit *u = unit_of(nstat);
	size_t len = strlen(nstat), n;

	if (u) {
		snprintf(out, PROM_NAME_MAX, "%s", u->name);
		return;
	}
	n = (size_t)sprintf(out, "burble_");
	assert(2 * len + n + sizeof("_total") <= PROM_NAME_MAX);
	for (size_t i = 0; i < len; i++) {
		if (i && begins_word(nstat, i))
			out[n++] = '_';
		out[n++] = (char)tolower((unsigned char)nstat[i]);
	}
	out[n] = '\0';
	if (strcmp(out + n - strlen("octets"), "octets") == 0)
		strcpy(out + n - strlen("octets"), "bytes");
	strcat(out, "_total");
}

void prom_counter(struct prom *p, const char *nstat, uint64_t n, uint32_t *at)
{
	const struct unit *u = unit_of(nstat);
	const char *what = counter_help(nstat, at);
	char name[PROM_NAME_MAX], help[LINE_MAX_BYTES / 2];

	prom_counter_name(name, nstat);
	snprintf(help, sizeof(help), "%s: %s.", nstat, what ? what : "a counter of the stack");
	prom_family(p, name, u ? u->type : PROM_COUNTER, help);
	if (u && u->unit)
		prom_seconds(p, (nsec_t)n * u->unit);
	else
		prom_sample(p, NULL, NULL, n);
	p->family = NULL;
}
