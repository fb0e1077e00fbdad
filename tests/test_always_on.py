"""Always-on users: present without a connection."""
import sqlite3

import accounts
import pytest

CAPS = [*accounts.CAPS, "echo-message", "batch", "server-time"]
MODERN = [*CAPS, "draft/chathistory"]
DAY = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"


def log_in(server, nick="ann", caps=CAPS, shown="ann"):
    """A client that logs in to ann's account; what it was sent after 001."""
    c = accounts.begin(server.connect(), nick, caps)
    accounts.authenticate(c, "PLAIN", accounts.plain("ann", "correct horse"))
    assert accounts.outcome(c) == "903"
    c.send("CAP END")
    c.expect("001", shown)
    return c, c.sync()


def leave(client):
    client.send("QUIT")
    client.expect_closed()


@pytest.fixture
def server(make_server):
    """A server with ann, who is always-on, operator of #x and now without a client, and bob there."""
    s = make_server(**accounts.CHEAP, **{"oper.root.password": "plain:secret"})
    ann = accounts.new(s, "ann")
    ann.send("JOIN #x", "JOIN #left", "PART #left", "NS SET ALWAYS-ON on")
    ann.expect("NOTICE", "ann", "You stay here, in your channels, when your last client leaves.")
    s.bob = s.client("bob", ["away-notify"])
    s.bob.join("#x")
    leave(ann)
    assert s.bob.expect("AWAY").params == ["Not connected"]
    return s


def test_she_stays_away_and_later_gets_what_was_written_to_her(server):
    bob = server.bob
    bob.send("PRIVMSG ann :hi", "PRIVMSG #x :all", "WHOIS ann", "NAMES #x")
    assert bob.expect("301").params[1:] == ["ann", "Not connected"]
    bob.expect("319", None, "ann", "@#x")
    assert "@ann" in bob.expect("353").params[-1]
    ann, sent = log_in(server, "other", MODERN)
    assert [m.params[0] for m in sent if m.command == "JOIN"] == ["#x"] and "PRIVMSG" not in [m.command for m in sent]
    assert bob.expect("AWAY").params == []
    ann.send(f"CHATHISTORY TARGETS {DAY} 10", "CHATHISTORY LATEST bob * 10")
    answer = ann.sync()
    assert sorted(m.params[1] for m in answer if m.command == "CHATHISTORY") == ["#x", "bob"]
    assert [m.params[-1] for m in answer if m.command == "PRIVMSG"] == ["hi"]


def test_a_client_that_cannot_ask_is_shown_what_was_missed_once(server):
    server.bob.send("PRIVMSG ann :hi", "PRIVMSG #x :all")
    server.bob.sync()
    ann, sent = log_in(server)
    sent += ann.sync()  # private messages wait for the store
    assert [(m.params[0], m.params[1]) for m in sent if m.command == "PRIVMSG"] == [("#x", "all"), ("ann", "hi")]
    leave(ann)
    ann, sent = log_in(server, caps=["sasl"])
    assert "PRIVMSG" not in [m.command for m in sent + ann.sync()]
    leave(ann)
    server.bob.send("PRIVMSG ann :more", "PRIVMSG #x :to all")
    server.bob.sync()
    ann, sent = log_in(server, caps=["sasl"])
    sent += ann.sync()
    assert [m.params[1] for m in sent if m.command == "PRIVMSG"] == ["more"], "without server-time only private ones"
    assert "the last at" in sent[-1].params[-1]


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_she_is_there_again_after_a_restart(server, way):
    ann, _ = log_in(server)
    ann.send("AWAY :back tomorrow", "NICK anna", "JOIN #y", "MODE #x +v bob", "PRIVMSG #y :kept")
    ann.expect("PRIVMSG", "#y", "kept")  # the receipt: all before it is on the disk
    server.bob.sync()
    server.close_clients()
    getattr(server, way)()
    server.start()
    bob = server.client("bob")
    bob.send("JOIN #x", "WHOIS anna", "PRIVMSG anna :you there?")
    bob.expect("353", "bob", "=", "#x", "bob @anna")
    assert sorted(bob.expect("319", None, "anna").params[-1].split()) == ["@#x", "@#y"]
    assert bob.expect("301").params[1:] == ["anna", "back tomorrow"]
    ann, sent = log_in(server, shown="anna")
    assert sorted(m.params[0] for m in sent if m.command == "JOIN") == ["#x", "#y"]
    assert ("PRIVMSG", "you there?") in [(m.command, m.params[-1]) for m in sent + ann.sync()]


