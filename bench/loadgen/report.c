/*
 * report.c - sums up the processes' tallies and prints them.
 */
#include "loadgen/report.h"

#include <stdio.h>
#include <stdlib.h>

double report_cpu(const struct report *r)
{
	return r->o->server.count ? (double)probe_cpu(&r->o->server) / 1e9 : 0;
}

uint64_t report_rss(const struct report *r)
{
	return r->o->server.count ? probe_rss(&r->o->server) : 0;
}

static void sum_up(struct meter *m, const struct report *r)
{
	memset(m, 0, sizeof(*m));
	for (uint32_t i = 0; i < r->o->workers; i++) {
		const struct tally *t = &r->shared->tally[i];
		m->delivered += t->delivered;
		m->receipts += t->receipts;
		m->recvs += t->recvs;
		m->own_cpu += (double)t->cpu / 1e9;
	}
}

void meter_begin(struct meter *m, struct report *r)
{
	sum_up(m, r);
	if (r->o->server.count)
		probe_peak_reset(&r->o->server);
	m->server_cpu = report_cpu(r);
	m->wall = (double)clock_now() / 1e9;
}

void meter_end(const struct meter *m, struct report *r, struct round *out)
{
	struct meter e;

	out->wall = (double)clock_now() / 1e9 - m->wall;
	out->server_cpu = report_cpu(r) - m->server_cpu;
	sum_up(&e, r);
	out->own_cpu = e.own_cpu - m->own_cpu;
	out->delivered = e.delivered - m->delivered;
	out->receipts = e.receipts - m->receipts;
	out->recvs = e.recvs - m->recvs;
	out->peak_rss = r->o->server.count ? probe_peak(&r->o->server) : 0;
	memset(&out->latency, 0, sizeof(out->latency));
	for (uint32_t i = 0; i < r->o->workers; i++)
		hist_merge(&out->latency, &r->shared->tally[i].latency);
}

static double per(double sum, uint64_t n)
{
	return n ? sum / (double)n : 0;
}

static double msec(const struct hist *h, double q)
{
	return (double)hist_quantile(h, q) / 1e6;
}

static void latency_json(FILE *f, const char *name, const struct hist *h)
{
	fprintf(f, "\"%s\":{\"count\":%lu,\"p50\":%.3f,\"p99\":%.3f,\"p999\":%.3f,\"max\":%.3f}",
		name, (unsigned long)h->count, msec(h, 0.5), msec(h, 0.99), msec(h, 0.999),
		(double)h->max / 1e6);
}

static void round_json(FILE *f, const struct round *x)
{
	fprintf(f, "{\"wall_s\":%.6f,\"server_cpu_s\":%.6f,\"generator_cpu_s\":%.6f,", x->wall,
		x->server_cpu, x->own_cpu);
	fprintf(f, "\"deliveries\":%lu,\"receipts\":%lu,", (unsigned long)x->delivered,
		(unsigned long)x->receipts);
	fprintf(f, "\"deliveries_per_s\":%.0f,\"receipts_per_s\":%.0f,",
		per((double)x->delivered, 1) / x->wall, per((double)x->receipts, 1) / x->wall);
	fprintf(f, "\"cpu_s_per_million\":%.4f,\"generator_cpu_s_per_million\":%.4f,",
		per(x->server_cpu * 1e6, x->delivered), per(x->own_cpu * 1e6, x->delivered));
	fprintf(f, "\"messages_per_read\":%.2f,\"peak_rss\":%lu,",
		per((double)x->delivered, x->recvs), (unsigned long)x->peak_rss);
	latency_json(f, "latency_ms", &x->latency);
	fputc('}', f);
}

struct totals {
	uint64_t bad[V_COUNT], violations, cycles;
	const char *first_bad;
	struct hist registration;
};

