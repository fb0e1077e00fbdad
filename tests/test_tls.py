"""TLS: encrypted users among others, certificates and their reload, refusals and floods, clients of Debian."""
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time

import pytest

from irc import PATIENCE, Client
from test_clients import Irssi, Weechat, members, wait_for


class TlsClient(Client):
    """A client whose connection is encrypted."""

    def __init__(self, server, context, name=None, session=None):
        super().__init__(server.host, server.tls_port, tun=server.tun)
        self.sock = context.wrap_socket(self.sock, server_hostname=name, session=session)
        server.clients.append(self)

    def _readable(self, seconds):
        return self.sock.pending() > 0 or super()._readable(seconds)


def client_context(version=None, cert=None, alpn=None, ciphers=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if version:
        c.minimum_version = c.maximum_version = version
    if cert:
        c.load_cert_chain(cert)
    if alpn:
        c.set_alpn_protocols(alpn)
    if ciphers:
        c.set_ciphers(ciphers)
    return c


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@pytest.fixture
def tls_server(make_server):
    """Starts a server with a listener for TLS; options and settings as make_server()."""
    def start(*args, suffix="", **settings):
        port = free_port()
        s = make_server("--listen-tls", f"0.0.0.0:{port}{suffix}", *args, **settings)
        s.tls_port = port
        s.tls = lambda nick, caps=(), name=None, **how: TlsClient(s, client_context(**how), name).register(nick, caps)
        return s
    return start


def certificate(path, name, *kind):
    """Makes a self-signed certificate with its key in one file."""
    kind = kind or ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
    subprocess.run(["openssl", "req", "-x509", "-nodes", *kind, "-keyout", f"{path}.key", "-out", f"{path}.crt", "-subj",
                    f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-days", "30"], check=True, capture_output=True)
    path.write_text((path.parent / f"{path.name}.key").read_text() + (path.parent / f"{path.name}.crt").read_text())
    return path


def fingerprint(path):
    out = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-fingerprint", "-sha256"], check=True, text=True,
                         capture_output=True).stdout
    return out.split("=")[1].strip().replace(":", "").lower()


def peer_name(client):
    """The common name of the certificate that the server has shown."""
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-subject"], check=True, capture_output=True,
                          input=client.sock.getpeercert(True)).stdout.decode().strip().split("=")[-1].strip()


def stats(server):
    oper = server.client("stats" + str(len(server.clients)))
    oper.send("OPER o p")
    oper.expect("381")
    oper.send("STATS z")
    end = oper.sync()
    return {m.params[2].split()[0]: int(m.params[2].split()[1]) for m in end if m.command == "249" and "store" not in m.line}


OPER = {"oper.o.password": "plain:p"}


def test_users_with_and_without_tls_talk_and_are_told_apart(tls_server):
    server = tls_server()
    a, b, c = server.tls("a", version=ssl.TLSVersion.TLSv1_3), server.tls("b", version=ssl.TLSVersion.TLSv1_2), server.client("c")
    for x in (a, b, c):
        x.join("#t")
    for x in (a, b, c):
        x.send(f"PRIVMSG #t :from {x.nick}")
        for y in {a, b, c} - {x}:
            assert y.expect("PRIVMSG", "#t").params[1] == f"from {x.nick}"
    c.send("WHOIS a", "WHOIS b", "WHOIS c", "WHO #t")
    got = c.sync()
    assert [(m.params[1], m.params[2]) for m in got if m.command == "671"] == [
        ("a", "is using a secure connection (TLSv1.3, TLS_AES_128_GCM_SHA256)"),
        ("b", "is using a secure connection (TLSv1.2, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384)")]
    assert {m.params[5]: m.params[6] for m in got if m.command == "352"} == {"a": "H@s", "b": "Hs", "c": "H"}
    a.send("MODE a -Z", "MODE a")
    assert a.expect("221").params[1] == "+Z"
    c.send("MODE c +Z", "MODE c")
    assert c.expect("221").params[1] == "+"


def test_an_operator_may_be_bound_to_a_certificate(tls_server, tmp_path):
    mine, other = certificate(tmp_path / "me.pem", "me"), certificate(tmp_path / "other.pem", "other")
    server = tls_server(**{"oper.o.fingerprint": fingerprint(mine)})
    a, b, c = (TlsClient(server, client_context(cert=cert)).register(nick) for cert, nick in ((mine, "a"), (other, "b"), (None, "c")))
    for x, reply in ((a, "381"), (b, "464"), (c, "464")):
        x.send("OPER o")
        x.expect(reply)


def test_a_client_certificate_is_shown_to_its_user_and_to_operators(tls_server, tmp_path):
    server = tls_server(**OPER)
    cert = certificate(tmp_path / "me.pem", "me")
    context = client_context(cert=cert)
    a, b = TlsClient(server, context).register("a"), server.tls("b")
    resumed = TlsClient(server, context, session=a.sock.session).register("c")
    assert resumed.sock.session_reused
    for x in (a, resumed):
        x.send(f"WHOIS {x.nick}")
        assert x.expect("276").params[2] == f"has client certificate fingerprint {fingerprint(cert)}"
    b.send("WHOIS a", "OPER o p", "WHOIS a")
    assert [m.command for m in b.sync() if m.command in ("671", "276")] == ["671", "671", "276"]


def test_a_channel_may_be_for_encrypted_users_only(tls_server):
    server = tls_server()
    a, b, c = server.tls("a"), server.client("b"), server.client("c")
    a.join("#z")
    b.join("#z")
    a.send("MODE #z +z")
    assert a.expect("490").params[1] == "#z"
    b.send("PART #z")
    a.send("PING x", "MODE #z +z")
    a.expect("MODE", "#z", "+z")
    a.send("INVITE c #z")
    c.expect("INVITE")
    c.send("JOIN #z")
    assert c.expect("489").params[1:] == ["#z", "Cannot join channel (+z)"]
    server.tls("d").join("#z")


def test_sts_sends_plain_clients_to_the_port_and_gives_others_the_policy(tls_server, tmp_path):
    cert = certificate(tmp_path / "s.pem", "irc.example.org")
    server = tls_server(**{"tls.sts": "yes", "tls.sts_duration": "1d", "tls.cert": cert})
    plain, encrypted = server.connect(), TlsClient(server, client_context())

    def offered(c, *lines):
        c.send(*lines)
        got = c.expect("CAP", None, "LS").params
        words = got[-1].split()
        while got[2] == "*":  # more lines of the answer follow
            got = c.expect("CAP", None, "LS").params
            words += got[-1].split()
        return [w for w in words if w.startswith("sts")]

    assert offered(plain, "CAP LS 302") == [f"sts=port={server.tls_port}"]
    assert offered(encrypted, "CAP LS 302") == ["sts=duration=86400"]
    assert offered(server.connect(), "CAP LS") == []
    plain.send("CAP REQ :sts")
    plain.expect("CAP", None, "NAK")


def test_sts_without_a_certificate_is_refused_at_the_start(make_server):
    with pytest.raises(AssertionError, match="tls.sts: needs tls.cert"):
        make_server("--listen-tls", "127.0.0.1:1", **{"tls.sts": "yes"})


def test_a_host_gets_its_certificate_and_a_client_the_kind_it_knows(tls_server, tmp_path):
    names = ["a.example.org", "b.example.org"]
    files = [certificate(tmp_path / n, n) for n in names]
    files.append(certificate(tmp_path / "rsa", names[0], "-newkey", "rsa:2048"))
    server = tls_server(**{"tls.cert": " ".join(f"{f}.crt" for f in files), "tls.key": " ".join(f"{f}.key" for f in files)})
    for name in names:
        assert peer_name(TlsClient(server, client_context(), name)) == name
    assert peer_name(TlsClient(server, client_context(), "other.example.org")) == names[0]
    rsa = TlsClient(server, client_context(ssl.TLSVersion.TLSv1_2, ciphers="ECDHE-RSA-AES128-GCM-SHA256"), names[0])
    assert rsa.sock.cipher()[0] == "ECDHE-RSA-AES128-GCM-SHA256"
    assert TlsClient(server, client_context(), names[0]).sock.getpeercert(True) != rsa.sock.getpeercert(True)


def test_new_files_are_taken_by_sighup_and_bad_ones_by_nothing(tls_server, tmp_path):
    cert = certificate(tmp_path / "s.pem", "old.example.org")
    server = tls_server(**{"tls.cert": cert}, **OPER)
    context = client_context()
    a = TlsClient(server, context).register("a")
    session = a.sock.session
    assert session.has_ticket

    certificate(cert, "new.example.org")
    server.signal(signal.SIGHUP)
    wait_for("the new certificate", lambda: "name=new.example.org" in server.stderr())
    assert peer_name(TlsClient(server, client_context())) == "new.example.org"
    a.sync()
    assert TlsClient(server, context, session=session).sock.session_reused

    cert.write_text("no certificate")
    a.send("OPER o p", "REHASH")
    said = a.expect("NOTICE").params[-1]
    assert said.startswith(f"REHASH failed, nothing has changed: tls.cert: {cert}: no usable certificate")
    assert peer_name(TlsClient(server, client_context())) == "new.example.org"
    assert f"event=rehash.refused error=\"tls.cert: {cert}: no usable" in server.stderr()


def test_a_certificate_is_made_kept_and_named_if_none_is_given(tls_server):
    server = tls_server()
    path = server.data / "tls-self-signed.pem"
    assert path.stat().st_mode & 0o777 == 0o600
    first = fingerprint(path)
    assert f"sha256={first}" in server.stderr() and "event=tls.self-signed" in server.stderr()
    server.stop()
    server.start()
    assert fingerprint(path) == first
    server.tls("a")


def test_a_listener_may_take_version_1_3_only(tls_server):
    server = tls_server(suffix="/1.3")
    server.tls("a", version=ssl.TLSVersion.TLSv1_3)
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        TlsClient(server, client_context(ssl.TLSVersion.TLSv1_2))


def test_plain_text_a_browser_garbage_and_leavers_are_refused_and_counted(tls_server):
    server = tls_server(**OPER)
    plain = Client(server.host, server.tls_port)
    plain.send("NICK a", "USER a 0 * :a")
    assert plain.line() == "ERROR :Closing Link: (This port takes TLS only)" and plain.line() is None
    with pytest.raises(ssl.SSLError, match="no application protocol"):
        TlsClient(server, client_context(alpn=["h2", "http/1.1"]))
    assert TlsClient(server, client_context(alpn=["irc"])).sock.selected_alpn_protocol() == "irc"
    for hostile in (b"\x16" * 600, b"\x16\x03\x01\0\0" * 100, b"\x16\x03\x01\0\x05\x01\0\0\0\0"):
        s = socket.create_connection((server.host, server.tls_port))
        s.sendall(hostile)
        s.settimeout(PATIENCE)
        while s.recv(4096):
            pass
        s.close()
    s = socket.create_connection((server.host, server.tls_port))
    s.sendall(b"\x16")
    s.close()
    wait_for("the leaver", lambda: "reason=tls-closed" in server.stderr())
    got = stats(server)
    assert (got["tls-plain-text"], got["tls-alpn"], got["tls-opened"]) == (1, 1, 1)
    assert got["tls-bad-handshake"] + got["tls-version"] == 3


def test_a_slow_handshake_ends_by_the_clock(tls_server):
    server = tls_server(**{"tls.handshake_timeout": "1s"}, **OPER)
    slow = socket.create_connection((server.host, server.tls_port))
    slow.settimeout(PATIENCE)
    slow.sendall(b"\x16\x03\x01")
    assert slow.recv(100) == b""
    assert stats(server)["tls-timeout"] == 1


def hello():
    """The first flight of a client."""
    out = ssl.MemoryBIO()
    o = client_context().wrap_bio(ssl.MemoryBIO(), out)
    with pytest.raises(ssl.SSLWantReadError):
        o.do_handshake()
    return out.read()


def test_a_storm_of_handshakes_does_not_delay_the_others(tls_server):
    server = tls_server(**{"limits.per_address": 0, "limits.connect_rate": 0, "tls.handshakes": 5000}, **OPER)
    user, first = server.tls("user"), hello()
    storm = [socket.create_connection((server.host, server.tls_port)) for _ in range(600)]
    for s in storm:
        s.sendall(first)
    slowest = 0
    for _ in range(20):
        start = time.monotonic()
        user.sync()
        slowest = max(slowest, time.monotonic() - start)
    assert slowest < 0.5, slowest  # 600 in one piece are 0.2 s of a quiet core, and a second of this one
    for s in storm:
        s.settimeout(PATIENCE)
        assert s.recv(1) == b"\x16"  # each was answered
        s.close()
    server.tls("after")


def test_the_end_is_announced_both_ways(tls_server):
    server = tls_server(**OPER)
    a, b, c = server.tls("a"), server.tls("b"), server.tls("c")
    c.join("#t"), a.join("#t"), b.join("#t")
    a.send("QUIT")
    assert any("ERROR" in line for line in a.expect_closed())  # Python raises SSLEOFError without close_notify
    socket.socket.shutdown(b.sock, socket.SHUT_WR)  # without close_notify
    assert c.expect("QUIT").nick == "a"
    assert c.expect("QUIT").params[0] == "Connection closed without TLS close_notify"
    assert stats(server)["tls-truncated"] == 1


def test_many_lines_arrive_whole_and_a_slow_reader_is_cut(tls_server):
    server = tls_server(**{"limits.sendq": "64k", "limits.flood_rate": 0})
    a, b, c = server.tls("a"), server.tls("b"), server.client("c")
    for x in (a, b, c):
        x.join("#t")
    for i in range(200):
        c.send(f"PRIVMSG #t :{i} " + "x" * 400)
    c.sync()
    for i in range(200):
        assert a.expect("PRIVMSG", "#t").params[1].split()[0] == str(i)
    b.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line = "PRIVMSG #t :" + "y" * 450 + "\r\n"
    for _ in range(400):
        c.raw((line * 50).encode())
        a.buffer = b""
        while a._readable(0):
            a.sock.recv(65536)
        if b"SendQ" in server.log.read_bytes() or "sendq-exceeded" in server.stderr():
            break
    assert "reason=sendq-exceeded" in server.stderr()


def run(command, text, timeout=20):
    """Runs a TLS client of the shell; sends it the lines as the server's answers come."""
    p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    for line, answer in text:
        p.stdin.write(line.encode())
        p.stdin.flush()
        seen = b""
        deadline = time.monotonic() + timeout
        while answer and answer not in seen and time.monotonic() < deadline:
            part = p.stdout.read1(65536)
            if not part:
                break
            seen += part
        assert not answer or answer in seen, seen
    p.stdin.close()
    p.wait(timeout)


@pytest.mark.parametrize("command", [["openssl", "s_client", "-quiet", "-crlf", "-connect", "{host}:{port}"],
                                     ["gnutls-cli", "--insecure", "-p", "{port}", "{host}"]], ids=["openssl", "gnutls"])
def test_a_tls_client_of_the_shell_talks(tls_server, command):
    assert shutil.which(command[0]), f"{command[0]} is not installed: tools/setup test"
    server = tls_server()
    command = [w.format(host=server.host, port=server.tls_port) for w in command]
    run(command, [("NICK a\nUSER a 0 * :a\n", b" 001 a "), ("QUIT\n", b"ERROR :Closing Link")])


@pytest.mark.parametrize("options", ["-record_padding 1000", "-max_send_frag 512", "-maxfraglen 512", "-groups P-521:X448:P-384"])
def test_odd_records_and_key_updates_of_openssl_are_taken(tls_server, options):
    server = tls_server()
    run(["openssl", "s_client", "-crlf", "-connect", f"{server.host}:{server.tls_port}", *options.split()],
        [("NICK a\nUSER a 0 * :a\n", b" 001 a "), ("K\n", b"KEYUPDATE"), ("PING " + "x" * 450 + "\n", b"PONG"),
         ("k\n", b"KEYUPDATE"), ("PING again\n", b":again"), ("quit\n", b"ERROR :Closing Link")])


@pytest.mark.parametrize("cipher", ["AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305"])
def test_key_updates_and_small_records_of_gnutls_are_taken(tls_server, cipher):
    """Each `^rekey^` asks for new keys in both directions (RFC 8446 section 4.6.3)."""
    server = tls_server()
    priority = f"NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+{cipher}"
    lines = [("NICK a\nUSER a 0 * :a\n", b" 001 a ")]
    for n in range(7):  # GnuTLS takes 8 updates a second
        lines += [("^rekey^\n", b"Rekey was completed"), (f"PING {n}{'x' * 20 * n}\n", f":{n}x".encode() if n else b"PONG")]
    run(["gnutls-cli", "--insecure", "--inline-commands", "--recordsize", "512", "--priority", priority, "-p", str(server.tls_port),
         server.host], [*lines, ("QUIT\n", b"ERROR :Closing Link")])


def test_renegotiation_ends_the_connection(tls_server):
    server = tls_server(**OPER)
    command = ["openssl", "s_client", "-crlf", "-tls1_2", "-connect", f"{server.host}:{server.tls_port}"]
    run(command, [("NICK a\nUSER a 0 * :a\n", b" 001 a "), ("R\n", b"no renegotiation")])
    wait_for("the end of the connection", lambda: stats(server)["tls-renegotiation"] == 1)


@pytest.mark.parametrize("kind", [Irssi, Weechat])
def test_a_person_talks_over_tls(tls_server, kind, tmp_path):
    server = tls_server()
    peer = server.client("peer")
    peer.join("#t")
    person = kind(tmp_path / "home", server, tls=server.tls_port)
    try:
        nick = kind.__name__.lower()
        wait_for("the client in #t", lambda: nick in members(peer), person.shown)
        peer.send(f"WHOIS {nick}", "PRIVMSG #t :hello from the peer")
        assert re.search("TLSv1.[23]", peer.expect("671").params[2])
        wait_for("the peer's line shown", lambda: "hello from the peer" in person.shown(), person.shown)
        person.type("hello from a person")
        assert peer.expect("PRIVMSG", "#t").params[1] == "hello from a person"
    finally:
        person.stop()
