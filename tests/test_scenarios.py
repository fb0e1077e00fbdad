"""All scenarios of `burble lab list`: each holds, under the sanitizers, and prints the same again, and without fast paths."""
import pytest

from laboratory import FAST, lab, names


@pytest.fixture(scope="module")
def release():
    """What the release build prints of all scenarios, in another country."""
    return lab("run", *names(), binary=FAST, LC_ALL="de_DE.UTF-8", TZ="Asia/Tokyo", HOME="/").stdout


def test_every_scenario_holds_and_twice_with_the_same_bytes(release):
    first = lab("run", *names())
    assert first.returncode == 0, first.stdout
    assert first.stdout == release
    assert first.stdout.endswith(f"{len(names())} passed, 0 failed\n")


def test_every_scenario_prints_the_same_without_fast_paths(release):
    slow = lab("run", "--slow-path", *names(), binary=FAST)
    assert slow.returncode == 0, slow.stdout
    assert slow.stdout == release
