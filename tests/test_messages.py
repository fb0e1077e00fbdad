"""PRIVMSG NOTICE TAGMSG: recipients, once, in order, with their tags."""


def test_a_channel_line_reaches_every_member_once_and_not_its_sender(server):
    people = [server.client(f"p{i}") for i in range(5)]
    for p in people:
        p.join("#x")
    for p in people:
        p.sync()
    people[0].send("PRIVMSG #x :hello all")
    people[0].sync()
    for p in people[1:]:
        got = [m for m in p.sync() if m.command == "PRIVMSG"]
        assert [m.params for m in got] == [["#x", "hello all"]] and got[0].source.startswith("p0!")
    assert not [m for m in people[0].sync() if m.command == "PRIVMSG"]


def test_lines_keep_their_order(make_server):
    server = make_server(**{"limits.flood_rate": 0})
    a, b = server.client("a"), server.client("b")
    a.join("#x")
    b.join("#x")
    a.raw(b"".join(b"PRIVMSG #x :%d\r\n" % i for i in range(1000)))
    assert [b.expect("PRIVMSG").params[1] for _ in range(1000)] == [str(i) for i in range(1000)]


def test_a_private_message_reaches_its_user_only(server):
    a, b, c = (server.client(n) for n in "abc")
    a.send("PRIVMSG B :psst")
    assert b.expect("PRIVMSG").params[1] == "psst"
    assert not [m for m in c.sync() if m.command == "PRIVMSG"]


def test_errors_of_privmsg(server):
    a = server.client("a")
    a.send("PRIVMSG")
    a.expect("411")
    a.send("PRIVMSG a")
    a.expect("412")
    a.send("PRIVMSG nobody :x")
    a.expect("401", "a", "nobody")
    a.send("PRIVMSG #nowhere :x")
    assert a.message().command in ("401", "403")


def test_a_notice_never_draws_an_error(server):
    a = server.client("a")
    a.send("NOTICE nobody :x", "NOTICE")
    assert a.sync() == []


def test_a_message_to_a_channel_one_is_not_in_gives_404(server):
    a, b = server.client("a"), server.client("b")
    a.join("#x")
    b.send("PRIVMSG #x :from outside")
    b.expect("404", "b", "#x")


def test_echo_message_gives_the_sender_the_same_line_and_msgid(server):
    a = server.client("a", ["echo-message", "message-tags", "server-time"])
    b = server.client("b", ["message-tags", "server-time"])
    a.join("#x")
    b.join("#x")
    a.send("PRIVMSG #x :twice")
    echo, copy = a.expect("PRIVMSG"), b.expect("PRIVMSG")
    assert echo.params == copy.params and echo.tags["msgid"] == copy.tags["msgid"]
    assert echo.tags["time"] == copy.tags["time"]


def test_replies_keep_the_order_of_commands_behind_an_echo(server):
    a = server.client("a", ["echo-message"])
    a.join("#x")
    a.raw(b"PRIVMSG #x :1\r\nPING :2\r\nPRIVMSG #x :3\r\nPRIVMSG #none :4\r\nPING :5\r\n")
    seen = [a.message() for _ in range(5)]
    assert [(m.command, m.params[-1]) for m in seen[:3]] == [("PRIVMSG", "1"), ("PONG", "2"), ("PRIVMSG", "3")]
    assert seen[3].command in ("401", "403", "404") and seen[4].params[-1] == "5"


def test_tagmsg_goes_to_those_who_asked_for_tags(server):
    a = server.client("a", ["message-tags"])
    b = server.client("b", ["message-tags"])
    c = server.client("c")
    for p in (a, b, c):
        p.join("#x")
    a.send("@+typing=active TAGMSG #x")
    assert b.expect("TAGMSG").tags["+typing"] == "active"
    assert not [m for m in c.sync() if m.command == "TAGMSG"]


def test_only_client_only_tags_are_relayed(server):
    a = server.client("a", ["message-tags"])
    b = server.client("b", ["message-tags"])
    a.send("@+mine=1;theirs=2;msgid=forged PRIVMSG b :x")
    tags = b.expect("PRIVMSG").tags
    assert tags["+mine"] == "1" and "theirs" not in tags and tags["msgid"] != "forged"


def test_tag_values_come_as_they_were_escaped(server):
    a = server.client("a", ["message-tags"])
    b = server.client("b", ["message-tags"])
    a.send(r"@+v=a\sb\:c\\d PRIVMSG b :x")
    assert b.expect("PRIVMSG").tags["+v"] == r"a\sb\:c\\d"


def test_several_targets_in_one_command(server):
    a, b, c = (server.client(n) for n in "abc")
    a.send("PRIVMSG b,c :both")
    assert b.expect("PRIVMSG").params[1] == c.expect("PRIVMSG").params[1] == "both"


def test_statusmsg_reaches_operators_only(server):
    a, b = server.client("a"), server.client("b")
    a.join("#x")
    b.join("#x")
    c = server.client("c")
    c.join("#x")
    c.send("PRIVMSG @#x :to the ops")
    assert a.expect("PRIVMSG").params == ["@#x", "to the ops"]
    assert not [m for m in b.sync() if m.command == "PRIVMSG"]


def test_an_away_user_answers_with_301(server):
    a, b = server.client("a"), server.client("b")
    b.send("AWAY :out")
    b.expect("306")
    a.send("PRIVMSG b :x")
    assert a.expect("301").params == ["a", "b", "out"]
    b.send("AWAY")
    b.expect("305")
