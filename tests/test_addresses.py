"""Addresses in replies and bans: one canonical spelling that never starts with a colon."""
import socket
import sqlite3
from contextlib import closing

import pytest

from irc import Server

CONFIG = "[oper root]\npassword = plain:pw\nhosts = *@*\n"


@pytest.fixture
def start(tmp_path):
    """A call starts a server on an address, the same one again if it was stopped."""
    config = tmp_path / "oper.conf"
    config.write_text(CONFIG)
    servers = []

    def run(host="127.0.0.1"):
        if ":" in host:
            try:
                socket.socket(socket.AF_INET6).bind((host, 0))
            except OSError:
                pytest.skip("no IPv6 here")
        server = Server(tmp_path / "server", {"limits.flood_rate": 0}, ["--config", str(config)], host=host)
        servers.append(server)
        return server.start()

    yield run
    for server in servers:
        server.close()
        server.check_stderr()


def oper(server):
    c = server.client("boss")
    c.send("OPER root pw")
    c.expect("381")
    c.sync()
    return c


def ask(client, *lines):
    client.send(*lines)
    return client.sync()


def test_an_address_is_spelt_the_same_everywhere(start):
    boss = oper(start("::1"))
    boss.join("#c")
    whois = {m.command: m.params for m in ask(boss, "WHOIS boss")}
    assert whois["338"] == ["boss", "boss", "0::1", "actually using host"]
    assert whois["311"][3] == "0::1"
    for fields, count in (("%i", 2), ("%in", 3), ("%tcuihsnfdlaor,42", 14)):
        row = [m for m in ask(boss, f"WHO boss {fields}") if m.command == "354"][0]
        assert len(row.params) == count and "0::1" in row.params
    for mask, said in (("0:0::2", "0::2"), ("2001:db8::/32", "2001:db8::/32"), ("0:0::0:5", "0::5")):
        assert said in ask(boss, f"DLINE {mask} :evil")[0].params[-1]
    ask(boss, "KLINE *@::3 :evil")
    rows = [m.params for m in ask(boss, "STATS k") if m.command == "216"]
    assert sorted(r[2] for r in rows) == ["*@0::3", "0::2", "0::5", "2001:db8::/32"]
    assert all(len(r) == 5 for r in rows)
    assert [m.params[:3] for m in ask(boss, "UNDLINE ::9")] == [["UNDLINE", "INVALID_MASK", "*"]]
    assert "Removed D-line for 0::2" in ask(boss, "UNDLINE 0::2")[0].params[-1]


def test_a_ban_of_an_ipv4_address_inside_ipv6_holds(start):
    server = start()
    boss = oper(server)
    ask(boss, "KLINE *@::ffff:127.0.5.9 :gone", "DLINE 0::ffff:127.0.6.0/120 :gone")
    assert sorted(m.params[2] for m in ask(boss, "STATS k") if m.command == "216") == ["*@127.0.5.9", "127.0.6.0/24"]
    for address in ("127.0.5.9", "127.0.6.200"):
        c = server.connect(address)
        c.send("NICK evil", "USER u 0 * :r")
        assert not any(" 001 " in line for line in c.expect_closed())


def test_a_network_with_something_behind_it_is_refused(start):
    boss = oper(start())
    for mask in ("11.22.33.44/16abc", "11.22.33.44/abc", "11.22.33.44/33", "11.22.33.44/", "2001:db8::/129"):
        for command in (f"DLINE {mask}", f"KLINE *@{mask}"):
            assert ask(boss, f"{command} :x")[0].params[1] == "INVALID_MASK", command
    assert "Added" in ask(boss, "KLINE *@10.0.0.0/24 :x")[0].params[-1]


def test_a_ban_is_taken_back_for_good_in_any_spelling(start):
    server = start()
    boss = oper(server)
    ask(boss, "DLINE 0::2 :a", "DLINE 0::ffff:127.0.6.0/120 :b")
    ask(boss, "UNDLINE 0:0:0::2", "UNDLINE 127.0.6.0/24")
    server.close_clients()
    server.stop()
    boss = oper(server.start())
    assert not [m for m in ask(boss, "STATS k") if m.command == "216"]


def test_a_ban_that_was_kept_under_another_spelling_is_taken_back_too(start):
    server = start()
    boss = oper(server)
    ask(boss, "DLINE 0::2 :a", "KLINE *@0::3 :b")
    server.close_clients()
    server.stop()
    with closing(sqlite3.connect(server.data / "burble.db")) as db, db:
        assert db.execute("UPDATE ban SET mask = replace(mask, '0::', '::')").rowcount == 2
    server.start()
    boss = oper(server)
    ask(boss, "UNDLINE 0::2", "UNKLINE *@::3")
    server.close_clients()
    server.stop()
    boss = oper(server.start())
    assert not [m for m in ask(boss, "STATS k") if m.command == "216"]
