"""Command line of `burble chat`: output on stdout, errors on stderr with status 2."""
import os
import re
import subprocess
from pathlib import Path

import pytest

from irc import Server

ROOT = Path(__file__).resolve().parent.parent
BURBLE = os.path.abspath(os.environ.get("BURBLE", str(ROOT / "build/burble")))


def chat(*args):
    return subprocess.run([BURBLE, "chat", *args], capture_output=True, text=True, timeout=20)


def test_help_is_printed_to_stdout_and_is_no_error():
    r = chat("--help")
    assert r.returncode == 0
    assert r.stdout.startswith("usage: burble chat")
    assert r.stderr == ""


def test_an_unknown_option_is_named_and_exits_2():
    r = chat("--bogus")
    assert r.returncode == 2
    assert "--bogus" in r.stderr.splitlines()[0]


def test_errors_of_options_begin_with_the_command():
    for args in (["chat", "--stack"], ["dump", "-w"], ["doctor", "--connections"], ["lab", "run", "--real"], ["ss", "--name"]):
        r = subprocess.run([BURBLE, *args], capture_output=True, text=True, timeout=20)
        assert r.returncode == 2 and r.stderr.startswith(f"burble {args[0]}: option ") and "requires an argument" in r.stderr, r.stderr


def test_a_wrong_value_is_named():
    for args in (["doctor", "--connections", "many"], ["lab", "run", "--rows", "many", "x"], ["lab", "run", "--seed", "many", "x"],
                 ["lab", "run", "--set", "many", "x"], ["lab", "run", "--longest", "many", "x"], ["lab", "many"]):
        r = subprocess.run([BURBLE, *args], capture_output=True, text=True, timeout=20)
        assert r.returncode == 2 and r.stderr.startswith(f"burble {args[0]}: ") and "many" in r.stderr.splitlines()[0], r.stderr


def test_an_argument_that_belongs_to_no_option_is_named_and_exits_2():
    r = chat("somewhere")
    assert r.returncode == 2
    assert "'somewhere'" in r.stderr.splitlines()[0]


def test_a_second_server_on_the_same_data_directory_is_refused(server):
    r = subprocess.run([BURBLE, "chat", "--listen", "127.0.0.1:1", "--data", str(server.data)], capture_output=True,
                       text=True, timeout=60)
    assert r.returncode == 1 and str(server.data) in r.stderr
    server.client("still-here").sync()


def test_a_setting_that_is_wrong_is_a_usage_error(tmp_path):
    r = subprocess.run([BURBLE, "chat", "--data", str(tmp_path), "--set", "limits.sendq=many"], capture_output=True,
                       text=True, timeout=60)
    assert r.returncode == 2 and "limits.sendq" in r.stderr


