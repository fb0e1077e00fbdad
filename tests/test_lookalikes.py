"""Names that look alike (UTS 39): accounts, grouped nicks, nicks in use."""
import ctypes
import glob
import re
import string

from accounts import CAPS, CHEAP, login, new
from test_accounts import fails, wait_told

ANN = "\u0430nn"  # its first letter is Cyrillic


def takes(client, nick):
    client.send(f"NICK {nick}")
    while (m := client.message()).command not in ("NICK", "433"):
        pass
    return m.command == "NICK"


def test_an_account_that_looks_like_another_is_not_registered(make_server):
    s = make_server(**CHEAP)
    new(s, "paul")
    for _ in range(2):
        for i, name in enumerate(("p\u0430ul", "pau1", "PAUI", "\uff50aul", "p\u0430u|")):
            m = fails(s.client(f"x{i}", CAPS), f"REGISTER {name} * :correct horse", "BAD_ACCOUNT_NAME")
            assert "looks like" in m.params[-1]
        s.kill()
        s.start()
    new(s, "pauline")
    s.kill()
    s.settings["accounts.confusables"] = "no"
    s.start()
    new(s, "paul2")
    new(s, "paui")


def test_a_nick_that_looks_like_an_accounts_is_only_for_that_account(make_server):
    s = make_server(**CHEAP)
    ann, bob = new(s, "ann"), s.client("bob", CAPS)
    assert takes(ann, ANN) and "belongs to ann" in wait_told(ann, "GROUP") and takes(ann, "other")
    assert not takes(bob, ANN) and not takes(bob, "ann") and not takes(bob, "\uff41nn")
    assert takes(bob, "an") and takes(bob, "anne")
    late = s.connect()
    late.send("NICK \uff41nn", "USER x 0 * :x")
    assert "looks like" in late.expect("433").params[-1]
    late.send("NICK x")
    late.expect("001")
    assert "Removed" in wait_told(ann, f"UNGROUP {ANN}")


def test_a_nick_that_looks_like_an_accounts_is_not_grouped(make_server):
    s = make_server(**{**CHEAP, "accounts.nick_enforcement": "off"})
    new(s, "ann")
    carl = new(s, "carl")
    assert takes(carl, "anh") and "belongs to carl" in wait_told(carl, "GROUP")
    s.close_clients()
    carl = login(s.connect(), "carl", "carl", "correct horse")
    assert takes(carl, ANN) and "looks like one of another" in wait_told(carl, "GROUP")


def test_of_nicks_in_use_only_letters_of_other_scripts_are_looked_at(make_server):
    s = make_server()
    a, b = s.client("mike1"), s.client("b")
    assert not takes(b, "\u217fike1") and not takes(b, "mik\u04351")  # a Roman m, a Cyrillic e
    assert takes(b, "mikel") and takes(b, "mike0") and takes(b, "mik\u04350")
    c = s.client("c")
    assert not takes(c, "mike0") and not takes(c, "m\u0456k\u04350")
    assert takes(b, "mike0") and takes(b, "d\u00e9j\u00e0") and takes(c, "mik\u04350".replace("0", "3"))
    assert not takes(a, "d\u00e9j\u0430\u0300")  # the same with a combining accent
    b.send("QUIT")
    b.expect_closed()
    c.sync()
    assert takes(a, "d\u00e9j\u0430\u0300")


def test_accounts_that_differ_in_case_only_are_one_in_every_script(make_server):
    s = make_server(**CHEAP)
    names = ("\u0434\u0438\u043c\u0430", "\u041d\u0418\u041a", "\u039d\u03af\u03ba\u03bf\u03c2")  # дима НИК Νίκος
    for name in names:
        new(s, name)
    for _ in range(2):
        for name in names:
            for other in {name.upper(), name.lower(), name.title(), name.casefold()} - {name}:
                m = fails(s.client("x", CAPS), f"REGISTER {other} * :correct horse", "BAD_ACCOUNT_NAME")
                assert "looks like" in m.params[-1], other
                s.close_clients()
        s.kill()
        s.start()
    new(s, names[0] + "2")


def test_nicks_in_use_that_differ_in_case_only_are_one_in_every_script(make_server):
    s = make_server()
    a, b = s.client("\u041d\u0438\u043a"), s.client("b")  # Ник
    for other in ("\u043d\u0438\u043a", "\u041d\u0418\u041a", "\u043d\u0418\u041a", "H\u0438\u043a"):
        assert not takes(b, other), other
    assert takes(a, "\u043d\u0438\u043a") and takes(a, "\u041d\u0418\u041a") and takes(a, "a")  # its own
    assert takes(b, "\u041d\u0418\u041a") and not takes(a, "\u043d\u0438\u043a")
    b.send("QUIT")
    b.expect_closed()
    a.sync()
    assert takes(a, "\u043d\u0438\u043a")


def test_icu_is_loaded_by_the_first_name_that_needs_it(make_server):
    s = make_server()

    def loaded():
        with open(f"/proc/{s.process.pid}/maps", encoding="utf-8") as maps:
            return "libicui18n" in maps.read()

    s.client("ann")
    assert not loaded()
    s.client("\u0434\u0438\u043c\u0430")
    assert loaded() and "no-icu" not in s.log.read_text()


def test_of_ascii_the_table_of_icu_has_what_the_server_has():
    icu = ctypes.CDLL(glob.glob("/usr/lib/*/libicui18n.so.??")[0])
    version = re.search(r"so\.(\d+)", icu._name)[1]
    status, out = ctypes.c_int(0), ctypes.create_string_buffer(200)
    opened = getattr(icu, f"uspoof_open_{version}")
    opened.restype = ctypes.c_void_p
    checker = ctypes.c_void_p(opened(ctypes.byref(status)))
    skeleton = getattr(icu, f"uspoof_getSkeletonUTF8_{version}")

    def of(c):
        skeleton(checker, 0, c.encode(), 1, out, 200, ctypes.byref(status))
        return out.value.decode()

    found = {c: of(c).lower() for c in string.ascii_letters + string.digits + "[]\\`_^{|}-" if of(c) != c}
    assert found == {"0": "o", "1": "l", "I": "l", "|": "l", "m": "rn", "`": "'"} and status.value == 0
