/*
 * icmp.h - ICMP types and codes by the names that scripts use; the numbers of the two IP
 * versions differ.
 */
#ifndef LAB_PKT_ICMP_H
#define LAB_PKT_ICMP_H

#include "base/base.h"

/* True if a version of IP knows the name, or if it is type_N (code_N). */
bool icmp_names_known(const char *type);
bool icmp_names_known_code(const char *code);

/* The numbers, or -1 if that version has no such type, or no such code under it. NULL is code 0. */
int icmp_type_number(const char *type, bool v6);
int icmp_code_number(const char *code, int type, bool v6);

/* The name of a type, or NULL. */
const char *icmp_type_name(int type, bool v6);

/* The name of a code of that type, or NULL. */
const char *icmp_code_name(int code, int type, bool v6);

#endif
