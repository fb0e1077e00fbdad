"""Private history: without accounts, it belongs to the client that had the nick at the time."""
import pytest

CAPS = ["message-tags", "echo-message", "server-time", "draft/chathistory", "batch"]
DAY = "timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"


def say(client, target, text):
    client.send(f"PRIVMSG {target} :{text}")
    return client.expect("PRIVMSG", target, text).tags["msgid"]


def history(client, words):
    client.send(f"CHATHISTORY {words}")
    return [m.params[-1] for m in client.sync() if m.command == "PRIVMSG" and "batch" in m.tags]


def targets(client):
    client.send(f"CHATHISTORY TARGETS {DAY} 10")
    return [m.params[1] for m in client.sync() if m.command == "CHATHISTORY"]


def test_both_sides_of_a_conversation_read_it(server):
    a, b = server.client("ann", CAPS), server.client("bob", CAPS)
    say(a, "bob", "hi")
    say(b, "ann", "hello")
    assert history(a, "LATEST bob * 10") == history(b, "LATEST ann * 10") == ["hi", "hello"]
    assert targets(a) == ["bob"]


@pytest.mark.parametrize("way", ["registers", "changes its nick"])
def test_who_takes_a_nick_reads_nothing_of_who_had_it_before(server, way):
    a, b = server.client("ann", CAPS), server.client("bob", CAPS)
    msgid = say(a, "bob", "secret")
    b.send("QUIT")
    b.expect_closed()
    if way == "registers":
        thief = server.client("bob", CAPS)
    else:
        thief = server.client("eve", CAPS)
        thief.send("NICK bob")
        thief.expect("NICK")
    for words in ("LATEST ann * 10", f"AROUND ann msgid={msgid} 10", f"AFTER ann {DAY.split()[0]} 10",
                  f"BEFORE ann {DAY.split()[1]} 10", f"BETWEEN ann {DAY} 10"):
        assert history(thief, words) == [], words
    assert targets(thief) == []
    say(a, "bob", "new")
    assert history(thief, "LATEST ann * 10") == ["new"]
    assert targets(thief) == ["ann"]
    assert history(a, "LATEST bob * 10") == ["secret", "new"], "she took part in both"


def test_a_nick_that_was_left_and_taken_again_does_not_show_what_another_said_under_it(server):
    a, b = server.client("ann", CAPS), server.client("bob", CAPS)
    b.send("NICK bobby")
    b.expect("NICK")
    other = server.client("bob", CAPS)
    say(other, "ann", "of the other")
    other.send("QUIT")
    other.expect_closed()
    b.send("NICK bob")
    b.expect("NICK")
    assert history(b, "LATEST ann * 10") == []
    assert history(a, "LATEST bob * 10") == ["of the other"]


def test_another_case_of_the_same_nick_keeps_the_conversation(server):
    a, b = server.client("ann", CAPS), server.client("bob", CAPS)
    say(a, "bob", "hi")
    b.send("NICK BOB")
    b.expect("NICK")
    assert history(b, "LATEST ann * 10") == ["hi"]


def test_where_nicks_are_safe_the_configuration_gives_the_conversation_to_the_nick(make_server):
    server = make_server(**{"history.private_by_nick": "yes"})
    a, b = server.client("ann", CAPS), server.client("bob", CAPS)
    say(a, "bob", "hi")
    b.send("QUIT")
    b.expect_closed()
    again = server.client("bob", CAPS)
    assert history(again, "LATEST ann * 10") == ["hi"]
    assert targets(again) == ["ann"]
