"""Registration: PASS NICK USER CAP QUIT ERROR PING PONG, before and after 001."""
import pytest


def test_nick_and_user_register_in_either_order(server):
    c = server.connect()
    c.send("USER u 0 * :Real Name", "NICK late")
    welcome = c.expect("001")
    assert welcome.params[0] == "late" and welcome.params[1].endswith("late!u@127.0.0.1")
    assert [c.message().command for _ in range(3)] == ["002", "003", "004"]


def test_the_burst_ends_with_lusers_and_motd(server):
    c = server.connect()
    c.send("NICK a", "USER a 0 * :a")
    seen = []
    while not seen or seen[-1] not in ("376", "422"):
        seen.append(c.message().command)
    for numeric in ("001", "002", "003", "004", "005", "251", "255"):
        assert numeric in seen


def test_the_letters_of_004_are_those_of_isupport(server):
    a = server.connect()
    a.send("NICK a", "USER a 0 * :a")
    assert "version burble-" in a.expect("002").params[-1]
    _, name, version, of_user, of_channel, with_param = a.expect("004").params
    assert name == "irc.burble.local" and version.startswith("burble-") and set(of_user) == set("BRTZgiosxw")
    tokens = dict(w.partition("=")[::2] for _ in range(3) for w in a.expect("005").params)
    lists, always, when_set, flags = tokens["CHANMODES"].split(",")
    ranks = tokens["PREFIX"][1:].partition(")")[0]
    assert sorted(with_param) == sorted(lists + always + when_set + ranks)
    assert sorted(of_channel) == sorted(with_param + flags)


def test_isupport_tells_what_holds(server):
    c = server.connect()
    c.send("NICK a", "USER a 0 * :a")
    tokens = {}
    while True:
        m = c.message()
        if m.command == "005":
            assert len(m.params) <= 15
            tokens.update(t.partition("=")[::2] for t in m.params[1:-1])
        if m.command in ("376", "422"):
            break
    assert tokens["CASEMAPPING"] == "ascii"
    assert tokens["CHANTYPES"] == "#"
    assert tokens["PREFIX"].startswith("(") and "o" in tokens["PREFIX"]
    assert "WHOX" in tokens and "MONITOR" in tokens and "UTF8ONLY" in tokens
    assert int(tokens["NICKLEN"]) >= 9


def test_commands_before_registration_give_451(server):
    c = server.connect()
    c.send("JOIN #x")
    assert c.expect("451").params[0] == "*"


def test_a_second_user_after_registration_gives_462(server):
    c = server.client("a")
    c.send("USER x 0 * :x")
    c.expect("462")


def test_no_nickname_given_gives_431(server):
    c = server.connect()
    c.send("NICK")
    c.expect("431")


@pytest.mark.parametrize("nick", ["1abc", "a b"[:1] + "!", "a@b", "#a", ":", "a,b", "a*"])
def test_erroneous_nicks_give_432(server, nick):
    c = server.connect()
    c.send(f"NICK :{nick}")
    c.expect("432")


def test_a_nick_in_use_gives_433_whatever_its_case(server):
    server.client("Alice")
    c = server.connect()
    c.send("USER x 0 * :x", "NICK aLICE")
    c.expect("433", "*", "aLICE")
    c.send("NICK other")
    c.expect("001", "other")


def test_changing_only_the_case_of_ones_nick_is_allowed(server):
    a = server.client("alice")
    a.send("NICK ALICE")
    assert a.expect("NICK").params == ["ALICE"]


def test_too_few_parameters_for_user_give_461(server):
    c = server.connect()
    c.send("NICK a", "USER a")
    c.expect("461", None, "USER")


def test_a_password_is_asked_for_when_configured(make_server):
    server = make_server(**{"server.password": "plain:sesame"})
    wrong = server.connect()
    wrong.send("PASS nonsense", "NICK a", "USER a 0 * :a")
    wrong.expect("464")
    wrong.expect_closed()
    right = server.connect()
    right.send("PASS sesame", "NICK a", "USER a 0 * :a")
    right.expect("001")


def test_quit_before_registration_gives_error_and_closes(server):
    c = server.connect()
    c.send("QUIT")
    assert c.expect_closed()[-1].startswith("ERROR :")


def test_ping_is_answered_with_its_token(server):
    c = server.client("a")
    c.send("PING :some token")
    assert c.expect("PONG").params[-1] == "some token"


def test_who_does_not_register_in_time_is_cut(make_server):
    server = make_server(**{"net.registration": "1s"})
    c = server.connect()
    assert c.expect_closed()[-1].startswith("ERROR :")


def test_cap_ls_holds_registration_until_cap_end(server):
    c = server.connect()
    c.send("CAP LS 302", "NICK a", "USER a 0 * :a", "CAP REQ :server-time")
    c.expect("CAP", "*", "LS")
    c.expect("CAP", None, "ACK")
    c.send("CAP END")
    c.expect("001")
    c.send("JOIN #x")
    assert "time" in c.expect("JOIN").tags
