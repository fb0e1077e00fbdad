"""`burble lab`: the scenarios that come with burble pass, reproducibly, and an error is reported in one line."""

import contextlib
import json
import os
import pathlib
import pty
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

import pytest

import tun
from laboratory import BURBLE, FAST, ROOT, lab, names


def test_every_scenario_has_a_title():
    listed = lab("list").stdout.splitlines()
    assert listed and all(len(line.split(None, 1)) == 2 for line in listed)
    assert max(map(len, listed)) <= 110


def test_every_answer_names_a_scenario_and_every_scenario_answers():
    answers = (ROOT / "docs/answers.md").read_text()
    named = set(re.findall(r"`burble lab run ([a-z0-9-]+)`", answers))
    assert named and named == set(names())


def test_the_manual_page_is_what_docs_lab_says():
    root = ROOT
    page = subprocess.run([root / "tools/lab-man"], capture_output=True, text=True, check=True).stdout
    assert page == (root / "man/burble-scenario.5").read_text(), "tools/lab-man > man/burble-scenario.5"


def test_a_scenario_of_ones_own_fails_with_file_line_and_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.lua").write_text('sleep "2h"\nexpect_equal(1 + 1, 3, "sum")\n')
    for name in ("mine.lua", "." + "/." * 40 + "/mine.lua"):  # Lua would cut a name of more than 59 bytes
        out = lab("run", name)
        assert out.returncode == 1
        assert out.stdout == "FAIL mine.lua:2: at 7200 s: sum: 2, not 3\n0 passed, 1 failed\n"


def test_settings_reach_the_scenario():
    out = lab("run", "--set", "probes=9", "client-loses-power")
    assert out.returncode == 1 and "seconds until the server notices: 105" in out.stdout


@pytest.mark.parametrize("args", [[], ["walk"], ["run"], ["run", "--seed", "x", "a"], ["run", "--set", "novalue", "a"],
                                  ["run", "--json", "--ladder", "a"], ["run", "--open", "a", "b"]])
def test_a_wrong_command_line_shows_the_usage(args):
    out = lab(*args)
    assert out.returncode == 2 and out.stderr.startswith("usage: burble lab") or "usage: burble lab" in out.stderr


@pytest.mark.parametrize("args", [["--help"], ["run", "--help"], ["fuzz", "--help"]])
def test_help_goes_to_stdout(args):
    out = lab(*args)
    assert out.returncode == 0 and out.stdout.startswith("usage: burble lab") and not out.stderr


@pytest.mark.parametrize("args, why", [(["--json", "--ladder", "a"], "--json and --ladder both write to stdout"),
                                       (["--out", "x", "a", "b"], "--out, --svg, --data and --open take one scenario")])
def test_options_that_exclude_each_other_say_so(args, why):
    assert lab("run", *args).stderr.startswith(f"burble: {why}\n")


def test_a_misspelt_setting_is_an_error():
    out = lab("run", "--set", "probe=9", "client-loses-power")
    assert out.returncode == 1 and "--set probe=9: the scenario has no param() of that name" in out.stdout


def test_an_unknown_scenario_points_to_the_list():
    assert lab("run", "nosuch").stderr == "burble: no scenario named nosuch: 'burble lab list' lists them\n"


def test_a_file_that_is_not_there_is_named():
    out = lab("run", "no/such.lua")
    assert out.returncode == 1
    assert out.stderr == "burble: cannot read no/such.lua: No such file or directory\n"


def test_the_page_tells_the_story_and_what_failed(tmp_path):
    assert lab("run", "--out", str(tmp_path / "good"), "client-loses-power").returncode == 0
    page = (tmp_path / "good/report.html").read_text()
    assert "A machine that loses power sends nothing" in page and "FAIL" not in page.split("<script>")[0]
    assert lab("run", "--out", str(tmp_path / "bad"), "--set", "probes=9", "client-loses-power").returncode == 1
    said = "seconds until the server notices: 105.0, not 75 within 0.1"
    for name in ("report.html", "run.json"):
        assert said in (tmp_path / "bad" / name).read_text(), name
    assert "FAIL seconds until the server notices" in (tmp_path / "bad/ladder.txt").read_text()


