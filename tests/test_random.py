"""Random commands from many clients: plausible commands with odd parameters, in any order, from a seed.

The server must stay up, answer every PING, and trigger no sanitizer report. RANDOM_SEED=n repeats a failing seed.
"""
import contextlib
import os
import random
import re
import sqlite3

import pytest

from accounts import CHEAP, authenticate, new, outcome, plain

NICKS = [f"n{i}" for i in range(8)]
CHANNELS = ["#a", "#b", "#c", "#D", "#toolong" + "x" * 70, "#"]
WORDS = ["", "*", "0", "-1", "99999999999", "+o", "-o+v", "+bbb", "+ovimnstklbeI", "b", "e", "I", "m:*!*@*", "*!*@*", "n1!*@*",
         "LS", "REQ", "END", "LIST", "302", ":", "::", "%tcuihsnfdlaor,7", "%", "o", "C>1", "T<3", ">1", "!#a", "timestamp=x",
         "timestamp=2026-01-01T00:00:00.000Z", "msgid=zzz", "LATEST", "BEFORE", "BETWEEN", "TARGETS", "+", "-", "L", "S", "C",
         "a,b,c", "#a,#b", "@#a", "+#a", "~&@%+#a", "\x01ACTION x\x01", "\x01VERSION\x01", "\x0304red", "é" * 40, "x" * 300,
         "display-name", "SUB", "GET", "SET", "CLEAR", "SYNC", "+r1", "-r1", "draft/multiline", "example.org", "1.2.3.4/33"]
COMMANDS = ["JOIN", "PART", "PRIVMSG", "NOTICE", "TAGMSG", "MODE", "TOPIC", "NAMES", "LIST", "INVITE", "KICK", "NICK", "USER",
            "PASS", "PING", "PONG", "QUIT", "ERROR", "CAP", "WHO", "WHOIS", "WHOWAS", "USERHOST", "ISON", "MONITOR", "AWAY",
            "SETNAME", "LUSERS", "MOTD", "VERSION", "TIME", "ADMIN", "INFO", "STATS", "LINKS", "HELP", "OPER", "KILL", "CHGHOST", "WALLOPS",
            "REHASH", "KLINE", "UNKLINE", "DLINE", "UNDLINE", "CHATHISTORY", "MARKREAD", "METADATA", "REDACT", "RENAME",
            "BATCH", "NONSENSE"] + ["JOIN", "PRIVMSG", "MODE", "KICK", "TOPIC", "METADATA"] * 5
TAGS = ["", "", "", "@label=1 ", "@+t=v ", "@batch=r1 ", "@batch=r1;draft/multiline-concat ", "@label=2;+draft/react=x ", "@;;= "]
SQL = ["'; DROP TABLE account; --", "' OR '1'='1", "x'y\"z", "a%sb%n", "a\\b", "ann", "ann@example.org", "https://127.0.0.1/x", "10.0.0.0/8",
       "'\u202ex", "\uff41nn", "RE:(a+)+$", "(?s).*", "p256dh=AAAA;auth=AAAA", "400d", "ON", "OFF", "ADD", "DEL", "LIST", "000000", "\x7f", "=", "*:*"]
CAPS = ["batch", "cap-notify", "labeled-response", "message-tags", "multi-prefix", "server-time", "userhost-in-names",
        "away-notify", "chghost", "draft/chathistory", "draft/event-playback", "extended-join", "extended-monitor",
        "invite-notify", "no-implicit-names", "setname", "standard-replies", "echo-message", "draft/multiline",
        "draft/read-marker", "draft/metadata-3", "draft/message-redaction", "draft/channel-rename"]


def line(r, commands=tuple(COMMANDS), words=tuple(WORDS)):
    command = r.choice(commands)
    if command in ("QUIT", "KILL", "KLINE", "DLINE") and r.random() < 0.9:
        command = "PRIVMSG"
    params = [r.choice(r.choice([NICKS, CHANNELS, words, words])) for _ in range(r.randrange(6))]
    if params and command in ("JOIN", "PRIVMSG", "MODE", "KICK", "TOPIC", "METADATA", "INVITE") and r.random() < 0.7:
        params[0] = r.choice(CHANNELS[:4])
    text = " ".join(p if p and " " not in p else "*" for p in params[:-1])
    if params:
        text += (" :" if r.random() < 0.5 else " ") + params[-1]
    return r.choice(TAGS) + command + (" " + text if text else "")


