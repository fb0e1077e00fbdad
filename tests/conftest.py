"""Fixtures of the whole-system tests: a server for each test, and clients.

    def test_x(server):             a server on a free port of 127.0.0.1 with an empty data directory
        a = server.client("alice")  registered; a.send("JOIN #x"); a.expect("366")

`make_server(**{"section.key": value})` starts one with settings (--set); binary= names another program, prefix= a
command to run it with. BURBLE names the binary (default build/burble).
"""
import tempfile

import pytest

import tun
from irc import BURBLE, Server

if tun.ON_STACK:
    tun.own_namespace()


@pytest.fixture(autouse=True)
def runtime_directory(monkeypatch):
    """Control sockets of a test lie in a directory of its own; its path is short, as a socket's must be."""
    with tempfile.TemporaryDirectory(prefix="b") as path:
        monkeypatch.setenv("XDG_RUNTIME_DIR", path)
        yield path


@pytest.fixture
def make_server(tmp_path):
    servers = []

    def start(*args, **settings):
        binary, prefix = settings.pop("binary", BURBLE), settings.pop("prefix", ())
        s = Server(tmp_path / f"server{len(servers)}", settings, args, binary=binary, prefix=prefix)
        servers.append(s)
        return s.start()

    yield start
    for s in servers:
        s.close()
    for s in servers:
        s.check_stderr()


@pytest.fixture
def server(make_server):
    return make_server()
