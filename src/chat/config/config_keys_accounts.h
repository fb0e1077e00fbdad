/*
 * config_keys_accounts.h - the keys of the section accounts: config_keys.h includes it.
 */
/* clang-format off */
SECTION(accounts)
NUMBER(yes_no, accounts, enabled, "yes", 0, 1, RESTART,
	"Whether there are accounts: SASL, NickServ, ChanServ. Needs a data directory.")
NUMBER(yes_no, accounts, registration, "yes", 0, 1, RELOAD,
	"Whether users may register accounts.")
NUMBER(yes_no, accounts, before_connect, "yes", 0, 1, RELOAD,
	"Whether REGISTER is allowed before the connection is registered.")
NUMBER(count, accounts, register_rate, "5", 0, 1000000, RELOAD,
	"Accounts registered from one address in an hour. 0: no limit.")
TEXT(mail_url, accounts, mail_url, "", 0, 250, RESTART,
	"The mail server by which accounts are verified: smtp://HOST[:PORT] or "
	"smtps://HOST[:PORT]. Empty, and no mail_command: mail addresses are not verified.")
TEXT(plain, accounts, mail_command, "", 0, 500, RESTART,
	"Instead of it a program with its arguments, such as /usr/sbin/sendmail -t -i. It gets the "
	"message on its standard input; no shell is involved.")
TEXT(mail_address, accounts, mail_from, "", 0, 254, RESTART,
	"The sender's address of this mail.")
NUMBER(yes_no, accounts, mail_tls, "yes", 0, 1, RESTART,
	"Whether smtp:// must encrypt (STARTTLS) and have a valid certificate. no: only if it can.")
TEXT(plain, accounts, mail_ca, "", 0, 500, RESTART,
	"File with certificates, PEM: one of them must have signed that of the mail server. "
	"Empty: the system's.")
TEXT(word, accounts, mail_user, "", 0, 250, RESTART,
	"User name at the mail server. Empty: none.")
TEXT(plain, accounts, mail_password_file, "", 0, 500, RESTART,
	"File whose first line is the password of mail_user.")
NUMBER(yes_no, accounts, mail_required, "yes", 0, 1, RELOAD,
	"With mail: whether an account needs a mail address. no: one that is given is verified.")
NUMBER(count, accounts, mail_rate, "5", 0, 1000, RELOAD,
	"Mails to one address in an hour. 0: no limit.")
NUMBER(count, accounts, per_mail, "1", 0, 1000000, RELOAD,
	"With mail: accounts that one address may have. 0: no limit.")
NUMBER(span, accounts, verify_time, "24h", 60 * NSEC_SEC, 365 * DAY, RELOAD,
	"An account that was not verified for this long is deleted, and its name is free.")
NUMBER(span, accounts, reset_time, "1h", 60 * NSEC_SEC, 30 * DAY, RELOAD,
	"How long a mailed code for a new password is valid.")
NUMBER(count, accounts, login_rate, "30", 0, 1000000, RELOAD,
	"Wrong passwords per minute for one account, then none is checked. 0: no limit.")
TEXT(plain, accounts, check_command, "", 0, 500, RESTART,
	"A program with its arguments that checks the passwords of accounts, in the protocol of "
	"Ergo's auth-script; no shell is involved. Then they are checked nowhere else.")
TEXT(web_url, accounts, check_url, "", 0, 250, RESTART,
	"Instead of it a web server, that is asked by POST: http://HOST[:PORT]/PATH or https://...")
NUMBER(span, accounts, check_timeout, "10s", NSEC_SEC, 60 * NSEC_SEC, RESTART,
	"The time that one such check may take, or one of a token.")
NUMBER(yes_no, accounts, check_creates, "yes", 0, 1, RELOAD,
	"Whether an account that is unknown here is made at its first such login.")
TEXT(plain, accounts, oauth_keys, "", 0, 500, RESTART,
	"File with the keys of an OAuth issuer, a JWK or JWK set: the signed tokens of SASL "
	"OAUTHBEARER are checked by them. Read for each token.")
LIST(jwt_algorithm, accounts, oauth_algorithms, "RS256 ES256", 1, 12, RESTART,
	"The algorithms that such a token may be signed with.")
TEXT(web_url, accounts, oauth_introspect, "", 0, 250, RESTART,
	"Instead of it the web server that is asked about each token (RFC 7662).")
TEXT(word, accounts, oauth_client, "", 0, 250, RESTART,
	"User name of this server there. Empty: none.")
