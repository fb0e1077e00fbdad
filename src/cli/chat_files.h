/*
 * chat_files.h - uploads to the chat server: who may, what is taken, and how it comes back.
 *
 *     POST /files              201, Location: /files/ID/NAME   (an account: token or app password)
 *     GET  /files/ID[/NAME]    the file                        (who knows the address)
 */
#ifndef CLI_CHAT_FILES_H
#define CLI_CHAT_FILES_H

#include "chat/config/config.h"
#include "files/files.h"
#include "web/http_door.h"

struct files_ask;
struct server;
struct net;

struct chat_files {
	struct files *files; /* NULL: there are no uploads */
	struct net *web;     /* with the door that answers */
	struct server *server;
	struct files_ask *asks; /* of the administrator, that wait: chat_files_admin.h */
	nsec_t expire_at;       /* monotonic: when old files are deleted next */
};

/* Opens the database in the data directory if c has uploads; `wake` is a network of the loop.
 * False, after a message on stderr, if that fails. */
bool chat_files_open(struct chat_files *f, const struct config *c, struct net *wake);

/* Serves the accounts of s; `web` is the network whose door asks. Before the first turn. */
void chat_files_serve(struct chat_files *f, struct server *s, struct net *web);

/* Judges a request with content before the content: 0, or the status of a refusal. */
unsigned chat_files_admit(const struct chat_files *f, const struct http_ask *ask);

/* Answers a request if its path is one of files; false if not. origin: the page of another site
 * that may ask, or "". */
bool chat_files_get(
	struct chat_files *f, struct http_ask *ask, const char *origin, struct http_answer *out);

/* Answers what was waiting for the disk; deletes old files. Once a turn. */
void chat_files_turn(struct chat_files *f);

/* Ends the thread. */
void chat_files_close(struct chat_files *f);

#endif
