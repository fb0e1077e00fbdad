"""Cloaks: others see keyed hashes in the place of a user's address, bans hold for address, network and cloak."""
import re

import pytest

import tun
from test_proxy import LOOPBACK, Proxied, whois

pytestmark = pytest.mark.skipif(tun.ON_STACK, reason="addresses by a proxy on the loopback")

CLOAK = re.compile(r"[a-z2-7]{8}\.[a-z2-7]{8}\.[a-z2-7]{8}\.cloak")


def host(message):
    return message.source.split("@")[1]


def joined(server, nick, address, channel="#x"):
    c = Proxied.v1(server.port, address).register(nick)
    c.send(f"JOIN {channel}")
    c.host = host(c.expect("JOIN"))
    c.sync()
    return c


def test_others_see_a_cloak_and_the_user_and_operators_the_address(make_server):
    server = make_server(**LOOPBACK)
    a, b = joined(server, "a", "192.0.2.7"), joined(server, "b", "2001:db8::7")
    assert CLOAK.fullmatch(a.host) and CLOAK.fullmatch(b.host) and a.host != b.host
    assert host(a.expect("JOIN")) == b.host
    about = whois(b, "a")
    assert about["311"].params[3] == a.host and "338" not in about
    assert whois(a, "a")["338"].params[2] == "192.0.2.7"
    b.send("OPER o p")
    b.expect("381")
    assert whois(b, "a")["338"].params[2] == "192.0.2.7"
    a.send("MODE a", "MODE a -x", "MODE a", "WHO #x")
    got = a.sync()
    assert [m.params[1] for m in got if m.command == "221"] == ["+x", "+x"]
    assert "192.0.2" not in "".join(m.line for m in b.sync())
    c = Proxied.v1(server.port, "192.0.2.7")
    c.send("NICK c", "USER c 0 * :c")
    assert c.expect("396").params[1] == a.host


def test_a_cloak_is_the_same_after_a_restart_and_its_key_is_private(make_server):
    server = make_server(**LOOPBACK)
    before = joined(server, "a", "192.0.2.7").host
    key = server.data / "cloak.key"
    assert key.stat().st_mode & 0o777 == 0o600
    server.stop()
    server.start()
    assert joined(server, "a", "192.0.2.7").host == before
    server.stop()
    key.write_text("not a key\n")
    server.start()
    assert joined(server, "a", "192.0.2.7").host != before
    assert "event=cloak.key" in server.stderr()


def test_bans_hold_for_address_network_and_cloak_whatever_host_was_set(make_server):
    server = make_server(**{**LOOPBACK, "limits.flood_rate": 0})
    op, a = joined(server, "op", "198.51.100.1"), joined(server, "a", "192.0.2.7")
    network = a.host.split(".", 1)[1]
    a.send("PART #x")
    a.sync()
    for mask in (f"*!*@{a.host}", f"*!*@*.{network}", "*!*@192.0.2.*", "*!*@192.0.2.7"):
        op.send(f"MODE #x +b {mask}")
        op.expect("MODE", "#x", "+b")
        a.send("JOIN #x")
        a.expect("474")
        op.send(f"MODE #x -b {mask}")
        op.expect("MODE", "#x", "-b")
    op.send("OPER o p", "CHGHOST a set.example", f"MODE #x +b *!*@*.{network}")
    op.expect("MODE", "#x", "+b")
    a.send("JOIN #x")
    a.expect("474")
    op.send(f"KLINE *@*.{network} :go away")
    assert "go away" in a.expect_closed()[-1]


def test_the_loopback_has_no_cloak_and_cloaks_may_be_off(make_server):
    c = make_server().client("c")
    c.send("JOIN #x", "MODE c")
    assert host(c.expect("JOIN")) == "127.0.0.1" and c.expect("221").params[1] == "+"
    server = make_server(**{**LOOPBACK, "cloak.enabled": "no"})
    assert joined(server, "a", "192.0.2.7").host == "192.0.2.7"
