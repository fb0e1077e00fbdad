"""The servers of `make bench`: how each is started with its limits off, on one CPU, and taken down again.

Each has start(port, directory) -> Server. Configurations are written below build/bench; nothing outside is touched:
ircd-hybrid is unpacked (it cannot be installed beside ngircd) and runs in a mount namespace of its own.
"""
import ctypes
import os
import resource
import shutil
import signal
import socket
import socketserver
import struct
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
PEERS = BUILD / "peers"
NOBODY = 65534
STUB_DNS = "127.53.0.1"  # where ircd-hybrid's name server stub listens
SERVER_CPU, LOAD_CPU = 0, 1 if (os.cpu_count() or 1) > 1 else 0


class CannotRun(Exception):
    """This server is not to be had here; the text says why."""


class Server:
    """A running server. stop() ends it by its process id, with SIGKILL if it does not go."""

    def __init__(self, name, port, command, log, cwd=None):
        self.port = port
        self.log = Path(log)
        with open(log, "wb") as out:
            self.process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                            cwd=cwd, preexec_fn=pin_server)
        self.pid = self.process.pid
        try:
            self.wait_until_up(name)
        except BaseException:
            self.stop()
            raise

    def wait_until_up(self, name):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise CannotRun(f"{name} ended at once: {self.last_words()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                time.sleep(0.3)
                return
            except OSError:
                time.sleep(0.05)
        raise CannotRun(f"{name} does not listen after 20 s: {self.last_words()}")

    def last_words(self):
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1][:200] if lines else "it said nothing"

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def pin_server():
    """In the child: on its CPU, and gone when the bench is (a change of user, as for ircd-hybrid, takes that back)."""
    os.sched_setaffinity(0, {SERVER_CPU})
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def raise_descriptors():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def start_burble(history):
    def start(port, directory):
        data = directory / "data"
        data.mkdir()
        os.chmod(data, 0o700)
        command = [BUILD / "burble", "chat", "--config", ROOT / "bench/unlimited.conf", "--listen", f"127.0.0.1:{port}",
                   "--data", data, "--set", f"history.enabled={'yes' if history else 'no'}"]
        return Server("burble", port, command, directory / "log")
    return start


def start_floor(mode):
    def start(port, directory):
        return Server(f"floor-{mode}", port, [BUILD / "bench/floor/floor", mode, port], directory / "log")
    return start


INSPIRCD = """
<server name="inspircd.bench" description="bench" network="bench">
<admin name="bench" nick="bench" email="bench@localhost">
<bind address="127.0.0.1" port="{port}" type="clients">
<path configdir="{dir}" datadir="{dir}" logdir="{dir}" runtimedir="{dir}">
<connect name="all" allow="*" timeout="600" pingfreq="3600" hardsendq="1G" softsendq="1G" recvq="16M" fakelag="no"
 commandrate="2000000000" threshold="2000000000" resolvehostnames="no" useident="no" usednsbl="no" maxchans="1000"
 limit="100000000" localmax="100000000" globalmax="100000000" maxconnwarn="no">
<performance softlimit="1000000" somaxconn="4096" netbuffersize="65534" clonesonconnect="no" quietbursts="yes">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" target="{dir}/ircd.log">
"""


def start_inspircd(port, directory):
    need_program("inspircd")
    conf = directory / "inspircd.conf"
    conf.write_text(INSPIRCD.format(port=port, dir=directory))
    command = ["inspircd", "--nofork", "--nopid", "--runasroot", "--config", conf]
    return Server("inspircd", port, command, directory / "log")


NGIRCD = """
[Global]
	Name = ngircd.bench
	Info = bench
	AdminInfo1 = bench
	Listen = 127.0.0.1
	Ports = {port}
	MotdPhrase = bench
	ServerUID = {nobody}
	ServerGID = {nobody}
[Limits]
	MaxConnections = 0
	MaxConnectionsIP = 0
	MaxJoins = 0
	MaxPenaltyTime = 0
	PingTimeout = 3600
	PongTimeout = 3600
[Options]
	DNS = no
	Ident = no
	PAM = no
"""


def start_ngircd(port, directory):
    need_program("ngircd")
    conf = directory / "ngircd.conf"
    conf.write_text(NGIRCD.format(port=port, nobody=NOBODY))
    return Server("ngircd", port, ["ngircd", "-n", "-f", conf], directory / "log")


