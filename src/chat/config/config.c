/*
 * config.c - configuration loading: defaults, a file, --set.
 *
 * The file, line by line: empty; a comment, which starts with # or ; and has a line of its own (a
 * password may hold either); [section] or [oper NAME]; key = value. In [sysctl] the keys are free.
 * Surrounding spaces are ignored; quotes are part of the value.
 */
#include "chat/config/config_key.h"

#include <errno.h>

#define STACK_LISTEN "0.0.0.0:6667 [::]:6667"

struct loader {
	struct config *config;
	const char *file;
	uint32_t line;                  /* 0: not in the file */
	uint32_t seen[CONFIG_KEYS_MAX]; /* line on which a key was set; 0: not yet */
	bool listens;                   /* server.listen was set, in the file or by an option */
	const char *section;            /* NULL before the first */
	struct config_named *named;     /* of [oper NAME] and its like */
	struct config_error *e;
};

/* Errors begin with this line of the file (0: none) and this key (NULL: none) from now on. */
static void at(struct loader *l, uint32_t line, const struct config_key *key)
{
	l->line = line;
	l->e->text[0] = '\0';
	if (line)
		config_fail(l->e, "%.190s:%u: ", l->file, line);
	if (key)
		config_fail(l->e, "%s.%s: ", key->section, key->name);
}

/* Sets the default of every key of one kind in base. */
static void set_defaults(void *base, enum config_kind kind)
{
	struct config_error why = {""};

	for (const struct config_key *k = config_keys; k->name; k++) {
		bool ok = config_kind(k) != kind || !k->initial ||
			  config_set(k, base, k->initial, &why);
		assert(ok);
	}
}

struct config_oper *config_oper(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->opers.count; i++)
		if (strcmp(c->opers.at[i].name, name) == 0)
			return &c->opers.at[i];
	return NULL;
}

struct config_oper_class *config_oper_class(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->oper_classes.count; i++)
		if (strcmp(c->oper_classes.at[i].name, name) == 0)
			return &c->oper_classes.at[i];
	return NULL;
}

_Static_assert(
	offsetof(struct config_oper, line) == offsetof(struct config_named, line) &&
		offsetof(struct config_oper_class, line) == offsetof(struct config_named, line) &&
		offsetof(struct config_webirc, line) == offsetof(struct config_named, line) &&
		offsetof(struct config_extjwt, line) == offsetof(struct config_named, line),
	"they begin with a struct config_named");

static struct config_webirc *find_webirc(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->webircs.count; i++)
		if (strcmp(c->webircs.at[i].name, name) == 0)
			return &c->webircs.at[i];
	return NULL;
}

struct config_extjwt *config_extjwt(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->extjwts.count; i++)
		if (strcmp(c->extjwts.at[i].name, name) == 0)
			return &c->extjwts.at[i];
	return NULL;
}

/* The named section, or NULL. */
static void *find_named(const struct config *c, enum config_kind kind, const char *name)
{
	switch (kind) {
	case CONFIG_OPER: return config_oper(c, name);
	case CONFIG_OPER_CLASS: return config_oper_class(c, name);
	case CONFIG_WEBIRC: return find_webirc(c, name);
	case CONFIG_EXTJWT: return config_extjwt(c, name);
	case CONFIG_PLAIN: break;
	}
	return NULL;
}

/* Makes room for one more; NULL if there is none. */
static void *new_named(struct config *c, enum config_kind kind)
{
	if (kind == CONFIG_OPER && VEC_PUSH(&c->opers, (struct config_oper){0}, CONFIG_OPERS_MAX))
		return &c->opers.at[c->opers.count - 1];
	if (kind == CONFIG_OPER_CLASS &&
		VEC_PUSH(&c->oper_classes, (struct config_oper_class){0}, CONFIG_OPERS_MAX))
		return &c->oper_classes.at[c->oper_classes.count - 1];
	if (kind == CONFIG_WEBIRC &&
		VEC_PUSH(&c->webircs, (struct config_webirc){0}, CONFIG_OPERS_MAX))
		return &c->webircs.at[c->webircs.count - 1];
	if (kind == CONFIG_EXTJWT &&
		VEC_PUSH(&c->extjwts, (struct config_extjwt){0}, CONFIG_OPERS_MAX))
		return &c->extjwts.at[c->extjwts.count - 1];
	return NULL;
}

