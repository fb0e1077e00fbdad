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


def test_a_second_server_on_the_same_data_directory_is_refused(server):
    r = subprocess.run([BURBLE, "chat", "--listen", "127.0.0.1:1", "--data", str(server.data)], capture_output=True,
                       text=True, timeout=60)
    assert r.returncode == 1 and str(server.data) in r.stderr
    server.client("still-here").sync()


def test_a_setting_that_is_wrong_is_a_usage_error(tmp_path):
    r = subprocess.run([BURBLE, "chat", "--data", str(tmp_path), "--set", "limits.sendq=many"], capture_output=True,
                       text=True, timeout=60)
    assert r.returncode == 2 and "limits.sendq" in r.stderr


def test_a_user_timeout_that_makes_one_lost_probe_enough_is_warned_of(make_server):
    assert "limit=net.user_timeout" not in make_server().stderr()
    assert "limit=net.user_timeout is=30 needed=75" in make_server(**{"net.user_timeout": "30s"}).stderr()
