/* config_test.c - accepted and refused configurations, error messages, and reload. */
#include "base/test/test.h"
#include "chat/config/config.h"
#include "chat/proto/password.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Writes text to a file and loads it; the file's name is removed from the error. */
static struct config *load_bytes(const char *text, size_t len, struct config_error *e)
{
	char path[] = "/tmp/burble-config-XXXXXX";
	struct config_source from = {.path = path};
	int fd = mkstemp(path);
	struct config *c;

	assert_true(fd >= 0);
	assert_true(write(fd, text, len) == (ssize_t)len);
	close(fd);
	c = config_load(&from, e);
	unlink(path);
	if (!c && strncmp(e->text, path, strlen(path)) == 0)
		memmove(e->text, e->text + strlen(path), strlen(e->text) - strlen(path) + 1);
	return c;
}

static struct config *load(const char *text, struct config_error *e)
{
	return load_bytes(text, strlen(text), e);
}

static struct config *load_settings(const char *const *settings, size_t n, struct config_error *e)
{
	struct config_source from = {.settings = settings, .setting_count = n};

	return config_load(&from, e);
}

TEST(without_a_file_every_key_has_its_default)
{
	struct config_error e;
	struct config *c = load_settings(NULL, 0, &e);

	assert_non_null(c);
	assert_string_equal(c->server.name, "irc.burble.local");
	assert_string_equal(c->server.listen, "127.0.0.1:6667");
	assert_string_equal(c->server.motd, "");
	assert_true(c->net.keepalive_idle == 60 * NSEC_SEC);
	assert_true(c->net.keepalive_interval == 5 * NSEC_SEC);
	assert_int_equal(c->net.keepalive_count, 3);
	assert_true(c->history.enabled);
	assert_int_equal(c->opers.count, 0);
	config_free(c);
}

TEST(a_file_overrides_defaults)
{
	struct config_error e;
	struct config *c =
		load("# comment\n\n  [server]\n\tname = a.b \r\nlisten = 0.0.0.0:1, [::1]:2\n"
		     "[limits]\nsendq=2M\n[net]\nping_interval = 90s\n"
		     "[oper bob]\npassword = plain:x # y ; z\nhosts = *@10.0.0.0/8 *@h\n"
		     "[oper eve]\npassword = $6$abc\n[history]\nenabled = no",
			&e);

	assert_non_null(c);
	assert_string_equal(c->server.name, "a.b");
	assert_string_equal(c->server.listen, "0.0.0.0:1 [::1]:2");
	assert_true(c->limits.sendq == 2 << 20);
	assert_true(c->net.ping_interval == 90 * NSEC_SEC);
	assert_false(c->history.enabled);
	assert_int_equal(c->opers.count, 2);
	assert_string_equal(c->opers.at[0].password, "plain:x # y ; z");
	assert_string_equal(c->opers.at[0].hosts, "*@10.0.0.0/8 *@h");
	assert_string_equal(c->opers.at[1].name, "eve");
	assert_string_equal(c->opers.at[1].hosts, "*@*");
	config_free(c);
}

TEST(settings_reach_every_section)
{
	static const char *const settings[] = {"limits.nick_length=20", "log.format=json",
		"oper.a.b.password=plain:x", "oper.a.b.hosts=*@h", "limits.sendq=1G"};
	struct config_error e;
	struct config *c = load_settings(settings, ARRAY_SIZE(settings), &e);

	assert_non_null(c);
	assert_int_equal(c->limits.nick_length, 20);
	assert_int_equal(c->log.format, 1);
	assert_string_equal(c->opers.at[0].name, "a.b");
	assert_string_equal(c->opers.at[0].hosts, "*@h");
	assert_true(c->limits.sendq == 1 << 30);
	config_free(c);
}

/* A file, and the error that names what is wrong with it. */
struct wrong {
	const char *text, *error;
};

static void expect_errors(const struct wrong *cases, size_t n)
{
	struct config_error e;

	for (size_t i = 0; i < n; i++) {
		assert_null(load(cases[i].text, &e));
		assert_string_equal(e.text, cases[i].error);
	}
}

