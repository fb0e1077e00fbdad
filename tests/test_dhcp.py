"""The chat server on an address that dnsmasq, a DHCP server of the kernel at the other end of a TAP device, leases to it."""
import os
import shutil
import subprocess
import time

import pytest

import tun
from irc import BURBLE, Server

PATIENCE = 30
LEASED = "10.50.0.100"

pytestmark = [tun.needs_device,
              pytest.mark.skipif(not shutil.which("dnsmasq"), reason="no dnsmasq (Debian: dnsmasq-base)")]


def wait_for(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.05)


class Dnsmasq:
    """On k0, with 10.50.0.1; a lease of two minutes, to be renewed after three seconds."""

    def __init__(self, directory):
        self.log = directory / "dnsmasq.log"
        self.log.touch()
        self.process = subprocess.Popen(
            ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--dhcp-authoritative", "--interface=k0", "--bind-interfaces", "--no-ping",
             "--user=root", "--pid-file=", "--log-dhcp", f"--log-facility={self.log}", f"--dhcp-leasefile={directory / 'leases'}",
             f"--dhcp-range={LEASED},{LEASED},255.255.255.0,2m", "--dhcp-option=option:router,10.50.0.1",
             "--dhcp-option=option:mtu,1400", "--dhcp-option=option:classless-static-route,10.60.0.0/16,10.50.0.1", "--dhcp-option-force=option:T1,3s"])

    def said(self, what):
        return self.log.read_text().count(what)

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def dnsmasq(tmp_path):
    if not tun.has_other_users():
        pytest.skip("dnsmasq calls setgroups(2), which a user namespace with one user refuses")
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    tun.ip("tuntap", "add", "k0", "mode", "tap")
    tun.ip("addr", "add", "10.50.0.1/24", "dev", "k0")
    tun.ip("link", "set", "k0", "up")
    d = Dnsmasq(tmp_path)
    yield d
    d.close()
    tun.ip("link", "del", "k0")
    tun.enter_namespace(here)


def test_the_server_gets_an_address_renews_it_and_gives_it_back(dnsmasq, tmp_path):
    s = Server(tmp_path / "server", {}, ["--stack", "tap:k0", "--addr", "dhcp"], host=LEASED)
    s.port, s.tun = 6667, None
    s.start()
    a = s.client("alice")
    assert f"tap:k0 is {LEASED}/24 by DHCP server 10.50.0.1" in s.stderr()
    tun.ip("addr", "add", "10.60.0.1/32", "dev", "lo")  # behind the router that the lease names
    s.connect("10.60.0.1").register("far")
    wait_for(lambda: dnsmasq.said(f"DHCPACK(k0) {LEASED}") >= 2, dnsmasq.log.read_text)
    a.join("#x")
    kept = s.data / "dhcp-address"
    assert kept.read_text() == f"{LEASED}/24\n"
    assert s.stop() == 0
    wait_for(lambda: dnsmasq.said(f"DHCPRELEASE(k0) {LEASED}"), dnsmasq.log.read_text)
    assert not kept.exists()
    s.close()


def test_after_a_kill_the_address_of_before_is_asked_for_at_once(dnsmasq, tmp_path):
    (tmp_path / "dhcp-address").write_text(f"{LEASED}/24\n")
    p = subprocess.Popen([BURBLE, "chat", "--listen", "0.0.0.0:6667", "--stack", "tap:k0", "--addr", "dhcp", "--data", str(tmp_path)],
                         stderr=subprocess.DEVNULL)
    wait_for(lambda: dnsmasq.said(f"DHCPACK(k0) {LEASED}"), dnsmasq.log.read_text)
    assert dnsmasq.said("DHCPDISCOVER") == 0
    p.kill()
    p.wait()


def test_an_address_that_is_in_use_is_declined(dnsmasq, tmp_path):
    p = subprocess.Popen([BURBLE, "chat", "--listen", "0.0.0.0:6667", "--stack", "tap:k0", "--addr", "dhcp"], stderr=subprocess.DEVNULL)
    wait_for(lambda: dnsmasq.said(f"DHCPACK(k0) {LEASED}"), dnsmasq.log.read_text)
    tun.ip("addr", "add", f"{LEASED}/32", "dev", "k0")  # the kernel answers the next of the three probes
    wait_for(lambda: dnsmasq.said(f"DHCPDECLINE(k0) {LEASED}"), dnsmasq.log.read_text)
    p.kill()
    p.wait()


def test_a_tun_device_cannot_ask(dnsmasq):
    r = subprocess.run([BURBLE, "chat", "--stack", "tun:k1", "--addr", "dhcp"], capture_output=True, text=True, check=False)
    assert r.returncode == 1 and "cannot use --addr dhcp: Operation not supported: it needs an Ethernet device" in r.stderr
