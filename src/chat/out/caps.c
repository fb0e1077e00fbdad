/*
 * caps.c - table of capabilities.
 */
#include "chat/out/caps.h"

#include "chat/config/config.h"
#include "chat/limits.h"
#include "chat/out/line_encode.h"
#include "chat/proto/casemap.h"

#include <stdio.h>

static bool has_sts(const struct config *c)
{
	return c->tls.sts;
}

/* The port of the first tls.listen, unless another is configured: in front of a proxy. */
static int sts_port(const struct config *c)
{
	char word[CONFIG_WORD_MAX] = "";
	const char *list = c->tls.listen;
	struct net_addr at = {0};
	bool only_13;

	if (c->tls.sts_port)
		return (int)c->tls.sts_port;
	config_word(&list, word);
	config_tls_listen(word, &at, &only_13);
	return at.port;
}

/* IRCv3 sts: the port to a client without TLS, the policy to one with TLS. A policy of 0 ends the
 * earlier one; then no client is sent to another port. */
static void sts_policy(const struct config *c, bool secure, char out[CAP_VALUE_MAX])
{
	if (secure)
		snprintf(out, CAP_VALUE_MAX, "duration=%lld",
			(long long)(c->tls.sts_duration / NSEC_SEC));
	else if (c->tls.sts_duration)
		snprintf(out, CAP_VALUE_MAX, "port=%d", sts_port(c));
}

static void metadata_limits(const struct config *c, bool secure, char out[CAP_VALUE_MAX])
{
	snprintf(out, CAP_VALUE_MAX, "before-connect,max-subs=%d,max-keys=%d,max-value-bytes=%d",
		METADATA_SUBS_MAX, METADATA_KEYS_MAX, METADATA_VALUE_MAX);
}

static void multiline_limits(const struct config *c, bool secure, char out[CAP_VALUE_MAX])
{
	snprintf(out, CAP_VALUE_MAX, "max-bytes=%lld,max-lines=%lld",
		(long long)c->limits.multiline_bytes, (long long)c->limits.multiline_lines);
}

/* Read markers that outlast their users need a data directory. */
static bool has_data(const struct config *c)
{
	return c->server.data[0];
}

static bool takes_relayed(const struct config *c)
{
	return c->server.relaymsg;
}

/* One of them is in the nick of a relayed message. */
static void relay_separators(const struct config *c, bool secure, char out[CAP_VALUE_MAX])
{
	snprintf(out, CAP_VALUE_MAX, "%c", RELAY_SEPARATOR);
}

/* SCRAM needs keys, which passwords that are kept elsewhere do not have here. */
static bool has_scram(const struct config *c)
{
	return !config_checks_outside(c);
}

static const struct {
	const char *name;
	bool secure;                             /* only listed with TLS, and of no use without */
	bool (*offered)(const struct config *c); /* NULL: always */
} mechanisms[] = {
	{"PLAIN", false, NULL},
	{"SCRAM-SHA-256", false, has_scram},
	{"EXTERNAL", true, NULL},
	{"OAUTHBEARER", false, config_takes_tokens},
};

bool sasl_offered(const struct config *c, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++)
		if (case_equal(mechanisms[i].name, name))
			return !mechanisms[i].offered || mechanisms[i].offered(c);
	return false;
}

void sasl_names(const struct config *c, bool secure, char out[CAP_VALUE_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(mechanisms); i++)
		if ((secure || !mechanisms[i].secure) && sasl_offered(c, mechanisms[i].name))
			n += (size_t)snprintf(out + n, CAP_VALUE_MAX - n, "%s%s", n ? "," : "",
				mechanisms[i].name);
}

static void registration_rules(const struct config *c, bool secure, char out[CAP_VALUE_MAX])
{
	snprintf(out, CAP_VALUE_MAX, "%s%scustom-account-name",
		c->accounts.before_connect ? "before-connect," : "",
		config_sends_mail(c) && c->accounts.mail_required ? "email-required," : "");
}

/* Whether a user can stay without a connection. */
static bool keeps_users(const struct config *c)
{
	return config_has_accounts(c) && config_keeps_history(c) &&
	       c->accounts.always_on != ALWAYS_ON_DISABLED;
}