static bool add_named(struct loader *l, const struct config_key *first, const char *name)
{
	enum config_kind kind = config_kind(first);
	struct config_named *named;

	if (!*name || strpbrk(name, " \t"))
		return config_fail(
			l->e, "an %s name is a single word, not '%.100s'", first->section, name);
	if (find_named(l->config, kind, name))
		return config_fail(l->e, "duplicate %s '%.100s'", first->section, name);
	named = new_named(l->config, kind);
	if (!named)
		return config_fail(l->e, "too many sections at '%.100s'", name);
	named->line = l->line;
	snprintf(named->name, sizeof(named->name), "%s", name);
	set_defaults(named, kind);
	l->named = named;
	return true;
}

static bool set(struct loader *l, const struct config_key *key, const char *text)
{
	void *base = config_kind(key) != CONFIG_PLAIN ? (void *)l->named : (void *)l->config;

	if (key == config_find("server", "listen"))
		l->listens = true;
	return config_set(key, base, text, l->e);
}

static struct config_sysctl *sysctl_of(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->sysctls.count; i++)
		if (strcmp(c->sysctls.at[i].name, name) == 0)
			return &c->sysctls.at[i];
	return NULL;
}

/* A line of [sysctl], or its --set, which overrides a line of the file. */
static bool set_sysctl(struct loader *l, const char *name, const char *value)
{
	struct config_sysctl s = {.line = l->line}, *old = sysctl_of(l->config, name);

	if (!*name || strlen(name) >= sizeof(s.name) || strpbrk(name, " \t"))
		return config_fail(l->e, "not the name of a parameter: '%.100s'", name);
	if (!*value || strlen(value) >= sizeof(s.value))
		return config_fail(l->e, "sysctl.%s: no value, or too long a one", name);
	if (old && l->line)
		return config_fail(l->e, "sysctl.%s: already set on line %u", name, old->line);
	snprintf(s.name, sizeof(s.name), "%s", name);
	snprintf(s.value, sizeof(s.value), "%s", value);
	if (old)
		*old = s;
	else if (!VEC_PUSH(&l->config->sysctls, s, CONFIG_SYSCTLS_MAX))
		return config_fail(l->e, "too many parameters, or out of memory");
	return true;
}

static char *trim(char *p)
{
	char *end;

	p += strspn(p, " \t\r\n");
	end = p + strlen(p);
	while (end > p && strchr(" \t\r\n", end[-1]))
		end--;
	*end = '\0';
	return p;
}

/* "[section]" or "[oper NAME]"; p begins with the bracket. */
static bool section_line(struct loader *l, char *p)
{
	char *end = p + strlen(p) - 1, *name;
	const struct config_key *first;

	if (*end != ']')
		return config_fail(l->e, "no ']' at the end of '%.100s'", p);
	*end = '\0';
	p = trim(p + 1);
	name = p + strcspn(p, " \t");
	if (*name)
		*name++ = '\0';
	name = trim(name);
	l->named = NULL;
	if (strcmp(p, CONFIG_SYSCTL_SECTION) == 0 && !*name) {
		l->section = CONFIG_SYSCTL_SECTION;
		return true;
	}
	first = config_find(p, NULL);
	if (!first)
		return config_fail(l->e, "unknown section '%.100s'", p);
	l->section = first->section;
	if (config_kind(first) != CONFIG_PLAIN)
		return *name ? add_named(l, first, name)
			     : config_fail(l->e, "write [%s NAME], not '[%s]'", p, p);
	return !*name || config_fail(l->e, "[%.60s] takes no name", p);
}

static bool key_line(struct loader *l, char *p)
{
	char *value = strchr(p, '=');
	const struct config_key *key;
	uint32_t before;

	if (!value)
		return config_fail(l->e, "expected [section] or key = value: '%.100s'", p);
	*value++ = '\0';
	p = trim(p);
	if (!l->section)
		return config_fail(l->e, "no [section] before the key '%.100s'", p);
	if (strcmp(l->section, CONFIG_SYSCTL_SECTION) == 0)
		return set_sysctl(l, p, trim(value));
	key = config_find(l->section, p);
	if (!key)
		return config_fail(l->e, "unknown key '%s.%.60s'", l->section, p);
	at(l, l->line, key);
	before = l->seen[key - config_keys];
	l->seen[key - config_keys] = l->line;
	if (before > (l->named ? l->named->line : 0))
		return config_fail(l->e, "already set on line %u", before);
	return set(l, key, trim(value));
}

