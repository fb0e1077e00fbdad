"""examples/httpd over AF_XDP, TAP and a packet socket: curl fetches from it, and the kernel's TCP is the other end."""
import hashlib
import os
import random
import socket
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import test_devices
import tun
from irc import BURBLE
from test_devices import connect

HTTPD = Path(BURBLE).parent / "examples/httpd"
SERVER = "10.50.0.2"

pytestmark = test_devices.pytestmark


@pytest.fixture(params=["xdp", "tap", "packet"], scope="module")
def files(request, tmp_path_factory):
    """A directory that httpd serves on a device of each kind."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    device = test_devices.Device(request.param)
    reason = device.refused() if request.param != "tap" else None
    if reason:
        device.delete()
        tun.enter_namespace(here)
        pytest.skip(reason)
    tmp_path = tmp_path_factory.mktemp("httpd")
    (tmp_path / "secret").write_text("secret")
    directory = tmp_path / "files"
    (directory / "sub").mkdir(parents=True)
    (directory / "small").write_bytes(random.Random(1).randbytes(1024))
    (directory / "index.html").write_text("index")
    (directory / "out").symlink_to("../secret")
    p = subprocess.Popen([HTTPD, device.spec, f"{SERVER}/24", directory])
    try:
        connect(SERVER, 80).close()
        yield directory
        assert p.poll() is None
    finally:
        p.kill()
        p.wait()
        device.delete()
        tun.enter_namespace(here)


def curl(*args):
    return subprocess.run(["curl", "-sS", "--max-time", "60", *args], capture_output=True)


def get(path):
    p = curl("--path-as-is", "-w", "%{stderr}%{http_code}", f"http://{SERVER}/{path}")
    return int(p.stderr), p.stdout


def talk(request):
    """All that comes back until the server closes."""
    with connect(SERVER, 80) as s:
        s.sendall(request)
        return b"".join(iter(lambda: s.recv(1 << 16), b""))


def test_files_heads_and_errors(files):
    small = (files / "small").read_bytes()
    assert get("small") == (200, small)
    assert get("") == (200, b"index")
    assert get("none")[0] == get("sub")[0] == 404
    head = curl("-I", f"http://{SERVER}/small").stdout
    assert b"Content-Length: 1024\r\n" in head and head.endswith(b"\r\n\r\n")
    assert int(curl("-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", f"http://{SERVER}/small").stdout) == 405


def test_nothing_leads_out_of_the_directory(files):
    for path in ("../secret", "sub/../../secret", "out", "/etc/passwd", "..", "/proc/self/environ"):
        status, body = get(path)
        assert status == 404 and body == b"", path


def test_requests_in_one_piece_are_answered_in_order(files):
    small = (files / "small").read_bytes()
    said = talk(b"GET /small HTTP/1.1\r\n\r\nGET /none HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n")
    parts = said.split(b"HTTP/1.1 ")
    assert [p[:3] for p in parts[1:]] == [b"200", b"404", b"200"] and parts[1].endswith(small) and parts[3].endswith(b"index")


def test_a_request_that_is_too_long_is_cut_off_and_half_a_one_waits(files):
    with pytest.raises(ConnectionResetError):  # as Linux: bytes were left unread
        talk(b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n")
    with connect(SERVER, 80) as s:
        s.sendall(b"GET / HT")
        assert get("small")[0] == 200
        s.sendall(b"TP/1.0\r\n\r\n")
        assert b"".join(iter(lambda: s.recv(4096), b"")).endswith(b"index")


def test_a_large_file_arrives_whole(files, request):
    data = random.Random(2).randbytes(1 << 20)
    with open(files / "large", "wb") as f:
        for i in range(100 if "xdp" in request.node.name else 10):  # MiB
            f.write(data[i:] + data[:i])
    want = hashlib.sha256((files / "large").read_bytes()).hexdigest()
    p = subprocess.run(f"curl -sS http://{SERVER}/large | sha256sum", shell=True, capture_output=True, text=True)
    assert p.stdout.split()[0] == want, p.stderr


def test_a_hundred_connections_at_once(files):
    small = (files / "small").read_bytes()
    socks = [connect(SERVER, 80) for _ in range(100)]
    for round_ in range(3):  # kept alive
        for s in socks:
            s.sendall(b"GET /small HTTP/1.1\r\n\r\n")
        for s in socks:
            said = b""
            while len(said) < len(b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n") + 1024:
                said += s.recv(4096)
            assert said.endswith(small)
    for s in socks:
        s.close()
