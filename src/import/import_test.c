/* import_test.c - files of Ergo and Atheme: whole, cut short, and lying. */
#include "import/atheme.h"
#include "import/ergo.h"
#include "import/plan.h"

#include "base/test/test.h"
#include "chat/accounts/account.h"
#include "chat/model/channel.h"

#define HASH "$z$5$1000$saltsalt$TYUPsn0qw5IGerHaZSYrY+/y4/eGDzMkPupk67435wE="
#define CERT "0123456789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF"

enum {
	SEEN_MAX = 1 << 16,
};

/* Records as text, a line each: table, texts, first number; and the report of other rows. */
struct seen {
	struct import im;
	struct import_counts n;
	char written[SEEN_MAX], skipped[SEEN_MAX];
	size_t len;
	const char *wrong;
	char why[IMPORT_WHY_MAX];
};

static bool has(void *arg, enum store_table table, const char *key)
{
	const struct seen *s = arg;
	char line[STORE_RECORD_TEXT_MAX];

	snprintf(line, sizeof(line), "\n%d %s|", (int)table, key);
	return strstr(s->written, line) || strcmp(key, "here") == 0;
}

static bool put(void *arg, const struct store_record *r)
{
	struct seen *s = arg;

	s->len += (size_t)snprintf(s->written + s->len, SEEN_MAX - s->len, "%d ", (int)r->table);
	for (int i = 0; i < STORE_RECORD_TEXTS; i++)
		s->len += (size_t)snprintf(s->written + s->len, SEEN_MAX - s->len, "%.*s|",
			(int)r->text[i].len, r->text[i].p ? r->text[i].p : "");
	s->len += (size_t)snprintf(
		s->written + s->len, SEEN_MAX - s->len, "%lld\n", (long long)r->number[0]);
	return true;
}

static struct seen *run_bytes(bool ergo, const char *file, size_t len)
{
	struct seen *s = calloc(1, sizeof(*s));
	struct siphash_key key = {1, 2};
	struct verifier_cost cost = {8192, 1, 4096};
	struct import_to to = {has, put, s, 1700000000000, &cost};
	FILE *report = fmemopen(s->skipped, SEEN_MAX, "w");

	s->written[0] = '\n';
	s->len = 1;
	import_init(&s->im, &key, report);
	s->im.now_ms = to.now_ms;
	s->im.written_ms = to.now_ms - 100000;
	s->wrong = ergo ? ergo_read(&s->im, file, len, s->why) : atheme_read(&s->im, file, len);
	if (!s->wrong)
		assert_true(import_write(&s->im, &to, &s->n));
	fclose(report);
	return s;
}

static struct seen *run(bool ergo, const char *file)
{
	return run_bytes(ergo, file, strlen(file));
}

static void done(struct seen *s)
{
	import_free(&s->im);
	free(s);
}

static void wrote(const struct seen *s, const char *line)
{
	if (!strstr(s->written, line))
		fail_msg("no record \"%s\" in:%s", line, s->written);
}

static void skipped(const struct seen *s, const char *line)
{
	if (!strstr(s->skipped, line))
		fail_msg("\"%s\" is not reported:\n%s", line, s->skipped);
}

/* --- Atheme --- */

TEST(an_account_of_atheme_comes_with_its_nicks_certificate_and_state)
{
	struct seen *s = run(false,
		"DBV 12\nCF +AFORVabefhiorstv\nTS 1700000000\n"
		"MU AAAAAAAAA Ann " HASH " ann@example.com 1600000000 1650000000 +sC default\n"
		"MDU Ann private:usercloak ann.example\nMDU Ann private:freeze:freezer root\n"
		"MN Ann Ann 1600000000 1650000000\nMN Ann annie 1600000001 1650000000\n"
		"MCFP Ann " CERT "\nMCFP Ann 0123\n");

	assert_null(s->wrong);
	wrote(s, "\n0 ann|Ann|" HASH "||ann@example.com||12\n"); /* suspended, mail confirmed */
	wrote(s, "\n1 annie|annie|ann||||1600000001000\n");
	wrote(s, "\n2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef|ann|");
	wrote(s, "\n10 ann|vhost|ann.example|on|||0\n");
	skipped(s, "line 10: MCFP Ann 0123: not a SHA-256 fingerprint");
	assert_int_equal(s->n.accounts + s->n.nicks + s->n.certs, 3);
	assert_int_equal(s->im.skipped, 1);
	done(s);
}

