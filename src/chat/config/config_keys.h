/*
 * config_keys.h - the keys of the configuration, one row each, in the order of the documents.
 *
 *     FORM(type, section, key, default, least, most, RELOAD or RESTART, description)
 *
 * Section and key are also the names of the struct and of its member. FORM is the stored form:
 * NUMBER (int64_t), TEXT or LIST (char[]; of a list its words, one space apart). The type defines
 * the syntax of a value (config_key.c); least and most limit the number, the bytes of the text, the
 * words of the list. RESTART: a change takes effect at the next start; RELOAD: REHASH applies it.
 *
 * Included twice, so without a guard: config.h builds the structs from it, config_key.c the table.
 */
/* clang-format off */
#include "chat/config/config_keys_server.h"

SECTION(limits)
NUMBER(count, limits, clients, "100000", 1, 10000000, RELOAD,
	"Connections in all; further ones get an error and are closed. The descriptor limit may "
	"be lower.")
NUMBER(count, limits, per_address, "64", 0, 10000000, RELOAD,
	"Connections from one address (IPv6: from one /64). 0: no limit.")
NUMBER(count, limits, connect_rate, "60", 0, 10000000, RELOAD,
	"New connections per minute from one address. 0: no limit.")
NUMBER(count, limits, connect_burst, "64", 1, 10000000, RELOAD,
	"New connections that one address may open at once.")
NUMBER(bytes, limits, sendq, "1M", 16384, 1 << 30, RELOAD,
	"Bytes queued for a client that reads slowly; beyond that it is cut with 'SendQ "
	"exceeded'.")
NUMBER(bytes, limits, sendq_unregistered, "32k", 8192, 1 << 30, RELOAD,
	"The same for a connection that is not registered yet.")
NUMBER(count, limits, flood_rate, "10", 0, 1000000, RELOAD,
	"Lines per second accepted from one connection; further ones wait. 0: no limit.")
NUMBER(count, limits, flood_burst, "40", 1, 1000000, RELOAD,
	"Lines that one connection may send at once.")
NUMBER(count, limits, password_rate, "30", 0, 1000000, RELOAD,
	"Wrong passwords (PASS, OPER) per minute from one address; beyond that none is checked "
	"for a while. 0: no limit.")
NUMBER(bytes, limits, user_memory, "1M", 0, 1LL << 40, RELOAD,
	"Bytes of memory that one user may occupy: channels it created, with topics, masks and "
	"metadata, its own metadata, MONITOR. 0: no limit.")
NUMBER(bytes, limits, address_memory, "8M", 0, 1LL << 40, RELOAD,
	"The same for all users of one address, including what departed users left behind. 0: "
	"no limit.")
NUMBER(count, limits, channels, "100", 1, 100000, RELOAD,
	"Channels that one user may be in.")
NUMBER(count, limits, nick_length, "32", 9, 63, RESTART,
	"Bytes of a nick.")
NUMBER(count, limits, user_length, "12", 4, 16, RESTART,
	"Bytes of a user name; longer ones are cut.")
NUMBER(count, limits, real_length, "128", 16, 250, RESTART,
	"Bytes of a real name; longer ones are cut.")
NUMBER(count, limits, channel_length, "63", 16, 63, RESTART,
	"Bytes of a channel's name.")
NUMBER(count, limits, topic_length, "390", 80, 390, RESTART,
	"Bytes of a topic; longer ones are cut.")
NUMBER(count, limits, away_length, "300", 16, 390, RESTART,
	"Bytes of an away message; longer ones are cut.")
NUMBER(count, limits, kick_length, "300", 16, 390, RESTART,
	"Bytes of the reason of KICK; longer ones are cut.")
NUMBER(count, limits, key_length, "32", 8, 64, RESTART,
	"Bytes of a channel's key.")
NUMBER(count, limits, list_entries, "100", 1, 10000, RESTART,
	"Masks on all lists (b, e, I) of one channel.")
NUMBER(count, limits, monitor, "100", 1, 10000, RESTART,
	"Nicks that one user may MONITOR.")
NUMBER(count, limits, silence, "32", 1, 1000, RESTART,
	"Masks on one user's SILENCE list.")
NUMBER(count, limits, accept, "32", 1, 1000, RESTART,
	"People on one user's ACCEPT list (mode g).")
NUMBER(count, limits, targets, "4", 1, 20, RESTART,
	"Targets of one PRIVMSG, NOTICE, TAGMSG or NAMES.")
NUMBER(count, limits, whowas, "1000", 1, 1000000, RESTART,
	"Users that WHOWAS remembers.")
NUMBER(bytes, limits, multiline_bytes, "4k", 512, 40000, RESTART,
	"Bytes of one multiline message.")
NUMBER(count, limits, multiline_lines, "32", 2, 1000, RESTART,
	"Lines of one multiline message.")
