/* help.c - help topics. */
#include "chat/cmd/help.h"

#include "chat/proto/casemap.h"

static const struct help topics[] = {
	{"INDEX", "Help topics: HELP TOPIC shows one",
		"Joining   JOIN PART NAMES LIST TOPIC INVITE KNOCK KICK MODE CHANMODES RENAME\n"
		"Talking   PRIVMSG NOTICE TAGMSG BATCH REDACT CHATHISTORY SEARCH\n"
		"          MARKREAD RELAYMSG\n"
		"People    NICK WHO WHOIS WHOWAS USERHOST ISON MONITOR AWAY SETNAME METADATA\n"
		"          SILENCE ACCEPT UMODES\n"
		"Server    MOTD LUSERS VERSION TIME ADMIN INFO STATS LINKS HELP HELPOP\n"
		"Operators OPER KILL CHGHOST KLINE UNKLINE DLINE UNDLINE UBAN REHASH WALLOPS\n"
		"          SAJOIN SAPART SANICK SAMODE FILTER\n"
		"Accounts  REGISTER VERIFY AUTHENTICATE TOKEN WEBPUSH NICKSERV NS CHANSERV CS\n"
		"          HISTSERV HOSTSERV HS EXTJWT PERSISTENCE\n"
		"Clients   PASS USER CAP PING PONG QUIT ERROR WEBIRC"},
	{"HELP", "HELP [topic]", "Shows a topic; without one, the list of them."},
	{"HELPOP", "HELPOP [topic]", "Another name of HELP."},
	{"PASS", "PASS password", "Gives the server's password, before NICK and USER."},
	{"WEBIRC", "WEBIRC password gateway hostname address [:options]",
		"Names the address of a gateway's user, before anything else."},
	{"USER", "USER name 0 * :real name", "Says who you are, once, to register."},
	{"CAP", "CAP LS [302] | LIST | REQ :capability{ -capability} | END",
		"Asks what extensions there are and switches them on and off."},
	{"REGISTER", "REGISTER name|* email|* password",
		"Registers an account, by default of your nick, and logs you in to it."},
	{"VERIFY", "VERIFY name code", "Confirms the mail address of an account."},
	{"AUTHENTICATE", "AUTHENTICATE mechanism | data | *",
		"Logs you in to an account by SASL; your client does it."},
	{"TOKEN", "TOKEN SERVICELIST | GENERATE service",
		"Proves to a service, such as that for uploads, which account is yours."},
	{"PERSISTENCE", "PERSISTENCE GET | SET ON|OFF|DEFAULT",
		"Whether you stay, in your channels, when your last client leaves."},
	{"EXTJWT", "EXTJWT #channel|* [service]",
		"Gives you a token that tells a web service who you are, and your rank in a "
		"channel."},
	{"RELAYMSG", "RELAYMSG #channel nick/network :text",
		"For bots that join channels of two networks: says a text in the name of who said "
		"it\n"
		"there. Operators of the channel only."},
	{"WEBPUSH", "WEBPUSH REGISTER endpoint keys | UNREGISTER endpoint",
		"Sends messages to your device while you are away; your client does it."},
	{"NICKSERV", "NICKSERV command", "Accounts and their nicks: NICKSERV HELP says more."},
	{"NS", "NS command", "Another name of NICKSERV."},
	{"CHANSERV", "CHANSERV command", "Registered channels: CHANSERV HELP says more."},
	{"HISTSERV", "HISTSERV command", "Your messages in the history: HISTSERV HELP says more."},
	{"HOSTSERV", "HOSTSERV command", "Your account's host: HOSTSERV HELP says more."},
	{"HS", "HS command", "Another name of HOSTSERV."},
	{"CS", "CS command", "Another name of CHANSERV."},
	{"PING", "PING token", "Is answered with PONG and the token."},
	{"PONG", "PONG token", "Answers the server's PING."},
	{"QUIT", "QUIT [:reason]", "Ends your connection."},
	{"ERROR", "ERROR :text", "What the server says before it closes; from a client, nothing."},
	{"JOIN", "JOIN #channel{,#channel} [key{,key}]",
		"Enters channels, which are made if they are not there.\nJOIN 0 leaves all."},
	{"PART", "PART #channel{,#channel} [:reason]", "Leaves channels."},
	{"NAMES", "NAMES #channel", "Shows who is in a channel."},
	{"LIST", "LIST [condition{,condition}]",
		"Shows channels. Conditions: a mask, !mask, >n and <n (users),\n"
		"C>n C<n (minutes since it was made), T>n T<n (since its topic was set)."},
	{"TOPIC", "TOPIC #channel [:text]", "Shows or sets the topic; an empty text clears it."},
	{"INVITE", "INVITE [nick #channel]",
		"Admits a user to a channel once; without parameters, lists your invitations."},
	{"KNOCK", "KNOCK #channel",
		"Asks the operators of a channel that you may not join for an invitation."},
	{"KICK", "KICK #channel nick{,nick} [:reason]", "Removes a user from a channel."},
	{"MODE", "MODE target [changes [parameters]]",
		"Shows or changes the modes of a channel or of yourself.\n"
		"See HELP CHANMODES and HELP UMODES."},
	{"CHANMODES", "Modes of channels",
		"q a o h v  owner, admin, operator, half-operator, voice (with a nick)\n"
		"b e I      ban, exception from bans, may join without invitation (with a mask)\n"
		"           m:mask as a ban keeps from speaking only, a:name is an account\n"
		"k l        key, limit of members (with a parameter)\n"
		"j f        joins in a time, COUNT:SECONDS; lines of one user in a time,\n"
		"           who says more is kicked, with *COUNT:SECONDS banned, too\n"
		"i m n s t  invite only, moderated, no messages from outside, secret,\n"
		"           only operators set the topic\n"
		"C c R z    no CTCP, no colours, only users with an account join,\n"
		"           only users with TLS join\n"
		"M U        only users with an account speak, what users without a rank say\n"
		"           goes to the operators\n"
		"Z u        what m, M and b keep from the members goes to the operators,\n"
		"           only operators see the other members"},
	{"UMODES", "Modes of users",
		"B  a bot\ng  hears only whom it accepts (ACCEPT)\ni  invisible to who shares no "
		"channel\no  server operator\nR  hears only who is logged in, or accepted\n"
		"s  receives server notices (operators): MODE nick +s letters, of c clients, k "
		"kills,\n"
		"   b bans, o operators, r registrations\nT  gets no CTCP\nw  receives WALLOPS\nx  "
		"address "
		"hidden\nZ  connected with TLS; x and Z are set by "
		"the server"},
	{"PRIVMSG", "PRIVMSG target{,target} :text",
		"Sends text to channels or users. @#channel reaches its operators only."},
	{"NOTICE", "NOTICE target{,target} :text",
		"As PRIVMSG; nothing ever answers it by itself."},
	{"TAGMSG", "@+tag TAGMSG target", "Sends message tags without text (message-tags)."},
	{"CHATHISTORY", "CHATHISTORY LATEST target * limit",
		"Shows what was said. Also BEFORE, AFTER, AROUND and BETWEEN with\n"
		"timestamp=... or msgid=..., and TARGETS."},
	{"SEARCH", "SEARCH in=target;from=nick;text=words;after=time;before=time;limit=n",
		"Finds messages of your channels and conversations; any part may be left out.\n"
		"A space in the words is written \\s."},
	{"REDACT", "REDACT target msgid [:reason]", "Takes back a message."},
	{"BATCH", "BATCH +ref draft/multiline target | -ref",
		"Begins and ends a message of several lines: PRIVMSG with @batch=ref."},
	{"MARKREAD", "MARKREAD target [timestamp=...]",
		"Shows or sets up to when you have read a conversation."},
	{"METADATA", "METADATA target GET key{ key} | LIST | SET key [:value] | CLEAR | SYNC",
		"Shows and sets keys with values of users (*: you) and channels.\n"
		"METADATA * SUB key{ key}, UNSUB and SUBS: the keys you hear of."},
	{"RENAME", "RENAME #channel #name [:reason]", "Gives a channel another name."},
	{"NICK", "NICK name", "Changes your nick."},
	{"WHO", "WHO mask [%fields[,token]]", "Shows users of a channel or that a mask covers."},
	{"WHOIS", "WHOIS nick", "Shows information about a user."},
	{"WHOWAS", "WHOWAS nick [count]", "Shows who had a nick before."},
	{"USERHOST", "USERHOST nick{ nick}", "Shows user and host of up to five users."},
	{"ISON", "ISON nick{ nick}", "Shows which of the nicks are here."},
	{"MONITOR", "MONITOR + nick{,nick} | - nick{,nick} | C | L | S",
		"Notifies you when a nick comes or goes: add, remove, clear, list, status."},
	{"SILENCE", "SILENCE [+mask | -mask]",
		"Whom you do not hear: nick!user@host, or a:account. Without a mask, the list."},
	{"ACCEPT", "ACCEPT nick{,-nick} | *",
		"Whom you hear while you have mode g; *: the list. Who you write to is added."},
	{"AWAY", "AWAY [:text]", "Marks you as away, or as back."},
	{"SETNAME", "SETNAME :name", "Changes your real name."},
	{"MOTD", "MOTD", "Shows the message of the day."},
	{"LUSERS", "LUSERS", "Counts users, operators and channels."},
	{"VERSION", "VERSION", "Shows the server's version and what it supports."},
	{"TIME", "TIME", "Shows the server's time."},
	{"ADMIN", "ADMIN", "Shows who runs the server."},
	{"INFO", "INFO", "Shows what the server is."},
	{"STATS", "STATS letter", "u: uptime. For operators: z counters, o operators, k bans."},
	{"LINKS", "LINKS [[server] mask]", "Shows the servers of the network."},
	{"OPER", "OPER name [password]",
		"Makes you a server operator; your account or certificate may be required."},
	{"SAJOIN", "SAJOIN nick #channel{,#channel}",
		"Makes a user join, whatever the modes of the channel."},
	{"SAPART", "SAPART nick #channel [:reason]", "Makes a user leave a channel."},
	{"SANICK", "SANICK nick newnick", "Gives a user another nick."},
	{"SAMODE", "SAMODE #channel changes [parameters]",
		"Changes the modes of a channel as the server."},
	{"KILL", "KILL nick :reason", "Disconnects a user."},
	{"CHGHOST", "CHGHOST nick host",
		"Changes a user's visible host; the user's own address reverts it."},
	{"KLINE", "KLINE [time] user@host :reason", "Keeps users out; time as 30s, 5m, 2h, 7d."},
	{"UNKLINE", "UNKLINE user@host", "Ends a KLINE."},
	{"DLINE", "DLINE [time] address[/bits] :reason", "Keeps addresses out."},
	{"UBAN", "UBAN ADD mask [DURATION time] [reason] | TEST mask | DEL mask | LIST",
		"Keeps out addresses (address/bits), user@host, nick!user@host, accounts "
		"(a:name).\n"
		"TEST says whom it would hit."},
	{"UNDLINE", "UNDLINE address[/bits]", "Ends a DLINE."},
	{"FILTER", "FILTER [LIST] | ADD action targets pattern :reason | DEL pattern",
		"Regular expressions against spam. Actions: warn, block, kill. Targets: p "
		"PRIVMSG,\n"
		"n NOTICE, P PART, q QUIT, t TOPIC, * all. In a pattern a space is \\s.\n"
		"FILTER TEST :text says what matches; FILTER TRY pattern :text tries one."},
	{"REHASH", "REHASH", "Reads the configuration again, without dropping anybody."},
	{"WALLOPS", "WALLOPS :text", "Speaks to all who have mode w."},
};

const struct help *help_find(const char *subject)
{
	for (size_t i = 0; i < ARRAY_SIZE(topics); i++)
		if (case_equal(topics[i].subject, subject))
			return &topics[i];
	return NULL;
}
