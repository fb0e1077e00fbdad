/*
 * plan_channel.h - a registered channel, its ranks and its masks, as records.
 */
#ifndef IMPORT_PLAN_CHANNEL_H
#define IMPORT_PLAN_CHANNEL_H

#include "import/plan.h"

#include "chat/limits.h"

/* Whether it is a channel name here; if so its folded form. */
bool import_channel_name(const char *name, char folded[CHANNEL_BYTES_MAX + 1]);

/* Writes a channel whose founder is among the accounts that were taken. */
bool import_write_channel(struct import *im, const struct import_to *to,
	const struct import_channel *c, struct import_counts *n);

#endif
