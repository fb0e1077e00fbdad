"""`burble admin upgrade`: another process goes on with the server, and nobody notices; a failed one changes nothing."""
import collections
import os
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

import tun
from accounts import CHEAP, authenticate, begin, new, outcome, plain
from irc import BURBLE, PATIENCE
from test_tls import certificate, client_context, fingerprint, free_port, tls_server  # noqa: F401 (a fixture)
from upgrade import ask, upgrade
from web import WebClient

pytestmark = pytest.mark.skipif(tun.ON_STACK, reason="connections on burble's own stack cannot be handed over")

FAST = {"limits.flood_rate": "0", "limits.connect_rate": "0", "limits.per_address": "0"}


def program(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return path


def names(client, channel):
    client.send(f"NAMES {channel}")
    return set(client.expect("353", None, None, channel).params[-1].split())


# --- what goes along ---


def bare(line):
    """Without its tags; the channels of WHOIS, which have no order, are sorted."""
    words = re.sub(r"^@\S+ ", "", line)
    head, colon, channels = words.partition(" :")
    return f"{head}{colon}{' '.join(sorted(channels.split()))}" if " 319 " in head else words


def test_users_and_channels_are_the_same(make_server):
    server = make_server(**FAST)
    a, b = server.client("alice", ["multi-prefix", "away-notify", "message-tags", "echo-message"]), server.client("bob")
    carol = server.client("carol")
    a.join("#x"), b.join("#x"), b.join("#y")
    a.send("MODE #x +imkl-t key 9", "MODE #x +v bob", "MODE #x +b *!*@bad.example", "MODE #x +I *!*@good.example",
           "TOPIC #x :what it is about", "MODE #x +jf 5:10 7:20", "INVITE carol #x", "METADATA #x SET url :http://example.org")
    a.send("METADATA * SET display-name :Alice", "SILENCE +*!*@noise.example", "MONITOR + dave", "MODE alice +wiT")
    b.send("AWAY :gone fishing", "PRIVMSG #y :spoken before")
    b.sync(), a.sync()
    a.send("MODE #x", "MODE #x +b", "MODE #x +I", "TOPIC #x", "MODE alice", "SILENCE", "MONITOR L", "METADATA * LIST", "METADATA #x LIST",
           "WHOIS bob")
    before = [m.line for m in a.sync() if m.command != "317"]
    row = upgrade(server)
    assert (row["connections"], row["lost"], row["users"], row["channels"]) == (3, 0, 3, 2)
    a.send("MODE #x", "MODE #x +b", "MODE #x +I", "TOPIC #x", "MODE alice", "SILENCE", "MONITOR L", "METADATA * LIST", "METADATA #x LIST",
           "WHOIS bob")
    assert [bare(m.line) for m in a.sync() if m.command != "317"] == [bare(line) for line in before]
    assert names(a, "#x") == {"@alice", "+bob"}
    carol.send("JOIN #x key")
    carol.expect("JOIN", "#x")
    a.expect("JOIN", "#x")
    server.client("dave")
    a.expect("730")
    a.send("PRIVMSG #x :and on")
    b.expect("PRIVMSG", "#x", "and on")
    a.expect("PRIVMSG", "#x", "and on")
    a.send("WHOIS bob")
    assert a.expect("301").params[-1] == "gone fishing"


def test_half_a_line_is_completed_and_a_command_once_executed(make_server):
    server = make_server(**FAST)
    a, b = server.client("alice"), server.client("bob")
    a.raw(b"PRIVMSG bob :half ")
    fresh = server.connect()
    fresh.raw(b"CAP LS 302\r\nNICK carol\r\nUSER c 0 * :C\r\nCAP RE")
    fresh.expect("CAP", None, "LS")
    upgrade(server)
    a.raw(b"a line\r\n")
    assert b.expect("PRIVMSG").params[-1] == "half a line"
    fresh.raw(b"Q :echo-message\r\nCAP END\r\nPRIVMSG carol :me\r\n")
    fresh.expect("CAP", None, "ACK")
    fresh.expect("001")
    fresh.expect("PRIVMSG", "carol", "me")
    fresh.expect("PRIVMSG", "carol", "me")


def test_a_slow_reader_gets_everything_once_and_in_order(make_server):
    server = make_server(**FAST, **{"limits.sendq": "32M"})
    a, slow = server.client("alice"), server.client("slow")
    count, text = 20000, "x" * 400  # more than the kernel's buffers hold
    for i in range(0, count, 500):
        a.send(*[f"PRIVMSG slow :{n} {text}" for n in range(i, i + 500)])
        a.sync()
    upgrade(server)
    a.send(f"PRIVMSG slow :{count} after")
    got = [int(slow.expect("PRIVMSG").params[-1].split()[0]) for _ in range(count + 1)]
    assert got == list(range(count + 1))


def test_a_long_reply_is_complete(make_server):
    server = make_server(**FAST, **{"limits.sendq": "32M", "limits.channels": "5000"})
    a = server.client("alice")
    for i in range(0, 4000, 100):
        a.send("JOIN " + ",".join(f"#a-rather-long-name-of-a-channel-{n}" for n in range(i, i + 100)))
        a.sync()
    slow = server.client("slow")
    slow.send(*["LIST"] * 20)
    a.sync()
    upgrade(server)
    assert collections.Counter(m.command for m in slow.sync())["323"] == 20


def test_history_and_receipts_go_on(make_server):
    server = make_server(**FAST)
    caps = ["echo-message", "message-tags", "server-time", "batch", "draft/chathistory", "draft/multiline", "labeled-response"]
    a = server.client("alice", caps)
    a.join("#x")
    a.send(*[f"PRIVMSG #x :{n}" for n in range(200)])
    a.send("BATCH +1 draft/multiline #x", "@batch=1 PRIVMSG #x :one")
    upgrade(server)
    a.send("@batch=1 PRIVMSG #x :two", "BATCH -1")
    ids = [a.expect("PRIVMSG", "#x", str(n)).tags["msgid"] for n in range(200)]
    a.expect("BATCH")
    assert [a.expect("PRIVMSG", "#x").params[-1] for _ in range(2)] == ["one", "two"]
    assert len(set(ids)) == 200 and ids == sorted(ids)
    a.sync()
    a.send("CHATHISTORY LATEST #x * 50")
    lines = [m for m in a.sync() if m.command == "PRIVMSG"]
    assert [m.params[-1] for m in lines][-2:] == ["one", "two"]
    assert [m.tags["msgid"] for m in lines if m.params[-1].isdigit()] == ids[-len([m for m in lines if m.params[-1].isdigit()]):]


def test_operators_accounts_and_always_on_users_stay(make_server):
    server = make_server(**CHEAP, **{"limits.connect_rate": "0", "oper.root.password": "plain:secret", "oper.root.hosts": "*@*",
                                     "accounts.always_on": "opt-in"})
    a = new(server, "alice")
    a.send("NS SET ALWAYS-ON on", "JOIN #x", "OPER root secret", "MODE alice +s k")
    a.sync()
    b = new(server, "bob")
    b.send("NS SET ALWAYS-ON on", "JOIN #x", "AWAY :later", "CS REGISTER #x")
    b.sync()
    b.close()
    a.sync()
    row = upgrade(server)
    assert (row["connections"], row["users"], row["channels"]) == (1, 2, 1)
    assert {n.lstrip("~&@%+") for n in names(a, "#x")} == {"alice", "bob"}
    a.send("WHOIS alice")
    seen = {m.command for m in a.sync()}
    assert {"313", "330"} <= seen
    b = begin(server.connect(), "bob2")
    authenticate(b, "PLAIN", plain("bob", "correct horse"))
    assert outcome(b) == "903"
    b.send("CAP END")
    b.expect("001", "bob")
    b.expect("JOIN", "#x")
    victim = server.client("victim")
    a.send("KILL victim :now")
    victim.expect_closed()
    a.expect("NOTICE")


def test_a_client_in_the_middle_of_sasl_is_told(make_server):
    server = make_server(**CHEAP)
    a = new(server, "alice")
    a.close()
    c = server.connect()
    c.send("CAP REQ :sasl", "NICK alice", "USER a 0 * :A", "AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE", "+")
    upgrade(server)
    c.expect("906")
    authenticate(c, "PLAIN", plain("alice", "correct horse"))
    assert outcome(c) == "903"


def test_an_encrypted_connection_goes_along_and_an_older_one_is_told(tls_server, tmp_path):
    server = tls_server(**FAST)
    cert = certificate(tmp_path / "c.pem", "client")
    a, old = server.tls("alice", cert=cert), server.tls("old", version=ssl.TLSVersion.TLSv1_2)
    b = server.client("bob")
    a.join("#x"), old.join("#x"), b.join("#x")
    a.raw(b"PRIVMSG #x :half ")
    row = upgrade(server)
    assert (row["connections"], row["lost"]) == (2, 1) and "TLS 1.2" in row["lost-because"]
    assert "upgraded" in old.expect_closed()[-1]
    assert b.expect("QUIT").nick == "old"
    a.raw(b"a line\r\n")
    assert b.expect("PRIVMSG").params[-1] == "half a line"
    b.send("PRIVMSG #x :back")
    a.expect("PRIVMSG", "#x", "back")
    a.send("WHOIS alice")
    assert fingerprint(cert) in a.expect("276").params[-1]
    for n in range(3):
        upgrade(server)
        a.send(f"PRIVMSG #x :again {n}")
        b.expect("PRIVMSG", "#x", f"again {n}")
    server.tls("fresh")


def test_a_browser_stays_connected(make_server):
    port = free_port()
    server = make_server("--listen-web", f"127.0.0.1:{port}", **FAST)
    w, b = WebClient(server, port).register("web"), server.client("bob")
    upgrade(server)
    w.send("PRIVMSG bob :from a page")
    b.expect("PRIVMSG", "bob", "from a page")
    b.send("PRIVMSG web :to it")
    w.expect("PRIVMSG", "web", "to it")
    WebClient(server, port).register("another")


# --- under load ---


class Talker(threading.Thread):
    """Clients that talk to their channel without a pause, and read everything; each message is numbered."""

    def __init__(self, clients, stop):
        super().__init__()
        self.clients, self.stop, self.sent, self.seen, self.error = clients, stop, collections.Counter(), collections.defaultdict(list), None

    def run(self):
        try:
            while not self.stop.is_set():
                for c in self.clients:
                    c.send(f"PRIVMSG {c.channel} :{self.sent[c.nick]}")
                    self.sent[c.nick] += 1
                for c in self.clients:
                    self.note(c, c.sync())
        except (AssertionError, OSError) as e:
            self.error = e

    def note(self, client, messages):
        for m in messages:
            if m.command == "PRIVMSG":
                self.seen[client.nick, m.nick].append(int(m.params[-1]))


@pytest.mark.parametrize("count", [int(os.environ.get("BURBLE_UPGRADE_USERS", 2000))])
def test_nothing_is_lost_doubled_or_reordered_under_load(make_server, count):
    """Channels of ten; each member's lines come to the nine others."""
    server = make_server(**FAST, **{"limits.clients": "20000"})
    clients = []
    for i in range(count):
        c = server.connect()
        c.nick, c.channel = f"u{i}", f"#c{i // 10}"
        c.send(f"NICK u{i}", f"USER u 0 * :U", f"JOIN {c.channel}")
        clients.append(c)
    for c in clients:
        c.sync()
    stop = threading.Event()
    talkers = [Talker(clients[i::4], stop) for i in range(4)]
    for t in talkers:
        t.start()
    try:
        for _ in range(2):
            row = upgrade(server)
            assert (row["connections"], row["lost"]) == (count, 0)
    finally:
        stop.set()
        for t in talkers:
            t.join(120)
    assert not any(t.error for t in talkers), [t.error for t in talkers]
    for c in clients:
        for t in talkers:
            if c in t.clients:
                t.note(c, c.sync())
    sent = sum((t.sent for t in talkers), collections.Counter())
    seen = {k: v for t in talkers for k, v in t.seen.items()}
    assert len(seen) == count * 9
    for (reader, speaker), numbers in seen.items():
        assert numbers == list(range(sent[speaker])), (reader, speaker)


# --- what fails ---


def check_nobody_noticed(server, clients):
    a, b = clients
    assert server.process.poll() is None
    a.send("PRIVMSG #x :still here")
    b.expect("PRIVMSG", "#x", "still here")
    a.send("CHATHISTORY LATEST #x * 5")
    server.client(f"late{time.monotonic_ns()}").close()


@pytest.fixture
def two(make_server):
    server = make_server(**FAST)
    clients = server.client("alice", ["message-tags", "batch", "draft/chathistory"]), server.client("bob")
    for c in clients:
        c.join("#x")
    return server, clients


@pytest.mark.parametrize("text, why", [
    ("exit 3", "has ended with status 3"),
    ("kill -9 $$", "killed by signal 9"),
])
def test_a_program_that_fails_changes_nothing(two, tmp_path, text, why):
    server, clients = two
    r = ask(program(tmp_path / "fails", text))
    assert r.returncode == 1 and why in r.stderr and "goes on" in r.stderr
    check_nobody_noticed(server, clients)
    assert "event=upgrade.failed" in server.stderr()


def relay(tmp_path, text):
    """A program that speaks as the new one does: HELLO, and then something else."""
    return program(tmp_path / "relay", f"""exec /usr/bin/python3 - "$@" <<'END'
import socket, struct, sys, time
s = socket.socket(fileno=3)
def say(kind, a=0, b=0, text=b""):
    s.send(struct.pack("=III244s", kind, a, b, text))
def hear():
    return socket.recv_fds(s, 256, 253)
{text}
END
""")


@pytest.mark.parametrize("text, why", [
    ("say(1, 7, 9)", "does not read the state"),
    ("say(9)", "does not speak"),
    ("say(1, 1, 1); hear(); say(5, text=b'too new for me')", "too new for me"),
    ("say(1, 1, 1); hear()", "it has ended"),
    ("say(1, 1, 1); time.sleep(100)", "in time"),
])
def test_a_new_server_that_refuses_dies_or_hangs_is_replaced_by_the_old_one(two, tmp_path, text, why):
    server, clients = two
    r = ask(relay(tmp_path, text))
    assert r.returncode == 1 and why in r.stderr, (r, server.stderr()[-2000:])
    check_nobody_noticed(server, clients)
    upgrade(server)
    check_nobody_noticed(server, clients)


def test_a_configuration_that_became_wrong_is_found_before_anything_stops(make_server, tmp_path):
    config = tmp_path / "burble.conf"
    config.write_text("[limits]\nflood_rate = 0\n")
    server = make_server("--config", str(config))
    clients = server.client("alice"), server.client("bob")
    for c in clients:
        c.join("#x")
    config.write_text("[limits]\nflood_rate = many\n")
    r = ask()
    assert r.returncode == 1 and "has ended with status" in r.stderr
    check_nobody_noticed(server, clients)
    config.write_text("[limits]\nflood_rate = 0\n")
    upgrade(server)


def test_what_cannot_be_is_refused_with_its_reason(two):
    r = ask("/nowhere/burble")
    assert r.returncode == 1 and "no program at that path" in r.stderr


def test_a_stop_during_an_upgrade_stops(two, tmp_path):
    server, _ = two
    pid = tmp_path / "pid"
    asking = subprocess.Popen([os.path.abspath(BURBLE), "admin", "--binary", program(tmp_path / "slow", f"echo $$ > {pid}; exec sleep 100"),
                               "upgrade"], stderr=subprocess.PIPE, text=True)
    end = time.monotonic() + PATIENCE
    while not pid.exists() or not pid.read_text().strip():
        assert time.monotonic() < end
        time.sleep(0.01)
    assert server.stop() == 0
    asking.communicate(timeout=PATIENCE)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
