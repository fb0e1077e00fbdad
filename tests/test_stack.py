"""burble chat on burble's own TCP/IP stack, over a TUN device whose other end is the kernel."""
import os
import re
import signal
import subprocess

import pytest

import tun
from irc import BURBLE, Client, Server
from looking import until

pytestmark = tun.needs_device


@pytest.fixture
def device():
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    d = tun.Tun()
    yield d
    d.close()
    tun.enter_namespace(here)


@pytest.fixture
def server(device, tmp_path):
    s = Server(tmp_path / "server", {}, device.args() + ["--addr", "fd99::1/64", "--listen", "[fd99::1]:6667"],
               host=device.server)
    s.port, s.tun = 6667, None
    tun.ip("addr", "add", "fd99::2/64", "dev", device.name, "nodad")
    s.start()
    yield s
    s.close()
    s.check_stderr()


def chat(*args):
    return subprocess.run([BURBLE, "chat", "--listen", "192.0.2.1:6667", *args], capture_output=True, text=True, timeout=30)


def test_clients_of_the_kernel_talk_over_ipv4_and_ipv6(server):
    four = server.client("four")
    six = Client("fd99::1", 6667).register("six")
    server.clients.append(six)
    four.join("#x")
    six.join("#x")
    four.expect("JOIN", "#x")
    six.send("PRIVMSG #x :over IPv6")
    assert four.expect("PRIVMSG", "#x").params[1] == "over IPv6"
    six.send("WHOIS six")
    assert six.expect("338").params[2] == "fd99::2"


def test_at_the_end_everybody_gets_the_last_line_and_a_fin(server):
    clients = [server.client(f"c{i}") for i in range(20)]
    assert server.stop() == 0
    for c in clients:
        assert c.expect_closed()[-1].startswith("ERROR :")


def test_stack_and_addr_go_together():
    for args in (["--stack", "tun0"], ["--addr", "192.0.2.1/24"]):
        r = chat(*args)
        assert r.returncode == 2 and "--stack and --addr need each other" in r.stderr


def test_the_stack_can_be_configured_in_the_file_and_options_override_it(device, tmp_path):
    conf = tmp_path / "chat.conf"
    conf.write_text("[stack]\ndevice = tun:nowhere\naddr = 192.0.2.1/24 fd99::1/64\nname = filed\n"
                    "[sysctl]\nnet.ipv4.tcp_keepalive_time = 77\nnet.ipv4.tcp_rmem = 4096 65536 1048576\n")
    s = Server(tmp_path / "server", {"sysctl.net.ipv4.tcp_keepalive_intvl": "7"}, ["--config", str(conf), "--stack", device.name], host="192.0.2.1")
    tun.ip("addr", "add", "192.0.2.2/24", "dev", device.name)
    s.port = 6667
    s.start()
    try:
        for name, value in (("tcp_keepalive_time", "77"), ("tcp_rmem", "4096\t65536\t1048576"), ("tcp_keepalive_intvl", "7")):
            r = subprocess.run([BURBLE, "sysctl", "-n", "--name", "filed", f"net.ipv4.{name}"], capture_output=True, text=True, check=True)
            assert r.stdout.strip() == value
    finally:
        s.close()


@pytest.mark.parametrize("lines, want", (
    ("[stack]\ndevice = tun:x9\naddr = 192.0.2.1/24\n[sysctl]\nnet.ipv4.tcp_nonsense = 1\n", "chat.conf:5: sysctl.net.ipv4.tcp_nonsense = 1: "),
    ("[stack]\ndevice = tun:x9\naddr = 192.0.2.1/24\n[sysctl]\nnet.ipv4.tcp_sack = many\n", "chat.conf:5: sysctl.net.ipv4.tcp_sack = many: "),
    ("[stack]\ndevice = tun:x9\naddr = 192.0.2.1/24 192.0.2.1/33\n", "chat.conf: stack.addr 192.0.2.1/33: Invalid argument: expected ADDRESS/BITS"),
    ("[stack]\ndevice = tun:x9\naddr = 192.0.2.1/24\ngateway = 192.0.2\n", "chat.conf: stack.gateway 192.0.2: Invalid argument: expected an address"),
    ("[stack]\ndevice = pigeon:p0\naddr = 192.0.2.1/24\n", "chat.conf: stack.device pigeon:p0: Invalid argument: expected [tun:"),
    ("[sysctl]\nnet.ipv4.tcp_sack = 1\n", "[sysctl] needs stack.device"),
    ("[stack]\ndevice = tun:x9\n", "need each other (or stack.device and stack.addr)"),
    ("[stack]\nname = ../x\n", "--name takes")))