TEST(a_channel_of_atheme_comes_with_founder_ranks_masks_topic_and_locks)
{
	struct seen *s = run(false,
		"DBV 12\nMU A ann " HASH " noemail 1 2 +C default\n"
		"MU B bob " HASH " noemail 1 2 +C default\nMU C eve " HASH
		" noemail 1 2 +C default\n"
		"MC #Chat 1600000000 1600000001 +v 129 16 5 secret\n"
		"CA #Chat bob +Aov 1600000002 ann\nCA #Chat ann +AFRfiorstv 1600000000 *\n"
		"CA #Chat *!*@bad.example +b 1600000003 ann\nCA #Chat eve +b 1600000003 ann\n"
		"CA #Chat *!*@good.example +o 1600000003 ann\nCA #Chat !group +o 1 ann\n"
		"CA #Chat ghost +o 1 ann\n"
		"MDC #Chat private:topic:setter bob\nMDC #Chat private:topic:text  two  words \n"
		"MDC #Chat url https://example.com\n");

	assert_null(s->wrong);
	/* i, s and t, not n; with key and limit */
	wrote(s, "\n5 #chat|#Chat|ann| two  words |bob|secret|794\n");
	wrote(s, "\n6 #chat|bob|||||4\n");
	wrote(s, "\n7 #chat|b|*!*@bad.example|ann||");
	wrote(s, "\n7 #chat|b|a:eve|ann||");
	skipped(s, "CA #Chat *!*@good.example: a rank of a mask");
	skipped(s, "CA #Chat !group: a group");
	skipped(s, "CA #Chat ghost: of an account that is not taken");
	skipped(s, "MDC #Chat url: burble has no place for it");
	assert_int_equal(s->n.channels + s->n.ranks + s->n.masks, 4);
	done(s);
}

TEST(the_older_forms_of_atheme_are_read_and_a_password_in_clear_is_hashed)
{
	struct seen *s = run(false, "DBV 8\nMU ann tea ann@example.com 1 2 +s default\n");

	assert_null(s->wrong);
	wrote(s, "\n0 ann|ann|$argon2id$");
	assert_null(strstr(s->written, "tea"));
	done(s);
	s = run(false, "DBV 13\n");
	assert_non_null(s->wrong);
	done(s);
	s = run(false, "MU A ann x y 1 2 +C\n");
	assert_non_null(s->wrong);
	done(s);
}

