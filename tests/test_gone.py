"""Dead peer detection: each way in which a peer disappears, and the mechanism that detects it (the table of
docs/long-connections.md).

Server and client are two hosts with a router between them (tests/netns.py). The server's periods are set to a second or
two, so that a test takes seconds; the mechanism is checked, not the time.
"""
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from irc import Client, Server
from netns import Network, why_no_network

TCP_REPAIR = 19


@pytest.fixture
def lan():
    lack = why_no_network()
    if lack:
        pytest.skip(lack)
    net = Network()
    yield net
    net.close()


@pytest.fixture
def far(lan, tmp_path):
    """A function that starts a server on its own host; clients connect from the other."""
    servers = []

    def start(**settings):
        name = lan.name("server")
        s = Server(tmp_path / "server", {"net.keepalive_idle": 0, "net.user_timeout": 0, "net.ping_interval": "1h",
                                         **settings}, host=lan.server_ip, prefix=["ip", "netns", "exec", name])
        servers.append(s)
        with lan.inside("client"):
            s.start()
        return s

    yield start
    for s in servers:
        s.close_clients()
        s.stop()
        s.check_stderr()


def client(lan, server, nick):
    with lan.inside("client"):
        c = server.connect()
    return c.register(nick)


def witness(lan, server, nick="witness"):
    """A client on the server's own host, who sees the QUIT of the one who is gone."""
    with lan.inside("server"):
        c = Client(lan.server_ip, server.port)
    server.clients.append(c)
    c.register(nick)
    c.join("#x")
    return c


KEEPALIVE = {"net.keepalive_idle": "1s", "net.keepalive_interval": "1s", "net.keepalive_count": 2}


def test_power_off_of_an_idle_peer_is_noticed_by_keepalive(lan, far):
    server = far(**KEEPALIVE)
    eye = witness(lan, server)
    victim = client(lan, server, "victim")
    victim.join("#x")
    time.sleep(1)  # its first PING is over and everything acknowledged: no probe is sent while data is under way
    lan.cut()
    assert "timed out" in eye.expect("QUIT", timeout=30).params[-1].lower()


def test_lost_probes_do_not_end_a_connection_while_there_are_more_to_come(lan, far):
    server = far(**{"net.keepalive_idle": "1s", "net.keepalive_interval": "1s", "net.keepalive_count": 9, "net.user_timeout": "10s"})
    eye = witness(lan, server)
    victim = client(lan, server, "victim")
    victim.join("#x")
    time.sleep(0.5)
    lan.cut()
    time.sleep(3.5)  # three probes are lost
    lan.restore()
    time.sleep(3)
    assert "QUIT" not in eye.commands()
    victim.sync()


def test_power_off_of_a_peer_with_unsent_data_is_noticed_by_user_timeout(lan, far):
    server = far(**{"net.user_timeout": "2s"})
    eye = witness(lan, server)
    victim = client(lan, server, "victim")
    victim.join("#x")
    eye.sync()
    lan.cut()
    eye.send("PRIVMSG #x :is anybody there")
    assert "timed out" in eye.expect("QUIT", timeout=30).params[-1].lower()


def test_power_off_is_noticed_by_ping_where_the_kernel_is_not_asked(lan, far):
    server = far(**{"net.ping_interval": "1s", "net.ping_timeout": "2s"})
    with lan.inside("server"):
        eye = Client(lan.server_ip, server.port)
    server.clients.append(eye)
    eye.register("eye")
    eye.join("#x")
    victim = client(lan, server, "victim")
    victim.join("#x")
    lan.cut()
    deadline = time.monotonic() + 30
    while True:
        m = eye.message(max(deadline - time.monotonic(), 0.01))
        if m.command == "PING":
            eye.send(f"PONG :{m.params[-1]}")
        if m.command == "QUIT":
            break
    assert "ping timeout" in m.params[-1].lower()


def test_a_reboot_is_noticed_by_the_reset_that_answers_the_next_probe(lan, far):
    server = far(**KEEPALIVE)
    eye = witness(lan, server)
    victim = client(lan, server, "victim")
    victim.join("#x")
    try:
        victim.sock.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    except OSError as e:
        pytest.skip(f"this kernel has no TCP_REPAIR: {e.strerror}")
    victim.sock.close()  # a socket in repair mode goes without a FIN: the peer has forgotten everything
    assert "reset" in eye.expect("QUIT", timeout=30).params[-1].lower()


def test_a_crash_of_the_program_is_noticed_at_once(lan, far):
    server = far()
    eye = witness(lan, server)
    code = (f"import socket,time; s=socket.create_connection(('{lan.server_ip}',{server.port}));"
            "s.sendall(b'NICK crasher\\r\\nUSER c 0 * :c\\r\\nJOIN #x\\r\\n'); time.sleep(600)")
    with lan.inside("client"):
        p = subprocess.Popen([sys.executable, "-c", code])
    eye.expect("JOIN")
    p.kill()
    p.wait()
    eye.expect("QUIT", timeout=10)


def test_a_cable_that_is_plugged_in_again_loses_nothing(lan, far):
    server = far(**{"net.user_timeout": "30s"})
    eye = witness(lan, server)
    victim = client(lan, server, "victim")
    victim.join("#x")
    eye.sync()
    lan.cut()
    eye.send("PRIVMSG #x :while the cable was out")
    time.sleep(1)
    lan.restore()
    assert victim.expect("PRIVMSG", timeout=30).params[1] == "while the cable was out"


def test_a_frozen_program_is_noticed_by_ping_although_its_kernel_answers(lan, far):
    server = far(**KEEPALIVE, **{"net.ping_interval": "2s", "net.ping_timeout": "2s"})
    code = (f"import socket,time; s=socket.create_connection(('{lan.server_ip}',{server.port}));"
            "s.sendall(b'NICK frozen\\r\\nUSER c 0 * :c\\r\\nJOIN #x\\r\\n')\n"
            "while True:\n d=s.recv(65536)\n"
            " for l in d.split(b'\\r\\n'):\n  if l.startswith(b'PING'): s.sendall(b'PONG'+l[4:]+b'\\r\\n')")
    with lan.inside("server"):
        eye = Client(lan.server_ip, server.port)
    server.clients.append(eye)
    eye.register("eye")
    eye.join("#x")
    with lan.inside("client"):
        p = subprocess.Popen([sys.executable, "-c", code])
    try:
        eye.expect("JOIN")
        p.send_signal(signal.SIGSTOP)
        deadline = time.monotonic() + 30
        while True:
            m = eye.message(max(deadline - time.monotonic(), 0.01))
            if m.command == "PING":
                eye.send(f"PONG :{m.params[-1]}")
            if m.command == "QUIT":
                break
        assert "ping timeout" in m.params[-1].lower()
    finally:
        p.kill()
        p.wait()
