"""Several clients of one user."""
import accounts
import pytest

CAPS = [*accounts.CAPS, "echo-message", "batch", "away-notify"]


@pytest.fixture
def server(make_server):
    s = make_server(**accounts.CHEAP)
    c = accounts.new(s, "ann")
    c.send("QUIT")
    c.expect_closed()
    return s


def join_user(server, nick="ann", caps=CAPS):
    """A client that logs in to ann's account; what it was sent after 001."""
    c = accounts.begin(server.connect(), nick, caps)
    accounts.authenticate(c, "PLAIN", accounts.plain("ann", "correct horse"))
    assert accounts.outcome(c) == "903"
    c.send("CAP END")
    c.expect("001", nick)
    return c, c.sync()


def test_a_second_client_gets_the_channels_and_both_get_what_the_user_gets(server):
    first, _ = join_user(server)
    bob = server.client("bob", ["away-notify"])
    first.send("JOIN #x", "TOPIC #x :about")
    bob.join("#x")
    first.sync()
    second, sent = join_user(server)
    assert [m.params[0] for m in sent if m.command == "JOIN"] == ["#x"]
    assert ("332", "about") in [(m.command, m.params[-1]) for m in sent] and "366" in [m.command for m in sent]
    assert bob.sync() == [], "nobody has joined"
    bob.send("PRIVMSG ann :hi", "PRIVMSG #x :all", "NICK rob", "NICK bob")
    for client in (first, second):
        client.expect("PRIVMSG", "ann", "hi")
        client.expect("PRIVMSG", "#x", "all")
        client.expect("NICK", "rob")
    second.send("PRIVMSG bob :of the second", "PRIVMSG #x :to all", "JOIN #y", "NICK ann2")
    first.expect("PRIVMSG", "bob", "of the second")
    first.expect("PRIVMSG", "#x", "to all")
    assert [m.command for m in first.sync()] == ["JOIN", "353", "366", "NICK"]
    assert [m.params[-1] for m in bob.sync() if m.command == "PRIVMSG"] == ["of the second", "to all"]


def test_a_user_quits_with_its_last_client_and_a_kill_ends_all(server, make_server):
    first, _ = join_user(server)
    bob = server.client("bob")
    first.join("#x")
    bob.join("#x")
    second, _ = join_user(server)
    for _ in range(2):
        first.send("QUIT :one")
        first.expect_closed()
        assert bob.sync() == []
        bob.send("PRIVMSG #x :still")
        second.expect("PRIVMSG", "#x", "still")
        first, _ = join_user(server)
        first, second = second, first  # then the one that came first
    first.send("QUIT")
    first.expect_closed()
    second.send("QUIT :the end")
    bob.expect("QUIT", "Quit: the end")


def test_a_user_is_away_while_all_its_clients_are(server):
    first, _ = join_user(server)
    bob = server.client("bob", ["away-notify"])
    first.join("#x")
    bob.join("#x")
    first.send("AWAY :lunch")
    bob.expect("AWAY", "lunch")
    second = accounts.begin(server.connect(), "ann", [*CAPS, "draft/pre-away"])
    second.send("AWAY *")
    second.expect("306")
    accounts.authenticate(second, "PLAIN", accounts.plain("ann", "correct horse"))
    accounts.outcome(second)
    second.send("CAP END")
    second.expect("001")
    second.sync()
    assert bob.sync() == [], "it came without its user"
    third, _ = join_user(server)
    assert bob.expect("AWAY").params == []
    third.send("AWAY :also")
    bob.expect("AWAY", "also")
    third.send("AWAY")
    assert bob.expect("AWAY").params == []
    third.send("QUIT")
    third.expect_closed()
    bob.expect("AWAY")
    bob.send("PRIVMSG ann :hi")
    assert bob.expect("301").params[1] == "ann"


def test_another_account_and_a_wrong_password_do_not_get_the_nick(server):
    first, _ = join_user(server)
    other = accounts.begin(server.connect(), "ann")
    other.send("CAP END")
    other.expect("433")
    wrong = accounts.begin(server.connect(), "ann")
    accounts.authenticate(wrong, "PLAIN", accounts.plain("ann", "guess"))
    assert accounts.outcome(wrong) == "904"
    wrong.send("CAP END")
    wrong.expect("433")
    wrong.send("NICK eve")
    wrong.expect("001", "eve")
    plain = server.connect()
    plain.send("NICK ann", "USER ann 0 * :x")
    plain.expect("433")
    assert first.sync() == []


def test_each_client_watches_for_itself(server):
    first, _ = join_user(server)
    second, _ = join_user(server)
    first.send("MONITOR + bob")
    first.expect("731")
    second.send("MONITOR C")
    second.sync()
    server.client("bob")
    first.expect("730")
    assert second.sync() == []
    first.send("NS SESSIONS")
    assert sum("(this one)" in m.params[-1] for m in first.sync()) == 1


def test_a_client_ends_another_of_its_account(server):
    first, _ = join_user(server)
    second, _ = join_user(server)
    third, _ = join_user(server)
    first.send("NS SESSIONS")
    rows = [m.params[-1] for m in first.sync()]
    assert len(rows) == 3 and sum("(this one)" in row for row in rows) == 1
    other = next(row for row in rows if "(this one)" not in row)
    first.send(f"NS SESSIONS END {other.split(':')[0]}", "NS SESSIONS END 99999", "NS SESSIONS END OTHERS")
    assert [m.params[-1] for m in first.sync()] == ["Ended: 1.", "Ended: 0.", "Ended: 1."]
    second.expect_closed()
    third.expect_closed()
    first.send("NS SESSIONS")
    assert len(first.sync()) == 1
