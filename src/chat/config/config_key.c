/*
 * config_key.c - table of configuration keys, built from config_keys.h, and the types of their
 * values: syntax, checks, description, storage.
 */
#include "chat/config/config_key.h"

#include "chat/config/log.h"
#include "chat/config/oper_cap.h"
#include "chat/proto/addr_text.h"
#include "chat/proto/mail_address.h"
#include "chat/proto/password.h"
#include "chat/proto/unit.h"

#include <stdarg.h>
#include <stdio.h>

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

static bool is_listen(const char *v)
{
	struct net_addr at;

	return addr_parse(&at, v) && at.port > 0;
}

bool config_tls_listen(const char *word, struct net_addr *at, bool *only_13)
{
	char address[CONFIG_WORD_MAX];
	const char *version = strchrnul(word, '/');

	snprintf(address, sizeof(address), "%.*s", (int)(version - word), word);
	*only_13 = strcmp(version, "/1.3") == 0;
	return (*only_13 || !*version) && addr_parse(at, address) && at->port > 0;
}

static bool is_listen_tls(const char *v)
{
	struct net_addr at;
	bool only_13;

	return config_tls_listen(v, &at, &only_13);
}

static bool is_path(const char *v)
{
	return *v;
}

/* user@host, both non-empty. */
static bool is_user_host(const char *v)
{
	const char *at = strrchr(v, '@');

	return at && at > v && at[1];
}

