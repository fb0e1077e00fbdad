"""SASL: the mechanisms, messages in pieces and broken ones, limits on guessing, clients of Debian."""

import base64
import pytest
import random
import re
import time

from accounts import CAPS, CHEAP, Scram, authenticate, b64, begin, login, outcome, plain, register, scram
from test_clients import Irssi, Weechat
from test_tls import TlsClient, certificate, client_context, tls_server  # noqa: F401 (a fixture)


@pytest.fixture
def server(make_server):
    """With the account ann, whose password is `correct horse`."""
    s = make_server(**CHEAP)
    a = s.client("ann", CAPS)
    register(a, "ann", "correct horse")
    a.send("QUIT")
    a.expect_closed()
    return s


def test_the_capability_has_the_mechanisms(server):
    c = server.connect()
    c.send("CAP LS 302")
    line = []
    while True:
        m = c.expect("CAP")
        line += m.params[-1].split()
        if m.params[2] != "*":
            break
    assert "sasl=PLAIN,SCRAM-SHA-256" in line
    assert {"account-notify", "account-tag"} <= set(line)
    c = server.connect()
    c.send("CAP LS")
    assert "sasl" in c.expect("CAP").params[-1].split()


def test_plain(server):
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain("ANN", "correct horse", "ann"))
    m = c.expect("900")
    assert m.params[1].startswith("x!x@") and m.params[2] == "ann"
    c.expect("903")
    c.send("CAP END")
    c.expect("001")
    c.send("WHOIS x")
    assert c.expect("330").params[1:3] == ["x", "ann"]
    c.send("WHO x %na")
    assert c.expect("354").params[1:] == ["x", "ann"]


def test_scram(server):
    c = begin(server.connect(), "x")
    assert scram(c, "ann", "correct horse") == "903"
    assert scram(c, "ann", "wrong horse") == "904"


def test_wrong_passwords_and_unknown_names_are_told_the_same(server):
    answers = []
    for name, password in (("ann", "wrong"), ("nobody", "wrong"), ("nobody", "correct horse")):
        c = begin(server.connect(), "x")
        authenticate(c, "PLAIN", plain(name, password))
        answers.append(c.expect("904").line)
        answers.append(scram(c, name, password))
        c.close()
    assert len(set(answers[::2])) == 1 and set(answers[1::2]) == {"904"}


def test_an_unknown_name_has_a_salt_that_stays(server):
    def challenge(name):
        c = begin(server.connect(), "x")
        authenticate(c, "SCRAM-SHA-256", Scram(name, "x").first())
        text = base64.b64decode(c.expect("AUTHENTICATE").params[0]).decode()
        c.close()
        return text.split(",")[1:]
    first = challenge("nobody")
    assert first == challenge("NOBODY") != challenge("somebody")
    server.stop()
    server.start()
    assert challenge("nobody") == first


def test_an_answer_takes_as_long_for_a_name_that_does_not_exist(make_server):
    s = make_server(**{**CHEAP, "accounts.hash_memory": "4M", "accounts.login_rate": "0", "limits.password_rate": "0"})
    register(s.client("ann", CAPS), "ann", "correct horse")

    best = {"ann": 9.0, "nobody": 9.0}
    for _ in range(4):
        for name in best:
            c = begin(s.connect(), "x")
            for _ in range(3):
                start = time.monotonic()
                authenticate(c, "PLAIN", plain(name, "wrong horse"))
                assert outcome(c) == "904"
                best[name] = min(best[name], time.monotonic() - start)
            c.close()
    assert best["ann"] > 0.002 and 0.4 < best["nobody"] / best["ann"] < 2.5, best


def test_a_message_in_pieces(server):
    for size in (300, 301, 299):  # base64 of 400 bytes, and around it
        c = begin(server.connect(), "x")
        authenticate(c, "PLAIN", plain("ann", "p" * (size - 5)))
        assert outcome(c) == "904"
        c.close()
    long = "pass" + "w" * 250 + "ord"
    c = begin(server.connect(), "longer")
    register(c, "longer", long)
    c.close()
    c = begin(server.connect(), "longer")
    authenticate(c, "PLAIN", plain("longer", long, "longer"))
    assert outcome(c) == "903"


