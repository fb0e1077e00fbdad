"""Messages of an account, forgotten: HistServ FORGET, and accounts.dropped_messages."""
import sqlite3
import time

import accounts
import pytest

CAPS = [*accounts.CAPS, "echo-message", "batch", "server-time", "draft/chathistory", "message-tags"]


def rows(server):
    """(nick, account, text) of the messages, once no job is left."""
    for _ in range(100):
        server.stop()
        db = sqlite3.connect(server.data / "burble.db")
        left = db.execute("SELECT count(*) FROM forget").fetchone()[0]
        found = [(s.split("!")[0], a, p.split(" :", 1)[1]) for s, a, p in
                 db.execute("SELECT source, account, params FROM message WHERE event = 0 ORDER BY id")]
        db.close()
        if not left:
            return found
        server.start()
        time.sleep(0.1)
    raise AssertionError("the job does not end")


def talk(server):
    ann = accounts.new(server, "ann")
    bob = server.client("bob", CAPS)
    ann.send("JOIN #x")
    bob.join("#x")
    ann.send("PRIVMSG #x :by ann", "PRIVMSG bob :secret")
    bob.expect("PRIVMSG", "bob", "secret")
    bob.send("PRIVMSG ann :answer", "PRIVMSG #x :by bob")
    bob.expect("PRIVMSG", "#x", "by bob")
    ann.sync()
    return ann


def confirm(client, command):
    """Sends a command, and then what it asks to confirm it with."""
    client.send(command)
    lines = [m.params[-1] for m in client.sync() if m.command == "NOTICE"]
    client.send(lines[-1][1:])
    return lines


def test_histserv_forget_deletes_what_the_account_has_said_after_a_code(make_server):
    server = make_server(**accounts.CHEAP)
    ann = talk(server)
    ann.send("HISTSERV FORGET 1")
    assert "for ever" in ann.expect("NOTICE").params[-1]
    ann.sync()
    confirm(ann, "HISTSERV FORGET")
    ann.expect("NOTICE", "ann", "It is being done. Other servers and clients may have copies.")
    assert rows(server) == [("bob", "", "answer"), ("bob", "", "by bob")]


@pytest.mark.parametrize("how, left", [
    ("keep", [("ann", "ann", "by ann"), ("ann", "ann", "secret"), ("bob", "", "answer"), ("bob", "", "by bob")]),
    ("anonymous", [("*", "", "by ann"), ("bob", "", "by bob")]),
    ("delete", [("bob", "", "by bob")])])
def test_of_a_dropped_account_as_configured_and_announced(make_server, how, left):
    server = make_server(**accounts.CHEAP, **{"accounts.dropped_messages": how})
    ann = talk(server)
    told = confirm(ann, "NS DROP ann")
    assert ("deleted" in told[1]) == (how != "keep")
    ann.expect("NOTICE", "ann", "The account ann is dropped.")
    assert rows(server) == left


def test_only_for_those_who_are_logged_in(make_server):
    bob = make_server(**accounts.CHEAP).client("bob")
    bob.send("HISTSERV FORGET", "PRIVMSG HistServ :HELP")
    bob.expect("NOTICE", "bob", "You are not logged in to an account.")
    bob.expect("NOTICE", "bob", "FORGET [code]")
