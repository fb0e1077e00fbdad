"""`burble top`, and the completion of the command line in bash."""
import os
import re
import subprocess

import pytest

from irc import BURBLE, ROOT
from looking import look, needs_root, sides  # noqa: F401 (sides is a fixture)


@needs_root
def test_a_screen_shows_the_connections_and_what_changes(sides):  # noqa: F811
    c = sides.stack.client("alice")
    with subprocess.Popen([BURBLE, "top", "-b", "-d", "1", "-n", "2"], stdout=subprocess.PIPE, text=True) as p:
        while p.poll() is None:
            c.sync()
        text = p.stdout.read()
    assert p.returncode == 0
    assert text.startswith(f"burble top - chat, pid {sides.stack.server.process.pid}, burble ")
    assert text.count("connections  1 established") == 2
    assert re.search(r"^per second   [1-9]\d* segments in, [1-9]\d* out", text, re.M)
    rates = [float(line.split()[2]) for line in text.split("PER SECOND\n")[1].split("\n\n")[0].splitlines()]
    assert len(rates) > 5 and rates == sorted(rates, reverse=True)


@needs_root
def test_it_ends_with_the_instance(sides):  # noqa: F811
    p = subprocess.Popen([BURBLE, "top", "-d", "0.2"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    sides.stack.server.stop()
    said = p.communicate(timeout=20)[1]  # which of them depends on the moment
    assert re.search("no instance is running|the instance does not answer|the instance has ended", said) and p.returncode == 1


@pytest.mark.parametrize("args", (["-d", "0"], ["-d", "x"], ["-n", "0"], ["-n", "x"], ["-X"], ["more"]))
def test_what_is_wrong_on_the_command_line_exits_2(args):
    r = look("top", *args, check=False)
    assert r.returncode == 2 and r.stdout == "" and r.stderr


def complete(words, runtime):
    """What bash would offer for the last word."""
    script = (f"source {ROOT}/contrib/burble.bash; COMP_WORDS=({' '.join(words[:-1])} '{words[-1]}'); COMP_CWORD={len(words) - 1}; "
              "_burble; printf '%s\\n' \"${COMPREPLY[@]}\"")
    env = dict(os.environ, XDG_RUNTIME_DIR=runtime, PATH=f"{os.path.dirname(os.path.abspath(BURBLE))}:{os.environ['PATH']}")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=env).stdout.split()


def test_bash_completes_every_subcommand_and_option(runtime_directory):
    listed = re.findall(r"^  (\w+) ", subprocess.run([BURBLE, "--help"], capture_output=True, text=True).stdout, re.M)
    assert sorted(listed) == sorted(w for w in complete(["burble", ""], runtime_directory) if not w.startswith("-"))
    for name in listed:
        usage = subprocess.run([BURBLE, name, "--help"], capture_output=True, text=True).stdout
        if name in ("chat", "ss", "netstat", "nstat", "sysctl", "top", "dump", "doctor"):
            assert set(re.findall(r"--[a-z-]+", usage)) <= set(complete(["burble", name, "-"], runtime_directory)), name
            letters = "".join(re.findall(r"\[-(\w+)\]", usage))
            assert {f"-{c}" for c in letters} <= set(complete(["burble", name, "-"], runtime_directory)), name
    assert complete(["burble", "ss", "state", "syn-"], runtime_directory) == ["syn-sent", "syn-recv"]


@needs_root
def test_bash_completes_instances_and_parameters(sides, runtime_directory):  # noqa: F811
    assert complete(["burble", "ss", "--name", "c"], runtime_directory) == ["chat"]
    assert "net.ipv4.tcp_sack" in complete(["burble", "sysctl", "net.ipv4.tcp_s"], runtime_directory)
