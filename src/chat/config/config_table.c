/*
 * config_table.c - table of configuration keys: names, types, bounds, defaults, documentation.
 * The example file and the man page are printed from here.
 */
#include "chat/config/config_table.h"

#include "chat/config/log.h"

#include <arpa/inet.h>
#include <stdlib.h>

static const char *const level_choices[] = {"debug", "info", "warn", "error", NULL};
static const char *const format_choices[] = {"logfmt", "json", NULL};

_Static_assert(ARRAY_SIZE(level_choices) == LOG_LEVEL_COUNT + 1, "a choice a level");
_Static_assert(ARRAY_SIZE(format_choices) == LOG_FORMAT_COUNT + 1, "a choice a format");

/* A server name has a dot, so that no nick can look like it (Modern IRC, "Server name"). */
static bool is_server_name(const char *v)
{
	size_t allowed =
		strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-");

	return v[allowed] == '\0' && strchr(v, '.') && v[0] != '.' && v[0] != '-';
}

/* The value of NETWORK= in ISUPPORT: no spaces. */
static bool is_word(const char *v)
{
	for (; *v; v++)
		if (*v <= ' ' || *v == 127)
			return false;
	return true;
}

static bool is_port(const char *v)
{
	char *end;
	long n = strtol(v, &end, 10);

	return *v >= '0' && *v <= '9' && *end == '\0' && n >= 1 && n <= 65535;
}

static bool is_listen(const char *v)
{
	const char *colon = strrchr(v, ':');
	char text[INET6_ADDRSTRLEN + 2];
	struct in6_addr addr;
	size_t len;

	if (!colon || !is_port(colon + 1))
		return false;
	len = (size_t)(colon - v);
	if (len < 2 || len >= sizeof(text))
		return false;
	memcpy(text, v, len);
	text[len] = '\0';
	if (text[0] != '[')
		return inet_pton(AF_INET, text, &addr) == 1;
	if (text[len - 1] != ']')
		return false;
	text[len - 1] = '\0';
	return inet_pton(AF_INET6, text + 1, &addr) == 1;
}

/* crypt(5), or said in so many words that it is not hashed. */
static bool is_password(const char *v)
{
	return v[0] == '$' || (strncmp(v, "plain:", 6) == 0 && v[6]);
}

/* user@host, neither of them empty. */
static bool is_user_host(const char *v)
{
	const char *at = strrchr(v, '@');

	return at && at > v && at[1];
}

#define PASSWORD_EXPECTS "a hash ($...; 'burble chat --hash-password' makes one) or plain:PASSWORD"

#define HOUR (3600 * NSEC_SEC)
#define DAY  (24 * HOUR)

enum {
	RESTART = false,
	RELOAD = true,
};

/* clang-format off: a table; one row a key */

/* Rows: section and key, which are also the names of the fields; the default; bounds; whether the
 * key may change while the server runs; what it does. *_LIKE: with a check of each value, and what
 * it expects. */
#define ROW(type, section, key, initial, min, max, reload, ...)                                    \
	{                                                                                          \
#section, #key, type, offsetof(struct config, section.key), initial, min, max,     \
			reload, __VA_ARGS__                                                        \
	}
#define COUNT(s, k, i, min, max, r, d) ROW(CONFIG_COUNT, s, k, i, min, max, r, .doc = d)
#define BYTES(s, k, i, min, max, r, d) ROW(CONFIG_BYTES, s, k, i, min, max, r, .doc = d)
#define SPAN(s, k, i, min, max, r, d)  ROW(CONFIG_SPAN, s, k, i, min, max, r, .doc = d)
#define TEXT(s, k, i, min, max, r, d)  ROW(CONFIG_TEXT, s, k, i, min, max, r, .doc = d)
#define BOOL(s, k, i, r, d)            ROW(CONFIG_BOOL, s, k, i, 0, 0, r, .doc = d)
#define CHOICE(s, k, i, c, r, d)       ROW(CONFIG_CHOICE, s, k, i, 0, 0, r, .choices = c, .doc = d)
#define TEXT_LIKE(s, k, i, min, max, r, f, e, d)                                                   \
	ROW(CONFIG_TEXT, s, k, i, min, max, r, .check = f, .expects = e, .doc = d)
#define LIST_LIKE(s, k, i, min, max, r, f, e, d)                                                   \
	ROW(CONFIG_LIST, s, k, i, min, max, r, .check = f, .expects = e, .doc = d)

