"""TUN devices for servers on burble's own stack, in a network namespace of the test process. An ordinary user's tests
run in a user namespace from the import of this file on.

    BURBLE_NET=stack pytest tests       every server of irc.Server is started with --stack and --addr

    kernel (the clients) 10.N.0.X/16 --- tun device --- 10.N.255.254 burble chat
"""
import ctypes
import fcntl
import os
import socket
import struct
import subprocess
from pathlib import Path

import pytest

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, IFF_RUNNING = 0x8913, 0x40
ON_STACK = os.environ.get("BURBLE_NET") == "stack"
_libc = ctypes.CDLL(None, use_errno=True)
_used = set()


def ip(*args):
    subprocess.run(["ip", *map(str, args)], check=True, capture_output=True)


def become_root():
    """From now on an ordinary user's process is root of a network namespace of its own, as in `unshare -Urn`, where the
    machine has user namespaces. Only before there is a second thread."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0 or _libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        return
    for file, text in ("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1"):
        Path("/proc/self", file).write_text(text)
    os.environ["LOGNAME"] = f"uid{uid}"  # pytest's directories are not root's
    ip("link", "set", "lo", "up")


def why_no_root():
    """The reason why no network namespaces can be made here; "" if they can."""
    return "" if os.geteuid() == 0 else "needs root, or user namespaces"


def why_no_device():
    """The reason why there are no TUN devices here; "" if there are."""
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as e:
        return f"/dev/net/tun: {e.strerror}"
    return why_no_root()


def has_other_users():
    """False in a user namespace with one user: nobody else can be become there."""
    return sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines()) > 1


def own_namespace():
    """From now on this process and its children live in an empty network namespace."""
    if _libc.unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "unshare")
    ip("link", "set", "lo", "up")


def enter_namespace(fd):
    """Back to the namespace of fd, an open file of /proc/self/ns/net, which is closed."""
    if _libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(fd)


def kernel_only(reason):
    """A mark for tests that are about the kernel's sockets, or that say addresses where none are translated."""
    return pytest.mark.skipif(ON_STACK, reason=reason)


become_root()
needs_root = pytest.mark.skipif(bool(why_no_root()), reason=why_no_root())
needs_device = pytest.mark.skipif(bool(why_no_device()), reason=why_no_device())


class Tun:
    """A device with the kernel's side up. What a test calls 127.0.Y.X is 10.N.Y.X on the kernel's side, and
    inward() and outward() translate lines, so that a test reads the same on both networks."""

    def __init__(self):
        self.number = min(set(range(1, len(_used) + 2)) - _used)
        _used.add(self.number)
        self.name, self.net = f"b{self.number}", f"10.{90 + self.number}"
        self.server = f"{self.net}.255.254"
        self.sources = set()
        ip("tuntap", "add", self.name, "mode", "tun")
        self.remote("127.0.0.1")
        ip("link", "set", self.name, "up")

    def args(self):
        return ["--stack", self.name, "--addr", f"{self.server}/16"]

    def remote(self, source):
        """The address of a client that a test wants to come from 127.0.0.X."""
        address = self.inward(source)
        if address not in self.sources:
            self.sources.add(address)
            ip("addr", "add", f"{address}/16", "dev", self.name)
        return address

    def inward(self, text):
        return text.replace("127.0.0.0/8", f"{self.net}.0.0/16").replace("127.0.", f"{self.net}.")

    def outward(self, text):
        return text.replace(f"{self.net}.", "127.0.")

    def is_open(self):
        """True once a program holds the other end."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            flags = fcntl.ioctl(s, SIOCGIFFLAGS, struct.pack("16sh14x", self.name.encode(), 0))
        return bool(struct.unpack("16sh14x", flags)[1] & IFF_RUNNING)

    def close(self):
        subprocess.run(["ip", "link", "del", self.name], check=False)
        _used.remove(self.number)
