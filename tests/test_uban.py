"""UBAN and `burble admin ban`: bans of addresses, masks and accounts, with a dry run; accounts are kept out at every login."""
import pytest

from accounts import CAPS, CHEAP, authenticate, begin, login, new, outcome, plain
from test_admin import admin, rows

CONFIG = """[limits]
per_address = 0
connect_rate = 0
[oper boss]
password = plain:boss
hosts = *@*
class = bans
[oper little]
password = plain:little
hosts = *@*
class = none
[oper_class bans]
capabilities = ban stats
[oper_class none]
capabilities = stats
"""


@pytest.fixture
def server(make_server, tmp_path):
    config = tmp_path / "burble.conf"
    config.write_text(CONFIG)
    return make_server("--config", str(config), **CHEAP)


def oper(server, name="boss"):
    c = server.client(name, ["standard-replies"])
    c.send(f"OPER {name} {name}")
    c.expect("381")
    c.sync()
    return c


def told(client, command):
    client.send(command)
    return [m.params[-1] for m in client.sync() if m.command == "NOTICE"]


def always_on(server, nick):
    """An always-on user without a client."""
    c = new(server, nick)
    c.send("NS SET ALWAYS-ON on", "JOIN #here")
    c.sync()
    c.send("QUIT")
    c.expect_closed()


def is_there(client, nick):
    client.send(f"ISON {nick}")
    return client.expect("303").params[-1].strip() == nick


def may_log_in(server, name):
    """Whether SASL PLAIN lets one in, and what else was said."""
    c = begin(server.connect(), "try")
    authenticate(c, "PLAIN", plain(name, "correct horse"))
    return outcome(c) == "903"


def test_a_ban_of_an_account_ends_its_users_and_keeps_it_out_by_every_way(server):
    boss, ann = oper(server), new(server, "ann")
    always_on(server, "bob")
    assert is_there(boss, "bob")
    assert told(boss, "UBAN ADD a:Ann DURATION 1h selling watches") == ["Added ban for a:ann"]
    assert "selling watches" in ann.expect_closed()[-1]
    told(boss, "UBAN ADD a:bob")
    assert not is_there(boss, "bob")
    assert not may_log_in(server, "ann")
    guest = server.client("guest")
    assert "This account is banned: selling watches." in told(guest, "NS IDENTIFY ann correct horse")
    told(boss, "UBAN DEL a:ann")
    assert may_log_in(server, "ann") and not may_log_in(server, "bob")


def test_a_ban_of_an_account_holds_after_a_restart_and_ends_at_its_time(server):
    boss = oper(server)
    always_on(server, "bob")
    new(server, "ann").send("QUIT")
    told(boss, "UBAN ADD a:ann DURATION 7d")
    told(boss, "UBAN ADD a:bob DURATION 1s short")
    server.kill()
    server.start()
    boss = oper(server)
    assert not may_log_in(server, "ann") and not is_there(boss, "bob")
    boss.send("UBAN LIST")
    assert ["A", "a:ann"] in [m.params[1:3] for m in boss.sync() if m.command == "216"]
    c = begin(server.connect(), "try")
    while True:  # until that second has passed
        authenticate(c, "PLAIN", plain("bob", "correct horse"))
        if outcome(c) == "903":
            break
        c.close()
        c = begin(server.connect(), "try")


def test_a_dry_run_names_all_it_would_hit_and_hits_nobody(server):
    boss, ann = oper(server), new(server, "ann")
    always_on(server, "bob")
    carl = server.client("carl")
    hits = told(boss, "UBAN TEST a:ann")
    assert len(hits) == 2 and "ann!" in hits[0] and "account ann" in hits[0]
    assert hits[1].startswith("a:ann would hit 1 connections here, 0 always-on")
    assert "(always-on, no client)" in told(boss, "UBAN TEST a:bob")[0]
    hits = told(boss, "UBAN TEST ?arl!*@*")
    assert "carl!" in hits[0] and "hit 1 connections here, 0" in hits[-1]
    hits = told(boss, "UBAN TEST *!bob@*")
    assert "bob!" in hits[0] and "hit 0 connections here, 1 always-on" in hits[-1]
    assert "hit 3 connections here, 0 always-on" in told(boss, "UBAN TEST 127.0.0.0/8")[-1], "a D-line ends connections only"
    assert "hit 0 connections" in told(boss, "UBAN TEST a:nobody")[-1]
    boss.send("STATS k")
    assert boss.sync()[0].command == "219"
    carl.sync(), ann.sync()
    assert is_there(boss, "bob")


