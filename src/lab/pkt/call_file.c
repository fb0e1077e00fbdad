/*
 * call_file.c - close, and system calls on simulated files: a name and a number of zero bytes. The
 * machine's own files are never accessed.
 */
#include "lab/pkt/call_file.h"

#include "lab/pkt/call.h"

#include <errno.h>

enum {
	FILE_FD = 1 << 20,    /* descriptor of file 0, above those of sockets */
	FILE_BYTES = 1 << 20, /* maximum bytes that a call transfers */
};

/* name NULL: an unused slot. */
static struct pkt_file *file_find(struct pkt_run *r, const char *name)
{
	for (struct pkt_file *f = r->file; f < r->file + PKT_FILES; f++)
		if (name && f->name ? strcmp(name, f->name) == 0 : name == f->name)
			return f;
	return NULL;
}

bool call_file_create(struct pkt_run *r, const char *name, size_t size)
{
	struct pkt_file *f = file_find(r, name);

	if (!f)
		f = file_find(r, NULL);
	if (!f)
		return false;
	*f = (struct pkt_file){.name = name, .size = size};
	return true;
}

void call_file_remove(struct pkt_run *r, const char *name)
{
	struct pkt_file *f = file_find(r, name);

	if (f)
		*f = (struct pkt_file){0};
}

static struct pkt_file *file_by_fd(struct pkt_run *r, int fd)
{
	return fd >= FILE_FD && fd < FILE_FD + PKT_FILES ? &r->file[fd - FILE_FD] : NULL;
}

/* A kernel would access the machine's own files. */
static bool allowed(struct pkt_args *a)
{
	if (a->run->sut.ops->real_time)
		args_fail(a, "not supported against a kernel");
	return !a->error[0];
}

static int64_t call_open(struct pkt_args *a)
{
	const struct pkt_expr *e = args_next(a);
	struct pkt_file *f;

	args_int(a, 0);
	if (!allowed(a) || e->kind != PKT_STRING)
		return -EFAULT;
	f = file_find(a->run, e->text);
	return f ? FILE_FD + (f - a->run->file) : -ENOENT;
}

static int64_t call_pipe(struct pkt_args *a)
{
	const struct pkt_expr *e = args_next(a);
	struct pkt_file *f = file_find(a->run, NULL);

	if (!allowed(a))
		return 0;
	if (e->kind != PKT_LIST || e->kids != 2 || !f) {
		args_fail(a, "expected [5, 6], and at most %d files and pipes", PKT_FILES);
		return 0;
	}
	*f = (struct pkt_file){.name = "", .size = 0};
	for (const struct pkt_expr *k = e->kid; k; k = k->next) {
		int64_t script = expr_int(a, k, -1);

		if (script >= 0 && script < PKT_FDS)
			a->run->fd[script] = (int)(FILE_FD + (f - a->run->file));
	}
	return 0;
}

/* sendfile(out, in, [offset], n) */
static int64_t call_sendfile(struct pkt_args *a)
{
	int to = args_fd(a);
	struct pkt_file *f = file_by_fd(a->run, args_fd(a));
	const struct pkt_expr *at = args_next(a);
	size_t n = (size_t)args_int(a, 0), from = 0;
	struct iovec v = {.iov_len = 0};

	if (!allowed(a) || !f)
		return -EBADF;
	if (at->kind == PKT_LIST && at->kid)
		from = (size_t)expr_int(a, at->kid, 0);
	if (from < f->size)
		v.iov_len = size_min(size_min(n, f->size - from), FILE_BYTES);
	v.iov_base = pkt_alloc(a->arena, v.iov_len + 1);
	return v.iov_len ? args_calls(a)->send(args_bs(a), to, v, 0, a->wait) : 0;
}

/* splice(in, NULL, out, NULL, n, flags): one of the two is a pipe. */
static int64_t call_splice(struct pkt_args *a)
{
	int from = args_fd(a), to;
	struct pkt_file *in, *out;
	struct iovec v;
	int64_t ret;

	args_next(a);
	to = args_fd(a);
	args_next(a);
	v.iov_len = size_min((size_t)args_int(a, 0), FILE_BYTES);
	args_int(a, 0);
	if (!allowed(a))
		return 0;
	in = file_by_fd(a->run, from);
	out = file_by_fd(a->run, to);
	if (!in == !out)
		return -EINVAL;
	if (in)
		v.iov_len = size_min(v.iov_len, in->size);
	v.iov_base = pkt_alloc(a->arena, v.iov_len + 1);
	if (in)
		ret = args_calls(a)->send(args_bs(a), to, v, 0, a->wait);
	else if (sut_at_urgent(&a->run->sut, from))
		ret = 0;
	else
		ret = args_calls(a)->recv(args_bs(a), from, v, 0, a->wait);
	if (ret > 0 && in)
		in->size -= (size_t)ret;
	else if (ret > 0)
		out->size += (size_t)ret;
	return ret;
}

static int64_t call_close(struct pkt_args *a)
{
	int fd = args_fd(a);

	return file_by_fd(a->run, fd) ? 0 : args_calls(a)->close(args_bs(a), fd, a->wait);
}

const struct pkt_syscall call_file_table[] = {
	{"close", call_close, CALL_CLOSES},
	{"open", call_open, CALL_OPENS},
	{"pipe", call_pipe, CALL_KEEPS},
	{"sendfile", call_sendfile, CALL_KEEPS},
	{"splice", call_splice, CALL_KEEPS},
	{NULL, NULL, CALL_KEEPS},
};
