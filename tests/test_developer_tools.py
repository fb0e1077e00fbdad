"""tools/diff and tools/run-fuzz, without their slow parts."""
import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parent.parent / "tools"


@pytest.fixture
def diff():
    loader = importlib.machinery.SourceFileLoader("diff", str(TOOLS / "diff"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("diff", loader))
    loader.exec_module(module)
    return module


def test_what_differs_at_every_pace_is_a_difference(diff):
    diff.run = lambda world, seed, steps, left_out, pace: f"1: connect = {world}\n"
    assert diff.differs(1, 1, []) == ("", "1: connect = kernel", "1: connect = stack")


def test_a_difference_that_another_pace_moves_or_mends_is_a_timers(diff):
    def run(world, seed, steps, left_out, pace):
        before = world == "stack" or pace >= late  # the kernel's timer is 3 steps of the usual pace late
        return "1: a\n  > S\n2: b\n" if before else "1: a\n2: b\n  > S\n"

    diff.run = run
    for late in (2 * diff.PACES[0], diff.PACES[-1]):
        assert diff.differs(1, 2, []) is None
    late = diff.PACES[-1] + 1
    assert diff.differs(1, 2, []) is not None


def test_where_the_kernel_disagrees_with_itself_is_no_difference(diff):
    calls = []

    def run(world, seed, steps, left_out, pace):
        calls.append(world)
        return f"1: a\n2: {world}\n3: {calls.count(world) if world == 'kernel' else ''}\n"

    diff.run = run
    assert diff.differs(1, 3, []) is None
    assert calls.count("kernel") == 2


def test_a_known_difference_may_name_an_earlier_step_of_the_same_socket(diff):
    known = [{"step": "connect B", "earlier": "SLOT bind A", "kernel": "poll 0", "why": "because"}]
    d = ("2: s1 connect B = 0", "  1: poll 0", "  1: poll 4")
    assert diff.reason(d, "1: s1 bind A = 0", known) == "because"
    assert diff.reason(d, "1: s2 bind A = 0", known) is None
    assert diff.reason(("2: s1 connect C = 0", *d[1:]), "1: s1 bind A = 0", known) is None
    d = ("", "2: s1 connect B = poll 0", "2: s1 connect B = poll 4")  # it is the step's own line that differs
    assert diff.reason(d, "1: s1 bind A = 0", known) == "because"


def test_an_unknown_fuzz_target_is_an_error_that_lists_the_targets():
    r = subprocess.run([TOOLS / "run-fuzz", "60", "line"], capture_output=True, text=True)
    assert r.returncode == 2 and r.stdout == ""
    assert "no target line" in r.stderr and "chat_line" in r.stderr and "wire_udp" in r.stderr


def test_an_architecture_without_a_cross_file_is_an_error_that_names_it():
    r = subprocess.run([TOOLS / "build-other", "vax"], capture_output=True, text=True)
    assert r.returncode == 2 and r.stdout == ""
    assert "tools/cross/vax.ini" in r.stderr
