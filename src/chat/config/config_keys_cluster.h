/*
 * config_keys_cluster.h - the keys of the section cluster: config_keys.h includes it.
 */
/* clang-format off */
SECTION(cluster)
LIST(engine_url, cluster, engine, "", 0, CONFIG_ENGINES_MAX, RESTART,
	"The servers of the engine (NATS) that joins several servers into one network, "
	"nats://HOST:PORT or tls://HOST:PORT. Empty: this server is alone.")
NUMBER(count, cluster, node, "0", 0, 1023, RESTART,
	"The number of this server in the network, from 1 on: no two have the same.")
TEXT(word, cluster, user, "", 0, 250, RESTART,
	"User name at the engine. Empty: none.")
TEXT(plain, cluster, password_file, "", 0, 500, RESTART,
	"File whose first line is the password of cluster.user.")
TEXT(plain, cluster, creds, "", 0, 500, RESTART,
	"Instead of a user name: a file of credentials, as nsc writes it.")
TEXT(plain, cluster, ca, "", 0, 500, RESTART,
	"File with certificates, PEM: one of them must have signed those of the servers at tls://. "
	"Empty: the system's.")
NUMBER(span, cluster, log_age, "7d", HOUR, 365 * DAY, RELOAD,
	"How long what the servers have sent each other is kept, for one that was away: it also "
	"has what was deleted meanwhile.")
NUMBER(bytes, cluster, log_bytes, "1G", 1 << 20, 1LL << 40, RELOAD,
	"Its bytes; beyond that the oldest goes first.")
NUMBER(yes_no, cluster, quorum, "no", 0, 1, RELOAD,
	"A message is confirmed to its sender (echo-message, labeled-response) when another "
	"server has it on its disk, too, not this one alone.")
END(cluster)
