"""All scenarios of `burble lab list`: each holds, under the sanitizers, twice, with another seed, without fast paths."""
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


def test_what_happens_in_a_scenario_is_the_same_without_fast_paths():
    for name in ("chat-under-all-of-it", "client-loses-power"):
        fast, slow = (lab("run", *option, "--json", name, binary=FAST).stdout for option in ([], ["--slow-path"]))
        assert fast and slow == fast


def test_every_scenario_holds_with_another_seed():
    out = lab("run", "--quiet", "--seed", "2", *names(), binary=FAST)
    assert out.returncode == 0, out.stdout


def test_ladders_fit_into_eighty_columns():
    for line in lab("list").stdout.splitlines():
        name, title = line.split(None, 1)
        ladder = lab("run", "--ladder", "--quiet", name, binary=FAST).stdout.split(title + "\n", 1)[1]
        assert max(map(len, ladder.splitlines())) <= 80, name


def test_two_thousand_chat_clients_lose_nothing():
    runs = [lab("run", "--set", "clients=2000", "--seed", "3", "chat-under-all-of-it", binary=FAST) for _ in range(2)]
    assert runs[0].returncode == 0, runs[0].stdout
    assert "8000 messages kept, 8000 receipts" in runs[0].stdout
    assert runs[0].stdout == runs[1].stdout
