/* ss_states.c - names of states: ss_states.h. */
#include "observe/ss_states.h"

#include "wire/text.h"

uint32_t ss_states_find(const char *name)
{
	static const struct {
		const char *name;
		uint32_t states;
	} names[] = {{"established", 1u << 1}, {"syn-sent", 1u << 2}, {"syn-recv", 1u << 3},
		{"fin-wait-1", 1u << 4}, {"fin-wait-2", 1u << 5}, {"time-wait", 1u << 6},
		{"closed", 1u << 7}, {"unconnected", 1u << 7}, {"close-wait", 1u << 8},
		{"last-ack", 1u << 9}, {"listening", 1u << 10}, {"listen", 1u << 10},
		{"closing", 1u << 11}, {"all", SS_STATES_ALL}, {"bucket", SS_STATES_BUCKET},
		{"big", SS_STATES_ALL & ~SS_STATES_BUCKET},
		{"connected", SS_STATES_ALL & ~SS_STATES_LISTEN},
		{"synchronized", SS_STATES_ALL & ~SS_STATES_LISTEN & ~(1u << 2)}};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].states;
	return 0;
}

void ss_states_list(char *out, size_t n, uint32_t states)
{
	struct text t = text_in(out, n);

	for (uint8_t i = 1; i < SOCK_STATES; i++)
		if (states & 1u << i)
			text_add(&t, "%s%s", t.len ? "," : "", sock_state_name(i));
	assert(t.len < n);
}
