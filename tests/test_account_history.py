"""Private messages and read markers belong to the account, not to the nick."""
import time

import accounts

CAPS = [*accounts.CAPS, "echo-message", "server-time", "draft/chathistory", "batch", "draft/read-marker", "draft/message-redaction"]
DAY = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"
STAMP = time.strftime("timestamp=%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 3600))


def log_in(server, nick, account):
    return accounts.login(server.connect(), nick, account, "correct horse", CAPS)


def say(client, target, text):
    client.send(f"PRIVMSG {target} :{text}")
    return client.expect("PRIVMSG", target, text).tags["msgid"]


def history(client, nick):
    client.send(f"CHATHISTORY LATEST {nick} * 10")
    return [m.params[-1] for m in client.sync() if m.command == "PRIVMSG" and "batch" in m.tags]


def targets(client):
    client.send(f"CHATHISTORY TARGETS {DAY} 10")
    return [m.params[1] for m in client.sync() if m.command == "CHATHISTORY"]


def people(make_server):
    """ann and bob, logged in, who have talked."""
    server = make_server(**accounts.CHEAP, **{"accounts.nick_enforcement": "off"})
    for name in ("ann", "bob"):
        c = accounts.new(server, name)
        c.send("QUIT")
        c.expect_closed()
    a, b = log_in(server, "ann", "ann"), log_in(server, "bob", "bob")
    say(a, "bob", "hi")
    say(b, "ann", "hello")
    return server, a, b


def test_a_conversation_is_found_again_under_another_nick_of_either_side(make_server):
    server, a, b = people(make_server)
    b.send("QUIT")
    b.expect_closed()
    b = log_in(server, "bobby", "bob")
    assert history(b, "ann") == history(a, "bobby") == ["hi", "hello"]
    assert targets(b) == ["ann"] and targets(a) == ["bobby"], "the nick to write to now"
    b.send("QUIT")
    b.expect_closed()
    assert targets(a) == ["bob"] and history(a, "bob") == ["hi", "hello"], "found though nobody has the nick"


def test_who_takes_the_nick_without_the_account_reads_nothing_and_redacts_nothing(make_server):
    server, a, b = people(make_server)
    msgid = say(b, "ann", "secret")
    b.send("QUIT")
    b.expect_closed()
    thief = server.client("bob", CAPS)
    assert history(thief, "ann") == [] and targets(thief) == []
    thief.send(f"REDACT ann {msgid}")
    assert thief.expect("FAIL", "REDACT").params[1] == "UNKNOWN_MSGID"
    say(thief, "ann", "of the thief")
    assert history(thief, "ann") == history(a, "bob") == ["of the thief"]
    again = log_in(server, "bob2", "bob")
    assert history(again, "ann") == ["hi", "hello", "secret"]
    again.send(f"REDACT ann {msgid}")
    again.expect("REDACT", "ann", msgid)
    assert history(again, "ann") == ["hi", "hello"]


def test_a_read_marker_is_the_account_s_and_its_other_clients_are_told(make_server):
    server, a, b = people(make_server)
    other = log_in(server, "ann2", "ann")
    a.send(f"MARKREAD bob {STAMP}")
    a.expect("MARKREAD", "bob", STAMP)
    other.expect("MARKREAD", "bob", STAMP)
    b.send("NICK bobby")
    b.expect("NICK")
    other.send("MARKREAD bobby")
    other.expect("MARKREAD", "bobby", STAMP)
    a.send("QUIT")
    a.expect_closed()
    thief = server.client("ann", CAPS)
    thief.send("MARKREAD bobby")
    thief.expect("MARKREAD", "bobby", "*")
