/* doctor.c - the report: findings in the order of the checks. */
#include "doctor/doctor.h"
#include "doctor/counters.h"
#include "doctor/limits.h"
#include "doctor/sockets.h"

const char *finding_grade_name(enum finding_grade g)
{
	static const char *const names[] = {"limit", "trouble", "advice", "ok"};

	assert((unsigned)g < FINDING_GRADES);
	return names[g];
}

void doctor_examine(struct doctor_report *r, const char *root, uint64_t connections)
{
	struct checkup c = {.proc = {root}, .report = r};

	*r = (struct doctor_report){.connections = connections};
	check_limits(&c);
	check_counters(&c);
	check_sockets(&c);
}
