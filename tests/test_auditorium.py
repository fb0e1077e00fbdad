"""Modes u (auditorium) and Z (what is refused goes to the operators)."""

PLAYBACK = ["batch", "server-time", "message-tags", "draft/chathistory", "draft/event-playback"]


def seen(c):
    """What a client hears, as "nick COMMAND"."""
    return [f"{m.nick} {m.command}" for m in c.sync()]


def names(c, channel="#x"):
    c.send(f"NAMES {channel}")
    return sorted(" ".join(m.params[-1] for m in c.sync() if m.command == "353").split())


def stage(server, *nicks, caps=()):
    """An operator in #x with +u, and members."""
    op = server.client("op", caps)
    op.join("#x")
    op.send("MODE #x +u")
    op.sync()
    clients = [server.client(n, caps) for n in nicks]
    for c in clients:
        c.join("#x")
    for c in [op, *clients]:
        c.sync()
    return [op, *clients]


def test_members_see_operators_and_themselves_and_operators_see_all(server):
    op, a, b = stage(server, "ann", "bob")
    assert names(op) == ["@op", "ann", "bob"]
    assert names(a) == ["@op", "ann"]
    out = server.client("out")
    assert names(out) == ["@op"]
    a.send("WHO #x")
    assert sorted(m.params[5] for m in a.sync() if m.command == "352") == ["ann", "op"]
    op.send("WHO #x")
    assert len([m for m in op.sync() if m.command == "352"]) == 3
    a.send("WHOIS bob", "WHOIS op")
    assert [m.params[2] for m in a.sync() if m.command == "319"] == ["@#x"]


def test_what_a_member_does_is_shown_to_operators_only(server):
    op, a, b = stage(server, "ann", "bob")
    c = server.client("cat")
    c.join("#x")
    c.send("NICK kit", "PART #x :bye")
    c.sync()
    b.send("QUIT :gone")
    b.expect_closed()
    op.expect("QUIT")
    assert seen(a) == []
    c.send("JOIN #x")
    assert "kit JOIN" in seen(c), "its own join"
    assert seen(op) == ["kit JOIN"]
    op.send("KICK #x kit")
    op.sync()
    assert seen(c) == ["op KICK"] and seen(a) == []


def test_what_an_operator_does_is_shown_to_all(server):
    op, a, b = stage(server, "ann", "bob")
    op.send("MODE #x +o bob")
    op.sync()
    assert seen(a) == ["op MODE"]
    b.send("NICK ben", "PART #x")
    b.sync()
    assert seen(a) == ["bob NICK", "ben PART"]


def test_what_members_say_is_shown_to_all(server):
    op, a, b = stage(server, "ann", "bob")
    b.send("PRIVMSG #x :hello")
    b.sync()
    assert seen(a) == ["bob PRIVMSG"]


def test_an_invisible_user_is_not_found_through_an_auditorium(server):
    op, a, b = stage(server, "ann", "bob")
    b.send("MODE bob +i")
    b.sync()
    a.send("WHO bo?")
    assert "352" not in a.commands()
    op.send("WHO bo?")
    assert "352" in op.commands()


def test_other_channels_that_are_shared_show_the_user_as_ever(server):
    op, a, b = stage(server, "ann", "bob")
    for c in (a, b):
        c.join("#y")
    b.send("NICK ben", "QUIT")
    b.expect_closed()
    a.expect("NICK")
    a.expect("QUIT")


def test_a_changed_host_and_keys_are_not_told_to_other_members(make_server):
    caps = ["draft/metadata-3", "batch"]
    server = make_server(**{"oper.root.password": "plain:pw"})
    op, a, b = stage(server, "ann", "bob", caps=caps)
    for c in (op, a):
        c.send("METADATA * SUB url")
        c.sync()
    b.send("METADATA * SET url :x")
    b.sync()
    assert seen(a) == []
    assert "761" in op.commands()
    op.send("OPER root pw", "CHGHOST bob other.example")
    op.sync()
    assert seen(a) == []
    b.send("METADATA * CLEAR", "METADATA * SET url :y", "PART #x", "JOIN #x")
    b.sync()
    a.send("METADATA #x SYNC", "METADATA * SYNC")
    assert "761" not in a.commands()


def test_hidden_events_are_not_played_back(make_server):
    server = make_server(**{"history.events": "yes"})
    op, a, b = stage(server, "ann", "bob", caps=PLAYBACK)
    b.send("NICK ben", "PRIVMSG #x :hello", "PART #x", "JOIN #x", "QUIT")
    b.expect_closed()
    op.expect("QUIT")
    a.send("CHATHISTORY LATEST #x * 50")
    assert [f"{m.nick} {m.command}" for m in a.sync() if "batch" in m.tags] == ["op JOIN", "op MODE", "ben PRIVMSG"]


def test_what_moderation_and_mutes_keep_back_goes_to_operators(server):
    op, a, b = server.client("op"), server.client("ann"), server.client("bob")
    for c in (op, a, b):
        c.join("#x")
    op.send("MODE #x +bZ m:ann")
    for c in (op, a, b):
        c.sync()
    a.send("PRIVMSG #x :muted")
    b.send("PRIVMSG #x :free")
    assert seen(a) in ([], ["bob PRIVMSG"])
    b.sync()
    op.expect("PRIVMSG", "#x", "muted")
    op.expect("PRIVMSG", "#x", "free")
    assert seen(b) == []
    op.send("MODE #x -b+m m:ann")
    op.sync()
    b.expect("MODE")
    b.send("PRIVMSG #x :moderated", "NOTICE #x :too")
    assert "404" not in b.commands()
    assert seen(op) == ["bob PRIVMSG", "bob NOTICE"]
    op.send("MODE #x -Z")
    op.sync()
    b.expect("MODE")
    b.send("PRIVMSG #x :refused")
    b.expect("404")


def test_other_refusals_stay_and_nobody_speaks_from_outside(server):
    op, a, out = server.client("op"), server.client("ann"), server.client("out")
    for c in (op, a):
        c.join("#x")
    op.send("MODE #x +mZC")
    op.sync()
    a.send("PRIVMSG #x :\1VERSION\1")
    a.expect("404")
    out.send("PRIVMSG #x :hello")
    out.expect("404")
    assert seen(op) == []