def test_turned_off_she_quits_with_her_last_client_and_no_record_is_left(server):
    bob = server.bob
    ann, _ = log_in(server)
    ann.send("NS SET ALWAYS-ON off")
    ann.expect("NOTICE", "ann", "You quit when your last client leaves.")
    leave(ann)
    bob.expect("QUIT")
    server.close_clients()
    server.stop()
    server.start()
    ann, sent = log_in(server)
    assert "JOIN" not in [m.command for m in sent], "she begins anew"


@pytest.mark.parametrize("end", ["KILL ann :enough", "KLINE ann@* :enough"])
def test_an_operator_ends_her_while_she_has_no_client(server, end):
    root = server.client("root")
    root.send("OPER root secret")
    root.expect("381")
    root.send(end)
    assert server.bob.expect("QUIT").nick == "ann"
    root.send("ISON ann")
    assert root.expect("303").params[-1] == ""


def test_only_the_account_may_join_her_and_her_nick_stays_hers(server):
    thief = accounts.begin(server.connect(), "ann")
    thief.send("CAP END")
    thief.expect("433")
    thief.send("NICK eve")
    thief.expect("001")
    thief.send("NICK ann")
    thief.expect("433")
    assert server.bob.sync() == []


def modes_of(client, channel):
    client.send(f"MODE {channel}")
    return client.expect("324").params[2:]


@pytest.mark.parametrize("way", ["stop", "kill"])
def test_modes_topic_and_masks_of_a_channel_with_only_her_are_there_after_a_restart(server, way):
    ann, _ = log_in(server)
    server.bob.send("PART #x")
    ann.send("MODE #x +ik-t secret", "MODE #x +l 7", "MODE #x +b *!*@bad.example", "TOPIC #x :of old", "PRIVMSG #x :before")
    ann.sync()
    leave(ann)
    if way == "kill":
        server.kill()
    else:
        server.stop()
    server.start()
    eve = server.client("eve")
    eve.send("JOIN #x")
    eve.expect("473", "eve", "#x")
    ann, sent = log_in(server, caps=MODERN)
    assert [m.params[-1] for m in sent if m.command == "332"] == ["of old"]
    assert sorted(modes_of(ann, "#x")[0]) == sorted("+ikln") and modes_of(ann, "#x")[1:] == ["secret", "7"]
    ann.send("MODE #x b", "NAMES #x", "CHATHISTORY LATEST #x * 10")
    assert ann.expect("367").params[2] == "*!*@bad.example"
    assert "@ann" in ann.expect("353").params[-1]
    ann.expect("PRIVMSG", "#x", "before")


def channel_rows(server):
    db = sqlite3.connect(server.data / "burble.db")
    try:
        return [r[0] for r in db.execute("SELECT folded FROM channel UNION ALL SELECT channel FROM channel_mask")]
    finally:
        db.close()


def test_a_channel_she_leaves_or_that_she_is_no_longer_kept_in_is_not_kept(server):
    ann, _ = log_in(server)
    ann.send("JOIN #y", "MODE #y +b *!*@bad.example", "JOIN #z", "JOIN #w", "PART #y")
    server.bob.send("JOIN #w")
    ann.sync()
    server.bob.sync()
    server.stop()
    assert sorted(channel_rows(server)) == ["#w", "#x", "#z"]
    server.start()
    ann, _ = log_in(server)
    ann.send("NS SET ALWAYS-ON off", "MODE #x +i")
    ann.sync()
    leave(ann)
    server.stop()
    assert channel_rows(server) == []
    server.start()
    server.client("bob").join("#x")


def test_a_renamed_channel_is_kept_under_its_new_name(server):
    ann, _ = log_in(server, caps=[*MODERN, "draft/channel-rename"])
    ann.send("MODE #x +ib *!*@bad.example", "RENAME #x #new")
    ann.expect("RENAME")
    ann.sync()
    server.stop()
    assert channel_rows(server) == ["#new", "#new"]


def test_a_channel_no_longer_registered_stays_hers(server):
    ann, _ = log_in(server)
    ann.send("CS REGISTER #x")
    ann.sync()
    ann.send("CS DROP #x")
    command = next(m.params[-1] for m in ann.sync() if m.command == "NOTICE" and "/CS DROP #x" in m.params[-1])
    ann.send(command[1:], "MODE #x +i")
    ann.expect("NOTICE", "ann", "#x is not registered any more.")
    ann.sync()
    leave(ann)
    server.stop()
    server.start()
    eve = server.client("eve")
    eve.send("JOIN #x")
    eve.expect("473", "eve", "#x")
