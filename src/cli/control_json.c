/* control_json.c - parses lines of a control socket's answer: control_json.h. */
#include "cli/control_json.h"

#include <stdio.h>

json_t *control_json(const char *command, const char *line)
{
	json_t *object = json_loads(line, 0, NULL);

	if (object && json_is_object(object))
		return object;
	json_decref(object);
	fprintf(stderr, "%s: the instance answers in an unknown form: is it of another version?\n",
		command);
	return NULL;
}

uint64_t control_json_number(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

const char *control_json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text ? text : "";
}

bool control_json_row(struct sock_row *r, const char *command, const char *line)
{
	json_t *o = control_json(command, line);
	bool good;

	if (!o)
		return false;
	*r = (struct sock_row){.udp = strcmp(control_json_text(o, "netid"), "udp") == 0,
		.v6 = strcmp(control_json_text(o, "family"), "inet6") == 0,
		.state = sock_state_find(control_json_text(o, "state")),
		.lport = (uint16_t)control_json_number(o, "lport"),
		.pport = (uint16_t)control_json_number(o, "pport")};
	good = ip_addr_parse(&r->local, control_json_text(o, "local")) &&
	       ip_addr_parse(&r->peer, control_json_text(o, "peer")) && r->state != 0;
	snprintf(r->dev, sizeof(r->dev), "%s", control_json_text(o, "dev"));
	snprintf(r->cc, sizeof(r->cc), "%s", control_json_text(o, "cc"));
	for (int f = 0; f < SOCK_FIELDS; f++)
		r->v[f] = control_json_number(o, sock_field_name((enum sock_field)f));
	json_decref(o);
	if (!good)
		fprintf(stderr, "%s: the instance lists a socket in an unknown form\n", command);
	return good;
}
