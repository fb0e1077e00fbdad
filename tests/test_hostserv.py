"""HostServ: hosts that accounts show instead of their own."""
import accounts

SETTINGS = {**accounts.CHEAP, "accounts.nick_enforcement": "off", "oper.root.password": "plain:pw"}


def told(client, command):
    """The lines of HostServ's answer."""
    client.send(f"HS {command}")
    return [m.params[1] for m in client.sync() if m.command == "NOTICE" and m.nick == "HostServ"]


def oper(server):
    c = server.client("op", ["chghost"])
    c.send("OPER root pw")
    c.expect("381")
    c.sync()
    return c


def host(client, nick):
    client.send(f"WHOIS {nick}")
    return [m.params[3] for m in client.sync() if m.command == "311"][0]


def test_a_request_is_approved_and_shown_to_all(make_server):
    server = make_server(**SETTINGS)
    op, ann = oper(server), accounts.new(server, "ann")
    b = server.client("bob", ["chghost"])
    for c in (ann, b):
        c.join("#x")
    own = host(b, "ann")
    assert told(ann, "REQUEST ann.example") == ["An operator will look at ann.example."]
    assert op.expect("NOTICE", "op").params[1] == "*** HostServ: ann asks for the host ann.example"
    assert "not long ago" in told(ann, "REQUEST other.example")[0]
    assert told(ann, "STATUS") == ["Your account's host: none.", "You have asked for ann.example."]
    assert told(op, "WAITING") == ["ann ann.example", "1 waiting."]
    assert told(op, "APPROVE ANN") == ["ann has the host ann.example."]
    assert b.expect("CHGHOST").params[1] == "ann.example"
    assert ann.expect("396").params[1] == "ann.example"
    assert ann.expect("NOTICE", "ann").params[1] == "Your host is ann.example."
    assert told(op, "WAITING") == ["0 waiting."]
    assert told(ann, "OFF") == [f"Your host is {own}."]
    assert b.expect("CHGHOST").params[1] == own
    assert told(ann, "ON") == ["Your host is ann.example."]
    ann.send("NS LOGOUT")
    ann.expect("901")
    ann.sync()
    assert host(b, "ann") == own


def test_it_is_there_after_a_restart_from_the_login_on(make_server):
    server = make_server(**SETTINGS)
    op, _, bob = oper(server), accounts.new(server, "ann"), accounts.new(server, "bob")
    assert told(op, "SET ann one.example") == ["ann has the host one.example."]
    told(op, "SETALL ann two.example")
    told(op, "SET bob bob.example")
    told(bob, "OFF")
    accounts.new(server, "cat")
    cat = server.clients[-1]
    told(cat, "REQUEST cat.example")
    assert server.stop() == 0
    server.start()
    ann = accounts.begin(server.connect(), "ann")
    accounts.authenticate(ann, "PLAIN", accounts.plain("ann", "correct horse"))
    assert accounts.outcome(ann) == "903"
    ann.send("CAP END")
    assert ann.expect("396").params[1] == "two.example"
    ann.sync()
    assert host(ann, "ann") == "two.example"
    bob = accounts.login(server.connect(), "bob", "bob", "correct horse")
    assert host(bob, "bob") != "bob.example"
    assert told(bob, "STATUS") == ["Your account's host: bob.example (off)."]
    assert told(oper(server), "WAITING") == ["cat cat.example", "1 waiting."]


def test_a_request_may_be_rejected_and_a_host_taken(make_server):
    server = make_server(**SETTINGS)
    op, ann = oper(server), accounts.new(server, "ann")
    own = host(op, "ann")
    told(ann, "REQUEST admin.example")
    assert told(op, "REJECT ann not you") == ["The request of ann is refused."]
    assert ann.expect("NOTICE", "ann").params[1] == "Your host admin.example was refused: not you."
    assert told(op, "APPROVE ann") == ["ann has not asked for a host."]
    told(op, "SET ann x.example")
    assert host(op, "ann") == "x.example"
    assert told(op, "DEL ann") == ["ann has no host."]
    assert host(op, "ann") == own
    assert "has no host" in told(ann, "ON")[0]


def test_who_may_do_what_and_which_hosts_are_valid(make_server):
    server = make_server(**SETTINGS)
    op, ann, bob = oper(server), accounts.new(server, "ann"), server.client("bob")
    assert told(bob, "REQUEST x.example") == ["You are not logged in to an account."]
    assert told(ann, "APPROVE ann") == ["Only operators may do that."]
    for bad in ("192.0.2.1", "*", "a@b", ".x", "x" * 64, "2001:db8::1"):
        assert "no host" in told(ann, f"REQUEST {bad}")[0]
        assert told(op, f"SET ann {bad}") == ["That is no host."]
    assert told(op, "SET nobody x.example") == ["There is no account nobody."]


def test_a_dropped_account_loses_its_host(make_server):
    server = make_server(**SETTINGS)
    op, ann = oper(server), accounts.new(server, "ann")
    own = host(op, "ann")
    told(op, "SET ann x.example")
    op.send("NS DROP ann")
    code = [m.params[-1] for m in op.sync() if m.command == "NOTICE"][-1].split()[-1]
    op.send(f"NS DROP ann {code}")
    ann.expect("901")
    ann.sync()
    assert host(op, "ann") == own
    assert server.stop() == 0
    server.start()
    assert told(oper(server), "APPROVE ann") == ["There is no account ann."]
