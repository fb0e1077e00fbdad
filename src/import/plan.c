/* plan.c - accounts and what is theirs, as records. */
#include "import/plan.h"

#include "base/utf8.h"
#include "chat/accounts/account.h"
#include "chat/accounts/account_entry.h"
#include "chat/accounts/vhost.h"
#include "chat/cmd/cmd_chghost.h"
#include "chat/cmd/service.h"
#include "chat/limits.h"
#include "chat/proto/casemap.h"
#include "chat/proto/mail_address.h"
#include "import/plan_ban.h"
#include "import/plan_channel.h"

/* Names of what is not taken, for the report. */
static void skip(struct import *im, const char *what, const char *name, const char *why)
{
	char row[2 * IMPORT_SHOWN_MAX];

	snprintf(row, sizeof(row), "%s %.100s", what, name);
	import_skip(im, row, why);
}

/* NULL, or why the name cannot be an account's here. */
static const char *refuse(const struct import_to *to, const char *name, const char *folded)
{
	if (!utf8_valid(name, strlen(name)) || !nick_valid(name, NICK_BYTES_MAX))
		return "not a nick that burble allows";
	if (service_find(name))
		return "the name of a service";
	if (to->has(to->arg, STORE_ACCOUNT, folded) || to->has(to->arg, STORE_ACCOUNT_NICK, folded))
		return "an account or a grouped nick has that name already";
	return NULL;
}

static void check_texts(struct import *im, struct import_account *a)
{
	if (a->email && !mail_address_valid(a->email)) {
		skip(im, "mail address of", a->name, "not a valid one");
		a->email = NULL;
		a->flags &= ~(uint32_t)ACCOUNT_MAIL;
	}
	if (a->real && !import_is_line(a->real))
		a->real = NULL;
}

/* A password that the file tells is hashed; without a cost it is only counted. */
static bool hash_plain(
	const struct import_to *to, const struct import_account *a, struct verifier *v)
{
	v->hash[0] = v->scram[0] = '\0';
	return !a->plain || strlen(a->plain) > VERIFIER_PASSWORD_MAX || !to->cost ||
	       verifier_make(v, a->plain, to->cost);
}

static bool put_account(const struct import_to *to, const struct import_account *a)
{
	struct verifier v;
	struct store_record r = {.table = STORE_ACCOUNT};
	bool good = hash_plain(to, a, &v);

	r.text[0] = import_column(a->folded);
	r.text[1] = import_column(a->name);
	r.text[2] = import_column(a->hash ? a->hash : v.hash);
	r.text[3] = import_column(a->scram ? a->scram : v.scram);
	r.text[4] = import_column(a->email);
	r.number[0] = a->flags;
	r.number[1] = a->created_ms ? a->created_ms : to->now_ms;
	r.number[2] = a->seen_ms ? a->seen_ms : r.number[1];
	good = good && to->put(to->arg, &r);
	explicit_bzero(&v, sizeof(v));
	return good;
}

/* Its name is set to NULL if it is not taken: so is then nothing that is its. */
static bool write_account(struct import *im, const struct import_to *to, struct import_account *a,
	struct import_counts *n)
{
	const char *why = refuse(to, a->name, a->folded);

	if (why) {
		skip(im, "account", a->name, why);
		a->name = NULL;
		return true;
	}
	check_texts(im, a);
	if (!put_account(to, a))
		return false;
	if (a->flags & ACCOUNT_DROPPED) {
		n->dropped++;
		return true;
	}
	n->accounts++;
	n->passwords += a->hash || a->plain;
	n->suspended += (a->flags & ACCOUNT_SUSPENDED) != 0;
	return true;
}

static bool write_nick(struct import *im, const struct import_to *to,
	const struct import_account *a, const struct import_key *k)
{
	char folded[NICK_BYTES_MAX + 1];
	struct store_record r = {.table = STORE_ACCOUNT_NICK};
	const char *why = strlen(k->text) > NICK_BYTES_MAX ? "not a nick that burble allows" : NULL;

	for (size_t i = 0; !why && i <= strlen(k->text); i++)
		folded[i] = case_fold(k->text[i]);
	if (!why)
		why = refuse(to, k->text, folded);
	if (why) {
		skip(im, "grouped nick", k->text, why);
		return true;
	}
	r.text[0] = import_column(folded);
	r.text[1] = import_column(k->text);
	r.text[2] = import_column(a->folded);
	r.number[0] = k->added_ms;
	return to->put(to->arg, &r);
}

