"""Modes j and f: how many may join a channel, and how much one user may say, in a time."""
import accounts


def test_joins_beyond_the_rate_are_refused(server):
    a = server.client("ann")
    a.join("#x")
    a.send("MODE #x +j 2:3600")
    assert a.expect("MODE").params == ["#x", "+j", "2:3600"]
    server.client("bob").join("#x")
    server.client("cat").join("#x")
    d = server.client("dan")
    d.send("JOIN #x")
    assert d.expect("480").params == ["dan", "#x", "Cannot join channel (+j)"]
    a.send("INVITE dan #x")
    d.expect("INVITE")
    d.join("#x")
    e = server.client("eve")
    a.send("MODE #x -j")
    a.sync()
    e.join("#x")


def test_who_says_too_much_is_kicked_by_the_server_and_may_return(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    b.join("#x")
    a.send("MODE #x +f 2:3600")
    a.sync()
    b.send("PRIVMSG #x :1", "NOTICE #x :2", "PRIVMSG #x :3")
    m = b.expect("KICK", "#x", "bob")
    assert m.source == "irc.burble.local" and "more than 2 lines in 3600 seconds" in m.params[2]
    b.expect("404", "bob", "#x")
    a.expect("NOTICE", "#x", "2")
    a.expect("KICK", "#x", "bob")
    assert "PRIVMSG" not in a.commands(), "the line in excess is not delivered"
    b.join("#x")
    b.send("PRIVMSG #x :1")
    a.expect("PRIVMSG", "#x", "1")


def test_with_a_star_the_host_is_banned(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    b.join("#x")
    a.send("MODE #x +f *1:60")
    a.sync()
    b.send("PRIVMSG #x :1", "PRIVMSG #x :2")
    ban = a.expect("MODE", "#x", "+b")
    assert ban.params[2].startswith("*!*@") and ban.source == "irc.burble.local"
    a.expect("KICK", "#x", "bob")
    b.expect("KICK", "#x", "bob")
    b.send("JOIN #x")
    b.expect("474")


def test_operators_are_exempt_and_typing_and_other_channels_do_not_count(server):
    a, b = server.client("ann", ["message-tags"]), server.client("bob", ["message-tags"])
    for c in (a, b):
        c.join("#x")
        c.join("#y")
    a.send("MODE #x +f 1:60", "PRIVMSG #x :1", "PRIVMSG #x :2")
    a.sync()
    b.send("@+typing=active TAGMSG #x", "@+typing=active TAGMSG #x", "PRIVMSG #y :1", "PRIVMSG #y :2", "PRIVMSG #x :1")
    assert "KICK" not in b.commands()
    b.send("@+draft/react=x TAGMSG #x")
    b.expect("KICK", "#x", "bob")


def test_a_multiline_message_counts_its_lines(server):
    a, b = server.client("ann"), server.client("bob", ["draft/multiline", "batch", "message-tags"])
    a.join("#x")
    b.join("#x")
    a.send("MODE #x +f 2:60")
    a.sync()
    b.send("BATCH +1 draft/multiline #x", "@batch=1 PRIVMSG #x :1", "@batch=1 PRIVMSG #x :2", "@batch=1 PRIVMSG #x :3",
           "BATCH -1")
    b.expect("KICK", "#x", "bob")
    assert "PRIVMSG" not in a.commands()


def test_from_outside_it_is_refused(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    a.send("MODE #x -n+f 1:60")
    a.sync()
    b.send("PRIVMSG #x :1", "PRIVMSG #x :2")
    assert b.expect("404").params[-1] == "Cannot send to channel (+f)"


def test_rates_are_checked_and_shown(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    b.join("#x")
    a.sync()
    a.send("MODE #x +j 0:5", "MODE #x +j *5:5", "MODE #x +f x", "MODE #x +f 5", "MODE #x +f")
    assert [m.command for m in a.sync()] == ["696"] * 4
    b.send("MODE #x +j 5:5")
    b.expect("482")
    a.send("MODE #x +jfl 5:6 *7:8 9", "MODE #x")
    a.expect("MODE", "#x", "+jfl", "5:6", "*7:8", "9")
    assert a.expect("324").params[2:] == ["+lfjnt", "9", "*7:8", "5:6"]
    a.send("MODE #x +j 5:6", "MODE #x -f", "MODE #x -f")
    assert [m.params for m in a.sync() if m.command == "MODE"] == [["#x", "-f"]]


def test_a_registered_channel_keeps_its_rates_over_a_restart_and_a_new_name(make_server):
    server = make_server(**accounts.CHEAP)
    a = accounts.new(server, "ann")
    a.join("#x")
    a.send("CS REGISTER #x", "MODE #x +jf 5:6 *7:8", "MODE #x +j 9:9", "MODE #x -f")
    a.sync()
    a.send("MODE #x +f 3:4")
    a.sync()
    a.send("CAP REQ :draft/channel-rename", "RENAME #x #z")
    a.expect("RENAME")
    a.sync()
    assert server.stop() == 0
    server.start()
    a = server.client("bob")
    a.send("MODE #z")
    assert a.expect("324").params[2:] == ["+fjnt", "3:4", "9:9"]
