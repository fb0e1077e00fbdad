"""`burble admin upgrade` of a node of a network: neither its users nor those of the others notice."""

import ctypes
import signal
import subprocess
import threading

import pytest

import tun
from irc import BURBLE, PATIENCE
from network import engine, needs_engine, nodes, sees, until  # noqa: F401: fixtures, too
from test_cluster import history, names
from test_upgrade import program, relay
from upgrade import PR_SET_CHILD_SUBREAPER, follow

pytestmark = [needs_engine, pytest.mark.skipif(tun.ON_STACK, reason="connections on burble's own stack cannot be handed over")]

CAPS = ["batch", "message-tags", "server-time", "draft/chathistory", "echo-message", "labeled-response", "standard-replies"]
FREE = {"limits.flood_rate": "0"}


def ask(number, binary=None):
    """`burble admin upgrade` of a node: the process, and its answer."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    options = ["--binary", str(binary)] if binary else []
    return subprocess.run([BURBLE, "admin", "--json", "--name", f"n{number}", *options, "upgrade"], capture_output=True, text=True,
                          timeout=4 * PATIENCE)


def upgrade(server, number):
    return follow(server, ask(number))


@pytest.fixture
def network(nodes):
    """Servers 1 to n, and a client of each in #x."""
    def start(count=2, **settings):
        servers = [nodes(i + 1, **FREE, **settings) for i in range(count)]
        clients = [s.client(nick, caps=CAPS) for s, nick in zip(servers, ("ann", "bob", "cid"))]
        for i, c in enumerate(clients):
            c.join("#x")
            until(lambda: all(len(names(other, "#x").split()) == i + 1 for other in clients))
        for c in clients:
            c.sync()
        return servers, clients

    return start


class Talker(threading.Thread):
    """Says numbers to #x, each when the one before has its receipt, and notes all that it hears."""

    def __init__(self, client, stop):
        super().__init__()
        self.client, self.stop, self.said, self.heard, self.error = client, stop, 0, [], None

    def run(self):
        try:
            while not self.stop.is_set():
                self.client.send(f"@label={self.said} PRIVMSG #x :{self.said}")
                while True:
                    m = self.client.message()
                    self.heard.append(m)
                    if m.tags.get("label") == str(self.said):
                        break
                self.said += 1
        except Exception as e:
            self.error = e


def talk(clients, while_they_talk):
    """Each client has heard every number of each other one, in order, and nothing else."""
    stop = threading.Event()
    talkers = [Talker(c, stop) for c in clients]
    for t in talkers:
        t.start()
    try:
        while_they_talk(talkers)
    finally:
        stop.set()
        for t in talkers:
            t.join(3 * PATIENCE)
    assert not any(t.error for t in talkers), [t.error for t in talkers]
    for t in talkers:
        for u in talkers:
            while t is not u and not any(m.nick == nick(u) and m.params[-1] == str(u.said - 1) for m in t.heard):
                t.heard.append(t.client.message())
        assert {m.command for m in t.heard} == {"PRIVMSG"}, [m.line for m in t.heard if m.command != "PRIVMSG"]
        for u in talkers:
            assert [m.params[-1] for m in t.heard if m.nick == nick(u)] == [str(i) for i in range(u.said)]


def nick(talker):
    return {0: "ann", 1: "bob", 2: "cid"}[talker.client.place]


def some_more(talkers):
    counts = [t.said for t in talkers]
    until(lambda: all(t.error or t.said > n + 20 for t, n in zip(talkers, counts)))


@pytest.mark.parametrize("quorum", ["no", "yes"])
def test_two_servers_upgraded_one_after_the_other_lose_nothing_and_nobody_quits(network, quorum):
    servers, clients = network(3, **{"cluster.quorum": quorum})
    for i, c in enumerate(clients):
        c.place = i
    clients[0].send("TOPIC #x :about", "MODE #x +m", "MODE #x +v bob", "MODE #x +v cid")
    until(lambda: names(clients[2], "#x").count("+") == 2)
    for c in clients:
        c.sync()

    def upgrades(talkers):
        some_more(talkers)
        for i in (0, 1):
            row = upgrade(servers[i], i + 1)
            assert (row["connections"], row["lost"]) == (1, 0)
            some_more(talkers)

    talk(clients, upgrades)
    for c in clients:
        assert set(names(c, "#x").split()) == {"@ann", "+bob", "+cid"}
        c.send("TOPIC #x")
        assert c.expect("332").params[-1] == "about"
    histories = [[h[:2] for h in sorted(history(c), key=lambda h: h[2])] for c in clients]
    assert histories[0] == histories[1] == histories[2]
    late = servers[2].connect()
    late.send("NICK ann", "USER l 0 * :l")
    late.expect("433")


@pytest.mark.parametrize("text", ["say(1, 1, 2); hear()", "say(1, 1, 2); time.sleep(100)"])
def test_a_failed_upgrade_leaves_the_server_in_the_network(network, tmp_path, text):
    """The second one hangs for longer than it takes to notice that a server is gone."""
    servers, (ann, bob) = network()
    assert "goes on" in ask(1, relay(tmp_path, text)).stderr
    bob.send("PRIVMSG #x :there?")
    assert ann.message().params[-1] == "there?"
    ann.send("PRIVMSG #x :here")
    assert {bob.message().params[-1] for _ in range(2)} == {"there?", "here"}  # the receipt may come later
    upgrade(servers[0], 1)
    ann.send("PRIVMSG #x :still")
    assert bob.message().params[-1] == "still"


def test_a_program_of_before_the_network_could_be_handed_over_is_refused(network, tmp_path):
    servers, (ann, bob) = network()
    assert "does not read the state" in ask(1, relay(tmp_path, "say(1, 1, 1); hear()")).stderr
    assert "status 3" in ask(1, program(tmp_path / "fails", "exit 3")).stderr
    ann.send("PRIVMSG #x :here")
    assert bob.message().params[-1] == "here"


def test_without_the_engine_a_server_is_upgraded_and_then_they_meet(network, engine):  # noqa: F811
    servers, (ann, bob) = network()
    engine.kill()
    ann.expect("QUIT")
    bob.expect("QUIT")
    ann.send("PRIVMSG #x :before")
    ann.expect("PRIVMSG", "#x", "before")
    upgrade(servers[0], 1)
    ann.send("PRIVMSG #x :after")
    ann.expect("PRIVMSG", "#x", "after")
    engine.start()
    ann.expect("JOIN", "#x")
    bob.expect("JOIN", "#x")
    ann.sync(), bob.sync()  # the ends of the batches
    until(lambda: [h[1] for h in history(bob)] == ["before", "after"])
    ann.send("PRIVMSG #x :together")
    bob.expect("PRIVMSG", "#x", "together")


def test_a_receipt_that_waits_for_a_second_server_comes_once(network):
    servers, (ann, bob) = network(**{"cluster.quorum": "yes"})
    servers[1].signal(signal.SIGSTOP)
    ann.send("@label=1 PRIVMSG #x :waits")
    asked = {}
    thread = threading.Thread(target=lambda: asked.update(answer=ask(1)))
    thread.start()
    servers[1].signal(signal.SIGCONT)
    thread.join()
    follow(servers[0], asked["answer"])
    while "label" not in (m := ann.message()).tags:  # that server may have been taken for gone
        pass
    assert m.command in ("PRIVMSG", "FAIL")
    ann.send("@label=2 PING x")
    while (m := ann.message()).command != "PONG":
        assert "label" not in m.tags
    until(lambda: [h[1] for h in history(bob)] == ["waits"])