def test_what_is_wrong_with_the_stack_in_the_file_is_said_in_one_line(lines, want, tmp_path):
    conf = tmp_path / "chat.conf"
    conf.write_text(lines)
    r = chat("--config", str(conf))
    assert r.returncode in (1, 2) and want in r.stderr and r.stderr.count("\n") == 1, r.stderr


def test_a_gateway_is_refused_without_the_stack():
    r = chat("--gw", "192.0.2.9")
    assert r.returncode == 2 and r.stderr == "burble chat: --gw needs --stack\n"


@pytest.mark.parametrize("tls", (False, True))
def test_without_listen_the_stack_is_reached_at_its_addresses(device, tmp_path, tls):
    s = Server(tmp_path, {}, [*device.args(), *(["--listen-tls", "0.0.0.0:6697"] if tls else [])], host=device.server)
    s.listen, s.port = False, 6697 if tls else 6667
    s.start()
    found = sorted(re.findall(r"event=listening at=(\S+)", s.stderr()))
    assert found == (["0.0.0.0:6697"] if tls else ["0.0.0.0:6667", "[::]:6667"])
    s.process.send_signal(signal.SIGHUP)
    until(lambda: "rehash.done" in s.stderr())
    assert "needs-restart" not in s.stderr()
    s.close()


def test_a_listener_that_nobody_can_reach_is_told(device, tmp_path):
    s = Server(tmp_path, {}, [*device.args(), "--listen", "127.0.0.1:6667", "--listen", "[::1]:6667"], host=device.server)
    s.port = 6668
    s.start()
    assert re.findall(r"event=listening.unreachable at=(\S+)", s.stderr()) == ["127.0.0.1:6667", "[::1]:6667"]
    s.close()


def test_an_address_of_set_is_said_to_be_of_set(device, tmp_path):
    conf = tmp_path / "chat.conf"
    conf.write_text("[stack]\ndevice = tun:x9\naddr = 192.0.2.1/24\n")
    r = chat("--config", str(conf), "--set", "stack.addr=192.0.2.1/33")
    assert r.returncode == 1 and r.stderr == "burble chat: --set stack.addr 192.0.2.1/33: Invalid argument: expected ADDRESS/BITS or 'dhcp'\n"


def test_what_is_wrong_with_the_device_is_said_in_one_line(device):
    busy = subprocess.Popen([BURBLE, "chat", "--listen", "192.0.2.1:6667", "--stack", device.name,
                             "--addr", "192.0.2.1/24"], stderr=subprocess.DEVNULL)
    while not device.is_open():
        assert busy.poll() is None
    tun.ip("tuntap", "add", "tap9", "mode", "tap")
    for name, address, want in ((device.name, "192.0.2.1/24", "another program is using it"),
                                ("tun:tap9", "192.0.2.1/24", "expected [tun:|tap:|packet:|xdp:]NAME"),
                                ("packet:lo", "192.0.2.1/24", "expected [tun:|tap:|packet:|xdp:]NAME"),
                                ("pigeon:p0", "192.0.2.1/24", "expected [tun:|tap:|packet:|xdp:]NAME"),
                                ("packet:eth77", "192.0.2.1/24", "'ip link' lists the devices"),
                                ("a-name-that-is-too-long", "192.0.2.1/24", "cannot open --stack"),
                                ("t9", "192.0.2.1/33", "expected ADDRESS/BITS"),
                                ("t9", "192.0.2.1/-1", "expected ADDRESS/BITS")):
        r = chat("--stack", name, "--addr", address)
        assert r.returncode == 1 and want in r.stderr and r.stderr.count("\n") == 1, r.stderr
    busy.terminate()
    assert busy.wait(30) == 0


def test_without_permission_it_says_how_a_device_is_made(device):
    r = subprocess.run(["setpriv", "--bounding-set=-all", "--inh-caps=-all", BURBLE, "chat", "--listen",
                        "192.0.2.1:6667", "--stack", "tun77", "--addr", "192.0.2.1/24"], capture_output=True, text=True, timeout=30)
    assert r.returncode == 1 and "ip tuntap add" in r.stderr
