/* client_line.c - what a client makes of a line: clients.h. */
#include "million/clients.h"

#include <stdlib.h>

/* The command of a line: what follows its prefix. */
static const char *command_of(const char *line)
{
	const char *space = *line == ':' ? strchr(line, ' ') : NULL;

	return space ? space + 1 : line;
}

static bool begins(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* "PRIVMSG #channel :number time", both hexadecimal. */
static void on_message(struct clients *c, struct client *k, const char *command)
{
	const char *text = strchr(command, ':');
	char *end;
	uint32_t number = text ? (uint32_t)strtoul(text + 1, &end, 16) : 0;

	if (number <= k->last) {
		c->wrong++;
		return;
	}
	k->last = number;
	c->deliveries++;
	c->last_delivery = c->now;
	if (c->latency)
		hist_add(c->latency, c->now - (nsec_t)strtoull(end, NULL, 16));
}

/* ":u1f!u@10.0.1.1 QUIT :why" */
static void on_quit(struct clients *c, const char *line)
{
	uint32_t i = (uint32_t)strtoul(line + 2, NULL, 16);

	c->quits++;
	if (i >= c->count || c->client[i].missed || !client_is_dark(c, i))
		return;
	c->client[i].missed = true;
	c->missed++;
	c->last_missed = c->now;
}

static void on_numeric(struct clients *c, struct client *k, const char *command)
{
	bool motd = begins(command, "376 ") || begins(command, "422 ");

	if (motd && k->state == CLIENT_REGISTERING) {
		k->state = CLIENT_REGISTERED;
		c->registered++;
	} else if (begins(command, "366 ") && k->state == CLIENT_JOINING) {
		k->state = CLIENT_JOINED;
		c->joined++;
	}
}

void client_line(struct clients *c, uint32_t i, const char *line)
{
	const char *command = command_of(line);

	switch (*command) {
	case '0' ... '9': on_numeric(c, &c->client[i], command); break;
	case 'Q': on_quit(c, line); break;
	case 'P':
		if (begins(command, "PRIVMSG "))
			on_message(c, &c->client[i], command);
		else if (begins(command, "PING ")) {
			c->pings++;
			client_say(c, i, "PONG :x");
		}
		break;
	default: break; /* JOIN and MODE of others */
	}
}
