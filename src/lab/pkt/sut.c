/*
 * sut.c - queue of sent packets, tap and counters, for every system under test.
 */
#include "lab/pkt/sut.h"

#include <stdlib.h>
#include <sys/ioctl.h>

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
	assert(!f->next);
	if (sut->tap)
		sut->tap(sut->tap_ctx, f);
	if (sut->first)
		sut->last->next = f;
	else
		sut->first = f;
	sut->last = f;
}

void sut_free(struct pkt_sut *sut)
{
	struct pkt_frame *f;

	sut->tap = NULL;
	if (sut->self)
		sut->ops->free(sut);
	while ((f = sut_dequeue(sut)))
		free(f);
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

	if (f) {
		sut->first = f->next;
		f->next = NULL;
	}
	return f;
}

void sut_requeue(struct pkt_sut *sut, struct pkt_frame *f)
{
	f->next = sut->first;
	if (!sut->first)
		sut->last = f;
	sut->first = f;
}

bool sut_nstat(struct pkt_sut *sut, struct text *out)
{
	uint64_t count[MIB_COUNT];

	memcpy(count, sut->mib, sizeof(count));
	if (!sut->ops->counters(sut, count))
		return false;
	for (int i = 0; i < MIB_COUNT; i++)
		if (count[i] != sut->mib[i])
			text_add(out, "%-32s%-16lld0.0\n", mib_name((enum mib)i),
				(long long)(count[i] - sut->mib[i]));
	memcpy(sut->mib, count, sizeof(count));
	return true;
}

bool sut_counter(struct pkt_sut *sut, const char *name, int64_t *value)
{
	uint64_t count[MIB_COUNT];
	enum mib m = mib_find(name);

	memcpy(count, sut->mib, sizeof(count));
	if (m == MIB_COUNT || !sut->ops->counters(sut, count))
		return false;
	*value = (int64_t)(count[m] - sut->mib[m]);
	return true;
}

bool sut_at_urgent(const struct pkt_sut *sut, int fd)
{
	int mark = 0, is_inline = 0;
	struct iovec v = {&is_inline, sizeof(is_inline)};

	sut->ops->sockets->ioctl(sut->bs, fd, SIOCATMARK, &mark);
	sut->ops->sockets->getsockopt(sut->bs, fd, SOL_SOCKET, SO_OOBINLINE, &v);
	return mark && !is_inline;
}
