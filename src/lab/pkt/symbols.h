/*
 * symbols.h - Linux names and their values.
 */
#ifndef LAB_PKT_SYMBOLS_H
#define LAB_PKT_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

/* Looks a name up; v6: sockets are AF_INET6, which matters to two names of control messages. */
bool symbol_value(const char *name, bool v6, int64_t *value);

/* "EAGAIN" for 11. Never NULL. */
const char *symbol_errno(int err);

#endif
