"""`burble sysctl`: the parameters of a running instance."""
import json
import subprocess

import pytest

from irc import BURBLE
from looking import look, needs_root, run, sides  # noqa: F401 (sides is a fixture)

pytestmark = needs_root


def test_parameters_are_read_and_set_as_by_sysctl(sides):  # noqa: F811
    assert look("sysctl", "net.ipv4.tcp_rmem") == "net.ipv4.tcp_rmem = 4096\t131072\t33554432\n"
    assert look("sysctl", "net/ipv4/tcp_sack", "/proc/sys/net/ipv4/tcp_sack") == "net.ipv4.tcp_sack = 1\n" * 2
    assert look("sysctl", "-n", "net.ipv4.tcp_sack") == "1\n" == run("sysctl", "-n", "net.ipv4.tcp_sack").stdout
    assert look("sysctl", "-N", "net.ipv4.tcp_sack") == "net.ipv4.tcp_sack\n"
    assert look("sysctl", "-w", "net.ipv4.tcp_rmem=4096 131072 999999", "net.ipv4.tcp_sack = 0").count("\n") == 2
    assert look("sysctl", "-n", "net.ipv4.tcp_rmem", "net.ipv4.tcp_sack") == "4096\t131072\t999999\n0\n"
    assert look("sysctl", "-q", "net.ipv4.tcp_sack=1") == ""
    everything = dict(line.split(" = ", 1) for line in look("sysctl", "-a").splitlines())
    assert everything["net.ipv4.tcp_sack"] == "1" and len(everything) > 120


def test_json_is_a_line_for_each_parameter(sides):  # noqa: F811
    found = [json.loads(line) for line in look("sysctl", "-a", "--json").splitlines()]
    assert {"name": "net.ipv4.tcp_rmem", "value": "4096\t131072\t33554432"} in found and len(found) > 120


def test_a_parameter_set_has_effect_at_once(sides):  # noqa: F811
    from test_ss import port, rows
    look("sysctl", "-q", "net.ipv4.tcp_window_scaling=0", "net.ipv4.tcp_sack=0")
    c = sides.stack.client("alice")
    found = rows(sides.stack, "-tio")[port(c)][1]
    assert "wscale" not in found and "sack" not in found and "ts" in found


def test_a_parameter_that_does_not_exist_or_fit_is_refused_with_the_reason(sides):  # noqa: F811
    for args, want in ((["net.ipv4.tcp_tw_recycle"], "removed in Linux 4.12"),
                       (["net.ipv4.tcp_tw_recycle=1"], "removed in Linux 4.12"),
                       (["net.ipv4.no_such"], "no such parameter"),
                       (["net.ipv4.tcp_sack=many"], "not one number"),
                       (["net.ipv4.tcp_fin_timeout=-5000000000"], "out of range"),
                       (["-w", "net.ipv4.tcp_sack"], "is not KEY=VALUE"),
                       (["x" * 500 + "=1"], "too long")):
        r = look("sysctl", *args, check=False)
        assert r.returncode == 1 and want in r.stderr and r.stderr.count("\n") == 1 and r.stdout == "", (args, r)
    assert look("sysctl", "-e", "net.ipv4.no_such", check=False).returncode == 0


def test_a_file_is_loaded_line_by_line(sides, tmp_path):  # noqa: F811
    f = tmp_path / "sysctl.conf"
    f.write_text("# comment\n; comment\n\nnet.ipv4.tcp_sack = 0\n-net.ipv4.tcp_tw_recycle = 1\n net/ipv4/tcp_fin_timeout=30 \n")
    assert look("sysctl", "-p", str(f)) == "net.ipv4.tcp_sack = 0\nnet.ipv4.tcp_fin_timeout = 30\n"
    f.write_text("net.ipv4.tcp_sack\n")
    r = look("sysctl", "-p", str(f), check=False)
    assert r.returncode == 1 and str(f) in r.stderr
    r = subprocess.run([BURBLE, "sysctl", "-q", "-p", "-"], input="net.ipv4.tcp_sack=1\n", text=True, capture_output=True)
    assert r.returncode == 0 and look("sysctl", "-n", "net.ipv4.tcp_sack") == "1\n"
    assert look("sysctl", "-p", "/nonexistent", check=False).returncode == 1


@pytest.mark.parametrize("args", ([], ["-a", "net.ipv4.tcp_sack"], ["-X"], ["-p"]))
def test_what_is_wrong_on_the_command_line_exits_2(args):
    r = look("sysctl", *args, check=False)
    assert r.returncode == 2 and r.stdout == "" and r.stderr
