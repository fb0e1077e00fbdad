"""SILENCE, and caller-id (mode g, ACCEPT): whom a user does not hear."""
import accounts


def text(c):
    return [m.params[-1] for m in c.sync() if m.command in ("PRIVMSG", "NOTICE", "INVITE")]


def test_the_lists_are_announced(server):
    a = server.client("ann")
    a.send("VERSION")
    tokens = [p for m in a.sync() if m.command == "005" for p in m.params]
    assert {"SILENCE=32", "ACCEPT=32", "CALLERID=g"} <= set(tokens)


def test_who_is_silenced_is_not_heard_and_does_not_notice(server):
    a = server.client("ann")
    b = server.client("bob", ["echo-message", "message-tags"])
    a.send("SILENCE +BOB")
    assert a.expect("SILENCE").params == ["+BOB!*@*"]
    b.send("PRIVMSG ann :one", "NOTICE ann :two", "@+draft/react=x TAGMSG ann", "JOIN #b", "INVITE ann #b")
    assert [m.command for m in b.sync() if m.command in ("PRIVMSG", "NOTICE", "TAGMSG", "401", "716")] == \
        ["PRIVMSG", "NOTICE", "TAGMSG"], "the echoes come"
    assert a.sync() == []
    a.send("SILENCE -bob!*@*")
    a.expect("SILENCE", "-bob!*@*")
    b.send("PRIVMSG ann :three")
    b.sync()
    assert text(a) == ["three"]


def test_a_channel_is_still_heard(server):
    a, b = server.client("ann"), server.client("bob")
    a.join("#x")
    b.join("#x")
    a.send("SILENCE bob")
    a.sync()
    b.send("PRIVMSG #x :hello")
    b.sync()
    assert text(a) == ["hello"]


def test_the_list_is_shown_and_bounded(make_server):
    server = make_server(**{"limits.silence": "2"})
    a = server.client("ann")
    a.send("SILENCE +x", "SILENCE y@z", "SILENCE +w", "SILENCE", "SILENCE +m:x")
    assert a.expect("511").params[1] == "w!*@*"
    assert a.expect("271").params[2] == "x!*@*"
    assert a.expect("271").params[2] == "*!y@z"
    a.expect("272")
    a.expect("696")


def test_what_was_not_heard_is_not_in_the_history(server):
    a = server.client("ann", ["draft/chathistory", "batch", "server-time", "message-tags"])
    b = server.client("bob")
    a.send("SILENCE +bob")
    a.sync()
    b.send("PRIVMSG ann :unheard")
    b.sync()
    a.send("SILENCE -bob")
    a.sync()
    b.send("PRIVMSG ann :heard")
    b.sync()
    a.expect("PRIVMSG")
    a.send("CHATHISTORY LATEST bob * 10")
    assert text(a) == ["heard"]


def test_caller_id_holds_a_stranger_back_and_tells_once_a_minute(server):
    a, b, c = server.client("ann"), server.client("bob"), server.client("cat")
    a.send("MODE ann +g")
    a.sync()
    b.send("PRIVMSG ann :hello", "NOTICE ann :quiet")
    assert [m.command for m in b.sync()] == ["716", "717"]
    c.send("PRIVMSG ann :hello", "INVITE ann #none")
    assert [m.command for m in c.sync()] == ["716", "403"], "ann was told just now"
    told = a.sync()
    assert [m.command for m in told] == ["718"]
    assert told[0].params[1] == "bob" and "@" in told[0].params[2]


def test_who_is_accepted_is_heard_and_again_not_after_its_removal(server):
    a, b = server.client("ann"), server.client("bob")
    a.send("MODE ann +g", "ACCEPT bob", "ACCEPT bob", "ACCEPT nobody,-cat", "ACCEPT *")
    a.expect("457", "ann", "bob")
    a.expect("401", "ann", "nobody")
    a.expect("458", "ann", "cat")
    a.expect("281", "ann", "bob")
    a.expect("282")
    b.send("PRIVMSG ann :one", "NICK rob", "PRIVMSG ann :two")
    b.sync()
    assert text(a) == ["one", "two"]
    a.send("ACCEPT -rob")
    a.sync()
    b.send("PRIVMSG ann :three")
    b.expect("716")
    assert text(a) == []


