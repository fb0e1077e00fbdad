/* counters.c - asks a running instance for its counters: counters.h. */
#include "cli/counters.h"

#include "cli/control_client.h"
#include "cli/control_json.h"

bool counters_get(struct counter_list *l, const char *command, const char *name)
{
	struct control_client c;
	const char *line;
	json_t *o;
	bool good = true;

	l->count = 0;
	if (!control_ask(&c, command, name, "counters"))
		return false;
	while (good && (line = control_line(&c)) && (o = control_json(command, line))) {
		good = counter_list_add(
			l, control_json_text(o, "name"), control_json_number(o, "value"));
		json_decref(o);
	}
	if (!good)
		fprintf(stderr, "%s: the instance has more counters than this command knows\n",
			command);
	return control_finish(&c) && good;
}

bool counters_source(const char *command, const char *name, int *pid, char *own_name, size_t n)
{
	struct control_client c;
	const char *line;
	json_t *o;

	if (!control_ask(&c, command, name, "instance"))
		return false;
	line = control_line(&c);
	o = line ? control_json(command, line) : NULL;
	*pid = o ? (int)control_json_number(o, "pid") : 0;
	snprintf(own_name, n, "%s", o ? control_json_text(o, "name") : "");
	json_decref(o);
	while (control_line(&c))
		;
	return control_finish(&c) && *pid != 0;
}