static bool is_suffix(const char *v)
{
	return strspn(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-") ==
	       strlen(v);
}

static bool is_fingerprint(const char *v)
{
	return strlen(v) == 64 && strspn(v, "0123456789abcdefABCDEF") == 64;
}

static bool is_capability(const char *v)
{
	return oper_cap_find(v) != 0;
}

static bool is_mail_url(const char *v)
{
	const char *host = strstr(v, "://");

	return host && (strncmp(v, "smtp://", 7) == 0 || strncmp(v, "smtps://", 8) == 0) &&
	       host[3] && !strpbrk(host + 3, " \t/@");
}

/* RFC 7518 section 3.1, those with a signature or MAC. */
static bool is_jwt_algorithm(const char *v)
{
	static const char *const families[] = {"RS", "PS", "ES", "HS"};

	for (size_t i = 0; i < ARRAY_SIZE(families); i++)
		if (strncmp(v, families[i], 2) == 0)
			return strcmp(v + 2, "256") == 0 || strcmp(v + 2, "384") == 0 ||
			       strcmp(v + 2, "512") == 0;
	return false;
}

static bool is_web_url(const char *v)
{
	const char *host = strstr(v, "://");

	return host && (strncmp(v, "http://", 7) == 0 || strncmp(v, "https://", 8) == 0) &&
	       host[3] && !strpbrk(host, " \t\"\\");
}

static bool is_engine_url(const char *v)
{
	const char *host = strstr(v, "://"), *port = host ? strrchr(host + 1, ':') : NULL;

	return host && (strncmp(v, "nats://", 7) == 0 || strncmp(v, "tls://", 6) == 0) && port &&
	       port > host + 3 && port[1] && strspn(port + 1, "0123456789") == strlen(port + 1) &&
	       strlen(port + 1) <= 5 && !strpbrk(host + 3, " \t/@");
}

static bool is_network(const char *v)
{
	struct net_addr net;
	uint32_t bits;

	return addr_parse_cidr(&net, &bits, v);
}

/* RFC 6454 section 6.2: scheme://host or scheme://host:port. */
static bool is_origin(const char *v)
{
	const char *host = strstr(v, "://");

	return strcmp(v, "*") == 0 || (host && host > v && host[3] && !strchr(host + 3, '/'));
}

static bool is_web_base(const char *v)
{
	return is_web_url(v) && !strchr(strstr(v, "://") + 3, '/');
}

static bool is_contact(const char *v)
{
	return (strncmp(v, "mailto:", 7) == 0 && mail_address_valid(v + 7)) ||
	       (strncmp(v, "https://", 8) == 0 && is_web_url(v) && !strpbrk(v, "\"\\"));
}

/* RFC 6838 section 4.2: type/subtype, or only type/ */
static bool is_media(const char *v)
{
	const char *slash = strchr(v, '/');

	return slash && slash > v && !strpbrk(v, "\"\\;,") && !strchr(slash + 1, '/');
}

static const struct unit ones[] = {{"", 1}, {NULL, 0}};
static const struct unit sizes[] = {
	{"G", 1 << 30}, {"M", 1 << 20}, {"k", 1024}, {"K", 1024}, {"", 1}, {NULL, 0}};
static const struct unit times[] = {{"d", 86400 * NSEC_SEC}, {"h", 3600 * NSEC_SEC},
	{"m", 60 * NSEC_SEC}, {"s", NSEC_SEC}, {"ms", NSEC_MSEC}, {NULL, 0}};
static const struct unit booleans[] = {
	{"no", 0}, {"yes", 1}, {"off", 0}, {"on", 1}, {"false", 0}, {"true", 1}, {NULL, 0}};
static const struct unit levels[] = {{"debug", LOG_LEVEL_DEBUG}, {"info", LOG_LEVEL_INFO},
	{"warn", LOG_LEVEL_WARN}, {"error", LOG_LEVEL_ERROR}, {NULL, 0}};
static const struct unit enforcements[] = {
	{"off", ENFORCE_OFF}, {"timed", ENFORCE_TIMED}, {"strict", ENFORCE_STRICT}, {NULL, 0}};
static const struct unit always_on_choices[] = {{"disabled", ALWAYS_ON_DISABLED},
	{"opt-in", ALWAYS_ON_OPT_IN}, {"opt-out", ALWAYS_ON_OPT_OUT},
	{"mandatory", ALWAYS_ON_MANDATORY}, {NULL, 0}};
static const struct unit history_choices[] = {
	{"opt-in", HISTORY_OPT_IN}, {"opt-out", HISTORY_OPT_OUT}, {NULL, 0}};
static const struct unit forget_choices[] = {
	{"keep", FORGET_NOTHING}, {"anonymous", FORGET_NAME}, {"delete", FORGET_ALL}, {NULL, 0}};
static const struct unit formats[] = {
	{"logfmt", LOG_FORMAT_LOGFMT}, {"json", LOG_FORMAT_JSON}, {NULL, 0}};

_Static_assert(ARRAY_SIZE(levels) == LOG_LEVEL_COUNT + 1, "a choice a level");
_Static_assert(ARRAY_SIZE(formats) == LOG_FORMAT_COUNT + 1, "a choice a format");

/* A number is digits and a unit, or one of the choices: a unit alone. A text, or each word of a
 * list, must pass the check if there is one. */
struct config_type {
	const char *is;
	const struct unit *units, *choices; /* of numbers */
	bool (*check)(const char *value);
	bool list; /* of words; min and max count them */
};

/* clang-format off */
static const struct config_type
	type_count = {"a number", .units = ones},
	type_bytes = {"bytes (k, M, G)", .units = sizes},
	type_span = {"a time (ms, s, m, h, d)", .units = times},
	type_yes_no = {"yes or no", .choices = booleans},
	type_level = {"one of debug, info, warn, error", .choices = levels},
	type_format = {"logfmt or json", .choices = formats},
	type_enforce = {"one of off, timed, strict", .choices = enforcements},
	type_always_on = {"one of disabled, opt-in, opt-out, mandatory",
		.choices = always_on_choices},
	type_opt = {"opt-in or opt-out", .choices = history_choices},
	type_forget = {"one of keep, anonymous, delete", .choices = forget_choices},
	type_plain = {.is = "text"},
	type_host = {"a host name with a dot", .check = is_server_name},
	type_word = {"a word without spaces", .check = is_word},
	type_password = {"a hash ($...; 'burble chat --hash-password' makes one) or plain:PASSWORD",
		.check = password_is_stored},
	type_listen = {"ADDRESS:PORT or [ADDRESS]:PORT with an IP address and a port of 1 to 65535",
		.check = is_listen, .list = true},
	type_listen_tls = {"ADDRESS:PORT or [ADDRESS]:PORT with an IP address and a port of 1 to "
			   "65535, and perhaps /1.3", .check = is_listen_tls, .list = true},
	type_path = {"a path without spaces", .check = is_path, .list = true},
	type_address = {"ADDRESS/BITS or dhcp", .check = is_path, .list = true},
	type_gateway = {"an IP address", .check = is_path, .list = true},
	type_suffix = {"letters, digits, . and -", .check = is_suffix},
	type_fingerprint = {"64 hexadecimal digits", .check = is_fingerprint, .list = true},
	type_capability = {"one of kill, ban, rehash, host, wallops, override, force, accounts, "
			   "addresses, stats, all", .check = is_capability, .list = true},
	type_mail_url = {"smtp://HOST[:PORT] or smtps://HOST[:PORT]", .check = is_mail_url},
	type_web_url = {"http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH", .check = is_web_url},
	type_engine_url = {"nats://HOST:PORT or tls://HOST:PORT", .check = is_engine_url,
		.list = true},
	type_jwt_algorithm = {"one of RS256, RS384, RS512, PS256, ..., ES256, ..., HS256, ...",
		.check = is_jwt_algorithm, .list = true},
	type_web_base = {"http://HOST[:PORT] or https://HOST[:PORT]", .check = is_web_base},
	type_contact = {"mailto:NAME@HOST or https://HOST/PATH", .check = is_contact},
	type_media = {"a media type, as image/png, or the beginning of some, as image/",
		.check = is_media, .list = true},
	type_mail_address = {"a mail address", .check = mail_address_valid},
	type_zone = {"a domain with a dot", .check = is_server_name, .list = true},
	type_resolver = {"ADDRESS:PORT or [ADDRESS]:PORT", .check = is_listen},
	type_network = {"a network ADDRESS/BITS", .check = is_network, .list = true},
	type_origin = {"* or an origin, scheme://host[:port]", .check = is_origin, .list = true},
	type_user_host = {"a mask user@host", .check = is_user_host, .list = true};

/* Base of the offsets: each oper has a struct of its own. */
enum {
	AT_server = offsetof(struct config, server),
	AT_tls = offsetof(struct config, tls),
	AT_web = offsetof(struct config, web),
	AT_stack = offsetof(struct config, stack),
	AT_limits = offsetof(struct config, limits),
	AT_net = offsetof(struct config, net),
	AT_history = offsetof(struct config, history),
	AT_accounts = offsetof(struct config, accounts),
	AT_log = offsetof(struct config, log),
	AT_metrics = offsetof(struct config, metrics),
	AT_oper = 0,
	AT_oper_class = 0,
	AT_webirc = 0,
	AT_extjwt = 0,
	AT_cloak = offsetof(struct config, cloak),
	AT_proxy = offsetof(struct config, proxy),
	AT_files = offsetof(struct config, files),
	AT_push = offsetof(struct config, push),
	AT_dnsbl = offsetof(struct config, dnsbl),
	AT_cluster = offsetof(struct config, cluster),
	SCRAM_ITERATIONS_MIN = 4096, /* RFC 7677 section 4 */
	RESTART = false,
	RELOAD = true,
};

#define HOUR (3600 * NSEC_SEC)
#define DAY  (24 * HOUR)

#define ROW(type, section, key, ...)                                                               \
	{#section, #key, &type_##type, AT_##section + offsetof(struct config_##section, key),      \
		sizeof(((struct config_##section *)0)->key), __VA_ARGS__},
#define NUMBER ROW
#define TEXT   ROW
#define LIST   ROW
#define SECTION(section)
#define MEMBER(type, name)
#define END(section)

const struct config_key config_keys[] = {
#include "chat/config/config_keys.h"
	{.name = NULL},
};
/* clang-format on */

_Static_assert(ARRAY_SIZE(config_keys) <= CONFIG_KEYS_MAX, "a line of the file for each");

enum config_kind config_kind(const struct config_key *key)
{
	static const char *const sections[] = {[CONFIG_OPER] = "oper",
		[CONFIG_OPER_CLASS] = "oper_class",
		[CONFIG_WEBIRC] = "webirc",
		[CONFIG_EXTJWT] = "extjwt"};

	for (size_t i = CONFIG_OPER; i < ARRAY_SIZE(sections); i++)
		if (strcmp(key->section, sections[i]) == 0)
			return (enum config_kind)i;
	return CONFIG_PLAIN;
}

const struct config_key *config_find(const char *section, const char *name)
{
	for (const struct config_key *k = config_keys; k->name; k++)
		if (strcmp(k->section, section) == 0 && (!name || strcmp(k->name, name) == 0))
			return k;
	return NULL;
}

void config_describe(const struct config_key *key, char out[CONFIG_DESCRIPTION_MAX])
{
	const struct config_type *t = key->type;
	char min[UNIT_TEXT_MAX], max[UNIT_TEXT_MAX];
	int n = snprintf(out, CONFIG_DESCRIPTION_MAX, "%s", t->is);

	unit_print(min, t->units ? t->units : ones, key->min);
	unit_print(max, t->units ? t->units : ones, key->max);
	if (!t->choices)
		snprintf(out + n, CONFIG_DESCRIPTION_MAX - (size_t)n, "%s%s to %s%s",
			t->units ? " from " : ", ", min, max,
			t->units  ? ""
			: t->list ? " of them"
				  : " bytes");
}

bool config_fail(struct config_error *e, const char *format, ...)
{
	size_t n = strlen(e->text);
	va_list args;

	va_start(args, format);
	vsnprintf(e->text + n, sizeof(e->text) - n, format, args);
	va_end(args);
	return false;
}

static bool refuse(struct config_error *e, const char *value, const char *is)
{
	return config_fail(e, "'%.80s' is not %s", value, is);
}

/* The number in text; -1 if it is not one. */
static int64_t take_number(const struct config_type *t, const char *text)
{
	const struct unit *choice;

	if (t->units)
		return unit_parse(t->units, text);
	choice = unit_find(t->choices, text);
	return choice ? choice->factor : -1;
}

/* Copies the words of text, separated by one space, and counts them; -1: the last one is
 * refused. */
static int64_t take_words(
	const struct config_type *t, char *out, const char *text, char word[CONFIG_WORD_MAX])
{
	int64_t count = 0;

	for (; config_word(&text, word); count++) {
		if (strlen(word) == CONFIG_WORD_MAX - 1 || !t->check(word))
			return -1;
		out += sprintf(out, "%s%s", count ? " " : "", word);
	}
	return count;
}

bool config_set(const struct config_key *key, void *base, const char *text, struct config_error *e)
{
	const struct config_type *t = key->type;
	char value[CONFIG_LINE_MAX] = "", is[CONFIG_DESCRIPTION_MAX], word[CONFIG_WORD_MAX];
	int64_t n = (int64_t)strlen(text);

	if (t->units || t->choices) {
		n = take_number(t, text);
		memcpy(value, &n, sizeof(n));
	} else if (n < CONFIG_LINE_MAX && t->list) {
		n = take_words(t, value, text, word);
		if (n < 0)
			return refuse(e, word, t->is);
	} else {
		snprintf(value, sizeof(value), "%s", text);
	}
	if (n < key->min || n > key->max) {
		config_describe(key, is);
		return refuse(e, text, is);
	}
	if (!t->list && t->check && n && !t->check(text))
		return refuse(e, text, t->is);
	memcpy((char *)base + key->offset, value, key->size);
	return true;
}

bool config_word(const char **list, char word[CONFIG_WORD_MAX])
{
	static const char separators[] = ", \t";
	const char *p = *list + strspn(*list, separators);
	size_t len = strcspn(p, separators);

	snprintf(word, CONFIG_WORD_MAX, "%.*s", (int)len, p);
	*list = p + len;
	return len > 0;
}

bool config_lists(const char *list, const char *word)
{
	char one[CONFIG_WORD_MAX];

	while (config_word(&list, one))
		if (strcasecmp(one, word) == 0)
			return true;
	return false;
}

bool config_listens(const char *list, const struct net_addr *at)
{
	char word[CONFIG_WORD_MAX];
	struct net_addr one;
	bool only_13;

	while (config_word(&list, word))
		if (config_tls_listen(word, &one, &only_13) && addr_equal(&one, at) &&
			one.port == at->port)
			return true;
	return false;
}

bool config_covers(const char *list, const struct net_addr *addr)
{
	char word[CONFIG_WORD_MAX];

	while (config_word(&list, word)) {
		struct net_addr net, own;
		uint32_t bits;

		if (!addr_parse_cidr(&net, &bits, word) || net.family != addr->family)
			continue;
		own = addr_prefix(addr, bits);
		if (addr_equal(&own, &net))
			return true;
	}
	return false;
}
