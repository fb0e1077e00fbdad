"""Accounts: REGISTER, NickServ, the ownership of nicks, kill -9 after a receipt, abuse."""
import os
import sqlite3

import pytest

from accounts import CAPS, CHEAP, authenticate, begin, login, new, outcome, plain, register, scram

OPER = {"oper.boss.password": "plain:boss"}


@pytest.fixture
def server(make_server):
    return make_server(**{**CHEAP, **OPER})


def told(client, command):
    """The lines of NickServ's answer."""
    client.send(f"NS {command}")
    return [m.params[1] for m in client.sync() if m.command == "NOTICE" and m.nick == "NickServ"]


def wait_told(client, command):
    """The same if the answer waits for a hash or the disk: the lines behind it wait, too."""
    return "\n".join(told(client, command))


def fails(client, line, code):
    client.send(line)
    m = client.expect("FAIL")
    assert m.params[1] == code, m
    return m


def test_register_and_its_refusals(server):
    c = server.client("ann", CAPS)
    fails(c, "REGISTER ann * short", "WEAK_PASSWORD")
    fails(c, "REGISTER annabella * annabella", "WEAK_PASSWORD")
    fails(c, "REGISTER ann not-an-address :correct horse", "INVALID_EMAIL")
    fails(c, "REGISTER nickserv * :correct horse", "BAD_ACCOUNT_NAME")
    fails(c, "REGISTER a,b * :correct horse", "BAD_ACCOUNT_NAME")
    fails(c, "REGISTER a\u200bb * :correct horse", "BAD_ACCOUNT_NAME")
    server.client("bob")
    fails(c, "REGISTER bob * :correct horse", "BAD_ACCOUNT_NAME")
    fails(c, "VERIFY ann 123", "INVALID_CODE")
    c.send("REGISTER * ann@example.com :correct horse")
    assert c.expect("REGISTER", "SUCCESS").params[1] == "ann"
    assert c.expect("900").params[2] == "ann"
    assert c.expect("ACCOUNT").params == ["ann"]
    fails(c, "REGISTER other * :correct horse", "ALREADY_AUTHENTICATED")
    d = server.client("carl", CAPS)
    fails(d, "REGISTER ANN * :correct horse", "ACCOUNT_EXISTS")
    assert "horse" not in server.log.read_text()


def test_register_before_connecting(make_server):
    s = make_server(**CHEAP)
    c = begin(s.connect(), "ann")
    fails(s.connect(), "REGISTER * * :correct horse", "NEED_NICK")
    late = begin(s.connect(), "holder")
    late.send("CAP END")
    late.expect("001")
    other = begin(s.connect(), "holder")
    other.expect("433")
    fails(other, "REGISTER * * :correct horse", "ACCOUNT_EXISTS")
    register(c, "ann", "correct horse")
    c.send("CAP END")
    c.expect("001")
    t = make_server(**{**CHEAP, "accounts.before_connect": "no"})
    fails(begin(t.connect(), "ann"), "REGISTER * * :correct horse", "COMPLETE_CONNECTION_REQUIRED")
    u = make_server(**{**CHEAP, "accounts.registration": "no"})
    fails(u.client("ann", CAPS[:-1]), "REGISTER * * :correct horse", "DISALLOWED")


def test_two_who_register_one_name_at_once(server):
    a, b = begin(server.connect(), "a"), begin(server.connect(), "b")
    for c in (a, b):
        c.send("REGISTER same * :correct horse")
    answers = sorted(next(m.command for m in c.sync() if m.command in ("REGISTER", "FAIL")) for c in (a, b))
    assert answers == ["FAIL", "REGISTER"]


def test_an_address_registers_a_few_an_hour(make_server):
    s = make_server(**{**CHEAP, "accounts.register_rate": "2"})
    for i in range(2):
        new(s, f"n{i}")
    fails(s.client("n2", CAPS), "REGISTER * * :correct horse", "TEMPORARILY_UNAVAILABLE")
    assert "register-refused" in s.log.read_text()


def test_a_receipted_registration_survives_kill_9(server):
    names = []
    for i in range(4):
        c = begin(server.connect(), f"user{i}")
        c.send(*[f"REGISTER u{i}x{k} * :correct horse{k}" for k in range(1)])
        c.expect("REGISTER", "SUCCESS")
        names.append(f"u{i}x0")
        if i % 2:
            server.kill()
            server.start()
    server.kill()
    server.start()
    for n in names:
        c = begin(server.connect(), "x")
        assert scram(c, n, "correct horse0") == "903"
        c.close()