static bool read_lines(struct loader *l, FILE *f)
{
	char line[CONFIG_LINE_MAX + 2], *p;

	while (fgets(line, sizeof(line), f)) {
		at(l, l->line + 1, NULL);
		if (!strchr(line, '\n') && !feof(f))
			return config_fail(
				l->e, "line too long or with a NUL byte: '%.100s'", line);
		if (l->line > CONFIG_FILE_LINES_MAX)
			return config_fail(l->e, "more than %d lines", CONFIG_FILE_LINES_MAX);
		p = trim(line);
		if (*p && !strchr("#;", *p) && !(*p == '[' ? section_line : key_line)(l, p))
			return false;
	}
	if (!ferror(f))
		return true;
	at(l, 0, NULL);
	return config_fail(l->e, "%.200s: %s", l->file, strerror(errno));
}

static bool read_file(struct loader *l)
{
	FILE *f = fopen(l->file, "re");
	bool ok;

	if (!f)
		return config_fail(l->e, "%.200s: %s", l->file, strerror(errno));
	ok = read_lines(l, f);
	fclose(f);
	return ok;
}

/* One --set: section.key=value, or oper.NAME.key=value, which creates the oper if needed. */
static bool apply_setting(struct loader *l, const char *setting)
{
	char text[CONFIG_LINE_MAX], *value = text, *section, *name, *oper;
	const struct config_key *key = NULL;

	snprintf(text, sizeof(text), "%s", setting);
	oper = section = strsep(&value, "=");
	if (value && strlen(setting) < sizeof(text) &&
		strncmp(section, CONFIG_SYSCTL_SECTION ".", strlen(CONFIG_SYSCTL_SECTION ".")) == 0)
		return set_sysctl(
			l, trim(section + strlen(CONFIG_SYSCTL_SECTION ".")), trim(value));
	name = strrchr(section, '.');
	if (value && name && strlen(setting) < sizeof(text)) {
		*name++ = '\0';
		strsep(&oper, ".");
		key = config_find(section, name);
	}
	if (!key || (config_kind(key) != CONFIG_PLAIN) != (oper != NULL))
		return config_fail(l->e, "unknown key: expected section.key=value");
	l->seen[key - config_keys] = 0; /* overrides the line of the file */
	if (oper)
		l->named = find_named(l->config, config_kind(key), oper);
	return (!oper || l->named || add_named(l, key, oper)) && set(l, key, trim(value));
}

/* Reports an error in a key, at its line of the file if it has one. */
static bool fail_key(struct loader *l, const char *section, const char *name, const char *what)
{
	const struct config_key *key = config_find(section, name);

	at(l, l->seen[key - config_keys], key);
	return config_fail(l->e, "%s", what);
}

static int count_words(const char *list)
{
	char word[CONFIG_WORD_MAX];
	int n = 0;

	while (config_word(&list, word))
		n++;
	return n;
}

static bool has_web(const struct config *c)
{
	return c->web.listen[0] || c->web.listen_tls[0];
}

/* accounts.require_at names listeners that are there. */
static bool check_required(struct loader *l)
{
	const struct config *c = l->config;
	const char *list = c->accounts.require_at;
	char word[CONFIG_WORD_MAX];
	struct net_addr at = {0};
	bool only_13;

	while (config_word(&list, word)) {
		config_tls_listen(word, &at, &only_13);
		if (!config_listens(c->server.listen, &at) && !config_listens(c->tls.listen, &at) &&
			!config_listens(c->web.listen, &at) &&
			!config_listens(c->web.listen_tls, &at))
			return fail_key(l, "accounts", "require_at",
				"names an address that is no listener");
	}
	return true;
}

static bool check_listeners(struct loader *l)
{
	const struct config *c = l->config;

	if (!c->server.listen[0] && !c->tls.listen[0] && !has_web(c))
		return fail_key(l, "server", "listen",
			"no address, and none in tls.listen, web.listen or web.listen_tls either");
	if (c->tls.key[0] && count_words(c->tls.key) != count_words(c->tls.cert))
		return fail_key(l, "tls", "key", "must have as many files as tls.cert, or none");
	if (c->tls.sts && !c->tls.listen[0])
		return fail_key(l, "tls", "sts", "needs tls.listen");
	if (c->push.enabled && (!config_has_accounts(c) || !c->push.contact[0]))
		return fail_key(l, "push", "enabled",
			"needs push.contact and accounts, and these a data directory");
	if (c->files.enabled && !has_web(c))
		return fail_key(l, "files", "enabled", "needs web.listen or web.listen_tls");
	if (c->files.enabled && !config_has_accounts(c))
		return fail_key(
			l, "files", "enabled", "needs accounts, and these a data directory");
	if (c->tls.sts && !c->tls.cert[0])
		return fail_key(l, "tls", "sts",
			"needs tls.cert: clients would refuse a self-signed certificate for ever");
	return check_required(l);
}

