"""Verdicts of the load generator: a server that drops, doubles, swaps, alters, echoes or misroutes one line is reported
with exit status 1 and the name of the fault; correct servers pass, in every mode."""
import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
BUILD = Path(os.environ.get("BURBLE", ROOT / "build/burble")).parent
LOADGEN = BUILD / "bench/loadgen/loadgen"
FLOOR = BUILD / "bench/floor/floor"
VIOLATIONS = ("lost", "doubled", "reordered", "altered", "misrouted")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(port, deadline=10):
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(f"nothing listens on port {port}")


@pytest.fixture
def floor():
    """Starts floors: floor(mode, *fault) gives the port."""
    running = []

    def start(mode, *fault):
        port = free_port()
        running.append(subprocess.Popen([FLOOR, mode, str(port), *map(str, fault)]))
        wait_for(port)
        return port

    yield start
    for p in running:
        p.kill()
        p.wait()


def loadgen(port, mode, *options):
    r = subprocess.run([LOADGEN, "--port", str(port), "--stall", "1.5", "--timeout", "60", "--settle", "0", "--json", "-",
                        *map(str, options), mode], capture_output=True, text=True, timeout=120)
    assert r.returncode in (0, 1), r.stderr
    return r.returncode, json.loads(r.stdout)


# 40 members in two channels, so that a line can go to the wrong one; one talker in each.
FANOUT = ("--conns", 40, "--channels", 2, "--messages", 200)


@pytest.mark.parametrize("fault, found", [
    ("drop", "lost"), ("double", "doubled"), ("swap", "reordered"), ("alter", "altered"), ("misroute", "misrouted"),
    ("echo", "misrouted")])
@pytest.mark.parametrize("at", [1, 777, 3000])
def test_one_wrong_delivery_is_found_and_named(floor, fault, found, at):
    status, report = loadgen(floor("write", fault, at), "fanout", *FANOUT)
    assert status == 1
    assert report["ok"] is False
    assert {v: report[v] for v in VIOLATIONS} == {v: int(v == found) for v in VIOLATIONS}, report["first_violation"]


def test_a_line_that_never_comes_at_the_very_end_is_found(floor):
    last = 2 * 200 * 19
    status, report = loadgen(floor("write", "drop", last), "fanout", *FANOUT)
    assert status == 1
    assert report["lost"] == 1


def test_a_doubled_last_line_is_found_although_all_have_what_they_wait_for(floor):
    last = 2 * 200 * 19
    status, report = loadgen(floor("write", "double", last), "fanout", *FANOUT)
    assert status == 1
    assert report["doubled"] == 1


@pytest.mark.parametrize("fault, found", [("drop", "lost"), ("alter", "altered"), ("misroute", "misrouted")])
def test_private_messages_are_judged_too(floor, fault, found):
    status, report = loadgen(floor("write", fault, 500), "private", "--conns", 10, "--messages", 200)
    assert status == 1
    assert report[found] == 1


@pytest.mark.parametrize("mode", ["write", "batch", "uring", "uring-batch"])
@pytest.mark.parametrize("options, deliveries", [
    (("fanout", "--conns", 50, "--senders", 5, "--messages", 40), 5 * 40 * 49),
    (("fanout", "--conns", 50, "--senders", 5, "--messages", 40, "--echo"), 5 * 40 * 50),
    (("fanout", "--conns", 51, "--senders", 2, "--messages", 40, "--workers", 3), 2 * 40 * 50),
    (("fanout", "--conns", 20, "--rate", 200, "--messages", 50), 50 * 19),
    (("private", "--conns", 20, "--messages", 50), 20 * 50),
    (("private", "--conns", 20, "--messages", 50, "--echo"), 2 * 20 * 50),
    (("idle", "--conns", 60, "--members", 20, "--senders", 2, "--duration", 0.5, "--settle", 0), 2 * 5 * 19),
    (("joinpart", "--conns", 40, "--channels", 2, "--senders", 3, "--messages", 20), 2 * 3 * 40 * 17),
])
def test_a_server_that_does_it_right_passes(floor, mode, options, deliveries):
    status, report = loadgen(floor(mode), *options)
    assert status == 0, report
    assert sum(r["deliveries"] for r in report["rounds"]) == deliveries


def test_rounds_are_measured_one_by_one(floor):
    status, report = loadgen(floor("batch"), "fanout", "--conns", 10, "--messages", 30, "--rounds", 3)
    assert status == 0
    assert [r["deliveries"] for r in report["rounds"]] == [270] * 3


def test_churn_connects_joins_parts_and_quits(floor):
    status, report = loadgen(floor("write"), "churn", "--concurrency", 8, "--channels", 3, "--duration", 0.5)
    assert status == 0, report
    assert report["cycles"] > 8


def test_connect_reports_memory_of_the_server(floor):
    status, report = loadgen(floor("write"), "connect", "--conns", 30, "--release", "--settle", 0.1,
                             "--source-range", "127.1.0.1-127.1.0.20", "--pids", os.getpid())
    assert status == 0, report
    assert report["registration_ms"]["count"] == 30
    assert report["rss_start"] > 0 and report["rss_closed"] > 0


def test_a_server_that_is_not_there_fails_the_run():
    status, report = loadgen(free_port(), "connect", "--conns", 1)
    assert status == 1
    assert report["ok"] is False and report["failure"]


def test_results_become_tables(floor, tmp_path):
    results = []
    for server in ("floor-write", "floor-batch"):
        report = loadgen(floor(server.removeprefix("floor-")), "fanout", "--conns", 10, "--messages", 30, "--rounds", 2)[1]
        results.append(json.dumps(dict(report, server=server, row="100x1", run=0)))
    (tmp_path / "results.jsonl").write_text("\n".join(results) + "\n")
    subprocess.run([ROOT / "bench/run", "--tables", tmp_path / "results.jsonl", "--out", tmp_path / "chat.md"], check=True)
    text = (tmp_path / "chat.md").read_text()
    assert "2 runs, 1,080 deliveries, every one checked. 0 lost" in text
    assert "| floor-write | " in text and "| floor-batch | " in text