def test_passwords_are_not_in_file_or_log(server):
    new(server, "ann", "correct horse")
    c = server.client("bob")
    assert "registered" in wait_told(c, "REGISTER battery-staple bob@example.com")
    c.send("PRIVMSG NickServ :IDENTIFY bob wrong-staple", "NS SET PASSWORD other-staple")
    c.sync()
    server.stop()
    data = b"".join(p.read_bytes() for p in server.data.iterdir()) + server.log.read_bytes()
    assert b"horse" not in data and b"staple" not in data
    db = sqlite3.connect(server.data / "burble.db")
    rows = db.execute("SELECT name, password, scram FROM account WHERE name <> ''").fetchall()
    assert {r[0] for r in rows} == {"ann", "bob"}
    assert all(r[1].startswith("$argon2id$v=19$m=8,t=1") and r[2].startswith("SCRAM-SHA-256$4096:") for r in rows)
    assert os.stat(server.data / "burble.db").st_mode & 0o77 == 0


def test_identify_logout_set_password_and_info(server):
    ann = new(server, "ann")
    assert "Account: ann" in told(ann, "INFO")
    assert "changed" in wait_told(ann, "SET PASSWORD new-password")
    assert "too short" in wait_told(ann, "SET PASSWORD x")
    ann.send("NS LOGOUT")
    ann.expect("901")
    guest = ann.expect("NICK").params[0]
    assert guest.startswith("Guest-")
    assert "wrong" in wait_told(ann, "IDENTIFY ann correct")
    assert "logged in as ann" in wait_told(ann, "IDENTIFY ann new-password")
    row, = told(ann, "SESSIONS")
    assert f": {guest} 127.0.0.1, since 20" in row and row.endswith("(this one)") or ann.tun
    ann.send("NICK ann")
    ann.expect("NICK", "ann")
    assert "not logged in" in told(server.client("bob"), "SESSIONS")[0]
    assert "There is no account nobody." in told(ann, "INFO nobody")
    assert len(told(ann, "HELP")) > 10 and "Usage" in told(ann, "GHOST")[0] and "no such" in told(ann, "XYZZY")[0]


def test_a_nick_of_an_account_is_its_own(server):
    ann = new(server, "ann")
    ann.send("NICK ann_")
    assert "belongs to ann" in wait_told(ann, "GROUP")
    ann.send("NICK elsewhere")
    for nick in ("ANN", "ann_"):
        c = server.connect()
        c.send(f"NICK {nick}", "USER x 0 * :x")
        assert "reserved" in c.expect("433").params[-1]
        c.send("NICK other")
        c.expect("001")
        c.send(f"NICK {nick}")
        c.expect("433")
        c.close()
    c = login(server.connect(), "ann", "ann", "correct horse")
    assert told(ann, "GHOST ann") == ["ann is disconnected."]
    assert "GHOST" in c.expect_closed()[-1]
    c = login(server.connect(), "ann", "ann", "correct horse")
    ann.send("NS REGAIN ann")
    assert c.expect("NICK").params[0].startswith("Guest-")
    ann.expect("NICK", "ann")
    assert "Removed." in wait_told(ann, "UNGROUP ann_")
    d = server.client("ann_", CAPS)
    assert "not your account's" in told(ann, "GHOST ann_")[0]
    fails(d, "REGISTER ann * :correct horse", "ACCOUNT_EXISTS")


def test_timed_enforcement_renames(make_server):
    s = make_server(**{**CHEAP, "accounts.nick_enforcement": "timed", "accounts.nick_time": "1s"})
    new(s, "ann").send("NICK elsewhere")
    c = s.client("ann")
    assert c.expect("NICK", timeout=5).params[0].startswith("Guest-")
    t = make_server(**{**CHEAP, "accounts.nick_enforcement": "off"})
    new(t, "ann").send("NICK elsewhere")
    t.client("ann")


def test_a_certificate_is_added_and_removed(server):
    ann, bob = new(server, "ann"), new(server, "bob")
    fp = "AB:" * 31 + "AB"
    assert "is added" in wait_told(ann, f"CERT ADD {fp}")
    assert "already" in wait_told(bob, f"CERT ADD {fp}")
    assert told(ann, "CERT LIST") == ["Certificate: " + "ab" * 32]
    assert "no SHA-256" in told(ann, "CERT ADD zz")[0]
    assert "not your account's" in told(bob, f"CERT DEL {fp}")[0]
    assert "Removed" in wait_told(ann, f"CERT DEL {fp}")
    c = begin(server.connect(), "x")
    authenticate(c, "EXTERNAL", "+")
    assert outcome(c) == "904"  # without a certificate


def test_a_password_may_hold_spaces_wherever_it_is_given(server):
    ann = new(server, "ann")
    assert "changed" in wait_told(ann, "SET PASSWORD new pass phrase")
    bob = server.client("bob")
    assert "wrong" in wait_told(bob, "IDENTIFY ann new pass")
    assert "logged in as ann" in wait_told(bob, "IDENTIFY ann new pass phrase")


