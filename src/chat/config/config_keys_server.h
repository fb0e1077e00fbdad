/*
 * config_keys_server.h - the keys of the sections server, tls, web and stack: config_keys.h
 * includes it.
 */
/* clang-format off */
SECTION(server)
TEXT(host, server, name, "irc.burble.local", 3, 63, RESTART,
	"The server's name, which every client sees.")
TEXT(word, server, network, "burble", 1, 63, RESTART,
	"The network's name.")
TEXT(plain, server, description, "burble chat server", 1, 200, RELOAD,
	"A line about the server, in WHOIS and LINKS.")
LIST(listen, server, listen, "127.0.0.1:6667", 0, CONFIG_LISTEN_MAX, RESTART,
	"Where clients connect without TLS. --listen replaces the list.")
TEXT(plain, server, data, "", 0, 500, RESTART,
	"Directory of the history, read markers and bans. Empty: nothing is kept. --data replaces "
	"it.")
TEXT(plain, server, motd, "", 0, 500, RELOAD,
	"File of the message of the day, read at start and by REHASH. Empty: none.")
TEXT(password, server, password, "", 0, 250, RELOAD,
	"The password that a client must give with PASS. Empty: none. Format as in [oper].")
NUMBER(yes_no, server, relaymsg, "yes", 0, 1, RELOAD,
	"Whether operators of a channel may have bots that bring messages of other networks, with "
	"the nicks that they have there (RELAYMSG). Such a nick contains a '/'.")
TEXT(plain, server, admin_location, "", 0, 200, RELOAD,
	"First line of ADMIN: where the server is.")
TEXT(plain, server, admin_description, "", 0, 200, RELOAD,
	"Second line of ADMIN: who runs it.")
TEXT(plain, server, admin_email, "", 0, 200, RELOAD,
	"Last line of ADMIN: how to reach them.")
END(server)

SECTION(tls)
LIST(listen_tls, tls, listen, "", 0, CONFIG_LISTEN_MAX, RESTART,
	"Where clients connect with TLS 1.2 or 1.3, usually port 6697. /1.3 behind the port takes "
	"TLS 1.3 only. --listen-tls replaces the list.")
LIST(path, tls, cert, "", 0, CONFIG_PAIRS_MAX, RELOAD,
	"Certificate files (PEM, with their chain); for one host at most an ECDSA and an RSA one. "
	"A client that names a host gets its certificate, others the first. Empty: a self-signed "
	"one is made in the data directory. REHASH and SIGHUP read the files again.")
LIST(path, tls, key, "", 0, CONFIG_PAIRS_MAX, RELOAD,
	"Private keys of these certificates, in the same order. Empty: they are in the same files.")
NUMBER(yes_no, tls, client_certificates, "yes", 0, 1, RELOAD,
	"Whether clients are asked for a certificate, whose fingerprint WHOIS shows.")
NUMBER(span, tls, handshake_timeout, "10s", NSEC_SEC, HOUR, RELOAD,
	"Time limit for a handshake.")
NUMBER(count, tls, handshakes, "1000", 1, 1000000, RELOAD,
	"Handshakes in progress at once; further ones wait, and those that take more than 2 s "
	"make room for them. Each takes some 50 kB.")
NUMBER(yes_no, tls, own_records, "yes", 0, 1, RELOAD,
	"Whether burble makes the records of TLS 1.3 itself, once OpenSSL has made the handshake: "
	"an idle user then takes 0.3 kB for TLS, else 14.")
NUMBER(yes_no, tls, sts, "no", 0, 1, RELOAD,
	"Whether clients are told to use TLS only (IRCv3 sts), by all listeners. The certificate "
	"must be one that they can verify.")
NUMBER(span, tls, sts_duration, "30d", 0, 36500 * DAY, RELOAD,
	"How long they shall remember that. To end it, set 0 for the time that was announced.")
NUMBER(count, tls, sts_port, "0", 0, 65535, RELOAD,
	"The port that they shall use. 0: that of the first tls.listen.")
END(tls)

