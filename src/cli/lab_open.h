/*
 * lab_open.h - `burble lab run --open`: the page of a run in a browser.
 */
#ifndef CLI_LAB_OPEN_H
#define CLI_LAB_OPEN_H

#include "lab/report/report.h"
#include "lab/report/story.h"

/* Writes the page into a new directory below $TMPDIR, or /tmp, prints its path on stderr, and
 * starts $BROWSER, or xdg-open, on it. The page is left there for the browser to read. False after
 * a line on stderr if one of these failed. */
bool lab_open(const struct story *s, const struct report_options *o);

#endif
