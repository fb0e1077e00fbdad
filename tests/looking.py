"""A chat server on burble's stack that the test looks into, and the same server on the kernel beside it.

    kernel 10.N.0.1 (clients) --- tun device --- 10.N.255.254 burble chat --stack        look("ss", ...)
                    `--- lo, an MTU of 1,500 --- 10.N.0.1 burble chat                    real("ss", ...)

`sides` runs both in a network namespace; what clients do on the one they do on the other.
"""
import fcntl
import os
import socket
import struct
import subprocess
import time

import pytest

import tun
from irc import BURBLE, Server

needs_root = tun.needs_device
PATIENCE = 20.0


def run(*command, check=True):
    r = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert not check or r.returncode == 0, (command, r)
    return r


def look(*args, check=True):
    """burble's own tool; its output, or with check=False the whole result."""
    r = run(BURBLE, *args, check=check)
    return r.stdout if check else r


def real(*command):
    return run(*command).stdout


def until(condition):
    """Waits until condition() is true; returns its value."""
    deadline = time.monotonic() + PATIENCE
    while not (value := condition()):
        assert time.monotonic() < deadline, condition
        time.sleep(0.05)
    return value


class Side:
    """One of the two servers, and the tools that look into what it runs on."""

    def __init__(self, server, tool):
        self.server, self.tool = server, tool

    def client(self, nick):
        return self.server.client(nick)


class Sides:
    def __init__(self, directory):
        self.device = tun.Tun()
        self.local = f"{self.device.net}.0.1"
        for name, value in (("ipv4/tcp_congestion_control", "reno"), ("ipv4/tcp_fin_timeout", "60"),
                            (f"ipv6/conf/{self.device.name}/disable_ipv6", "1")):  # no router solicitations: counters stand still
            with open(f"/proc/sys/net/{name}", "w") as f:
                f.write(value)
        tun.ip("link", "set", "lo", "mtu", "1500")
        self.stack = self.start(directory / "stack", self.device.server, self.device.args(), look)
        self.kernel = self.start(directory / "kernel", self.local, [], real)
        self.both = (self.stack, self.kernel)

    @staticmethod
    def start(directory, host, args, tool):
        s = Server(directory, {"limits.flood_rate": 0}, args, host=host)
        s.port = 6667
        return Side(s.start(), tool)

    def close(self):
        for side in self.both:
            side.server.close()
            side.server.check_stderr()
        self.device.close()


@pytest.fixture
def sides(tmp_path):
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    s = Sides(tmp_path)
    yield s
    s.close()
    tun.enter_namespace(here)


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total ^ 0xffff


def syn(source, destination, port):
    """An IPv4 packet with a SYN that nobody will follow up."""
    addresses = socket.inet_aton(source) + socket.inet_aton(destination)
    tcp = struct.pack("!HHIIHHHHBBH", 40000, port, 1, 0, 6 << 12 | 2, 65535, 0, 0, 2, 4, 1460)
    tcp = tcp[:16] + struct.pack("!H", checksum(addresses + struct.pack("!HH", 6, len(tcp)) + tcp)) + tcp[18:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0)
    return head[:10] + struct.pack("!H", checksum(head + addresses)) + addresses + tcp


class Stranger:
    """A TUN device of the test's own: hosts that send and never answer. Their packets are routed by the kernel."""
    TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000

    def __init__(self):
        self.fd = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(self.fd, self.TUNSETIFF, struct.pack("16sH14x", b"stranger", self.IFF_TUN | self.IFF_NO_PI))
        tun.ip("addr", "add", "198.51.100.1/24", "dev", "stranger")
        tun.ip("link", "set", "stranger", "up")
        with open("/proc/sys/net/ipv4/ip_forward", "w") as f:
            f.write("1")

    def send(self, packet):
        os.write(self.fd, packet)

    def close(self):
        os.close(self.fd)