def test_a_run_is_written_as_pictures_json_and_captures(tmp_path):
    files = {}
    for name in ("one", "two"):
        out = lab("run", "--out", str(tmp_path / name), "client-loses-power")
        assert out.returncode == 0, out.stderr
        files[name] = {p.name: p.read_bytes() for p in (tmp_path / name).iterdir()}
    assert sorted(files["one"]) == ["client.pcapng", "ladder.svg", "ladder.txt", "report.html", "run.json",
                                    "server.pcapng"]
    assert files["one"] == files["two"], "the same seed gives the same bytes"
    run = json.loads(files["one"]["run.json"])
    assert run["schema"] == "burble-lab-1" and [n["name"] for n in run["nodes"] if n["host"]] == ["client", "server"]
    assert b"59 s of silence" in files["one"]["ladder.txt"]


RARE = """
local a, b = host "a", host "b"
local cable = link { a, "10.0.0.1/24", b, "10.0.0.2/24", delay = "20ms" }
a:sysctl("net.ipv4.tcp_fastopen", 3)
b:sysctl("net.ipv4.tcp_fastopen", 0x403)
b:run(function()
    local l = b:listen(80)
    while true do l:accept() end
end)
a:run(function()
    local s = a:socket()
    s:sendto("hello", "10.0.0.2", 80, "MSG_FASTOPEN")
    s:close()
    s = a:socket()
    s:sendto("hello", "10.0.0.2", 80, "MSG_FASTOPEN")
    s:setsockopt("SO_LINGER", { 1, 2 })
    cable:cut()
    s:close()
    cable:heal()
    local u = a:socket "udp"
    u:sendto(("x"):rep(3000), "10.0.0.2", 53)
    u:sendto("x", "10.0.0.2", 53)
    a:address "10.0.0.7/24"
    a:no_address "10.0.0.1/24"
    expect(true)
end)
"""


def test_fast_open_datagrams_addresses_and_a_close_that_waits_are_drawn(tmp_path):
    (tmp_path / "rare.lua").write_text(RARE)
    out = lab("run", "--out", str(tmp_path / "out"), str(tmp_path / "rare.lua"))
    assert out.returncode == 0, out.stdout + out.stderr
    ladder = (tmp_path / "out/ladder.txt").read_text()
    for row in ("|-- #1 SYN 0:0 win 64240 cookie request ---", "SYN 0:0 ack 1 win 65160 cookie --|",
                "|-- #2 SYN 0:5(5) win 64240 cookie ---", "| close(0) with SO_LINGER 2 s ... ", "| ... close(0) = 0 ",
                "|-- UDP fragment 0:1480+ ---", "|-- UDP fragment 2960:3008 ---", "> 53 (1) ---",
                "a: has address 10.0.0.7/24", "a: has no longer address 10.0.0.1/24"):
        assert row in ladder, row + "\n" + ladder
    for name in ("report.html", "run.json"):
        text = (tmp_path / "out" / name).read_text()
        for what in ("SYN 0:5(5) win 64240 cookie", "UDP fragment 0:1480+", "close(0) with SO_LINGER 2 s",
                     "has no longer address 10.0.0.1/24"):
            assert what in text, name + ": " + what


def test_each_host_has_a_capture_even_if_names_are_the_same(tmp_path):
    (tmp_path / "x.lua").write_text('for _, name in ipairs { "a", "a", "b/c", "b c", "a-2" } do host(name) end expect(true, "")')
    assert lab("run", "--out", str(tmp_path / "out"), str(tmp_path / "x.lua")).returncode == 0
    assert sorted(p.stem for p in (tmp_path / "out").glob("*.pcapng")) == ["a", "a-2", "a-2-5", "b_c", "b_c-4"]


