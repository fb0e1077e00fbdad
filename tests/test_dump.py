"""`burble dump` beside tcpdump on the kernel's end of the same device."""
import json
import os
import re
import signal
import subprocess
import time

import pytest

import tun
from irc import BURBLE, Server
from looking import Stranger, look, needs_root, run, sides, syn, until  # noqa: F401 (sides is a fixture)

pytestmark = needs_root


class Dump:
    """A dump in the background."""

    def __init__(self, *args):
        self.process = subprocess.Popen([BURBLE, "dump", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert "listening" in self.process.stderr.readline()

    def stop(self):
        """Ctrl-C; what it printed."""
        self.process.send_signal(signal.SIGINT)
        out, self.err = self.process.communicate(timeout=20)
        assert self.process.returncode == 0, self.err
        self.captured, self.dropped = map(int, re.findall(r"^(\d+) packets", self.err, re.M))
        return out


def talk(sides):  # noqa: F811
    c = sides.stack.client("alice")
    c.join("#x")
    c.sync()
    c.close()
    time.sleep(0.5)


def tcpdump(file, *args):
    return run("tcpdump", "-Z", "root", "-nr", str(file), *args).stdout.splitlines()


def test_packets_are_printed_as_tcpdump_prints_those_of_the_kernel(sides, tmp_path):  # noqa: F811
    file = str(tmp_path / "kernel.pcap")
    kernel = subprocess.Popen(["tcpdump", "-Z", "root", "--immediate-mode", "-s", "2000", "-U", "-ni", sides.device.name, "-w", file, "tcp"],
                              stderr=subprocess.PIPE, text=True)
    assert "listening" in kernel.stderr.readline()
    dump = Dump("-t", "tcp")
    talk(sides)
    ours = dump.stop().splitlines()
    until(lambda: len(run("tcpdump", "-Z", "root", "-nr", file, check=False).stdout.splitlines()) >= len(ours))
    kernel.send_signal(signal.SIGINT)
    kernel.wait(20)
    theirs = tcpdump(file, "-t")
    assert len(ours) == dump.captured > 10 and dump.dropped == 0
    # The two ends of a queue: what goes in and what comes out may pass each other.
    assert sorted(ours) == sorted(theirs)


def test_a_capture_file_has_all_bytes_and_right_checksums(sides, tmp_path):  # noqa: F811
    file = tmp_path / "x.pcapng"
    dump = Dump("-w", str(file), "tcp port 6667")
    talk(sides)
    assert dump.stop() == ""
    lines = tcpdump(file, "-v")
    assert sum("Flags" in line for line in lines) == dump.captured > 10
    assert any("length 0" not in line and "Flags [P.]" in line and "(correct)" in line for line in lines)
    assert not any("incorrect" in line for line in lines)


def test_a_filter_and_a_count_select(sides):  # noqa: F811
    dump = Dump("-c", "2", "tcp[tcpflags]", "&", "tcp-syn", "!=", "0")
    talk(sides)
    out, _ = dump.process.communicate(timeout=20)
    lines = out.splitlines()
    assert dump.process.returncode == 0 and len(lines) == 2
    assert "Flags [S]," in lines[0] and "Flags [S.]," in lines[1]
    assert re.match(r"\d\d:\d\d:\d\d\.\d{6} IP ", lines[0])


def test_bytes_beyond_the_snapshot_length_are_left_out(sides, tmp_path):  # noqa: F811
    file = tmp_path / "x.pcapng"
    dump = Dump("-s", "40", "-w", str(file))
    talk(sides)
    dump.stop()
    assert any("[|tcp]" in line for line in tcpdump(file))
    assert os.path.getsize(file) < 200 + 100 * dump.captured


def test_a_dump_that_is_not_read_loses_packets_and_counts_them(sides, tmp_path):  # noqa: F811
    file = tmp_path / "x.pcapng"
    dump = Dump("-w", str(file))
    os.kill(dump.process.pid, signal.SIGSTOP)
    c = sides.stack.client("alice")
    for _ in range(12):
        c.raw(b"".join(b"PING :%0400d\r\n" % i for i in range(1000)))
        for _ in range(1000):
            c.expect("PONG")
    os.kill(dump.process.pid, signal.SIGCONT)
    until(lambda: os.path.getsize(file) > 1_000_000)
    c.sync()
    time.sleep(0.5)
    dump.stop()
    assert dump.dropped > 0 and dump.captured > 0
    assert b"packets before it are missing" in file.read_bytes()


def test_json_is_a_line_for_each_packet(sides):  # noqa: F811
    dump = Dump("--json", "tcp port 6667")
    talk(sides)
    found = [json.loads(line) for line in dump.stop().splitlines()]
    assert len(found) == dump.captured > 10 and {r["dir"] for r in found} == {"in", "out"}
    assert all(len(r["hex"]) == 2 * r["len"] and r["hex"].startswith("45") and r["link"] == "ip" for r in found)


@pytest.fixture
def ethernet(tmp_path):
    """A server on a TAP device."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    tun.ip("tuntap", "add", "tap0", "mode", "tap")
    tun.ip("addr", "add", "192.0.2.1/24", "dev", "tap0")
    tun.ip("link", "set", "tap0", "up")
    s = Server(tmp_path, {}, ["--stack", "tap:tap0", "--addr", "192.0.2.2/24"], host="192.0.2.2").start()
    yield s
    s.close()
    tun.enter_namespace(here)


def test_frames_of_an_ethernet_device_are_printed_filtered_and_kept_as_such(ethernet, tmp_path):
    file = tmp_path / "x.pcapng"
    tun.ip("neigh", "flush", "dev", "tap0")
    dump = Dump("-t", "arp or tcp port %d" % ethernet.port)
    ethernet.client("alice").close()
    until(lambda: "ESTAB" not in look("ss", "-tn"))
    lines = dump.stop().splitlines()
    assert "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28" in lines[0], lines
    assert any(line.startswith("IP 192.0.2.1.") and "Flags [S]," in line for line in lines)
    assert not any("[" in line and "Flags" not in line for line in lines), lines
    dump = Dump("-w", str(file), "ether proto 0x0800 and tcp")
    ethernet.client("bob").close()
    until(lambda: "ESTAB" not in look("ss", "-tn"))
    dump.stop()
    kept = tcpdump(file, "-e", "-v")
    assert sum("ethertype IPv4" in line for line in kept) == dump.captured > 5, kept
    assert not any("incorrect" in line for line in kept)


def test_json_names_the_kind_of_frames(ethernet):
    dump = Dump("--json", "tcp")
    ethernet.client("alice").close()
    until(lambda: "ESTAB" not in look("ss", "-tn"))
    found = [json.loads(line) for line in dump.stop().splitlines()]
    assert found and {(r["link"], r["hex"][24:30]) for r in found} == {("ethernet", "080045")}


def test_a_capture_file_without_packets_can_be_read(ethernet, tmp_path):
    file = tmp_path / "x.pcapng"
    Dump("-w", str(file), "tcp port 1").stop()
    assert tcpdump(file) == []


def test_a_packet_that_was_dropped_says_why(sides, tmp_path):  # noqa: F811
    file = tmp_path / "x.pcapng"
    stranger = Stranger()
    packet = bytearray(syn("198.51.100.7", sides.stack.server.host, 6667))
    packet[36] ^= 1  # the checksum
    for args in (["-t"], ["--json"], ["-w", str(file)]):
        dump = Dump(*args, "src host 198.51.100.7")
        stranger.send(bytes(packet))
        stranger.send(syn("198.51.100.7", sides.stack.server.host, 6667))
        until(lambda: look("ss", "-tnH", "state", "syn-recv"))
        out = dump.stop()
        if args == ["-t"]:
            bad, good = out.splitlines()
            assert bad.endswith(" [dropped: TcpInErrs TcpInCsumErrors]") and "Flags [S]" in bad and "dropped" not in good
        elif args == ["--json"]:
            bad, good = map(json.loads, out.splitlines())
            assert bad["why"] == "TcpInErrs TcpInCsumErrors" and "why" not in good
    stranger.close()
    assert file.read_bytes().count(b"discarded by the stack: TcpInErrs TcpInCsumErrors") == 1


def test_one_dump_at_a_time_and_the_tap_goes_with_it(sides):  # noqa: F811
    for _ in range(2):
        dump = Dump()
        r = look("dump", check=False)
        assert r.returncode == 1 and "another dump is running" in r.stderr and r.stderr.count("\n") == 1
        dump.process.kill()
        dump.process.communicate()
        talk(sides)
    dump = Dump()
    sides.stack.server.stop()
    dump.process.communicate(timeout=20)


@pytest.mark.parametrize("args", (["bogus filter"], ["-c", "0"], ["-s", "65537"], ["-X"]))
def test_what_is_wrong_on_the_command_line_exits_2(args):
    r = look("dump", *args, check=False)
    assert r.returncode == 2 and r.stdout == "" and r.stderr


def test_libpcap_is_loaded_for_a_filter_only_and_its_absence_is_one_line(tmp_path):
    linked = subprocess.run(["ldd", BURBLE], capture_output=True, text=True, check=True).stdout
    assert "libpcap" not in linked and "libdbus" not in linked
    (tmp_path / "libpcap.so.0.8").write_text("")
    r = subprocess.run([BURBLE, "dump", "tcp"], capture_output=True, text=True, env={**os.environ, "LD_LIBRARY_PATH": str(tmp_path)})
    assert r.returncode == 1 and "a filter needs libpcap" in r.stderr and "apt-get install libpcap0.8" in r.stderr
    assert r.stderr.count("\n") == 1