static bool check_oper(struct loader *l, const struct config_oper *o)
{
	at(l, o->line, NULL);
	if (!o->password[0] && !o->account[0] && !o->fingerprint[0])
		return config_fail(
			l->e, "[oper %.100s]: no password, account or fingerprint", o->name);
	if (o->class[0] && !config_oper_class(l->config, o->class))
		return config_fail(
			l->e, "[oper %.100s]: there is no [oper_class %s]", o->name, o->class);
	return true;
}

static bool check_webirc(struct loader *l, const struct config_webirc *w)
{
	at(l, w->line, NULL);
	if (!w->from[0])
		return config_fail(l->e, "[webirc %.100s]: from is empty", w->name);
	if (!w->password[0] && !w->fingerprint[0])
		return config_fail(l->e, "[webirc %.100s]: no password or fingerprint", w->name);
	return true;
}

static bool check_extjwt(struct loader *l, const struct config_extjwt *x)
{
	at(l, x->line, NULL);
	return strlen(x->secret) >= CONFIG_SECRET_MIN ||
	       config_fail(l->e, "[extjwt %.100s]: secret has fewer than %d bytes", x->name,
		       CONFIG_SECRET_MIN);
}

static bool check_mail(struct loader *l)
{
	const struct config_accounts *a = &l->config->accounts;

	if (a->mail_url[0] && a->mail_command[0])
		return fail_key(l, "accounts", "mail_command", "is set, and mail_url too");
	if (config_sends_mail(l->config) && !a->mail_from[0])
		return fail_key(l, "accounts", "mail_from", "mail needs a sender");
	if (a->mail_command[0] && a->mail_command[0] != '/')
		return fail_key(l, "accounts", "mail_command", "must begin with '/'");
	if (a->mail_user[0] && !a->mail_password_file[0])
		return fail_key(l, "accounts", "mail_password_file", "mail_user needs it");
	return true;
}

static bool check_checks(struct loader *l)
{
	const struct config_accounts *a = &l->config->accounts;

	if (a->check_url[0] && a->check_command[0])
		return fail_key(l, "accounts", "check_command", "is set, and check_url too");
	if (a->check_command[0] && a->check_command[0] != '/')
		return fail_key(l, "accounts", "check_command", "must begin with '/'");
	return true;
}

static bool check_oauth(struct loader *l)
{
	const struct config_accounts *a = &l->config->accounts;

	if (a->oauth_keys[0] && a->oauth_introspect[0])
		return fail_key(l, "accounts", "oauth_introspect", "is set, and oauth_keys too");
	if (a->oauth_keys[0] && !a->oauth_issuer[0])
		return fail_key(l, "accounts", "oauth_issuer", "oauth_keys needs it");
	if (a->oauth_keys[0] && !a->oauth_audience[0])
		return fail_key(l, "accounts", "oauth_audience", "oauth_keys needs it");
	if (a->oauth_client[0] && !a->oauth_client_secret_file[0])
		return fail_key(l, "accounts", "oauth_client_secret_file", "oauth_client needs it");
	return true;
}

static bool check_cluster(struct loader *l)
{
	const struct config_cluster *c = &l->config->cluster;

	if (c->node == 0)
		return fail_key(l, "cluster", "node", "must be 1 to 1023, and another on each");
	if (!l->config->server.data[0])
		return fail_key(l, "cluster", "engine", "needs a data directory");
	if (c->user[0] && c->creds[0])
		return fail_key(l, "cluster", "creds", "is set, and cluster.user too");
	if (c->user[0] && !c->password_file[0])
		return fail_key(l, "cluster", "password_file", "cluster.user needs it");
	return true;
}

/* Checks across several values. */
static bool check_whole(struct loader *l)
{
	const struct config *c = l->config;

	for (size_t i = 0; i < c->opers.count; i++)
		if (!check_oper(l, &c->opers.at[i]))
			return false;
	for (size_t i = 0; i < c->webircs.count; i++)
		if (!check_webirc(l, &c->webircs.at[i]))
			return false;
	for (size_t i = 0; i < c->extjwts.count; i++)
		if (!check_extjwt(l, &c->extjwts.at[i]))
			return false;
	if (c->net.keepalive_idle % NSEC_SEC)
		return fail_key(l, "net", "keepalive_idle", "must be whole seconds");
	if (c->net.keepalive_interval % NSEC_SEC)
		return fail_key(l, "net", "keepalive_interval", "must be whole seconds");
	if (c->net.keepalive_idle > 0 && c->net.keepalive_interval == 0)
		return fail_key(l, "net", "keepalive_interval",
			"must not be 0 while net.keepalive_idle is not");
	if (config_has_cluster(c) && !check_cluster(l))
		return false;
	return check_mail(l) && check_checks(l) && check_oauth(l) && check_listeners(l);
}

