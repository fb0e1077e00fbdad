/* checkup.c - findings are appended to the report. */
#include "doctor/checkup.h"

#include <stdarg.h>
#include <stdio.h>

struct finding *finding_add(
	struct checkup *c, enum finding_grade grade, const char *what, const char *is, ...)
{
	struct finding *f;
	va_list args;

	assert(c->report->count < FINDINGS_MAX);
	f = &c->report->findings[c->report->count++];
	*f = (struct finding){.grade = grade, .what = what};
	va_start(args, is);
	vsnprintf(f->is, sizeof(f->is), is, args);
	va_end(args);
	return f;
}

void finding_set(struct finding *f, const char *set, ...)
{
	va_list args;

	va_start(args, set);
	vsnprintf(f->set, sizeof(f->set), set, args);
	va_end(args);
}
