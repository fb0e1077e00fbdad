/*
 * store_file.h - files that the store makes for an administrator: one has its name only when it is
 * complete and on the disk.
 */
#ifndef CHAT_STORE_STORE_FILE_H
#define CHAT_STORE_STORE_FILE_H

#include "chat/store/store_request.h"

struct store_file {
	char path[STORE_BACKUP_PATH_MAX + 1];
	char part[STORE_BACKUP_PATH_MAX + sizeof(".part")]; /* its name until it is complete */
};

/* Creates the file, readable to its owner only, under its first name. Returns a descriptor, or -1
 * with errno set: EEXIST if there is one of its last name. */
int store_file_create(struct store_file *f, struct store_text path);

/* Gives the file, which is synced, its name. False, with errno set, if that fails. */
bool store_file_publish(const struct store_file *f);

/* The status that stands for an errno. */
enum store_status store_file_status(int error);

#endif
