"""Two hosts and a router between them, as network namespaces. Requires root.

    server 10.77.1.1 --- router --- 10.77.2.1 client

    net = Network()                 net.server_ip, net.client_ip
    with net.inside("client"): ...  sockets made here belong to that host
    net.cut() / net.restore()       the router stops forwarding: both links stay up, without any notification, as when a
                                    host loses power or a cable is cut two hops away
    net.close()                     removes everything

why_no_network() returns what the machine lacks for it.
"""
import contextlib
import ctypes
import os
import subprocess

CLONE_NEWNET = 0x40000000
HOSTS = {"server": "10.77.1", "client": "10.77.2"}
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*args):
    subprocess.run(["ip", *map(str, args)], check=True, capture_output=True)


def why_no_network():
    """The reason why no Network can be made here; "" if one can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    probe = f"bt{os.getpid()}p"
    try:
        ip("netns", "add", probe)
    except FileNotFoundError:
        return "no program ip (iproute2)"
    except subprocess.CalledProcessError as e:
        return f"no network namespaces: {e.stderr.decode(errors='replace').strip()}"
    try:
        ip("-n", probe, "link", "add", "up0", "type", "veth", "peer", "name", "up1")
    except subprocess.CalledProcessError as e:
        return f"no veth devices: {e.stderr.decode(errors='replace').strip()}"
    finally:
        ip("netns", "del", probe)
    return ""


class Network:
    server_ip, client_ip = "10.77.1.1", "10.77.2.1"

    def __init__(self):
        self.tag = f"bt{os.getpid()}"
        for name in ("router", *HOSTS):
            ip("netns", "add", self.name(name))
            ip("-n", self.name(name), "link", "set", "lo", "up")
        for host, prefix in HOSTS.items():
            ns, router = self.name(host), self.name("router")
            ip("link", "add", "up0", "netns", ns, "type", "veth", "peer", "name", host, "netns", router)
            ip("-n", ns, "addr", "add", f"{prefix}.1/24", "dev", "up0")
            ip("-n", router, "addr", "add", f"{prefix}.254/24", "dev", host)
            ip("-n", ns, "link", "set", "up0", "up")
            ip("-n", router, "link", "set", host, "up")
            ip("-n", ns, "route", "add", "default", "via", f"{prefix}.254")
        self.restore()

    def name(self, host):
        return f"{self.tag}{host[0]}"

    def _forward(self, value):
        with self.inside("router"), open("/proc/sys/net/ipv4/ip_forward", "w") as f:
            f.write(value)

    def cut(self):
        self._forward("0")

    def restore(self):
        self._forward("1")

    @contextlib.contextmanager
    def inside(self, host):
        here = os.open("/proc/self/ns/net", os.O_RDONLY)
        there = os.open(f"/run/netns/{self.name(host)}", os.O_RDONLY)
        try:
            if _libc.setns(there, CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
            yield
        finally:
            _libc.setns(here, CLONE_NEWNET)
            os.close(here)
            os.close(there)

    def close(self):
        for host in ("router", *HOSTS):
            subprocess.run(["ip", "netns", "del", self.name(host)], check=False)
