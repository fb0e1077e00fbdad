/*
 * mcast.c - group membership of an interface: reports of changes, answers to queries, and the
 * version that is spoken; see mcast.h. Names and times are those of RFC 3376 and, in Linux's
 * parameters, of Linux.
 */
#include "stack/ip/mcast.h"

#include "stack/ip/ip_priv.h"
#include "stack/ip/mcast_out.h"

enum {
	QUERY_INTERVAL_S = 125, /* until a querier tells another (RFC 3376 section 8.2) */
};

/* ---- parameters ---- */

static uint8_t robustness(const struct stack *s, const struct mcast *m)
{
	const struct sysctl *c = &s->sysctl;

	return m->robustness != 0 ? m->robustness : (uint8_t)(m->v6 ? c->mld_qrv : c->igmp_qrv);
}

static uint8_t version_of(const struct stack *s, const struct mcast *m)
{
	int32_t forced = m->v6 ? s->sysctl.force_mld_version : s->sysctl.force_igmp_version;

	if (forced != 0)
		return (uint8_t)(forced + m->v6); /* MLD's numbers are one less */
	if (s->now < m->old_until[0])
		return 1;
	return s->now < m->old_until[1] ? 2 : 3;
}

/* Up to the interval of unsolicited reports from now. */
static nsec_t next_unsolicited(struct stack *s, const struct mcast *m)
{
	const struct sysctl *c = &s->sysctl;
	bool old = version_of(s, m) < 3;
	int32_t ms = m->v6 ? (old ? c->mldv1_report_ms : c->mldv2_report_ms)
			   : (old ? c->igmpv2_report_ms : c->igmpv3_report_ms);

	return s->now + (nsec_t)prng_below(&s->prng, (uint64_t)ms * NSEC_MSEC + 1);
}

/* Neither all hosts, which every host receives, nor groups that stay on this one. */
static bool reportable(const struct stack *s, const struct ip_addr *group)
{
	static const struct ip_addr all_nodes = {{0xff, 2, [15] = 1}};
	uint32_t v4 = ip_addr_v4(group);

	if (!ip_addr_is_v4(group))
		return !ip_addr_eq(group, &all_nodes) && (group->b[1] & 15) >= 2;
	return v4 != 0xe0000001 &&
	       (v4 >> 8 != 0xe00000 || s->sysctl.igmp_link_local_mcast_reports != 0);
}

/* ---- the timer ---- */

static void arm(struct stack *s, struct mcast *m)
{
	nsec_t when = m->changes_at < m->state_at ? m->changes_at : m->state_at;

	when = m->groups_at < when ? m->groups_at : when;
	if (when < NSEC_MAX)
		stack_timer_at(s, &m->timer, when);
	else
		stack_timer_stop(s, &m->timer);
}

/* A report of g alone, at the time `when`. */
static void report_at(struct mcast *m, struct mcast_group *g, nsec_t when)
{
	g->report_at = when;
	m->groups_at = when < m->groups_at ? when : m->groups_at;
}

static void forget(struct stack *s, struct mcast *m, struct mcast_group *g)
{
	list_del(&g->at);
	list_del(&g->changing);
	hash_remove(&m->by_addr, &g->node);
	pool_put(&s->ip->mcast_pool, g);
}

/* Version 3: the groups that changed; each is reported as often as the robustness says. */
static void report_changes(struct stack *s, struct mcast *m)
{
	struct mcast_report r = {.m = m, .version = 3};
	struct list *at, *next;

	list_for_each_safe(at, next, &m->changing) {
		struct mcast_group *g = list_entry(at, struct mcast_group, changing);

		if (g->changes > 0) /* else an older version has told it in the meantime */
			mcast_add(s, &r, g->users > 0 ? GROUP_TO_EXCLUDE : GROUP_TO_INCLUDE,
				&g->addr);
		if (g->changes > 0 && --g->changes > 0)
			continue;
		list_del(&g->changing);
		if (g->users == 0)
			forget(s, m, g);
	}
	mcast_send(s, &r);
	m->changes_at = list_empty(&m->changing) ? NSEC_MAX : next_unsolicited(s, m);
}

