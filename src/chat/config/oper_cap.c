/* oper_cap.c - names of operators' capabilities: oper_cap.h. */
#include "chat/config/oper_cap.h"

#include "chat/config/config.h"

static const struct {
	const char *name;
	uint16_t cap;
} names[] = {
	{"kill", OPER_KILL},
	{"ban", OPER_BAN},
	{"rehash", OPER_REHASH},
	{"host", OPER_HOST},
	{"wallops", OPER_WALLOPS},
	{"override", OPER_OVERRIDE},
	{"force", OPER_FORCE},
	{"accounts", OPER_ACCOUNTS},
	{"addresses", OPER_ADDRESSES},
	{"stats", OPER_STATS},
	{"all", OPER_ALL},
};

uint16_t oper_cap_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].cap;
	return 0;
}

uint16_t oper_caps_of(const char *list)
{
	char word[CONFIG_WORD_MAX];
	uint16_t caps = 0;

	while (config_word(&list, word))
		caps |= oper_cap_find(word);
	return caps;
}

void oper_caps_text(uint16_t caps, char out[OPER_CAPS_TEXT_MAX])
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names) - 1; i++)
		if (caps & names[i].cap)
			n += (size_t)snprintf(out + n, OPER_CAPS_TEXT_MAX - n, "%s%s", n ? " " : "",
				names[i].name);
}