TEST(errors_name_file_line_and_key)
{
	static const struct wrong cases[] = {
		{"\n[serve]\n", ":2: unknown section 'serve'"},
		{"[server]\nnome = x\n", ":2: unknown key 'server.nome'"},
		{"[server]\nname\n", ":2: expected [section] or key = value: 'name'"},
		{"name = x\n", ":1: no [section] before the key 'name'"},
		{"[server\n", ":1: no ']' at the end of '[server'"},
		{"[server x]\n", ":1: [server] takes no name"},
		{"[oper]\n", ":1: write [oper NAME], not '[oper]'"},
		{"[]\n", ":1: unknown section ''"},
		{"[server]\n= x\n", ":2: unknown key 'server.'"},
		{"[server]\nname = nodot\n",
			":2: server.name: 'nodot' is not a host name with a dot"},
		{"[server]\nname =\n",
			":2: server.name: '' is not a host name with a dot, 3 to 63 bytes"},
		{"[server]\nlisten = 1.2.3.4\n",
			":2: server.listen: '1.2.3.4' is not ADDRESS:PORT or [ADDRESS]:PORT with "
			"an IP address and a port of 1 to 65535"},
		{"[server]\nlisten = [1.2.3.4]:5\n",
			":2: server.listen: '[1.2.3.4]:5' is not ADDRESS:PORT or [ADDRESS]:PORT "
			"with an IP address and a port of 1 to 65535"},
		{"[server]\nlisten = ,\n", ":2: server.listen: no address, and none in tls.listen, "
					   "web.listen or web.listen_tls either"},
		{"[tls]\nlisten = 127.0.0.1:6697/1.4\n",
			":2: tls.listen: '127.0.0.1:6697/1.4' is not ADDRESS:PORT or "
			"[ADDRESS]:PORT with an IP address and a port of 1 to 65535, and perhaps "
			"/1.3"},
		{"[tls]\nlisten = 127.0.0.1:6697\ncert = a b\nkey = a\n",
			":4: tls.key: must have as many files as tls.cert, or none"},
		{"[tls]\nsts = yes\n", ":2: tls.sts: needs tls.listen"},
		{"[server]\nname = a.b\n[net]\n[server]\nname = c.d\n",
			":5: server.name: already set on line 2"},
		{"[limits]\nsendq = 12Q\n",
			":2: limits.sendq: '12Q' is not bytes (k, M, G) from 16k to 1G"},
		{"[limits]\nsendq = -1\n",
			":2: limits.sendq: '-1' is not bytes (k, M, G) from 16k to 1G"},
		{"[limits]\nnick_length = 64\n",
			":2: limits.nick_length: '64' is not a number from 9 to 63"},
		{"[limits]\nsendq = 99999999999999999999\n",
			":2: limits.sendq: '99999999999999999999' is not bytes (k, M, G) from 16k "
			"to 1G"},
		{"[net]\nping_interval = 30\n",
			":2: net.ping_interval: '30' is not a time (ms, s, m, h, d) from 1s to 1d"},
		{"[net]\nping_interval = 0\n",
			":2: net.ping_interval: '0' is not a time (ms, s, m, h, d) from 1s to 1d"},
		{"[history]\nenabled = maybe\n", ":2: history.enabled: 'maybe' is not yes or no"},
		{"[log]\nlevel = loud\n",
			":2: log.level: 'loud' is not one of debug, info, warn, error"},
		{"[oper a]\nhosts = x@y\n", ":1: [oper a]: no password, account or fingerprint"},
		{"[oper a]\nhosts = *@* foo\n", ":2: oper.hosts: 'foo' is not a mask user@host"},
		{"[oper a b]\n", ":1: an oper name is a single word, not 'a b'"},
		{"[limits]\nsendq = 4G\n",
			":2: limits.sendq: '4G' is not bytes (k, M, G) from 16k to 1G"},
		{"[net]\nkeepalive_idle = 1500ms\n",
			":2: net.keepalive_idle: must be whole seconds"},
		{"[net]\n\nkeepalive_interval = 0\n", ":3: net.keepalive_interval: must not be 0 "
						      "while net.keepalive_idle is not"},
		{"[oper a]\npassword = secret\n",
			":2: oper.password: 'secret' is not a hash ($...; 'burble chat "
			"--hash-password' makes one) or plain:PASSWORD"},
		{"[oper a]\npassword = plain:x\n[oper a]\n", ":3: duplicate oper 'a'"},
	};
	struct config_error e;

	expect_errors(cases, ARRAY_SIZE(cases));
	assert_null(load_bytes("[server]\nname\0 = x\n", 19, &e));
	assert_non_null(strstr(e.text, ":2: line too long or with a NUL byte"));
}

