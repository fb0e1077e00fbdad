"""With cluster.quorum a message is confirmed to its sender when a second server has it on its disk."""

import json
import signal
import subprocess

import pytest

import test_cluster
from irc import BURBLE
from test_cluster import history, until

pytestmark = test_cluster.pytestmark
engine, nodes = test_cluster.engine, test_cluster.nodes

CAPS = ["batch", "message-tags", "server-time", "draft/chathistory", "echo-message", "labeled-response", "standard-replies"]


@pytest.fixture
def two(nodes):
    """Servers 1 and 2, with ann and bob in #x."""
    def start(**settings_of_the_second):
        a, b = nodes(1, **{"cluster.quorum": "yes"}), nodes(2, **{"cluster.quorum": "yes", **settings_of_the_second})
        ann, bob = a.client("ann", caps=CAPS), b.client("bob", caps=CAPS if not settings_of_the_second else ["message-tags"])
        until(test_cluster.sees(ann, "bob"))
        ann.join("#x")
        until(lambda: "ann" in test_cluster.names(bob, "#x"))
        bob.join("#x")
        ann.expect("JOIN", "#x")
        return a, b, ann, bob

    return start


def is_confirmed(client, text):
    """Says something; false if no other server has confirmed it: one that stood still may connect to the engine anew."""
    client.send(f"PRIVMSG #x :{text}")
    while (m := client.message()).command not in ("PRIVMSG", "FAIL"):
        pass
    return m.command == "PRIVMSG"


def test_what_is_confirmed_is_in_the_other_history_when_the_server_is_killed_at_once(two):
    a, b, ann, bob = two()
    for i in range(20):
        ann.send(f"@label=l{i} PRIVMSG #x :line {i}")
    for i in range(20):
        assert ann.expect("PRIVMSG", "#x", f"line {i}").tags["label"] == f"l{i}"
    a.kill()
    assert [text for _, text, _ in history(bob)] == [f"line {i}" for i in range(20)]


def test_a_message_that_no_other_server_confirms_fails_and_later_ones_are_confirmed(two):
    a, b, ann, bob = two()
    b.signal(signal.SIGSTOP)
    ann.send("@label=1 PRIVMSG #x :to nowhere", "@label=2 PING x")
    failed = ann.expect("FAIL", "PRIVMSG", "MESSAGE_NOT_CONFIRMED", "#x")
    assert failed.tags["label"] == "1"
    ann.expect("PONG")
    ann.send("@label=3 PRIVMSG #x :alone")
    ann.expect("FAIL", "PRIVMSG", "MESSAGE_NOT_CONFIRMED", "#x")
    b.signal(signal.SIGCONT)
    ann.expect("JOIN", "#x")
    assert any(is_confirmed(ann, "together") for _ in range(5))
    until(lambda: [text for _, text, _ in history(bob)][:3] == ["to nowhere", "alone", "together"])


def test_a_server_without_history_confirms_nothing(two):
    a, b, ann, bob = two(**{"history.enabled": "no"})
    ann.send("PRIVMSG #x :kept once")
    ann.expect("FAIL", "PRIVMSG", "MESSAGE_NOT_CONFIRMED", "#x")
    bob.expect("PRIVMSG", "#x", "kept once")


def test_several_targets_have_one_receipt_when_all_are_confirmed(two):
    a, b, ann, bob = two()
    ann.send("@label=1 PRIVMSG #x,bob :twice")
    assert ann.expect("BATCH").tags["label"] == "1"
    ann.expect("PRIVMSG", "#x", "twice")
    ann.expect("PRIVMSG", "bob", "twice")


def test_the_counters_say_what_was_confirmed(two):
    a, b, ann, bob = two()
    ann.send("PRIVMSG #x :one", "PRIVMSG bob :two")
    ann.expect("PRIVMSG", "#x", "one")
    ann.expect("PRIVMSG", "bob", "two")
    out = subprocess.run([BURBLE, "admin", "--json", "--name", "n1", "cluster"], capture_output=True, check=True)
    assert json.loads(out.stdout)["counters"]["confirmed"] == 2