TEXT(plain, accounts, oauth_client_secret_file, "", 0, 500, RESTART,
	"File whose first line is the password of oauth_client.")
TEXT(plain, accounts, oauth_issuer, "", 0, 250, RESTART,
	"The issuer that a token must name (iss). Needed with oauth_keys.")
TEXT(plain, accounts, oauth_audience, "", 0, 250, RESTART,
	"The audience that a token must be for (aud). Needed with oauth_keys.")
TEXT(word, accounts, oauth_claim, "preferred_username", 1, 100, RESTART,
	"The claim of a token that has the account's name.")
NUMBER(yes_no, accounts, oauth_creates, "yes", 0, 1, RELOAD,
	"Whether an account that is unknown here is made at its first login by a token.")
TEXT(web_url, accounts, oauth_discovery, "", 0, 250, RELOAD,
	"URL of the issuer's OpenID configuration, told to clients whose token is refused.")
NUMBER(count, accounts, password_length, "8", 1, 100, RELOAD,
	"Bytes of a new password, at least.")
NUMBER(bytes, accounts, hash_memory, "19M", 8192, 1LL << 30, RELOAD,
	"Memory of one argon2id hash; two are computed at once.")
NUMBER(count, accounts, hash_passes, "2", 1, 100, RELOAD,
	"Passes of argon2id over this memory.")
NUMBER(count, accounts, scram_iterations, "10000", SCRAM_ITERATIONS_MIN, 10000000, RELOAD,
	"Iterations of SCRAM-SHA-256, which a client computes at each login.")
NUMBER(count, accounts, sessions, "100", 1, 10000, RELOAD,
	"Connections that may be logged in to one account.")
NUMBER(yes_no, accounts, multiclient, "yes", 0, 1, RELOAD,
	"Whether a client that logs in by SASL may join a user of its account who has the nick.")
NUMBER(always_on, accounts, always_on, "opt-in", 0, ALWAYS_ON_COUNT - 1, RELOAD,
	"Whose users stay in their channels without a connection: of accounts that have chosen it "
	"(NickServ SET ALWAYS-ON), that have not declined, or all. Needs history.")
NUMBER(span, accounts, always_on_expire, "30d", 0, 36500 * DAY, RELOAD,
	"Such a user quits when no client has come for this long. 0: never.")
NUMBER(forget, accounts, dropped_messages, "keep", 0, FORGET_COUNT - 1, RELOAD,
	"What becomes of the messages of an account that is dropped: keep, anonymous (they stay "
	"without their author) or delete. In the last two, private conversations are deleted.")
NUMBER(enforce, accounts, nick_enforcement, "strict", 0, ENFORCE_COUNT - 1, RELOAD,
	"Who may take an account's nicks. strict: its sessions; timed: others are renamed; off.")
NUMBER(yes_no, accounts, confusables, "yes", 0, 1, RELOAD,
	"Whether a name is refused that looks like one of an account, or, with letters of another "
	"script, like a nick in use.")
NUMBER(span, accounts, nick_time, "30s", NSEC_SEC, HOUR, RELOAD,
	"With timed enforcement: the time to log in.")
NUMBER(count, accounts, nicks, "5", 0, 100, RELOAD,
	"Nicks that an account may group, besides its name.")
NUMBER(count, accounts, certificates, "5", 0, 100, RELOAD,
	"Certificate fingerprints of one account, for SASL EXTERNAL.")
NUMBER(count, accounts, app_passwords, "10", 0, 100, RELOAD,
	"App passwords of one account.")
NUMBER(count, accounts, channels, "20", 0, 10000, RELOAD,
	"Channels that one account may register.")
NUMBER(span, accounts, channel_expire, "0", 0, 36500 * DAY, RELOAD,
	"A registered channel that is empty, and was joined by no account with a rank for this "
	"long, is dropped. 0: never.")
LIST(network, accounts, require_from, "", 0, 32, RELOAD,
	"Networks from which clients must log in by SASL: 0.0.0.0/0 ::/0 for all. Empty: none.")
LIST(listen, accounts, require_at, "", 0, CONFIG_LISTEN_MAX, RELOAD,
	"Listeners, ADDRESS:PORT as in server.listen, tls.listen or web.listen, whose clients must "
	"log in likewise, from wherever.")
LIST(network, accounts, require_except, "", 0, 32, RELOAD,
	"Networks whose clients need not, wherever they connect.")
END(accounts)
