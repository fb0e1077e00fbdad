/*
 * command.h - commands between backticks.
 */
#ifndef LAB_PKT_COMMAND_H
#define LAB_PKT_COMMAND_H

#include "lab/pkt/run.h"

/* Runs the command of that line. Returns false after run_fail() or run_skip(). */
bool command_run(struct pkt_run *r, int line, const char *text);

/* Returns true if the first program of a command is one of program.c, other than dd and rm, which
 * a machine's own shell has too; also for a command that is empty. */
bool command_known(const char *text);

#endif
