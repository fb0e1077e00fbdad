/* channel_history.c - the choice of a channel's founder about its history. */
#include "chat/model/channel_history.h"

#include "chat/model/channel_owned.h"
#include "chat/model/history_scope.h"

#include <stdio.h>
#include <stdlib.h>

bool channel_history_parse(const char *text, uint16_t *choice)
{
	static const struct {
		const char *name;
		uint16_t choice;
	} names[] = {{"on", CHANNEL_HISTORY_ON}, {"off", CHANNEL_HISTORY_OFF},
		{"default", CHANNEL_HISTORY_DEFAULT}};
	char *end;
	unsigned long days = strtoul(text, &end, 10);

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (case_equal(names[i].name, text)) {
			*choice = names[i].choice;
			return true;
		}
	if (*text < '0' || *text > '9' || *end || days == 0 || days > CHANNEL_HISTORY_DAYS_MAX)
		return false;
	*choice = (uint16_t)days;
	return true;
}

void channel_history_print(uint16_t choice, char out[CHANNEL_HISTORY_TEXT_MAX])
{
	const char *name = choice == CHANNEL_HISTORY_ON        ? "on"
			   : choice == CHANNEL_HISTORY_OFF     ? "off"
			   : choice == CHANNEL_HISTORY_DEFAULT ? "default"
							       : NULL;

	if (name)
		snprintf(out, CHANNEL_HISTORY_TEXT_MAX, "%s", name);
	else
		snprintf(out, CHANNEL_HISTORY_TEXT_MAX, "%u", choice);
}

bool channel_keeps_history(const struct server *s, const struct channel *ch)
{
	uint16_t choice = ch->owned ? ch->owned->history : CHANNEL_HISTORY_DEFAULT;

	if (choice == CHANNEL_HISTORY_DEFAULT)
		return s->config->history.channels == HISTORY_OPT_OUT;
	return choice != CHANNEL_HISTORY_OFF;
}

void channel_history_choose(struct server *s, struct channel *ch, uint16_t choice)
{
	bool shows = ch->owned->history == CHANNEL_HISTORY_OFF && choice != CHANNEL_HISTORY_OFF;

	ch->owned->history = choice;
	if (shows)
		history_scope_restart(s, ch);
}
