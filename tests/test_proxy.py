"""Users behind a proxy (PROXY protocol) and behind a gateway (WEBIRC): limits, bans and TLS see them, not what is between."""
import socket
import ssl
import struct

import pytest

import tun
from irc import Client
from test_tls import certificate, client_context, fingerprint, free_port, tls_server  # noqa: F401

pytestmark = pytest.mark.skipif(tun.ON_STACK, reason="proxies on the loopback")

LOOPBACK = {"proxy.from": "127.0.0.0/8", "oper.o.password": "plain:p"}
V2 = b"\r\n\r\n\0\r\nQUIT\n"


class Proxied(Client):
    """A client whose connection begins with a header."""

    def __init__(self, host, port, header, context=None, rest=b""):
        super().__init__(host, port)
        self.raw(header + rest)
        if context:
            self.sock = context.wrap_socket(self.sock)

    def _readable(self, seconds):
        return (isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0) or super()._readable(seconds)

    @classmethod
    def v1(cls, port, address, **how):
        family = "TCP6" if ":" in address else "TCP4"
        to = "::1" if ":" in address else "127.0.0.1"
        return cls("127.0.0.1", port, f"PROXY {family} {address} {to} 1234 6667\r\n".encode(), **how)

    @classmethod
    def v2(cls, port, address, tlvs=b"", command=0x21):
        body = socket.inet_aton(address) + socket.inet_aton("127.0.0.1") + struct.pack("!HH", 1234, 6667) + tlvs
        return cls("127.0.0.1", port, V2 + struct.pack("!BBH", command, 0x11, len(body)) + body)


def start(make_server, **settings):
    """A server whose only clients come through the proxy: the check that it has started is one that closes."""
    return make_server(**{**LOOPBACK, **settings})


def whois(c, nick):
    c.send(f"WHOIS {nick}")
    out = {}
    while (m := c.message()).command != "318":
        out[m.command] = m
    return out


def test_the_user_has_the_address_that_the_proxy_names(make_server):
    server = start(make_server)
    a = Proxied.v1(server.port, "192.0.2.9").register("a")
    b = Proxied.v1(server.port, "2001:db8::7").register("b")
    c = Proxied.v2(server.port, "198.51.100.4").register("c")
    d = Proxied.v2(server.port, "198.51.100.4", command=0x20).register("d")
    for x, address in ((a, "192.0.2.9"), (b, "2001:db8::7"), (c, "198.51.100.4"), (d, "127.0.0.1")):
        assert whois(x, x.nick)["338"].params[2] == address
    a.send("OPER o p", "DLINE 198.51.100.4 :go away")
    assert "go away" in c.expect_closed()[-1]
    again = Proxied.v2(server.port, "198.51.100.4")
    assert "go away" in again.expect_closed()[-1]
    b.sync()
    d.sync()


def test_limits_count_users_of_an_address_and_not_of_the_proxy(make_server):
    server = start(make_server, **{"limits.per_address": 2})
    kept = [Proxied.v1(server.port, f"192.0.2.{i // 2}").register(f"u{i}") for i in range(8)]
    late = Proxied.v1(server.port, "192.0.2.0")
    assert "Too many connections" in late.expect_closed()[-1]
    for c in kept:
        c.sync()


def test_a_header_comes_before_tls_and_may_tell_of_tls(tls_server, tmp_path):  # noqa: F811
    server = tls_server(**LOOPBACK)
    a = Proxied.v1(server.tls_port, "192.0.2.9", context=client_context()).register("a")
    ssl_tlv = b"\x20" + struct.pack("!H", 15) + b"\1\0\0\0\0\x21\0\7TLSv1.3"
    b = Proxied.v2(server.port, "192.0.2.10", ssl_tlv).register("b")
    c = Proxied.v1(server.port, "192.0.2.11").register("c")
    assert whois(a, "a")["338"].params[2] == "192.0.2.9" and "TLSv1.3" in whois(a, "a")["671"].params[-1]
    assert whois(b, "b")["671"].params[-1] == "is using a secure connection (TLSv1.3, cipher unknown)"
    assert "671" not in whois(c, "c")


