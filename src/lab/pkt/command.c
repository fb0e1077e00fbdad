/*
 * command.c - parser of commands: the part of shell syntax that scripts use.
 *
 *     command  -> list { (";" | new line) list }
 *     list     -> pipe { "||" pipe }          each only if the previous one failed
 *     pipe     -> program { "|" program }
 */
#include "lab/pkt/command.h"

#include "lab/pkt/code.h"
#include "lab/pkt/program.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

enum token {
	TOKEN_WORD,
	TOKEN_PIPE,
	TOKEN_OR,
	TOKEN_END, /* of a list */
};

enum {
	GROWTH = 4, /* a number of 20 characters over the 6 of "$((0))", rounded up */
};

/* Appends the value of $((EXPR)) at *p to `to`. Advances *p and returns the new end. */
static char *take_arithmetic(struct shell *sh, const char **p, char *to)
{
	const char *from = *p + strlen("$(("), *end = strstr(from, "))");
	char *text = pkt_copy_text(&sh->run->arena, from, end ? (size_t)(end - from) : 0);
	char error[CODE_ERROR_MAX];
	int64_t value;

	*p = end ? end + strlen("))") : from + strlen(from);
	if (!end || !code_number(text, &value, error)) {
		run_fail(sh->run, sh->line, "$((%s)): %s", text, end ? error : "missing '))'");
		return to;
	}
	return to + sprintf(to, "%lld", (long long)value);
}

/* Consumes one word at *p, without its quotes. */
static char *take_word(struct shell *sh, const char **p)
{
	size_t size = strlen(*p) * GROWTH;
	char *out = pkt_alloc(&sh->run->arena, size + 1), *to = out;
	char quote = '\0';

	while (**p && (quote || !strchr(" \t\n;\\|", **p))) {
		if (quote != '\'' && strncmp(*p, "$((", 3) == 0) {
			to = take_arithmetic(sh, p, to);
			continue;
		}
		if (quote ? **p == quote : **p == '"' || **p == '\'')
			quote = quote ? '\0' : **p;
		else
			*to++ = **p;
		(*p)++;
	}
	assert((size_t)(to - out) <= size);
	return out;
}

static void skip_blanks(const char **p)
{
	while (**p == ' ' || **p == '\t' || (**p == '\\' && (*p)[1] == '\n'))
		*p += **p == '\\' ? 2 : 1;
	if (**p == '#')
		*p += strcspn(*p, "\n");
}

static enum token next_token(struct shell *sh, const char **p, char **word)
{
	skip_blanks(p);
	if (**p == '\0' || **p == '\n' || **p == ';')
		return TOKEN_END;
	if (**p == '|') {
		*p += (*p)[1] == '|' ? 2 : 1;
		return (*p)[-2] == '|' ? TOKEN_OR : TOKEN_PIPE;
	}
	if (**p == '\\')
		(*p)++;
	*word = take_word(sh, p);
	return TOKEN_WORD;
}

/* Matches "2>&1", ">", "&>/dev/null"; *file is the file, "" if it is the next word. */
static bool redirects(char *word, const char **file)
{
	char *sign = word + strspn(word, "0123456789&");

	if (*sign != '>')
		return false;
	*file = sign + strspn(sign, ">");
	return true;
}

static bool run_program(struct shell *sh, char **word)
{
	const struct program *p = program_find(word[0]);

	if (!p)
		return run_fail(sh->run, sh->line, "not supported: the command '%.60s'", word[0]);
	if (sh->file && !p->writes)
		return run_fail(sh->run, sh->line, "not supported: %s > %.60s", word[0], sh->file);
	return p->run(sh, word + 1);
}

/* Consumes the words and redirections of one program. Returns the token that follows. */
static enum token take_program(struct shell *sh, const char **p, char **word)
{
	enum token t;
	size_t n = 0;
	char *w = NULL;

	sh->file = NULL;
	while ((t = next_token(sh, p, &w)) == TOKEN_WORD) {
		const char *file;

		if (!redirects(w, &file)) {
			if (n < SHELL_WORDS)
				word[n++] = w;
			else
				run_fail(sh->run, sh->line, "more than %d words in a command",
					SHELL_WORDS);
			continue;
		}
		if (*file == '\0' && next_token(sh, p, &w) == TOKEN_WORD)
			file = w;
		if (strcmp(file, "/dev/null") != 0 && *file != '&')
			sh->file = file;
	}
	word[n] = NULL;
	return t;
}

/* Runs a pipe; *end is the token that follows. */
static bool run_pipe(struct shell *sh, const char **p, enum token *end)
{
	char *word[SHELL_WORDS + 1];
	bool good = true;

	sh->in = NULL;
	do {
		char *bytes = pkt_alloc(&sh->run->arena, SHELL_TEXT);
		struct text out = text_in(bytes, SHELL_TEXT);

		*end = take_program(sh, p, word);
		sh->out = &out;
		if (word[0] && !run_over(sh->run))
			good = run_program(sh, word);
		sh->in = bytes;
	} while (*end == TOKEN_PIPE);
	return good;
}

static bool run_list(struct shell *sh, const char **p)
{
	enum token end;
	bool good;
	char *w;

	do {
		sh->why[0] = '\0';
		good = run_pipe(sh, p, &end);
	} while (end == TOKEN_OR && !good && !run_over(sh->run));
	while (end == TOKEN_OR || end == TOKEN_PIPE || end == TOKEN_WORD)
		end = next_token(sh, p, &w); /* the rest of the list is not run */
	return good ||
	       run_fail(sh->run, sh->line, "%s", sh->why[0] ? sh->why : "the command failed");
}

bool command_run(struct pkt_run *r, int line, const char *text)
{
	char why[SHELL_WHY];
	struct shell sh = {.run = r, .line = line, .why = why};

	while (*text && !run_over(r)) {
		if (!run_list(&sh, &text))
			return false;
		if (*text)
			text++;
	}
	return !run_over(r);
}

bool command_known(const char *text)
{
	const struct program *p;
	char word[256];

	while (isspace((unsigned char)*text) || *text == '#')
		text += *text == '#' ? strcspn(text, "\n") : 1;
	if (sscanf(text, "%255[^ \t\n;]", word) != 1)
		return *text == '\0';
	p = program_find(word);
	return p && !p->files;
}
