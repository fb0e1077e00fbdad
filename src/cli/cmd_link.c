/*
 * cmd_link.c - `burble link DEV1 DEV2`: the lab's link between two real devices, in real time:
 *
 *     program -- kernel -- DEV1 -- [ delay, loss, rate, queue ... ] -- DEV2 -- kernel -- program
 *
 * The same options as lines on standard input change it while it runs.
 */
#include "cli/cli.h"

#include "cli/link_options.h"
#include "host/devices.h"
#include "host/wait.h"
#include "lab/live/device.h"
#include "lab/world/nat.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	SIDES = 2,
	LINE = 256, /* bytes of a line of standard input */
};

static const char usage[] =
	"usage: burble link [OPTIONS] DEV1 DEV2\n"
	"\n"
	"  --delay TIME  --jitter TIME  --rate RATE  --loss P%  --gemodel p,r,1-h,1-k\n"
	"  --duplicate P%  --corrupt P%  --reorder P%  --limit PACKETS  --codel\n"
	"  --swallow BYTES   frames longer than this vanish: a black hole of the path MTU\n"
	"  --down            a cut cable; type 'up' to mend it\n"
	"  --one-way         all of this only from DEV1 to DEV2\n"
	"  --firewall, --nat ADDRESS   DEV1 is inside; both must be TUN devices\n"
	"  --seed N          of what is random\n"
	"\n"
	"While it runs, lines on standard input change it: 'delay 100ms', 'loss 5%', 'down', "
	"'up'.\n";

struct link_args {
	struct link_config config;
	const char *device[SIDES];
	uint64_t seed;
	bool one_way, firewall, help;
	struct ip_addr nat; /* IP_ADDR_ANY6: none */
	int devices;
};

struct live {
	struct world world;
	struct link_config config;
	bool one_way;
	struct link *link;
	struct netdev *dev[SIDES];
	struct device *device[SIDES];
	struct pollfd fds[SIDES + 1];
	char line[LINE]; /* of standard input, not complete yet */
	size_t line_len;
};

static volatile sig_atomic_t stop;

static void on_signal(int signo)
{
	stop = 1;
}

/* --- the command line --- */

static bool complain(const char *what, const char *expected)
{
	bool unknown = strcmp(expected, LINK_NO_OPTION) == 0;

	fprintf(stderr, "burble link: %s: %s%s\n", what, unknown ? "" : "expected ", expected);
	return false;
}

/* Options of this command; those of the link itself are link_option()'s. */
static const char *own_option(struct link_args *a, const char *name, const char *value)
{
	bool *flag = strcmp(name, "one-way") == 0    ? &a->one_way
		     : strcmp(name, "firewall") == 0 ? &a->firewall
		     : strcmp(name, "help") == 0     ? &a->help
						     : NULL;

	if (flag) {
		*flag = true;
		return value ? "no value" : NULL;
	}
	if (strcmp(name, "seed") == 0)
		return value && cli_number(&a->seed, value) ? NULL : "a number";
	if (strcmp(name, "nat") == 0)
		return value && ip_addr_parse(&a->nat, value) ? NULL : "an address";
	return LINK_NO_OPTION;
}

static bool wants_value(const char *name)
{
	bool with_value;

	if (link_option_known(name, &with_value))
		return with_value;
	return strcmp(name, "seed") == 0 || strcmp(name, "nat") == 0;
}

/* "--name value" or "--name=value" at argv[*i], which is moved to the last word taken. */
static bool take_option(struct link_args *a, int argc, char **argv, int *i)
{
	const char *arg = argv[*i], *equal = strchr(arg, '='), *value = equal ? equal + 1 : NULL;
	const char *wrong;
	bool with_value;
	char name[32];

	snprintf(name, sizeof(name), "%.*s", equal ? (int)(equal - arg - 2) : 31, arg + 2);
	if (!equal && wants_value(name) && *i + 1 < argc)
		value = argv[++*i];
	wrong = link_option_known(name, &with_value) ? link_option(&a->config, name, value)
						     : own_option(a, name, value);
	return !wrong || complain(arg, wrong);
}

static bool parse_args(struct link_args *a, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			if (!take_option(a, argc, argv, &i))
				return false;
		} else if (a->devices == SIDES) {
			return complain(argv[i], "two devices");
		} else {
			a->device[a->devices++] = argv[i];
		}
	}
	if (a->help)
		return true;
	if (a->devices < SIDES)
		return complain("devices", "two of them");
	if (strcmp(a->device[0], a->device[1]) == 0)
		return complain(a->device[1], "another device than the first");
	return a->config.reorder == 0 || a->config.delay > 0 ||
	       complain("--reorder", "--delay too: what overtakes goes without it");
}

/* --- the world --- */

static bool open_device(struct live *l, int side, const char *name)
{
	int err = device_open(name, &l->dev[side]);

	if (!err && l->dev[side]->fd < 0) { /* a capture: nothing says when its frames come */
		l->dev[side]->ops->close(l->dev[side]);
		err = -EINVAL;
	}
	if (err) {
		fprintf(stderr, "burble link: cannot open %s: %s%s\n", name, strerror(-err),
			device_hint(name, err));
		return false;
	}
	l->device[side] = device_new(&l->world, l->dev[side]);
	l->fds[side] = (struct pollfd){.fd = l->dev[side]->fd, .events = POLLIN};
	return true;
}

static void set_link(struct live *l)
{
	link_set(l->link, 0, &l->config);
	if (!l->one_way)
		link_set(l->link, 1, &l->config);
}

