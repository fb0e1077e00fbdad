/*
 * oper_cap.h - capabilities of an operator: what its class allows. An operator without a class has
 * all of them.
 */
#ifndef CHAT_CONFIG_OPER_CAP_H
#define CHAT_CONFIG_OPER_CAP_H

#include "base/base.h"

enum oper_cap {
	OPER_KILL = 1 << 0,    /* KILL */
	OPER_BAN = 1 << 1,     /* KLINE, DLINE and their ends */
	OPER_REHASH = 1 << 2,  /* REHASH */
	OPER_HOST = 1 << 3,    /* CHGHOST */
	OPER_WALLOPS = 1 << 4, /* WALLOPS */
	OPER_OVERRIDE =
		1 << 5,      /* MODE, TOPIC, KICK ... in any channel; secret channels, +i users */
	OPER_FORCE = 1 << 6, /* SAJOIN, SAPART, SANICK, SAMODE */
	OPER_ACCOUNTS = 1 << 7,  /* other users' accounts and registered channels, by services */
	OPER_ADDRESSES = 1 << 8, /* users' addresses and certificates */
	OPER_STATS = 1 << 9,     /* STATS */
	OPER_ALL = (1 << 10) - 1,
};

enum {
	OPER_CAPS_TEXT_MAX = 128, /* all names, with their NUL */
};

/* The capability of that name, "all" included; 0: there is none. */
uint16_t oper_cap_find(const char *name);

/* Those of a list of names, separated as in the configuration. */
uint16_t oper_caps_of(const char *list);

/* Writes the names of caps, separated by a blank. */
void oper_caps_text(uint16_t caps, char out[OPER_CAPS_TEXT_MAX]);

#endif
