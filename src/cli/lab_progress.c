/* lab_progress.c - progress line of a run: lab_progress.h. */
#include "cli/lab_progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST NSEC_SEC /* a shorter run has no line */
#define EACH  (NSEC_SEC / 5)

static nsec_t real_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * NSEC_SEC + t.tv_nsec;
}

void lab_progress_begin(struct lab_progress *p)
{
	*p = (struct lab_progress){.on = isatty(STDERR_FILENO), .next = real_time() + FIRST};
}

void lab_progress_show(struct lab_progress *p, nsec_t at, uint64_t packets)
{
	if (!p->on || real_time() < p->next)
		return;
	p->next = real_time() + EACH;
	p->visible = true;
	fprintf(stderr, "\r%.3f s of virtual time, %llu packets \033[K", (double)at / 1e9,
		(unsigned long long)packets);
}

void lab_progress_clear(struct lab_progress *p)
{
	if (p->visible)
		fputs("\r\033[K", stderr);
	p->visible = false;
}
