"""Each kind of device, between the kernel on one side and a program on libburble, or the chat server, on the other."""
import hashlib
import os
import random
import re
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

import tun
from irc import BURBLE, Client, Server

ECHO = Path(BURBLE).parent / "examples/echo"
PATIENCE = 60
KINDS = ("tun", "tap", "packet", "xdp")
AF_XDP = 44

pytestmark = tun.needs_device


class Device:
    """The kernel has 10.50.0.1 and fd50::1 on `name`; the other end is 10.50.0.2 and fd50::2 by --stack `spec`."""

    def __init__(self, kind):
        self.kind, self.name, other = kind, "k0", "b0"
        if kind in ("tun", "tap"):
            tun.ip("tuntap", "add", self.name, "mode", kind)
            other = self.name
        else:
            two = ("numtxqueues", 2, "numrxqueues", 2)  # for xdp two sockets, each with half of the connections
            tun.ip("link", "add", self.name, *two, "type", "veth", "peer", "name", other, *two)
            tun.ip("link", "set", other, "up")
        self.spec = f"{kind}:{other}"
        tun.ip("addr", "add", "10.50.0.1/24", "dev", self.name)
        tun.ip("addr", "add", "fd50::1/64", "dev", self.name, "nodad")
        tun.ip("link", "set", self.name, "up")

    def delete(self):
        subprocess.run(["ip", "link", "del", self.name], check=False, capture_output=True)


    def refused(self):
        """Why this kernel or container does not have such sockets; None if it does."""
        try:
            socket.socket(*{"packet": (socket.AF_PACKET, socket.SOCK_RAW), "xdp": (AF_XDP, socket.SOCK_RAW)}[self.kind]).close()
        except OSError as e:
            return f"{self.kind}: {e}"
        p = subprocess.Popen([ECHO, self.spec, "10.50.0.2/24", "7"], stderr=subprocess.PIPE, text=True)
        try:
            said = p.communicate(timeout=1)[1]
        except subprocess.TimeoutExpired:
            p.kill()
            p.communicate()
            return None
        reasons = ("Operation not permitted", "not supported", "Function not implemented")
        return said if any(r in said for r in reasons) else None


@pytest.fixture(params=KINDS)
def device(request):
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    d = Device(request.param)
    reason = d.refused() if request.param in ("packet", "xdp") else None
    if not reason:
        yield d
    d.delete()
    tun.enter_namespace(here)
    if reason:
        pytest.skip(reason)


def connect(host, port):
    """A connection, as soon as somebody listens."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((host, port), PATIENCE)
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


@pytest.fixture
def echo(device):
    p = subprocess.Popen([ECHO, device.spec, "10.50.0.2/24", "7"])
    connect("10.50.0.2", 7).close()
    yield "10.50.0.2", 7
    assert p.poll() is None
    p.kill()
    p.wait()


@pytest.fixture
def server(device, tmp_path):
    s = Server(tmp_path / "server", {}, ["--stack", device.spec, "--addr", "10.50.0.2/24", "--addr", "fd50::2/64", "--gw", "10.50.0.1",
                                         "--listen", "[fd50::2]:6667"], host="10.50.0.2")
    s.port, s.tun = 6667, None
    s.start()
    yield s
    s.close()


def test_what_the_kernel_sends_comes_back_byte_for_byte(echo):
    data = random.Random(1).randbytes(16 << 20)
    got = hashlib.sha256()
    with connect(*echo) as s:
        sender = threading.Thread(target=lambda: (s.sendall(data), s.shutdown(socket.SHUT_WR)))
        sender.start()
        while (part := s.recv(1 << 16)):
            got.update(part)
        sender.join()
    assert got.digest() == hashlib.sha256(data).digest()


def test_a_hundred_connections_are_served_at_once(echo):
    socks = [connect(*echo) for _ in range(100)]
    for i, s in enumerate(socks):
        s.sendall(b"%03d" % i)
    assert [s.recv(3) for s in socks] == [b"%03d" % i for i in range(100)]
    for s in socks:
        s.close()


def test_two_people_talk_over_ipv4_and_ipv6(server):
    four = server.client("four")
    six = Client("fd50::2", 6667).register("six")
    server.clients.append(six)
    four.join("#x")
    six.join("#x")
    four.expect("JOIN", "#x")
    six.send("PRIVMSG #x :over IPv6")
    assert four.expect("PRIVMSG", "#x").params[1] == "over IPv6"


def test_a_gateway_leads_to_other_networks(server, device):
    tun.ip("addr", "add", "10.60.0.1/32", "dev", "lo")
    c = socket.create_connection(("10.50.0.2", 6667), PATIENCE, source_address=("10.60.0.1", 0))
    c.sendall(b"NICK far\r\nUSER far 0 * :far\r\n")
    assert b" 001 far " in c.recv(1 << 16)
    c.close()


def test_a_device_that_is_deleted_is_reported_once_and_costs_nothing(server, device):
    ticks = lambda: sum(int(t) for t in Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])
    device.delete()
    deadline = time.monotonic() + PATIENCE
    while "lost --stack" not in (said := server.stderr()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert len(re.findall(f"lost --stack {device.spec}: No such device", said)) == 1
    before = ticks()
    time.sleep(1)
    assert ticks() - before <= 10  # of 100 a second
    assert server.process.poll() is None


def test_a_device_that_goes_down_and_up_again_goes_on(echo, device):
    s = connect(*echo)
    s.sendall(b"before")
    assert s.recv(100) == b"before"
    tun.ip("link", "set", device.name, "down")
    time.sleep(0.2)
    tun.ip("link", "set", device.name, "up")
    tun.ip("addr", "replace", "10.50.0.1/24", "dev", device.name)
    s.sendall(b"after")
    assert s.recv(100) == b"after"
    s.close()


def test_a_program_that_is_killed_leaves_nothing_on_the_device(device):
    for _ in range(3):
        p = subprocess.Popen([ECHO, device.spec, "10.50.0.2/24", "7"])
        connect("10.50.0.2", 7).close()
        p.kill()
        p.wait()
        shown = subprocess.run(["ip", "link"], capture_output=True, text=True, check=True).stdout
        assert "xdp" not in shown, shown
