/* json_char.c - a byte inside a JSON string: json_char.h. */
#include "chat/proto/json_char.h"

size_t json_char(char out[JSON_CHAR_MAX], char c)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;

	if (byte < ' ') {
		memcpy(out, "\\u00", 4);
		out[4] = digits[byte >> 4];
		out[5] = digits[byte & 15];
		return JSON_CHAR_MAX;
	}
	if (c == '"' || c == '\\') {
		out[0] = '\\';
		out[1] = c;
		return 2;
	}
	out[0] = c;
	return 1;
}
