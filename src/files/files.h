/*
 * files.h - files that users have uploaded, in an SQLite database behind a thread.
 *
 *     loop   files_put(), files_get(), files_expire() -> a bounded queue -> the thread: SQLite
 *            files_complete() runs `done`             <- wake()
 *
 * A file is found by 128 random bits, which its uploader passes on: who does not know them cannot
 * find it. Its name is kept as a text; nothing that a user chose becomes a path.
 *
 * Every function is called on the loop's thread, and every `done` runs there. Times are in
 * milliseconds since 1970, of the caller's clock.
 */
#ifndef FILES_FILES_H
#define FILES_FILES_H

#include "base/base.h"

enum {
	FILES_ID = 22,          /* characters of an id: base64url of 128 bits */
	FILES_NAME_MAX = 128,   /* bytes of a name, with the NUL */
	FILES_TYPE_MAX = 128,   /* of a media type */
	FILES_OWNER_MAX = 128,  /* of an owner */
	FILES_JOBS_MAX = 32,    /* waiting and in progress; further files are refused */
	FILES_WHY_MAX = 200,    /* bytes of a reason, with the NUL */
	FILES_ROWS_MAX = 10000, /* of a list: the first */
};

enum files_status {
	FILES_OK,
	FILES_NONE,   /* no such file, or it has expired */
	FILES_QUOTA,  /* more than the owner may keep */
	FILES_FULL,   /* more than all may keep together */
	FILES_FAILED, /* disk or memory: the log says which */
};

struct file {
	char id[FILES_ID + 1];
	char name[FILES_NAME_MAX], type[FILES_TYPE_MAX], owner[FILES_OWNER_MAX];
	int64_t time_ms; /* of the upload */
	char *bytes;     /* from malloc() */
	size_t len;
};

enum files_list {
	FILES_OF_ALL,   /* a row in all */
	FILES_BY_OWNER, /* a row for each owner, those with the most bytes first */
	FILES_OF_OWNER, /* a row for each file of an owner, the newest first */
};

/* A row of a list: a file, or several together. */
struct files_row {
	char id[FILES_ID + 1]; /* of a single one */
	char owner[FILES_OWNER_MAX], name[FILES_NAME_MAX], type[FILES_TYPE_MAX];
	int64_t time_ms; /* of the newest upload; 0: there is none */
	uint64_t count, bytes;
};

/* The result. The file is what was put or found; `done` may take its bytes, and leaves NULL. */
struct files_reply {
	uint64_t tag; /* the caller's */
	enum files_status status;
	struct file *file;
	const char *why;              /* of FILES_FAILED */
	const struct files_row *rows; /* of a list */
	uint32_t row_count;
	uint64_t deleted; /* files */
};

struct files_then {
	void (*done)(void *arg, const struct files_reply *r);
	void *arg;
	uint64_t tag;
};

/* The bounds of a file that is put. */
struct files_bounds {
	uint64_t quota; /* bytes of one owner */
	uint64_t total; /* bytes of all together */
};

struct files_options {
	const char *path;        /* of the database, which is made if it is not there */
	void (*wake)(void *arg); /* called on the thread, after a job */
	void *wake_arg;
};

struct files;

/* Opens the database and starts the thread. NULL, and the reason in why, if that fails. */
struct files *files_open(const struct files_options *o, char why[FILES_WHY_MAX]);

/* Keeps a copy of the file, whose bytes are taken over (*file's become NULL) if it is accepted, and
 * gives it an id. False, and `done` is never called, if too many jobs wait or memory is out. */
bool files_put(
	struct files *f, struct file *file, const struct files_bounds *b, struct files_then then);

/* Finds a file by its id. False as files_put(). */
bool files_get(struct files *f, const char *id, struct files_then then);

/* Deletes what was uploaded before a time. False, and `done` is never called, if memory is out. */
bool files_expire(struct files *f, int64_t before_ms, struct files_then then);

/* Deletes what an owner has uploaded. False as files_expire(). */
bool files_forget(struct files *f, const char *owner, struct files_then then);

/* Lists files; owner: for FILES_OF_OWNER, in any case of its letters. False as files_expire(). */
bool files_list(struct files *f, enum files_list what, const char *owner, struct files_then then);

/* Deletes a file of an owner, in any case of its letters; all of them if id is "". False as
 * files_expire(). */
bool files_delete(struct files *f, const char *owner, const char *id, struct files_then then);

/* Runs `done` of what has ended. Cheap when nothing has. */
void files_complete(struct files *f);

/* Ends the thread, without calling `done`, and frees f, which may be NULL. */
void files_close(struct files *f);

#endif
