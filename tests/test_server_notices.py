"""Server notices (MODE +s) and operators' rights after REHASH."""
import pytest

from accounts import CHEAP

CONFIG = """
[server]
name = irc.example
[limits]
per_address = 0
connect_rate = 0
[oper_class watch]
capabilities = kill stats
[oper boss]
password = plain:secret
hosts = *@*
[oper helper]
password = plain:secret
class = watch
"""


@pytest.fixture
def opered(make_server, tmp_path):
    path = tmp_path / "burble.conf"
    path.write_text(CONFIG)
    server = make_server("--config", str(path), **CHEAP)
    server.config = path
    return server


def oper(server, nick, name="boss"):
    c = server.client(nick)
    c.send(f"OPER {name} secret")
    c.expect("381")
    c.sync()
    return c


def notices(c):
    return [m.params[-1] for m in c.sync() if m.command == "NOTICE" and m.params[0] == "*"]


def test_an_operator_hears_what_it_asked_for_and_nobody_else_does(opered):
    boss, other, guest = oper(opered, "boss"), oper(opered, "other"), opered.client("guest")
    boss.send("MODE boss +s")
    assert boss.expect("008").params[1] == "+ckbor"
    assert boss.expect("MODE").params == ["boss", "+s"]
    other.send("MODE other +s k")
    assert other.expect("008").params[1] == "+k"
    guest.send("MODE guest +s")
    assert guest.expect("481")
    ann = opered.client("ann")
    ann.send("NS REGISTER correct-horse")
    ann.expect("900")
    ann.send("JOIN #x", "CS REGISTER #x", "OPER boss wrong")
    ann.expect("464")
    ann.send("QUIT :bye")
    ann.expect_closed()
    opered.client("victim")
    boss.send("KILL victim :spam", "KLINE bad@* :no")
    heard = notices(boss)
    for want in ("*** Client: ann!ann@", "*** Registration: account ann is registered", "*** Registration: channel #x is registered",
                 "*** Operator: ann!", "quits: Quit: bye", "*** Kill: victim!", "*** Ban: Added K-line for bad@*"):
        assert any(want in text for text in heard), (want, heard)
    assert not any("wrong" in text or "correct-horse" in text for text in heard)
    assert [text.split(":")[0] for text in notices(other)] == ["*** Kill"] and notices(guest) == []


def test_classes_of_notices_are_added_and_taken_and_end_with_the_operator(opered):
    boss = oper(opered, "boss")
    boss.send("MODE boss +s ck", "MODE boss -s k", "MODE boss +s x", "MODE boss")
    assert [boss.expect("008").params[1] for _ in range(3)] == ["+ck", "+c", "+c"]
    assert boss.expect("501") and "s" in boss.expect("221").params[1]
    boss.send("MODE boss -s")
    assert boss.expect("008").params[1] == "+"
    boss.send("MODE boss +s", "MODE boss -o", "MODE boss")
    assert "s" not in boss.expect("221").params[1]
    opered.client("next").close()
    assert notices(boss) == []


def test_rehash_gives_operators_what_their_class_allows_now(opered):
    boss, helper, gone = oper(opered, "boss"), oper(opered, "helper", "helper"), oper(opered, "gone", "helper")
    victim = opered.client("victim")
    gone.close()  # its row goes with it
    opered.config.write_text(CONFIG.replace("kill stats", "stats"))
    boss.send("REHASH")
    boss.expect("382")
    boss.sync()
    helper.send("KILL victim :x")
    helper.expect("723")
    victim.sync()
    opered.config.write_text(CONFIG.split("[oper helper]")[0])
    boss.send("REHASH")
    assert helper.expect("MODE").params == ["helper", "-o"]
    helper.send("STATS z", "LUSERS")
    assert helper.expect("481") and helper.expect("252").params[1] == "1"
    boss.send("KILL victim :x")  # who has no class has all
    victim.expect_closed()
    assert "event=oper.changed name=helper" in opered.log.read_text()