TEST(rows_of_atheme_that_lie_are_named_and_the_others_taken)
{
	struct seen *s = run(false,
		"DBV 12\r\nMU A ann " HASH " not@mail 1 2 +C default\r\n"
		"MU B ANN " HASH " noemail 1 2 +C default\nMU C new " HASH
		" noemail 1 2 +CW default\n"
		"MU D nickserv " HASH " noemail 1 2 +C default\nMU E a!b " HASH
		" noemail 1 2 +C x\n"
		"MU F here " HASH
		" noemail 1 2 +C default\nMU G dear $2a$31$x noemail 1 2 +C default\n"
		"MU H \xff " HASH " noemail 1 2 +C default\nMU I '; " HASH
		" noemail 1 2 +C default\n"
		"MN ann here 1 2\nMN ann dear 1 2\nMN ghost g 1 2\nMN ann nick 1 2\nMN dear NICK 1 "
		"2\n"
		"MU\nMC\nCA\nMDC\nMN\n\n#\nWHAT is this\nSO ann class +x secret\n"
		"MC #x 1 1 + 0 0 0\nMC #lost 1 1 + 0 0 0 a,b\nMC no 1 1 + 0 0 0\nCA no ann +F 1 *\n"
		"MC #k 1 1 + 0 0 0 a,b\nCA #k ann +F 1 *\nMDC #k private:topic:text a\rb\n"
		"CA #k :bad +b 1 *\n");

	assert_null(s->wrong);
	wrote(s, "\n0 ann|ann|" HASH "||||0\n");
	wrote(s, "\n0 dear|dear|||||0\n"); /* must be reset */
	wrote(s, "\n1 nick|nick|ann|");
	wrote(s, "\n5 #k|#k|ann||||");
	skipped(s, "mail address of ann: not a valid one");
	skipped(s, "line 3: MU ANN: the account is in the file already");
	skipped(s, "line 4: MU new: the account was never verified");
	skipped(s, "account nickserv: the name of a service");
	skipped(s, "account a!b: not a nick");
	skipped(s, "account here: an account or a grouped nick has that name already");
	skipped(s, "password of dear: ");
	skipped(s, "account ?: not a nick");
	skipped(s, "grouped nick dear: an account or");
	skipped(s, "grouped nick NICK: an account or");
	skipped(s, "line 24: SO ann class: operators are in");
	skipped(s, "channel #x: neither its founder");
	skipped(s, "channel no: not a channel name");
	skipped(s, "key of #k: not a key");
	skipped(s, "line 31: too long, or not text");
	assert_null(strstr(s->skipped, "secret"));
	assert_int_equal(s->n.accounts, 2);
	done(s);
}

TEST(hosts_of_atheme_come_along_and_those_that_are_none_here_are_named)
{
	struct seen *s = run(false,
		"DBV 12\nMU A ann " HASH " noemail 1 2 +C default\nMU B bob " HASH
		" noemail 1 2 +C default\nMDU ann private:usercloak staff/ann\n"
		"MDU ann private:usercloak:annie annie.example\n"
		"MDU bob private:usercloak 192.0.2.1\nHR bob bob.example 1600000000 bob\n"
		"HR ann a!b 1600000000 ann\nHR ghost ghost.example 1600000000 ghost\n"
		"MDU ann private:host:actual ann@192.0.2.7\n");

	assert_null(s->wrong);
	wrote(s, "\n10 ann|vhost|staff/ann|on|||0\n");
	wrote(s, "\n10 bob|vhost-wanted|bob.example||||1600000000000\n");
	skipped(s, "private:usercloak:annie: a host of one nick");
	skipped(s, "host of bob: not a host that burble allows");
	skipped(s, "host wanted by ann: not a host");
	skipped(s, "HR ghost ghost.example: of an account that is not taken");
	assert_int_equal(s->n.hosts, 1);
	assert_int_equal(s->n.wanted, 1);
	assert_int_equal(s->im.skipped, 4); /* the report omits where ann was last */
	done(s);
}

TEST(bans_of_atheme_become_klines_in_the_form_of_this_server)
{
	struct seen *s = run(false,
		"DBV 12\nKID 8\nKL 1 * 192.0.2.7 0 1600000000 root spam from here\n"
		"KL 2 ~X *.Bad.example 200000000 1600000000 root\n"
		"KL 3 * 192.0.2.99 60 1600000000 root ended\nKL 4 * * 0 1600000000 root all\n"
		"KL 5 * 192.0.2.7 0 1600000000 root twice\n"
		"KL 6 * \xff 0 1600000000 root no text\nKL 7\nKL 8 * 192.0.2.0/99 0 1 root net\n"
		"QL 1 nick* 0 1600000000 root nicks\nXL 1 Real 0 1600000000 root names\n");

	assert_null(s->wrong);
	wrote(s, "\n12 1|*@192.0.2.7|spam from here|root|||1600000000000\n");
	wrote(s, "\n12 1|~x@*.bad.example|No reason given|root|||1600000000000\n");
	skipped(s, "K-line *@192.0.2.99: it has ended");
	skipped(s, "K-line *@*: this mask would cover everybody");
	skipped(s, "K-line *@192.0.2.7: there is such a ban already");
	skipped(s, "K-line *@?: no address");
	skipped(s, "K-line *@192.0.2.0/99: no address");
	skipped(s, "QL 1 nick*: burble has no list of forbidden nicks");
	skipped(s, "XL 1 Real: burble has no bans of real names");
	assert_int_equal(s->n.klines, 2);
	assert_int_equal(s->im.skipped, 8);
	done(s);
}