def test_results_are_one_json_document(tmp_path):
    (tmp_path / "x.lua").write_text('title "\\"<x>" print "a line" expect(false, "so it is")')
    out = lab("run", "--json", "--set", "probes=3", "client-loses-power", str(tmp_path / "x.lua"), "no-such.lua")
    assert out.returncode == 1
    document = json.loads(out.stdout)
    assert document["schema"] == "burble-lab-results-1"
    good, bad, missing = document["results"]
    assert good["passed"] and good["error"] is None and good["settings"] == ["probes=3"] and good["expectations"] == 2
    assert good["end"] == 75_060_000_000 and good["run"]["schema"] == "burble-lab-1" and len(good["run"]["packets"]) == 9
    assert not bad["passed"] and bad["title"] == '"<x>' and "so it is" in bad["error"] and bad["failed"] == 1
    assert any(e["text"] == "a line" for e in bad["run"]["events"])
    assert not missing["passed"] and missing["run"] is None
    assert out.stderr.endswith("1 passed, 2 failed\n") and "pass client-loses-power" in out.stderr


def test_the_page_is_opened_in_the_browser_of_the_environment(tmp_path):
    browser = tmp_path / "browser"
    browser.write_text('#!/bin/sh\ncp "$1" "$OPENED.part" && mv "$OPENED.part" "$OPENED"\n')
    browser.chmod(0o755)
    opened = tmp_path / "opened.html"
    out = lab("run", "--open", "client-loses-power", BROWSER=str(browser), TMPDIR=str(tmp_path), OPENED=str(opened))
    assert out.returncode == 0 and f"report written to {tmp_path}/burble-lab-" in out.stderr
    end = time.monotonic() + 10
    while not opened.exists() and time.monotonic() < end:
        time.sleep(0.01)
    assert "The client loses power" in opened.read_text()
    out = lab("run", "--open", "client-loses-power", BROWSER="/no/such", TMPDIR=str(tmp_path))
    assert out.returncode == 1 and "cannot start /no/such: No such file or directory" in out.stderr


LONG = 'for i = 1, 4000000 do sleep(0.001) end expect(true)'


def everything(terminal):
    """What is written to a terminal until its last writer is gone: it holds no more than 4 KB at a time."""
    said = b""
    with contextlib.suppress(OSError):  # EIO at the end
        while more := os.read(terminal, 65536):
            said += more
    os.close(terminal)
    return said.decode()


def test_a_long_run_says_how_far_it_is_on_a_terminal(tmp_path):
    (tmp_path / "x.lua").write_text(LONG)
    me, terminal = pty.openpty()
    run = subprocess.Popen([BURBLE, "lab", "run", str(tmp_path / "x.lua")], stdout=subprocess.DEVNULL, stderr=terminal)
    os.close(terminal)
    said = everything(me)
    run.wait(timeout=120)
    assert re.match(r"\r\d+\.\d{3} s of virtual time, 0 packets ", said) and said.endswith("\r\x1b[K")
    assert lab("run", "client-loses-power").stderr == ""


def test_the_pictures_of_the_documents_are_what_the_lab_draws():
    tool = ROOT / "tools/ladders"
    out = subprocess.run([tool, "--check"], capture_output=True, text=True, timeout=600, env={**os.environ, "BURBLE": FAST})
    assert out.returncode == 0, out.stdout + out.stderr


# As another user would run it: elsewhere, under another umask, in another language, at another hour.
ELSEWHERE = """
import os, subprocess, sys
os.umask(0o077)
os.chdir(sys.argv[1])
if "%s":  # the other user
    os.chown(sys.argv[1], 65534, 65534)
    os.setgid(65534), os.setuid(65534)
subprocess.run(sys.argv[2:], check=True, stdout=open("stdout", "wb"))
""" % ("yes" if os.getuid() == 0 and tun.has_other_users() else "")


