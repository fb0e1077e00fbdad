"""burble lab run --real: a scenario with this machine's kernel in the place of a host, compared with burble."""
import json
import os
import signal
import subprocess
import time

import pytest

import tun
from irc import BURBLE

needs_kernel = tun.needs_device


def real(host, scenario, *more, prefix=()):
    return subprocess.run([*prefix, BURBLE, "lab", "run", "--real", host, *more, scenario], capture_output=True, text=True, timeout=60)


def compared(host, scenario):
    done = real(host, scenario, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["results"][0]


@needs_kernel
@pytest.mark.parametrize("host, scenario", [("client", "a-client-does-not-listen"), ("server", "shutdown-is-not-an-eof-character")])
def test_packets_states_and_expectations_agree(host, scenario):
    found = compared(host, scenario)
    counts = found["packets"]
    assert counts["same"] > 5 and counts["only burble"] == counts["only kernel"] == 0
    assert found["burble"]["passed"] and found["kernel"]["passed"]
    assert found["states"] and all(state["same"] for state in found["states"])
    moved = {counter["name"]: counter for counter in found["counters"]}
    assert moved["TcpInSegs"]["burble"] == moved["TcpInSegs"]["kernel"] > 0


@needs_kernel
def test_side_by_side_fits_eighty_columns():
    done = real("client", "client-is-killed")
    assert done.returncode == 0 and max(map(len, done.stdout.splitlines())) <= 80, done.stdout


SCENARIO = """
title "A difference"
local a, b = host "a", host "b"
link { a, "10.0.0.1/24", b, "10.0.0.2/24", delay = "1ms" }
%s
b:run(function()
	local c = b:listen(80):accept()
	c:recv(100)
	%s
end)
a:run(function()
	a:connect("10.0.0.2", 80):send "x"
	sleep(0.2)
	expect(true, "it ends")
end)
"""


def test_a_host_that_the_scenario_lacks_and_a_long_run_are_refused(tmp_path):
    path = tmp_path / "a.lua"
    path.write_text(SCENARIO % ("", ""))
    done = real("c", str(path))
    assert done.returncode == 1 and "no such host; the scenario has a, b" in done.stderr
    done = real("server", "cable-pulled")
    assert done.returncode == 1 and "--longest" in done.stderr and done.stderr.count("\n") == 1


@needs_kernel
def test_what_a_kernel_cannot_do_is_named(tmp_path):
    path = tmp_path / "a.lua"
    path.write_text(SCENARIO % ("b:set_clock(1e9)", ""))
    done = real("b", str(path))
    assert done.returncode == 1 and "set_clock(): not on a real kernel (--real b)" in done.stdout
    path.write_text(SCENARIO % ('b:sysctl("net.ipv4.tcp_mem", "1000 2000 3000")', ""))
    done = real("b", str(path))
    assert "this kernel refuses net.ipv4.tcp_mem" in done.stdout


@needs_kernel
def test_faults_of_the_real_host_are_seen_by_its_peer(tmp_path):
    path = tmp_path / "a.lua"
    path.write_text(SCENARIO % ("at(0.1, function() b:crash() end)", "c:recv(100)"))
    found = json.loads(real("b", str(path), "--json").stdout)["results"][0]
    assert [row["mark"] for row in found["rows"] if row["text"].startswith("FIN")] == ["same"]
    path.write_text(SCENARIO % ("at(0.1, function() b:reboot() end)", "c:recv(100)"))
    found = json.loads(real("b", str(path), "--json").stdout)["results"][0]
    assert not [row for row in found["rows"] if row["text"].startswith(("FIN", "RST"))]


@needs_kernel
def test_without_root_one_line_says_so():
    done = real("client", "client-is-killed", prefix=["setpriv", "--bounding-set=-all", "--inh-caps=-all"])
    assert done.returncode == 1 and "root" in done.stderr and done.stderr.count("\n") == 1


@needs_kernel
def test_a_killed_run_leaves_nothing_behind():
    run = subprocess.Popen([BURBLE, "lab", "run", "--real", "client", "client-is-killed"], stdout=subprocess.DEVNULL)
    mine = os.readlink("/proc/self/ns/net")
    deadline = time.monotonic() + 30
    while os.readlink(f"/proc/{run.pid}/ns/net") == mine:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    run.wait()
    children = subprocess.run(["pgrep", "-P", str(run.pid)], capture_output=True, text=True).stdout
    assert children == "" and "eth0" not in subprocess.run(["ip", "-br", "link", "show", "type", "tun"], capture_output=True,
                                                           text=True).stdout
