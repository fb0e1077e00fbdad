/*
 * proc.h - the files of /proc and /sys that Linux describes itself by, below a root directory: ""
 * for this machine, or a copy of another one's files.
 */
#ifndef DOCTOR_PROC_H
#define DOCTOR_PROC_H

#include "base/base.h"

struct proc {
	const char *root; /* "": this machine */
};

enum {
	PROC_PATH_MAX = 512,
	PROC_TEXT_MAX = 32768, /* of a file that is read whole; what is longer is cut */
};

/* Writes root and path, which begins with "/proc" or "/sys", to out. False: too long. */
bool proc_path(const struct proc *p, const char *path, char out[PROC_PATH_MAX]);

/* Reads a file as text, ending in '\0'. False: there is none, or it may not be read. */
bool proc_text(const struct proc *p, const char *path, char *text, size_t size);

/* The number at position `at`, from 0 on, of a file of numbers. False: there is none. */
bool proc_number(const struct proc *p, const char *path, unsigned at, uint64_t *out);

/* The number that follows `key` in a file, on the first line that begins so after blanks
 * ("MemAvailable:"). */
bool proc_key(const struct proc *p, const char *path, const char *key, uint64_t *out);

/* A counter of /proc/net/netstat or /proc/net/snmp, by group and name: "TcpExt", "ListenDrops". 0:
 * there is none; older kernels lack some. */
uint64_t proc_counter(const struct proc *p, const char *group, const char *name);

#endif