def test_an_address_to_listen_on_that_is_none_is_said_of_the_option(tmp_path):
    for where in ("foo", "localhost:6667", "127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "::1:6667", "[::1]"):
        r = chat("--listen", "127.0.0.1:6667", "--listen", where, "--data", str(tmp_path))
        assert r.returncode == 2 and r.stdout == ""
        assert r.stderr == (f"burble chat: --listen: '{where}' is not ADDRESS:PORT or [ADDRESS]:PORT with an IP address "
                            "and a port of 1 to 65535\n")
    assert chat("--listen", "").stderr == ("burble chat: server.listen: no address, and none in tls.listen, "
                                          "web.listen or web.listen_tls either\n")
    assert chat("--listen-tls", "127.0.0.1:6697/1.1").stderr.startswith("burble chat: --listen-tls: '127.0.0.1:6697/1.1' is not")
    r = chat("--listen", "127.0.0.1:1", "--data", "x" * 5000)
    assert r.returncode == 2 and r.stderr.endswith("' is not text, 0 to 500 bytes\n")


def test_an_address_that_is_not_of_this_machine_is_named(tmp_path):
    r = chat("--listen", "192.0.2.1:6667", "--data", str(tmp_path))
    assert r.returncode == 1
    assert r.stderr.splitlines()[-1] == "burble chat: cannot listen on 192.0.2.1:6667: Cannot assign requested address: no interface has that address: 'ip addr' lists them"


def test_without_a_data_directory_the_server_says_and_offers_only_what_it_can_do(tmp_path):
    server = Server(tmp_path, {"oper.root.password": "plain:pw"})
    server.data = None
    try:
        server.start()
        a = server.connect()
        a.send("CAP LS 302", "NICK a", "USER a 0 * :a")
        words = a.expect("CAP", None, "LS").params[-1].split()
        assert "echo-message" in words
        assert not [w for w in words if "history" in w or "read-marker" in w or "redaction" in w or "playback" in w]
        a.send("CAP REQ :draft/chathistory")
        assert a.expect("CAP").params[1] == "NAK"
        a.send("CAP END")
        isupport = [w for _ in range(2) for w in a.expect("005").params]
        assert not [w for w in isupport if w.startswith(("CHATHISTORY", "MSGREFTYPES"))]
        a.sync()
        a.send("INFO", "CHATHISTORY LATEST #x * 5", "CHATHISTORY TARGETS x y 1", "MARKREAD #x", "OPER root pw", "KLINE 1m x@y")
        lines = [m.line for m in a.sync()]
        assert any("History is not kept" in line for line in lines)
        assert sum("FAIL CHATHISTORY MESSAGE_ERROR" in line for line in lines) == 2
        assert any("FAIL MARKREAD INTERNAL_ERROR #x" in line for line in lines)
        assert any("not last over a restart" in line for line in lines)
        assert "event=store.none" in server.stderr()
    finally:
        server.close_clients()
        server.stop()


def test_an_option_comes_after_settings(make_server):
    server = make_server(**{"server.listen": "127.0.0.1:1", "server.data": "/nowhere/at/all"})
    server.client("ann").sync()
    assert (server.data / "burble.db").exists()


def test_a_user_timeout_that_makes_one_lost_probe_enough_is_warned_of(make_server):
    assert "limit=net.user_timeout" not in make_server().stderr()
    assert "limit=net.user_timeout is=30 needed=75" in make_server(**{"net.user_timeout": "30s"}).stderr()


def test_a_limit_that_is_too_low_comes_with_what_to_do(make_server):
    s = make_server(**{"net.user_timeout": "10s"})
    assert ('event=limits.too-low limit=net.user_timeout is=10 needed=75 do="raise net.user_timeout, or lower net.keepalive_*"\n'
            in s.stderr())


def test_the_packet_script_of_the_readme_fails_as_shown(tmp_path):
    shown = re.search(r"((?:^    .*\n)*^    \$ build/burble pkt .*\n(?:^    .*\n)*)", (ROOT / "README.md").read_text(), re.M).group(1)
    lines = [line[4:] for line in shown.splitlines()]
    commands = [line[2:].replace("build/burble", BURBLE).replace("tests/pkt", f"{ROOT}/tests/pkt") for line in lines if line[0] == "$"]
    r = subprocess.run(["bash", "-c", "\n".join(commands)], capture_output=True, text=True, timeout=20, cwd=tmp_path)
    assert r.stdout.splitlines() == [line for line in lines if line[0] != "$"], r.stderr


STACK = ("--stack", "tun:x9")


@pytest.mark.parametrize("args, want", (
    (["--addr", "192.0.2.1"], "cannot use --addr 192.0.2.1: /BITS is missing"),
    (["--addr", "2001:db8::1"], "cannot use --addr 2001:db8::1: /BITS is missing"),
    (["--set", "stack.addr=192.0.2.1"], "--set stack.addr 192.0.2.1: /BITS is missing"),
    (["--addr", "192.0.2.0/24"], "it names the whole network"),
    (["--addr", "192.0.2.255/24"], "it names the whole network"),
    (["--addr", "192.0.2.1/24", "--gw", "10.0.0.1"], "cannot use --gw 10.0.0.1: it is in no network of --addr"),
    (["--addr", "192.0.2.1/24", "--gw", "192.0.2.1"], "it is an address of this server"),
    (["--addr", "192.0.2.1/24", "--gw", "192.0.2.255"], "it names the whole network"),
    (["--addr", "192.0.2.1/24", "--gw", "2001:db8::1"], "give the router's link-local address"),
    (["--addr", "2001:db8::1/64", "--gw", "2001:db9::1"], "cannot use --gw 2001:db9::1: it is in no network of --addr")))
def test_an_address_or_gateway_that_cannot_work_is_refused_in_one_line(args, want):
    r = chat(*STACK, *args)
    assert r.returncode == 2 and want in r.stderr and r.stderr.count("\n") == 1, r.stderr


def test_hosts_of_the_smallest_networks_and_gateways_on_the_link_are_taken():
    for args in (["--addr", "192.0.2.0/31", "--gw", "192.0.2.1"], ["--addr", "192.0.2.1/32"], ["--addr", "2001:db8::/127"],
                 ["--addr", "2001:db8::1/64", "--gw", "fe80::1"], ["--addr", "dhcp", "--gw", "10.0.0.1"]):
        r = chat("--stack", "packet:nowhere", *args)
        assert "cannot open --stack packet:nowhere" in r.stderr, r.stderr


def test_a_data_directory_that_cannot_be_used_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for path, why in ((tmp_path / "file", "Not a directory"), (tmp_path / "no" / "parent", "No such file or directory")):
        r = chat("--listen", "127.0.0.1:1", "--data", str(path))
        assert r.returncode == 1 and r.stderr.startswith(f"burble chat: cannot use the data directory {path}: {why}: ")
        assert r.stderr.count("\n") == 1


@pytest.mark.parametrize("args, status, want", (
    (["chat", "--config", "/"], 1, "burble chat: /: Is a directory"),
    (["doctor", "extra"], 2, "burble doctor: unexpected argument 'extra'"),
    (["version", "extra"], 2, "burble version: unexpected argument 'extra'"),
    (["lab", "list", "extra"], 2, "burble lab: unexpected argument 'extra'"),
    (["lab", "run"], 2, "burble: which scenario?"),
    (["lab", "run", "/"], 1, "burble: cannot read /: Is a directory"),
    (["lab", "fuzz", "--runs", "0"], 2, "burble lab fuzz: --runs: '0' is not a number from 1 on"),
    (["lab", "fuzz", "--seed", "x"], 2, "burble lab fuzz: --seed: 'x' is not a number"),
    (["lab", "fuzz", "extra"], 2, "burble lab fuzz: unexpected argument 'extra'"),
    (["lab", "fuzz", "--lua", "x"], 2, "burble lab fuzz: --lua and --pkt need --plan"),
    (["pkt"], 2, "burble pkt: which script?"),
    (["pkt", "--seed"], 2, "burble pkt: --seed: a value is missing"),
    (["pkt", "--seed", "x", "y.pkt"], 2, "burble pkt: --seed: 'x' is not a number"),
    (["pkt", "--ip_version=4", "y.pkt"], 2, "burble pkt: --ip_version: '4' is not ipv4"),
    (["pkt", "--define", "x", "y.pkt"], 2, "burble pkt: --define: 'x' is not NAME=VALUE"),
    (["pkt", "--kernel", "--slow-path", "y.pkt"], 2, "burble pkt: --kernel and --slow-path exclude each other"),
    (["pkt", "/"], 1, "burble: cannot read /: Is a directory"),
    (["sysctl", "-p", "/"], 1, "burble sysctl: cannot read /: Is a directory"),
    (["link", "tun:a", "tun:a"], 2, "burble link: tun:a: expected another device than the first"),
    (["link", "--one-way=5", "tun:a", "tun:b"], 2, "burble link: --one-way=5: expected no value"),
    (["link", "--delay", "0x10ms", "tun:a", "tun:b"], 2, "burble link: --delay: expected a time"),
    (["link", "--rate", "0.5bit", "tun:a", "tun:b"], 2, "burble link: --rate: expected a rate"),
    (["link", "--limit", "0", "tun:a", "tun:b"], 2, "burble link: --limit: expected packets"),
    (["link", "--reorder", "5%", "tun:a", "tun:b"], 2, "burble link: --reorder: expected --delay too")))
def test_a_careless_command_line_is_answered_with_what_is_wrong(args, status, want):
    r = subprocess.run([BURBLE, *args], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert r.returncode == status and r.stderr.startswith(want), r.stderr