def test_identify_without_a_name_is_for_the_own_nick_also_with_spaces(make_server):
    server = make_server(**{**CHEAP, "accounts.nick_enforcement": "off"})
    ann = new(server, "ann")
    ann.send("NS LOGOUT")
    ann.expect("901")
    assert "wrong" in wait_told(ann, "IDENTIFY correct")
    assert "logged in as ann" in wait_told(ann, "IDENTIFY correct horse")


def test_drop_needs_its_code_and_keeps_the_name(server):
    ann = new(server, "ann")
    code = told(ann, "DROP ann")[-1].split()[-1]
    other = new(server, "bob")
    assert "not your account" in told(other, f"DROP ann {code}")[0]
    ann.send(f"NS DROP ann {code}")
    ann.expect("901")
    ann.sync()
    assert "There is no account" in told(other, "INFO ann")[0]
    fails(ann, "REGISTER ann * :correct horse", "ACCOUNT_EXISTS")
    server.stop()
    server.start()
    c = begin(server.connect(), "ann")
    authenticate(c, "PLAIN", plain("ann", "correct horse"))
    assert outcome(c) == "904"
    fails(c, "REGISTER ann * :correct horse", "ACCOUNT_EXISTS")


def test_operators_suspend_and_set_passwords(server):
    ann, oper = new(server, "ann"), server.client("oper")
    assert "Only operators" in told(ann, "SUSPEND ann")[0]
    oper.send("OPER boss boss")
    oper.expect("381")
    assert "suspended" in wait_told(oper, "SUSPEND ann")
    ann.expect("901")
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain("ann", "correct horse"))
    assert outcome(c) == "902"
    assert "not suspended" in wait_told(oper, "UNSUSPEND ann")
    assert "changed" in wait_told(oper, "PASSWD ann another-one")
    authenticate(c, "PLAIN", plain("ann", "another-one"))
    assert outcome(c) == "903"


def test_sql_lines_and_unicode_in_every_field(server):
    number = iter(range(100))
    for name in ("a';DROP", "a\"b", "Ä", "é", "a\u202eb", "a b", "a\x01b", "#x", "*", "", "0", "ａｎｎ", "a\0b"):
        for password in ("'; DROP TABLE account; --", "pass\u0301word wide", "日本語のパスワード"):
            c = server.client(f"x{next(number)}", CAPS)
            c.send(f"REGISTER {name} x'@y.z :{password}".replace("\0", ""),
                   f"NS IDENTIFY {name} {password}", f"NS INFO {name}", f"NS CERT ADD {name}", f"NS DROP {name}",
                   "NS LOGOUT")
            c.sync()
            c.send("QUIT")
            c.expect_closed()
    server.stop()
    db = sqlite3.connect(server.data / "burble.db")
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("SELECT count(*) FROM account WHERE name <> ''").fetchone()[0] > 0


def test_without_a_directory_there_are_no_accounts(make_server):
    s = make_server()
    s.stop()
    s.data = None
    s.start()
    c = s.connect()
    c.send("CAP LS 302")
    assert "sasl" not in c.expect("CAP").params[-1]
    c = s.client("ann")
    c.send("REGISTER * * :correct horse")
    assert "cannot be registered now" in c.message().line
    assert "no accounts" in told(c, "INFO")[0]


def test_a_disk_that_fails_refuses_a_registration(server):
    c = server.client("ann", CAPS)
    c.join("#x")
    new(server, "bob")
    import resource
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    c.send("REGISTER * * :correct horse")
    assert c.expect("FAIL").params[1] == "TEMPORARILY_UNAVAILABLE"
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for _ in range(50):
        c.send("REGISTER * * :correct horse")
        if any(m.command == "REGISTER" for m in c.sync()):
            break
        import time
        time.sleep(0.1)
    else:
        raise AssertionError("it never works again")


def test_an_operator_registers_an_account_for_somebody_else(make_server):
    server = make_server(**{**CHEAP, "accounts.registration": "no", "oper.boss.password": "plain:boss"})
    caps = [c for c in CAPS if c != "draft/account-registration"]
    boss = server.client("boss", caps)
    assert "Only operators" in told(boss, "SAREGISTER ann correct horse")[0]
    boss.send("OPER boss boss")
    boss.expect("381")
    assert wait_told(boss, "SAREGISTER ann correct horse") == "ann is registered."
    assert all(m.command != "900" for m in boss.sync()), "nobody is logged in by it"
    login(server.connect(), "ann", "ann", "correct horse", caps).close()
    for line, why in (("ANN correct horse", "registered already"), ("bob short", "too short"), ("1x correct horse", "no name"),
                      ("ChanServ correct horse", "no name"), ("bob", "Usage")):
        assert why in wait_told(boss, f"SAREGISTER {line}"), line
    assert server.stderr().count("event=oper.register") == 1 and "correct horse" not in server.stderr()