TEST(errors_of_what_needs_other_keys_say_which)
{
	static const struct wrong cases[] = {
		{"[files]\nenabled = yes\n",
			":2: files.enabled: needs web.listen or web.listen_tls"},
		{"[files]\nenabled = yes\n[web]\nlisten = 127.0.0.1:80\n",
			":2: files.enabled: needs accounts, and these a data directory"},
		{"[push]\nenabled = yes\n",
			":2: push.enabled: needs push.contact and accounts, and "
			"these a data directory"},
		{"[push]\ncontact = me\n",
			":2: push.contact: 'me' is not mailto:NAME@HOST or https://HOST/PATH"},
		{"[files]\ntypes = png\n", ":2: files.types: 'png' is not a media type, as "
					   "image/png, or the beginning of some, as image/"},
		{"[web]\nurl = https://x/y\n",
			":2: web.url: 'https://x/y' is not http://HOST[:PORT] "
			"or https://HOST[:PORT]"},
		{"[web]\norigins = chat.example.org\n",
			":2: web.origins: 'chat.example.org' is not * or an origin, "
			"scheme://host[:port]"},
		{"[accounts]\ncheck_command = check\n",
			":2: accounts.check_command: must begin with '/'"},
		{"[accounts]\ncheck_command = /check\ncheck_url = https://h/\n",
			":2: accounts.check_command: is set, and check_url too"},
		{"[accounts]\noauth_algorithms = RS256 none\n",
			":2: accounts.oauth_algorithms: 'none' is not one of RS256, RS384, RS512, "
			"PS256, ..., ES256, ..., HS256, ..."},
		{"[accounts]\noauth_keys = /k\noauth_issuer = i\n",
			"accounts.oauth_audience: oauth_keys needs it"},
		{"[accounts]\noauth_keys = /k\n", "accounts.oauth_issuer: oauth_keys needs it"},
		{"[accounts]\noauth_keys = /k\noauth_introspect = https://h/\n",
			":3: accounts.oauth_introspect: is set, and oauth_keys too"},
		{"[accounts]\noauth_client = c\n",
			"accounts.oauth_client_secret_file: oauth_client needs it"},
		{"[accounts]\nrequire_at = 0.0.0.0:7000\n",
			":2: accounts.require_at: names an address that is no listener"},
		{"[accounts]\ncheck_url = ftp://h/\n",
			":2: accounts.check_url: 'ftp://h/' is not http://HOST[:PORT]/PATH or "
			"https://HOST[:PORT]/PATH"},
	};

	expect_errors(cases, ARRAY_SIZE(cases));
}

#define ENGINE "[server]\ndata = /d\n[cluster]\nengine = nats://n1:4222 tls://n2:4222\n"

TEST(the_settings_of_a_cluster_are_checked_together)
{
	static const struct wrong cases[] = {
		{"[cluster]\nengine = nats://n1:4222\n",
			"cluster.node: must be 1 to 1023, and another on each"},
		{"[cluster]\nengine = nats://n1:4222\nnode = 1\n",
			":2: cluster.engine: needs a data directory"},
		{ENGINE "node = 1\nuser = u\n", "cluster.password_file: cluster.user needs it"},
		{ENGINE "node = 1\nuser = u\ncreds = /c\n",
			":7: cluster.creds: is set, and cluster.user too"},
		{"[cluster]\nengine = n1:4222\n",
			":2: cluster.engine: 'n1:4222' is not nats://HOST:PORT or tls://HOST:PORT"},
		{"[cluster]\nengine = nats://n1\n",
			":2: cluster.engine: 'nats://n1' is not nats://HOST:PORT or "
			"tls://HOST:PORT"},
		{"[cluster]\nengine = nats://u:p@n1:4222\n",
			":2: cluster.engine: 'nats://u:p@n1:4222' is not nats://HOST:PORT or "
			"tls://HOST:PORT"},
		{"[cluster]\nnode = 1024\n",
			":2: cluster.node: '1024' is not a number from 0 to 1023"},
	};

	expect_errors(cases, ARRAY_SIZE(cases));
}

