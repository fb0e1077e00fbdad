/* hidden_chars.c - hidden characters, looked up in the table of ranges: hidden_chars.h. */
#include "base/hidden_chars.h"

#include "base/hidden_table.h"
#include "base/utf8.h"

bool char_is_hidden(uint32_t c)
{
	size_t low = 0, high = ARRAY_SIZE(hidden_ranges);

	if (c < 0x80)
		return c <= ' ' || c == 0x7f;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c > hidden_ranges[middle].high)
			low = middle + 1;
		else
			high = middle;
	}
	return low < ARRAY_SIZE(hidden_ranges) && c >= hidden_ranges[low].low;
}

bool has_hidden_char(const char *s)
{
	while (*s)
		if (char_is_hidden(utf8_next(&s)))
			return true;
	return false;
}
