/*
 * lab_out.h - the files of `burble lab run --out DIR`: a page, pictures, JSON and captures.
 *
 *     DIR/report.html  ladder.txt  ladder.svg  run.json  HOST.pcapng
 *
 * HOST is the name of a host, followed by its number if an earlier host has the same name.
 */
#ifndef CLI_LAB_OUT_H
#define CLI_LAB_OUT_H

#include "lab/report/report.h"
#include "lab/report/story.h"

/* Creates dir if it does not exist. False after a line on stderr if no file can be created in it.
 */
bool lab_out_directory(const char *dir);

/* Writes all of them into dir, which must exist. False after a line on stderr if one could not be
 * written. */
bool lab_out(const struct story *s, const struct report_options *o, const char *dir);

/* Writes the picture alone, to path. False after a line on stderr if that failed. */
bool lab_out_picture(const struct story *s, const struct report_options *o, const char *path);

/* Writes the page alone, to path. False after a line on stderr if that failed. */
bool lab_out_page(const struct story *s, const struct report_options *o, const char *path);

#endif
