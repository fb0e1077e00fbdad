/*
 * cmd_dump.c - `burble dump`: the packets of a running instance, as text or as a capture file. The
 * instance sends all of them; libpcap's filter is applied here.
 */
#include "cli/cli.h"

#include "cli/control_client.h"
#include "cli/control_json.h"
#include "cli/dump_filter.h"
#include "observe/pcapng.h"
#include "observe/print.h"
#include "wire/text.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
	"usage: burble dump [-StU] [-c COUNT] [-s BYTES] [-w FILE | --json] [--name NAME] "
	"[FILTER]\n";
static const char command[] = "burble dump";

enum {
	PACKET_MAX = 65536,
	FILTER_MAX = 4096, /* characters of a filter */
};

struct dump_args {
	bool absolute, no_time, json, help;
	uint64_t count, snap; /* 0: no end */
	const char *file, *name;
	char filter[FILTER_MAX];
};

struct dump {
	const struct dump_args *args;
	struct dump_filter filter;
	FILE *out;                      /* of -w; NULL: text */
	uint32_t interface[DUMP_LINKS]; /* of the file, plus one; 0: none yet */
	struct pcapng_writer writer;
	struct printer printer;
	uint64_t seen, dropped;
	uint8_t bytes[PACKET_MAX];
};

/* A signal ends the wait for a line: read() fails with EINTR. */
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	stopped = 1;
}

/* --- the command line ------------------------------------------------------------------------- */

static bool parse_number(uint64_t *out, const char *option, uint64_t max)
{
	if (cli_number(out, optarg) && *out > 0 && *out <= max)
		return true;
	fprintf(stderr, "%s: -%s %s: a number from 1 on\n", command, option, optarg);
	return false;
}

static bool take_option(struct dump_args *a, int option)
{
	switch (option) {
	case 'S': a->absolute = true; return true;
	case 't': a->no_time = true; return true;
	case 'n': return true; /* addresses and ports are always numbers */
	case 'U': return true; /* every packet is written at once */
	case 'c': return parse_number(&a->count, "c", UINT64_MAX);
	case 's': return parse_number(&a->snap, "s", PACKET_MAX);
	case 'w': a->file = optarg; return true;
	case 'j': a->json = true; return true;
	case 'N': a->name = optarg; return true;
	case 'h': a->help = true; return true;
	default: return false;
	}
}

static bool parse_options(struct dump_args *a, int argc, char **argv)
{
	static const struct option options[] = {
		{"json", 0, NULL, 'j'}, {"name", 1, NULL, 'N'}, {"help", 0, NULL, 'h'}, {0}};
	struct text t = text_in(a->filter, sizeof(a->filter));
	bool good = true;
	int option;

	while (good && (option = getopt_long(argc, argv, "+Stnc:s:w:Uh", options, NULL)) != -1)
		good = take_option(a, option);
	for (int i = optind; good && i < argc; i++)
		text_add(&t, "%s%s", i > optind ? " " : "", argv[i]);
	if (t.len < sizeof(a->filter))
		return good;
	fprintf(stderr, "%s: the filter is too long\n", command);
	return false;
}

/* --- packets ---------------------------------------------------------------------------------- */

static int digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The bytes in hexadecimal; returns how many, 0 if it is none. */
static uint32_t read_hex(uint8_t *bytes, const char *hex)
{
	uint32_t n = 0;

	for (; hex[2 * n] && hex[2 * n + 1] && n < PACKET_MAX; n++) {
		int high = digit(hex[2 * n]), low = digit(hex[2 * n + 1]);

		if (high < 0 || low < 0)
			return 0;
		bytes[n] = (uint8_t)(high << 4 | low);
	}
	return hex[2 * n] ? 0 : n;
}

static bool sink(void *user, const void *bytes, size_t n)
{
	return fwrite(bytes, 1, n, user) == n;
}

/* why: the counters of the drop; "": it was none. */
static void print_text(
	struct dump *d, enum dump_link link, const struct pcapng_packet *p, const char *why)
{
	char line[PRINT_LINE_MAX], at[64] = "";
	time_t secs = (time_t)(p->at / NSEC_SEC);
	struct tm tm;

	if (link == DUMP_ETHERNET)
		print_frame(&d->printer, line, sizeof(line), p->data, p->len);
	else
		print_packet(&d->printer, line, sizeof(line), p->data, p->len);
	if (!d->args->no_time && localtime_r(&secs, &tm)) {
		strftime(at, sizeof(at), "%H:%M:%S", &tm);
		printf("%s.%06lld ", at, (long long)(p->at % NSEC_SEC / NSEC_USEC));
	}
	printf("%s%s%s%s\n", line, *why ? " [dropped: " : "", why, *why ? "]" : "");
	fflush(stdout);
}

/* Writes the comment of a packet in a capture file; false: it has none. */
static bool note(char comment[PCAPNG_COMMENT_MAX], const char *why, uint64_t dropped)
{
	struct text t = text_in(comment, PCAPNG_COMMENT_MAX);

	if (*why)
		text_add(&t, "discarded by the stack: %s", why);
	if (dropped)
		text_add(&t, "%s%llu packets before it are missing: the queue was full",
			*why ? "; " : "", (unsigned long long)dropped);
	return t.len > 0;
}

