"""Random commands from many clients: plausible commands with odd parameters, in any order, from a seed.

The server must stay up, answer every PING, and trigger no sanitizer report. RANDOM_SEED=n repeats a failing seed.
"""
import os
import random

import pytest

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
CAPS = ["batch", "cap-notify", "labeled-response", "message-tags", "multi-prefix", "server-time", "userhost-in-names",
        "away-notify", "chghost", "draft/chathistory", "draft/event-playback", "extended-join", "extended-monitor",
        "invite-notify", "no-implicit-names", "setname", "standard-replies", "echo-message", "draft/multiline",
        "draft/read-marker", "draft/metadata-3", "draft/message-redaction", "draft/channel-rename"]


def line(r):
    command = r.choice(COMMANDS)
    if command in ("QUIT", "KILL", "KLINE", "DLINE") and r.random() < 0.9:
        command = "PRIVMSG"
    params = [r.choice(r.choice([NICKS, CHANNELS, WORDS, WORDS])) for _ in range(r.randrange(6))]
    if params and command in ("JOIN", "PRIVMSG", "MODE", "KICK", "TOPIC", "METADATA", "INVITE") and r.random() < 0.7:
        params[0] = r.choice(CHANNELS[:4])
    text = " ".join(p if p and " " not in p else "*" for p in params[:-1])
    if params:
        text += (" :" if r.random() < 0.5 else " ") + params[-1]
    return r.choice(TAGS) + command + (" " + text if text else "")


@pytest.mark.parametrize("seed", [int(s) for s in os.environ.get("RANDOM_SEED", "1 2 3").split()])
def test_anything_may_be_typed(make_server, seed):
    r = random.Random(seed)
    server = make_server(**{"limits.flood_rate": 0, "limits.per_address": 0, "limits.connect_rate": 0})
    clients = []

    def newcomer():
        c = server.connect()
        nick = r.choice(NICKS)
        caps = r.sample(CAPS, r.randrange(len(CAPS)))
        c.send("CAP LS 302", *[f"CAP REQ :{cap}" for cap in caps], f"NICK {nick}", f"USER {nick} 0 * :x", "CAP END")
        c.nick = nick
        clients.append(c)

    for _ in range(6):
        newcomer()
    for step in range(1500):
        c = r.choice(clients)
        try:
            c.send(*[line(r) for _ in range(r.randrange(1, 12))])
            if r.random() < 0.05:
                c.reset()
                raise ConnectionResetError
            if step % 5 == 0:
                c.sync()
        except (AssertionError, BrokenPipeError, ConnectionResetError, OSError):
            assert server.process.poll() is None, f"seed {seed}: the server ended: {server.stderr()[-3000:]}"
            clients.remove(c)
            newcomer()
    witness = server.client("witness")
    witness.sync()