/* Version 3: all groups. */
static void report_state(struct stack *s, struct mcast *m)
{
	struct mcast_report r = {.m = m, .version = 3};
	struct list *at;

	list_for_each(at, &m->groups) {
		const struct mcast_group *g = list_entry(at, struct mcast_group, at);

		if (g->users > 0 && reportable(s, &g->addr))
			mcast_add(s, &r, GROUP_IS_EXCLUDE, &g->addr);
	}
	mcast_send(s, &r);
	m->state_at = NSEC_MAX;
}

/* One group alone: the answer to a query for it, or in an older version any report and leave. */
static void report_one(struct stack *s, struct mcast *m, struct mcast_group *g)
{
	struct mcast_report r = {.m = m, .version = version_of(s, m)};

	mcast_add(s, &r, g->users > 0 ? GROUP_IS_EXCLUDE : GROUP_TO_INCLUDE, &g->addr);
	mcast_send(s, &r);
	g->report_at = NSEC_MAX;
	if (g->users == 0) {
		forget(s, m, g);
		return;
	}
	if (r.version == 3)
		return;
	g->reported = true;
	if (g->changes > 0 && --g->changes > 0)
		g->report_at = next_unsolicited(s, m);
}

/* Sends the reports of single groups that are due, and finds the next. */
static void report_due(struct stack *s, struct mcast *m)
{
	struct list *at, *next;

	m->groups_at = NSEC_MAX;
	list_for_each_safe(at, next, &m->groups) {
		struct mcast_group *g = list_entry(at, struct mcast_group, at);
		bool due = g->report_at <= s->now, stays = g->users > 0;

		if (due)
			report_one(s, m, g);
		if (!due || stays)
			report_at(m, g, g->report_at);
	}
}

static void fire(struct stack *s, struct stack_timer *t)
{
	struct mcast *m = container_of(t, struct mcast, timer);

	if (m->changes_at <= s->now)
		report_changes(s, m);
	if (m->state_at <= s->now)
		report_state(s, m);
	if (m->groups_at <= s->now)
		report_due(s, m);
	arm(s, m);
}

/* ---- joins and leaves ---- */

static struct mcast *protocol_of(struct netdev *dev, const struct ip_addr *group)
{
	return &ip_dev_of(dev)->mcast[!ip_addr_is_v4(group)];
}

static bool matches(const struct hash_node *node, const void *key)
{
	return ip_addr_eq(&container_of(node, const struct mcast_group, node)->addr, key);
}

/* The groups are our own: their hash needs no key. */
static struct mcast_group *find(const struct mcast *m, const struct ip_addr *group)
{
	struct hash_node *n = hash_find(&m->by_addr, ip_addr_hash(group), matches, group);

	return n == NULL ? NULL : container_of(n, struct mcast_group, node);
}

/* A new group without users; NULL: out of memory. */
static struct mcast_group *add(struct stack *s, struct mcast *m, const struct ip_addr *group)
{
	struct mcast_group *g = pool_get(&s->ip->mcast_pool);

	if (g == NULL)
		return NULL;
	*g = (struct mcast_group){.addr = *group, .report_at = NSEC_MAX};
	if (!hash_insert(&m->by_addr, &g->node, ip_addr_hash(group))) {
		pool_put(&s->ip->mcast_pool, g);
		return NULL;
	}
	list_add_tail(&m->groups, &g->at);
	list_init(&g->changing);
	return g;
}

/* The state of g has changed: what is to be told, from now on. */
static void changed(struct stack *s, struct mcast *m, struct mcast_group *g)
{
	uint8_t version = version_of(s, m);

	g->changes = robustness(s, m);
	list_del(&g->changing);
	if (version == 3) {
		list_add_tail(&m->changing, &g->changing);
		m->changes_at = s->now;
	} else if (g->users > 0 || (version == 2 && g->reported))
		report_at(m, g, s->now);
	else
		forget(s, m, g); /* its join was not reported, or version 1 knows no leave */
	arm(s, m);
}

void mcast_join(struct stack *s, struct netdev *dev, const struct ip_addr *group)
{
	struct mcast *m = protocol_of(dev, group);
	struct mcast_group *g = find(m, group);

	if (dev->kind != NETDEV_ETHER)
		return;
	if (g == NULL)
		g = add(s, m, group);
	if (g != NULL && g->users++ == 0 && reportable(s, group))
		changed(s, m, g);
}

