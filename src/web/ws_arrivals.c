/* ws_arrivals.c - WebSockets that wait for accept(): ws_arrivals.h. */
#include "web/ws_arrivals.h"

void ws_arrivals_add(struct ws_arrivals *q, const struct ws_arrival *a)
{
	assert(q->count < WS_ARRIVALS_MAX);
	q->at[q->count++] = *a;
}

static uint32_t find(const struct ws_arrivals *q, int listener)
{
	uint32_t i = 0;

	while (i < q->count && q->at[i].listener != listener)
		i++;
	return i;
}

bool ws_arrivals_has(const struct ws_arrivals *q, int listener)
{
	return find(q, listener) < q->count;
}

bool ws_arrivals_take(struct ws_arrivals *q, int listener, struct ws_arrival *out)
{
	uint32_t i = find(q, listener);

	if (i == q->count)
		return false;
	*out = q->at[i];
	q->count--;
	memmove(q->at + i, q->at + i + 1, (q->count - i) * sizeof(q->at[0]));
	return true;
}