HYBRID = """
serverinfo {{ name = "hybrid.bench"; description = "bench"; network_name = "bench"; network_description = "bench";
	default_max_clients = 1000000; max_nick_length = 15; }};
admin {{ name = "bench"; description = "bench"; email = "bench@localhost"; }};
class {{ name = "users"; ping_time = 60 minutes; number_per_ip_local = 1000000; number_per_ip_global = 1000000;
	max_number = 1000000; max_channels = 1000; sendq = 1000 megabytes; recvq = 8000 bytes; }};
listen {{ host = "127.0.0.1"; port = {port}; }};
auth {{ user = "*@*"; class = "users"; spoof = "bench.user"; flags = exceed_limit, can_flood, no_tilde; }};
channel {{ max_channels = 1000; default_join_flood_count = 0; default_join_flood_time = 1 second; }};
general {{ disable_auth = yes; throttle_count = 1000000; throttle_time = 1 second; default_floodcount = 0;
	anti_nick_flood = no; pace_wait = 0; pace_wait_simple = 0; ping_cookie = no; max_targets = 100; }};
log {{ use_logging = no; }};
"""

# In a mount namespace: the unpacked package's modules appear in /usr/lib, and the resolver asks the stub.
HYBRID_START = """
set -e
mount -t overlay overlay -o "lowerdir=$1/usr/lib:/usr/lib" /usr/lib
mount --bind "$2/resolv.conf" /etc/resolv.conf
exec setpriv --reuid 65534 --regid 65534 --clear-groups "$1/usr/sbin/ircd-hybrid" -foreground -configfile "$2/ircd.conf" \\
	-logfile "$2/ircd.log" -pidfile "$2/ircd.pid" -klinefile "$2/kline.db" -dlinefile "$2/dline.db" \\
	-xlinefile "$2/xline.db" -resvfile "$2/resv.db"
"""


def start_hybrid(port, directory):
    if os.geteuid() != 0:
        raise CannotRun("ircd-hybrid needs a mount namespace: run as root")
    unpack_hybrid()
    (directory / "ircd.conf").write_text(HYBRID.format(port=port))
    (directory / "resolv.conf").write_text(f"nameserver {STUB_DNS}\n")
    shutil.chown(directory, NOBODY, NOBODY)
    command = ["unshare", "-m", "sh", "-c", HYBRID_START, "hybrid", PEERS / "ircd-hybrid", directory]
    return Server("ircd-hybrid", port, command, directory / "log")


def unpack_hybrid():
    """Fetches the Debian package with apt and unpacks it below build/peers; nothing is installed."""
    if (PEERS / "ircd-hybrid/usr/sbin/ircd-hybrid").exists():
        return
    PEERS.mkdir(parents=True, exist_ok=True)
    for command in (["download", "ircd-hybrid"], ["update"], ["download", "ircd-hybrid"]):
        if not sorted(PEERS.glob("ircd-hybrid_*.deb")):
            subprocess.run(["apt-get", *command], cwd=PEERS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    packages = sorted(PEERS.glob("ircd-hybrid_*.deb"))
    if not packages:
        raise CannotRun("apt-get download ircd-hybrid failed")
    partial = PEERS / "ircd-hybrid.part"
    shutil.rmtree(partial, ignore_errors=True)
    subprocess.run(["dpkg", "-x", packages[-1], partial], check=True)
    partial.rename(PEERS / "ircd-hybrid")


def need_program(name):
    if not shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin"):
        raise CannotRun(f"{name} is not installed: tools/setup bench")


class StubNames(socketserver.BaseRequestHandler):
    """Answers every DNS question with NXDOMAIN: the question comes back with the flags changed."""

    def handle(self):
        data, sock = self.request
        if len(data) >= 12:
            head = struct.pack(">HHHHHH", int.from_bytes(data[:2], "big"), 0x8183, 1, 0, 0, 0)
            sock.sendto(head + data[12:], self.client_address)


def start_name_server():
    """The stub for ircd-hybrid, in a thread; None if the port cannot be had (not root)."""
    try:
        server = socketserver.UDPServer((STUB_DNS, 53), StubNames)
    except OSError:
        return None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


SERVERS = {
    "burble": start_burble(history=False),
    "burble-history": start_burble(history=True),
    "inspircd": start_inspircd,
    "ngircd": start_ngircd,
    "ircd-hybrid": start_hybrid,
    "floor-write": start_floor("write"),
    "floor-batch": start_floor("batch"),
    "floor-uring": start_floor("uring"),
    "floor-uring-batch": start_floor("uring-batch"),
}

# How many connections may register at once: ngircd's backlog is 10, inspircd registers once a second.
CONCURRENCY = {"ngircd": 8, "inspircd": 3000}


def versions():
    """One line for each program that is there."""
    lines = []
    for package in ("inspircd", "ngircd"):
        r = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
        if r.returncode == 0 and r.stdout:
            lines.append(f"{package} {r.stdout}")
    for deb in sorted(PEERS.glob("ircd-hybrid_*.deb"))[-1:]:
        lines.append(f"ircd-hybrid {deb.name.split('_')[1].replace('%3a', ':')}")
    r = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, cwd=ROOT)
    lines.append(f"burble {r.stdout.strip()}")
    return lines
