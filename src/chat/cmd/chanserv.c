/* chanserv.c - ChanServ: registered channels. */
#include "chat/cmd/chanserv.h"

const struct service chanserv = {"ChanServ", "ChanServ keeps channels.", NULL, 0};
