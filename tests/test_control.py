"""The control socket of `burble chat --stack`: docs/control.md."""
import contextlib
import json
import os
import socket
import stat
import subprocess
import time

import pytest

import tun
from irc import BURBLE, Server
from looking import look, needs_root, until

pytestmark = needs_root


@pytest.fixture
def namespace():
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    yield
    tun.enter_namespace(here)


@pytest.fixture
def start(namespace, tmp_path):
    """Starts servers on the stack, each on a device of its own."""
    servers = []

    def one(*args):
        device = tun.Tun()
        limits = {"limits.connect_rate": 0, "limits.per_address": 0}
        s = Server(tmp_path / f"s{len(servers)}", limits, device.args() + list(args), host=device.server)
        s.port, s.device = 6667, device
        servers.append(s)
        return s.start()

    yield one
    for s in servers:
        s.close()
        s.device.close()
        s.check_stderr()


def connect(runtime_directory, name="chat"):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    s.connect(f"{runtime_directory}/burble/{name}.sock")
    return s


def answer(s):
    data = b""
    while more := s.recv(65536):
        data += more
    return data.decode().splitlines()


def ask(runtime_directory, request, name="chat"):
    with connect(runtime_directory, name) as s:
        with contextlib.suppress(BrokenPipeError):  # one too many is answered and closed before it asks
            s.sendall(request)
        return answer(s)


def counts(runtime_directory):
    return json.loads(ask(runtime_directory, b"instance\n")[1])["control"]


def test_an_answer_is_ok_lines_of_json_and_end(start, runtime_directory):
    s = start()
    s.client("alice")
    lines = ask(runtime_directory, b"sockets tcp info mem\n")
    assert lines[0] == "ok" and lines[-1] == "end"
    states = sorted(json.loads(line)["state"] for line in lines[1:-1])
    assert states.count("ESTAB") == 1 and states.count("LISTEN") == 1
    assert len(ask(runtime_directory, b"counters\n")) == 298 + 2
    instance = json.loads(ask(runtime_directory, b"instance\n")[1])
    assert instance["pid"] == s.process.pid and instance["name"] == "chat"


def test_the_socket_is_only_for_its_user_and_goes_with_the_process(start, runtime_directory):
    s = start("--name", "one.two")
    path = f"{runtime_directory}/burble/one.two.sock"
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
    assert s.stop() == 0
    assert not os.path.exists(path)


@pytest.mark.skipif(not tun.has_other_users(), reason="a user namespace with one user")
def test_another_user_is_refused_and_counted(start, runtime_directory):
    start()
    path = f"{runtime_directory}/burble/chat.sock"
    os.chmod(runtime_directory, 0o755)
    os.chmod(os.path.dirname(path), 0o755)
    os.chmod(path, 0o666)
    r = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", BURBLE, "ss", "--name", path], capture_output=True,
                       text=True, timeout=30)
    assert r.returncode == 1 and "only root and the user of the process may ask" in r.stderr
    assert counts(runtime_directory)["refused"] == 1


def test_hostile_requests_are_refused_and_counted(start, runtime_directory):
    start()
    before = counts(runtime_directory)["invalid"]
    bad = [b"\n", b"socket\n", b"sockets state=x\n", b"sockets\0\n", b"\xff\xfe\n", b"x" * 5000, b"sysctl no.such=1\n",
           b"sysctl a\"b\n", b"dump snap=0\n", b"sysctl net.ipv4.tcp_sack=" + b"9" * 900 + b"\n"]
    for request in bad:
        lines = ask(runtime_directory, request)
        assert len(lines) == 1 and lines[0].startswith("error "), (request, lines)
    assert counts(runtime_directory)["invalid"] == before + len(bad)


def test_a_request_may_come_byte_by_byte_and_one_that_never_ends_harms_nothing(start, runtime_directory):
    start()
    with connect(runtime_directory) as slow, connect(runtime_directory) as silent:
        silent.sendall(b"instan")
        for byte in b"instance\n":
            slow.sendall(bytes([byte]))
            time.sleep(0.01)
        assert answer(slow)[0] == "ok"
    until(lambda: counts(runtime_directory)["abandoned"] == 1)


