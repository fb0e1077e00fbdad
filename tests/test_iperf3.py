"""examples/iperf3d over AF_XDP, TAP and a packet socket: Debian's iperf3 is the client."""
import json
import os
import socket
import struct
import subprocess
from pathlib import Path

import pytest

import test_devices
import tun
from irc import BURBLE
from test_devices import connect

IPERF3D = Path(BURBLE).parent / "examples/iperf3d"
SERVER = "10.50.0.2"
PARAM_EXCHANGE, CREATE_STREAMS, ACCESS_DENIED = b"\x09", b"\x0a", b"\xff"

pytestmark = test_devices.pytestmark


@pytest.fixture(params=["xdp", "tap", "packet"], scope="module")
def server(request):
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    device = test_devices.Device(request.param)
    reason = device.refused() if request.param != "tap" else None
    if reason:
        device.delete()
        tun.enter_namespace(here)
        pytest.skip(reason)
    p = subprocess.Popen([IPERF3D, device.spec, f"{SERVER}/24"])
    try:
        connect(SERVER, 5201).close()
        yield
        assert p.poll() is None
    finally:
        p.kill()
        p.wait()
        device.delete()
        tun.enter_namespace(here)


def iperf3(*args):
    """The JSON of a run of iperf3."""
    p = subprocess.run(["iperf3", "-J", "-c", SERVER, *args], capture_output=True, text=True, timeout=120)
    return json.loads(p.stdout)


def sent_and_received(result):
    """Bytes of each stream: by its sender, by its receiver."""
    return [(s["sender"]["bytes"], s["receiver"]["bytes"]) for s in result["end"]["streams"]]


@pytest.mark.parametrize("streams", [1, 4])
def test_a_client_sends(server, streams):
    result = iperf3("-n", "8M", "-P", str(streams))
    assert "error" not in result
    each = sent_and_received(result)
    assert len(each) == streams and all(sent > 0 for sent, _ in each)
    assert sum(sent for sent, _ in each) >= 8 << 20
    assert all(0 < received <= sent for sent, received in each)


@pytest.mark.parametrize("streams", [1, 3])
def test_the_server_sends(server, streams):
    result = iperf3("-n", "8M", "-P", str(streams), "-R")
    assert "error" not in result
    each = sent_and_received(result)
    assert len(each) == streams and all(0 < received <= sent for sent, received in each)
    assert all(s["sender"]["retransmits"] >= 0 for s in result["end"]["streams"])


def test_both_send(server):
    result = iperf3("-t", "1", "--bidir")
    assert "error" not in result
    assert sorted(s["sender"]["sender"] for s in result["end"]["streams"]) == [False, True]
    assert all(min(each) > 0 for each in sent_and_received(result))


def test_datagrams_are_refused_in_iperf3s_words(server):
    assert "not implemented" in iperf3("-u", "-t", "1")["error"]


def cookie(letter):
    return letter * 36 + b"\0"


def parameters(**params):
    text = json.dumps(params).encode()
    return struct.pack("!I", len(text)) + text


def test_a_second_client_and_a_wrong_cookie_are_denied(server):
    with connect(SERVER, 5201) as first, connect(SERVER, 5201) as second:
        assert second.recv(1) == ACCESS_DENIED and second.recv(1) == b""
        first.sendall(cookie(b"a"))
        assert first.recv(1) == PARAM_EXCHANGE
        first.sendall(parameters(tcp=True, parallel=1))
        assert first.recv(1) == CREATE_STREAMS
        with connect(SERVER, 5201) as stranger:
            stranger.sendall(cookie(b"b"))
            assert stranger.recv(1) == ACCESS_DENIED
        with connect(SERVER, 5201) as stream:
            stream.sendall(cookie(b"a"))
            assert first.recv(1) == b"\x01"


def test_a_client_that_has_gone_makes_room_for_the_next(server):
    for _ in range(100):
        connect(SERVER, 5201).close()
        with connect(SERVER, 5201) as s:
            s.sendall(cookie(b"a"))
            assert s.recv(1) == PARAM_EXCHANGE


@pytest.mark.parametrize("said", [struct.pack("!I", 1 << 30), struct.pack("!I", 2) + b"{]", parameters(tcp=True, parallel=-1),
                                  parameters(tcp=True, parallel=129), parameters(tcp=True, parallel=1e300)])
def test_parameters_that_lie_end_the_test_and_not_the_server(server, said):
    with connect(SERVER, 5201) as s:
        s.sendall(cookie(b"a"))
        assert s.recv(1) == PARAM_EXCHANGE
        s.sendall(said)
        s.shutdown(socket.SHUT_WR)
        while s.recv(100):
            pass
    assert "error" not in iperf3("-n", "1M")
