/*
 * loss_trace_test.c - the loss engine against Linux: replays sessions that were recorded on a
 * kernel (tools/record-loss) and compares, after each event, every segment sent and the state that
 * TCP_INFO showed. Times are microseconds, sequence numbers relative, 1 the first byte.
 *
 *     open mss window rtt sack ts cc        the handshake
 *     write time bytes chunk                writes of chunk bytes each, each the end of a record
 *     ack time ack window tsecr [from to]... an ACK, tsecr 0 for none
 *     sent seq len                          sent by the kernel, in this order
 *     info state out sacked lost resent ssthresh cwnd reordering
 */
#include "base/test/test.h"
#include "stack/tcp/loss/loss.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	LINE = 256,
	SENT = 4096
};

struct segment {
	uint32_t seq, len;
};

struct replay {
	struct sysctl sysctl;
	struct mib_table mib;
	struct pool pool;
	struct prng prng;
	struct loss_env env;
	struct histogram rtt;
	struct tcp_loss l;
	nsec_t now;
	uint16_t mss;
	uint32_t wnd;
	struct seq written;
	struct seq ends[SENT]; /* of records, unsent */
	uint32_t first_end, ends_count;
	struct segment sent[SENT], linux_sent[SENT];
	uint32_t sent_count, linux_count, compared;
	const char *file;
	uint32_t line;
};

static const char *directory;

static struct seq window_end(const struct replay *p)
{
	return seq_add(p->l.cc.una, p->wnd);
}

static void note(struct replay *p, struct seq start, uint32_t len)
{
	for (uint32_t off = 0; off < len; off += p->mss) {
		assert_true(p->sent_count < SENT);
		p->sent[p->sent_count].seq = start.v + off;
		p->sent[p->sent_count++].len = u32_min(p->mss, len - off);
	}
}

/* Length of the next new segment; 0: none. */
static uint32_t next_len(const struct replay *p)
{
	if (p->first_end == p->ends_count)
		return 0;
	return u32_min(p->mss, p->ends[p->first_end].v - p->l.cc.nxt.v);
}

static void send_one(struct replay *p, uint32_t len)
{
	struct loss_send s = {
		.start = p->l.cc.nxt, .end = seq_add(p->l.cc.nxt, len), .mss = p->mss};

	if (seq_eq(s.end, p->ends[p->first_end])) {
		s.flags = RTX_EOR;
		p->first_end++;
	}
	assert_true(loss_reserve(&p->l));
	note(p, s.start, len);
	loss_sent(&p->l, &s, p->now);
}

static void send_new(struct replay *p, struct loss_flush *how)
{
	uint32_t len;

	while ((len = next_len(p)) > 0) {
		how->cwnd_limited = loss_quota(&p->l) == 0;
		if (how->cwnd_limited || seq_gt(seq_add(p->l.cc.nxt, len), window_end(p)))
			return;
		send_one(p, len);
		how->sent++;
	}
}

static void flush(struct replay *p)
{
	bool again = true;

	while (again) {
		struct loss_flush how = {0};
		struct rtx *r;

		while ((r = loss_next(&p->l, window_end(p), p->now))) {
			note(p, r->start, rtx_len(r));
			loss_resent(&p->l, r, p->now);
		}
		send_new(p, &how);
		again = loss_flushed(&p->l, &how, p->now);
	}
	loss_invariants(&p->l);
}

static void probe(struct replay *p)
{
	uint32_t len = next_len(p);
	bool can = len > 0 && !seq_gt(seq_add(p->l.cc.nxt, len), window_end(p));
	struct rtx *r;
	enum loss_probe what = loss_tlp(&p->l, can, window_end(p), &r, p->now);

	if (what == PROBE_NEW)
		send_one(p, len);
	else if (what == PROBE_RESEND)
		note(p, r->start, rtx_len(r));
	if (what != PROBE_NONE)
		loss_probe_sent(&p->l, r, p->now);
}

static void run_to(struct replay *p, nsec_t t)
{
	while (p->l.timer != LOSS_TIMER_NONE && p->l.timer_at <= t) {
		if (p->l.timer_at > p->now)
			p->now = p->l.timer_at;
		if (p->l.timer == LOSS_TIMER_TLP) {
			probe(p);
			continue;
		}
		if (p->l.timer == LOSS_TIMER_RTO)
			loss_rto(&p->l, false, p->now);
		else
			loss_reo(&p->l, p->now);
		flush(p);
	}
	p->now = t;
}

static void do_open(struct replay *p, char *args)
{
	unsigned mss, wnd, rtt, sack, ts;
	char cc[CC_NAME_MAX];

	assert_int_equal(sscanf(args, "%u %u %u %u %u %15s", &mss, &wnd, &rtt, &sack, &ts, cc), 6);
	sysctl_init(&p->sysctl);
	p->sysctl.tcp_slow_start_after_idle = 0;
	pool_init(&p->pool, sizeof(struct rtx), 0);
	p->env = (struct loss_env){&p->sysctl, &p->mib, &p->pool, &p->prng, &p->rtt};
	p->mss = (uint16_t)mss;
	p->wnd = wnd;
	p->now = NSEC_SEC;
	loss_init(&p->l, &p->env, seq_of(1), p->now);
	p->l.sack = sack;
	loss_synack(&p->l, rtt, p->now);
	loss_established(&p->l, cc_find(cc), p->mss, p->now);
	p->written = seq_of(1);
}

