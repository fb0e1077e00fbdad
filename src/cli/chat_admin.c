/* chat_admin.c - requests of the administrator, from the control socket to who answers them. */
#include "cli/chat_admin.h"

#include "chat/admin/admin.h"
#include "cli/chat_files_admin.h"
#include "cli/chat_upgrade.h"

#include <stdlib.h>

/* An answer of one of the three. */
struct answer {
	struct admin *admin;
	struct files_ask *files;
	struct chat_upgrade *upgrade;
	uint32_t ended;  /* upgrades, when this one was begun */
	const char *why; /* it could not be; NULL: it could */
};

static bool is_upgrade(const char *request)
{
	return strcmp(request, "upgrade") == 0 || strncmp(request, "upgrade ", 8) == 0;
}

static void begin_upgrade(struct answer *of, struct chat_upgrade *u, const char *request)
{
	of->upgrade = u;
	of->ended = u->ended;
	of->why = chat_upgrade_begin(u, request[7] ? request + 8 : "");
}

static enum control_step more_of_upgrade(const struct answer *of, struct control_out *out)
{
	if (of->why) {
		control_out_add(out, "error ", 6);
		control_out_add(out, of->why, strlen(of->why));
		control_out_add(out, "\n", 1);
		return CONTROL_REFUSED;
	}
	if (of->upgrade->ended == of->ended)
		return CONTROL_WAITS;
	chat_upgrade_answer(of->upgrade, out);
	return *of->upgrade->report.why ? CONTROL_REFUSED : CONTROL_DONE;
}

static void *begin(void *arg, char *request)
{
	struct chat_admin *a = arg;
	struct answer *of = calloc(1, sizeof(*of));

	if (!of)
		return NULL;
	if (is_upgrade(request))
		begin_upgrade(of, a->upgrade, request);
	else if (files_ask_is(request))
		of->files = files_ask_begin(a->files, request);
	else
		of->admin = admin_begin(a->server, request);
	if (of->files || of->admin || of->upgrade)
		return of;
	free(of);
	return NULL;
}

static enum control_step more_of_server(struct admin *a, struct control_out *out)
{
	static const enum control_step steps[] = {[ADMIN_MORE] = CONTROL_MORE,
		[ADMIN_WAITS] = CONTROL_WAITS,
		[ADMIN_DONE] = CONTROL_DONE,
		[ADMIN_REFUSED] = CONTROL_REFUSED};
	struct admin_text text = {0};
	enum admin_step step = admin_more(a, &text);

	control_out_add(out, text.at, text.len);
	out->failed |= text.failed;
	free(text.at);
	return steps[step];
}

static enum control_step more(void *answer, struct control_out *out)
{
	struct answer *of = answer;

	if (of->upgrade)
		return more_of_upgrade(of, out);
	return of->files ? files_ask_more(of->files, out) : more_of_server(of->admin, out);
}

static void end(void *answer)
{
	struct answer *of = answer;

	if (of->files)
		files_ask_end(of->files);
	else if (of->admin)
		admin_end(of->admin);
	free(of);
}

struct control_service chat_admin(struct chat_admin *a)
{
	return (struct control_service){a, begin, more, end};
}
