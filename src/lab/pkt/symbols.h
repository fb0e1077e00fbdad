/*
 * symbols.h - Linux constants by name.
 */
#ifndef LAB_PKT_SYMBOLS_H
#define LAB_PKT_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

/* Looks up a constant. v6 selects IPv6's values of CMSG_LEVEL_IP and CMSG_TYPE_RECVERR. */
bool symbol_value(const char *name, bool v6, int64_t *value);

/* Returns the name of an errno, e.g. "EAGAIN"; never NULL. */
const char *symbol_errno(int err);

#endif
