"""burble link between two namespaces of the kernel: what tc-netem does, measured by what arrives."""
import hashlib
import os
import random
import re
import socket
import subprocess
import threading
import time

import pytest

import tun
from irc import BURBLE

PATIENCE = 60
pytestmark = tun.needs_device


class Far:
    """Another network namespace, which lives as long as a process in it."""

    def __init__(self):
        self.process = subprocess.Popen(["unshare", "-n", "sleep", "1000"])
        deadline = time.monotonic() + PATIENCE
        while os.readlink(f"/proc/{self.process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def ip(self, *args):
        subprocess.run(["nsenter", "-t", str(self.process.pid), "-n", "ip", *map(str, args)], check=True, capture_output=True)

    def listener(self, address):
        """A listening socket of this process in that namespace."""
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        tun.enter_namespace(os.open(f"/proc/{self.process.pid}/ns/net", os.O_RDONLY))
        try:
            return socket.create_server((address, 0))
        finally:
            tun.enter_namespace(here)

    def close(self):
        self.process.kill()
        self.process.wait()


class Link:
    """near 10.70.0.1 -- veth -- burble link -- veth -- 10.70.0.2 far."""

    def __init__(self, *options, kind="packet"):
        self.far = Far()
        names = self.make_veth() if kind == "packet" else self.make_tun()
        self.process = subprocess.Popen([BURBLE, "link", *options, *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if kind == "tun":
            self.set_up_tun()
        self.listener = self.far.listener("10.70.0.2")

    def make_veth(self):
        tun.ip("link", "add", "near", "type", "veth", "peer", "name", "l0")
        tun.ip("link", "add", "far", "type", "veth", "peer", "name", "l1")
        tun.ip("link", "set", "far", "netns", self.far.process.pid)
        for name in ("l0", "l1", "near"):
            tun.ip("link", "set", name, "up")
        tun.ip("addr", "add", "10.70.0.1/24", "dev", "near")
        self.far.ip("addr", "add", "10.70.0.2/24", "dev", "far")
        self.far.ip("link", "set", "far", "up")
        return "packet:l0", "packet:l1"

    def make_tun(self):
        for name in ("t0", "t1"):
            tun.ip("tuntap", "add", name, "mode", "tun")
        return "tun:t0", "tun:t1"

    def set_up_tun(self):
        """The other end of t1 moves to the far namespace; the descriptor stays with the link."""
        time.sleep(0.3)
        tun.ip("link", "set", "t1", "netns", self.far.process.pid)
        tun.ip("addr", "add", "10.71.0.1/24", "dev", "t0")
        tun.ip("link", "set", "t0", "up")
        tun.ip("route", "add", "10.70.0.0/24", "dev", "t0")
        self.far.ip("addr", "add", "10.70.0.2/24", "dev", "t1")
        self.far.ip("link", "set", "t1", "up")

    def connect(self):
        """A connection, as both ends have it."""
        client = socket.create_connection(self.listener.getsockname(), PATIENCE)
        server, self.peer = self.listener.accept()
        return client, server

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.terminate()
        said = self.process.communicate(timeout=PATIENCE)[0]
        assert self.process.returncode == 0
        return said

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.listener.close()
        self.far.close()
        for name in ("near", "l1", "t0"):
            subprocess.run(["ip", "link", "del", name], check=False, capture_output=True)


@pytest.fixture
def link():
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    made = []

    def make(*options, **kind):
        made.append(Link(*options, **kind))
        return made[-1]

    yield make
    for each in made:
        each.close()
    tun.enter_namespace(here)


def transfer(client, server, size):
    """Sends that many bytes from client to server and compares a digest."""
    data = random.Random(size).randbytes(size)
    sender = threading.Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
    got = hashlib.sha256()
    sender.start()
    while (part := server.recv(1 << 16)):
        got.update(part)
    sender.join()
    assert got.digest() == hashlib.sha256(data).digest()


def round_trip(client, server):
    start = time.monotonic()
    client.sendall(b"?")
    server.recv(1)
    server.sendall(b"!")
    client.recv(1)
    return time.monotonic() - start


def test_a_delay_is_added_each_way(link):
    client, server = link("--delay", "50ms").connect()
    assert min(round_trip(client, server) for _ in range(5)) >= 0.1


def test_bytes_arrive_in_order_through_loss_reordering_duplicates_and_corruption(link):
    made = link("--delay", "5ms", "--jitter", "2ms", "--loss", "1%", "--reorder", "1%", "--duplicate", "1%", "--corrupt", "0.5%",
                "--seed", "1")
    client, server = made.connect()
    transfer(client, server, 4 << 20)
    said = made.stop()
    assert int(re.search(r"(\d+) dropped by the link", said).group(1)) > 5, said


def test_a_rate_bounds_what_passes_in_a_second(link):
    client, server = link("--rate", "20mbit", "--limit", "100").connect()
    start = time.monotonic()
    transfer(client, server, 2 << 20)
    assert time.monotonic() - start >= 0.7  # 0.84 s at 20 Mbit/s, less what has been sent when the clock starts


def test_a_cable_is_cut_and_mended_by_lines_of_standard_input(link):
    made = link()
    client, server = made.connect()
    round_trip(client, server)
    made.tell("down")
    time.sleep(0.1)
    client.sendall(b"?")
    server.settimeout(0.5)
    with pytest.raises(TimeoutError):
        server.recv(1)
    made.tell("up")
    server.settimeout(PATIENCE)
    assert server.recv(1) == b"?"


def test_one_way_leaves_the_other_direction_alone(link):
    client, server = link("--one-way", "--delay", "60ms").connect()
    assert 0.06 <= min(round_trip(client, server) for _ in range(5)) < 0.12


def test_behind_a_nat_the_server_sees_the_public_address(link):
    made = link("--nat", "10.70.0.9", kind="tun")
    made.far.ip("route", "add", "10.70.0.9/32", "dev", "t1")
    client, server = made.connect()
    assert made.peer[0] == "10.70.0.9" and client.getsockname()[0] == "10.71.0.1"
    transfer(client, server, 1 << 20)


def test_a_frame_too_long_for_the_other_device_is_dropped_and_others_pass(link):
    made = link()
    client, server = made.connect()
    for name in ("near", "l0"):  # the link was opened before: l1 still has 1,500
        tun.ip("link", "set", name, "mtu", 9000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for _ in range(3):
            s.sendto(bytes(5000), ("10.70.0.2", 9))
            round_trip(client, server)
    assert int(re.search(r"(\d+) dropped by the link", made.stop()).group(1)) == 3


def test_what_is_wrong_is_said_in_one_line_and_ends_with_status_2_or_1():
    for args, status, want in ((["a"], 2, "expected two of them"), (["a", "b", "c"], 2, "c: expected two devices"),
                               (["--delay", "fast", "a", "b"], 2, "--delay: expected a time"), (["--loss", "101%", "a", "b"], 2, "a percentage"),
                               (["--colour", "a", "b"], 2, "--colour: no such option"), (["--seed", "x", "a", "b"], 2, "--seed: expected a number"),
                               (["packet:nosuch", "b"], 1, "cannot open packet:nosuch: No such device")):
        r = subprocess.run([BURBLE, "link", *args], capture_output=True, text=True, timeout=PATIENCE)
        assert r.returncode == status and want in r.stderr, (args, r.stderr)
