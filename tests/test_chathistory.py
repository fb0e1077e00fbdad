"""What was said before: CHATHISTORY for clients that ask, the last lines at a JOIN for those that cannot."""


def said(lines):
    return [(m.nick, m.params[-1]) for m in lines if m.command in ("PRIVMSG", "NOTICE")]


def talk(server, *texts):
    a = server.client("ann", caps=["echo-message"])
    a.join("#x")
    for text in texts:
        a.send(f"PRIVMSG #x :{text}")
        a.expect("PRIVMSG", "#x", text)
    return a


def test_a_client_with_server_time_is_shown_the_last_messages_when_it_joins(server):
    a = talk(server, "one", "two")
    b = server.client("bob", caps=["server-time"])
    lines = b.join("#x")
    assert said(lines) == [("ann", "one"), ("ann", "two")]
    assert all(m.tags["time"] for m in lines if m.command == "PRIVMSG")
    names = [i for i, m in enumerate(lines) if m.command == "366"]
    assert names[0] < [m.command for m in lines].index("PRIVMSG"), "the names come first"
    a.send("PRIVMSG #x :three")
    assert b.expect("PRIVMSG").params[-1] == "three"


def test_what_a_join_shows_is_in_a_batch_for_clients_that_know_batches(server):
    talk(server, "one")
    b = server.client("bob", caps=["server-time", "batch"])
    lines = b.join("#x")
    start = next(m for m in lines if m.command == "BATCH")
    assert start.params[1:] == ["chathistory", "#x"]
    old = next(m for m in lines if m.command == "PRIVMSG")
    assert old.tags["batch"] == start.params[0].lstrip("+")


def test_a_join_shows_as_many_messages_as_configured_and_the_newest_of_them(make_server):
    server = make_server(**{"history.on_join": 2})
    talk(server, "one", "two", "three")
    assert said(server.client("bob", caps=["server-time"]).join("#x")) == [("ann", "two"), ("ann", "three")]


def test_a_join_shows_nothing_without_server_time_nor_with_chathistory_nor_when_switched_off(make_server):
    server = make_server()
    talk(server, "one")
    assert said(server.client("bob").join("#x")) == []
    assert said(server.client("eve", caps=["server-time", "draft/chathistory", "batch"]).join("#x")) == []
    server = make_server(**{"history.on_join": 0})
    talk(server, "one")
    assert said(server.client("bob", caps=["server-time"]).join("#x")) == []


def test_a_join_without_history_says_nothing_about_it(server):
    lines = server.client("bob", caps=["server-time", "batch"]).join("#new")
    assert {m.command for m in lines} <= {"353", "366", "MODE"}


def test_latest_before_after_around_and_between_give_what_they_name(server):
    a = talk(server, *(f"m{i}" for i in range(10)))
    b = server.client("bob", caps=["server-time", "message-tags", "batch", "draft/chathistory"])
    b.join("#x")
    b.send("CHATHISTORY LATEST #x * 10")
    b.expect("BATCH")
    lines = b.sync()
    ids = {m.params[-1]: m.tags["msgid"] for m in lines if m.command == "PRIVMSG"}
    assert list(ids) == [f"m{i}" for i in range(10)]

    def ask(words):
        b.send("CHATHISTORY " + words)
        return [text for _, text in said(b.sync())]

    assert ask("LATEST #x * 3") == ["m7", "m8", "m9"]
    assert ask(f"LATEST #x msgid={ids['m7']} 10") == ["m8", "m9"]
    assert ask(f"BEFORE #x msgid={ids['m3']} 2") == ["m1", "m2"]
    assert ask(f"AFTER #x msgid={ids['m3']} 2") == ["m4", "m5"]
    assert ask(f"AROUND #x msgid={ids['m5']} 3") == ["m4", "m5", "m6"]
    assert ask(f"BETWEEN #x msgid={ids['m2']} msgid={ids['m6']} 10") == ["m3", "m4", "m5"]
    a.send("PART #x")


def test_history_of_a_channel_is_for_its_members(server):
    talk(server, "one")
    b = server.client("bob", caps=["standard-replies"])
    b.send("CHATHISTORY LATEST #x * 10")
    assert b.expect("FAIL", "CHATHISTORY").params[1] == "INVALID_TARGET"
