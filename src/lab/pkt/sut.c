/*
 * sut.c - what both kinds of world share: the queue of sent packets, and the tap.
 */
#include "lab/pkt/sut.h"

#include <stdlib.h>

struct pkt_frame *sut_frame(nsec_t at, size_t len)
{
	struct pkt_frame *f = malloc(sizeof(*f) + len);

	if (!f)
		abort();
	*f = (struct pkt_frame){.at = at, .len = len};
	return f;
}

void sut_sent(struct pkt_sut *w, struct pkt_frame *f)
{
	if (w->tap)
		w->tap(w->tap_ctx, f);
	if (w->first)
		w->last->next = f;
	else
		w->first = f;
	w->last = f;
}

enum pkt_answer sut_init(struct pkt_sut *w, const struct pkt_place *place, char *why, size_t size)
{
	return w->ops->init(w, place, why, size);
}

void sut_free(struct pkt_sut *w)
{
	struct pkt_frame *f;

	w->tap = NULL;
	if (w->self) /* a run can end before its world begins */
		w->ops->free(w);
	while ((f = sut_take(w)))
		free(f);
}

void sut_until(struct pkt_sut *w, nsec_t when)
{
	w->ops->pass(w, when, false, NULL);
}

void sut_until_ready(struct pkt_sut *w, nsec_t when, const uint32_t *stop)
{
	w->ops->pass(w, when, false, stop);
}

void sut_until_sent(struct pkt_sut *w, nsec_t when, const uint32_t *stop)
{
	w->ops->pass(w, when, true, stop);
}

void sut_inject(struct pkt_sut *w, const uint8_t *bytes, size_t len)
{
	struct pkt_frame *f = sut_frame(w->now, len);

	memcpy(f->bytes, bytes, len);
	f->inbound = true;
	if (w->tap)
		w->tap(w->tap_ctx, f);
	free(f);
	w->ops->inject(w, bytes, len);
}

struct pkt_frame *sut_take(struct pkt_sut *w)
{
	struct pkt_frame *f = w->first;

	if (f)
		w->first = f->next;
	return f;
}

void sut_untake(struct pkt_sut *w, struct pkt_frame *f)
{
	f->next = w->first;
	if (!w->first)
		w->last = f;
	w->first = f;
}

void sut_moved(struct text *out, const uint64_t *count, uint64_t *seen)
{
	for (int i = 0; i < MIB_COUNT; i++) {
		if (count[i] != seen[i])
			text_add(out, "%-32s%-16lld0.0\n", mib_name((enum mib)i),
				(long long)(count[i] - seen[i]));
		seen[i] = count[i];
	}
}
