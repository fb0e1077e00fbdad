/*
 * drawn_option.h - for random tests: socket options with random values, including some that are
 * refused.
 */
#ifndef SOCKET_TEST_DRAWN_OPTION_H
#define SOCKET_TEST_DRAWN_OPTION_H

#include "base/prng.h"

struct burble;

/* Sets a random option of fd; *result is the return value of setsockopt(). Returns its name, a
 * constant. */
const char *draw_option(struct prng *p, struct burble *b, int fd, int *result);

#endif
