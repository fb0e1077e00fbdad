/* cluster_hear.c - lines that clients get: cluster_hear.h. */
#include "chat/test/cluster_hear.h"

#include <stdio.h>

/* The number of a text "mNUMBER", which is the last word of a line; -1: it is none. */
static int text_number(const char *line, size_t len)
{
	size_t digits = 0;
	int number = 0;

	while (digits < len && line[len - 1 - digits] >= '0' && line[len - 1 - digits] <= '9')
		digits++;
	if (!digits || digits > 4 || len < digits + 2 || line[len - digits - 1] != 'm' ||
		line[len - digits - 2] != ':')
		return -1;
	for (size_t i = len - digits; i < len; i++)
		number = number * 10 + line[i] - '0';
	return number < WORLD_TEXTS ? number : -1;
}

/* Whether a line, behind its tags, is of a user to itself. */
static bool is_to_itself(const char *line)
{
	const char *source = strstr(line, " :") + 2, *to = strstr(line, " PRIVMSG ") + 9;
	size_t n = strcspn(source, "!");

	return strncmp(source, to, n) == 0 && to[n] == ' ';
}

/* Copies the value of a tag in front of a line; "" if there is none. */
static void take_tag(const char *line, const char *tag, char *out, size_t size)
{
	size_t n = strcspn(line, " ");
	const char *at = memmem(line, n, tag, strlen(tag));

	*out = '\0';
	if (at)
		snprintf(out, size, "%.*s", (int)strcspn(at + strlen(tag), "; "), at + strlen(tag));
}

/* A line to client i: one that it said itself is a receipt, unless it was to itself. */
static void hear_text(struct world *w, int i, const char *line, size_t len)
{
	int number = text_number(line, len);
	struct world_client *c = &w->client[i];
	struct world_text *t;
	char msgid[32];
	bool own;

	if (number < 0 || *line != '@' || !memmem(line, len, " PRIVMSG ", 9))
		return;
	t = &w->text[number];
	own = t->client == i;
	t->receipted |= own && !is_to_itself(line);
	take_tag(line, "msgid=", msgid, sizeof(msgid));
	snprintf(t->msgid, sizeof(t->msgid), "%s", *msgid ? msgid : c->msgid);
	if (c->heard[number]++ && !own)
		snprintf(w->fault, sizeof(w->fault), "client %d has m%d twice", i, number);
}

/* "REDACT target msgid" to the client that wanted it. */
static void hear_redaction(struct world *w, int i, const char *msgid)
{
	for (uint32_t n = 0; n < w->texts; n++)
		if (w->text[n].redactor == i && strcmp(w->text[n].msgid, msgid) == 0)
			w->text[n].redacted = true;
}

/* "REGISTER SUCCESS name" to a client. */
static void hear_account(struct world *w, int i, const char *name)
{
	int node = world_node_of(w, i);
	struct world_account *a = w->account;

	while (a < w->account + w->accounts && strcmp(a->name, name) != 0)
		a++;
	if (a == w->account + WORLD_ACCOUNTS)
		return;
	if (a == w->account + w->accounts) {
		w->accounts++;
		*a = (struct world_account){.node = node, .wipes = w->node[node].wipes};
		snprintf(a->name, sizeof(a->name), "%s", name);
	}
	a->times++;
}

/* Markers of one user go forward only. */
static void hear_marker(struct world *w, int i, const char *target, const char *stamp)
{
	struct world_client *c = &w->client[i];
	char *read = c->read[(uint32_t)(target[1] - 'a') % WORLD_CHANNELS], key[64];

	snprintf(key, sizeof(key), "%s %s", c->nick, target);
	for (uint32_t n = 0; n < w->markers; n++)
		if (w->marker[n].client == i && strcmp(w->marker[n].key, key) == 0)
			w->marker[n].receipted = true;
	if (*target != '#' || *stamp == '*')
		return;
	if (strcmp(stamp, read) < 0)
		snprintf(w->fault, sizeof(w->fault), "client %d: marker of %s from %s to %s", i,
			target, read, stamp);
	snprintf(read, sizeof(c->read[0]), "%s", stamp);
}

/* It is another user from now on. */
static void hear_name(struct world_client *c, const char *nick)
{
	memset(c->read, 0, sizeof(c->read));
	if (nick)
		snprintf(c->nick, sizeof(c->nick), "%s", nick);
}

/* A line to client i, as words: [0] is the source. */
static void hear_words(struct world *w, int i, char **word)
{
	struct world_client *c = &w->client[i];
	const char *command = word[1];
	size_t n = strlen(c->nick);

	if (strcmp(command, "REDACT") == 0)
		hear_redaction(w, i, word[3]);
	else if (strcmp(command, "REGISTER") == 0 && strcmp(word[2], "SUCCESS") == 0)
		hear_account(w, i, word[3]);
	else if (strcmp(command, "MARKREAD") == 0)
		hear_marker(w, i, word[2], word[3]);
	else if (strcmp(command, "900") == 0 || strcmp(command, "901") == 0)
		hear_name(c, NULL);
	else if (strcmp(command, "001") == 0)
		hear_name(c, word[2]);
	else if (strcmp(command, "NICK") == 0 && strncmp(word[0] + 1, c->nick, n) == 0 &&
		 word[0][1 + n] == '!')
		hear_name(c, word[2] + (*word[2] == ':'));
}

void world_hear(struct world *w, int i, const char *line, size_t len)
{
	struct world_client *c = &w->client[i];
	char text[WORLD_LINE],
		*rest = text,
		*word[5] = {(char *)"", (char *)"", (char *)"", (char *)"", (char *)""};
	const char *drop = memmem(line, len, "S DROP ", 7);
	size_t tags = *line == '@' ? strcspn(line, " ") + 1 : 0;

	hear_text(w, i, line, len);
	w->moves += memmem(line, len, " JOIN ", 6) || memmem(line, len, " QUIT ", 6);
	if (!w->all)
		return;
	if (memmem(line, len, " BATCH +", 8))
		take_tag(line, "msgid=", c->msgid, sizeof(c->msgid));
	if (drop && drop[-2] == '/')
		snprintf(c->answer, sizeof(c->answer), "%.*s", (int)(line + len - drop) + 1,
			drop - 1);
	snprintf(text, sizeof(text), "%.*s", (int)(len - tags), line + tags);
	for (size_t n = 0; n < ARRAY_SIZE(word) && rest; n++)
		word[n] = strsep(&rest, " ");
	hear_words(w, i, word);
}
