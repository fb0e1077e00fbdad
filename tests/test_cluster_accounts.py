"""Accounts of a network of servers: what is registered or changed on one holds on all."""

import threading

from accounts import CAPS, CHEAP, authenticate, begin, login, new, outcome, plain, register, scram
from network import engine, needs_engine, nodes, sees, until  # noqa: F401: fixtures, too

pytestmark = needs_engine


def info(client, name):
    """NickServ's lines about an account; None: there is none."""
    client.send(f"NS INFO {name}")
    lines = [client.expect("NOTICE").params[-1]]
    while lines[0].startswith("Account") and not lines[-1].startswith("Registered"):
        lines.append(client.expect("NOTICE").params[-1])
    client.sync()
    return lines if lines[0].startswith("Account") else None


def knows(client, name):
    return lambda: info(client, name)


def two(nodes, **more):
    a, b = nodes(1, **CHEAP, **more), nodes(2, **CHEAP, **more)
    watch = [s.client(f"watch{i}") for i, s in enumerate((a, b))]
    until(sees(watch[0], "watch1"))
    until(sees(watch[1], "watch0"))
    return a, b, *watch


def may(server, mechanism, name, password):
    """Whether one may log in."""
    c = begin(server.connect(), f"try{server.port % 1000}")
    return mechanism(c, name, password) == "903"


def by_plain(client, name, password):
    authenticate(client, "PLAIN", plain(name, password))
    return outcome(client)


def test_who_registered_on_one_server_logs_in_on_the_other(nodes):
    a, b, on_a, on_b = two(nodes)
    new(a, "ann", "correct horse")
    until(knows(on_b, "ann"))
    assert may(b, by_plain, "ann", "correct horse") and may(b, scram, "ann", "correct horse")
    assert not may(b, by_plain, "ann", "wrong horse")


def test_a_password_that_was_changed_on_one_server_holds_on_the_other(nodes):
    a, b, on_a, on_b = two(nodes)
    new(a, "ann", "correct horse")
    until(knows(on_b, "ann"))
    c = login(b.connect(), "ann2", "ann", "correct horse")
    c.send("NS SET PASSWORD another horse")
    c.expect("NOTICE", None, "The password of ann is changed.")
    until(lambda: may(a, by_plain, "ann", "another horse"))
    assert not may(a, by_plain, "ann", "correct horse") and may(a, scram, "ann", "another horse")


def test_users_are_shown_with_their_account_on_the_other_server(nodes):
    a, b, on_a, on_b = two(nodes)
    on_b.send("CAP REQ :account-notify account-tag extended-join message-tags")
    ann = new(a, "ann")
    until(lambda: whois_account(on_b, "ann") == "ann")
    on_b.join("#x")
    until(sees(on_a, "watch1"))
    ann.send("JOIN #x")
    assert on_b.expect("JOIN").params[1] == "ann"
    ann.send("PRIVMSG #x :hello")
    assert on_b.expect("PRIVMSG", "#x", "hello").tags["account"] == "ann"
    ann.send("NS LOGOUT")
    on_b.expect("ACCOUNT", "*")
    on_b.send("MODE watch1 +R")
    on_b.sync()
    ann.send("PRIVMSG watch1 :unheard", "NS IDENTIFY ann correct horse")
    on_b.expect("ACCOUNT", "ann")
    ann.send("PRIVMSG watch1 :heard")
    assert on_b.expect("PRIVMSG").params[-1] == "heard"


def whois_account(client, nick):
    client.send(f"WHOIS {nick}")
    account = None
    while (m := client.message()).command != "318":
        account = m.params[2] if m.command == "330" else account
    return account


def test_a_dropped_account_is_dropped_on_all_servers(nodes):
    a, b, on_a, on_b = two(nodes)
    ann = new(a, "ann")
    until(knows(on_b, "ann"))
    there = login(b.connect(), "ann2", "ann", "correct horse")
    ann.send("NS DROP ann")
    while not (line := ann.expect("NOTICE").params[-1]).startswith("/NS DROP"):
        pass
    ann.send(line[1:])
    there.expect("901")
    assert not info(on_b, "ann") and not may(b, by_plain, "ann", "correct horse")


