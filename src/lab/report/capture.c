/* capture.c - capture of a host's packets, for Wireshark and tshark: report_pcapng(). */
#include "base/utf8.h"
#include "lab/report/out.h"
#include "lab/report/story.h"

#include "observe/pcapng.h"

struct capture {
	struct pcapng_writer w;
	const struct story *s;
	nsec_t start;
	uint32_t node;
};

/* Appends text without hidden characters. */
static void add_clean(struct text *t, const char *from)
{
	while (*from) {
		uint32_t cp = utf8_next(&from);
		char utf8[5];

		utf8[utf8_put(utf8, is_hidden(cp) ? REPLACEMENT : cp)] = '\0';
		if (t->len + strlen(utf8) < t->size) /* no partial characters */
			text_add(t, "%s", utf8);
	}
}

/* The fate of a packet that did not arrive. */
static bool comment(struct text *t, const struct story *s, const struct story_packet *p)
{
	if (p->fate != FATE_DROPPED && p->fate != FATE_DISCARDED)
		return false;
	text_add(t, p->fate == FATE_DROPPED ? "dropped by " : "discarded by ");
	add_clean(t, p->end < s->trace->nodes ? s->trace->name[p->end] : "?");
	text_add(t, ": ");
	add_clean(t, p->reason ? p->reason : "no reason");
	return true;
}

static bool write_packet(struct capture *c, const struct trace_event *e)
{
	const struct story_packet *p = story_packet(c->s, e->id);
	char buf[PCAPNG_COMMENT_MAX];
	struct text t = text_in(buf, sizeof(buf));

	return pcapng_write(
		&c->w, &(struct pcapng_packet){.at = e->at > c->start ? e->at - c->start : 0,
			       .data = e->bytes,
			       .len = e->len,
			       .comment = p && comment(&t, c->s, p) ? buf : NULL});
}

static bool write_all(struct capture *c, pcapng_sink sink, void *user)
{
	const struct trace *t = c->s->trace;
	const char *name = c->node < t->nodes ? t->name[c->node] : NULL;
	char buf[PCAPNG_COMMENT_MAX];
	struct text clean = text_in(buf, sizeof(buf));
	bool ok;

	add_clean(&clean, name ? name : "?");
	ok = pcapng_begin(&c->w, sink, user) &&
	     pcapng_add_link(&c->w, PCAPNG_RAW_IP, buf) != UINT32_MAX;
	if (c->node >= t->nodes)
		return ok;
	for (size_t i = c->s->seen_at[c->node]; i < c->s->seen_at[c->node + 1] && ok; i++)
		ok = write_packet(c, c->s->seen[i]);
	return ok;
}

bool report_pcapng(const struct story *s, const struct report_options *o, uint32_t node,
	report_sink sink, void *user)
{
	struct capture c = {.s = s, .start = o->start, .node = node};

	return write_all(&c, sink, user);
}
