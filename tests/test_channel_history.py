"""ChanServ SET HISTORY: whether a channel has a history, and for how long. (What is deleted when: store_channel_age_test.c.)"""
import sqlite3

import pytest

from accounts import CAPS, CHEAP, login, new
from test_chanserv import told

READS = [*CAPS, "draft/chathistory", "batch", "server-time", "echo-message", "soju.im/search", "draft/message-redaction"]


def start(make_server, **config):
    return make_server(**{**CHEAP, "oper.boss.password": "plain:boss", **config})


def user(server, nick="ann"):
    """A user with an account who reads histories, in #x."""
    new(server, nick).send("QUIT")
    return back(server, nick)


def back(server, nick="ann"):
    c = login(server.connect(), nick, nick, "correct horse", READS)
    c.join("#x")
    return c


def say(client, text, channel="#x"):
    client.send(f"PRIVMSG {channel} :{text}")
    return client.expect("PRIVMSG", channel, text)


def asked(client, command):
    client.send(command)
    return [m.params[1] for m in client.sync() if m.command == "PRIVMSG"]


def past(client, channel="#x"):
    return asked(client, f"CHATHISTORY LATEST {channel} * 50")


def test_off_keeps_nothing_and_shows_nothing(make_server):
    server = start(make_server)
    ann = user(server)
    told(ann, "REGISTER #x")
    say(ann, "before")
    assert past(ann) == ["before"]
    assert "#x has as history: off" in told(ann, "SET #x HISTORY off")
    said = say(ann, "meanwhile")
    assert past(ann) == [] and asked(ann, "SEARCH in=#x") == [] and asked(ann, "SEARCH text=before") == []
    ann.send("CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2999-01-01T00:00:00.000Z 10")
    assert "#x" not in [p for m in ann.sync() for p in m.params]
    ann.send(f"REDACT #x {said.tags['msgid']}")
    ann.expect("FAIL", "REDACT", "UNKNOWN_MSGID")
    plain = server.client("plain", ["server-time"])
    plain.send("JOIN #x")
    assert not [m for m in plain.sync() if m.command == "PRIVMSG"], "at a JOIN"
    told(ann, "SET #x HISTORY on")
    say(ann, "after")
    assert past(ann) == ["after"], "what off has hidden stays hidden"


def test_off_is_kept_over_a_restart_and_a_rename(make_server):
    server = start(make_server)
    ann = user(server)
    told(ann, "REGISTER #x")
    say(ann, "before")
    told(ann, "SET #x HISTORY off")
    server.kill()
    server.start()
    ann = back(server)
    assert "History: off" in told(ann, "INFO #x")
    say(ann, "meanwhile")
    assert past(ann) == []
    ann.send("RENAME #x #y")
    ann.sync()
    told(ann, "SET #y HISTORY 7")
    server.stop()
    server.start()
    ann = back(server)
    ann.join("#y")
    assert "History: 7 days" in told(ann, "INFO #y") and past(ann, "#y") == []
    told(ann, "SET #y HISTORY default")
    assert "History: default (on)" in told(ann, "INFO #y")
    server.stop()
    db = sqlite3.connect(server.data / "burble.db")
    assert db.execute("SELECT count(*) FROM channel_mask").fetchone() == (0,)


def test_a_dropped_registration_does_not_show_what_was_hidden(make_server):
    server = start(make_server)
    ann = user(server)
    told(ann, "REGISTER #x")
    say(ann, "before")
    told(ann, "SET #x HISTORY off")
    told(ann, told(ann, "DROP #x").splitlines()[-1].removeprefix("/CS "))
    say(ann, "after")
    assert past(ann) == ["after"]


def test_opt_in_keeps_only_what_a_founder_wants(make_server):
    server = start(make_server, **{"history.channels": "opt-in", "history.events": "yes"})
    ann = user(server)
    say(ann, "not registered")
    assert past(ann) == []
    told(ann, "REGISTER #x")
    assert "History: default (off)" in told(ann, "INFO #x")
    say(ann, "not chosen")
    told(ann, "SET #x HISTORY on")
    say(ann, "chosen")
    assert past(ann) == ["chosen"]
    ann.send("PRIVMSG ann :to myself")
    ann.sync()
    assert asked(ann, "CHATHISTORY LATEST ann * 5") == ["to myself"], "conversations are not the channels'"


def test_what_a_channel_does_not_keep_is_not_in_the_file(make_server):
    server = make_server(**{**CHEAP, "history.channels": "opt-in", "history.events": "yes"})
    ann = user(server)
    told(ann, "REGISTER #x")
    say(ann, "not kept")
    ann.send("TOPIC #x :not kept either", "@+draft/react=x TAGMSG #x", "MODE #x +m")
    server.client("bob").join("#x")
    ann.sync()
    server.stop()
    db = sqlite3.connect(server.data / "burble.db")
    assert db.execute("SELECT command, params FROM message").fetchall() == []


def test_a_founder_may_shorten_what_the_server_keeps_not_lengthen_it(make_server):
    server = start(make_server, **{"history.max_age": "30d"})
    ann = user(server)
    told(ann, "REGISTER #x")
    assert "30 days at most" in told(ann, "SET #x HISTORY 31")
    assert "has as history: 30 days" in told(ann, "SET #x HISTORY 30")
    for wrong in ("0", "-1", "7x", "99999999999999999999", "maybe"):
        assert "Usage" in told(ann, f"SET #x HISTORY {wrong}"), wrong
    assert "Usage" in told(ann, "SET #x COLOUR on") and "Usage" in told(ann, "SET #x HISTORY")
    assert "History: 30 days" in told(ann, "INFO #x")


def test_only_the_founder_and_operators_choose(make_server):
    server = start(make_server)
    ann = user(server)
    told(ann, "REGISTER #x")
    bob = user(server, "bob")
    assert "Only its founder" in told(bob, "SET #x HISTORY off")
    bob.send("OPER boss boss")
    bob.expect("381")
    assert "has as history: off" in told(bob, "SET #x HISTORY off")
    assert "oper.override" in server.stderr() and "channel.history" in server.stderr()


def test_without_a_history_there_is_no_choice(make_server):
    server = start(make_server, **{"history.enabled": "no"})
    ann = new(server, "ann")
    ann.join("#x")
    told(ann, "REGISTER #x")
    assert "keeps no history" in told(ann, "SET #x HISTORY on") and "History" not in told(ann, "INFO #x")


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_days_are_kept_over_a_restart(make_server, how):
    server = start(make_server)
    ann = user(server)
    told(ann, "REGISTER #x")
    told(ann, "SET #x HISTORY 3")
    getattr(server, how)()
    server.start()
    assert "History: 3 days" in told(back(server), "INFO #x")
