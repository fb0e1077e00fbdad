"""What a user costs while idle: resident bytes of the server, over what it has anyway.

    without TLS                     512     the rest of what it costs is the kernel's
    TLS 1.3                       1,024     of a record layer of its own, no object of OpenSSL
    always-on, no connection        400     with a channel; its account is not counted
"""
import contextlib
import os
import sqlite3
import ssl

import pytest

from accounts import CHEAP, new
from irc import ROOT
from test_tls import tls_server  # noqa: F401
from tun import ON_STACK

PLAIN = ROOT / "build/burble"
MANY = {**CHEAP, "limits.per_address": "0", "limits.connect_rate": "0", "limits.clients": "15000"}

OF_THE_SERVER = pytest.mark.skipif(ON_STACK, reason="a connection of burble's own stack is in the same memory")

pytestmark = pytest.mark.skipif(not os.path.exists(PLAIN), reason="no build/burble: memory is not measured with sanitizers")


def cost(server, come, first, count):
    """What each of `count` users adds after `first` of them; come(n) lets one come."""
    for n in range(first):
        come(n)
    before = server.rss()
    for n in range(first, first + count):
        come(n)
    server.client("last").sync()
    return (server.rss() - before) / count


@OF_THE_SERVER
def test_an_idle_user_costs_at_most_512_bytes(make_server):
    server = make_server(binary=PLAIN, **MANY)
    each = cost(server, lambda n: server.client(f"user{n}"), 1000, 7000)
    assert each <= 512


@OF_THE_SERVER
def test_an_idle_user_of_tls_1_3_costs_at_most_1024_bytes(tls_server):
    server = tls_server(binary=PLAIN, **MANY)
    each = cost(server, lambda n: server.tls(f"user{n}", version=ssl.TLSVersion.TLSv1_3), 300, 1200)
    assert each <= 1024


def multiply(database, tables, count):
    """Makes `count` rows of each row that has user0, of as many users."""
    with contextlib.closing(sqlite3.connect(database)) as db, db:
        for table in tables:
            (row,) = [r for r in db.execute(f"SELECT * FROM {table}") if "user0" in r]
            rows = ([v.replace("user0", f"user{n}") if isinstance(v, str) else v for v in row] for n in range(1, count))
            db.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(row))})", rows)


def test_an_always_on_user_without_a_connection_costs_at_most_400_bytes(make_server):
    """With a channel; its account, which it would have anyway, is not counted."""
    count = 10000
    server = make_server(binary=PLAIN, **MANY, **{"accounts.always_on": "mandatory"})
    new(server, "user0").join("#x")
    server.stop()
    multiply(server.data / "burble.db", ("account", "presence", "presence_channel"), count)
    resident = {}
    for setting in ("mandatory", "disabled"):
        server.settings["accounts.always_on"] = setting
        server.start()
        c = server.client("last")
        c.send("LIST #x")
        assert [m.params[2] for m in c.sync() if m.command == "322"] == ([str(count)] if setting == "mandatory" else [])
        resident[setting] = server.rss()
        server.stop()
    assert (resident["mandatory"] - resident["disabled"]) / count <= 400
