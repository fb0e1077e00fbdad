/* engine.c - nats-servers as children: engine.h. */
#include "bus/test/engine.h"

#include "base/test/test.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *program(void)
{
	static const char *const places[] = {
		"/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

bool engine_installed(void)
{
	if (program())
		return true;
	print_message("no nats-server here (apt-get install nats-server)\n");
	return false;
}

bool engine_elects(void)
{
	if (getenv("BURBLE_NATS_CLUSTER"))
		return true;
	print_message("elections of three servers take up to minutes: BURBLE_NATS_CLUSTER=1\n");
	return false;
}

static uint16_t free_port(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	close(fd);
	return ntohs(at.sin_port);
}

static void write_routes(const struct engine *e, FILE *f)
{
	for (uint32_t i = 0; i < e->count; i++)
		fprintf(f, "%s \"nats-route://127.0.0.1:%u\"", i ? "," : "", e->route[i]);
}

static void write_config(const struct engine *e, uint32_t i)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%u.conf", e->directory, i);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "listen: 127.0.0.1:%u\nserver_name: n%u\n", e->port[i], i);
	fprintf(f, "log_file: \"%s/%u.log\"\n", e->directory, i);
	fprintf(f, "jetstream { store_dir: \"%s/%u\", max_mem: 64M, max_file: 256M }\n",
		e->directory, i);
	if (e->count > 1) {
		fprintf(f, "cluster { name: test, listen: 127.0.0.1:%u, routes: [", e->route[i]);
		write_routes(e, f);
		fprintf(f, " ] }\n");
	}
	if (e->more)
		fprintf(f, e->more, e->directory, e->directory, e->directory);
	fclose(f);
}

/* In the child, which ends with the test, also if that fails. */
static void exec_server(const char *config)
{
	int out = open("/dev/null", O_WRONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, 1);
	dup2(out, 2);
	execl(program(), "nats-server", "-c", config, NULL);
	_exit(127);
}

void engine_run(struct engine *e, uint32_t i)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%u.conf", e->directory, i);
	e->pid[i] = fork();
	assert_true(e->pid[i] >= 0);
	if (e->pid[i] == 0)
		exec_server(path);
}

void engine_kill(struct engine *e, uint32_t i, int signal)
{
	if (e->pid[i] <= 0)
		return;
	kill(e->pid[i], signal);
	if (signal != SIGKILL)
		return;
	waitpid(e->pid[i], NULL, 0);
	e->pid[i] = 0;
}

void engine_prepare(struct engine *e)
{
	*e = (struct engine){.directory = "/tmp/burble-bus-XXXXXX"};
	assert_non_null(mkdtemp(e->directory));
}

void engine_start(struct engine *e, uint32_t count, const char *more)
{
	assert_true(count <= ENGINE_SERVERS);
	e->count = count;
	e->more = more;
	for (uint32_t i = 0; i < count; i++) {
		e->port[i] = free_port();
		e->route[i] = free_port();
	}
	for (uint32_t i = 0; i < count; i++) {
		write_config(e, i);
		engine_run(e, i);
	}
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

void engine_end(struct engine *e)
{
	for (uint32_t i = 0; i < e->count; i++)
		engine_kill(e, i, SIGKILL);
	nftw(e->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