TEST(an_invalid_setting_is_named)
{
	static const char *const wrong[] = {"x", "server.nome=x", "a.b=c", "limits.sendq=lots",
		"oper.password=plain:x", "=", ".=", "server.=", "server.name"};
	struct config_error e;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		assert_null(load_settings(&wrong[i], 1, &e));
		assert_true(strncmp(e.text, "--set ", 6) == 0);
		assert_non_null(strstr(e.text, wrong[i]));
	}
}

TEST(a_setting_with_an_invalid_oper_name_is_refused)
{
	const char *const setting = "oper.a b.password=plain:x";
	struct config_error e;

	assert_null(load_settings(&setting, 1, &e));
	assert_string_equal(e.text, "--set oper.a b.password=plain:x: an oper name is a single "
				    "word, not 'a b'");
}

/* An option may be longer than any line of a file. */
TEST(a_list_longer_than_any_valid_one_is_refused)
{
	char list[2 * CONFIG_LINE_MAX];
	struct config_source from = {.listen = list};
	struct config_error e;

	memset(list, ' ', sizeof(list));
	strcpy(list + sizeof(list) - 20, "127.0.0.1:1");
	assert_null(config_load(&from, &e));
	assert_int_equal(strncmp(e.text, "--listen: '   ", 14), 0);
}

/* 256 bytes: truncated, it would be another mask. */
TEST(a_word_of_a_list_that_is_too_long_is_refused)
{
	char mask[300] = "oper.a.hosts=*@", password[] = "oper.a.password=plain:x";
	const char *const settings[] = {password, mask};
	struct config_error e;

	memset(mask + strlen(mask), 'h', CONFIG_WORD_MAX - strlen("*@") - 1);
	assert_null(load_settings(settings, 2, &e));
	mask[strlen(mask) - 1] = '\0';
	struct config *c = load_settings(settings, 2, &e);
	assert_non_null(c);
	assert_string_equal(c->opers.at[0].hosts, mask + strlen("oper.a.hosts="));
	config_free(c);
}

TEST(a_missing_file_is_an_error)
{
	struct config_source from = {.path = "/nonexistent/burble.conf"};
	struct config_error e;

	assert_null(config_load(&from, &e));
	assert_string_equal(e.text, "/nonexistent/burble.conf: No such file or directory");
}

TEST(parameters_of_the_stack_are_kept_as_text)
{
	const char *const settings[] = {"sysctl.net.ipv4.tcp_sack=0", "sysctl.net.ipv4.a = b c"};
	struct config_error e;
	struct config *c = load("[sysctl]\nnet.ipv4.tcp_rmem = 4096 65536  1048576\n", &e);

	assert_non_null(c);
	assert_int_equal(c->sysctls.count, 1);
	assert_string_equal(c->sysctls.at[0].name, "net.ipv4.tcp_rmem");
	assert_string_equal(c->sysctls.at[0].value, "4096 65536  1048576");
	assert_int_equal(c->sysctls.at[0].line, 2);
	config_free(c);
	c = load_settings(settings, 2, &e);
	assert_non_null(c);
	assert_string_equal(c->sysctls.at[0].value, "0");
	assert_int_equal(c->sysctls.at[1].line, 0);
	config_free(c);
	assert_null(load("[sysctl]\na.b = 1\na.b = 2\n", &e));
	assert_string_equal(e.text, ":3: sysctl.a.b: already set on line 2");
	assert_null(load("[sysctl]\na.b =\n", &e));
	assert_string_equal(e.text, ":2: sysctl.a.b: no value, or too long a one");
	assert_null(load("[sysctl]\na b = 1\n", &e));
	assert_null(load("[sysctl x]\n", &e));
}

static void note_key(void *arg, const char *key)
{
	strcat(strcat(arg, key), " ");
}

