/*
 * config_print.h - documentation printed from the table of keys.
 */
#ifndef CHAT_CONFIG_CONFIG_PRINT_H
#define CHAT_CONFIG_CONFIG_PRINT_H

#include "base/base.h"

/* Where the text goes. */
struct config_text {
	void (*write)(void *arg, const char *text);
	void *arg;
};

/* Writes a commented file of defaults. */
void config_print_example(const struct config_text *out);

/* Writes the keys' part of the man page. */
void config_print_man(const struct config_text *out);

#endif
