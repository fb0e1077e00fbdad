"""A server with the engine of a cluster, and without: the engine need not be there for the server to be."""
import socket


def loaded(s):
    with open(f"/proc/{s.process.pid}/maps", encoding="utf-8") as maps:
        return "libnats" in maps.read()


def closed_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_without_an_engine_nothing_of_it_is_loaded(make_server):
    s = make_server()
    s.client("ann")
    assert not loaded(s) and "cluster" not in s.log.read_text()


def test_a_server_whose_engine_is_away_serves_and_ends(make_server):
    engine = f"nats://127.0.0.1:{closed_port()}"
    s = make_server(**{"cluster.engine": engine, "cluster.node": 7})
    a, b = s.client("ann"), s.client("bob")
    for c in (a, b):
        c.send("JOIN #x")
        c.expect("JOIN")
    a.send("PRIVMSG #x :alone")
    assert b.expect("PRIVMSG").params[-1] == "alone"
    assert loaded(s) and f"event=cluster.engine servers={engine} node=7 state=" in s.log.read_text()
    assert s.stop() == 0
