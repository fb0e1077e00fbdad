/*
 * config_print.h - documentation printed from the table of keys.
 */
#ifndef CHAT_CONFIG_CONFIG_PRINT_H
#define CHAT_CONFIG_CONFIG_PRINT_H

#include "base/base.h"

#include <stdio.h>

/* Writes a commented file of defaults. */
void config_print_example(FILE *out);

/* Writes the keys' part of the man page. */
void config_print_man(FILE *out);

#endif
