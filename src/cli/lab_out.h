/*
 * lab_out.h - the files of `burble lab run --out DIR`: a page, pictures, JSON and captures.
 *
 *     DIR/report.html  ladder.txt  ladder.svg  run.json  HOST.pcapng
 *
 * HOST is the name of a host, and its number behind it where an earlier host has the same name.
 */
#ifndef CLI_LAB_OUT_H
#define CLI_LAB_OUT_H

#include "lab/report/story.h"

struct lab_out_options {
	const char *dir; /* is made if it is not there */
	const char *title;
	uint32_t rows; /* of ladder.svg at most; 0: as many as a picture may have */
};

/* Writes all of them. False with a line on stderr if one could not be written. */
bool lab_out(const struct story *s, const struct lab_out_options *o);

/* Writes the page alone, as path. False with a line on stderr if that failed. */
bool lab_out_page(const struct story *s, const char *title, const char *path);

#endif
