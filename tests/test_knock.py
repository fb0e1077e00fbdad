"""KNOCK: asking for an invitation."""


def test_the_operators_are_told_and_an_invitation_lets_the_user_in(server):
    a, b, c = server.client("ann"), server.client("bob"), server.client("cat")
    a.join("#x")
    c.join("#x")
    a.send("MODE #x +i")
    a.sync()
    b.send("KNOCK #x")
    assert b.expect("711", "bob", "#x").params[-1] == "Your KNOCK has been delivered."
    m = a.expect("710", "#x", "#x")
    assert m.params[2].startswith("bob!") and m.params[3] == "has asked for an invite."
    assert "710" not in [m.command for m in c.sync()], "only operators"
    a.send("INVITE bob #x")
    b.expect("INVITE")
    b.join("#x")


def test_a_channel_with_a_key_or_full_is_closed_too_and_an_open_one_is_not(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    b.send("KNOCK #x", "KNOCK #none")
    b.expect("713", "bob", "#x")
    b.expect("403", "bob", "#none")
    a.send("MODE #x +l 1", "KNOCK #x")
    a.expect("714", "ann", "#x")
    b.send("KNOCK #x")
    b.expect("711", "bob", "#x")
    a.send("JOIN #y", "MODE #y +k key")
    a.sync()
    b.send("KNOCK #y")
    b.expect("711", "bob", "#y")


def test_who_is_banned_may_not_knock(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    a.send("MODE #x +ib bob!*@*")
    a.sync()
    b.send("KNOCK #x")
    b.expect("404", "bob", "#x")
    assert "710" not in [m.command for m in a.sync()]


def test_one_user_knocks_once_and_a_channel_takes_eight_in_a_minute(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    a.send("MODE #x +i")
    a.sync()
    b.send("KNOCK #x", "KNOCK #x")
    b.expect("711")
    assert b.expect("712").params[-1] == "Too many KNOCKs (user)."
    for i in range(7):
        c = server.client(f"c{i}")
        c.send("KNOCK #x")
        c.expect("711")
    last = server.client("last")
    last.send("KNOCK #x")
    assert last.expect("712").params[-1] == "Too many KNOCKs (channel)."


def test_it_is_announced(server):
    a = server.client("ann")
    a.send("VERSION")
    assert any("KNOCK" in m.params for m in a.sync() if m.command == "005")
