"""The command line of `burble chat`: what is asked for goes to stdout, what is wrong to stderr with status 2."""
import os
import subprocess
from pathlib import Path

BURBLE = os.environ.get("BURBLE", str(Path(__file__).resolve().parent.parent / "build/burble"))


def chat(*args):
    return subprocess.run([BURBLE, "chat", *args], capture_output=True, text=True, timeout=20)


def test_help_is_printed_to_stdout_and_is_no_error():
    r = chat("--help")
    assert r.returncode == 0
    assert r.stdout.startswith("usage: burble chat")
    assert r.stderr == ""


def test_an_unknown_option_is_named_and_exits_2():
    r = chat("--bogus")
    assert r.returncode == 2
    assert "--bogus" in r.stderr.splitlines()[0]


def test_an_argument_that_belongs_to_no_option_is_named_and_exits_2():
    r = chat("somewhere")
    assert r.returncode == 2
    assert "'somewhere'" in r.stderr.splitlines()[0]
