"""Registered channels: ChanServ, ranks of accounts, what survives the last member and a restart."""
import sqlite3

import pytest

from accounts import CAPS, CHEAP, authenticate, login, new, plain


@pytest.fixture
def server(make_server):
    return make_server(**{**CHEAP, "oper.boss.password": "plain:boss"})


def told(client, command):
    client.send(f"CS {command}")
    return "\n".join(m.params[1] for m in client.sync() if m.command == "NOTICE" and m.nick == "ChanServ")


@pytest.fixture
def founder(server):
    """ann in #x, which is hers."""
    ann = new(server, "ann")
    ann.join("#x")
    assert "#x is registered" in told(ann, "REGISTER #x")
    return ann


def names(client, channel):
    client.send(f"NAMES {channel}")
    return client.expect("353").params[-1].split()


def test_the_founder_has_its_rank_again_and_a_stranger_none(server, founder):
    assert names(founder, "#x") == ["~ann"]
    founder.send("QUIT")
    founder.expect_closed()
    bob = server.client("bob", CAPS)
    bob.join("#x")
    assert names(bob, "#x") == ["bob"]
    ann = login(server.connect(), "ann", "ann", "correct horse")
    ann.send("JOIN #x")
    assert ann.expect("MODE", "#x", "+qo").params[2:] == ["ann", "ann"]
    assert bob.expect("MODE", "#x", "+qo")
    ann.send("PART #x")
    bob.expect("PART")
    bob.sync()
    assert names(bob, "#x") == ["bob"], "nobody inherits a registered channel"


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_topic_modes_key_and_masks_survive_a_restart(server, founder, how):
    founder.send("TOPIC #x :what is said here", "MODE #x +ikl key 7", "MODE #x +b *!*@bad.example", "MODE #x +e a:ann",
                 "MODE #x +b gone!*@*", "MODE #x -b gone!*@*")
    founder.sync()
    assert "belongs now to ann" in told(founder, "TRANSFER #x ann")  # after the commit of all that
    getattr(server, how)()
    server.start()
    bob = server.client("bob")
    bob.send("JOIN #x")
    bob.expect("473")
    ann = login(server.connect(), "ann", "ann", "correct horse")
    ann.send("JOIN #x")
    assert ann.expect("332").params[-1] == "what is said here"
    ann.sync()
    ann.send("MODE #x", "MODE #x b", "MODE #x e")
    assert ann.expect("324").params[2:] == ["+klint", "key", "7"]
    assert ann.expect("367").params[2] == "*!*@bad.example"
    assert ann.expect("368") and ann.expect("348").params[2] == "a:ann"
    ann.expect("349")


def test_what_was_said_is_there_for_the_members(server, founder):
    founder.send("MODE #x +s", "PRIVMSG #x :kept")
    founder.sync()
    founder.send("PART #x")
    founder.sync()
    server.stop()
    server.start()
    ann = login(server.connect(), "ann", "ann", "correct horse", ["sasl", "batch", "server-time", "draft/chathistory"])
    ann.join("#x")
    ann.send("CHATHISTORY LATEST #x * 10")
    assert ann.expect("PRIVMSG").params[1] == "kept"


def test_ranks_are_given_taken_and_applied(server, founder):
    bob = new(server, "bob")
    bob.join("#x")
    assert "Only its founder" in told(bob, "AMODE #x +o bob")
    assert "You have no rank" in told(bob, "AMODE #x")
    founder.send("CS AMODE #x +h bob")
    assert bob.expect("MODE", "#x", "+h").params[2] == "bob"
    assert "+h bob" in told(founder, "AMODE #x") and "+h bob" in told(bob, "AMODE #x")
    assert "not operator" in told(bob, "OP #x bob")
    founder.send("CS AMODE #x -h bob")
    bob.expect("MODE", "#x", "-h")
    founder.send("CS AMODE #x +o bob")
    bob.expect("MODE", "#x", "+o")
    assert "not above" in told(bob, "DEOP #x ann")
    bob.send("CS DEOP #x")
    bob.expect("MODE", "#x", "-o")
    bob.send("CS OP #x")
    bob.expect("MODE", "#x", "+o")
    assert "no account" in told(founder, "AMODE #x +o nobody") and "every rank" in told(founder, "AMODE #x -o ann")
    assert "Usage" in told(founder, "AMODE #x +z bob")
    server.kill()
    server.start()
    bob = login(server.connect(), "bob", "bob", "correct horse")
    bob.send("JOIN #x")
    bob.expect("MODE", "#x", "+o")