BROKEN = ["!!!!", "AAA", "A===", "=", "AAAA====", b64(""), b64("\0"), b64("\0\0"), b64("ann"), b64("ann\0correct horse"),
          b64("\0ann\0"), b64("\0\0x"), b64("\0ann\0correct horse\0"), b64("bob\0ann\0correct horse"), b64(b"\xff\xfe\0\xff\0\xff"),
          plain("ann'; DROP TABLE account; --", "x"), plain("ann\r\nQUIT", "x"), plain("a" * 200, "x"), plain("ann", "x" * 301)]


def test_broken_messages_fail_and_nothing_else(make_server):
    s = make_server(**{**CHEAP, "accounts.login_rate": "0", "limits.password_rate": "0", "limits.per_address": "0",
                       "limits.connect_rate": "0"})
    register(s.client("ann", CAPS), "ann", "correct horse")
    rng = random.Random(1)
    c = None
    for i, text in enumerate(BROKEN + [b64(rng.randbytes(rng.randrange(1, 80))) for _ in range(40)]):
        for mechanism in ("PLAIN", "SCRAM-SHA-256"):
            c = c or begin(s.connect(), f"x{i}")
            authenticate(c, mechanism, text or "+")
            assert outcome(c) == "904", text
        c.close()
        c = None
    login(s.connect(), "ann2", "ann", "correct horse")


def test_too_long_aborted_unknown_and_unnegotiated(server):
    c = server.connect()
    c.send("AUTHENTICATE PLAIN")
    c.expect("904")
    c = begin(c, "x")
    c.send("AUTHENTICATE FOO")
    assert "PLAIN" in c.expect("908").params[1]
    assert outcome(c) == "904"
    c.send("AUTHENTICATE PLAIN", "AUTHENTICATE " + "A" * 401)
    assert outcome(c) == "905"
    c.send("AUTHENTICATE PLAIN", *["AUTHENTICATE " + "A" * 400] * 5)
    assert outcome(c) == "904"
    c.sync()
    c.send("AUTHENTICATE PLAIN", "AUTHENTICATE *")
    assert outcome(c) == "906"
    c.send("AUTHENTICATE PLAIN", "CAP END")
    assert outcome(c) == "906"
    c.expect("001")


def test_one_may_log_in_again_as_somebody_else(server):
    b = server.client("bob", CAPS)
    register(b, "bob", "correct battery")
    b.join("#x")
    peer = server.client("peer", [*CAPS, "away-notify", "setname"])
    peer.join("#x")
    b.sync()
    authenticate(b, "PLAIN", plain("ann", "correct horse"))
    assert outcome(b) == "903"
    assert peer.expect("ACCOUNT", "ann").nick == "bob"
    assert peer.expect("NICK").params[0].startswith("Guest-")  # bob is another account's nick now
    for line in ("PRIVMSG #x :hi", "TOPIC #x :topic", "MODE #x +m", "AWAY :gone", "SETNAME :B", "INVITE peer #y", "KICK #x peer"):
        b.send("JOIN #y", line)
        assert peer.expect(line.split()[0]).tags["account"] == "ann", line


def test_guessing_is_bounded_for_connection_account_and_address(make_server):
    s = make_server(**{**CHEAP, "accounts.login_rate": "6", "limits.password_rate": "14"})
    register(s.client("ann", CAPS), "ann", "correct horse")
    c = begin(s.connect(), "x")
    for _ in range(5):
        authenticate(c, "PLAIN", plain("bob", "wrong"))
        assert outcome(c) == "904"
    c.send("AUTHENTICATE PLAIN", "AUTHENTICATE " + plain("bob", "wrong"))
    assert "Too many passwords" in c.expect_closed()[-1]
    c = begin(s.connect(), "x")
    for name in ("ann", "ann", "ann", "ann"):
        authenticate(c, "PLAIN", plain(name, "wrong"))
        assert outcome(c) == "904"
    c = begin(s.connect(), "y")
    for _ in range(2):
        authenticate(c, "PLAIN", plain("ann", "wrong"))
        assert outcome(c) == "904"
    authenticate(c, "PLAIN", plain("ann", "correct horse"))
    assert "for this account" in c.expect("904").params[-1]
    for _ in range(3):
        authenticate(c, "PLAIN", plain("carl", "wrong"))
        assert outcome(c) == "904"
    c = begin(s.connect(), "z")
    authenticate(c, "PLAIN", plain("carl", "wrong"))
    assert "from your address" in c.expect("904").params[-1]
    assert "horse" not in s.log.read_text() and "account.wrong-password" in s.log.read_text()


