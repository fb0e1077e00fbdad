"""burble as an ordinary user who is root of a user and network namespace: `unshare -Urn`. For a test that root runs, the
ordinary user is uid 1000 of another user namespace, without a capability."""
import os
import subprocess
import sys
from pathlib import Path

import pytest

import tun
from irc import BURBLE

ORDINARY = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
pytestmark = tun.needs_device


def as_user(*command):
    return subprocess.run([*ORDINARY, *command], capture_output=True, text=True, timeout=60)


def in_namespace(script):
    return as_user("unshare", "-Urn", "sh", "-ec", script)


def test_the_device_tests_run_there_for_tun_tap_and_packet():
    here = Path(__file__).parent
    done = as_user("env", f"BURBLE={os.path.abspath(BURBLE)}", sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs",
                   here / "test_devices.py", "-k", "a_hundred_connections")
    assert done.returncode == 0 and "3 passed, 1 skipped" in done.stdout, done.stdout
    assert "xdp: " in done.stdout or "xdp:b0: Operation not permitted" in done.stdout, done.stdout


def test_a_scenario_with_a_real_host_passes():
    done = in_namespace(f"{os.path.abspath(BURBLE)} lab run --real client a-client-does-not-listen")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("command", ["chat --addr 10.0.0.1/24 --stack xdp:v1", "link xdp:v0 xdp:v1"])
def test_what_the_kernel_refuses_is_one_line_that_names_another_way(command):
    done = in_namespace(f"ip link add v0 type veth peer name v1; cd $(mktemp -d); {os.path.abspath(BURBLE)} {command}")
    assert done.returncode == 1 and done.stderr.count("\n") == 1, done.stderr
    assert "Operation not permitted: AF_XDP" in done.stderr and "packet:" in done.stderr, done.stderr
