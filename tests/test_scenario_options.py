"""Scenarios with options: another seed, more clients, drawn as ladders, as JSON without fast paths."""
from laboratory import FAST, lab, names


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
