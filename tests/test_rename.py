"""RENAME (IRCv3 draft/channel-rename)."""

CAPS = ["draft/channel-rename"]


def test_members_stay_and_those_without_the_capability_see_part_and_join(server):
    a, b, c = server.client("a", CAPS), server.client("b", CAPS), server.client("c")
    for p in (a, b, c):
        p.join("#old")
    a.send("TOPIC #old :subject")
    for p in (a, b, c):
        p.sync()
    a.send("RENAME #old #new :better name")
    assert a.expect("RENAME").params == ["#old", "#new", "better name"]
    assert b.expect("RENAME", "#old", "#new").source.startswith("a!")
    got = [m for m in c.sync()]
    assert [(m.command, m.nick) for m in got[:2]] == [("PART", "c"), ("JOIN", "c")]
    assert [m.command for m in got[2:]] == ["332", "333", "353", "366"]
    assert {n.lstrip("@") for n in got[4].params[-1].split()} == {"a", "b", "c"}
    c.send("PRIVMSG #new :still here")
    assert a.expect("PRIVMSG").params[0] == "#new"
    c.send("JOIN #old")
    c.expect("366", "c", "#old")
    c.send("PART #new")
    a.expect("PART", "#new")


def test_the_case_of_a_name_may_change(server):
    a = server.client("a", CAPS)
    a.join("#x")
    a.send("RENAME #x #X")
    a.expect("RENAME", "#x", "#X", "")
    a.send("PART #x")
    a.expect("PART", "#X")


def test_who_may_not_rename_and_names_that_cannot_be(server):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    a.join("#x")
    b.send("RENAME #nowhere #y")
    b.expect("403", "b", "#nowhere")
    b.send("RENAME #x #y")
    b.expect("442", "b", "#x")
    b.join("#x")
    b.join("#taken")
    b.send("RENAME #x #y")
    b.expect("482", "b", "#x")
    a.send("RENAME #x #taken", "RENAME #x nohash", "RENAME #x")
    a.expect("FAIL", "RENAME", "CHANNEL_NAME_IN_USE", "#x", "#taken")
    a.expect("FAIL", "RENAME", "CANNOT_RENAME", "#x", "nohash")
    a.expect("461", "a", "RENAME")


def test_a_large_channel_of_clients_that_cannot_follow_keeps_its_name(make_server):
    server = make_server(**{"limits.per_address": 0, "limits.connect_rate": 0, "limits.flood_rate": 0})
    a = server.client("a", CAPS)
    a.join("#x")
    crowd = [server.connect() for _ in range(316)]
    for i, c in enumerate(crowd):
        c.send(f"NICK n{i}", f"USER n{i} 0 * :n", "JOIN #x")
    for c in crowd:
        c.expect("366")
    a.send("RENAME #x #y")
    a.expect("FAIL", "RENAME", "CANNOT_RENAME", "#x", "#y")
    for c in crowd[:2]:
        c.send("PART #x")
        a.expect("PART")
    a.send("RENAME #x #y")
    a.expect("RENAME", "#x", "#y")
    for c in crowd[2:]:
        c.expect("JOIN", "#y")
