/*
 * chat_files_admin.h - the administrator's requests about uploads, which the chat server itself
 * knows nothing of:
 *
 *     files list              accounts that have uploaded: how many files and bytes
 *     files list ACCOUNT      the files of one
 *     files total             all together
 *     files del ACCOUNT [ID]  deletes all of an account's files, or one of them
 *     files expire [TIME]     deletes what is older than TIME, else than files.keep, now
 *
 * The answers are as those of chat/admin/admin.h.
 */
#ifndef CLI_CHAT_FILES_ADMIN_H
#define CLI_CHAT_FILES_ADMIN_H

#include "cli/chat_files.h"
#include "host/control_service.h"

struct files_ask;

/* Whether a request is one of these. */
bool files_ask_is(const char *request);

/* Begins the answer to a request, which may be changed; NULL if out of memory. */
struct files_ask *files_ask_begin(struct chat_files *f, char *request);

/* Appends the next piece. */
enum control_step files_ask_more(struct files_ask *a, struct control_out *out);

/* Ends the answer, complete or not. What was asked for is done all the same. */
void files_ask_end(struct files_ask *a);

/* Frees those that wait. After the thread has ended. */
void files_asks_free(struct chat_files *f);

#endif
