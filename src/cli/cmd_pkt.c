/*
 * cmd_pkt.c - `burble pkt`: packet scripts, against the stack or the kernel.
 */
#include "cli/cli.h"

#include "lab/pkt/option.h"
#include "lab/pkt/pkt.h"
#include "observe/pcapng.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	DEFINES_MAX = 64,
	OPTIONS_MAX = 32,
};

static const char usage[] =
	"usage: burble pkt [--seed N] [--pcap FILE] [--ip_version=ipv4|ipv4-mapped-ipv6|ipv6]\n"
	"                  [--all-modes] [--define NAME=VALUE] [--verbose]\n"
	"                  [--kernel | --slow-path]\n"
	"                  [--OPTION_OF_PACKETDRILL[=VALUE]]... SCRIPT.pkt...\n";

struct pkt_cli {
	uint64_t seed;
	const char *pcap;
	bool mode[PKT_MODES], mode_given, verbose, kernel, slow_path;
	struct pkt_option given[OPTIONS_MAX]; /* of scripts; linked */
	size_t given_count;
	const char *defines[DEFINES_MAX + 1];
	size_t define_count;
	unsigned count[PKT_SKIPPED + 1]; /* of runs, by verdict */
	FILE *capture;
	struct pcapng_writer writer;
};

static bool sink(void *user, const void *bytes, size_t n)
{
	return fwrite(bytes, 1, n, user) == n;
}

static void capture(void *ctx, const struct pkt_frame *f)
{
	struct pkt_cli *c = ctx;
	struct pcapng_packet p = {.at = f->at, .data = f->bytes, .len = (uint32_t)f->len};

	pcapng_write(&c->writer, &p);
}

static bool open_capture(struct pkt_cli *c)
{
	if (!c->pcap)
		return true;
	c->capture = fopen(c->pcap, "we");
	if (!c->capture || !pcapng_begin(&c->writer, sink, c->capture) ||
		pcapng_add_link(&c->writer, PCAPNG_RAW_IP, "tun0") == UINT32_MAX) {
		fprintf(stderr, "burble: cannot write %s: %s\n", c->pcap, strerror(errno));
		return false;
	}
	return true;
}

static bool close_capture(struct pkt_cli *c)
{
	bool bad = c->capture && ((fclose(c->capture) != 0) | c->writer.failed);

	if (bad)
		fprintf(stderr, "burble: cannot write %s: the file is incomplete\n", c->pcap);
	return !bad;
}

/* The modes of --ip_version lines in a script, as a bit set; 0: none. */
static unsigned own_modes(const char *text, size_t len)
{
	static const char option[] = "--ip_version=";
	const char *end = text + len, *p = text;
	unsigned modes = 0;

	while ((p = memmem(p, (size_t)(end - p), option, sizeof(option) - 1))) {
		bool first = p == text || p[-1] == '\n';

		p += sizeof(option) - 1;
		for (int m = 0; first && m < PKT_MODES; m++) {
			size_t n = strlen(pkt_mode_names[m]);

			if ((size_t)(end - p) > n && !memcmp(p, pkt_mode_names[m], n) &&
				p[n] == '\n')
				modes |= 1u << m;
		}
	}
	return modes;
}

/* The modes of the command line, limited to those of the script; else those of the script; else
 * ipv4. */
static bool runs_in(const struct pkt_cli *c, unsigned own, int mode)
{
	bool fits = own == 0 || (own & (1u << mode));

	return fits && (c->mode_given ? c->mode[mode] : own != 0 || mode == PKT_IPV4);
}

static void run_mode(struct pkt_cli *c, const struct pkt_source *source, enum pkt_mode mode)
{
	static char report[PKT_REPORT];
	static const char *const words[] = {
		[PKT_FAILED] = "FAIL", [PKT_PASSED] = "pass", [PKT_SKIPPED] = "skip"};
	struct pkt_options o = {.mode = mode,
		.ops = &pkt_instance_ops,
		.options = c->given_count ? c->given : NULL,
		.seed = c->seed,
		.slow_path = c->slow_path,
		.tap = c->capture ? capture : NULL,
		.tap_ctx = c};
	enum pkt_verdict verdict = PKT_FAILED;

	report[0] = '\0';
	if (source->text)
		verdict = (c->kernel ? pkt_run_kernel : pkt_run_source)(
			source, &o, report, sizeof(report));
	c->count[verdict]++;
	fputs(report, stdout);
	if (verdict != PKT_PASSED || c->verbose)
		printf("%s %s [%s]\n", words[verdict], source->file, pkt_mode_names[mode]);
}

