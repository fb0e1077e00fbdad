/* ban.c - tables of K-lines, D-lines and bans of accounts. */
#include "chat/model/ban.h"

#include "chat/proto/addr_text.h"
#include "chat/proto/casemap.h"
#include "chat/proto/glob.h"

#include <stdio.h>
#include <stdlib.h>

/* A mask, parsed and normalized. */
struct parsed {
	char mask[BAN_MASK_MAX]; /* "nick!user@host", the network of a D-line, or "a:account" */
	char nick[BAN_MASK_MAX], user[BAN_MASK_MAX], host[BAN_MASK_MAX];
	bool is_net;
	struct net_addr net;
	uint32_t bits;
};

/* The lookup key of a network. */
struct net_key {
	struct net_addr net;
	uint32_t bits;
	enum ban_kind kind;
	const struct ban_subject *subject; /* NULL for a D-line */
	int64_t wall_ms;
};

const char *ban_result_text(enum ban_result r)
{
	static const char *const texts[] = {"done",
		"no address, no user@host mask and no a:account", "this mask would cover everybody",
		"there are too many bans", "out of memory", "there is no such ban"};
	_Static_assert(ARRAY_SIZE(texts) == BAN_RESULT_COUNT, "a text a result");

	assert(r < BAN_RESULT_COUNT);
	return texts[r];
}

void bans_init(struct bans *b, const struct siphash_key *key)
{
	memset(b, 0, sizeof(*b));
	b->key = *key;
	list_init(&b->all);
	list_init(&b->masks);
	hash_init(&b->nets);
	hash_init(&b->by_mask);
}

static uint32_t net_hash(const struct bans *b, const struct net_addr *net, uint32_t bits)
{
	uint64_t a, c;

	memcpy(&a, net->ip, sizeof(a));
	memcpy(&c, net->ip + sizeof(a), sizeof(c));
	return (uint32_t)siphash_2u64(a ^ bits, c ^ ((uint64_t)net->family << 32), &b->key);
}

static uint32_t *prefix_count(struct bans *b, const struct ban *ban)
{
	return &(ban->net.family == 4 ? b->prefixes4 : b->prefixes6)[ban->bits];
}

static void drop(struct bans *b, struct ban *ban)
{
	if (ban->is_net) {
		hash_remove(&b->nets, &ban->nets);
		(*prefix_count(b, ban))--;
	}
	hash_remove(&b->by_mask, &ban->by_mask);
	b->with_nick -= *ban->nick != '\0';
	list_del(&ban->masks);
	list_del(&ban->all);
	b->count--;
	free(ban);
}

void bans_free(struct bans *b)
{
	while (!list_empty(&b->all))
		drop(b, list_entry(b->all.next, struct ban, all));
	hash_free(&b->nets);
	hash_free(&b->by_mask);
}

/* Whether the mask is nothing but wildcards. */
static bool covers_all(const char *mask)
{
	return *mask && mask[strspn(mask, "*?")] == '\0' && strchr(mask, '*');
}

/* The canonical form of the network; a single address has no /BITS. */
static void print_net(struct parsed *p, char out[BAN_MASK_MAX])
{
	char text[ADDR_TEXT_MAX];

	addr_print(&p->net, text);
	if (p->bits == (p->net.family == 4 ? 32u : 128u))
		snprintf(out, BAN_MASK_MAX, "%s", text);
	else
		snprintf(out, BAN_MASK_MAX, "%s/%u", text, p->bits);
}

static bool parse_net(struct parsed *p, const char *text)
{
	p->is_net = addr_parse_cidr(&p->net, &p->bits, text);
	if (p->is_net)
		p->net = addr_prefix(&p->net, p->bits);
	return p->is_net;
}

/* An address followed by an invalid prefix length: as a host mask it would match no user. */
static bool is_broken_net(const char *host)
{
	const char *slash = strchr(host, '/');
	char text[BAN_MASK_MAX];
	struct net_addr net;
	uint32_t bits;

	if (!slash)
		return false;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - host), host);
	return addr_parse_cidr(&net, &bits, text) && !addr_parse_cidr(&net, &bits, host);
}

