/*
 * request.c - helpers shared by command handlers.
 */
#include "chat/cmd/request.h"

#include "chat/model/registry.h"
#include "chat/proto/glob.h"

struct user *request_user(struct request *q)
{
	char host[HOST_BYTES_MAX];
	bool cloaked;

	if (q->user)
		return q->user;
	cloaked = q->server->config->cloak.enabled && conn_cloak(q->server, q->conn, host);
	if (!cloaked)
		conn_host(q->conn, host);
	q->user = q->conn->user = user_new(q->conn, host);
	if (!q->user) {
		conn_out_of_memory(q->server, q->conn);
		return NULL;
	}
	q->user->modes |= cloaked ? USER_CLOAKED : 0;
	q->user->session = prng_u64(&q->server->prng) >> 1 | 1; /* 63 bits, never 0 */
	return q->user;
}

void each_target(struct request *q, char *list, void (*each)(struct request *q, char *item))
{
	int64_t max = q->server->config->limits.targets;
	char *item;

	for (int64_t i = 0; (item = strsep(&list, ",")); i++) {
		if (!*item)
			continue;
		if (i >= max) {
			reply(q, ERR_TOOMANYTARGETS, "%.64s :Too many targets", item);
			return;
		}
		each(q, item);
	}
}

void refuse_out_of_memory(struct request *q)
{
	server_count(q->server, COUNT_NO_MEMORY);
	reply(q, ERR_UNKNOWNERROR, "%s :Out of memory", q->msg->command);
}

bool other_server(struct request *q, uint32_t param)
{
	const char *name = msg_param(q->msg, param);

	if (!*name || glob_match(name, q->server->config->server.name, &q->server->work) ||
		registry_registered(q->server, name))
		return false;
	reply(q, ERR_NOSUCHSERVER, "%s :No such server", name);
	return true;
}