static bool write_cert(struct import *im, const struct import_to *to,
	const struct import_account *a, const struct import_key *k)
{
	struct store_record r = {.table = STORE_ACCOUNT_CERT};

	if (to->has(to->arg, STORE_ACCOUNT_CERT, k->text)) {
		skip(im, "certificate of", a->name, "an account has it already");
		return true;
	}
	r.text[0] = import_column(k->text);
	r.text[1] = import_column(a->folded);
	r.number[0] = k->added_ms;
	return to->put(to->arg, &r);
}

static bool put_host(const struct import_to *to, const struct import_account *a,
	const struct account_entry *e, uint64_t *count)
{
	struct store_record r = {.table = STORE_ACCOUNT_ENTRY};

	r.text[0] = import_column(a->folded);
	r.text[1] = import_column(e->list);
	r.text[2] = import_column(e->text);
	r.text[3] = import_column(e->note);
	r.number[0] = e->added_ms;
	++*count;
	return to->put(to->arg, &r);
}

/* The host that users show, and the one that the account has asked for (HostServ). */
static bool write_hosts(struct import *im, const struct import_to *to,
	const struct import_account *a, struct import_counts *n)
{
	struct account_entry host = {ACCOUNT_VHOST, a->host, a->host_off ? "off" : "on", 0};
	struct account_entry wanted = {ACCOUNT_VHOST_WANTED, a->wanted, NULL, a->wanted_ms};
	bool good = true;

	if (a->host && host_valid(a->host, NULL))
		good = put_host(to, a, &host, &n->hosts);
	else if (a->host)
		skip(im, "host of", a->name, "not a host that burble allows");
	if (good && a->wanted && host_valid(a->wanted, NULL) && n->wanted < VHOSTS_WAITING_MAX)
		return put_host(to, a, &wanted, &n->wanted);
	if (a->wanted)
		skip(im, "host wanted by", a->name,
			"not a host that burble allows, or too many wait for one");
	return good;
}

/* An always-on user is there when the server starts: in its channels, without a client. */
static bool write_presence(
	struct import *im, const struct import_to *to, const struct import_account *a)
{
	struct store_record r = {.table = STORE_PRESENCE};
	bool good;

	r.text[0] = import_column(a->folded);
	r.text[1] = import_column(a->name);
	r.text[2] = import_column("user");
	r.text[3] = import_column(
		a->host && !a->host_off && host_valid(a->host, NULL) ? a->host : "imported");
	r.text[4] = import_column(a->real ? a->real : a->name);
	r.number[0] = a->user_modes;
	r.number[2] = to->now_ms;
	good = to->put(to->arg, &r);
	for (uint32_t i = 0; good && i < a->places.count; i++) {
		const struct import_place *p = &a->places.at[i];
		char folded[CHANNEL_BYTES_MAX + 1];

		if (!import_channel_name(p->channel, folded)) {
			skip(im, "channel of an always-on user", p->channel,
				"not a channel name that burble allows");
			continue;
		}
		r = (struct store_record){.table = STORE_PRESENCE_CHANNEL};
		r.text[0] = import_column(a->folded);
		r.text[1] = import_column(folded);
		r.text[2] = import_column(p->channel);
		r.number[0] = p->modes;
		good = to->put(to->arg, &r);
	}
	return good;
}

static bool write_keys(struct import *im, const struct import_to *to,
	const struct import_account *a, struct import_counts *n)
{
	uint64_t before = im->skipped;
	bool good = true;

	for (uint32_t i = 0; good && i < a->nicks.count; i++)
		good = write_nick(im, to, a, &a->nicks.at[i]);
	n->nicks += a->nicks.count - (im->skipped - before);
	before = im->skipped;
	for (uint32_t i = 0; good && i < a->certs.count; i++)
		good = write_cert(im, to, a, &a->certs.at[i]);
	n->certs += a->certs.count - (im->skipped - before);
	good = good && write_hosts(im, to, a, n);
	if (good && (a->flags & ACCOUNT_ALWAYS_ON)) {
		n->always_on++;
		good = write_presence(im, to, a);
	}
	return good;
}

bool import_write(struct import *im, const struct import_to *to, struct import_counts *n)
{
	bool good = !im->failed;

	*n = (struct import_counts){0};
	for (uint32_t i = 0; good && i < im->accounts.count; i++)
		if (im->accounts.at[i]->name)
			good = write_account(im, to, im->accounts.at[i], n);
	for (uint32_t i = 0; good && i < im->accounts.count; i++)
		if (im->accounts.at[i]->name && !(im->accounts.at[i]->flags & ACCOUNT_DROPPED))
			good = write_keys(im, to, im->accounts.at[i], n);
	for (uint32_t i = 0; good && i < im->channels.count; i++)
		if (im->channels.at[i]->name)
			good = import_write_channel(im, to, im->channels.at[i], n);
	good = good && import_write_bans(im, to, n);
	return good && !im->failed;
}
