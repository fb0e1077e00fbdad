"""Programs of others, and the kernel's TCP over a bad link, against servers on libburble."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import test_devices
from irc import BURBLE, ROOT
from test_devices import connect, device, echo  # noqa: F401

DEVBENCH = Path(BURBLE).parent / "bench/devices/devbench"
pytestmark = test_devices.pytestmark


@pytest.mark.parametrize("kind", ["packet", "xdp"])
def test_every_byte_arrives_over_a_link_that_loses_and_reorders(tmp_path, kind):
    probe = subprocess.run(["ip", "netns", "add", f"probe{os.getpid()}"], capture_output=True, text=True)
    if probe.returncode:
        pytest.skip(f"no network namespaces: {probe.stderr.strip()}")
    subprocess.run(["ip", "netns", "del", f"probe{os.getpid()}"], check=True)
    r = subprocess.run([sys.executable, ROOT / "bench/devices/soak", "--mib", "2", "--seconds", "1", "--kind", kind, "--burble", BURBLE,
                        "--devbench", DEVBENCH, "--out", tmp_path / "soak.md"], capture_output=True, text=True, timeout=200)
    if "Operation not permitted" in r.stderr or "not supported" in r.stderr:
        pytest.skip(r.stderr.strip().splitlines()[-1])
    assert r.returncode == 0, r.stdout + r.stderr


def test_ncat_gets_back_what_it_sends(echo):  # noqa: F811
    text = "".join(f"line {i}\n" for i in range(20000))
    p = subprocess.run(["ncat", *map(str, echo)], input=text, capture_output=True, text=True, timeout=60)
    assert p.returncode == 0 and p.stdout == text


@pytest.mark.parametrize("device", ["xdp"], indirect=True)
def test_a_busy_polling_server_outlives_thousands_of_round_trips(device):  # noqa: F811
    """It sees frames before the kernel has shown that it took their places from the fill ring."""
    server = subprocess.Popen([DEVBENCH, "serve", device.spec, "10.50.0.2/24"], env=dict(os.environ, BUSY_POLL="1000"))
    try:
        connect("10.50.0.2", 7).close()
        p = subprocess.run([DEVBENCH, "load", "kernel", "--", "10.50.0.2", "rtt", "1", "3000"], capture_output=True, text=True, timeout=60)
        assert p.returncode == 0 and server.poll() is None, p.stderr
    finally:
        server.kill()
        server.wait()