def test_who_was_accepted_without_an_account_is_not_its_successor(server):
    a, b = server.client("ann"), server.client("bob")
    a.send("MODE ann +g", "ACCEPT bob")
    a.sync()
    b.send("QUIT")
    b.expect_closed()
    other = server.client("bob")
    other.send("PRIVMSG ann :hello")
    other.expect("716")


def test_who_is_written_to_may_answer(make_server):
    server = make_server(**{"limits.accept": "1"})
    a, b, c = server.client("ann"), server.client("bob"), server.client("cat")
    a.send("MODE ann +g", "PRIVMSG bob :hello")
    a.sync()
    b.send("PRIVMSG ann :and you?")
    b.sync()
    assert text(a) == ["and you?"]
    a.send("PRIVMSG cat :hello", "ACCEPT cat")
    a.expect("456")
    a.expect("456")
    assert text(c) == []
    b.send("QUIT")
    b.expect_closed()
    a.send("PRIVMSG cat :hello")
    a.sync()
    assert text(c) == ["hello"], "who is gone makes room"


def test_an_account_keeps_its_lists_over_a_restart_until_it_is_dropped(make_server):
    server = make_server(**accounts.CHEAP)
    accounts.new(server, "bob")
    a = accounts.new(server, "ann")
    a.send("SILENCE +*!*@bad.example", "SILENCE +x", "SILENCE -x", "ACCEPT bob")
    a.sync()
    assert server.stop() == 0
    server.start()
    a = accounts.login(server.connect(), "ann", "ann", "correct horse")
    a.send("SILENCE", "ACCEPT *")
    assert [m.params[2] for m in a.sync() if m.command == "271"] == ["*!*@bad.example"]
    b = accounts.login(server.connect(), "bobby", "bob", "correct horse")
    a.send("MODE ann +g")
    a.sync()
    b.send("PRIVMSG ann :by account")
    b.sync()
    assert text(a) == ["by account"]
    a.send("NS DROP ann")
    code = [m.params[-1] for m in a.sync() if m.command == "NOTICE"][-1].split()[-1]
    a.send(f"NS DROP ann {code}")
    a.expect("901")
    a.send("SILENCE")
    assert [m.command for m in a.sync() if m.command in ("271", "272")] == ["272"]


def test_a_user_may_hear_only_who_is_logged_in_or_accepted_or_written_to(make_server):
    server = make_server(**accounts.CHEAP)
    bob, cat = server.client("bob"), server.client("cat")
    ann = accounts.new(server, "ann")
    ann.send("MODE ann +R")
    ann.expect("MODE", "ann", "+R")
    bob.send("PRIVMSG ann :one", "NOTICE ann :two")
    bob.expect("477", "bob", "ann")
    assert "477" not in bob.commands(), "a notice has no answer"
    assert not {"PRIVMSG", "NOTICE", "718"} & set(ann.commands())
    ann.send("ACCEPT bob")
    ann.sync()
    bob.send("PRIVMSG ann :three")
    ann.expect("PRIVMSG", "ann", "three")
    ann.send("PRIVMSG cat :answer me")
    cat.expect("PRIVMSG", "cat")
    cat.send("PRIVMSG ann :four")
    ann.expect("PRIVMSG", "ann", "four")
    dan = accounts.new(server, "dan")
    dan.send("PRIVMSG ann :five")
    ann.expect("PRIVMSG", "ann", "five")
    ann.send("MODE ann +g")
    ann.expect("MODE", "ann", "+g")
    dan.send("PRIVMSG ann :six")
    dan.expect("716", "dan", "ann")


def test_a_user_may_take_no_ctcp(server):
    ann, bob = server.client("ann"), server.client("bob")
    ann.send("MODE ann +T")
    ann.expect("MODE", "ann", "+T")
    bob.send("PRIVMSG ann :\x01VERSION\x01", "NOTICE ann :\x01VERSION x\x01", "PRIVMSG ann :\x01ACTION waves\x01")
    bob.expect("531", "bob", "ann")
    assert "531" not in bob.commands()
    assert [m.params[-1] for m in ann.sync()] == ["\x01ACTION waves\x01"]