def test_a_reader_that_stops_reading_does_not_stop_the_server(start, runtime_directory):
    s = start()
    clients = [s.connect() for _ in range(600)]  # more rows than fit into the buffers of a socket
    talker = s.client("talker")
    until(lambda: look("ss", "-tH", "sport = :6667").count("\n") == len(clients) + 1)
    stuck = [connect(runtime_directory) for _ in range(8)]
    for k in stuck:
        k.sendall(b"sockets tcp info mem\n")
    time.sleep(0.5)
    talker.sync()
    assert ask(runtime_directory, b"instance\n")[-1] == "end"
    for k in stuck:
        lines = answer(k)
        assert lines[-1] == "end" and sum(map(len, lines)) > 300_000
        assert len({line for line in lines if '"ESTAB"' in line}) == len(clients) + 1
        k.close()


def test_one_connection_too_many_is_refused_and_counted(start, runtime_directory):
    start()
    held = [connect(runtime_directory) for _ in range(16)]
    lines = ask(runtime_directory, b"instance\n")
    assert lines == ["error too many connections: try again"]
    for k in held:
        k.close()
    until(lambda: ask(runtime_directory, b"instance\n")[0] == "ok")
    assert counts(runtime_directory)["busy"] >= 1


def test_the_socket_of_a_killed_process_is_replaced_and_that_of_a_live_one_kept(start, runtime_directory):
    first = start("--name", "x")
    r = subprocess.run([BURBLE, "chat", "--listen", "192.0.2.1:6667", "--stack", "b77", "--addr", "192.0.2.1/24", "--name", "x"],
                       capture_output=True, text=True, timeout=30)
    assert r.returncode == 1 and "choose another --name" in r.stderr.splitlines()[-1]
    first.kill()
    assert os.path.exists(f"{runtime_directory}/burble/x.sock")
    second = start("--name", "x")
    assert json.loads(ask(runtime_directory, b"instance\n", "x")[1])["pid"] == second.process.pid


def test_without_a_name_a_second_server_runs_without_a_socket_and_says_so(start, runtime_directory):
    first = start()
    second = start()
    until(lambda: "event=control.none" in second.stderr())
    second.client("still-served").sync()
    assert json.loads(ask(runtime_directory, b"instance\n")[1])["pid"] == first.process.pid


def test_a_directory_that_others_can_write_to_is_not_used(start, runtime_directory):
    os.mkdir(f"{runtime_directory}/burble")
    os.chmod(f"{runtime_directory}/burble", 0o777)
    s = start()
    until(lambda: "event=control.none" in s.stderr())
    r = look("ss", check=False)
    assert r.returncode == 1 and "only this user can write to" in r.stderr and r.stderr.count("\n") == 1


def test_the_instance_is_chosen_by_name_and_errors_are_one_line(start, runtime_directory):
    r = look("ss", check=False)
    assert r.returncode == 1 and "no instance is running" in r.stderr and r.stderr.count("\n") == 1
    start("--name", "one")
    assert "LISTEN" in look("ss", "-tl")
    start("--name", "two")
    r = look("ss", "-tl", check=False)
    assert r.returncode == 1 and r.stderr.count("\n") == 1 and "--name" in r.stderr
    assert "one" in r.stderr and "two" in r.stderr
    assert "LISTEN" in look("ss", "-tl", "--name", "two")
    assert "LISTEN" in look("ss", "-tl", "--name", f"{runtime_directory}/burble/one.sock")
    r = look("ss", "--name", "three", check=False)
    assert r.returncode == 1 and r.stderr.count("\n") == 1 and "three" in r.stderr


def test_names_that_are_none_are_usage_errors():
    for args, want in ((["--name", "x/y"], "--name takes"),
                       (["--stack", "b77", "--addr", "192.0.2.1/24", "--name", "../x"], "--name takes")):
        r = subprocess.run([BURBLE, "chat", *args], capture_output=True, text=True, timeout=30)
        assert r.returncode == 2 and want in r.stderr
