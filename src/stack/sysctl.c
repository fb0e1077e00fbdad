/*
 * sysctl.c - sysctl parsing and printing: name lookup, bounds, storage.
 */
#include "stack/sysctl_priv.h"

#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void *field_of(struct sysctl *s, const struct sysctl_def *d)
{
	assert(d->offset < sizeof(*s));
	return (char *)s + d->offset;
}

static const void *field_const(const struct sysctl *s, const struct sysctl_def *d)
{
	return (const char *)s + d->offset;
}

static void default_numbers(struct sysctl *s, const struct sysctl_def *d)
{
	int32_t *i = field_of(s, d);
	int64_t *l = field_of(s, d);
	switch (d->type) {
	case SYSCTL_UINT: *(uint32_t *)field_of(s, d) = (uint32_t)d->def[0]; break;
	case SYSCTL_TRIPLE: i[2] = (int32_t)d->def[2]; /* fall through */
	case SYSCTL_RANGE: i[1] = (int32_t)d->def[1];  /* fall through */
	case SYSCTL_INT: i[0] = (int32_t)d->def[0]; break;
	case SYSCTL_PAGES: memcpy(l, d->def, sizeof(d->def)); break;
	default: break;
	}
}

void sysctl_init(struct sysctl *s)
{
	size_t n;
	const struct sysctl_def *d = sysctl_defs(&n);
	memset(s, 0, sizeof(*s));
	for (; n--; d++)
		default_numbers(s, d);
	strcpy(s->tcp_congestion_control, "cubic");
	strcpy(s->tcp_allowed_congestion_control, SYSCTL_CC_AVAILABLE);
}

bool sysctl_cc_listed(const char *list, const char *name)
{
	size_t len = strlen(name);
	if (len == 0)
		return false;
	for (const char *p = list; (p = strstr(p, name)) != NULL; p += len) {
		bool starts = p == list || p[-1] == ' ';
		bool ends = p[len] == ' ' || p[len] == '\0';
		if (starts && ends)
			return true;
	}
	return false;
}

bool sysctl_port_reserved(const struct sysctl *s, uint16_t port)
{
	const struct sysctl_port_ranges *r = &s->ip_local_reserved_ports;
	assert(r->count <= SYSCTL_PORT_RANGES);
	for (uint32_t i = 0; i < r->count; i++)
		if (port >= r->range[i].low && port <= r->range[i].high)
			return true;
	return false;
}

/* Compares names, where `given` may have '/' for '.' and start with /proc/sys/. */
static bool same_name(const char *given, const char *name)
{
	static const char proc[] = "/proc/sys/";
	if (strncmp(given, proc, sizeof(proc) - 1) == 0)
		given += sizeof(proc) - 1;
	for (; *given && *name; given++, name++) {
		if (*name == '*')
			return true;
		if (*given != *name && !(*given == '/' && *name == '.'))
			return false;
	}
	return *given == '\0' && *name == '\0';
}

static const struct sysctl_def *find(const char *name, int *err, const char **why)
{
	size_t n, m;
	const struct sysctl_def *d = sysctl_defs(&n);
	for (size_t i = 0; i < n; i++)
		if (same_name(name, d[i].name))
			return &d[i];
	const struct sysctl_refusal *r = sysctl_refusals(&m);
	for (size_t i = 0; i < m; i++) {
		if (same_name(name, r[i].name)) {
			*why = r[i].why;
			*err = -EOPNOTSUPP;
			return NULL;
		}
	}
	*why = "no such parameter";
	*err = -ENOENT;
	return NULL;
}

/* Reads up to max numbers, decimal or 0x; returns how many, or -1 if text is anything else. */
static int numbers(const char *text, int64_t *v, int max)
{
	int n = 0;
	while (isspace((unsigned char)*text))
		text++;
	while (*text) {
		char *end;
		errno = 0;
		if (n == max)
			return -1;
		assert(n < max);
		v[n++] = strtoll(text, &end, 0);
		if (end == text || errno != 0 || !(*end == '\0' || isspace((unsigned char)*end)))
			return -1;
		for (text = end; isspace((unsigned char)*text);)
			text++;
	}
	return n;
}