@pytest.mark.parametrize("scenario", ["client-loses-power", "nat-forgets-idle-connections", "syn-flood"])
def test_a_run_is_the_same_for_another_user_elsewhere(scenario):
    with tempfile.TemporaryDirectory() as folder:  # not below pytest's, which others may not enter
        os.chmod(folder, 0o755)
        binary = shutil.copy(FAST, os.path.join(folder, "burble"))
        other = os.path.join(folder, "other", "deep")
        os.makedirs(other)
        here = lab("run", "--json", "--out", os.path.join(folder, "out"), scenario, binary=FAST)
        there = subprocess.run([sys.executable, "-c", ELSEWHERE, other, binary, "lab", "run", "--json", "--out", "out", scenario],
                               capture_output=True, timeout=120, env={"LC_ALL": "tr_TR.UTF-8", "TZ": "Pacific/Kiritimati", "HOME": "/"})
        assert here.returncode == 0 and there.returncode == 0, there.stderr
        assert here.stdout.encode() == pathlib.Path(other, "stdout").read_bytes()
        same_files(pathlib.Path(folder, "out"), pathlib.Path(other, "out"))


def same_files(a, b):
    assert sorted(p.name for p in a.iterdir()) == sorted(p.name for p in b.iterdir())
    for p in a.iterdir():
        assert p.read_bytes() == (b / p.name).read_bytes(), p.name


def test_another_compilers_build_gives_the_same_bytes(tmp_path):
    gcc, clang = ROOT / "build/burble", ROOT / "build-asan/burble"
    if not gcc.exists() or not clang.exists():
        pytest.skip("no build and build-asan: tools/run-tests unit makes them, by gcc and by clang with the sanitizers")
    for scenario in ("client-loses-power", "nat-forgets-idle-connections", "timeout-that-was-wrong", "bufferbloat"):
        for binary, name in ((gcc, "gcc"), (clang, "clang")):
            out = tmp_path / name / scenario
            out.parent.mkdir(exist_ok=True)
            subprocess.run([binary, "lab", "run", "--out", out, scenario], check=True, stdout=subprocess.DEVNULL, timeout=300)
        same_files(tmp_path / "gcc" / scenario, tmp_path / "clang" / scenario)


NAT = """
local client, server, box = host "client", host "server", nat { public = "192.0.2.1" }
link { client, "10.0.0.2/24", box, "inside" }
link { box, "outside", server, "192.0.2.2/24" }
client:route("0.0.0.0/0", "10.0.0.1")
server:run(function() server:listen(80):accept():recv(9) end)
client:run(function() expect(client:connect("192.0.2.2", 80):send "hello") end)
"""


def test_a_connection_through_a_nat_is_one(tmp_path):
    (tmp_path / "nat.lua").write_text(NAT)
    out = lab("run", "--out", str(tmp_path / "out"), str(tmp_path / "nat.lua"))
    assert out.returncode == 0, out.stdout
    run = json.loads((tmp_path / "out" / "run.json").read_text())
    assert len(run["connections"]) == 1
    assert {(p["connection"], p["mark"]) for p in run["packets"]} == {(1, None)}


@pytest.mark.parametrize("what", [["run", "client-loses-power"], ["fuzz", "--runs", "1"]])
def test_the_directory_of_the_files_is_made_or_refused_before_anything_runs(tmp_path, what):
    assert lab(*what, "--out", str(tmp_path / "new")).returncode == 0
    assert (tmp_path / "new").is_dir()
    (tmp_path / "file").touch()
    for dir, why in ("no/such", "create"), ("file", "write to"):
        out = lab(*what, "--out", str(tmp_path / dir))
        assert out.returncode == 1 and out.stdout == ""
        assert out.stderr.startswith(f"burble: cannot {why} {tmp_path / dir}: "), out.stderr


