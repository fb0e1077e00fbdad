"""The chat server on an IPv6 address that it makes of the prefix that radvd, a router, advertises on a veth."""
import os
import shutil
import socket
import subprocess
import time

import pytest

import tun
from irc import BURBLE, Client

PATIENCE = 20
ADDRESS = "fd50::ff:fe00:2"  # of the prefix and 02:00:00:00:00:02

pytestmark = [tun.needs_root,
              pytest.mark.skipif(not shutil.which("radvd"), reason="no radvd")]

RADVD = """
interface k0 {
	AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvLinkMTU 1400; AdvCurHopLimit 33;
	prefix fd50::/64 { AdvOnLink on; AdvAutonomous on; };
};
"""


@pytest.fixture
def link():
    """k0 is the kernel's, a router with fd50::1; b0 is for the server."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    tun.ip("link", "add", "k0", "type", "veth", "peer", "name", "b0", "address", "02:00:00:00:00:02")
    for name in ("k0", "b0"):
        tun.ip("link", "set", name, "up")
    tun.ip("addr", "add", "fd50::1/64", "dev", "k0", "nodad")
    tun.ip("addr", "add", "fd60::1/128", "dev", "lo")  # another network
    subprocess.run(["sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"], check=True)
    subprocess.run(["sysctl", "-qw", "net.ipv6.conf.b0.disable_ipv6=1"], check=True)  # the kernel would take the address, too
    yield
    tun.ip("link", "del", "k0")
    tun.enter_namespace(here)


@pytest.fixture
def radvd(link, tmp_path):
    conf = tmp_path / "radvd.conf"
    conf.write_text(RADVD)
    conf.chmod(0o644)
    p = subprocess.Popen(["radvd", "-n", "-m", "stderr", "-p", str(tmp_path / "pid"), "-C", str(conf)], stderr=(tmp_path / "log").open("w"))
    yield p
    p.kill()
    p.wait()


def connect(source=None):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection((ADDRESS, 6667), 0.2, source and (source, 0))
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_an_advertised_prefix_makes_an_address_and_a_way(radvd):
    p = subprocess.Popen([BURBLE, "chat", "--listen", "[::]:6667", "--stack", "packet:b0", "--addr", "10.50.0.2/24"], stderr=subprocess.DEVNULL)
    try:
        connect().close()
        with connect("fd60::1") as s:  # it answers to another network, by the router
            # MSS of its SYN-ACK: the MTU of the link, as the router says, without headers
            assert s.getsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG) <= 1400 - 60
        c = Client(ADDRESS, 6667).register("six")
        c.join("#x")
        c.close()
    finally:
        p.kill()
        p.wait()
