"""tools/run-tests: report of tests that a machine cannot run."""
import importlib.machinery
import importlib.util
from pathlib import Path

RUN_TESTS = Path(__file__).resolve().parent.parent / "tools/run-tests"

CMOCKA = """[==========] Running 4 test(s).
[ RUN      ] one
[       OK ] one
[ RUN      ] two
not as root:
no TUN device
[  SKIPPED ] two
[ RUN      ] three
[  SKIPPED ] three
[ RUN      ] four
a word
[       OK ] four
[==========] 4 test(s) run.
[  PASSED  ] 2 test(s).
[  SKIPPED ] 2 test(s), listed below:
[  SKIPPED ] two
[  SKIPPED ] three
"""


def load():
    loader = importlib.machinery.SourceFileLoader("run_tests", str(RUN_TESTS))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
    loader.exec_module(module)
    return module


def test_each_skipped_cmocka_test_counts_once_and_gives_its_reason():
    assert load().cmocka_skips(CMOCKA) == [("two", "not as root: no TUN device"), ("three", "no reason given")]
