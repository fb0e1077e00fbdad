"""`burble help`: man pages where man has them, and what is inside the program."""
import os
import re
import stat
import subprocess

import pytest

from irc import BURBLE, ROOT


def show(*args, path=None):
    env = {**os.environ, "MANPATH": "/nowhere", "PATH": path or os.environ["PATH"]}
    return subprocess.run([BURBLE, "help", *args], capture_output=True, text=True, timeout=30, env=env)


@pytest.fixture
def man(tmp_path):
    """A man that has the pages of man/; it prints its arguments."""
    program = tmp_path / "man"
    program.write_text(f'#!/bin/sh\nfor last; do :; done\n[ -e {ROOT}/man/$last.1 -o -e {ROOT}/man/$last.5 ] || exit 16\necho "man $*"\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{tmp_path}:{os.environ['PATH']}"


def listed():
    return re.findall(r"^  (\w+) ", show().stdout, re.M)


def test_every_subcommand_has_a_man_page_and_help_shows_it(man):
    names = listed()
    assert {"chat", "ss", "help", "scenario", "counters", "control"} <= set(names)
    for name in set(names) - {"version", "control", "counters", "metrics"}:
        r = show(name, path=man)
        assert (r.returncode, r.stdout) == (0, f"man burble-{name}\n"), name


def test_without_man_it_shows_what_is_inside(tmp_path):
    for name in listed():
        r = show(name, path=str(tmp_path))
        assert r.returncode == 0 and r.stdout and r.stderr == "", name
    assert show("ss", path=str(tmp_path)).stdout == subprocess.run([BURBLE, "ss", "--help"], capture_output=True, text=True).stdout
    for topic, document in (("control", "control.md"), ("metrics", "metrics.md"), ("scenario", "lab.md")):
        assert show(topic, path=str(tmp_path)).stdout == (ROOT / "docs" / document).read_text()


def test_every_counter_is_explained():
    names = re.findall(r'"(\w+)"', re.search(r"names\[\] = \{(.*?)\};", (ROOT / "src/stack/mib.c").read_text(), re.S)[1])
    lines = show("counters").stdout.splitlines()
    assert [line.split()[0] for line in lines] == names and all(len(line.split()) > 2 for line in lines)
    assert show("TcpExtListenDrops").stdout == "TcpExtListenDrops: SYNs and final ACKs to listeners dropped, for whatever reason\n"


@pytest.mark.parametrize("args", (["nonsense"], ["ss", "chat"], ["../chat"]))
def test_what_is_no_topic_is_one_line_and_exits_2(args):
    r = show(*args)
    assert r.returncode == 2 and r.stdout == "" and r.stderr.count("\n") == 1
