"""burble doctor: a sick machine's files, and the machine that the test runs on."""
import json
import subprocess
from pathlib import Path

from irc import BURBLE

SICK = Path(__file__).resolve().parent.parent / "src/doctor/fixture"


def doctor(*args):
    return subprocess.run([BURBLE, "doctor", *map(str, args)], capture_output=True, text=True, timeout=60)


def test_a_sick_machine_is_reported_with_commands_and_scenarios_worst_first():
    r = doctor("--root", SICK, "--connections", 100000)
    assert r.returncode == 1 and r.stderr == ""
    grades = [line.split()[0] for line in r.stdout.splitlines() if line[:1].strip() and not line.startswith("For")]
    assert grades == sorted(grades, key=["limit", "trouble", "advice", "ok"].index)
    assert "sysctl -w fs.nr_open=100100" in r.stdout
    assert "13, of which leaky (41) has 11" in r.stdout
    assert r.stdout.splitlines()[-1] == "For 100000 connections: 7 limits, 18 troubles, 8 pieces of advice, 0 ok."
    assert max(map(len, r.stdout.splitlines())) < 200


def test_json_has_the_same_findings_and_every_scenario_exists():
    findings = json.loads(doctor("--root", SICK, "--json").stdout)["findings"]
    assert len(findings) == 33
    listed = subprocess.run([BURBLE, "lab", "list"], capture_output=True, text=True, check=True).stdout
    scenarios = {line.split()[0] for line in listed.splitlines() if line.strip()}
    assert {f["scenario"] for f in findings if "scenario" in f} <= scenarios
    assert all("why" in f for f in findings if f["grade"] != "ok")


def test_this_machine_is_examined_and_nothing_changed():
    names = ["fs/nr_open", "fs/file-max", "net/core/somaxconn", "net/ipv4/tcp_mem", "net/ipv4/tcp_keepalive_time"]
    read = lambda: [Path("/proc/sys", n).read_text() for n in names if Path("/proc/sys", n).exists()]
    before = read()
    r = doctor("--connections", 10)
    assert r.returncode in (0, 1) and r.stderr == "" and "for 10 connections" in r.stdout.lower()
    assert read() == before


def test_a_number_that_is_none_is_a_usage_error():
    for args in (["--connections", "many"], ["--connections", "-1"], ["--connections", "1e6"], ["surplus"]):
        r = doctor(*args)
        assert r.returncode == 2 and "usage: burble doctor" in r.stderr