static void fold(char *text)
{
	for (; *text; text++)
		*text = case_fold(*text);
}

static enum ban_result parse_user(struct parsed *p, const char *text)
{
	const char *at = strrchr(text, '@'),
		   *bang = at ? memchr(text, '!', (size_t)(at - text)) : NULL;
	const char *user = bang ? bang + 1 : text;
	int n;

	if (!at || at == user || bang == text || !at[1] || is_broken_net(at + 1))
		return BAN_BAD_MASK;
	snprintf(p->nick, sizeof(p->nick), "%.*s", bang ? (int)(bang - text) : 0, text);
	if (covers_all(p->nick))
		p->nick[0] = '\0';
	snprintf(p->user, sizeof(p->user), "%.*s", (int)(at - user), user);
	if (parse_net(p, at + 1))
		print_net(p, p->host);
	else
		snprintf(p->host, sizeof(p->host), "%s", at + 1);
	if (!*p->nick && covers_all(p->user) &&
		(covers_all(p->host) || (p->is_net && p->bits == 0)))
		return BAN_TOO_WIDE;
	n = snprintf(p->mask, sizeof(p->mask), "%s%s%s@%s", p->nick, *p->nick ? "!" : "", p->user,
		p->host);
	fold(p->mask);
	return n < (int)sizeof(p->mask) ? BAN_OK : BAN_BAD_MASK;
}

static enum ban_result parse_account(struct parsed *p, const char *text)
{
	if ((text[0] != 'a' && text[0] != 'A') || text[1] != ':' || !text[2] ||
		strpbrk(text + 2, "!@*?:,"))
		return BAN_BAD_MASK;
	snprintf(p->mask, sizeof(p->mask), "%s", text);
	fold(p->mask);
	return BAN_OK;
}

static enum ban_result parse(struct parsed *p, enum ban_kind kind, struct store_text mask)
{
	char text[BAN_MASK_MAX];

	memset(p, 0, sizeof(*p));
	if (mask.len == 0 || mask.len >= sizeof(text))
		return BAN_BAD_MASK;
	for (size_t i = 0; i < mask.len; i++)
		if (mask.p[i] <= ' ' || mask.p[i] == 127)
			return BAN_BAD_MASK;
	memcpy(text, mask.p, mask.len);
	text[mask.len] = '\0';
	if (kind == BAN_USER)
		return parse_user(p, text);
	if (kind == BAN_ACCOUNT)
		return parse_account(p, text);
	if (!parse_net(p, text))
		return BAN_BAD_MASK;
	print_net(p, p->mask);
	return p->bits == 0 ? BAN_TOO_WIDE : BAN_OK;
}

/* The key of a ban: its kind and mask. */
struct mask_key {
	enum ban_kind kind;
	const char *mask;
};

static uint32_t mask_hash(const struct bans *b, const char *mask)
{
	return (uint32_t)siphash(mask, strlen(mask), &b->key);
}

static bool mask_matches(const struct hash_node *node, const void *key)
{
	const struct ban *ban = container_of(node, const struct ban, by_mask);
	const struct mask_key *k = key;

	return ban->kind == k->kind && strcmp(ban->mask, k->mask) == 0;
}

static struct ban *find(const struct bans *b, enum ban_kind kind, const char *mask)
{
	struct mask_key key = {kind, mask};
	struct hash_node *node = hash_find(&b->by_mask, mask_hash(b, mask), mask_matches, &key);

	return node ? container_of(node, struct ban, by_mask) : NULL;
}

static const char *put(char **at, const char *text, size_t len)
{
	char *start = *at;

	if (len > 0) /* text may be NULL */
		memcpy(start, text, len);
	start[len] = '\0';
	*at += len + 1;
	return start;
}