END(limits)

SECTION(net)
NUMBER(count, net, backlog, "4096", 1, 65535, RESTART,
	"Connections that may wait to be accepted; net.core.somaxconn may be lower.")
NUMBER(span, net, keepalive_idle, "60s", 0, 9 * HOUR, RELOAD,
	"TCP keepalive: a connection this long without a segment is probed. 0: never. Whole "
	"seconds.")
NUMBER(span, net, keepalive_interval, "5s", 0, HOUR, RELOAD,
	"TCP keepalive: time between probes. Whole seconds.")
NUMBER(count, net, keepalive_count, "3", 1, 127, RELOAD,
	"TCP keepalive: unanswered probes until the connection is dead.")
NUMBER(span, net, user_timeout, "75s", 0, HOUR, RELOAD,
	"TCP_USER_TIMEOUT: how long sent bytes may stay unacknowledged. 0: the system's. If it "
	"is less than keepalive_idle + keepalive_interval x keepalive_count, one lost probe "
	"ends a connection.")
NUMBER(yes_no, net, nodelay, "yes", 0, 1, RELOAD,
	"TCP_NODELAY: whether what is said leaves at once. no: a small segment waits while another "
	"is unacknowledged, up to 40 ms; in lively channels this saves half of the processor time.")
NUMBER(span, net, registration, "30s", NSEC_SEC, HOUR, RELOAD,
	"Time limit for registration, from connecting on.")
NUMBER(span, net, ping_interval, "2m", NSEC_SEC, 24 * HOUR, RELOAD,
	"A client that was silent for this long gets a PING.")
NUMBER(span, net, ping_timeout, "1m", NSEC_SEC, 24 * HOUR, RELOAD,
	"A client that does not answer a PING within this time is disconnected.")
END(net)

SECTION(history)
NUMBER(yes_no, history, enabled, "yes", 0, 1, RESTART,
	"Whether messages are kept and can be queried (CHATHISTORY). Needs a data directory.")
NUMBER(opt, history, channels, "opt-out", 0, HISTORY_CHANNELS_COUNT - 1, RELOAD,
	"Which channels have a history: all whose founder does not decline (ChanServ SET HISTORY), "
	"or only registered ones whose founder wants it.")
NUMBER(yes_no, history, events, "no", 0, 1, RELOAD,
	"Whether TAGMSG (reactions; never typing), JOIN, PART, QUIT, KICK, NICK, MODE and TOPIC "
	"are kept too, for clients with event-playback.")
NUMBER(span, history, events_max_age, "7d", 0, 36500 * DAY, RELOAD,
	"Events older than this are deleted, except TAGMSG. 0: as messages are. They take an "
	"eighth of max_size at most.")
NUMBER(yes_no, history, private_by_nick, "no", 0, 1, RELOAD,
	"Whether the user of a nick without an account can read all private messages ever sent "
	"to and from it, not only those since it took the nick: where nicks are trustworthy.")
NUMBER(span, history, max_age, "30d", 0, 36500 * DAY, RELOAD,
	"Messages older than this are deleted. 0: never.")
NUMBER(bytes, history, max_size, "4G", 0, 1LL << 46, RELOAD,
	"When the file is larger, the oldest messages are deleted. 0: never.")
NUMBER(count, history, page, "200", 1, 1000, RESTART,
	"Messages in one reply to CHATHISTORY.")
NUMBER(yes_no, history, search, "yes", 0, 1, RESTART,
	"Whether messages can be searched (SEARCH). The index takes about as much space as the "
	"texts, within max_size.")
NUMBER(count, history, on_join, "20", 0, 1000, RELOAD,
	"Messages that a client with server-time but without chathistory is shown when it joins a "
	"channel. 0: none.")
NUMBER(count, history, queue_messages, "65536", 16, 10000000, RESTART,
	"Messages that may wait for the disk; beyond that senders are asked to try again.")
NUMBER(bytes, history, queue_bytes, "32M", 1 << 20, 1LL << 36, RESTART,
	"Bytes of messages that may wait for the disk.")
END(history)

#include "chat/config/config_keys_accounts.h"

SECTION(dnsbl)
LIST(zone, dnsbl, refuse, "", 0, 8, RESTART,
	"DNS lists (DNSBL): clients whose address is on one are cut before they are registered. "
	"The zones learn the addresses of your users.")
LIST(zone, dnsbl, account, "", 0, 8, RESTART,
	"The same of lists whose addresses may connect if they log in to an account by SASL.")
LIST(zone, dnsbl, warn, "", 0, 8, RESTART,
	"The same of lists of which operators only read.")
LIST(network, dnsbl, exempt, "127.0.0.0/8 ::1/128 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 "
	"fc00::/7 fe80::/10", 0, 32, RELOAD,
	"Networks whose addresses are not looked up.")
