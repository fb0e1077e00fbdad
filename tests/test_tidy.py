"""tools/tidy: each check reports an offending file, and accepts the same file without the offence."""
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


def test_a_decision_has_a_number_of_its_own_and_its_title_begins_with_it(tidy, tmp_path, capsys):
    tidy.ROOT = tmp_path
    for name, title in (("0101-a.md", "# 0101: A"), ("0102-b.md", "# B"), ("0102-c.md", "# 0102: C")):
        (tmp_path / name).write_text(f"{title}\n")
    t = tidy.Tidy()
    tidy.check_decisions(t, tmp_path.glob("*.md"))
    t.finish()
    assert capsys.readouterr().out.splitlines() == [
        "0102-b.md:1: the title begins with '# 0102: ' [decisions]",
        "0102-c.md:1: 0102-b.md has this number, too [decisions]"]


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


@pytest.mark.parametrize("second, said", [("run", True), ("walk", False), ("static_run", False)])
def test_a_name_is_defined_by_one_object_file(tidy, library, second, said):
    body = {"run": "void run(void) {}", "walk": "void walk(void) {}", "static_run": "static void run(void) {} void x(void) { run(); }"}
    t = tidy.Tidy()
    tidy.check_twice(t, library({"a_one": "void run(void) {}", "b_two": body[second]}))
    assert [("run is defined by" in o and "[twice]" in o) for o in t.offences] == ([True] if said else [])


TEXT = """
struct a {{ int f; struct a *next; }};
int use(struct a *x, struct a **end);
int use(struct a *x, struct a **end) {{ {0} return x->next != 0; }}
"""


@pytest.mark.parametrize("uses, dead", [
    ("x->f = 1;", True),
    ("x->f += 2; x->f++; ++x->f; if (end) x->f--;", True),
    ("*x = (struct a){.f = 1};", True),
    ("ROW(x->f);", True),
    ("/* x->f */", True),
    ("", True),
    ("end = x->f ? end : 0;", False),
    ("*x->f = 1;", False),
    ("int n = x->f++;", False),
    ("x->f.g = 1;", False),
    ("EXTRA(SO_X, f);", False),
    ("g(offsetof(struct a, f));", False),
])
def test_a_member_that_nothing_reads_is_found(tidy, tmp_path, uses, dead):
    tidy.ROOT = tmp_path
    path = tmp_path / "src/stack/a.c"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT.format(uses))
    t = tidy.Tidy()
    tidy.check_fields(t, {path: tidy.strip_comments(path.read_text())})
    assert t.offences == (["src/stack/a.c:2: nothing reads a.f [field]"] if dead else [])


@pytest.mark.parametrize("reader, dead", [
    ("src/stack/tcp/b.c", False), ("src/stack/tcp/b_test.c", True), ("src/stack/test/b.c", True), ("fuzz/b.c", True)])
def test_a_member_that_only_tests_read_is_found(tidy, tmp_path, reader, dead):
    tidy.ROOT = tmp_path
    header, path = tmp_path / "src/stack/a.h", tmp_path / reader
    for p in (header, path):
        p.parent.mkdir(parents=True, exist_ok=True)
    header.write_text("struct a { int f; };\n")
    path.write_text('#include "stack/a.h"\nint g(struct a *x) { return x->f; }\n')
    t = tidy.Tidy()
    tidy.check_fields(t, {p: p.read_text() for p in (header, path)})
    assert (len(t.offences) == 1) is dead


def test_a_member_is_not_read_by_a_file_that_cannot_see_it(tidy, tmp_path):
    tidy.ROOT = tmp_path
    for name, text in {"a.c": "struct a { int f; };\n", "b.c": "struct b { int f; };\nint g(struct b *x) { return x->f; }\n"}.items():
        path = tmp_path / "src/stack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    t = tidy.Tidy()
    tidy.check_fields(t, {p: p.read_text() for p in tmp_path.glob("src/stack/*.c")})
    assert t.offences == ["src/stack/a.c:1: nothing reads a.f [field]"]


@pytest.mark.parametrize("file, text, dead", [
    ("src/stack/b.c", "int b(void) { return f(); }", False),
    ("src/stack/b.c", "/* f() does it */", True),
    ("src/stack/a_test.c", "int t(void) { return f(); }", True),
    ("src/stack/test/fixture.c", "int t(void) { return f(); }", True),
    ("src/stack/b.c", "static int (*const table[])(void) = {f};", False),
])
def test_a_function_that_only_tests_call_is_found(tidy, tmp_path, file, text, dead):
    tidy.ROOT = tmp_path
    files = {"src/stack/a.h": "int f(void);", "src/stack/a.c": "int f(void) { return 1; }", file: text}
    for name, body in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(body + "\n")
    t = tidy.Tidy()
    tidy.check_used(t, {tmp_path / n: tidy.strip_comments(body) for n, body in files.items()})
    assert len(t.offences) == dead