static bool has_box(const struct link_args *a)
{
	return a->firewall || !ip_addr_eq(&a->nat, &IP_ADDR_ANY6);
}

/* DEV1 -- [ NAT ] -- link -- DEV2 */
static void join(struct live *l, const struct link_args *a)
{
	struct port near = device_port(l->device[0]), entry = link_port(l->link, 0);

	if (has_box(a)) {
		struct nat_config c = {.conntrack = conntrack_defaults(), .public = a->nat};
		struct nat *n = nat_new(&l->world, "nat", &c);
		struct port inside = nat_port(n, 0, near);

		near = nat_port(n, 1, entry);
		entry = inside;
	}
	link_join(l->link, 0, near);
	device_join(l->device[0], entry);
	link_join(l->link, 1, device_port(l->device[1]));
	device_join(l->device[1], link_port(l->link, 1));
}

static bool check_devices(const struct live *l, const struct link_args *a)
{
	if (l->dev[0]->kind != l->dev[1]->kind)
		return complain(a->device[1], "a device of the same kind as the first");
	if (has_box(a) && l->dev[0]->kind != NETDEV_RAW)
		return complain(a->device[0], "a TUN device, for --firewall and --nat");
	return true;
}

static bool live_open(struct live *l, const struct link_args *a)
{
	const struct link_config plain = {.delay = 0};

	world_init(&l->world, a->seed, NULL);
	for (int i = 0; i < SIDES; i++)
		if (!open_device(l, i, a->device[i]))
			return false;
	if (!check_devices(l, a))
		return false;
	l->config = a->config;
	l->one_way = a->one_way;
	l->link = link_new(&l->world, "link", &plain);
	set_link(l);
	join(l, a);
	l->fds[SIDES] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	return true;
}

/* --- changes while it runs --- */

static void take_line(struct live *l, char *line)
{
	char *value = line, *name = strsep(&value, " ");
	const char *wrong;

	if (!name[0])
		return;
	wrong = link_option(&l->config, name, value);
	if (wrong)
		complain(name, wrong);
	else
		set_link(l);
}

/* Reads standard input; at its end it is no longer watched. */
static void read_input(struct live *l)
{
	ssize_t n = read(STDIN_FILENO, l->line + l->line_len, sizeof(l->line) - 1 - l->line_len);
	char *end;

	if (n <= 0) {
		l->fds[SIDES].fd = -1;
		return;
	}
	l->line_len += (size_t)n;
	l->line[l->line_len] = '\0';
	while ((end = strchr(l->line, '\n'))) {
		*end = '\0';
		take_line(l, l->line);
		l->line_len -= (size_t)(end + 1 - l->line);
		memmove(l->line, end + 1, l->line_len + 1);
	}
	if (l->line_len == sizeof(l->line) - 1) {
		complain("a line", "at most 254 bytes");
		l->line_len = 0;
	}
}

/* --- real time --- */

/* Frames that have arrived enter the world at the present time. */
static void step(struct live *l)
{
	uint32_t n;

	do {
		world_run(&l->world, burble_clock(), NULL);
		n = device_receive(l->device[0]) + device_receive(l->device[1]);
		world_run(&l->world, l->world.now, NULL);
		device_flush(l->device[0]);
		device_flush(l->device[1]);
	} while (n > 0);
}

static bool wait_for_work(struct live *l, const sigset_t *mask)
{
	nsec_t next = world_next(&l->world), now = burble_clock();
	nsec_t left = next <= now ? 0 : next - now;
	struct timespec ts = {left / NSEC_SEC, left % NSEC_SEC};
	int n = ppoll(l->fds, SIDES + 1, next == NSEC_MAX ? NULL : &ts, mask);

	if (n > 0 && (l->fds[SIDES].revents & (POLLIN | POLLHUP)))
		read_input(l);
	for (int i = 0; i < SIDES; i++)
		if (l->dev[i]->lost) {
			fprintf(stderr, "burble link: lost %s: %s\n", l->dev[i]->name,
				strerror(-l->dev[i]->lost));
			return false;
		}
	return true;
}

/* Signals are noticed only while it waits. */
static bool run(struct live *l)
{
	struct sigaction act = {.sa_handler = on_signal};
	sigset_t block, before;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &before);
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	prctl(PR_SET_TIMERSLACK, 1UL);
	while (!stop) {
		step(l);
		if (!wait_for_work(l, &before))
			return false;
	}
	return true;
}

static void report(const struct live *l)
{
	uint64_t refused = l->dev[0]->tx_dropped + l->dev[1]->tx_dropped;

	printf("%" PRIu64 " frames in, %" PRIu64 " out, %" PRIu64 " dropped by the link, %" PRIu64
	       " missed by the devices\n",
		l->world.packets, l->world.received - refused, l->world.dropped,
		refused + l->dev[0]->rx_missed + l->dev[1]->rx_missed);
}

int cmd_link(int argc, char **argv)
{
	static struct live l;
	struct link_args a = {.nat = IP_ADDR_ANY6};
	bool good;

	if (getrandom(&a.seed, sizeof(a.seed), 0) != sizeof(a.seed))
		a.seed = (uint64_t)burble_clock();
	if (!parse_args(&a, argc, argv)) {
		fputs("burble link: 'burble link --help' lists the options\n", stderr);
		return EXIT_USAGE;
	}
	if (a.help) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	good = live_open(&l, &a) && run(&l);
	if (l.link)
		report(&l);
	world_free(&l.world);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