def type_anything(server, r, steps, commands=tuple(COMMANDS), words=tuple(WORDS), hello=()):
    """Lines of six clients in any order; those who are gone are followed by others."""
    clients = []

    def newcomer():
        c = server.connect()
        nick = r.choice(NICKS)
        caps = r.sample(CAPS, r.randrange(len(CAPS)))
        c.send("CAP LS 302", *[f"CAP REQ :{cap}" for cap in caps], f"NICK {nick}", f"USER {nick} 0 * :x", "CAP END",
               *(h for h in hello if r.random() < 0.5))
        c.nick = nick
        clients.append(c)

    for _ in range(6):
        newcomer()
    for step in range(steps):
        c = r.choice(clients)
        try:
            c.send(*[line(r, commands, words) for _ in range(r.randrange(1, 12))])
            if r.random() < 0.05:
                c.reset()
                raise ConnectionResetError
            if step % 5 == 0:
                c.sync()
        except (AssertionError, BrokenPipeError, ConnectionResetError, OSError):
            assert server.process.poll() is None, f"the server ended: {server.stderr()[-3000:]}"
            clients.remove(c)
            newcomer()
    witness = server.client("witness")
    witness.sync()


def seeds():
    return pytest.mark.parametrize("seed", [int(s) for s in os.environ.get("RANDOM_SEED", "1 2 3").split()])


@seeds()
def test_anything_may_be_typed(make_server, seed):
    server = make_server(**{"limits.flood_rate": 0, "limits.per_address": 0, "limits.connect_rate": 0})
    type_anything(server, random.Random(seed), 1500)


def commands_of_help(client):
    """What HELP lists: every command, and every command of every service."""
    client.send("HELP")
    index = [m.params[-1] for m in client.sync() if m.command in ("704", "705", "706")]
    listed = re.findall(r"\b[A-Z]+\b", " ".join(index[1:]))
    services = [s for s in listed if s.endswith("SERV")]
    for service in services:
        client.send(f"{service} HELP")
        lines = [m.params[-1] for m in client.sync() if m.command == "NOTICE" and m.nick.upper() == service]
        listed += [f"{service} {w}" for w in set(re.findall(r"\b[A-Z]{2,}\b", " ".join(lines)))]
    assert {"SEARCH", "FILTER", "KNOCK"} < set(listed) and len(services) == 4 and len(listed) > 90, listed
    return [c for c in listed if c != "QUIT"]


def tables(server):
    """The tables of a server that is stopped."""
    server.stop()
    with contextlib.closing(sqlite3.connect(server.data / "burble.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return {name for name, in db.execute("SELECT name FROM sqlite_master")}


@seeds()
def test_anything_may_be_typed_to_services_and_by_operators(make_server, seed):
    """With accounts, history, filters and pushes on; words that would end an SQL statement, a format, a regular expression."""
    server = make_server(**{**CHEAP, "limits.per_address": 0, "limits.connect_rate": 0, "oper.boss.password": "plain:boss",
                            "accounts.always_on": "opt-in", "push.enabled": "yes", "push.contact": "mailto:x@example.org"})
    new(server, "owner")
    before = tables(server)
    server.start()
    type_anything(server, random.Random(seed), 600, commands_of_help(server.client("reader")), [*WORDS, *SQL, *SQL],
                  ("OPER boss boss", "REGISTER * * :correct horse", "NS SET always-on on", "JOIN #a,#b", "CS REGISTER #a"))
    assert tables(server) == before
    server.start()
    c = server.connect()
    c.send("CAP REQ :sasl", "NICK again", "USER x 0 * :x")
    authenticate(c, "PLAIN", plain("owner", "correct horse"))
    assert outcome(c) in ("902", "903")  # 902: suspended or dropped by an operator
