/* admin_wait.c - answers that wait: admin_wait.h. */
#include "chat/admin/admin_wait.h"

#include <stdio.h>
#include <stdlib.h>

struct admin_wait *admin_wait_new(struct admin *a)
{
	struct admin_wait *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->admin = a;
	a->wait = w;
	a->waits = true;
	return w;
}

void admin_wait_settle(struct admin_wait *w, const char *why)
{
	if (w->admin) {
		w->admin->waits = false;
		w->admin->wait = NULL;
		snprintf(w->admin->why, sizeof(w->admin->why), "%s", why ? why : "");
	}
	free(w);
}

void admin_wait_forget(struct admin_wait *w)
{
	if (w)
		w->admin = NULL;
}

void admin_wait_kept(void *arg, const struct store_reply *r)
{
	admin_wait_settle(arg, r->status == STORE_OK ? NULL : store_status_text(r->status));
}

void admin_wait_changed(void *arg, struct account *a, enum store_status status)
{
	admin_wait_settle(arg, status == STORE_OK ? NULL : store_status_text(status));
}