const struct config_key config_keys[] = {
	TEXT_LIKE(server, name, "irc.burble.local", 3, 63, RESTART, is_server_name,
		"a host name with a dot", "The server's name, which every client sees."),
	TEXT_LIKE(server, network, "burble", 1, 63, RESTART, is_word, "a word without spaces",
		"The network's name."),
	TEXT(server, description, "burble chat server", 1, 200, RELOAD,
		"A line about the server, in WHOIS and LINKS."),
	LIST_LIKE(server, listen, "127.0.0.1:6667", 1, 16, RESTART, is_listen,
		"ADDRESS:PORT or [ADDRESS]:PORT with an IP address and a port of 1 to 65535",
		"Where clients connect. --listen replaces the list."),
	TEXT(server, data, "", 0, 500, RESTART,
		"Directory of the history, read markers and bans. Empty: nothing is kept. "
		"--data replaces it."),
	TEXT(server, motd, "", 0, 500, RELOAD,
		"File of the message of the day, read at start and at REHASH. Empty: there is "
		"none."),
	TEXT_LIKE(server, password, "", 0, 250, RELOAD, is_password, PASSWORD_EXPECTS,
		"What a client must give with PASS. Empty: nothing. As in [oper]."),
	TEXT(server, admin_location, "", 0, 200, RELOAD,
		"First line of ADMIN: where the server is."),
	TEXT(server, admin_description, "", 0, 200, RELOAD, "Second line of ADMIN: who runs it."),
	TEXT(server, admin_email, "", 0, 200, RELOAD, "Last line of ADMIN: how to reach them."),

	COUNT(limits, clients, "100000", 1, 10000000, RELOAD,
		"Connections in all. More are told so and closed. The limit of descriptors may "
		"be lower."),
	COUNT(limits, per_address, "64", 0, 10000000, RELOAD,
		"Connections of one address (IPv6: of one /64). 0: no limit."),
	COUNT(limits, connect_rate, "60", 0, 10000000, RELOAD,
		"New connections a minute of one address. 0: no limit."),
	COUNT(limits, connect_burst, "64", 1, 10000000, RELOAD,
		"New connections of one address that may come at once."),
	BYTES(limits, sendq, "1M", 16384, 1 << 30, RELOAD,
		"Bytes that may wait for a client that reads slowly; then it is cut with 'SendQ "
		"exceeded'."),
	BYTES(limits, sendq_unregistered, "32k", 8192, 1 << 30, RELOAD,
		"The same for a connection that is not registered yet."),
	COUNT(limits, flood_rate, "10", 0, 1000000, RELOAD,
		"Lines a second that are taken from one connection; the rest waits. 0: no "
		"limit."),
	COUNT(limits, flood_burst, "40", 1, 1000000, RELOAD,
		"Lines of one connection that may come at once."),
	COUNT(limits, password_rate, "30", 0, 1000000, RELOAD,
		"Wrong passwords (PASS, OPER) a minute of one address; then none is looked at "
		"for a while. 0: no limit."),
	BYTES(limits, user_memory, "1M", 0, 1LL << 40, RELOAD,
		"Bytes that one user may make the server hold: channels that the user made, "
		"with topics, masks and metadata, own metadata, MONITOR. 0: no limit."),
	BYTES(limits, address_memory, "8M", 0, 1LL << 40, RELOAD,
		"The same for all users of one address, also for what those who have gone left "
		"behind. 0: no limit."),
	COUNT(limits, channels, "100", 1, 100000, RELOAD, "Channels that one user may be in."),
	COUNT(limits, nick_length, "32", 9, 63, RESTART, "Bytes of a nick."),
	COUNT(limits, user_length, "12", 4, 16, RESTART,
		"Bytes of a user name; longer ones are cut."),
	COUNT(limits, real_length, "128", 16, 250, RESTART,
		"Bytes of a real name; longer ones are cut."),
	COUNT(limits, channel_length, "63", 16, 63, RESTART, "Bytes of a channel's name."),
	COUNT(limits, topic_length, "390", 80, 390, RESTART,
		"Bytes of a topic; longer ones are cut."),
	COUNT(limits, away_length, "300", 16, 390, RESTART,
		"Bytes of an away message; longer ones are cut."),
	COUNT(limits, kick_length, "300", 16, 390, RESTART,
		"Bytes of the reason of KICK; longer ones are cut."),
	COUNT(limits, key_length, "32", 8, 64, RESTART, "Bytes of a channel's key."),
	COUNT(limits, list_entries, "100", 1, 10000, RESTART,
		"Masks on all lists (b, e, I) of one channel."),
	COUNT(limits, monitor, "100", 1, 10000, RESTART, "Nicks that one user may MONITOR."),
	COUNT(limits, targets, "4", 1, 20, RESTART,
		"Targets of one PRIVMSG, NOTICE, TAGMSG or NAMES."),
	COUNT(limits, whowas, "1000", 1, 1000000, RESTART, "Users that WHOWAS remembers."),
	BYTES(limits, multiline_bytes, "4k", 512, 40000, RESTART,
		"Bytes of one multiline message."),
	COUNT(limits, multiline_lines, "32", 2, 1000, RESTART, "Lines of one multiline message."),

	COUNT(net, backlog, "4096", 1, 65535, RESTART,
		"Connections that may wait to be accepted; net.core.somaxconn may be lower."),
	SPAN(net, keepalive_idle, "60s", 0, 9 * HOUR, RELOAD,
		"TCP keepalive: a connection this long without a segment is probed. 0: never. "
		"Whole seconds."),
	SPAN(net, keepalive_interval, "5s", 0, HOUR, RELOAD,
		"TCP keepalive: time between probes. Whole seconds."),
	COUNT(net, keepalive_count, "3", 1, 127, RELOAD,
		"TCP keepalive: probes without an answer until the connection is dead."),
	SPAN(net, user_timeout, "75s", 0, HOUR, RELOAD,
		"TCP_USER_TIMEOUT: how long sent bytes may stay without acknowledgement. 0: the "
		"system's. Less than keepalive_idle + keepalive_interval x keepalive_count "
		"makes one lost probe enough."),
	SPAN(net, registration, "30s", NSEC_SEC, HOUR, RELOAD,
		"From connecting to the end of registration."),
	SPAN(net, ping_interval, "2m", NSEC_SEC, 24 * HOUR, RELOAD,
		"A client that was silent so long gets a PING."),
	SPAN(net, ping_timeout, "1m", NSEC_SEC, 24 * HOUR, RELOAD,
		"A client that does not answer so long is gone."),

	BOOL(history, enabled, "yes", RESTART,
		"Whether messages are kept and can be asked for (CHATHISTORY). Needs a data "
		"directory."),
	BOOL(history, events, "no", RELOAD,
		"Whether TAGMSG (reactions; never typing) is kept too, for clients with "
		"event-playback."),
	BOOL(history, private_by_nick, "no", RELOAD,
		"Whether whoever has a nick reads all private messages ever sent to it and from "
		"it. no: only those since the nick was taken. Say yes only where nicks are "
		"safe."),
	SPAN(history, max_age, "30d", 0, 36500 * DAY, RELOAD,
		"Messages older than this are deleted. 0: never."),
	BYTES(history, max_size, "4G", 0, 1LL << 46, RELOAD,
		"When the file is larger, the oldest messages are deleted. 0: never."),
	COUNT(history, page, "200", 1, 1000, RESTART, "Messages in one answer to CHATHISTORY."),
	COUNT(history, on_join, "20", 0, 1000, RELOAD,
		"Messages that a client with server-time but without chathistory is shown when "
		"it joins a channel. 0: none."),
	COUNT(history, queue_messages, "65536", 16, 10000000, RESTART,
		"Messages that may wait for the disk; then senders are told to try again."),
	BYTES(history, queue_bytes, "32M", 1 << 20, 1LL << 36, RESTART,
		"Bytes of messages that may wait for the disk."),

	CHOICE(log, level, "info", level_choices, RELOAD,
		"What is logged: this level and those after it."),
	CHOICE(log, format, "logfmt", format_choices, RELOAD,
		"Form of a line: key=value words, or a JSON object."),
	COUNT(log, burst, "20", 0, 1000000, RELOAD,
		"Lines of one event in log.interval; the rest is counted. 0: no limit. Errors "
		"are always logged."),
	SPAN(log, interval, "10s", 0, HOUR, RELOAD, "The time that log.burst is for. 0: no limit."),

	{"oper", "password", CONFIG_TEXT, offsetof(struct config_oper, password), NULL, 1, 250,
		RELOAD, .check = is_password, .expects = PASSWORD_EXPECTS,
		.doc = "What OPER NAME must give: a hash as crypt(5) describes it ('burble chat "
		       "--hash-password' makes one), or plain:PASSWORD."},
	{"oper", "hosts", CONFIG_LIST, offsetof(struct config_oper, hosts), "*@*", 1, 32, RELOAD,
		.check = is_user_host, .expects = "a mask user@host",
		.doc = "Where the oper may come from: user@host masks; the host may be an address "
		       "with "
		       "/BITS."},
	{.name = NULL},
};
/* clang-format on */

/* name NULL: the first key of the section. */
const struct config_key *config_find(const char *section, const char *name)
{
	for (const struct config_key *k = config_keys; k->name; k++)
		if (strcmp(k->section, section) == 0 && (!name || strcmp(k->name, name) == 0))
			return k;
	return NULL;
}
