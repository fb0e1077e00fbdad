/* mail.c - messages with codes (RFC 5322). */
#include "chat/cmd/mail.h"

#include "chat/external.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
	DATE_MAX = 64,
};

/* A message on its way. */
struct sent {
	struct server *server;
	char account[NICK_BYTES_MAX + 1];
};

bool mail_works(const struct server *s)
{
	return s->external && s->external->mails;
}

bool mail_may(struct server *s, const char *to)
{
	return accounts_may_mail(&s->accounts, to, s->config->accounts.mail_rate, s->now);
}

int64_t mail_code_expires(const struct server *s, enum account_code_kind kind)
{
	const struct config_accounts *c = &s->config->accounts;
	nsec_t span = kind == CODE_RESET ? c->reset_time : c->verify_time;

	return (s->wall + span) / NSEC_MSEC;
}

static void date_text(char out[DATE_MAX], int64_t ms)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, DATE_MAX, "%a, %d %b %Y %H:%M:%S +0000", &tm);
}

static void note(void *arg, const struct external_reply *reply)
{
	struct sent *m = arg;

	server_count(m->server, reply->ok ? COUNT_MAILS : COUNT_MAIL_FAILED);
	if (reply->ok)
		LOG(m->server->log, INFO, "mail.sent", log_str("account", m->account));
	else
		LOG(m->server->log, ERROR, "mail.failed", log_str("account", m->account),
			log_str("reason", reply->why));
	free(m);
}

/* The header. Its values are the server's, but for the address of the recipient, which was checked
 * (mail_address.h). */
static int print_header(struct server *s, const struct mail_code *m, char *out, size_t size)
{
	char date[DATE_MAX];

	date_text(date, s->wall / NSEC_MSEC);
	return snprintf(out, size,
		"From: %s\r\nTo: %s\r\nSubject: Your code for %s\r\nDate: %s\r\n"
		"Message-ID: <%016llx%016llx@%s>\r\nAuto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n\r\n",
		s->config->accounts.mail_from, m->to, s->config->server.name, date,
		(unsigned long long)prng_u64(&s->prng), (unsigned long long)prng_u64(&s->prng),
		s->config->server.name);
}

static void print_text(const struct server *s, const struct mail_code *m, char *out, size_t size)
{
	const struct config_accounts *c = &s->config->accounts;
	const char *network = s->config->server.network;
	long long hours;

	if (m->kind == CODE_RESET) {
		hours = (c->reset_time + 3599 * NSEC_SEC) / (3600 * NSEC_SEC);
		snprintf(out, size,
			"A new password was asked for the account %s on %s. To set it, type\r\n"
			"within %lld h:\r\n\r\n    /NS RESETPASS %s %s new-password\r\n\r\n"
			"If that was not you, ignore this mail: nothing changes.\r\n",
			m->account, network, hours, m->account, m->code);
		return;
	}
	hours = (c->verify_time + 3599 * NSEC_SEC) / (3600 * NSEC_SEC);
	snprintf(out, size,
		"This address was given for the account %s on %s. To confirm it, type\r\n"
		"within %lld h:\r\n\r\n    /NS VERIFY %s %s\r\n\r\n"
		"If that was not you, ignore this mail: nothing comes of it.\r\n",
		m->account, network, hours, m->account, m->code);
}

bool mail_code_send(struct server *s, const struct mail_code *m)
{
	char text[EXTERNAL_MAIL_MAX];
	struct sent *sent = mail_works(s) ? calloc(1, sizeof(*sent)) : NULL;
	int n = print_header(s, m, text, sizeof(text));
	bool ok;

	print_text(s, m, text + n, sizeof(text) - (size_t)n);
	if (sent) {
		sent->server = s;
		snprintf(sent->account, sizeof(sent->account), "%s", m->account);
	}
	ok = sent && s->external->ops->mail(s->external, &(struct external_mail){m->to, text},
			     (struct external_then){note, sent});
	explicit_bzero(text, sizeof(text));
	if (ok)
		return true;
	free(sent);
	server_count(s, COUNT_MAIL_FAILED);
	LOG(s->log, ERROR, "mail.failed", log_str("account", m->account),
		log_str("reason", "too many mails wait"));
	return false;
}
