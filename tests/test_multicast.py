"""A switch, the kernel's bridge with snooping, learns from MLD where the multicast groups of the chat server's addresses are."""
import json
import os
import subprocess
import time

import pytest

import tun
from irc import BURBLE

PATIENCE = 20

pytestmark = tun.needs_root


@pytest.fixture
def bridge():
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    try:
        tun.ip("link", "add", "br0", "type", "bridge", "mcast_snooping", 1, "mcast_querier", 1)
    except subprocess.CalledProcessError as e:
        tun.enter_namespace(here)
        pytest.skip(f"no bridge: {e.stderr.decode().strip()}")
    tun.ip("link", "add", "k0", "type", "veth", "peer", "name", "b0", "address", "02:00:00:00:00:02")
    tun.ip("link", "set", "k0", "master", "br0")
    for name in ("b0", "k0", "br0"):
        tun.ip("link", "set", name, "up")
    subprocess.run(["sysctl", "-qw", "net.ipv6.conf.b0.disable_ipv6=1"], check=True)  # b0 is the server's
    yield
    tun.ip("link", "del", "br0")
    tun.ip("link", "del", "k0")
    tun.enter_namespace(here)


def groups():
    text = subprocess.run(["bridge", "-j", "mdb", "show", "dev", "br0"], check=True, capture_output=True, text=True).stdout
    return {entry["grp"] for table in json.loads(text) for entry in table.get("mdb", []) if entry["port"] == "k0"}


def test_a_switch_learns_the_solicited_node_groups_of_the_servers_addresses(bridge):
    p = subprocess.Popen([BURBLE, "chat", "--listen", "10.50.0.2:6667", "--stack", "packet:b0", "--addr", "10.50.0.2/24", "--addr", "fd50::77/64"],
                         stderr=subprocess.DEVNULL)
    want = {"ff02::1:ff00:2", "ff02::1:ff00:77"}  # of the link-local address, and of the other
    deadline = time.monotonic() + PATIENCE
    try:
        while not want <= groups():
            assert time.monotonic() < deadline, groups()
            time.sleep(0.05)
    finally:
        p.kill()
        p.wait()