TEST(what_an_operator_closed_and_what_was_for_a_time_does_not_come_back_otherwise)
{
	struct seen *s = run(false,
		"DBV 12\nMU A ann " HASH " noemail 1 2 +C default\n"
		"MC #shut 1 1 +v 0 0 0\nCA #shut ann +F 1 *\nMDC #shut private:close:closer root\n"
		"MC #open 1 1 +v 4097 0 0\nCA #open ann +F 1 *\nCA #open a!*@* +b 1 ann\n"
		"MDA #open a!*@* expires 1796142366\nCA #open b!*@* +b 1 ann\n"
		"MDA #open b!*@* reason why\nMDA #ghost b!*@* expires 1\nMDA #shut x expires 1\n");

	assert_null(s->wrong);
	assert_null(strstr(s->written, "#shut"));
	skipped(s, "channel #shut: an operator closed it");
	skipped(s, "a!*@* #open: it was set for a time");
	skipped(s, "MDA #open b!*@*: burble keeps no reason");
	skipped(s, "locked modes 0x1000 of #open: which they are depends");
	wrote(s, "\n7 #open|b|b!*@*|ann||");
	assert_int_equal(s->n.masks, 1);
	done(s);
}

/* --- Ergo --- */

static void add(char *file, const char *key, const char *value)
{
	sprintf(file + strlen(file), "*3\r\n$3\r\nset\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(key),
		key, strlen(value), value);
}

static void begin(char *file, const char *version)
{
	file[0] = '\0';
	add(file, "0 AP9VDdQKv3n1mI5ZYY3bVw", version);
}

/* bcrypt of SHA3-512, and the keys of SCRAM, as Ergo writes them. */
#define CREDENTIALS                                                                                \
	"{\"Version\":1,\"PassphraseHash\":"                                                       \
	"\"JDJhJDA1JGFiY2RlZmdoaWprbG1ub3BxcnN0dXVlR1h0UlJaWFEvRmZJNVgvWXJFYUc4b2VFVjRNai5p\","    \
	"\"Certfps\":[\"" CERT "\",\"12\"],\"Salt\":\"AAECAwQFBgcICQoLDA0ODw==\",\"Iters\":4096,"  \
	"\"StoredKey\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\","                          \
	"\"ServerKey\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}"

static void add_account(char *file, const char *name)
{
	char key[100];

	sprintf(key, "account.exists %s", name);
	add(file, key, "1");
	sprintf(key, "account.verified %s", name);
	add(file, key, "1");
	sprintf(key, "account.credentials %s", name);
	add(file, key, CREDENTIALS);
}

TEST(an_account_of_ergo_comes_with_hash_scram_nicks_mail_and_its_always_on_user)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	add_account(file, "ann");
	add(file, "account.name ann", "Ann");
	add(file, "account.registered.time ann", "1600000000000000000");
	add(file, "account.additionalnicks ann", "annie,anna");
	add(file, "account.settings ann", "{\"AlwaysOn\":4,\"Email\":\"ann@example.com\"}");
	add(file, "account.lastseen ann", "{\"\":\"2023-11-14T22:13:20.123456789Z\"}");
	add(file, "account.channeltomodes ann", "{\"#Chat\":{\"Modes\":\"qo\",\"JoinTime\":1}}");
	add(file, "account.realname ann", "Ann E.");
	add_account(file, "eve");
	add(file, "account.settings eve", "{\"AlwaysOn\":4}");
	add(file, "account.realname eve", "Eve\r\nKILL ann");
	add(file, "account.vhost ann", "{\"ApprovedVHost\":\"a.example\",\"Enabled\":true}");
	add(file, "account.exists old", "1");
	add(file, "account.unregistered old", "1");
	s = run(true, file);
	assert_null(s->wrong);
	wrote(s, "\n0 ann|Ann|sha3$2a$05$abcdefghijklmnopqrstuueGXtRRZXQ/FfI5X/YrEaG8oeEV4Mj.i|"
		 "SCRAM-SHA-256$4096:AAECAwQFBgcICQoLDA0ODw==$AAEC");
	wrote(s, "|ann@example.com||264\n"); /* always on, mail confirmed */
	wrote(s, "\n0 old|old|||||1\n");
	wrote(s, "\n1 annie|annie|ann|");
	wrote(s, "\n1 anna|anna|ann|");
	wrote(s, "\n8 ann|Ann|user|a.example|Ann E.||");
	wrote(s, "\n8 eve|eve|user|imported|eve||"); /* not a second line */
	wrote(s, "\n9 ann|#chat|#Chat||||");
	skipped(s, "a certificate of ann: not a SHA-256");
	wrote(s, "\n10 ann|vhost|a.example|on|||0\n");
	assert_int_equal(s->n.certs, 1);
	done(s);
}