void mcast_leave(struct stack *s, struct netdev *dev, const struct ip_addr *group)
{
	struct mcast *m = protocol_of(dev, group);
	struct mcast_group *g = find(m, group);

	if (g == NULL || g->users == 0 || --g->users > 0)
		return;
	if (reportable(s, group))
		changed(s, m, g);
	else
		forget(s, m, g);
}

void mcast_source_ready(struct stack *s, struct netdev *dev)
{
	struct mcast *m = &ip_dev_of(dev)->mcast[1];
	struct list *at, *next;

	list_for_each_safe(at, next, &m->groups) {
		struct mcast_group *g = list_entry(at, struct mcast_group, at);

		if (g->users > 0 && reportable(s, &g->addr))
			changed(s, m, g);
	}
}

/* ---- queries ---- */

/* RFC 3376 section 7.2.1: changes that version 3 would report are dropped. */
static void speak_old(struct stack *s, struct mcast *m)
{
	struct list *at, *next;

	m->changes_at = m->state_at = NSEC_MAX;
	list_for_each_safe(at, next, &m->groups) {
		struct mcast_group *g = list_entry(at, struct mcast_group, at);

		g->changes = 0;
		list_del(&g->changing);
		if (g->users == 0)
			forget(s, m, g);
	}
}

/* The querier's version and times. */
static void learn(struct stack *s, struct mcast *m, const struct group_msg *g)
{
	uint8_t before = version_of(s, m);

	if (g->version == 3) {
		m->robustness = g->robustness;
		if (g->interval_s != 0)
			m->interval_s = g->interval_s;
		return;
	}
	m->old_until[g->version - 1] = s->now +
				       robustness(s, m) * (nsec_t)m->interval_s * NSEC_SEC +
				       (nsec_t)g->max_ms * NSEC_MSEC;
	if (before == 3 && version_of(s, m) < 3)
		speak_old(s, m);
}

static nsec_t sooner(struct stack *s, nsec_t than, uint32_t max_ms)
{
	nsec_t when = s->now + (nsec_t)prng_below(&s->prng, (uint64_t)max_ms * NSEC_MSEC + 1);

	return when < than ? when : than;
}

static void answer(struct stack *s, struct mcast *m, const struct group_msg *q)
{
	bool general = ip_addr_is_any(&q->group);
	struct list *at;

	if (general && version_of(s, m) == 3) {
		m->state_at = sooner(s, m->state_at, q->max_ms);
		return;
	}
	list_for_each(at, &m->groups) {
		struct mcast_group *g = list_entry(at, struct mcast_group, at);

		if (g->users > 0 && reportable(s, &g->addr) &&
			(general || ip_addr_eq(&g->addr, &q->group)))
			report_at(m, g, sooner(s, g->report_at, q->max_ms));
	}
}

/* In the older versions one report for a group is enough: this host keeps silent. */
static void heard(struct stack *s, struct mcast *m, const struct ip_addr *group)
{
	struct mcast_group *g = find(m, group);

	if (g == NULL || g->users == 0 || version_of(s, m) == 3)
		return;
	g->report_at = NSEC_MAX;
	g->reported = false;
}

void mcast_in(struct stack *s, struct mcast *m, const struct group_msg *g)
{
	if (g->type == GROUP_QUERY) {
		learn(s, m, g);
		answer(s, m, g);
	} else if (g->type == GROUP_REPORT) {
		heard(s, m, &g->group);
	}
	arm(s, m);
}

/* ---- the interface ---- */

void mcast_init(struct ip_dev *d)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct mcast *m = &d->mcast[v6];

		*m = (struct mcast){.dev = d->dev,
			.v6 = v6,
			.groups_at = NSEC_MAX,
			.changes_at = NSEC_MAX,
			.state_at = NSEC_MAX,
			.interval_s = QUERY_INTERVAL_S};
		list_init(&m->groups);
		list_init(&m->changing);
		hash_init(&m->by_addr);
		stack_timer_init(&m->timer, fire);
	}
}

void mcast_free(struct stack *s, struct ip_dev *d)
{
	for (int v6 = 0; v6 < 2; v6++) {
		struct mcast *m = &d->mcast[v6];

		while (!list_empty(&m->groups))
			forget(s, m, list_entry(m->groups.next, struct mcast_group, at));
		hash_free(&m->by_addr);
		stack_timer_stop(s, &m->timer);
	}
}
