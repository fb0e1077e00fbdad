/* control_client.c - finds an instance, asks it, reads the answer: control_client.h. */
#include "cli/control_client.h"

#include "host/control_path.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PATIENCE_S = 30, /* for the next bytes of an answer */
	NAMES_MAX = 512, /* characters of a list of instances */
};

/* A connection to the socket; -errno. */
static int connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(at.sun_path)) {
		close(fd);
		return -ENAMETOOLONG;
	}
	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	if (connect(fd, (const struct sockaddr *)&at, sizeof(at)) == 0)
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The instances whose sockets are in a directory. */
struct found {
	int fd; /* of the first one; -1: none */
	int count;
	char names[NAMES_MAX];
};

static void see_socket(struct found *f, const char *directory, const char *file)
{
	size_t n = strlen(file), used = strlen(f->names);
	char name[CONTROL_NAME_MAX + 1], path[CONTROL_PATH_MAX];
	int fd;

	if (n <= 5 || n - 5 > CONTROL_NAME_MAX || strcmp(file + n - 5, ".sock") != 0)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)(n - 5), file);
	fd = control_path(path, directory, name) == 0 ? connect_to(path) : -1;
	if (fd < 0)
		return; /* its process has ended */
	snprintf(f->names + used, sizeof(f->names) - used, "%s%s", used ? ", " : "", name);
	if (f->count++ == 0)
		f->fd = fd;
	else
		close(fd);
}

static void see_sockets(struct found *f, const char *directory)
{
	DIR *d = opendir(directory);
	const struct dirent *e;

	while (d && (e = readdir(d)))
		see_socket(f, directory, e->d_name);
	if (d)
		closedir(d);
}

/* Root in a login session looks where services have their sockets, too. */
static bool has_services(const char *directory)
{
	return geteuid() == 0 && strncmp(directory, "/run/user/", 10) == 0;
}

static int only_one(const char *command, const char *directory)
{
	struct found f = {.fd = -1};

	see_sockets(&f, directory);
	if (f.count == 0 && has_services(directory))
		see_sockets(&f, CONTROL_SERVICES);
	if (f.count == 0)
		fprintf(stderr,
			"%s: no instance is running: 'burble chat' starts one, --name PATH names a "
			"socket elsewhere than in %s\n",
			command, directory);
	if (f.count <= 1)
		return f.fd;
	fprintf(stderr, "%s: several instances are running: choose one with --name: %s\n", command,
		f.names);
	close(f.fd);
	return -1;
}

static int find_instance(const char *command, const char *name)
{
	char directory[CONTROL_PATH_MAX], path[CONTROL_PATH_MAX], why[CONTROL_WHY_MAX];
	bool is_path = name && strchr(name, '/');
	int fd, err = is_path ? 0 : control_directory(directory, false, why);

	if (err && err != -ENOENT) {
		fprintf(stderr, "%s: %s\n", command, why);
		return -1;
	}
	if (!name)
		return only_one(command, directory);
	if (!is_path && (!control_name_valid(name) || control_path(path, directory, name) < 0)) {
		fprintf(stderr,
			"%s: --name %s: a name has up to 32 letters, digits, '.', '_', '-'\n",
			command, name);
		return -1;
	}
	fd = connect_to(is_path ? name : path);
	if (fd < 0 && !is_path && has_services(directory) &&
		control_path(path, CONTROL_SERVICES, name) == 0)
		fd = connect_to(path);
	if (fd < 0)
		fprintf(stderr, "%s: cannot reach instance %s at %s: %s: is it running?\n", command,
			name, is_path ? name : path, strerror(-fd));
	return fd;
}

static void discard(struct control_client *c)
{
	if (c->in)
		fclose(c->in);
	free(c->line);
	c->in = NULL;
	c->line = NULL;
}

static bool failed(struct control_client *c, const char *what)
{
	fprintf(stderr, "%s: %s\n", c->command, what);
	discard(c);
	return false;
}

/* Asks the instance of a connection; fd -1: there is none. */
static bool ask(struct control_client *c, const char *command, int fd, const char *request)
{
	const char *line;

	*c = (struct control_client){.command = command};
	if (fd < 0)
		return false;
	c->in = fdopen(fd, "r");
	if (!c->in) {
		close(fd);
		return failed(c, "out of memory");
	}
	/* An instance that refuses the connection may have closed it: its reason can be read. */
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) >= 0)
		send(fd, "\n", 1, MSG_NOSIGNAL);
	line = control_line(c);
	if (line && strcmp(line, "ok") == 0)
		return true;
	return failed(c, line && strncmp(line, "error ", 6) == 0
				 ? line + 6
				 : "the instance does not answer: try again");
}

bool control_ask(
	struct control_client *c, const char *command, const char *name, const char *request)
{
	struct timeval patience = {.tv_sec = PATIENCE_S};
	int fd = find_instance(command, name);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return ask(c, command, fd, request);
}

bool control_ask_patiently(
	struct control_client *c, const char *command, const char *name, const char *request)
{
	return ask(c, command, find_instance(command, name), request);
}

char *control_line(struct control_client *c)
{
	ssize_t n = c->ended ? -1 : getline(&c->line, &c->size, c->in);

	if (n <= 0 || c->line[n - 1] != '\n')
		return NULL;
	c->line[n - 1] = '\0';
	if (strcmp(c->line, "end") != 0)
		return c->line;
	c->ended = true;
	return NULL;
}

void control_wait_long(struct control_client *c)
{
	struct timeval none = {0};

	setsockopt(fileno(c->in), SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none));
}

void control_abandon(struct control_client *c)
{
	discard(c);
}

bool control_finish(struct control_client *c)
{
	bool whole = c->ended;

	if (!whole)
		return failed(
			c, "the answer was cut short: the instance has ended, or is overloaded");
	discard(c);
	return true;
}
