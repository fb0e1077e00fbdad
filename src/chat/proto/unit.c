/* unit.c - numbers with a unit. */
#include "chat/proto/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

const struct unit *unit_find(const struct unit *units, const char *name)
{
	for (; units->name; units++)
		if (strcmp(units->name, name) == 0)
			return units;
	return NULL;
}

int64_t unit_parse(const struct unit *units, const char *text)
{
	char *end;
	long long n = strtoll(text, &end, 10);
	const struct unit *u = unit_find(units, end);
	int64_t product;

	if (!isdigit((unsigned char)text[0]) || (!u && (n || *end)))
		return -1;
	if (n == 0)
		return 0;
	return __builtin_mul_overflow((int64_t)n, u->factor, &product) ? INT64_MAX : product;
}

void unit_print(char out[UNIT_TEXT_MAX], const struct unit *units, int64_t n)
{
	while (units[1].name && n % units->factor)
		units++;
	snprintf(
		out, UNIT_TEXT_MAX, "%lld%s", (long long)(n / units->factor), n ? units->name : "");
}
