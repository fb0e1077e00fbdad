/*
 * lab_pkt.c - parser of packet scripts and interpreter of assertions: any input is parsed or yields
 * one error.
 */
#include "lab/pkt/code.h"
#include "lab/pkt/parse.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool no_name(void *ctx, const char *name, int64_t *value)
{
	(void)ctx;
	(void)name;
	*value = 1;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pkt_source source = {.file = "fuzz", .text = (const char *)data, .len = size};
	struct tcp_info info = {0};
	struct code_env env = {.info = &info, .lookup = no_name};
	struct pkt_script s;
	char error[PKT_ERROR_MAX], wrong[CODE_ERROR_MAX];

	pkt_parse(&s, &source, error);
	for (const struct pkt_event *e = s.events; e; e = e->next)
		if (e->kind == PKT_EVENT_CODE && e->text)
			code_run(e->text, &env, wrong);
	pkt_script_free(&s);
	return 0;
}
