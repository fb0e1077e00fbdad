"""CHGHOST: an operator changes the visible host of a user (IRCv3 chghost)."""
import pytest

CAPS = ["chghost"]


@pytest.fixture
def opered(make_server):
    return make_server(**{"oper.boss.password": "plain:secret"})


def oper(server, caps=()):
    c = server.client("boss", caps)
    c.send("OPER boss secret")
    c.expect("381")
    c.sync()
    return c


def lines(client):
    return [m.line for m in client.sync()]


def test_who_knows_chghost_is_told_and_who_does_not_sees_a_cycle(opered):
    boss, ann = oper(opered), opered.client("ann", CAPS)
    new, old = opered.client("new", CAPS), opered.client("old")
    extended = opered.client("extended", ["extended-join", "away-notify"])
    stranger = opered.client("stranger", CAPS)
    for channel in ("#x", "#y"):
        for c in (ann, new, old, extended):
            c.join(channel)
    ann.send("MODE #y +v ann", "AWAY :lunch")
    for c in (ann, new, old, extended):
        c.sync()
    boss.send("CHGHOST ann staff.example.org")
    assert "ann is now staff.example.org" in boss.sync()[-1].params[-1]
    change = ":ann!ann@127.0.0.1 CHGHOST ann staff.example.org"
    server = "irc.burble.local"
    assert lines(ann) == [change, f":{server} 396 ann staff.example.org :is now your visible host"]
    assert lines(new) == [change]
    assert lines(stranger) == []
    mask = ":ann!ann@staff.example.org"
    seen = lines(old)
    assert seen[0] == ":ann!ann@127.0.0.1 QUIT :Changing host"
    cycles = {"#x": [f"{mask} JOIN #x", f":{server} MODE #x +o ann"],
              "#y": [f"{mask} JOIN #y", f":{server} MODE #y +ov ann ann"]}
    assert seen[1:] in (cycles["#x"] + cycles["#y"], cycles["#y"] + cycles["#x"])
    seen = lines(extended)
    assert f"{mask} JOIN #x * :Real ann" in seen and f"{mask} JOIN #x" not in seen
    assert seen.count(f"{mask} AWAY :lunch") == 2
    old.send("WHOIS ann")
    assert old.expect("311").params[3] == "staff.example.org"
    assert "338" not in old.commands()
    boss.send("WHOIS ann")
    assert boss.expect("338").params[2] == "127.0.0.1"


def test_who_does_not_know_chghost_is_never_told_that_he_quit(opered):
    boss, ann = oper(opered), opered.client("ann")
    ann.join("#x")
    boss.send("CHGHOST ann staff.example.org")
    boss.sync()
    assert ann.commands() == ["396"]
    ann.send("PRIVMSG ann :x")
    assert ann.expect("PRIVMSG").source == "ann!ann@staff.example.org"


def test_an_operator_changes_his_own_host_and_a_watcher_learns_of_it(opered):
    boss = oper(opered, [*CAPS, "labeled-response", "batch"])
    eye = opered.client("eye", [*CAPS, "extended-monitor"])
    eye.send("MONITOR + boss")
    eye.sync()
    boss.send("@label=7 CHGHOST boss my/cloak")
    start, change, now, end = boss.sync()
    assert start.tags["label"] == "7" and change.command == "CHGHOST" and now.command == "396"
    assert lines(eye) == [":boss!boss@127.0.0.1 CHGHOST boss my/cloak"]
    boss.send("CHGHOST boss my/cloak")
    assert boss.expect("WARN").params[:2] == ["CHGHOST", "ALREADY_SET"]
    boss.send("CHGHOST boss 127.0.0.1")
    assert boss.expect("CHGHOST").params == ["boss", "127.0.0.1"]


@pytest.mark.parametrize("host", [
    "a@b", "a!b", "a*b", "a?b", ":", "-a", "é", "a,b", "1.2.3.4", "10.0.0.0/8", "0::1", "x" * 64, "a\x01b"])
def test_a_host_that_would_mislead_is_refused(opered, host):
    boss, ann = oper(opered), opered.client("ann")
    boss.send(f"CHGHOST ann {host}" if host != ":" else "CHGHOST ann :")
    assert boss.expect("FAIL").params[:3] == ["CHGHOST", "INVALID_HOST", "ann"]
    assert ann.commands() == []


def test_it_is_for_operators_and_for_nicks_that_are_here(opered):
    boss, ann = oper(opered), opered.client("ann")
    ann.send("CHGHOST ann staff.example.org")
    assert ann.commands() == ["481"]
    boss.send("CHGHOST nobody staff.example.org", "CHGHOST ann")
    assert boss.commands() == ["401", "461"]
    boss.send("HELP CHGHOST")
    assert "CHGHOST nick host" in boss.expect("704").params[-1]


def test_bans_of_channels_look_at_the_new_host(opered):
    boss, ann, op = oper(opered), opered.client("ann"), opered.client("op")
    op.join("#x")
    op.send("MODE #x +b *!*@staff.example.org")
    op.sync()
    boss.send("CHGHOST ann staff.example.org")
    boss.sync()
    ann.send("JOIN #x")
    ann.expect("474")
    boss.send("CHGHOST ann 127.0.0.1")
    boss.sync()
    ann.join("#x")


@pytest.mark.parametrize("ban", [
    "KLINE ann :out", "KLINE ann@127.0.* :out", "KLINE ann@staff.example.org :out", "DLINE 127.0.0.9 :out"])
def test_a_new_host_hides_nobody_from_bans_of_the_server(opered, ban):
    boss, ann = oper(opered), opered.client("ann", source="127.0.0.9")
    boss.send("CHGHOST ann staff.example.org")
    boss.sync()
    boss.send(ban)
    assert "out" in ann.expect_closed()[-1]


def test_a_host_that_was_given_opens_no_oper_block(make_server):
    server = make_server(**{"oper.boss.password": "plain:secret", "oper.inner.password": "plain:secret",
                            "oper.inner.hosts": "*@staff.example.org"})
    boss, ann = oper(server), server.client("ann")
    boss.send("CHGHOST ann staff.example.org")
    boss.sync()
    ann.sync()
    ann.send("OPER inner secret")
    assert ann.commands() == ["491"]
