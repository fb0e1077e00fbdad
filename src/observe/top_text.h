/*
 * top_text.h - the screen of `burble top`: the state of an instance, and what its counters did
 * since the last screen, the busiest first.
 */
#ifndef OBSERVE_TOP_TEXT_H
#define OBSERVE_TOP_TEXT_H

#include "observe/counter_list.h"
#include "wire/text.h"

enum {
	TOP_TEXT_MAX = COUNTERS_MAX * 80 + 1024, /* room for a screen */
	TOP_NAME = 64,                           /* room for a name, a version */
	TOP_HEAD_LINES = 5,                      /* above the rows of counters */
};

/* An instance at one moment. */
struct top_sample {
	char name[TOP_NAME], version[TOP_NAME];
	int pid;
	uint64_t awake, idle, orphans; /* connections, by their records */
	nsec_t at;
	struct counter_list counters;
};

/* Appends the screen: at most `rows` counters, those that have changed. */
void top_text(struct text *t, const struct top_sample *before, const struct top_sample *now,
	uint32_t rows);

#endif