static void do_write(struct replay *p, char *args)
{
	unsigned long t;
	unsigned bytes, chunk;

	assert_int_equal(sscanf(args, "%lu %u %u", &t, &bytes, &chunk), 3);
	run_to(p, (nsec_t)t * NSEC_USEC);
	for (; bytes > 0; bytes -= chunk) {
		if (p->written.v - p->l.cc.nxt.v < p->mss)
			loss_app_limited(&p->l);
		p->written = seq_add(p->written, chunk);
		assert_true(p->ends_count < SENT);
		p->ends[p->ends_count++] = p->written;
		flush(p);
	}
}

static void do_ack(struct replay *p, char *args)
{
	struct loss_ack a = {.max_window = p->wnd};
	struct loss_acked out;
	char *end;
	nsec_t t = (nsec_t)strtoul(args, &end, 10) * NSEC_USEC;

	a.ack = seq_of((uint32_t)strtoul(end, &end, 10));
	p->wnd = (uint32_t)strtoul(end, &end, 10);
	a.tsecr = (uint32_t)strtoul(end, &end, 10);
	a.has_ts = a.tsecr != 0;
	while (a.sacks < LOSS_SACK_BLOCKS && *end == ' ') {
		a.sack[a.sacks].start = seq_of((uint32_t)strtoul(end, &end, 10));
		a.sack[a.sacks++].end = seq_of((uint32_t)strtoul(end, &end, 10));
	}
	run_to(p, t);
	a.more_to_send = next_len(p) > 0 && seq_gt(seq_add(a.ack, p->wnd), p->l.cc.nxt);
	loss_ack(&p->l, &a, &out, p->now);
	loss_invariants(&p->l);
	flush(p);
}

/* Timers may have sent before the next event: compared at the next `info`. */
static void do_sent(struct replay *p, char *args)
{
	unsigned seq, len;

	assert_int_equal(sscanf(args, "%u %u", &seq, &len), 2);
	assert_true(p->linux_count < SENT);
	p->linux_sent[p->linux_count++] = (struct segment){seq, len};
}

static void compare_sent(struct replay *p)
{
	for (; p->compared < p->linux_count && p->compared < p->sent_count; p->compared++) {
		struct segment a = p->linux_sent[p->compared], b = p->sent[p->compared];

		if (a.seq != b.seq || a.len != b.len)
			fail_msg("%s:%u: sent %u (%u), Linux %u (%u)", p->file, p->line, b.seq,
				b.len, a.seq, a.len);
	}
	if (p->linux_count != p->sent_count)
		fail_msg("%s:%u: sent %u segments, Linux %u", p->file, p->line, p->sent_count,
			p->linux_count);
}

static void do_info(struct replay *p, char *args)
{
	char mine[LINE];

	compare_sent(p);
	snprintf(mine, sizeof(mine), "%u %u %u %u %u %u %u %u", p->l.cc.ca_state, p->l.packets_out,
		p->l.sacked_out, p->l.lost_out, p->l.retrans_out, p->l.cc.ssthresh, p->l.cc.cwnd,
		p->l.reordering);
	if (strcmp(mine, args) != 0)
		fail_msg("%s:%u: state is %s, Linux has %s", p->file, p->line, mine, args);
}

static void replay(const char *path)
{
	static struct replay p;
	static const struct {
		const char *word;
		void (*run)(struct replay *p, char *args);
	} events[] = {{"open ", do_open}, {"write ", do_write}, {"ack ", do_ack},
		{"sent ", do_sent}, {"info ", do_info}};
	char line[LINE];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	memset(&p, 0, sizeof(p));
	p.file = path;
	while (fgets(line, sizeof(line), f)) {
		bool known = false;

		p.line++;
		line[strcspn(line, "\n")] = 0;
		for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
			size_t n = strlen(events[i].word);
			if (strncmp(line, events[i].word, n) == 0) {
				events[i].run(&p, line + n);
				known = true;
			}
		}
		assert_true(known);
	}
	fclose(f);
	loss_free(&p.l);
	pool_free(&p.pool);
}

TEST(it_sends_the_segments_of_linux_and_has_the_same_state)
{
	DIR *d = opendir(directory);
	struct dirent *e;
	int traces = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		char path[1024];

		if (!strstr(e->d_name, ".trace"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", directory, e->d_name);
		replay(path);
		traces++;
	}
	closedir(d);
	assert_true(traces > 0);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: loss_trace_test DIRECTORY\n");
		return 2;
	}
	directory = argv[1];
	return test_run(NULL, NULL);
}
