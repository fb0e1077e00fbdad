"""FILTER: regular expressions against spam, with block, warn and kill."""
OPER = {"oper.root.password": "plain:pw", "limits.flood_rate": "0"}


def oper(server, nick="op"):
    c = server.client(nick, ["standard-replies"])
    c.send("OPER root pw")
    c.expect("381")
    c.sync()
    return c


def said(c):
    return [(m.command, m.params[-1]) for m in c.sync() if m.command in ("PRIVMSG", "NOTICE", "404", "531")]


def notices(c):
    return [m.params[-1] for m in c.sync() if m.command == "NOTICE"]


def test_a_blocked_text_goes_nowhere_and_operators_read_of_it(make_server):
    server = make_server(**OPER)
    op, a, b = oper(server), server.client("ann"), server.client("bob")
    op.send("FILTER ADD block p buy\\s.*pills :no adverts")
    op.expect("NOTICE", "op", "Added filter buy\\s.*pills")
    a.join("#x")
    b.join("#x")
    a.sync()
    b.send("PRIVMSG #x :Buy my PILLS", "PRIVMSG ann :b\x02uy pills", "NOTICE #x :buy my pills", "PRIVMSG #x :hello")
    assert [c for c in said(b)] == [("404", "Your message was not sent: no adverts"), ("531", "Your message was not sent: no adverts")]
    assert said(a) == [("NOTICE", "buy my pills"), ("PRIVMSG", "hello")]
    told = notices(op)
    assert len(told) == 1 and told[0].startswith("*** FILTER block: bob!") and "PRIVMSG #x matches buy" in told[0]
    op.send("FILTER LIST")
    assert "block p buy\\s.*pills :no adverts (op; 2 hits, 0 given up)" in notices(op)
    op.send("PRIVMSG ann :buy pills")
    op.sync()
    assert said(a) == [("PRIVMSG", "buy pills")], "operators are exempt"
    op.send("FILTER DEL buy\\s.*pills", "FILTER DEL buy")
    op.expect("FAIL", "FILTER", "NO_SUCH_FILTER")
    b.send("PRIVMSG #x :buy pills")
    b.sync()
    assert said(a) == [("PRIVMSG", "buy pills")]


def test_a_warning_lets_the_text_pass(make_server):
    server = make_server(**OPER)
    op, a, b = oper(server), server.client("ann"), server.client("bob")
    op.send("FILTER ADD warn * spam :x")
    op.sync()
    b.send("PRIVMSG ann :spam")
    b.sync()
    assert said(a) == [("PRIVMSG", "spam")]
    assert "FILTER warn" in notices(op)[0]


def test_a_killed_user_is_disconnected_and_its_further_targets_get_nothing(make_server):
    server = make_server(**OPER)
    op, a, b, c = oper(server), server.client("ann"), server.client("bob"), server.client("cat")
    op.send("FILTER ADD kill p worm :go away")
    op.sync()
    for x in (a, b):
        x.join("#x")
    a.sync()
    b.send("PRIVMSG #x,cat :a worm")
    assert any("Filtered: go away" in line for line in b.expect_closed())
    assert a.expect("QUIT").params[-1] == "Filtered: go away"
    assert said(c) == []


def test_reasons_and_topics_are_filtered(make_server):
    server = make_server(**OPER)
    op, a, b = oper(server), server.client("ann"), server.client("bob")
    op.send("FILTER ADD block Pqt spam :x")
    op.sync()
    for x in (a, b):
        x.join("#x")
    a.send("MODE #x -t")
    a.sync()
    b.send("TOPIC #x :spam", "PART #x :spam")
    assert b.expect("404").params[-1] == "The topic was not set: x"
    assert a.expect("PART").params == ["#x"]
    b.join("#x")
    b.send("QUIT :more spam")
    assert a.expect("QUIT").params[-1] == "Quit"
    a.send("TOPIC #x")
    a.expect("331")


def test_each_line_of_a_multiline_message_is_matched(make_server):
    server = make_server(**OPER)
    op, a = oper(server), server.client("ann")
    b = server.client("bob", ["draft/multiline", "batch", "message-tags"])
    op.send("FILTER ADD block p ^spam$ :x")
    op.sync()
    b.send("BATCH +1 draft/multiline ann", "@batch=1 PRIVMSG ann :hello", "@batch=1 PRIVMSG ann :spam", "BATCH -1")
    b.expect("531")
    assert said(a) == []


def test_errors_say_what_is_wrong(make_server):
    server = make_server(**OPER)
    op, a = oper(server), server.client("ann")
    op.send("FILTER ADD shun p x :x", "FILTER ADD kill pz x :x", "FILTER ADD kill p a(b :x", "FILTER ADD kill p", "FILTER TRY a( :x")
    fails = [m.params[1:] for m in op.sync() if m.command == "FAIL"]
    assert [f[0] for f in fails] == ["INVALID_ACTION", "INVALID_TARGETS", "INVALID_PATTERN", "INVALID_PARAMS", "INVALID_PATTERN"]
    assert fails[2][1] == "missing closing parenthesis, at character 4"
    a.send("FILTER LIST")
    a.expect("481")


def test_a_dry_run_changes_nothing(make_server):
    server = make_server(**OPER)
    op = oper(server)
    op.send("FILTER ADD kill p worm :x", "FILTER TEST :a worm", "FILTER TEST :hello", "FILTER TRY h.llo :hello", "FILTER TRY (a+)+$ :"
            + 60 * "a" + "!")
    assert notices(op)[1:] == ["Matches: kill worm", "Matches nothing", "Matches: warn h.llo",
                               "Matches nothing; too many steps for this text"]
    op.send("FILTER")
    assert "kill p worm :x (op; 0 hits, 0 given up)" in notices(op)


def test_filters_are_there_after_a_restart(make_server):
    server = make_server(**OPER)
    op = oper(server)
    op.send("FILTER ADD block p one :first", "FILTER ADD block p two :second", "FILTER ADD kill * one :third", "FILTER DEL two")
    op.sync()
    assert server.stop() == 0
    server.start()
    op = oper(server)
    op.send("FILTER")
    assert notices(op) == ["kill pnPqt one :third (op; 0 hits, 0 given up)", "End of filters"]
