/*
 * icmp.h - names of ICMP types and codes. The numbers differ between the IP versions.
 */
#ifndef LAB_PKT_ICMP_H
#define LAB_PKT_ICMP_H

#include "base/base.h"

/* Returns true if either IP version has a type of that name; also for "type_N". */
bool icmp_type_known(const char *name);

/* Returns true if either IP version has a code of that name; also for "code_N". */
bool icmp_code_known(const char *name);

/* Returns the number of a type, or -1 if that IP version has no such type. */
int icmp_type_number(const char *name, bool v6);

/* Returns the number of a code of that type, or -1 if there is no such code. NULL is code 0. */
int icmp_code_number(const char *name, int type, bool v6);

/* Returns the name of a type, or NULL. */
const char *icmp_type_name(int type, bool v6);

/* Returns the name of a code of that type, or NULL. */
const char *icmp_code_name(int code, int type, bool v6);

#endif
