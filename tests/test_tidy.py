"""tools/tidy: a check that cannot fail checks nothing. Each is given an offence, and the same without it."""
import importlib.machinery
import importlib.util
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def tidy():
    loader = importlib.machinery.SourceFileLoader("tidy", str(ROOT / "tools/tidy"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
    loader.exec_module(module)
    return module


@pytest.fixture
def library(tmp_path):
    """Makes build/src/stack/libstack.a of {object: text}; an object is named as meson names it, folder_file."""
    def make(objects):
        out = tmp_path / "src/stack"
        out.mkdir(parents=True)
        for name, text in objects.items():
            (tmp_path / f"{name}.c").write_text(text)
            subprocess.run(["cc", "-c", f"{name}.c", "-o", f"src/stack/{name}.c.o"], cwd=tmp_path, check=True)
        subprocess.run(["ar", "rc", "libstack.a", *[f"{n}.c.o" for n in objects]], cwd=out, check=True)
        return tmp_path
    return make


ARMS = "void wheel_start(void); void {0}(void); void {0}(void) {{ wheel_start(); }}"


@pytest.mark.parametrize("names, said", [
    (["tcp_tcp_timer"], []),
    (["tcp_tcp_timer", "ip_ndp"], []),
    (["tcp_tcp_timer", "tcp_tcp_close"], ["tcp_close.o must not need wheel_start"]),
    (["tcp_tcp_timer", "tcp_idle_tcp_idle"], ["idle_tcp_idle.o must not need wheel_start"]),
    ([], ["tcp_timer does not need wheel_start"]),
])
def test_a_timer_of_tcp_is_armed_in_one_file(tidy, library, names, said):
    tidy.ONLY = {"stack/tcp": {"wheel_start": ["tcp_timer"]}}
    t = tidy.Tidy()
    tidy.check_only(t, library({n: ARMS.format(n) for n in names} or {"tcp_x": ""}))
    assert len(t.offences) == len(said)
    assert all(want in got for want, got in zip(said, t.offences))


@pytest.mark.parametrize("symbol", ["ip_out", "tcp_xmit", "tcp_xmit_syn", "tcp_output", "wheel_start", "wheel_stop"])
def test_the_stack_is_held_to_it(tidy, symbol):
    assert symbol in tidy.ONLY["stack/tcp"]
