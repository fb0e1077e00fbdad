"""`burble netstat` and `burble nstat` beside net-tools' netstat and iproute2's nstat."""
import json
import os
import re
import socket
import subprocess
import time

import pytest

from irc import ROOT
from looking import Stranger, look, needs_root, run, sides, syn, until  # noqa: F401 (sides is a fixture)

pytestmark = needs_root

GROUPS = ("TcpExt", "IpExt", "Icmp6", "Icmp", "Ip6", "Ip", "Tcp", "Udp6", "Udp")
# netstat reads /proc/net/NAME; with this it reads $FAKE_PROC_NET/NAME.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static FILE *elsewhere(const char *call, const char *path, const char *mode)
{
	FILE *(*real)(const char *, const char *) = (FILE * (*)(const char *, const char *)) dlsym(RTLD_NEXT, call);
	char other[4096];
	if (strncmp(path, "/proc/net/", 10) == 0) {
		snprintf(other, sizeof(other), "%s/%s", getenv("FAKE_PROC_NET"), path + 10);
		path = other;
	}
	return real(path, mode);
}
FILE *fopen(const char *path, const char *mode) { return elsewhere("fopen", path, mode); }
FILE *fopen64(const char *path, const char *mode) { return elsewhere("fopen64", path, mode); }
"""


def counters(runtime_directory):
    s = socket.socket(socket.AF_UNIX)
    s.connect(f"{runtime_directory}/burble/chat.sock")
    s.sendall(b"counters\n")
    lines = s.makefile().read().splitlines()
    s.close()
    assert lines[0] == "ok" and lines[-1] == "end"
    return {r["name"]: r["value"] for r in map(json.loads, lines[1:-1])}


def group(name):
    return next(g for g in GROUPS if name.startswith(g))


def proc_net(directory, values):
    """Writes counters as the kernel does: snmp, netstat, snmp6."""
    def table(g):
        names = [n for n in values if group(n) == g]
        return f"{g}: {' '.join(n[len(g):] for n in names)}\n{g}: {' '.join(str(values[n]) for n in names)}\n"
    directory.mkdir()
    (directory / "snmp").write_text("".join(map(table, ("Ip", "Icmp", "Tcp", "Udp"))))
    (directory / "netstat").write_text("".join(map(table, ("TcpExt", "IpExt"))))
    (directory / "snmp6").write_text("".join(f"{n:<32}\t{v}\n" for n, v in values.items() if group(n) in ("Ip6", "Icmp6", "Udp6")))
    return directory


@pytest.fixture
def real_netstat(tmp_path):
    (tmp_path / "shim.c").write_text(SHIM)
    shim = tmp_path / "shim.so"
    run("gcc", "-shared", "-fPIC", "-o", str(shim), str(tmp_path / "shim.c"), "-ldl")

    def netstat(directory, *args):
        env = dict(os.environ, LD_PRELOAD=str(shim), FAKE_PROC_NET=str(directory))
        return subprocess.run(["netstat", *args], capture_output=True, text=True, check=True, env=env).stdout
    return netstat


def busy(sides):  # noqa: F811
    """Some traffic of all kinds, then quiet."""
    c = sides.stack.client("alice")
    c.join("#x")
    sides.stack.server.connect().reset()
    for port in (1, 2):
        with pytest.raises(OSError):
            socket.create_connection((sides.stack.server.host, port), timeout=5)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as u:
        u.sendto(b"nobody listens", (sides.stack.server.host, 9))
    c.sync()
    time.sleep(0.5)


def test_the_counters_are_those_of_the_recorded_output(sides, runtime_directory):  # noqa: F811
    recorded = [line.split()[0] for line in (ROOT / "tests/traces/netstat/counters").read_text().splitlines()]
    assert list(counters(runtime_directory)) == recorded


def test_statistics_read_as_in_netstat(sides, runtime_directory, real_netstat, tmp_path):  # noqa: F811
    busy(sides)
    values = counters(runtime_directory)
    assert values["TcpOutRsts"] == 2 and values["TcpCurrEstab"] == 1
    fake = proc_net(tmp_path / "net", values)
    for args in (["-s"], ["-s", "-t"], ["-su"], ["-s", "-6"], ["-s", "-6", "-t"], ["-st4"]):
        assert look("netstat", *args) == real_netstat(fake, *args), args


def test_a_syn_queue_that_is_full_is_found_by_the_words_that_people_look_for(sides):  # noqa: F811
    stranger, wanted = Stranger(), r"^    (\d+) SYNs to LISTEN sockets dropped$"
    assert not re.search(wanted, look("netstat", "-s"), re.M)
    look("sysctl", "-q", "net.ipv4.tcp_syncookies=0", "net.ipv4.tcp_max_syn_backlog=4")
    for i in range(20):
        stranger.send(syn(f"198.51.100.{10 + i}", sides.stack.server.host, 6667))
    found = until(lambda: re.search(wanted, look("netstat", "-s"), re.M))
    assert f"TcpExtListenDrops               {found[1]} " in look("nstat", "-as", "*ListenDrops")
    stranger.close()


def test_sockets_are_listed_as_in_netstat(sides):  # noqa: F811
    clients = [side.client("alice") for side in sides.both]
    for c in clients:
        c.sync()
    time.sleep(0.5)
    for args in (["-nt"], ["-nlt"], ["-nat"], ["-nlu"], ["-ntW"], ["-nto"], ["-n6t"], ["-lt"]):
        found = []
        for tool in (look, lambda *a: run(*a).stdout):
            lines = tool("netstat", *args).splitlines()
            host = sides.stack.server.host if tool is look else sides.kernel.server.host
            rows = [line for line in lines[2:] if line.split()[3] in (f"{host}:6667", f"{host}:ircd")]
            found.append((lines[:2], sorted(re.sub(r"\([\d.]+/", "(T/", re.sub(r"\d+\.\d+\.\d+\.\d+:(ircd|[1-9]\d+)", "A", row)).split()
                                            for row in rows)))
        assert found[0] == found[1], args
    line = [line for line in look("netstat", "-nt").splitlines() if "ESTABLISHED" in line][0]
    assert re.fullmatch(r"tcp        0      0 \S+:6667 +10\.\d+\.0\.1:\d+ +ESTABLISHED", line) and line.index("ESTABLISHED") == 68


def test_json_is_a_line_for_each_counter_and_socket(sides, runtime_directory):  # noqa: F811
    found = [json.loads(line) for line in look("netstat", "-s", "--json").splitlines()]
    assert {r["name"] for r in found} == set(counters(runtime_directory))
    found = [json.loads(line) for line in look("netstat", "-lt", "--json").splitlines()]
    assert [(r["state"], r["lport"]) for r in found] == [("LISTEN", 6667)]


def test_programs_are_shown_with_p(sides):  # noqa: F811
    pid = sides.stack.server.process.pid
    assert re.search(rf"LISTEN      {pid}/burble ", look("netstat", "-ntlp"))


def nstat_rows(text):
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_nstat_shows_what_has_changed_since_its_last_call(sides, runtime_directory, tmp_path, monkeypatch):  # noqa: F811
    c = sides.stack.client("alice")
    c.sync()
    time.sleep(0.5)
    values, history = counters(runtime_directory), tmp_path / "history"
    fake = proc_net(tmp_path / "net", values)
    for name in ("snmp", "netstat", "snmp6"):
        monkeypatch.setenv(f"PROC_NET_{name.upper()}", str(fake / name))
    monkeypatch.setenv("PROC_NET_SCTP_SNMP", "/dev/null")

    def both(*args):
        out = []
        for tool, file in (([look, "nstat"], "ours"), ([lambda *a: run(*a).stdout, "nstat"], "theirs")):
            monkeypatch.setenv("NSTAT_HISTORY", str(history) + file)
            out.append(tool[0](tool[1], *args))
        return out

    for args in (["-as"], ["-az"], ["-asz", "Tcp*Opens"], [], [], ["-z", "tcpinsegs"], ["-r"], ["-as", "NoSuch"]):
        ours, theirs = both(*args)
        assert nstat_rows(ours) == nstat_rows(theirs), args
    ours, theirs = both("-asj")
    assert json.loads(ours)["chat"] == json.loads(theirs)["kernel"]
    monkeypatch.setenv("NSTAT_HISTORY", str(history) + "ours")
    c.send("PING :x")
    c.expect("PONG")
    time.sleep(0.3)
    changed = dict(line.split()[:2] for line in nstat_rows(look("nstat")))
    assert changed["TcpExtTCPOrigDataSent"] == "1" and "TcpPassiveOpens" not in changed
    assert oct(os.stat(str(history) + "ours").st_mode & 0o777) == "0o600"


def test_a_history_of_another_process_is_stale_and_a_strange_file_is_refused(sides, tmp_path, monkeypatch):  # noqa: F811
    history = tmp_path / "history"
    monkeypatch.setenv("NSTAT_HISTORY", str(history))
    look("nstat", "-n")
    history.write_text(re.sub(r"#chat\.\d+", "#chat.1", history.read_text()))
    r = look("nstat", check=False)
    assert r.returncode == 0 and "history is stale" in r.stderr and "TcpInSegs" in r.stdout
    (tmp_path / "other").write_text("x")
    history.unlink()
    history.symlink_to(tmp_path / "other")
    r = look("nstat", check=False)
    assert r.returncode == 1 and str(history) in r.stderr and r.stderr.count("\n") == 1
    assert (tmp_path / "other").read_text() == "x"


def test_the_history_lies_beside_the_socket(sides, runtime_directory):  # noqa: F811
    look("nstat")
    assert nstat_rows(look("nstat")) == []
    assert os.path.exists(f"{runtime_directory}/burble/chat.nstat")
    until(lambda: nstat_rows(look("nstat", "-as")))


@pytest.mark.parametrize("args", (["netstat", "-X"], ["netstat", "more"], ["nstat", "-X"], ["nstat", "-d", "1"]))
def test_what_is_wrong_on_the_command_line_exits_2(args):
    r = look(*args, check=False)
    assert r.returncode == 2 and r.stdout == "" and r.stderr
