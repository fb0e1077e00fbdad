/*
 * control_path.h - where the control sockets of running instances are: a directory that only
 * the user can write to, a socket NAME.sock for each instance.
 *
 *     $RUNTIME_DIRECTORY (systemd), else $XDG_RUNTIME_DIR/burble, else /run/burble for root,
 *     else /tmp/burble-UID
 */
#ifndef HOST_CONTROL_PATH_H
#define HOST_CONTROL_PATH_H

#include "base/base.h"

enum {
	CONTROL_NAME_MAX = 32,  /* characters of an instance's name */
	CONTROL_PATH_MAX = 108, /* of a socket's path, with its NUL: struct sockaddr_un */
	CONTROL_WHY_MAX = 256,  /* room for a reason */
};

/* The directory of services' sockets, to which only root can add one. */
#define CONTROL_SERVICES "/run/burble"

/* Whether name can be an instance's: letters, digits, '.', '_' and '-', not '.' first. */
bool control_name_valid(const char *name);

/* Writes the path of the directory to path, which has CONTROL_PATH_MAX bytes, and checks that it
 * is a directory of this user that no other can write to; `make` creates it if it is missing.
 * 0, or -errno with the reason in why, which has CONTROL_WHY_MAX bytes; -ENOENT: it is missing. */
int control_directory(char *path, bool make, char *why);

/* Writes the path of the instance's socket in the directory to path, as above. 0, -ENAMETOOLONG. */
int control_path(char *path, const char *directory, const char *name);

#endif
