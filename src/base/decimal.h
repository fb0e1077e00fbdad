/*
 * decimal.h - numbers as text without printf(), which spends more on its format than on digits.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include "base/base.h"

enum {
	DECIMAL_MAX = 20, /* digits of UINT64_MAX; a sign and 19 of INT64_MIN */
};

/* Writes v without leading zeros and without a NUL; returns the number of digits. */
static inline size_t decimal(char *out, uint64_t v)
{
	char digits[DECIMAL_MAX];
	size_t n = 0;

	do
		digits[n++] = (char)('0' + v % 10);
	while (v /= 10);
	for (size_t i = 0; i < n; i++)
		out[i] = digits[n - 1 - i];
	return n;
}

/* Writes v as `width` digits, with leading zeros; what does not fit is left out. Returns width. */
static inline size_t decimal_padded(char *out, uint64_t v, size_t width)
{
	for (size_t i = width; i-- > 0; v /= 10)
		out[i] = (char)('0' + v % 10);
	return width;
}

/* Writes v with its sign; returns the length. */
static inline size_t decimal_signed(char *out, int64_t v)
{
	if (v >= 0)
		return decimal(out, (uint64_t)v);
	*out = '-';
	return 1 + decimal(out + 1, -(uint64_t)v);
}

#endif