def test_masks_with_nicks_cover_nicks_and_no_change_of_nick_evades_them(server):
    boss, victim, other = oper(server), server.client("bad1"), server.client("other")
    assert told(boss, "UBAN ADD bad*!*@* no bad nicks") == ["Added K-line for bad*!*@*"]
    assert "no bad nicks" in victim.expect_closed()[-1]
    other.send("NICK bad2")
    assert "no bad nicks" in other.expect_closed()[-1]
    c = server.connect()
    c.send("NICK bad3", "USER x 0 * :x")
    c.expect("465")
    server.client("good").sync()
    assert told(boss, "UBAN DEL BAD*!*@*") == ["Removed K-line for bad*!*@*"]
    server.client("bad4").sync()


def test_addresses_networks_and_nicks_are_told_apart(server):
    boss = oper(server)
    server.client("carl", source="127.0.0.7")
    assert told(boss, "UBAN ADD 192.0.2.7") == ["Added D-line for 192.0.2.7"]
    assert told(boss, "UBAN ADD 2001:db8::/32 x") == ["Added D-line for 2001:db8::/32"]
    assert told(boss, "UBAN ADD carl DURATION 1h")[0].startswith("Added K-line for *@127.0.0.7")
    assert told(boss, "UBAN DEL 192.0.2.7") == ["Removed D-line for 192.0.2.7"]


@pytest.mark.parametrize("line, code", [("ADD a:*", "INVALID_MASK"), ("ADD *!*@*", "INVALID_MASK"), ("ADD boss", "INVALID_MASK"),
                                        ("ADD x@y DURATION soon", "INVALID_DURATION"), ("ADD x@y DURATION", "INVALID_DURATION"),
                                        ("DEL a:nobody", "INVALID_MASK"), ("TEST 0.0.0.0/0", "INVALID_MASK"), ("ADD", "INVALID_PARAMS"),
                                        ("NONSENSE x", "INVALID_PARAMS")])
def test_what_is_no_ban_is_refused(server, line, code):
    boss = oper(server)
    boss.send(f"UBAN {line}")
    boss.expect("FAIL", "UBAN", code)
    boss.send("STATS k")
    assert boss.sync()[0].command == "219"


def test_an_operator_cannot_ban_the_account_he_uses(server):
    boss = new(server, "boss")
    boss.send("OPER boss boss", "UBAN ADD a:boss")
    boss.expect("FAIL", "UBAN", "INVALID_MASK", "a:boss")
    boss.sync()


def test_it_takes_the_capability_ban_and_is_logged(server):
    little, anybody, boss = oper(server, "little"), server.client("anybody"), oper(server)
    for c in (little, anybody):
        c.send("UBAN ADD a:ann")
        assert c.sync()[0].command in ("481", "723")
    told(boss, "UBAN ADD a:ann")
    assert server.stderr().count("event=oper.ban") == 1 and "mask=a:ann" in server.stderr()


def test_an_account_registered_under_a_banned_name_is_of_no_use(server):
    boss = oper(server)
    told(boss, "UBAN ADD a:eve")
    c = server.client("eve", CAPS)
    c.send("REGISTER eve * :correct horse")
    assert all(m.command != "900" for m in c.sync())
    assert not may_log_in(server, "eve")


def test_the_administrator_bans_accounts_too(server, runtime_directory):
    ann = new(server, "ann")
    always_on(server, "bob")
    r = admin("ban", "add", "--dry-run", "a:bob").stdout
    assert "bob" in r and "1 would be disconnected" in r
    assert rows("ban", "add", "--dry-run", "a:ann")[0]["account"] == "ann"
    admin("ban", "add", "--time", "1h", "a:ann", "go", "away")
    assert "go away" in ann.expect_closed()[-1]
    assert [(b["kind"], b["mask"]) for b in rows("ban", "list")] == [("account", "a:ann")]
    assert not may_log_in(server, "ann")
    admin("ban", "del", "a:ANN")
    assert may_log_in(server, "ann")
    login(server.connect(), "ann", "ann", "correct horse").close()