def test_of_two_registrations_of_one_name_at_once_one_wins(nodes):
    a, b, on_a, on_b = two(nodes)
    outcomes = []

    def attempt(server, nick):
        c = server.client(nick, CAPS)
        c.send("REGISTER same * :correct horse")
        while (m := c.message()).command not in ("REGISTER", "FAIL"):
            pass
        outcomes.append("SUCCESS" if m.command == "REGISTER" else m.params[1])

    threads = [threading.Thread(target=attempt, args=x) for x in ((a, "ann"), (b, "bob"))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(outcomes) == ["ACCOUNT_EXISTS", "SUCCESS"]
    until(knows(on_a, "same"))
    until(knows(on_b, "same"))


def test_a_server_that_was_down_gets_the_accounts_that_were_registered(nodes):
    a, b, on_a, on_b = two(nodes)
    new(a, "old")
    until(knows(on_b, "old"))
    b.kill()
    new(a, "ann")
    c = login(a.connect(), "old", "old", "correct horse")
    c.send("NS SET PASSWORD another horse")
    c.expect("NOTICE", None, "The password of old is changed.")
    b.start()
    on_b = b.client("watch1")
    until(knows(on_b, "ann"))
    until(lambda: may(b, by_plain, "old", "another horse"))


def test_without_the_engine_nothing_is_registered_and_logins_work(nodes, engine):
    a, b, on_a, on_b = two(nodes)
    new(a, "ann")
    engine.kill()
    c = a.client("bob", CAPS)
    until(lambda: not sees(on_a, "watch1")())
    c.send("REGISTER bob * :correct horse")
    assert c.expect("FAIL").params[:2] == ["REGISTER", "TEMPORARILY_UNAVAILABLE"]
    assert may(a, by_plain, "ann", "correct horse")
    engine.start()
    until(sees(on_a, "watch1"))
    register(c, "bob", "correct horse")
    until(knows(on_b, "bob"))


def test_nicks_and_certificates_of_an_account_are_so_on_the_other_server(nodes):
    a, b, on_a, on_b = two(nodes)
    ann = new(a, "ann")
    ann.send("NICK other", "NS GROUP", "NS CERT ADD " + "ab" * 32)
    ann.expect("NOTICE", None, "other belongs to ann now.")
    ann.expect("NOTICE", None, "The certificate is added.")
    until(lambda: info(on_b, "other"))
    there = login(b.connect(), "ann2", "ann", "correct horse")
    there.send("NS CERT DEL " + "ab" * 32)
    there.expect("NOTICE", None, "Removed.")
    until(lambda: "Certificate" not in certificates(ann))


def certificates(client):
    client.send("NS CERT LIST")
    client.send("PING :end")
    said = ""
    while (m := client.message()).command != "PONG":
        said += m.params[-1]
    return said


def chanserv(client, line, text):
    client.send(f"CS {line}")
    while text not in client.expect("NOTICE").params[-1]:
        pass


def test_a_channel_that_was_registered_on_one_server_has_its_operators_on_the_other(nodes):
    a, b, on_a, on_b = two(nodes)
    ann = new(a, "ann")
    new(b, "bob")
    until(knows(on_a, "bob"))
    ann.join("#x")
    ann.send("TOPIC #x :ours")
    chanserv(ann, "REGISTER #x", "is registered")
    chanserv(ann, "AMODE #x +o bob", "has a rank for bob")
    there = login(b.connect(), "bob2", "bob", "correct horse")
    until(lambda: said(there, "CS INFO #x", "Founder: ann"))
    there.send("JOIN #x")
    assert there.expect("MODE").params[1:] == ["+o", "bob2"]
    ann.expect("MODE", "#x", "+o", "bob2")
    ann.send("PART #x")
    there.send("PART #x")
    until(lambda: said(there, "CS INFO #x", "Founder: ann"))
    a.kill()
    there.send("JOIN #x")
    there.expect("332", None, "#x", "ours")


def said(client, command, text):
    client.send(command, "PING :end")
    found = False
    while (m := client.message()).command != "PONG":
        found |= text in m.params[-1]
    return found


def test_a_server_ban_of_one_server_holds_on_the_other(nodes, tmp_path):
    config = tmp_path / "burble.conf"
    config.write_text("[oper boss]\npassword = plain:secret\nhosts = *@*\n[limits]\nconnect_rate = 0\n")
    a, b = nodes(1, **CHEAP, config=config), nodes(2, **CHEAP)
    on_a = a.client("boss")
    on_a.send("OPER boss secret")
    on_a.expect("381")
    victim = b.client("victim")
    until(sees(on_a, "victim"))
    on_a.send("KLINE *victim@* :go away")
    victim.expect("465")
    c = b.connect()
    c.send("NICK other", "USER victim 0 * :x")
    c.expect("465")
    on_a.send("UNKLINE *victim@*")
    on_a.sync()

    def let_in():
        c = b.connect()
        c.send("NICK other", "USER victim 0 * :x")
        while (m := c.message()).command not in ("001", "465"):
            pass
        return m.command == "001"

    until(let_in)


def test_a_marker_is_moved_on_all_servers_and_only_forward(nodes):
    early, late = ("timestamp=2020-01-01T00:00:0%d.000Z" % second for second in (1, 2))
    a, b, on_a, on_b = two(nodes)
    new(a, "ann", "correct horse")
    until(knows(on_b, "ann"))
    here, there = (login(s.connect(), f"ann{i}", "ann", "correct horse", caps=[*CAPS, "draft/read-marker"]) for i, s in enumerate((a, b)))
    here.send(f"MARKREAD #x {late}")
    there.expect("MARKREAD", "#x", late)
    there.send(f"MARKREAD #x {early}")
    there.expect("MARKREAD", "#x", late)
    b.kill()
    here.send(f"MARKREAD #y {early}")
    here.expect("MARKREAD", "#y", early)
    b.start()
    again = login(b.connect(), "ann1", "ann", "correct horse", caps=[*CAPS, "draft/read-marker"])

    def has(channel, stamp):
        again.send(f"MARKREAD {channel}")
        return again.expect("MARKREAD", channel).params[1] == stamp

    until(lambda: has("#x", late) and has("#y", early))


def test_a_founder_on_one_server_ends_the_history_of_a_channel_on_the_other(nodes):
    a, b, on_a, on_b = two(nodes)
    ann = new(a, "ann")
    ann.join("#x")
    chanserv(ann, "REGISTER #x", "is registered")
    on_b.send("CAP REQ :draft/chathistory batch server-time message-tags")
    on_b.join("#x")
    ann.send("PRIVMSG #x :before")
    on_b.expect("PRIVMSG", "#x", "before")
    until(lambda: past(on_b) == ["before"])
    chanserv(ann, "SET #x HISTORY off", "history: off")
    until(lambda: said(on_b, "CS INFO #x", "History: off"))
    ann.send("PRIVMSG #x :meanwhile")
    on_b.expect("PRIVMSG", "#x", "meanwhile")
    assert past(on_b) == []
    chanserv(ann, "SET #x HISTORY on", "history: on")
    until(lambda: said(on_b, "CS INFO #x", "History: on"))
    ann.send("PRIVMSG #x :after")
    on_b.expect("PRIVMSG", "#x", "after")
    until(lambda: past(on_b) == ["after"])


def past(client):
    client.send("CHATHISTORY LATEST #x * 9")
    return [m.params[1] for m in client.sync() if m.command == "PRIVMSG"]


def test_an_account_that_is_banned_on_one_server_is_out_on_the_other(nodes, tmp_path):
    config = tmp_path / "burble.conf"
    config.write_text("[oper boss]\npassword = plain:secret\nhosts = *@*\n[limits]\nconnect_rate = 0\n")
    a, b = nodes(1, **CHEAP, config=config), nodes(2, **CHEAP)
    boss = a.client("boss")
    boss.send("OPER boss secret")
    boss.expect("381")
    ann = new(b, "ann", "correct horse")
    until(lambda: whois_account(boss, "ann") == "ann")
    boss.send("UBAN TEST a:ann")
    assert boss.expect("NOTICE").params[-1].endswith("account ann (on another server)")
    assert boss.expect("NOTICE").params[-1].endswith("1 users of other servers")
    boss.send("UBAN ADD a:ann selling watches")
    assert "selling watches" in ann.expect_closed()[-1]
    assert not may(a, by_plain, "ann", "correct horse") and not may(b, by_plain, "ann", "correct horse")
    boss.send("UBAN DEL a:ann")
    until(lambda: may(b, by_plain, "ann", "correct horse"))