static int count_of(enum sysctl_type t)
{
	if (t == SYSCTL_TRIPLE || t == SYSCTL_PAGES)
		return 3;
	return t == SYSCTL_RANGE ? 2 : 1;
}

static int set_numbers(
	struct sysctl *s, const struct sysctl_def *d, const char *text, const char **why)
{
	int64_t v[3] = {0};
	int want = count_of(d->type);
	if (numbers(text, v, want) != want) {
		*why = want == 1 ? "the value is not one number"
				 : "too few numbers, or not numbers";
		return -EINVAL;
	}
	for (int i = 0; i < want; i++) {
		if (v[i] < d->min || v[i] > d->max) {
			*why = "the value is out of range";
			return -EINVAL;
		}
	}
	if (d->type == SYSCTL_RANGE && v[0] > v[1]) {
		*why = "the range ends before it begins";
		return -EINVAL;
	}
	struct sysctl_def set = *d;
	memcpy(set.def, v, sizeof(v));
	default_numbers(s, &set);
	return 0;
}

static int set_fixed(const struct sysctl_def *d, const char *text, const char **why)
{
	int64_t v;
	if (numbers(text, &v, 1) == 1 && v == d->def[0])
		return 0;
	*why = d->why;
	return -EINVAL;
}

static int set_cc(struct sysctl *s, const char *text, const char **why)
{
	if (!sysctl_cc_listed(SYSCTL_CC_AVAILABLE, text)) {
		*why = "no such congestion control; there are: " SYSCTL_CC_AVAILABLE;
		return -ENOENT;
	}
	snprintf(s->tcp_congestion_control, SYSCTL_CC_NAME, "%.*s", SYSCTL_CC_NAME - 1, text);
	return 0;
}