/* sasl first: a client without version 302 may read the first line only. */
static const struct cap_row rows[] = {
	{"sasl", CAP_SASL, 0, sasl_names, config_has_accounts},
	{"account-notify", CAP_ACCOUNT_NOTIFY, 0, NULL, config_has_accounts},
	{"account-tag", CAP_ACCOUNT_TAG, FORM_ACCOUNT, NULL, config_has_accounts},
	{"away-notify", CAP_AWAY_NOTIFY, 0, NULL, NULL},
	{"batch", CAP_BATCH, FORM_BATCH, NULL, NULL},
	{"cap-notify", CAP_CAP_NOTIFY, 0, NULL, NULL},
	{"chghost", CAP_CHGHOST, 0, NULL, NULL},
	{"draft/account-registration", CAP_ACCOUNT_REGISTRATION, 0, registration_rules,
		config_registers},
	{"draft/channel-rename", CAP_CHANNEL_RENAME, 0, NULL, NULL},
	{"draft/chathistory", CAP_CHATHISTORY, 0, NULL, config_keeps_history},
	{"draft/event-playback", CAP_EVENT_PLAYBACK, 0, NULL, config_keeps_history},
	{"draft/message-redaction", CAP_REDACTION, 0, NULL, config_keeps_history},
	{"draft/metadata-3", CAP_METADATA, 0, metadata_limits, NULL},
	{"draft/multiline", CAP_MULTILINE, FORM_TAGS | FORM_BATCH, multiline_limits, NULL},
	{"draft/persistence", CAP_PERSISTENCE, 0, NULL, keeps_users},
	{"draft/pre-away", CAP_PRE_AWAY, 0, NULL, NULL},
	{"draft/relaymsg", CAP_RELAYMSG, 0, relay_separators, takes_relayed},
	{"draft/read-marker", CAP_READ_MARKER, 0, NULL, has_data},
	{"draft/webpush", CAP_WEBPUSH, 0, NULL, config_pushes}, /* the name of the IRCv3 draft */
	{"echo-message", CAP_ECHO_MESSAGE, 0, NULL, NULL},
	{"extended-join", CAP_EXTENDED_JOIN, 0, NULL, NULL},
	{"extended-monitor", CAP_EXTENDED_MONITOR, 0, NULL, NULL},
	{"invite-notify", CAP_INVITE_NOTIFY, 0, NULL, NULL},
	{"labeled-response", CAP_LABELED_RESPONSE, 0, NULL, NULL},
	{"message-tags", CAP_MESSAGE_TAGS, FORM_TAGS, NULL, NULL},
	{"multi-prefix", CAP_MULTI_PREFIX, 0, NULL, NULL},
	{"no-implicit-names", CAP_NO_IMPLICIT_NAMES, 0, NULL, NULL},
	{"server-time", CAP_SERVER_TIME, FORM_TIME, NULL, NULL},
	{"setname", CAP_SETNAME, 0, NULL, NULL},
	{"soju.im/search", CAP_SEARCH, 0, NULL, config_searches},
	{"soju.im/webpush", CAP_WEBPUSH, 0, NULL, config_pushes},
	{"standard-replies", CAP_STANDARD_REPLIES, 0, NULL, NULL},
	{"sts", CAP_LISTED, 0, sts_policy, has_sts},
	{"userhost-in-names", CAP_USERHOST_IN_NAMES, 0, NULL, NULL},
};

const struct cap_row *cap_rows(size_t *count)
{
	*count = ARRAY_SIZE(rows);
	return rows;
}

bool cap_offered(const struct cap_row *row, const struct config *c)
{
	return !row->offered || row->offered(c);
}

const struct cap_row *cap_find(const struct config *c, const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == len && memcmp(rows[i].name, name, len) == 0)
			return cap_offered(&rows[i], c) ? &rows[i] : NULL;
	return NULL;
}

uint32_t cap_form(uint32_t caps)
{
	uint32_t form = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (caps & rows[i].bit)
			form |= rows[i].form;
	return form;
}