/* Options override the file; an error names the option. */
static bool apply_options(struct loader *l, const struct config_source *from)
{
	const struct {
		const char *name, *section, *key, *value;
	} options[] = {{"listen", "server", "listen", from->listen},
		{"listen-tls", "tls", "listen", from->listen_tls},
		{"listen-web", "web", "listen", from->listen_web},
		{"listen-web-tls", "web", "listen_tls", from->listen_web_tls},
		{"data", "server", "data", from->data}};

	for (size_t i = 0; i < from->setting_count; i++) {
		at(l, 0, NULL);
		config_fail(l->e, "--set %.100s: ", from->settings[i]);
		if (!apply_setting(l, from->settings[i]))
			return false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		at(l, 0, NULL);
		config_fail(l->e, "--%s: ", options[i].name);
		if (options[i].value &&
			!set(l, config_find(options[i].section, options[i].key), options[i].value))
			return false;
	}
	return true;
}

/* On burble's stack no client could reach the loopback, which is the default. */
static bool settle_listen(struct loader *l, const struct config_source *from)
{
	const struct config *c = l->config;

	if (l->listens || !(from->stack || c->stack.device[0]))
		return true;
	return set(l, config_find("server", "listen"),
		c->tls.listen[0] || has_web(c) ? "" : STACK_LISTEN);
}

/* Sets the keys that follow from others. */
static bool settle(struct loader *l, const struct config_source *from)
{
	char url[CONFIG_WORD_MAX];

	if (!settle_listen(l, from))
		return false;
	return l->config->web.url[0] || !config_first_url(l->config, url) ||
	       set(l, config_find("web", "url"), url);
}

struct config *config_load(const struct config_source *from, struct config_error *e)
{
	struct loader l = {.file = from->path, .e = e, .config = calloc(1, sizeof(*l.config))};

	if (!l.config) {
		snprintf(e->text, sizeof(e->text), "out of memory");
		return NULL;
	}
	at(&l, 0, NULL);
	set_defaults(l.config, CONFIG_PLAIN);
	if ((!from->path || read_file(&l)) && apply_options(&l, from) && settle(&l, from) &&
		check_whole(&l))
		return l.config;
	config_free(l.config);
	return NULL;
}

void config_free(struct config *c)
{
	if (c) {
		VEC_FREE(&c->opers);
		VEC_FREE(&c->oper_classes);
		VEC_FREE(&c->webircs);
		VEC_FREE(&c->extjwts);
		VEC_FREE(&c->sysctls);
	}
	free(c);
}

static bool same_sysctls(const struct config *a, const struct config *b)
{
	if (a->sysctls.count != b->sysctls.count)
		return false;
	for (size_t i = 0; i < a->sysctls.count; i++) {
		const struct config_sysctl *x = &a->sysctls.at[i], *y = sysctl_of(b, x->name);

		if (!y || strcmp(x->value, y->value) != 0)
			return false;
	}
	return true;
}

void config_reload(struct config *c, struct config *fresh,
	void (*stuck)(void *arg, const char *key), void *arg)
{
	char name[80];

	for (const struct config_key *k = config_keys; k->name; k++) {
		void *to = (char *)c + k->offset;
		const void *from = (char *)fresh + k->offset;
		if (config_kind(k) != CONFIG_PLAIN || memcmp(to, from, k->size) == 0)
			continue;
		if (k->reload) {
			memcpy(to, from, k->size);
		} else {
			snprintf(name, sizeof(name), "%s.%s", k->section, k->name);
			stuck(arg, name);
		}
	}
	if (!same_sysctls(c, fresh))
		stuck(arg, CONFIG_SYSCTL_SECTION);
	VEC_FREE(&fresh->sysctls);
	VEC_FREE(&c->opers);
	c->opers = fresh->opers;
	VEC_FREE(&c->oper_classes);
	c->oper_classes = fresh->oper_classes;
	VEC_FREE(&c->webircs);
	c->webircs = fresh->webircs;
	VEC_FREE(&c->extjwts);
	c->extjwts = fresh->extjwts;
	free(fresh);
}