SECTION(web)
LIST(listen, web, listen, "", 0, CONFIG_LISTEN_MAX, RESTART,
	"Where browsers connect without TLS: HTTP and, by the same address, WebSocket. Without TLS "
	"only for this machine, or behind a proxy that has it. --listen-web replaces the list.")
LIST(listen_tls, web, listen_tls, "", 0, CONFIG_LISTEN_MAX, RESTART,
	"The same with TLS, by the certificates of [tls]; usually port 443. --listen-web-tls "
	"replaces the list.")
LIST(origin, web, origins, "", 0, CONFIG_ORIGINS_MAX, RELOAD,
	"Sites whose pages may open a WebSocket, as https://chat.example.org; * is any. Those of "
	"the server's own address always may, and programs that are no browser.")
LIST(network, web, proxies, "", 0, CONFIG_PROXIES_MAX, RELOAD,
	"Addresses of proxies in front of web.listen, whose X-Forwarded-For is believed: bans and "
	"limits then see the user's address, not the proxy's.")
NUMBER(yes_no, web, client, "yes", 0, 1, RELOAD,
	"These listeners also serve a client, a page to chat in. No: they serve WebSocket only.")
TEXT(web_base, web, url, "", 0, 250, RELOAD,
	"The address by which browsers reach these listeners, or the proxy in front of them: "
	"https://irc.example.org. Empty: that of the first listener.")
END(web)

SECTION(files)
NUMBER(yes_no, files, enabled, "no", 0, 1, RESTART,
	"Whether users who are logged in to an account may upload files by the listeners of [web]. "
	"Who is given the address of one may fetch it. Needs a data directory and accounts.")
NUMBER(bytes, files, max_size, "10M", 1, 64 << 20, RELOAD,
	"Bytes of a file.")
NUMBER(bytes, files, quota, "100M", 0, 1LL << 40, RELOAD,
	"Bytes of an account's files together.")
NUMBER(bytes, files, total, "1G", 0, 1LL << 46, RELOAD,
	"Bytes of all files together.")
NUMBER(span, files, keep, "30d", 0, 36500 * DAY, RELOAD,
	"A file is deleted after this time. 0: never.")
LIST(media, files, types, "image/ audio/ video/ text/plain application/pdf", 1, 64, RELOAD,
	"Types that are taken; image/ stands for all pictures. Of any type, a browser shows only "
	"pictures, sound, film and plain text in place; it saves the rest.")
END(files)

SECTION(push)
NUMBER(yes_no, push, enabled, "no", 0, 1, RESTART,
	"Whether private messages and mentions are pushed to the devices of users who are away or "
	"have no client (Web Push). Needs accounts, and outgoing HTTPS.")
TEXT(contact, push, contact, "", 0, 250, RESTART,
	"Your address for the owners of push services, to whom it is sent: mailto: or https:")
NUMBER(count, push, devices, "5", 1, 100, RELOAD,
	"Devices of an account.")
NUMBER(yes_no, push, inside, "no", 0, 1, RESTART,
	"Whether pushes also go to addresses that are not public (10.0.0.1, ::1), and by http: to "
	"any. Users name the address: only for a push service of your own.")
END(push)

SECTION(stack)
TEXT(word, stack, device, "", 0, 64, RESTART,
	"A network device ([tun:|tap:|packet:|xdp:]NAME) on which burble's own TCP/IP stack "
	"serves. Empty: the kernel's sockets. --stack replaces it.")
LIST(address, stack, addr, "", 0, CONFIG_ADDRS_MAX, RESTART,
	"Its addresses; dhcp asks a DHCP server for one. --addr replaces the list.")
LIST(gateway, stack, gateway, "", 0, CONFIG_GATEWAYS_MAX, RESTART,
	"Its routers to other networks, two at most; of two for one IP version the first that "
	"answers. --gw replaces the list.")
TEXT(word, stack, name, "", 0, 32, RESTART,
	"The name by which burble admin, ss and the like find it. Empty: chat, or none if another "
	"has it. --name replaces it.")
END(stack)
