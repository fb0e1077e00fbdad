"""Two servers on one nats-server: what users of both see, and what stays when one of them is killed."""

import json
import signal
import subprocess
import time

from irc import BURBLE, PATIENCE
from network import engine, needs_engine, nodes, sees, until  # noqa: F401: fixtures, too

pytestmark = needs_engine


def names(client, channel):
    client.send(f"NAMES {channel}")
    found = ""
    while (m := client.message()).command != "366":
        found += m.params[-1] if m.command == "353" else ""
    return found


def both(nodes):
    a, b = nodes(1), nodes(2)
    ann, bob = a.client("ann", caps=["message-tags", "batch"]), b.client("bob", caps=["message-tags", "batch"])
    until(sees(ann, "bob"))
    until(sees(bob, "ann"))
    ann.join("#x")
    until(lambda: "ann" in names(bob, "#x"))
    bob.join("#x")
    ann.expect("JOIN", "#x")
    return a, b, ann, bob


def history(client, target="#x"):
    client.send(f"CHATHISTORY LATEST {target} * 100")
    client.expect("BATCH")
    said = []
    while (m := client.message()).command != "BATCH":
        if m.command == "PRIVMSG":
            said.append((m.nick, m.params[-1], m.tags["msgid"]))
    return said


def test_users_of_two_servers_talk_and_both_histories_are_the_same(nodes):
    a, b, ann, bob = both(nodes)
    ann.send("PRIVMSG #x :from one")
    bob.expect("PRIVMSG", "#x", "from one")
    bob.send("PRIVMSG #x :from two", "PRIVMSG ann :privately")
    ann.expect("PRIVMSG", "#x", "from two")
    ann.expect("PRIVMSG", "ann", "privately")
    caps = ["batch", "message-tags", "server-time", "draft/chathistory"]
    histories = []
    for server, nick in ((a, "cid"), (b, "dan")):
        c = server.client(nick, caps=caps)
        c.join("#x")
        histories.append(until(lambda c=c: len(history(c)) == 2 and history(c)))
    assert histories[0] == histories[1]
    assert [h[:2] for h in histories[0]] == [("ann", "from one"), ("bob", "from two")]


def test_a_message_that_is_redacted_is_in_no_history(nodes):
    a, b, ann, bob = both(nodes)
    for client in (ann, bob):
        client.send("CAP REQ :draft/message-redaction echo-message")
    ann.send("PRIVMSG #x :secret")
    id = bob.expect("PRIVMSG", "#x", "secret").tags["msgid"]
    ann.expect("PRIVMSG")
    ann.send(f"REDACT #x {id} :sorry")
    bob.expect("REDACT", "#x", id, "sorry")
    c = b.client("cid", caps=["batch", "message-tags", "server-time", "draft/chathistory"])
    c.join("#x")
    until(lambda: history(c) == [])


def test_a_killed_server_is_a_netsplit_within_seconds_and_its_nicks_are_free(nodes):
    a, b, ann, bob = both(nodes)
    b.kill()
    start = time.monotonic()
    assert "netsplit" in ann.expect("BATCH").params
    ann.expect("QUIT", "n1.example n2.example")
    assert time.monotonic() - start < PATIENCE / 2
    bob = a.client("bob")
    bob.join("#x")
    ann.expect("JOIN", "#x")


def test_what_one_server_missed_while_it_was_stopped_is_in_its_history_afterwards(nodes):
    a, b, ann, bob = both(nodes)
    ann.send("PRIVMSG #x :before")
    bob.expect("PRIVMSG", "#x", "before")
    b.signal(signal.SIGSTOP)
    ann.expect("QUIT")
    ann.send("PRIVMSG #x :while it was away")
    ann.sync()
    b.signal(signal.SIGCONT)
    ann.expect("JOIN", "#x")
    c = b.client("cid", caps=["batch", "message-tags", "server-time", "draft/chathistory"])
    c.join("#x")
    texts = until(lambda: [h[1] for h in history(c)] if len(history(c)) == 2 else None)
    assert texts == ["before", "while it was away"]


def test_a_server_that_was_down_gets_what_was_said(nodes):
    a, b, ann, bob = both(nodes)
    ann.send("PRIVMSG #x :before")
    bob.expect("PRIVMSG", "#x", "before")
    b.kill()
    ann.expect("QUIT")
    ann.send("PRIVMSG #x :while it was down")
    ann.sync()
    b.start()
    c = b.client("cid", caps=["batch", "message-tags", "server-time", "draft/chathistory"])
    until(sees(c, "ann"))
    c.join("#x")
    until(lambda: [h[1] for h in history(c)] == ["before", "while it was down"])


def test_without_the_engine_each_server_goes_on_and_then_they_meet(nodes, engine):
    a, b, ann, bob = both(nodes)
    engine.kill()
    ann.expect("QUIT")
    bob.expect("QUIT")
    dan = a.client("dan")
    dan.join("#x")
    ann.expect("JOIN", "#x")
    dan.send("PRIVMSG #x :alone")
    ann.expect("PRIVMSG", "#x", "alone")
    engine.start()
    while bob.expect("JOIN", "#x").nick != "dan":
        pass
    dan.send("PRIVMSG #x :together")
    bob.expect("PRIVMSG", "#x", "together")


def test_the_other_servers_are_shown_to_the_administrator(nodes):
    both(nodes)
    out = subprocess.run([BURBLE, "admin", "--json", "--name", "n1", "cluster"], capture_output=True, check=True, timeout=PATIENCE)
    shown = json.loads(out.stdout)
    assert shown["node"] == 1 and shown["engine"] and shown["users elsewhere"] == 1
    assert [(n["node"], n["name"], n["state"]) for n in shown["nodes"]] == [(2, "n2.example", "up")]


def test_a_nick_is_refused_on_the_other_server(nodes):
    a, b, ann, bob = both(nodes)
    c = b.connect()
    c.send("NICK ANN", "USER c 0 * :c")
    c.expect("433")
    c.send("NICK cid")
    c.expect("001", "cid")
    c.send("NICK ann")
    c.expect("433", "cid", "ann")