static struct ban *make(const struct parsed *p, const struct store_ban *from)
{
	size_t reason = size_min(from->reason.len, BAN_TEXT_MAX);
	size_t setter = size_min(from->setter.len, BAN_TEXT_MAX);
	size_t size = strlen(p->mask) + strlen(p->nick) + strlen(p->user) + strlen(p->host) +
		      reason + setter + 6;
	struct ban *ban = calloc(1, sizeof(*ban) + size);
	char *at;

	if (!ban)
		return NULL;
	at = ban->text;
	ban->mask = put(&at, p->mask, strlen(p->mask));
	ban->nick = put(&at, p->nick, strlen(p->nick));
	ban->user = put(&at, p->user, strlen(p->user));
	ban->host = put(&at, p->host, strlen(p->host));
	ban->reason = put(&at, from->reason.p, reason);
	ban->setter = put(&at, from->setter.p, setter);
	ban->kind = from->kind;
	ban->is_net = p->is_net;
	ban->net = p->net;
	ban->bits = p->bits;
	ban->expire_ms = from->expire_ms;
	list_init(&ban->all);
	list_init(&ban->masks);
	return ban;
}

/* Inserts a ban into the tables; false, and in none of them, if out of memory. */
static bool insert(struct bans *b, struct ban *ban)
{
	if (!hash_insert(&b->by_mask, &ban->by_mask, mask_hash(b, ban->mask)))
		return false;
	if (ban->kind == BAN_ACCOUNT)
		return true;
	if (!ban->is_net) {
		list_add_tail(&b->masks, &ban->masks);
		return true;
	}
	if (!hash_insert(&b->nets, &ban->nets, net_hash(b, &ban->net, ban->bits))) {
		hash_remove(&b->by_mask, &ban->by_mask);
		return false;
	}
	(*prefix_count(b, ban))++;
	return true;
}

enum ban_result bans_add(struct bans *b, const struct store_ban *from, const struct ban **added)
{
	struct parsed p;
	enum ban_result result = parse(&p, from->kind, from->mask);
	struct ban *ban, *old;

	if (result != BAN_OK)
		return result;
	old = find(b, from->kind, p.mask);
	if (!old && b->count >= BANS_MAX)
		return BAN_FULL;
	ban = make(&p, from);
	if (!ban)
		return BAN_NO_MEMORY;
	if (!insert(b, ban)) {
		free(ban);
		return BAN_NO_MEMORY;
	}
	list_add_tail(&b->all, &ban->all);
	b->with_nick += *ban->nick != '\0';
	b->count++;
	if (old)
		drop(b, old);
	if (added)
		*added = ban;
	return BAN_OK;
}

enum ban_result bans_remove(
	struct bans *b, enum ban_kind kind, struct store_text mask, char out[BAN_MASK_MAX])
{
	struct parsed p;
	enum ban_result result = parse(&p, kind, mask);
	struct ban *ban = result == BAN_OK ? find(b, kind, p.mask) : NULL;

	if (result != BAN_OK)
		return result;
	if (!ban)
		return BAN_NOT_FOUND;
	if (out)
		snprintf(out, BAN_MASK_MAX, "%s", p.mask);
	drop(b, ban);
	return BAN_OK;
}

static bool is_live(const struct ban *ban, int64_t wall_ms)
{
	return ban->expire_ms == 0 || wall_ms < ban->expire_ms;
}

static bool covers_nick(const char *mask, const struct ban_subject *s)
{
	return !*mask || (s->nick && glob_match(mask, s->nick, s->work));
}

static bool covers_user(const char *mask, const struct ban_subject *s)
{
	return glob_match(mask, s->user, s->work) ||
	       (s->user[0] == '~' && glob_match(mask, s->user + 1, s->work));
}

static bool net_matches(const struct hash_node *node, const void *key)
{
	const struct ban *ban = container_of(node, const struct ban, nets);
	const struct net_key *k = key;

	return ban->kind == k->kind && ban->bits == k->bits && addr_equal(&ban->net, &k->net) &&
	       is_live(ban, k->wall_ms) &&
	       (!k->subject ||
		       (covers_user(ban->user, k->subject) && covers_nick(ban->nick, k->subject)));
}

