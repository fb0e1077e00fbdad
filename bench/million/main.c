/* main.c - millionbench: the chat server on the stack, and a million clients: world.h, phases.h. */
#include "million/phases.h"

#include "million/must.h"

#include <getopt.h>

static const struct phase {
	const char *name;
	void (*run)(struct world *w, const struct plan *p);
} phases[] = {{"connect", phase_connect}, {"join", phase_join}, {"idle", phase_idle},
	{"talk", phase_talk}, {"all", phase_all}, {"power-off", phase_power_off}};

static int usage(void)
{
	fputs("usage: millionbench [--split] [--users N] [--members N] [--without PHASE]...\n"
	      "  --split      the server in a process of its own, real time\n"
	      "  --users N    a million; a multiple of --members and of 20\n"
	      "  --members N  of a channel: 1000\n"
	      "  --without    a phase: idle, talk, all, power-off\n",
		stderr);
	return 2;
}

struct options {
	struct plan plan;
	bool split;
	bool without[ARRAY_SIZE(phases)];
};

/* Each needs the first two. */
static bool leave_out(struct options *o, const char *name)
{
	for (size_t i = 2; i < ARRAY_SIZE(phases); i++)
		if (strcmp(phases[i].name, name) == 0)
			return o->without[i] = true;
	return false;
}

static bool parse_options(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {{"split", no_argument, NULL, 's'},
		{"users", required_argument, NULL, 'u'}, {"members", required_argument, NULL, 'm'},
		{"without", required_argument, NULL, 'w'}, {0}};
	struct plan *p = &o->plan;
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1)
		switch (option) {
		case 's': o->split = true; break;
		case 'u': p->users = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'm': p->members = (uint32_t)strtoul(optarg, NULL, 10); break;
		case 'w':
			if (!leave_out(o, optarg))
				return false;
			break;
		default: return false;
		}
	return optind == argc && p->members >= 2 * HOSTS && p->users >= p->members &&
	       p->users <= CLIENTS_MAX && p->users % p->members == 0 && p->users % HOSTS == 0;
}

int main(int argc, char **argv)
{
	struct options o = {.plan = {1000000, 1000}};
	struct world w;

	if (!parse_options(&o, argc, argv))
		return usage();
	world_open(&w, o.plan.users, o.split);
	printf("users %u\nempty_bytes %llu\n", o.plan.users,
		(unsigned long long)world_server_memory(&w));
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++)
		if (!o.without[i])
			phases[i].run(&w, &o.plan);
	must(world_close(&w), "the server process failed");
	return 0;
}