def test_owners_and_admins_change_the_ranks_below_their_own(server, founder):
    admin, bob, carl = (new(server, n) for n in ("adm", "bob", "carl"))
    assert "rank for adm" in told(founder, "AMODE #x +a adm") and "rank for carl" in told(founder, "AMODE #x +q carl")
    for rank in "qa":
        assert "Only its founder" in told(admin, f"AMODE #x +{rank} bob")
    for rank in "ohv":
        assert "has a rank for bob" in told(admin, f"AMODE #x +{rank} bob")
    assert "has that rank" in told(admin, "AMODE #x +v bob") and "does not have" in told(admin, "AMODE #x -o bob")
    assert "has no rank for bob" in told(admin, "AMODE #x -v bob") and "+a adm" in told(admin, "AMODE #x")
    assert "Only its founder" in told(admin, "AMODE #x +o carl") and "Only its founder" in told(admin, "AMODE #x -q carl")
    assert "Only its founder" in told(admin, "AMODE #x -a adm") and "Only its founder" in told(carl, "AMODE #x +q bob")
    assert "has a rank for bob" in told(carl, "AMODE #x +a bob") and "has a rank for bob" in told(carl, "AMODE #x +o bob")
    for command in ("+o adm", "+v carl", "-o bob", "+o nobody"):
        assert "Only its founder" in told(bob, f"AMODE #x {command}")


def test_another_rank_takes_the_place_of_the_one_before(server, founder):
    bob = new(server, "bob")
    bob.join("#x")
    founder.send("CS AMODE #x +o bob")
    bob.expect("MODE", "#x", "+o")
    founder.send("CS AMODE #x +v bob")
    assert [bob.expect("MODE").params for _ in range(2)] == [["#x", "-o", "bob"], ["#x", "+v", "bob"]]
    assert "+v bob" in told(founder, "AMODE #x") and "@bob" not in names(founder, "#x")


def test_logging_in_gives_the_rank_where_one_is(server, founder):
    founder.send("NS LOGOUT", "PART #x")
    founder.expect("PART")
    founder.join("#x")
    guest = names(founder, "#x")[0]
    assert guest.startswith("Guest-")
    authenticate(founder, "PLAIN", plain("ann", "correct horse"))
    assert founder.expect("MODE", "#x", "+qo").params[2] == guest


def test_register_needs_an_account_and_a_rank(server, founder):
    bob, carl = new(server, "bob"), server.client("carl")
    carl.join("#c")
    assert "not logged in" in told(carl, "REGISTER #c")
    assert "not operator" in told(bob, "REGISTER #x") and "not operator" in told(bob, "REGISTER #none")
    assert "already" in told(founder, "REGISTER #X")
    assert "Founder: ann" in told(carl, "INFO #x")
    founder.send("MODE #x +s")
    founder.sync()
    assert "not registered" in told(carl, "INFO #x")


def test_an_account_has_a_few_channels(make_server):
    s = make_server(**{**CHEAP, "accounts.channels": "1"})
    ann = new(s, "ann")
    for name in ("#1", "#2"):
        ann.join(name)
    assert "is registered" in told(ann, "REGISTER #1") and "too many channels" in told(ann, "REGISTER #2")


def test_transfer_drop_and_rename(server, founder):
    bob = new(server, "bob")
    founder.send("MODE #x +b x!*@*", "CS AMODE #x +v bob")
    founder.sync()
    founder.send("RENAME #x #y")
    founder.sync()
    assert "belongs now to bob" in told(founder, "TRANSFER #y bob")
    assert "Only its founder" in told(founder, "TRANSFER #y ann")
    server.kill()
    server.start()
    bob = login(server.connect(), "bob", "bob", "correct horse")
    assert "not registered" in told(bob, "INFO #x")
    bob.send("JOIN #y")
    bob.expect("MODE", "#y", "+qo")
    answer = told(bob, "DROP #y")
    assert "To confirm" in answer
    assert "To confirm" in told(bob, "DROP #y 1")
    assert "not registered any more" in told(bob, answer.splitlines()[-1].removeprefix("/CS "))
    bob.send("PART #y")
    bob.sync()
    server.stop()
    db = sqlite3.connect(server.data / "burble.db")
    for table in ("channel", "channel_access", "channel_mask"):
        assert db.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_a_dropped_account_leaves_its_channels(server, founder):
    founder.send("NS DROP ann")
    code = [m for m in founder.sync() if m.command == "NOTICE"][-1].params[1].split()[-1]
    founder.send(f"NS DROP ann {code}")
    founder.expect("901")
    founder.sync()
    assert "not registered" in told(founder, "INFO #x")


def test_operators_may_drop_and_it_is_logged(server, founder):
    oper = server.client("oper")
    oper.send("OPER boss boss")
    oper.expect("381")
    code = told(oper, "DROP #x").split()[-1]
    assert "not registered any more" in told(oper, f"DROP #x {code}")
    assert "oper.override" in server.stderr() and "channel.dropped" in server.stderr()