def test_what_is_no_header_is_cut_and_counted_and_strangers_may_send_none(make_server):
    server = start(make_server, **{"limits.flood_rate": 0})
    for header in (b"NICK a\r\nUSER a 0 * :a\r\n", b"PROXY TCP4 999.0.2.9 127.0.0.1 1 2\r\n", V2 + b"\x21\x11\xff\xff"):
        c = Client("127.0.0.1", server.port)
        c.raw(header)
        assert c.line() is None
    oper = Proxied.v1(server.port, "192.0.2.9").register("oper")
    oper.send("OPER o p", "STATS z")
    oper.expect("381")
    counts = {m.params[2].split()[0]: int(m.params[2].split()[1]) for m in oper.sync() if m.command == "249" and "store" not in m.line}
    assert counts["proxy-malformed"] == 3
    assert "event=proxy.refused reason=proxy-malformed proxy=127.0.0.1" in server.stderr()
    other = make_server()
    c = Proxied.v1(other.port, "192.0.2.9")
    assert "No proxy is known at this address" in c.expect_closed()[-1]


GATEWAY = {"webirc.web.from": "127.0.0.0/8", "webirc.web.password": "plain:s3cret", "oper.o.password": "plain:p"}


def test_a_gateway_names_its_user(make_server):
    server = make_server(**{**GATEWAY, "limits.per_address": 1})
    users = []
    for i in range(3):
        c = server.connect()
        c.send(f"WEBIRC s3cret web host.example 192.0.2.{i + 1} :secure")
        users.append(c.register(f"u{i}"))
    about = whois(users[0], "u1")
    assert "671" in about and "338" not in about
    assert whois(users[1], "u1")["338"].params[2] == "192.0.2.2"
    c = server.connect()
    c.send("WEBIRC s3cret web host.example 192.0.2.1")
    assert "Too many connections" in c.expect_closed()[-1]
    plain = server.connect()
    plain.send("WEBIRC s3cret web h 2001:db8::1")
    assert "671" not in whois(plain.register("plain"), "plain")


@pytest.mark.parametrize("settings, lines, why", [
    (GATEWAY, ["WEBIRC wrong web h 192.0.2.1"], "Invalid WEBIRC password"),
    (GATEWAY, ["WEBIRC s3cret web h nowhere"], "Invalid address"),
    (GATEWAY, ["WEBIRC s3cret web h 192.0.2.0/24"], "Invalid address"),
    (GATEWAY, ["NICK a", "WEBIRC s3cret web h 192.0.2.1"], "must come first"),
    (GATEWAY, ["WEBIRC s3cret web h 192.0.2.1", "WEBIRC s3cret web h 192.0.2.2"], "must come first"),
    ({}, ["WEBIRC s3cret web h 192.0.2.1"], "No gateway is known at this address")])
def test_a_webirc_that_is_wrong_is_cut(make_server, settings, lines, why):
    server = make_server(**settings)
    c = server.connect()
    c.send(*lines)
    assert why in c.expect_closed()[-1]
    assert "event=webirc.refused" in server.stderr()


def test_a_gateway_may_be_known_by_its_certificate_which_is_not_its_users(tls_server, tmp_path):  # noqa: F811
    cert = certificate(tmp_path / "gateway.pem", "gateway")
    server = tls_server(**{"webirc.web.from": "127.0.0.0/8", "webirc.web.fingerprint": fingerprint(cert)})
    c = Proxied("127.0.0.1", server.tls_port, b"", context=client_context(cert=cert))
    c.send("WEBIRC - web h 192.0.2.1 :secure")
    about = whois(c.register("c"), "c")
    assert "276" not in about and about["671"].params[-1] == "is using a secure connection"