TEST(a_channel_of_ergo_comes_with_ranks_modes_masks_and_topic)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	add(file, "1 qta40HS1Q0uhF-kQcfte5Q",
		"{\"Name\":\"#Chat\",\"RegisteredAt\":\"2023-11-14T22:13:20Z\",\"Founder\":\"ann\","
		"\"Topic\":\"hi\",\"TopicSetBy\":\"ann\",\"TopicSetTime\":\"2023-11-14T22:13:20Z\","
		"\"Modes\":[110,116,109,69],\"Key\":\"k\",\"UserLimit\":7,\"Forward\":\"#other\","
		"\"Settings\":{\"History\":1,\"QueryCutoff\":0},"
		"\"AccountToUMode\":{\"ann\":113,\"bob\":104,\"ghost\":111},"
		"\"Bans\":{\"*!*@bad.example\":{\"TimeCreated\":\"2023-11-14T22:13:20Z\"}},"
		"\"Excepts\":{\"a\\r\\nb!*@*\":{}},\"Invites\":{\"in!*@*\":{}}}");
	add(file, "1 k", "{\"Name\":\"#kept\",\"Founder\":\"ann\",\"Settings\":{\"History\":3}}");
	add(file, "1 m", "{\"Name\":\"#memory\",\"Founder\":\"ann\",\"Settings\":{\"History\":2}}");
	add(file, "2 x", "{}");
	add_account(file, "ann");
	add_account(file, "bob");
	s = run(true, file);
	assert_null(s->wrong);
	wrote(s, "\n5 #chat|#Chat|ann|hi|ann|k|775\n");
	wrote(s, "\n6 #chat|bob|||||8\n");
	wrote(s, "\n7 #chat|b|*!*@bad.example|*||");
	wrote(s, "\n7 #chat|I|in!*@*|*||");
	wrote(s, "\n7 #chat|h||off||");
	wrote(s, "\n7 #kept|h||on||");
	skipped(s, "history of #memory: burble keeps it on the disk");
	skipped(s, "modes E of #Chat: burble has no such modes");
	skipped(s, "b!*@* #Chat: not a mask");
	skipped(s, "forward of #Chat");
	skipped(s, "rank of ghost in #Chat: of an account");
	skipped(s, "2 x: a purged channel");
	skipped(s, "certificate of bob: an account has it already");
	done(s);
}

TEST(later_commands_of_ergos_file_replace_and_delete_earlier_ones)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	add_account(file, "ann");
	add_account(file, "bob");
	add(file, "account.name ann", "ANN");
	add(file, "account.name ann", "aNN");
	strcat(file, "*2\r\n$3\r\ndel\r\n$18\r\naccount.exists bob\r\n");
	strcat(file, "*5\r\n$3\r\nset\r\n$1\r\nx\r\n$1\r\ny\r\n$2\r\nae\r\n$10\r\n1800000000\r\n");
	strcat(file, "*3\r\n$3\r\nset\r\n$22\r\naccount.exi");
	s = run(true, file);
	assert_null(s->wrong);
	wrote(s, "\n0 ann|aNN|");
	assert_null(strstr(s->written, "bob"));
	skipped(s, "x: burble has no place");
	skipped(s, "the last command: the file ends within it");
	done(s);
	begin(file, "24");
	add_account(file, "ann");
	strcat(file, "*1\r\n$7\r\nflushdb\r\n");
	s = run(true, file);
	assert_non_null(s->wrong); /* the version is gone, too */
	done(s);
}

