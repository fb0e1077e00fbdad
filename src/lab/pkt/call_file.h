/*
 * call_file.h - simulated files of a run, for open() and sendfile(): a name and a number of zeros.
 */
#ifndef LAB_PKT_CALL_FILE_H
#define LAB_PKT_CALL_FILE_H

#include "lab/pkt/run.h"

/* Creates the file, or replaces it; the name is borrowed until the run ends. Returns false if there
 * are PKT_FILES already. */
bool call_file_create(struct pkt_run *r, const char *name, size_t size);

/* Removes the file, if it exists. */
void call_file_remove(struct pkt_run *r, const char *name);

#endif
