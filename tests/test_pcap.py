"""A capture file as a device: programs on burble's stack receive its frames, and what they send is written to another."""
import os
import socket
import struct
import subprocess
import time

import pytest

import tun
from irc import BURBLE, PATIENCE

SERVER, CLIENT = "10.50.0.2", "10.50.0.9"
RAW = 101

pytestmark = tun.kernel_only("it starts servers of its own")


def checksum(data):
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def syn(port, seq):
    a, b = socket.inet_aton(CLIENT), socket.inet_aton(SERVER)
    tcp = struct.pack("!HHIIBBHHH", port, 6667, seq, 0, 5 << 4, 2, 65535, 0, 0)
    tcp = tcp[:16] + struct.pack("!H", checksum(a + b + struct.pack("!BBH", 0, 6, len(tcp)) + tcp)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(tcp), 1, 0, 64, 6, 0) + a + b
    return ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + tcp


def capture(path, packets):
    """A pcap file of (seconds, packet)."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, RAW))
        for at, p in packets:
            f.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(p), len(p)) + p)


def packets_of(path):
    """(seconds, packet) of a pcapng file with one section and times in nanoseconds, in this machine's order."""
    data, at = path.read_bytes() if path.exists() else b"", 0
    while at + 12 <= len(data):
        kind, length = struct.unpack_from("=II", data, at)
        if kind == 6:
            high, low, n = struct.unpack_from("=III", data, at + 12)
            yield (high << 32 | low) / 1e9, data[at + 28:at + 28 + n]
        at += length


def answers(path):
    """(seconds, port, acknowledgement) of each SYN-ACK."""
    return [(at, *struct.unpack_from("!H", p, 22), *struct.unpack_from("!I", p, 28))
            for at, p in packets_of(path) if p[0] == 0x45 and p[9] == 6 and p[33] == 0x12]


@pytest.mark.parametrize("kind, gap", [("pcap", 0.5), ("pcap-fast", 100)])
def test_a_server_answers_the_frames_of_a_file(tmp_path, kind, gap):
    capture(tmp_path / "in.pcap", [(1000, syn(40000, 7)), (1000 + gap, syn(40001, 8))])
    start = time.monotonic()
    p = subprocess.Popen([BURBLE, "chat", "--stack", f"{kind}:{tmp_path}/in.pcap,{tmp_path}/out.pcapng", "--addr", f"{SERVER}/24",
                          "--listen", f"{SERVER}:6667", "--name", f"pcap{os.getpid()}"], stderr=subprocess.PIPE, text=True)
    while len({port for _, port, _ in answers(tmp_path / "out.pcapng")}) < 2:
        assert time.monotonic() < start + PATIENCE and p.poll() is None
        time.sleep(0.02)
    p.kill()  # however it ends, the file is whole
    p.communicate()
    first = {}
    for at, port, ack in answers(tmp_path / "out.pcapng"):
        first.setdefault(port, (at, ack))
    assert {port: ack for port, (_, ack) in first.items()} == {40000: 8, 40001: 9}
    assert 1000 <= first[40000][0] < 1000.3
    if kind == "pcap":  # at the time of the file
        assert 1000.5 <= first[40001][0] < 1000.8


def test_a_file_that_is_none_is_refused_in_one_line(tmp_path):
    (tmp_path / "x").write_text("not a capture")
    for name, why in (("x", "Invalid argument"), ("none", "No such file")):
        p = subprocess.run([BURBLE, "chat", "--stack", f"pcap:{tmp_path}/{name}", "--addr", f"{SERVER}/24"], capture_output=True, text=True)
        assert p.returncode != 0 and why in p.stderr and p.stderr.count("\n") == 1, p.stderr


def test_a_link_needs_devices_that_say_when_frames_come(tmp_path):
    capture(tmp_path / "in.pcap", [(1, syn(1, 1))])
    p = subprocess.run([BURBLE, "link", f"pcap:{tmp_path}/in.pcap", "k0"], capture_output=True, text=True)
    assert p.returncode == 1 and "cannot open pcap:" in p.stderr