def test_an_account_may_be_required(make_server):
    s = make_server(**{**CHEAP, "accounts.require_from": "127.0.0.0/8 10.0.0.0/8"})
    c = begin(s.connect(), "x")
    register(c, "x", "correct horse")
    c.send("CAP END")
    c.expect("001")
    d = s.connect()
    d.send("NICK y", "USER y 0 * :y")
    lines = d.expect_closed()
    assert any("ACCOUNT_REQUIRED_TO_CONNECT" in line or "must log in" in line for line in lines)
    e = make_server(**{**CHEAP, "accounts.require_from": "0.0.0.0/0", "accounts.require_except": "127.0.0.1/32 10.0.0.0/8"})
    e.client("z")


def test_a_listener_may_require_an_account(tls_server, tmp_path):  # noqa: F811
    s = tls_server(**{**CHEAP, "tls.cert": certificate(tmp_path / "cert", "irc.example.org")})
    s.kill()
    s.settings["accounts.require_at"] = f"0.0.0.0:{s.tls_port}"
    s.start()
    ann = s.client("ann", CAPS)  # the other listener is open
    register(ann, "ann", "correct horse")
    guest = TlsClient(s, client_context())
    guest.send("NICK guest", "USER x 0 * :x")
    assert any("must log in" in line for line in guest.expect_closed())
    login(TlsClient(s, client_context()), "two", "ann", "correct horse")
    s.kill()
    s.settings["accounts.require_except"] = "127.0.0.0/8 10.0.0.0/8"
    s.start()
    TlsClient(s, client_context()).register("guest")


def test_account_bans(server):
    op, ann = server.client("op", CAPS), login(server.connect(), "ann", "ann", "correct horse")
    op.join("#x")
    op.send("MODE #x +b a:ann", "MODE #x +b a:")
    assert op.expect("MODE").params[1:] == ["+b", "a:ann"]
    op.expect("696")
    ann.send("JOIN #x")
    ann.expect("474")
    op.send("MODE #x -b a:ANN", "MODE #x +b m:a:a*")
    assert op.expect("MODE", "#x", "+b").params[2] == "m:a:a*"
    ann.join("#x")
    ann.send("PRIVMSG #x :hi")
    ann.expect("404")
    op.send("MODE #x +e m:a:ann")
    op.expect("MODE")
    ann.send("PRIVMSG #x :hi")
    op.expect("PRIVMSG")
    op.send("MODE #x -b+iI m:a:a* a:ann", "KICK #x ann")
    ann.expect("KICK")
    ann.join("#x")


def test_external_by_the_fingerprint_of_the_certificate(tls_server, tmp_path):  # noqa: F811
    s = tls_server(**CHEAP)
    mine, other = (client_context(cert=certificate(tmp_path / f"{n}.pem", n)) for n in ("mine", "other"))
    a = TlsClient(s, mine).register("ann", CAPS)
    register(a, "ann", "correct horse")
    a.send("NS CERT ADD")
    assert "added" in a.expect("NOTICE").params[1]
    a.send("NS SESSIONS")
    assert re.search(r" \(TLS\), certificate [0-9a-f]{64}, since ", a.expect("NOTICE").params[1])
    for context, message, result in ((mine, "+", "903"), (mine, b64("ANN"), "903"), (mine, b64("bob"), "904"), (other, "+", "904"),
                                     (client_context(), "+", "904")):
        c = begin(TlsClient(s, context), "x")
        authenticate(c, "EXTERNAL", message)
        assert outcome(c) == result
        c.close()
    c = TlsClient(s, mine)
    c.send("CAP LS 302")
    assert "sasl=PLAIN,SCRAM-SHA-256,EXTERNAL" in c.expect("CAP").params[-1]


def irssi(home, server):
    return Irssi(home, server, network='sasl_mechanism = "PLAIN"; sasl_username = "ann"; sasl_password = "correct horse";')


def weechat(mechanism):
    return lambda home, server: Weechat(home, server, settings=[
        "/set irc.server.t.sasl_username ann", '/set irc.server.t.sasl_password "correct horse"',
        f"/set irc.server.t.sasl_mechanism {mechanism}"])


@pytest.mark.parametrize("client", [irssi, weechat("plain"), weechat("scram-sha-256")], ids=["irssi", "weechat-plain", "weechat-scram"])
def test_clients_of_debian_log_in(server, tmp_path, client):
    b = server.client("bob", CAPS)
    b.join("#t")
    c = client(tmp_path / "home", server)
    try:
        m = b.expect("JOIN", "#t", timeout=30)
        assert m.nick in ("irssi", "weechat") and m.params[1] == "ann"
    finally:
        c.stop()
