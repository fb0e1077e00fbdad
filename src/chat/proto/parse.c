/*
 * parse.c - parser of a line: tags, source, command, parameters, each cut off the front.
 */
#include "chat/proto/parse.h"

/* Skips spaces; then cuts off and terminates the word before the next space. Returns its length. */
static size_t cut_word(char **at, char **word)
{
	char *p = *at, *end;

	while (*p == ' ')
		p++;
	end = strchrnul(p, ' ');
	*word = p;
	*at = end;
	if (*end) {
		*end = '\0';
		*at = end + 1;
	}
	return (size_t)(end - p);
}

static void cut_params(struct msg *m, char *p)
{
	while (m->count < PARAMS_MAX) {
		while (*p == ' ')
			p++;
		if (!*p)
			return;
		if (*p == ':' || m->count == PARAMS_MAX - 1) {
			m->params[m->count] = p + (*p == ':');
			m->lens[m->count] = (uint16_t)strlen(m->params[m->count]);
			m->count++;
			return;
		}
		m->lens[m->count] = (uint16_t)cut_word(&p, &m->params[m->count]);
		m->count++;
	}
}

static void capitals(char *p)
{
	for (; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - ('a' - 'A'));
}

enum parse_error parse_message(struct msg *m, struct span line)
{
	char *p = line.p, *word;

	m->tags = m->source = NULL;
	m->tags_len = m->count = 0;
	if (*p == '@') {
		m->tags_len = (uint32_t)cut_word(&p, &word) - 1;
		m->tags = word + 1;
		if (m->tags_len > CLIENT_TAGS_MAX)
			return PARSE_TAGS_TOO_LONG;
	}
	if (line.n - (size_t)(p - line.p) > LINE_BODY_MAX - 2)
		return PARSE_BODY_TOO_LONG;
	while (*p == ' ')
		p++;
	if (*p == ':') {
		cut_word(&p, &word);
		m->source = word + 1;
	}
	if (cut_word(&p, &word) == 0)
		return PARSE_EMPTY;
	capitals(word);
	m->command = word;
	cut_params(m, p);
	return PARSE_OK;
}
