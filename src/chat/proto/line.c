/*
 * line.c - splitting of a byte stream into lines.
 *
 * pending usually holds one incomplete line. If a connection's turn ended early it also holds whole
 * lines, which precede the next bytes read. [0, taken) of it has been returned.
 */
#include "chat/proto/line.h"

#include "chat/limits.h"

#include "base/vec.h"

#include <stdlib.h>

/* Bytes before the first CR or LF, or n if there is none. */
static size_t end_of_line(const char *p, size_t n)
{
	const char *lf = n ? memchr(p, '\n', n) : NULL;
	size_t len = lf ? (size_t)(lf - p) : n;
	const char *cr = len ? memchr(p, '\r', len) : NULL;

	return cr ? (size_t)(cr - p) : len;
}

static void advance(struct span *s, size_t n)
{
	if (n == 0) /* of nothing, which may be NULL */
		return;
	s->p += n;
	s->n -= n;
}

static struct span held(const struct line_pending *pend)
{
	if (!pend->data) /* pointer arithmetic on NULL is undefined, even with 0 */
		return (struct span){NULL, 0};
	return (struct span){pend->data + pend->taken, pend->len - pend->taken};
}

void line_free(struct line_pending *pend)
{
	free(pend->data);
	pend->data = NULL;
	pend->taken = pend->len = pend->size = 0;
}

bool line_keep(struct line_pending *pend, struct span in)
{
	if (pend->data && pend->taken == pend->len)
		line_free(pend);
	if (in.n == 0)
		return true;
	if (!vec_reserve(&pend->data, &pend->size, 1, pend->len + in.n, UINT32_MAX))
		return false;
	memcpy(pend->data + pend->len, in.p, in.n);
	pend->len += (uint32_t)in.n;
	return true;
}

bool line_waiting(const struct line_pending *pend)
{
	struct span s = held(pend);

	return s.n && end_of_line(s.p, s.n) < s.n;
}

/* Drops the bytes of an overlong line, up to its end; then empty lines. */
static void skip(struct line_pending *pend, struct span *src)
{
	size_t n = 0;

	if (pend->skipping) {
		n = end_of_line(src->p, src->n);
		pend->skipping = n == src->n;
	}
	while (n < src->n && (src->p[n] == '\r' || src->p[n] == '\n'))
		n++;
	advance(src, n);
}

/* Takes the whole line at the front of src. */
static enum line_kind take(struct span *src, size_t len, struct span *out)
{
	*out = (struct span){src->p, len};
	advance(src, len + 1);
	out->p[len] = '\0';
	if (len > LINE_IN_MAX - 2)
		return LINE_TOO_LONG;
	return memchr(out->p, '\0', len) ? LINE_NUL : LINE_OK;
}

/* An incomplete line that is already too long: drops the bytes so far; the remainder is skipped as
 * it arrives. */
static enum line_kind give_up(struct line_pending *pend, struct span *in, struct span *out)
{
	line_free(pend);
	pend->skipping = true;
	skip(pend, in);
	*out = (struct span){NULL, 0};
	return LINE_TOO_LONG;
}

static enum line_kind next_read(struct line_pending *pend, struct span *in, struct span *out)
{
	size_t len;

	skip(pend, in);
	len = end_of_line(in->p, in->n);
	if (len < in->n)
		return take(in, len, out);
	return len > LINE_IN_MAX - 2 ? give_up(pend, in, out) : LINE_NONE;
}

static enum line_kind next_held(struct line_pending *pend, struct span *in, struct span *out)
{
	struct span s = held(pend);
	size_t len, head;
	enum line_kind kind;

	skip(pend, &s);
	pend->taken = pend->len - (uint32_t)s.n;
	if (s.n == 0)
		return LINE_NONE;
	len = end_of_line(s.p, s.n);
	if (len < s.n) {
		kind = take(&s, len, out);
		pend->taken = pend->len - (uint32_t)s.n;
		return kind;
	}
	head = end_of_line(in->p, in->n);
	if (len + head > LINE_IN_MAX - 2)
		return give_up(pend, in, out);
	if (head == in->n) {
		bool kept = line_keep(pend, *in);

		advance(in, in->n);
		return kept ? LINE_NONE : LINE_NO_MEMORY;
	}
	if (!line_keep(pend, (struct span){in->p, head + 1}))
		return LINE_NO_MEMORY;
	advance(in, head + 1);
	return next_held(pend, in, out); /* now complete */
}

enum line_kind line_next(struct line_pending *pend, struct span *in, struct span *out)
{
	if (pend->data && pend->taken < pend->len) {
		enum line_kind kind = next_held(pend, in, out);

		if (kind != LINE_NONE || pend->taken < pend->len)
			return kind;
	}
	if (pend->data && pend->taken == pend->len)
		line_free(pend);
	return next_read(pend, in, out);
}
