/*
 * command.h - commands between backticks.
 */
#ifndef LAB_PKT_COMMAND_H
#define LAB_PKT_COMMAND_H

#include "lab/pkt/run.h"

/* Runs the command of that line. Returns false after run_fail() or run_skip(). */
bool command_run(struct pkt_run *r, int line, const char *text);

/* Returns true if the first program of a command is one of program.c (except dd and rm, which the
 * machine's shell has too), or if the command is empty. */
bool command_known(const char *text);

#endif
