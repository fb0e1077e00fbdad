/*
 * admin_print.h - the answers of a chat server to its administrator, as text for a terminal.
 */
#ifndef CLI_ADMIN_PRINT_H
#define CLI_ADMIN_PRINT_H

#include <jansson.h>

/* How the rows of an answer are shown: a table, or a list of a single object's members. */
enum admin_form {
	ADMIN_QUIET, /* there are no rows */
	ADMIN_USERS,
	ADMIN_CHANNELS,
	ADMIN_BANS,
	ADMIN_HITS,   /* users that a ban would disconnect */
	ADMIN_OWNERS, /* of uploads */
	ADMIN_FILES,
	ADMIN_MEMBERS,
	ADMIN_FORMS,
};

/* Prints the first line of a table, if the form is one. */
void admin_print_head(enum admin_form form);

/* Prints a row. Control characters, which a user may have put there for the terminal, become '?'.
 */
void admin_print_row(enum admin_form form, const json_t *row);

#endif