/* An interface is written with its first packet: tcpdump reads no file that has two kinds. */
static bool add_interface(struct dump *d, enum dump_link link)
{
	if (d->interface[link] == 0)
		d->interface[link] =
			1 + pcapng_add_link(&d->writer,
				    link == DUMP_ETHERNET ? PCAPNG_ETHERNET : PCAPNG_RAW_IP, NULL);
	return !d->writer.failed;
}

static bool write_packet(struct dump *d, enum dump_link link, struct pcapng_packet *p)
{
	if (!add_interface(d, link))
		return false;
	p->link = d->interface[link] - 1;
	return pcapng_write(&d->writer, p) && fflush(d->out) == 0;
}

static enum dump_link link_of(const json_t *o)
{
	return strcmp(control_json_text(o, "link"), "ethernet") == 0 ? DUMP_ETHERNET : DUMP_IP;
}

/* False: nothing more can be written. */
static bool take_packet(struct dump *d, const json_t *o, const char *line)
{
	struct pcapng_packet p = {.at = (nsec_t)control_json_number(o, "at"),
		.data = d->bytes,
		.wire_len = (uint32_t)control_json_number(o, "len")};
	const char *why = control_json_text(o, "why");
	char comment[PCAPNG_COMMENT_MAX];
	enum dump_link link = link_of(o);
	uint64_t dropped = control_json_number(o, "dropped");

	p.len = read_hex(d->bytes, control_json_text(o, "hex"));
	d->dropped += dropped;
	if (p.len == 0 || !dump_filter_match(&d->filter, link, d->bytes, p.len, p.wire_len))
		return true;
	d->seen++;
	if (d->args->json) {
		puts(line);
		return fflush(stdout) == 0;
	}
	if (!d->out) {
		print_text(d, link, &p, why);
		return !ferror(stdout);
	}
	p.comment = note(comment, why, dropped) ? comment : NULL;
	return write_packet(d, link, &p);
}

static bool open_file(struct dump *d)
{
	const char *file = d->args->file;

	if (!file)
		return true;
	d->out = strcmp(file, "-") == 0 ? stdout : fopen(file, "w");
	if (d->out && pcapng_begin(&d->writer, sink, d->out) && fflush(d->out) == 0)
		return true;
	fprintf(stderr, "%s: cannot write %s: %s\n", command, file, strerror(errno));
	return false;
}

/* A file without packets has an interface all the same: tcpdump reads none without. */
static bool finish_file(struct dump *d)
{
	return !d->out || d->seen > 0 || (add_interface(d, DUMP_IP) && fflush(d->out) == 0);
}

static bool read_packets(struct dump *d, struct control_client *c)
{
	const char *line;
	bool good = true;
	json_t *o;

	while (good && !stopped && (!d->args->count || d->seen < d->args->count) &&
		(line = control_line(c))) {
		o = control_json(command, line);
		good = o && take_packet(d, o, line);
		json_decref(o);
	}
	good = good && finish_file(d);
	if (!good)
		fprintf(stderr, "%s: cannot write: %s\n", command, strerror(errno));
	else if (!stopped && (!d->args->count || d->seen < d->args->count))
		fprintf(stderr, "%s: the instance has ended\n", command);
	return good;
}

static bool run(struct dump *d)
{
	struct sigaction act = {.sa_handler = on_signal}; /* without SA_RESTART */
	struct control_client c;
	char request[64];
	bool good;

	snprintf(request, sizeof(request), "dump snap=%llu", (unsigned long long)d->args->snap);
	if (!open_file(d) || !control_ask(&c, command, d->args->name, request))
		return false;
	control_wait_long(&c);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	fprintf(stderr, "%s: listening, until Ctrl-C\n", command);
	good = read_packets(d, &c);
	control_abandon(&c);
	fprintf(stderr, "%llu packets captured\n%llu packets dropped by the instance\n",
		(unsigned long long)d->seen, (unsigned long long)d->dropped);
	return good;
}

int cmd_dump(int argc, char **argv)
{
	static struct dump_args a = {.snap = PACKET_MAX};
	char why[DUMP_FILTER_WHY_MAX];
	enum dump_filter_status status;
	struct dump *d;
	bool good;

	if (!parse_options(&a, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return 0;
	}
	d = calloc(1, sizeof(*d));
	if (!d) {
		fprintf(stderr, "%s: out of memory\n", command);
		return 1;
	}
	d->args = &a;
	print_init(&d->printer, a.absolute);
	status = dump_filter_open(&d->filter, a.filter, why);
	if (status != DUMP_FILTER_OK) {
		fprintf(stderr, "%s: %s\n", command, why);
		dump_filter_close(&d->filter);
		free(d);
		return status == DUMP_FILTER_WRONG ? EXIT_USAGE : 1;
	}
	good = run(d);
	dump_filter_close(&d->filter);
	if (d->out && d->out != stdout)
		fclose(d->out);
	free(d);
	return good ? 0 : 1;
}