static int set_ccs(struct sysctl *s, const char *text, const char **why)
{
	char copy[SYSCTL_CC_LIST], *save = NULL;
	*why = "a name in the list is no congestion control; there are: " SYSCTL_CC_AVAILABLE;
	if (strlen(text) >= sizeof(copy))
		return -EINVAL;
	strcpy(copy, text);
	for (char *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		if (!sysctl_cc_listed(SYSCTL_CC_AVAILABLE, w))
			return -ENOENT;
	strcpy(s->tcp_allowed_congestion_control, text);
	return 0;
}

/* One key, "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4": four words, stored little-endian like Linux.
 * Returns what follows it, or NULL. */
static const char *parse_key(const char *p, uint8_t key[16])
{
	for (int w = 0; w < 4; w++) {
		char *end;
		if (!isxdigit((unsigned char)*p))
			return NULL;
		unsigned long v = strtoul(p, &end, 16);
		if (end - p > 8 || (w < 3 && *end != '-'))
			return NULL;
		for (int i = 0; i < 4; i++)
			key[w * 4 + i] = (uint8_t)(v >> (8 * i));
		p = w < 3 ? end + 1 : end;
	}
	return p;
}

static int set_keys(struct sysctl *s, const char *text, const char **why)
{
	struct sysctl_tfo_keys k = {.count = 1};
	const char *p = parse_key(text, k.key[0]);
	if (p && *p == ',') {
		k.count = 2;
		p = parse_key(p + 1, k.key[1]);
	}
	if (!p || *p != '\0') {
		*why = "a key is four hexadecimal words joined by '-'; two keys are joined by ','";
		return -EINVAL;
	}
	assert(k.count <= ARRAY_SIZE(k.key));
	s->tcp_fastopen_key = k;
	return 0;
}

static int set_ports(struct sysctl *s, const char *text, const char **why)
{
	struct sysctl_port_ranges r = {0};
	*why = "ports are a list such as 8080,9000-9010, of at most 16 ranges";
	for (const char *p = text; *p;) {
		char *end;
		unsigned long low = strtoul(p, &end, 10), high = low;
		if (end == p || r.count == SYSCTL_PORT_RANGES)
			return -EINVAL;
		if (*end == '-') {
			p = end + 1;
			high = strtoul(p, &end, 10);
		}
		if (end == p || low > high || high > 65535 || (*end && *end != ','))
			return -EINVAL;
		r.range[r.count].low = (uint16_t)low;
		r.range[r.count++].high = (uint16_t)high;
		p = *end ? end + 1 : end;
	}
	s->ip_local_reserved_ports = r;
	return 0;
}

int sysctl_set(struct sysctl *s, const char *name, const char *text, const char **why)
{
	int err;
	const struct sysctl_def *d = find(name, &err, why);
	if (!d)
		return err;
	switch (d->type) {
	case SYSCTL_CC: return set_cc(s, text, why);
	case SYSCTL_CCS: return set_ccs(s, text, why);
	case SYSCTL_KEYS: return set_keys(s, text, why);
	case SYSCTL_PORTS: return set_ports(s, text, why);
	case SYSCTL_FIXED: return set_fixed(d, text, why);
	case SYSCTL_SHOWN: *why = "this parameter is read-only"; return -EACCES;
	default: return set_numbers(s, d, text, why);
	}
}

static int show_ints(const int32_t *v, int n, char *out, size_t room)
{
	if (n == 1)
		return snprintf(out, room, "%" PRId32, v[0]);
	if (n == 2)
		return snprintf(out, room, "%" PRId32 "\t%" PRId32, v[0], v[1]);
	return snprintf(out, room, "%" PRId32 "\t%" PRId32 "\t%" PRId32, v[0], v[1], v[2]);
}

static int show_keys(const struct sysctl_tfo_keys *k, char *out, size_t room)
{
	char text[SYSCTL_TEXT];
	int len = 0;
	for (uint32_t i = 0; i < (k->count ? k->count : 1); i++) {
		for (int w = 0; w < 4; w++) {
			uint32_t v;
			memcpy(&v, k->key[i] + 4 * w, 4);
			len += snprintf(text + len, sizeof(text) - (size_t)len, "%s%08" PRIx32,
				w   ? "-"
				: i ? ","
				    : "",
				le32toh(v));
		}
	}
	return snprintf(out, room, "%s", text);
}

static int show_ports(const struct sysctl_port_ranges *r, char *out, size_t room)
{
	char text[SYSCTL_TEXT] = "";
	int len = 0;
	for (uint32_t i = 0; i < r->count; i++) {
		const char *comma = i ? "," : "";
		assert((size_t)len < sizeof(text));
		size_t left = sizeof(text) - (size_t)len;
		unsigned low = r->range[i].low, high = r->range[i].high;
		if (low == high)
			len += snprintf(text + len, left, "%s%u", comma, low);
		else
			len += snprintf(text + len, left, "%s%u-%u", comma, low, high);
	}
	return snprintf(out, room, "%s", text);
}

static int show(const struct sysctl *s, const struct sysctl_def *d, char *out, size_t room)
{
	const void *f = field_const(s, d);
	const int64_t *l = f;
	switch (d->type) {
	case SYSCTL_UINT: return snprintf(out, room, "%" PRIu32, *(const uint32_t *)f);
	case SYSCTL_PAGES:
		return snprintf(out, room, "%" PRId64 "\t%" PRId64 "\t%" PRId64, l[0], l[1], l[2]);
	case SYSCTL_CC:
	case SYSCTL_CCS: return snprintf(out, room, "%s", (const char *)f);
	case SYSCTL_KEYS: return show_keys(f, out, room);
	case SYSCTL_PORTS: return show_ports(f, out, room);
	case SYSCTL_FIXED: return snprintf(out, room, "%" PRId64, d->def[0]);
	case SYSCTL_SHOWN: return snprintf(out, room, "%s", d->unit);
	default: return show_ints(f, count_of(d->type), out, room);
	}
}

int sysctl_get(const struct sysctl *s, const char *name, char *out, size_t n, const char **why)
{
	int err;
	const struct sysctl_def *d = find(name, &err, why);
	if (!d)
		return err;
	int len = show(s, d, out, n);
	if (len < 0 || (size_t)len >= n) {
		*why = "the value does not fit";
		return -ENOSPC;
	}
	return 0;
}