NUMBER(span, dnsbl, timeout, "5s", 100 * NSEC_MSEC, 30 * NSEC_SEC, RESTART,
	"A client whose lists have not answered within this time is let in.")
TEXT(resolver, dnsbl, servers, "", 0, 100, RESTART,
	"The DNS server to ask. Empty: the system's.")
END(dnsbl)

#include "chat/config/config_keys_cluster.h"

SECTION(log)
NUMBER(level, log, level, "info", 0, LOG_LEVEL_COUNT - 1, RELOAD,
	"The least severe level that is logged.")
NUMBER(format, log, format, "logfmt", 0, LOG_FORMAT_COUNT - 1, RELOAD,
	"Format of a line: key=value words, or a JSON object.")
NUMBER(count, log, burst, "20", 0, 1000000, RELOAD,
	"Lines per event in each log.interval; further ones are only counted. 0: no limit. "
	"Errors are always logged.")
NUMBER(span, log, interval, "10s", 0, HOUR, RELOAD,
	"The interval of log.burst. 0: no limit.")
END(log)

SECTION(metrics)
LIST(listen, metrics, listen, "", 0, CONFIG_LISTEN_MAX, RESTART,
	"Where Prometheus fetches metrics: http://ADDRESS:PORT/metrics, without a password. Always "
	"on the kernel's sockets. Empty: nowhere. 127.0.0.1:9667 is usual.")
END(metrics)

SECTION(cloak)
NUMBER(yes_no, cloak, enabled, "yes", 0, 1, RELOAD,
	"Whether a user's address is hidden from others, who see keyed hashes of it and of its "
	"networks; addresses of the loopback are not. A change is for those who connect later.")
TEXT(suffix, cloak, suffix, "cloak", 1, 24, RELOAD,
	"The end of such a host.")
END(cloak)

SECTION(proxy)
LIST(network, proxy, from, "", 0, 32, RESTART,
	"Networks of proxies (HAProxy, nginx), whose connections begin with a header of the PROXY "
	"protocol, version 1 or 2, before TLS, too; their users have the address that it names. "
	"Empty: none.")
END(proxy)

SECTION(oper)
MEMBER(char, name[CONFIG_LINE_MAX])
MEMBER(uint32_t, line) /* of the file, where its section begins; 0: from --set */
TEXT(password, oper, password, "", 0, 250, RELOAD,
	"The password for OPER NAME. Empty: none, if an account or a certificate is required.")
LIST(user_host, oper, hosts, "*@*", 1, 32, RELOAD,
	"Hosts from which the oper may log in; the host part may be an address with /BITS.")
TEXT(word, oper, account, "", 0, 63, RELOAD,
	"The account that the oper must be logged in to. Empty: any, or none.")
LIST(fingerprint, oper, fingerprint, "", 0, 8, RELOAD,
	"SHA-256 fingerprints of client certificates, one of which the oper must have. Empty: "
	"none is needed.")
TEXT(word, oper, class, "", 0, 63, RELOAD,
	"The [oper_class NAME] that says what the oper may do. Empty: everything.")
END(oper)

SECTION(oper_class)
MEMBER(char, name[CONFIG_LINE_MAX])
MEMBER(uint32_t, line)
LIST(capability, oper_class, capabilities, "", 0, 16, RELOAD,
	"What opers of the class may do: kill, ban, rehash, host (CHGHOST), wallops, override "
	"(ranks in channels, secret channels), force (SAJOIN, SAPART, SANICK, SAMODE), accounts "
	"(of others), addresses (of users), stats, all.")
END(oper_class)

SECTION(webirc)
MEMBER(char, name[CONFIG_LINE_MAX])
MEMBER(uint32_t, line)
LIST(network, webirc, from, "", 0, 32, RELOAD,
	"Networks of a gateway that names the address of its users with WEBIRC.")
TEXT(password, webirc, password, "", 0, 250, RELOAD,
	"The gateway's password. Empty: none, if it has a certificate.")
LIST(fingerprint, webirc, fingerprint, "", 0, 8, RELOAD,
	"SHA-256 fingerprints of client certificates, one of which the gateway must have. Empty: "
	"none is needed.")
END(webirc)

SECTION(extjwt)
MEMBER(char, name[CONFIG_LINE_MAX])
MEMBER(uint32_t, line)
TEXT(plain, extjwt, secret, "", 0, 250, RELOAD,
	"The secret that a service on the web shares with the server, 32 bytes at least: by it "
	"users prove to the service who they are (EXTJWT). [extjwt *] is for requests that name "
	"none.")
NUMBER(span, extjwt, lifetime, "30s", NSEC_SEC, DAY, RELOAD,
	"How long such a token is valid.")
END(extjwt)
