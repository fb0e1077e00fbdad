/* chat_admin.c - requests of the administrator, from the control socket to the server. */
#include "cli/chat_admin.h"

#include "chat/admin/admin.h"

#include <stdlib.h>

static void *begin(void *arg, char *request)
{
	return admin_begin(arg, request);
}

static enum control_step more(void *answer, struct control_out *out)
{
	static const enum control_step steps[] = {[ADMIN_MORE] = CONTROL_MORE,
		[ADMIN_WAITS] = CONTROL_WAITS,
		[ADMIN_DONE] = CONTROL_DONE,
		[ADMIN_REFUSED] = CONTROL_REFUSED};
	struct admin_text text = {0};
	enum admin_step step = admin_more(answer, &text);

	control_out_add(out, text.at, text.len);
	out->failed |= text.failed;
	free(text.at);
	return steps[step];
}

static void end(void *answer)
{
	admin_end(answer);
}

struct control_service chat_admin(struct server *s)
{
	return (struct control_service){s, begin, more, end};
}