TEST(reload_takes_what_may_change_and_names_the_rest)
{
	struct config_error e;
	struct config *c = load("[server]\nname = a.b\n[oper a]\npassword = plain:a\n", &e);
	struct config *same = load("[sysctl]\na.b = 1\n", &e),
		      *other = load("[sysctl]\na.b = 2\n", &e);
	struct config *fresh = load("[server]\nname = c.d\nmotd = /m\n[limits]\nsendq = 2M\n"
				    "nick_length = 20\n[oper b]\npassword = plain:b\n",
		&e);
	char stuck[200] = "";

	assert_non_null(c);
	assert_non_null(fresh);
	config_reload(c, fresh, note_key, stuck);
	assert_string_equal(stuck, "server.name limits.nick_length ");
	assert_string_equal(c->server.name, "a.b");
	assert_string_equal(c->server.motd, "/m");
	assert_int_equal(c->limits.nick_length, 32);
	assert_true(c->limits.sendq == 2 << 20);
	assert_int_equal(c->opers.count, 1);
	assert_string_equal(c->opers.at[0].name, "b");
	config_free(c);
	stuck[0] = '\0';
	config_reload(same, other, note_key, stuck);
	assert_string_equal(stuck, "sysctl ");
	assert_string_equal(same->sysctls.at[0].value, "1");
	config_free(same);
}

/* The output of print. The caller frees it. */
static char *printed_by(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	print(f);
	fclose(f);
	return text;
}

static char *read_whole(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, 1 << 16);

	if (!f)
		fail_msg("%s is missing", path);
	assert_true(fread(text, 1, (1 << 16) - 1, f) > 0);
	fclose(f);
	return text;
}

/* Runs in the source directory (meson.build), to find the documents. */
TEST(the_example_file_is_the_table_and_loads)
{
	char *printed = printed_by(config_print_example);
	char *kept = read_whole("contrib/burble-chat.conf");
	struct config_error e;
	struct config *c;

	assert_string_equal(kept, printed); /* to update: build/burble chat --print-config > it */
	c = load(printed, &e);
	if (!c)
		fail_msg("%s", e.text);
	config_free(c);
	free(printed);
	free(kept);
}

TEST(the_man_page_holds_the_table)
{
	char *printed = printed_by(config_print_man), *kept = read_whole("man/burble-chat.1");

	assert_non_null(strstr(kept, printed));
	free(printed);
	free(kept);
}

TEST(the_address_for_browsers_follows_from_the_listeners)
{
	static const struct {
		const char *listen, *listen_tls, *url;
	} rows[] = {
		{"web.listen=127.0.0.1:8080", "web.listen_tls=", "http://127.0.0.1:8080"},
		{"web.listen=0.0.0.0:80", "web.listen_tls=", "http://localhost"},
		{"web.listen=[::]:443", "web.listen_tls=", "http://localhost:443"},
		{"web.listen=127.0.0.1:80", "web.listen_tls=0.0.0.0:443/1.3", "https://irc.x.org"},
		{"web.listen=", "web.listen_tls=[2001:db8::1]:444 192.0.2.1:443",
			"https://[2001:db8::1]:444"},
		{"web.listen=", "web.listen_tls=", ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *settings[] = {
			rows[i].listen, rows[i].listen_tls, "server.name=irc.x.org", "web.url="};
		struct config_error e;
		struct config *c = load_settings(settings, 4, &e);

		assert_non_null(c);
		assert_string_equal(c->web.url, rows[i].url);
		config_free(c);
		settings[3] = "web.url=https://chat.example.org";
		c = load_settings(settings, 4, &e);
		assert_string_equal(c->web.url, "https://chat.example.org");
		config_free(c);
	}
}

TEST(a_hashed_password_is_recognized)
{
	char hash[PASSWORD_HASH_MAX];

	assert_true(password_hash(hash, "secret"));
	assert_true(password_check(hash, "secret"));
	assert_false(password_check(hash, "Secret"));
	assert_false(password_check(hash, ""));
	assert_true(password_check("plain:secret", "secret"));
	assert_false(password_check("plain:secret", "secretsecret"));
	assert_false(password_check("plain:secret", ""));
	assert_false(password_check("$9$nonsense", "secret"));
	assert_false(password_check("*", "secret"));
}