static void run_file(struct pkt_cli *c, const char *path)
{
	struct pkt_source source = {.file = path, .defines = c->defines};
	char *text = cli_read(path, PKT_SCRIPT_MAX, &source.len);
	unsigned own = text ? own_modes(text, source.len) : 0;

	source.text = text;
	for (int m = 0; m < PKT_MODES; m++)
		if (runs_in(c, own, m))
			run_mode(c, &source, (enum pkt_mode)m);
	free(text);
}

static bool take_mode(struct pkt_cli *c, const char *name)
{
	for (int m = 0; m < PKT_MODES; m++)
		if (strcmp(name, pkt_mode_names[m]) == 0)
			return c->mode[m] = c->mode_given = true;
	return false;
}

static bool wrong(const char *option, const char *text, const char *want)
{
	fprintf(stderr, "burble pkt: %s: '%s' is not %s\n", option, text, want);
	return false;
}

/* word: of the command line, as it stands there. */
static bool take_option(struct pkt_cli *c, int option, const char *word)
{
	switch (option) {
	case 's': return cli_number(&c->seed, optarg) || wrong("--seed", optarg, "a number");
	case 'p': c->pcap = optarg; return true;
	case 'i':
		return take_mode(c, optarg) ||
		       wrong("--ip_version", optarg, "ipv4, ipv4-mapped-ipv6 or ipv6");
	case 'v': c->verbose = true; return true;
	case 'k': c->kernel = true; return true;
	case 'S': c->slow_path = true; return true;
	case 'a':
		for (int m = 0; m < PKT_MODES; m++)
			c->mode[m] = c->mode_given = true;
		return true;
	case 'D':
		if (c->define_count == DEFINES_MAX || !strchr(optarg, '='))
			return wrong("--define", optarg, "NAME=VALUE, or one too many");
		c->defines[c->define_count++] = optarg;
		return true;
	case ':': fprintf(stderr, "burble pkt: %s: a value is missing\n", word); return false;
	default: return false;
	}
}

/* --NAME[=VALUE], an option for scripts. */
static bool take_script_option(struct pkt_cli *c, char *word)
{
	char *value = strchr(word, '=');
	struct pkt_option *o = &c->given[c->given_count];

	if (strncmp(word, "--", 2) != 0 || c->given_count == OPTIONS_MAX)
		return false;
	if (value)
		*value++ = '\0';
	*o = (struct pkt_option){.name = word + 2, .value = value ? value : "", .line = 1};
	if (!option_known(o->name)) {
		fprintf(stderr, "burble pkt: not supported: --%s\n", o->name);
		return false;
	}
	if (c->given_count++ > 0)
		o[-1].next = o;
	return true;
}

static bool parse_args(struct pkt_cli *c, int argc, char **argv)
{
	static const struct option options[] = {{"seed", required_argument, NULL, 's'},
		{"pcap", required_argument, NULL, 'p'},
		{"ip_version", required_argument, NULL, 'i'}, {"all-modes", no_argument, NULL, 'a'},
		{"define", required_argument, NULL, 'D'}, {"verbose", no_argument, NULL, 'v'},
		{"kernel", no_argument, NULL, 'k'}, {"slow-path", no_argument, NULL, 'S'}, {0}};
	bool good = true;
	int option;

	opterr = 0;
	while (good && (option = getopt_long(argc, argv, ":D:v", options, NULL)) != -1) {
		good = option == '?' ? take_script_option(c, argv[optind - 1])
				     : take_option(c, option, argv[optind - 1]);
	}
	if (good && optind == argc)
		fputs("burble pkt: which script?\n", stderr);
	else if (good && c->kernel && c->slow_path)
		fputs("burble pkt: --kernel and --slow-path exclude each other\n", stderr);
	return good && optind < argc && !(c->kernel && c->slow_path);
}

/* Fails if a script failed, or all were skipped. */
static int print_count(const struct pkt_cli *c)
{
	unsigned skipped = c->count[PKT_SKIPPED];

	printf("%u passed, %u failed", c->count[PKT_PASSED], c->count[PKT_FAILED]);
	if (skipped)
		printf(", %u skipped", skipped);
	putchar('\n');
	return c->count[PKT_FAILED] > 0 || (skipped > 0 && c->count[PKT_PASSED] == 0);
}

int cmd_pkt(int argc, char **argv)
{
	struct pkt_cli c = {.seed = 1};

	if (asks_for_help(argc, argv))
		return fputs(usage, stdout) < 0;
	if (!parse_args(&c, argc, argv)) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (!open_capture(&c))
		return 1;
	for (int i = optind; i < argc; i++)
		run_file(&c, argv[i]);
	if (!close_capture(&c))
		return 1;
	return print_count(&c);
}
