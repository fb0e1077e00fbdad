"""`burble admin drain`: a server goes out of service, some clients at a time."""

import json
import subprocess

import pytest

import tun
from irc import BURBLE
from network import engine, needs_engine, nodes, sees, until  # noqa: F401: fixtures, too

REASON = "Server is going out of service, connect"


def admin(*words):
    return subprocess.run([BURBLE, "admin", "--json", *words], capture_output=True, text=True, timeout=60)


def connections(name):
    return json.loads(admin("--name", name, "status").stdout)["connections"]


def ends_with(client):
    """The ERROR that a connection ends with."""
    return [line for line in client.expect_closed() if line.startswith("ERROR")][-1]


def test_clients_leave_and_new_ones_are_refused(make_server):
    server = make_server("--name", "drained")
    clients = [server.client(f"u{i}") for i in range(5)]
    answer = json.loads(admin("--name", "drained", "drain", "1000").stdout)
    assert answer == {"connections": 5, "seconds": 0}
    for c in clients:
        assert f"{REASON} again" in ends_with(c)
    with pytest.raises(ConnectionRefusedError):
        server.connect()
    until(lambda: connections("drained") == 0)
    assert server.process.poll() is None


def test_the_rate_is_bounded_and_may_be_changed(make_server):
    server = make_server("--name", "slowly")
    clients = [server.client(f"u{i}") for i in range(60)]
    assert json.loads(admin("--name", "slowly", "drain", "1").stdout)["seconds"] == 60
    assert REASON in ends_with(clients[0])
    clients[-1].sync()  # its turn is in a minute
    admin("--name", "slowly", "drain", "10000")
    until(lambda: connections("slowly") == 0)


@pytest.mark.parametrize("rate", ["0", "10001", "some", "-1"])
def test_a_rate_that_is_none_is_refused(make_server, rate):
    server = make_server("--name", "refuses")
    r = admin("--name", "refuses", "drain", "--", rate)
    assert r.returncode == 1 and "the rate is a number" in r.stderr
    server.client("ann").sync()


@needs_engine
def test_clients_of_a_node_are_sent_to_another_one_which_shows_the_reason(nodes):
    a, b = nodes(1), nodes(2)
    ann, bob = a.client("ann"), b.client("bob")
    until(sees(ann, "bob"))
    until(sees(bob, "ann"))
    ann.join("#x")
    bob.join("#x")
    ann.expect("JOIN", "#x")
    assert admin("--name", "n1", "drain").returncode == 0
    assert f"{REASON} to n2.example" in ends_with(ann)
    assert f"{REASON} to n2.example" in bob.expect("QUIT").params[-1]
    b.client("ann").sync()
    assert ("own stack" if tun.ON_STACK else "out of service") in admin("--name", "n1", "upgrade").stderr