/* The ban in the table on the shortest prefix of addr. */
static const struct ban *match_net(
	const struct bans *b, const struct net_addr *addr, struct net_key *key)
{
	const uint32_t *prefixes = addr->family == 4 ? b->prefixes4 : b->prefixes6;
	uint32_t max = addr->family == 4 ? 32 : 128;
	struct hash_node *node;

	for (uint32_t bits = 0; bits <= max; bits++) {
		if (prefixes[bits] == 0)
			continue;
		key->net = addr_prefix(addr, bits);
		key->bits = bits;
		node = hash_find(&b->nets, net_hash(b, &key->net, bits), net_matches, key);
		if (node)
			return container_of(node, const struct ban, nets);
	}
	return NULL;
}

const struct ban *bans_match_address(
	const struct bans *b, const struct net_addr *addr, int64_t wall_ms)
{
	struct net_key key = {.kind = BAN_ADDRESS, .wall_ms = wall_ms};

	return b->count == 0 ? NULL : match_net(b, addr, &key);
}

const struct ban *bans_match_account(const struct bans *b, const char *account, int64_t wall_ms)
{
	char mask[BAN_MASK_MAX];
	const struct ban *ban;

	if (b->count == 0 || snprintf(mask, sizeof(mask), "a:%s", account) >= (int)sizeof(mask))
		return NULL;
	fold(mask);
	ban = find(b, BAN_ACCOUNT, mask);
	return ban && is_live(ban, wall_ms) ? ban : NULL;
}

const struct ban *bans_match_user(const struct bans *b, const struct ban_subject *s)
{
	struct net_key key = {.kind = BAN_USER, .wall_ms = s->wall_ms, .subject = s};
	const struct ban *ban = b->count == 0 ? NULL : match_net(b, &s->addr, &key);
	struct list *pos;

	if (ban || b->count == 0)
		return ban;
	list_for_each(pos, &b->masks) {
		ban = list_entry(pos, struct ban, masks);
		if (is_live(ban, s->wall_ms) && glob_match(ban->host, s->host, s->work) &&
			covers_user(ban->user, s) && covers_nick(ban->nick, s))
			return ban;
	}
	return NULL;
}

bool ban_covers_address(const struct ban *ban, const struct net_addr *addr)
{
	struct net_addr net = addr_prefix(addr, ban->bits);

	return ban->is_net && ban->net.family == addr->family && addr_equal(&net, &ban->net);
}

bool ban_covers(const struct ban *ban, const struct ban_subject *s)
{
	if (ban->kind == BAN_ACCOUNT)
		return s->account && case_equal(ban->mask + 2, s->account);
	if (ban->is_net ? !ban_covers_address(ban, &s->addr)
			: !glob_match(ban->host, s->host, s->work))
		return false;
	return ban->kind == BAN_ADDRESS || (covers_user(ban->user, s) && covers_nick(ban->nick, s));
}

bool ban_mask_covers(const char *mask, const struct ban_subject *s)
{
	struct parsed p;
	enum ban_result result = parse(&p, BAN_USER, (struct store_text){mask, strlen(mask)});
	struct net_addr net;

	if (result != BAN_OK && result != BAN_TOO_WIDE)
		return false;
	if (!covers_user(p.user, s) || !covers_nick(p.nick, s))
		return false;
	if (!p.is_net)
		return glob_match(p.host, s->host, s->work);
	net = addr_prefix(&s->addr, p.bits);
	return p.net.family == s->addr.family && addr_equal(&net, &p.net);
}

void bans_expire(struct bans *b, int64_t wall_ms)
{
	struct list *pos, *next;

	list_for_each_safe(pos, next, &b->all) {
		struct ban *ban = list_entry(pos, struct ban, all);
		if (!is_live(ban, wall_ms))
			drop(b, ban);
	}
}
