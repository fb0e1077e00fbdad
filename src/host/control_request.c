/* control_request.c - parses a request on a control socket: control_request.h. */
#include "host/control_request.h"

#include "observe/sock_row.h"

#include <ctype.h>
#include <stdlib.h>

#define ALL_STATES ((1u << SOCK_STATES) - 2)

/* The next word of *p, ended by a NUL; NULL: there is none. */
static char *word(char **p)
{
	char *start = *p + strspn(*p, " \t"), *end = start + strcspn(start, " \t");

	*p = *end ? end + 1 : end;
	*end = '\0';
	return *start ? start : NULL;
}

static const char *parse_states(struct control_request *r, char *list)
{
	for (char *name = strtok_r(list, ",", &list); name; name = strtok_r(NULL, ",", &list)) {
		uint8_t state = sock_state_find(name);

		if (state == 0)
			return "no such state: they are ESTAB, SYN-SENT ... as ss prints them";
		r->states |= 1u << state;
	}
	return r->states ? NULL : "state= names no state";
}

static const char *parse_sockets(struct control_request *r, char *rest)
{
	const char *why = NULL;
	char *w;

	while (!why && (w = word(&rest))) {
		if (strcmp(w, "tcp") == 0)
			r->tcp = true;
		else if (strcmp(w, "udp") == 0)
			r->udp = true;
		else if (strcmp(w, "info") == 0)
			r->info = true;
		else if (strcmp(w, "mem") == 0)
			r->mem = true;
		else if (strncmp(w, "state=", 6) == 0)
			why = parse_states(r, w + 6);
		else
			why = "sockets takes tcp, udp, state=, info and mem";
	}
	if (!r->tcp && !r->udp)
		r->tcp = r->udp = true;
	if (!r->states)
		r->states = ALL_STATES;
	return why;
}

/* NAME, or NAME=VALUE, where the value is the rest of the line. */
static const char *parse_sysctl(struct control_request *r, char *rest)
{
	char *equals = strchr(rest, '=');

	if (equals) {
		*equals = '\0';
		r->value = equals + 1;
	}
	r->name = word(&rest);
	if (word(&rest))
		return "sysctl takes one NAME or NAME=VALUE";
	return r->value && !r->name ? "sysctl: no name before the '='" : NULL;
}

static const char *parse_dump(struct control_request *r, char *rest)
{
	static const char why[] = "dump takes snap=BYTES, from 1 to 65536";
	char *w = word(&rest), *end;
	unsigned long snap = CONTROL_SNAP_MAX;

	if (w) {
		if (strncmp(w, "snap=", 5) != 0 || !isdigit((unsigned char)w[5]))
			return why;
		snap = strtoul(w + 5, &end, 10);
		if (*end || snap == 0 || snap > CONTROL_SNAP_MAX || word(&rest))
			return why;
	}
	r->snap = (uint32_t)snap;
	return NULL;
}

static const char *parse_chat(struct control_request *r, char *rest)
{
	r->rest = rest + strspn(rest, " \t");
	return NULL;
}

static const char *parse_nothing(struct control_request *r, char *rest)
{
	return word(&rest) ? "this request takes no argument" : NULL;
}

const char *control_parse(struct control_request *r, char *line)
{
	static const struct {
		const char *name;
		const char *(*parse)(struct control_request *r, char *rest);
	} verbs[CONTROL_VERBS] = {
		[CONTROL_SOCKETS] = {"sockets", parse_sockets},
		[CONTROL_DESCRIPTORS] = {"descriptors", parse_nothing},
		[CONTROL_COUNTERS] = {"counters", parse_nothing},
		[CONTROL_SYSCTL] = {"sysctl", parse_sysctl},
		[CONTROL_INSTANCE] = {"instance", parse_nothing},
		[CONTROL_DUMP] = {"dump", parse_dump},
		[CONTROL_CHAT] = {"chat", parse_chat},
	};
	const char *verb = word(&line);

	*r = (struct control_request){0};
	for (int i = 0; verb && i < CONTROL_VERBS; i++)
		if (strcmp(verb, verbs[i].name) == 0) {
			r->verb = (enum control_verb)i;
			return verbs[i].parse(r, line);
		}
	return "no such request: there are sockets, descriptors, counters, sysctl, instance, dump, "
	       "chat";
}
