/*
 * sut.c - what both kinds of world share: the queue of sent packets, and the tap.
 */
#include "lab/pkt/sut.h"

#include <stdlib.h>

struct pkt_frame *sut_frame_new(nsec_t at, size_t len)
{
	struct pkt_frame *f = malloc(sizeof(*f) + len);

	if (!f)
		abort();
	*f = (struct pkt_frame){.at = at, .len = len};
	return f;
}

void sut_queue(struct pkt_sut *sut, struct pkt_frame *f)
{
	if (sut->tap)
		sut->tap(sut->tap_ctx, f);
	if (sut->first)
		sut->last->next = f;
	else
		sut->first = f;
	sut->last = f;
}

enum pkt_result sut_init(struct pkt_sut *sut, const struct pkt_setup *setup, char *why, size_t size)
{
	return sut->ops->init(sut, setup, why, size);
}

void sut_free(struct pkt_sut *sut)
{
	struct pkt_frame *f;

	sut->tap = NULL;
	if (sut->self) /* a run can end before its world begins */
		sut->ops->free(sut);
	while ((f = sut_dequeue(sut)))
		free(f);
}

void sut_advance(struct pkt_sut *sut, nsec_t when)
{
	sut->ops->advance(sut, when, false, NULL);
}

void sut_advance_ready(struct pkt_sut *sut, nsec_t when, const uint32_t *stop)
{
	sut->ops->advance(sut, when, false, stop);
}

void sut_advance_sent(struct pkt_sut *sut, nsec_t when, const uint32_t *stop)
{
	sut->ops->advance(sut, when, true, stop);
}

void sut_inject(struct pkt_sut *sut, const uint8_t *bytes, size_t len)
{
	struct pkt_frame *f = sut_frame_new(sut->now, len);

	memcpy(f->bytes, bytes, len);
	f->inbound = true;
	if (sut->tap)
		sut->tap(sut->tap_ctx, f);
	free(f);
	sut->ops->inject(sut, bytes, len);
}

struct pkt_frame *sut_dequeue(struct pkt_sut *sut)
{
	struct pkt_frame *f = sut->first;

	if (f)
		sut->first = f->next;
	return f;
}

void sut_requeue(struct pkt_sut *sut, struct pkt_frame *f)
{
	f->next = sut->first;
	if (!sut->first)
		sut->last = f;
	sut->first = f;
}

void sut_print_counters(struct text *out, const uint64_t *count, uint64_t *seen)
{
	for (int i = 0; i < MIB_COUNT; i++) {
		if (count[i] != seen[i])
			text_add(out, "%-32s%-16lld0.0\n", mib_name((enum mib)i),
				(long long)(count[i] - seen[i]));
		seen[i] = count[i];
	}
}
