/* admin_user.c - users, channels, whois: who is here. */
#include "chat/admin/admin_command.h"
#include "chat/model/channel_owned.h"
#include "chat/model/modes.h"
#include "chat/model/registry.h"
#include "chat/proto/addr_text.h"

#include <stdio.h>

/* The clocks of the server as seconds since 1970. */
static int64_t unix_time(const struct server *s, nsec_t monotonic)
{
	return (s->wall - (s->now - monotonic)) / NSEC_SEC;
}

/* Opens the row of a user, for the caller to end. */
static void user_row(struct admin *a, struct admin_text *out, const struct user *u)
{
	char address[ADDR_TEXT_MAX] = "", modes[MODE_LETTERS_MAX];
	int64_t clients = 0;

	for (const struct conn *c = u->conn; c; c = c->sibling)
		clients++;
	if (u->conn)
		addr_print(&u->conn->peer, address);
	user_modes_text(u->modes, modes);
	json_begin(out);
	json_text(out, "nick", user_nick(u));
	json_text(out, "user", user_name(u));
	json_text(out, "host", user_host(u));
	json_text(out, "address", address);
	json_text(out, "account", user_account(u));
	json_text(out, "modes", modes);
	json_number(out, "channels", u->channel_count);
	json_number(out, "clients", clients);
	json_number(out, "since", unix_time(a->server, u->signed_on));
	json_number(out, "idle", (a->server->now - u->active) / NSEC_SEC);
}

/* A piece of a list. */
struct piece_rows {
	struct admin *admin;
	struct admin_text *out;
	uint32_t rows;
};

static void one_user(struct hash_node *n, void *arg)
{
	const struct user *u = container_of(n, struct user, by_nick);
	struct piece_rows *r = arg;

	if (!user_registered(u) || (u->conn && (u->conn->flags & CONN_LEAVING)))
		return;
	user_row(r->admin, r->out, u);
	json_end(r->out);
	r->rows++;
}

/* Adds a piece of the nodes of a table; false after the last. */
static bool scan(struct admin *a, const struct hash_table *t, struct admin_text *out,
	void (*each)(struct hash_node *n, void *arg))
{
	struct piece_rows r = {.admin = a, .out = out};

	for (int i = 0; i < ADMIN_PIECE_LOOKS && r.rows < ADMIN_PIECE_ROWS; i++) {
		a->place = hash_scan(t, a->place, each, &r);
		if (a->place == 0)
			return false;
	}
	return true;
}

static bool users(struct admin *a, struct admin_text *out)
{
	return scan(a, &a->server->nicks, out, one_user);
}

/* --- whois --- */

static const char *find_user(struct admin *a)
{
	return registry_registered(a->server, a->word[0]) ? NULL : "there is no such nick";
}

static void secure(struct admin *a, struct admin_text *out, const struct user *u)
{
	struct net_secure about;
	char hex[2 * NET_FINGERPRINT + 1];

	if (!u->conn || u->conn->gateway || !net_secure(a->server->net, u->conn->handle, &about) ||
		!about.version)
		return;
	json_text(out, "tls", about.version);
	json_text(out, "cipher", about.cipher);
	if (!about.has_certificate)
		return;
	for (size_t i = 0; i < NET_FINGERPRINT; i++)
		snprintf(hex + 2 * i, 3, "%02x", about.fingerprint[i]);
	json_text(out, "fingerprint", hex);
}

static bool whois(struct admin *a, struct admin_text *out)
{
	const struct user *u = registry_registered(a->server, a->word[0]);
	char name[CHANNEL_BYTES_MAX + 8], prefix[8];
	const struct channel *ch;
	uint32_t i = 0;

	user_row(a, out, u);
	json_text(out, "real", user_real(u));
	json_text(out, "away", user_away(u));
	secure(a, out, u);
	json_open(out, "in", '[');
	while ((ch = user_next_channel(u, &i))) {
		member_prefixes(channel_member(ch, u)->modes, true, prefix);
		snprintf(name, sizeof(name), "%s%s", prefix, ch->name);
		json_text(out, NULL, name);
	}
	json_close(out, '[');
	json_end(out);
	return false;
}

/* --- channels --- */

static void channel_row(struct hash_node *n, void *arg)
{
	const struct channel *ch = container_of(n, struct channel, by_name);
	struct piece_rows *r = arg;
	char modes[MODE_LETTERS_MAX];

	mode_flags_text(ch->modes, modes);
	json_begin(r->out);
	json_text(r->out, "name", ch->name);
	json_number(r->out, "users", ch->count);
	json_text(r->out, "modes", modes);
	json_text(r->out, "topic", ch->topic);
	json_text(r->out, "founder", ch->owned ? ch->owned->founder : NULL);
	json_number(r->out, "created", ch->created / NSEC_SEC);
	json_end(r->out);
	r->rows++;
}

static bool channels(struct admin *a, struct admin_text *out)
{
	return scan(a, &a->server->channels, out, channel_row);
}

static const struct admin_command rows[] = {
	{"", "users", 0, 0, NULL, NULL, users},
	{"", "channels", 0, 0, NULL, NULL, channels},
	{"", "whois", 1, 1, find_user, NULL, whois},
};

const struct admin_group admin_user = {rows, ARRAY_SIZE(rows)};