static void total(const struct report *r, struct totals *t)
{
	memset(t, 0, sizeof(*t));
	t->first_bad = "";
	for (uint32_t i = 0; i < r->o->workers; i++) {
		const struct tally *x = &r->shared->tally[i];
		for (int v = 0; v < V_COUNT; v++) {
			t->bad[v] += x->bad[v];
			t->violations += x->bad[v];
		}
		t->cycles += x->cycles;
		if (x->first_bad[0] && !t->first_bad[0])
			t->first_bad = x->first_bad;
		hist_merge(&t->registration, &x->registration);
	}
}

/* A JSON string: control characters and non-ASCII bytes become '?'. */
static void string_json(FILE *f, const char *name, const char *text)
{
	fprintf(f, "\"%s\":\"", name);
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if (*p == '"' || *p == '\\')
			fputc('\\', f);
		fputc(*p >= 32 && *p < 127 ? *p : '?', f);
	}
	fputs("\",", f);
}

static void setup_json(FILE *f, const struct report *r, const struct totals *t)
{
	const struct options *o = r->o;
	uint32_t n = o->conns;

	fprintf(f, "\"connect_wall_s\":%.6f,\"connect_cpu_s\":%.6f,", r->connect_wall,
		r->connect_cpu);
	fprintf(f, "\"registrations_per_s\":%.0f,\"cpu_s_per_1000_registrations\":%.5f,",
		r->connect_wall > 0 ? n / r->connect_wall : 0, per(r->connect_cpu * 1000, n));
	latency_json(f, "registration_ms", &t->registration);
	fprintf(f, ",\"join_wall_s\":%.6f,\"join_cpu_s\":%.6f,\"join_lines\":%lu,", r->join_wall,
		r->join_cpu, (unsigned long)r->join_lines);
	fprintf(f, "\"rss_start\":%lu,\"rss_connected\":%lu,\"rss_joined\":%lu,\"rss_closed\":%lu,",
		(unsigned long)r->rss_start, (unsigned long)r->rss_connected,
		(unsigned long)r->rss_joined, (unsigned long)r->rss_closed);
	fprintf(f, "\"rss_per_connection\":%.0f,",
		((double)r->rss_connected - (double)r->rss_start) / n);
	fprintf(f, "\"cycles\":%lu,\"cycles_per_s\":%.0f,\"cpu_s_per_1000_cycles\":%.5f,",
		(unsigned long)t->cycles, r->churn_wall > 0 ? (double)t->cycles / r->churn_wall : 0,
		per(r->churn_cpu * 1000, t->cycles));
}

static void print_json(FILE *f, const struct report *r, const struct totals *t)
{
	const struct options *o = r->o;

	fputc('{', f);
	string_json(f, "label", o->label);
	string_json(f, "mode", mode_names[o->mode]);
	fprintf(f, "\"ok\":%s,", r->ok ? "true" : "false");
	string_json(f, "failure", r->shared->reason);
	string_json(f, "first_violation", t->first_bad);
	for (int v = 0; v < V_COUNT; v++)
		fprintf(f, "\"%s\":%lu,", violation_names[v], (unsigned long)t->bad[v]);
	fprintf(f, "\"conns\":%u,\"members\":%u,\"channels\":%u,\"senders\":%u,", o->conns,
		o->members, o->channels, o->senders);
	fprintf(f, "\"messages\":%u,\"window\":%u,\"rate\":%.3f,\"echo\":%s,", o->messages,
		o->window, o->rate, o->echo ? "true" : "false");
	fprintf(f, "\"workers\":%u,\"server_cpu\":%d,", o->workers, o->server_cpu);
	setup_json(f, r, t);
	fputs("\"rounds\":[", f);
	for (uint32_t i = 0; i < r->round_count; i++) {
		fputs(i ? "," : "", f);
		round_json(f, &r->rounds[i]);
	}
	fputs("]}\n", f);
}

