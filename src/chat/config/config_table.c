/*
 * config_table.c - every key of the configuration: what it is called, what it may hold, what it
 * does. The example file and the man page are printed from here.
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

#define SERVER(field)  offsetof(struct config, server.field)
#define LIMITS(field)  offsetof(struct config, limits.field)
#define NET(field)     offsetof(struct config, net.field)
#define HISTORY(field) offsetof(struct config, history.field)
#define LOGGING(field) offsetof(struct config, log.field)
#define OPER(field)    offsetof(struct config_oper, field)

/* clang-format off: a table; one row a key */
static const struct config_key keys[] = {
	{"server", "name", CONFIG_TEXT, SERVER(name), "irc.burble.local", 3, 63, false, NULL,
		is_server_name, "a host name with a dot",
		"The server's name, which every client sees."},
	{"server", "network", CONFIG_TEXT, SERVER(network), "burble", 1, 63, false, NULL, is_word,
		"a word without spaces", "The network's name."},
	{"server", "description", CONFIG_TEXT, SERVER(description), "burble chat server", 1, 200,
		true, NULL, NULL, NULL, "A line about the server, in WHOIS and LINKS."},
	{"server", "listen", CONFIG_LIST, SERVER(listen), "127.0.0.1:6667", 1, 16, false, NULL,
		is_listen,
		"ADDRESS:PORT or [ADDRESS]:PORT with an IP address and a port of 1 to 65535",
		"Where clients connect. --listen replaces the list."},
	{"server", "data", CONFIG_TEXT, SERVER(data), "", 0, 500, false, NULL, NULL, NULL,
		"Directory of the history, read markers and bans. Empty: nothing is kept. --data "
		"replaces it."},
	{"server", "motd", CONFIG_TEXT, SERVER(motd), "", 0, 500, true, NULL, NULL, NULL,
		"File of the message of the day, read at start and at REHASH. Empty: there is "
		"none."},
	{"server", "password", CONFIG_TEXT, SERVER(password), "", 0, 250, true, NULL, is_password,
		PASSWORD_EXPECTS,
		"What a client must give with PASS. Empty: nothing. As in [oper]."},
	{"server", "admin_location", CONFIG_TEXT, SERVER(admin_location), "", 0, 200, true, NULL,
		NULL, NULL, "First line of ADMIN: where the server is."},
	{"server", "admin_description", CONFIG_TEXT, SERVER(admin_description), "", 0, 200, true,
		NULL, NULL, NULL, "Second line of ADMIN: who runs it."},
	{"server", "admin_email", CONFIG_TEXT, SERVER(admin_email), "", 0, 200, true, NULL, NULL,
		NULL, "Last line of ADMIN: how to reach them."},

	{"limits", "clients", CONFIG_COUNT, LIMITS(clients), "100000", 1, 10000000, true, NULL,
		NULL, NULL,
		"Connections in all. More are told so and closed. The limit of descriptors may be "
		"lower."},
	{"limits", "per_address", CONFIG_COUNT, LIMITS(per_address), "64", 0, 10000000, true, NULL,
		NULL, NULL, "Connections of one address (IPv6: of one /64). 0: no limit."},
	{"limits", "connect_rate", CONFIG_COUNT, LIMITS(connect_rate), "60", 0, 10000000, true,
		NULL, NULL, NULL, "New connections a minute of one address. 0: no limit."},
	{"limits", "connect_burst", CONFIG_COUNT, LIMITS(connect_burst), "64", 1, 10000000, true,
		NULL, NULL, NULL, "New connections of one address that may come at once."},
	{"limits", "sendq", CONFIG_BYTES, LIMITS(sendq), "1M", 16384, 1 << 30, true, NULL, NULL,
		NULL,
		"Bytes that may wait for a client that reads slowly; then it is cut with 'SendQ "
		"exceeded'."},
	{"limits", "sendq_unregistered", CONFIG_BYTES, LIMITS(sendq_unregistered), "32k", 8192,
		1 << 30, true, NULL, NULL, NULL,
		"The same for a connection that is not registered yet."},
	{"limits", "flood_rate", CONFIG_COUNT, LIMITS(flood_rate), "10", 0, 1000000, true, NULL,
		NULL, NULL,
		"Lines a second that are taken from one connection; the rest waits. 0: no limit."},
	{"limits", "flood_burst", CONFIG_COUNT, LIMITS(flood_burst), "40", 1, 1000000, true, NULL,
		NULL, NULL, "Lines of one connection that may come at once."},
	{"limits", "password_rate", CONFIG_COUNT, LIMITS(password_rate), "30", 0, 1000000, true,
		NULL, NULL, NULL,
		"Wrong passwords (PASS, OPER) a minute of one address; then none is looked at for "
		"a while. 0: no limit."},
	{"limits", "user_memory", CONFIG_BYTES, LIMITS(user_memory), "1M", 0, 1LL << 40, true, NULL,
		NULL, NULL,
		"Bytes that one user may make the server hold: channels that the user made, with "
		"topics, masks and metadata, own metadata, MONITOR. 0: no limit."},
	{"limits", "address_memory", CONFIG_BYTES, LIMITS(address_memory), "8M", 0, 1LL << 40, true,
		NULL, NULL, NULL,
		"The same for all users of one address, also for what those who have gone left "
		"behind. 0: no limit."},
	{"limits", "channels", CONFIG_COUNT, LIMITS(channels), "100", 1, 100000, true, NULL, NULL,
		NULL, "Channels that one user may be in."},
	{"limits", "nick_length", CONFIG_COUNT, LIMITS(nick_length), "32", 9, 63, false, NULL, NULL,
		NULL, "Bytes of a nick."},
	{"limits", "user_length", CONFIG_COUNT, LIMITS(user_length), "12", 4, 16, false, NULL, NULL,
		NULL, "Bytes of a user name; longer ones are cut."},
	{"limits", "real_length", CONFIG_COUNT, LIMITS(real_length), "128", 16, 250, false, NULL,
		NULL, NULL, "Bytes of a real name; longer ones are cut."},
	{"limits", "channel_length", CONFIG_COUNT, LIMITS(channel_length), "63", 16, 63, false,
		NULL, NULL, NULL, "Bytes of a channel's name."},
	{"limits", "topic_length", CONFIG_COUNT, LIMITS(topic_length), "390", 80, 390, false, NULL,
		NULL, NULL, "Bytes of a topic; longer ones are cut."},
	{"limits", "away_length", CONFIG_COUNT, LIMITS(away_length), "300", 16, 390, false, NULL,
		NULL, NULL, "Bytes of an away message; longer ones are cut."},
	{"limits", "kick_length", CONFIG_COUNT, LIMITS(kick_length), "300", 16, 390, false, NULL,
		NULL, NULL, "Bytes of the reason of KICK; longer ones are cut."},
	{"limits", "key_length", CONFIG_COUNT, LIMITS(key_length), "32", 8, 64, false, NULL, NULL,
		NULL, "Bytes of a channel's key."},
	{"limits", "list_entries", CONFIG_COUNT, LIMITS(list_entries), "100", 1, 10000, false, NULL,
		NULL, NULL, "Masks on all lists (b, e, I) of one channel."},
	{"limits", "monitor", CONFIG_COUNT, LIMITS(monitor), "100", 1, 10000, false, NULL, NULL,
		NULL, "Nicks that one user may MONITOR."},
	{"limits", "targets", CONFIG_COUNT, LIMITS(targets), "4", 1, 20, false, NULL, NULL, NULL,
		"Targets of one PRIVMSG, NOTICE, TAGMSG or NAMES."},
	{"limits", "whowas", CONFIG_COUNT, LIMITS(whowas), "1000", 1, 1000000, false, NULL, NULL,
		NULL, "Users that WHOWAS remembers."},
	{"limits", "multiline_bytes", CONFIG_BYTES, LIMITS(multiline_bytes), "4k", 512, 40000,
		false, NULL, NULL, NULL, "Bytes of one multiline message."},
	{"limits", "multiline_lines", CONFIG_COUNT, LIMITS(multiline_lines), "32", 2, 1000, false,
		NULL, NULL, NULL, "Lines of one multiline message."},

	{"net", "backlog", CONFIG_COUNT, NET(backlog), "4096", 1, 65535, false, NULL, NULL, NULL,
		"Connections that may wait to be accepted; net.core.somaxconn may be lower."},
	{"net", "keepalive_idle", CONFIG_SPAN, NET(keepalive_idle), "60s", 0, 9 * HOUR, true, NULL,
		NULL, NULL,
		"TCP keepalive: a connection this long without a segment is probed. 0: never. "
		"Whole seconds."},
	{"net", "keepalive_interval", CONFIG_SPAN, NET(keepalive_interval), "5s", 0, HOUR, true,
		NULL, NULL, NULL, "TCP keepalive: time between probes. Whole seconds."},
	{"net", "keepalive_count", CONFIG_COUNT, NET(keepalive_count), "3", 1, 127, true, NULL,
		NULL, NULL,
		"TCP keepalive: probes without an answer until the connection is dead."},
	{"net", "user_timeout", CONFIG_SPAN, NET(user_timeout), "75s", 0, HOUR, true, NULL, NULL,
		NULL,
		"TCP_USER_TIMEOUT: how long sent bytes may stay without acknowledgement. 0: the "
		"system's. Less than keepalive_idle + keepalive_interval x keepalive_count makes "
		"one lost probe enough."},
	{"net", "registration", CONFIG_SPAN, NET(registration), "30s", NSEC_SEC, HOUR, true, NULL,
		NULL, NULL, "From connecting to the end of registration."},
	{"net", "ping_interval", CONFIG_SPAN, NET(ping_interval), "2m", NSEC_SEC, 24 * HOUR, true,
		NULL, NULL, NULL, "A client that was silent so long gets a PING."},
	{"net", "ping_timeout", CONFIG_SPAN, NET(ping_timeout), "1m", NSEC_SEC, 24 * HOUR, true,
		NULL, NULL, NULL, "A client that does not answer so long is gone."},

	{"history", "enabled", CONFIG_BOOL, HISTORY(enabled), "yes", 0, 0, false, NULL, NULL, NULL,
		"Whether messages are kept and can be asked for (CHATHISTORY). Needs a data "
		"directory."},
	{"history", "events", CONFIG_BOOL, HISTORY(events), "no", 0, 0, true, NULL, NULL, NULL,
		"Whether TAGMSG (reactions; never typing) is kept too, for clients with "
		"event-playback."},
	{"history", "private_by_nick", CONFIG_BOOL, HISTORY(private_by_nick), "no", 0, 0, true,
		NULL, NULL, NULL,
		"Whether whoever has a nick reads all private messages ever sent to it and from "
		"it. no: only those since the nick was taken. Say yes only where nicks are safe."},
	{"history", "max_age", CONFIG_SPAN, HISTORY(max_age), "30d", 0, 36500 * DAY, true, NULL,
		NULL, NULL, "Messages older than this are deleted. 0: never."},
	{"history", "max_size", CONFIG_BYTES, HISTORY(max_size), "4G", 0, 1LL << 46, true, NULL,
		NULL, NULL, "When the file is larger, the oldest messages are deleted. 0: never."},
	{"history", "page", CONFIG_COUNT, HISTORY(page), "200", 1, 1000, false, NULL, NULL, NULL,
		"Messages in one answer to CHATHISTORY."},
	{"history", "on_join", CONFIG_COUNT, HISTORY(on_join), "20", 0, 1000, true, NULL, NULL,
		NULL,
		"Messages that a client with server-time but without chathistory is shown when it "
		"joins a channel. 0: none."},
	{"history", "queue_messages", CONFIG_COUNT, HISTORY(queue_messages), "65536", 16, 10000000,
		false, NULL, NULL, NULL,
		"Messages that may wait for the disk; then senders are told to try again."},
	{"history", "queue_bytes", CONFIG_BYTES, HISTORY(queue_bytes), "32M", 1 << 20, 1LL << 36,
		false, NULL, NULL, NULL, "Bytes of messages that may wait for the disk."},

	{"log", "level", CONFIG_CHOICE, LOGGING(level), "info", 0, 0, true, level_choices, NULL,
		NULL, "What is logged: this level and those after it."},
	{"log", "format", CONFIG_CHOICE, LOGGING(format), "logfmt", 0, 0, true, format_choices,
		NULL, NULL, "Form of a line: key=value words, or a JSON object."},
	{"log", "burst", CONFIG_COUNT, LOGGING(burst), "20", 0, 1000000, true, NULL, NULL, NULL,
		"Lines of one event in log.interval; the rest is counted. 0: no limit. Errors are "
		"always logged."},
	{"log", "interval", CONFIG_SPAN, LOGGING(interval), "10s", 0, HOUR, true, NULL, NULL, NULL,
		"The time that log.burst is for. 0: no limit."},

	{"oper", "password", CONFIG_TEXT, OPER(password), NULL, 1, 250, true, NULL, is_password,
		PASSWORD_EXPECTS,
		"What OPER NAME must give: a hash as crypt(5) describes it ('burble chat "
		"--hash-password' "
		"makes one), or plain:PASSWORD."},
	{"oper", "hosts", CONFIG_LIST, OPER(hosts), "*@*", 1, 32, true, NULL, is_user_host,
		"a mask user@host",
		"Where the oper may come from: user@host masks; the host may be an address with "
		"/BITS."},
};
/* clang-format on */

const struct config_key *config_keys(size_t *count)
{
	*count = ARRAY_SIZE(keys);
	return keys;
}

/* name NULL: the first key of the section. */
const struct config_key *config_find(const char *section, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strcmp(keys[i].section, section) == 0 &&
			(!name || strcmp(keys[i].name, name) == 0))
			return &keys[i];
	return NULL;
}

bool config_has_section(const char *section)
{
	return config_find(section, NULL) != NULL;
}