def test_the_history_of_a_run_is_a_file_where_the_command_line_says_so(tmp_path):
    data = tmp_path / "data"
    out = lab("run", "--data", str(data), "--set", "clients=20", "chat-under-all-of-it")
    assert out.returncode == 0, out.stdout
    assert out.stdout == lab("run", "--set", "clients=20", "chat-under-all-of-it").stdout
    with sqlite3.connect(data / "server.db") as db:
        assert db.execute("SELECT count(*) FROM message").fetchone() == (80,)
    again = lab("run", "--data", str(data), "chat-under-all-of-it")
    assert again.returncode == 1
    assert again.stderr == f"burble: {data} is not empty: a run needs an empty or new directory\n"


def test_a_scenario_writes_nothing_beside_the_directory_it_was_given(tmp_path):
    (tmp_path / "mine.lua").write_text('host("../x"):chat {}\nexpect(true)\n')
    out = lab("run", "--data", str(tmp_path / "data"), str(tmp_path / "mine.lua"))
    assert out.returncode == 0, out.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["data", "mine.lua"]
    assert "___x.db" in [p.name for p in (tmp_path / "data").iterdir()]


def blocks(page):
    """The indented blocks of a page, without their indentation."""
    return ["\n".join(line[4:] for line in block.split("\n")) for block in re.findall(r"(?:^(?: {4}.*)?\n)+", page, re.M)
            if block.strip()]


def untimed(line):
    """A line of a ladder; its time may stand at one that the guide leaves out."""
    return re.sub(r"^\s*(\d+\.\d{6})?\s+", "", line)


def test_the_guide_shows_what_burble_prints(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, listing, session, ladder, failure, *_ = blocks((ROOT / "docs/lab.md").read_text())
    (tmp_path / "mine.lua").write_text(listing.strip() + "\n")
    assert session.strip() == "$ burble lab run mine.lua\n" + lab("run", "mine.lua").stdout.strip()
    drawn = [untimed(line) for line in lab("run", "--ladder", "mine.lua").stdout.splitlines()]
    assert [line for line in ladder.strip("\n").split("\n") if untimed(line) not in drawn] == []
    assert failure.strip() == lab("run", "--set", "probes=9", "mine.lua").stdout.splitlines()[0]


def test_random_runs_are_the_same_for_the_same_seed(tmp_path):
    first, again = (lab("fuzz", "--runs", "150", "--seed", "77", "--out", str(tmp_path)) for _ in range(2))
    assert first.returncode == 0, first.stdout
    packets = re.search(r"^150 runs, 0 failed, from seed 77 on: .*, (\d+) packets$", first.stdout, re.M)
    assert packets and f" {packets.group(1)} packets" in again.stdout
    assert not list(tmp_path.iterdir())


def test_a_plan_is_run_from_its_file_and_becomes_a_scenario_and_a_packet_script(tmp_path):
    plan, scenario, packets = (tmp_path / f"a.{end}" for end in ("plan", "lua", "pkt"))
    plan.write_text("seed 5\nloss link=0 share=50000\nconn id=0 client=0 server=1\nwait id=0 end=1 how=edge\n"
                    "write id=0 end=0 do=send n=20000\n")
    out = lab("fuzz", "--plan", str(plan), "--lua", str(scenario), "--pkt", str(packets))
    assert out.returncode == 0 and re.match(r"pass : \d+ packets, hash [0-9a-f]{16}\n", out.stdout)
    assert out.stdout.splitlines()[-1] == f"    burble pkt {packets}"
    assert subprocess.run([BURBLE, "pkt", packets], capture_output=True, text=True).stdout == "1 passed, 0 failed\n"
    ran = lab("run", "--seed", "5", str(scenario))
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"(\d+) packets", ran.stdout).group(1) == re.search(r"(\d+) packets", out.stdout).group(1)


def test_what_is_no_plan_names_its_line(tmp_path):
    plan = tmp_path / "a.plan"
    plan.write_text("seed 5\nconn id=0 colour=red\n")
    out = lab("fuzz", "--plan", str(plan))
    assert out.returncode == 1 and out.stderr == f"burble: {plan}:2: no row of a plan\n"