static void print_round(FILE *f, const struct round *x)
{
	fprintf(f,
		"  %lu deliveries in %.3f s: %.0f/s, server CPU %.3f s per million (generator "
		"%.3f), %.1f messages per read\n",
		(unsigned long)x->delivered, x->wall, (double)x->delivered / x->wall,
		per(x->server_cpu * 1e6, x->delivered), per(x->own_cpu * 1e6, x->delivered),
		per((double)x->delivered, x->recvs));
	fprintf(f,
		"  latency ms p50 %.2f  p99 %.2f  p99.9 %.2f  max %.2f; server core used %.1f %%; "
		"peak RSS %.1f MiB\n",
		msec(&x->latency, 0.5), msec(&x->latency, 0.99), msec(&x->latency, 0.999),
		(double)x->latency.max / 1e6, 100 * x->server_cpu / x->wall,
		(double)x->peak_rss / 1048576);
	if (x->receipts)
		fprintf(f, "  %lu receipts: %.0f/s\n", (unsigned long)x->receipts,
			(double)x->receipts / x->wall);
}

static void print_text(FILE *f, const struct report *r, const struct totals *t)
{
	const struct options *o = r->o;
	double mib = 1048576;

	fprintf(f, "%s %s: %u connections\n", o->label, mode_names[o->mode], o->conns);
	if (r->connect_wall > 0)
		fprintf(f,
			"  registered %.0f/s, CPU %.4f s per 1000, connect to 001 p50 %.1f p99 "
			"%.1f max %.1f ms\n",
			o->conns / r->connect_wall, per(r->connect_cpu * 1000, o->conns),
			msec(&t->registration, 0.5), msec(&t->registration, 0.99),
			(double)t->registration.max / 1e6);
	if (r->rss_start)
		fprintf(f,
			"  RSS MiB start %.1f, connected %.1f (%.0f bytes per connection), joined "
			"%.1f, closed %.1f\n",
			(double)r->rss_start / mib, (double)r->rss_connected / mib,
			((double)r->rss_connected - (double)r->rss_start) / o->conns,
			(double)r->rss_joined / mib, (double)r->rss_closed / mib);
	if (r->join_lines)
		fprintf(f, "  joined in %.3f s, %lu JOIN lines, CPU %.3f s per million\n",
			r->join_wall, (unsigned long)r->join_lines,
			per(r->join_cpu * 1e6, r->join_lines));
	if (r->churn_wall > 0)
		fprintf(f, "  %lu cycles in %.3f s: %.0f/s, CPU %.4f s per 1000\n",
			(unsigned long)t->cycles, r->churn_wall, (double)t->cycles / r->churn_wall,
			per(r->churn_cpu * 1000, t->cycles));
	for (uint32_t i = 0; i < r->round_count; i++)
		print_round(f, &r->rounds[i]);
	if (r->shared->reason[0])
		fprintf(f, "  FAILED: %s\n", r->shared->reason);
	for (int v = 0; v < V_COUNT; v++)
		if (t->bad[v])
			fprintf(f, "  VIOLATED: %lu %s\n", (unsigned long)t->bad[v],
				violation_names[v]);
	if (t->first_bad[0])
		fprintf(f, "  first: %s\n", t->first_bad);
}

int report_print(struct report *r)
{
	struct totals *t = calloc(1, sizeof(*t));

	if (!t)
		return 1;
	total(r, t);
	r->ok = t->violations == 0 && !r->shared->reason[0] && atomic_load(&r->shared->failed) == 0;
	bool to_stdout = r->o->json && strcmp(r->o->json, "-") == 0;
	print_text(to_stdout ? stderr : stdout, r, t);
	if (r->o->json) {
		FILE *f = to_stdout ? stdout : fopen(r->o->json, "we");
		if (!f) {
			fprintf(stderr, "loadgen: cannot write %s\n", r->o->json);
			r->ok = false;
		} else {
			print_json(f, r, t);
			if (!to_stdout)
				fclose(f);
		}
	}
	free(t);
	return r->ok ? 0 : 1;
}