TEST(a_file_that_is_not_ergos_is_refused_with_the_place)
{
	static const char *const bad[] = {"", "hello", "*x\r\n", "*3\n$3\n", "*0\r\n", "*9\r\n",
		"*99999999999\r\n", "*1\r\n$x\r\n", "*1\r\n$3\r\nsetxx", "*1\r\n$4\r\nwhat\r\n",
		"*1\r\n*1\r\n", "SQLite format 3"};
	char file[SEEN_MAX];
	struct seen *s;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		s = run(true, bad[i]);
		assert_non_null(s->wrong);
		done(s);
	}
	for (int version = 20; version <= 25; version++) {
		char text[8];

		sprintf(text, "%d", version);
		begin(file, text);
		s = run(true, file);
		assert_int_equal(!s->wrong, version >= 23 && version <= 24);
		done(s);
	}
}

TEST(values_of_ergo_that_lie_cost_what_they_hold_and_no_more)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	for (int i = 0; i < 4; i++) {
		static const char *const values[] = {"[]", "{\"Version\":1,\"PassphraseHash\":7}",
			"{\"Version\":0,\"PassphraseHash\":\"AAAA\"}", "\xff"};
		char name[8], key[64];

		sprintf(name, "u%d", i);
		add_account(file, name);
		sprintf(key, "account.credentials %s", name);
		add(file, key, values[i]);
		sprintf(key, "account.settings %s", name);
		add(file, key, "{\"Email\":\"a@b\\nBcc: c@d.example\",\"AlwaysOn\":\"x\"}");
		sprintf(key, "account.channeltomodes %s", name);
		add(file, key, "{\"no\":{},\"#x y\":7}");
	}
	add_account(file, "a b");
	add(file, "1 a", "{\"Name\":\"#x\\u0000y\",\"Founder\":\"u0\"}");
	add(file, "1 b", "{\"Name\":7}");
	add(file, "1 c",
		"{\"Name\":\"#y\",\"Founder\":\"u0\",\"Modes\":7,\"Bans\":[1],\"Topic\":"
		"\"a\\nb\"}");
	add(file, "1 d", "{\"Name\":\"#Y\",\"Founder\":\"u1\"}");
	s = run(true, file);
	assert_null(s->wrong);
	for (int i = 0; i < 4; i++) {
		char line[64];

		sprintf(line, "\n0 u%d|u%d|||||0\n", i, i);
		wrote(s, line);
	}
	wrote(s, "\n5 #y|#y|u0||||0\n");
	skipped(s, "account a b: not a nick");
	skipped(s, "1 b: a channel without a name");
	skipped(s, "1 d: the channel is in the file already");
	assert_int_equal(s->n.channels, 1);
	done(s);
}

TEST(bans_of_ergo_come_with_their_kind_and_end_and_what_differs_is_named)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	add(file, "bans.dlinev2 192.0.2.7/32", "{\"reason\":\"spam\",\"oper_name\":\"root\"}");
	add(file, "bans.dlinev2 198.51.100.0/24",
		"{\"reason\":\"\",\"oper_reason\":\"secret\",\"TimeCreated\":\"2023-11-14T22:13:"
		"20Z\","
		"\"Duration\":3600000000000}");
	add(file, "bans.dlinev2 2001:db8::/48", "{\"RequireSASL\":true,\"reason\":\"log in\"}");
	add(file, "bans.dlinev2 203.0.113.9/32",
		"{\"reason\":\"ended\",\"TimeCreated\":\"2023-11-14T22:13:19Z\",\"Duration\":1}");
	add(file, "bans.dlinev2 0.0.0.0/0", "{\"reason\":\"all\"}");
	add(file, "bans.dlinev2 none", "{\"reason\":\"none\"}");
	add(file, "bans.dlinev2 192.0.2.8", "[]");
	add(file, "bans.klinev2 *!*@Evil.example", "{\"reason\":\"a\\r\\nb\",\"oper_name\":7}");
	add(file, "bans.klinev2 bot*!*@*", "{\"reason\":\"bots\"}");
	add(file, "bans.klinev2 *!*@*", "{\"reason\":\"all\"}");
	s = run(true, file);
	assert_null(s->wrong);
	wrote(s, "\n12 2|192.0.2.7|spam|root|||1700000000000\n");
	wrote(s, "\n12 2|198.51.100.0/24|No reason given|imported|||1700000000000\n");
	wrote(s, "\n12 1|*@evil.example|No reason given|imported|||");
	skipped(s, "operators' note on 198.51.100.0/24: a ban here has only");
	skipped(s, "D-line 2001:db8::/48: who logs in was let in");
	skipped(s, "D-line 203.0.113.9/32: it has ended");
	skipped(s, "D-line 0.0.0.0/0: this mask would cover everybody");
	skipped(s, "D-line none: no address");
	skipped(s, "bans.dlinev2: malformed");
	wrote(s, "\n12 1|bot*!*@*|bots|");
	skipped(s, "K-line *!*@*: this mask would cover everybody");
	assert_null(strstr(s->skipped, "secret"));
	assert_int_equal(s->n.dlines, 2);
	assert_int_equal(s->n.klines, 2);
	done(s);
}

TEST(what_had_ended_in_ergos_file_is_not_there)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	add_account(file, "ann");
	add_account(file, "bob");
	/* the test's clock stands at 1700000000 s, and the file was written 100 s before */
	for (int i = 0; i < 4; i++) {
		static const char *const ends[4][2] = {
			{"ae", "1700000000"}, {"ae", "1700000001"}, {"ex", "100"}, {"ex", "101"}};
		static const char *const keys[4] = {"account.suspended ann",
			"account.suspended bob", "account.vhost ann", "account.vhost bob"};
		const char *value = "{\"ApprovedVHost\":\"a.example\",\"Enabled\":true}";

		sprintf(file + strlen(file),
			"*5\r\n$3\r\nset\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n$2\r\n%s\r\n$%zu\r\n%s\r\n",
			strlen(keys[i]), keys[i], strlen(value), value, ends[i][0],
			strlen(ends[i][1]), ends[i][1]);
	}
	s = run(true, file);
	assert_null(s->wrong);
	assert_int_equal(s->n.suspended, 1);
	assert_int_equal(s->n.hosts, 1);
	wrote(s, "\n10 bob|vhost|a.example|on|");
	done(s);
}

TEST(settings_and_modes_of_ergos_users_come_along_or_are_named)
{
	char file[SEEN_MAX];
	struct seen *s;

	begin(file, "24");
	add_account(file, "ann");
	add(file, "account.settings ann",
		"{\"AlwaysOn\":4,\"Email\":\"\",\"DMHistory\":1,\"AutoAway\":0,\"AutoreplayLines\":"
		"null,"
		"\"AutoreplayMissed\":false}");
	add(file, "account.modes ann", "iRoZ");
	add(file, "account.suspended ann", "{\"Duration\":1000000000}");
	add(file, "account.pushsubscriptions ann", "null");
	add(file, "account.readmarkers ann", "{}");
	s = run(true, file);
	assert_null(s->wrong);
	wrote(s, "\n0 ann|ann|sha3");
	wrote(s, "||1026\n"); /* of the user, +iR */
	skipped(s, "setting DMHistory of ann: burble has no such setting");
	skipped(s, "end of account.suspended ann: a suspension here lasts");
	skipped(s, "account.readmarkers ann: burble has no place");
	assert_null(strstr(s->skipped, "Auto"));
	assert_null(strstr(s->skipped, "push"));
	done(s);
}
