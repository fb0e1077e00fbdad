"""draft/persistence: the choice of always-on as a client's switch."""
import pytest

from accounts import CAPS, CHEAP, authenticate, login, new, plain

WITH = [*CAPS, "draft/persistence"]


def user(server, nick="ann", caps=WITH):
    """A client, and a second one, of an account; the first line of STATUS that each has seen."""
    new(server, nick).send("QUIT")
    return login(server.connect(), nick, nick, "correct horse", caps)


def status(client):
    client.send("PERSISTENCE GET")
    return client.expect("PERSISTENCE", "STATUS").params[1:]


def is_there(client, nick):
    client.send(f"ISON {nick}")
    return client.expect("303").params[-1].strip() == nick


def offered(server):
    c = server.connect()
    c.send("CAP LS 302")
    return "draft/persistence" in c.expect("CAP", None, "LS").params[-1].split()


def test_the_choice_is_set_and_shown_and_followed(make_server):
    server = make_server(**CHEAP)
    bob, ann = server.client("bob"), user(server)
    assert status(ann) == ["DEFAULT", "OFF"]
    ann.send("PERSISTENCE SET on")
    assert ann.expect("PERSISTENCE", "STATUS").params[1:] == ["ON", "ON"]
    ann.send("QUIT")
    ann.expect_closed()
    assert is_there(bob, "ann")
    server.kill()
    server.start()
    bob, ann = server.client("bob"), login(server.connect(), "ann", "ann", "correct horse", WITH)
    assert status(ann) == ["ON", "ON"]
    for word in ("OFF", "DEFAULT"):
        ann.send(f"PERSISTENCE SET {word}")
        assert ann.expect("PERSISTENCE", "STATUS").params[1:] == [word, "OFF"]
    ann.send("QUIT")
    ann.expect_closed()
    assert not is_there(bob, "ann")


def test_every_client_with_the_capability_is_told_also_of_nickserv(make_server):
    server = make_server(**CHEAP)
    one = user(server)
    two = login(server.connect(), "ann", "ann", "correct horse", WITH)
    without = login(server.connect(), "ann", "ann", "correct horse")
    one.send("PERSISTENCE SET ON")
    assert two.expect("PERSISTENCE", "STATUS").params[1:] == ["ON", "ON"]
    two.send("NS SET ALWAYS-ON off")
    assert one.expect("PERSISTENCE", "STATUS", "OFF").params[1:] == ["OFF", "OFF"]
    one.send("PERSISTENCE SET OFF")  # no change: nobody else is told
    one.expect("PERSISTENCE", "STATUS")
    two.sync(), one.sync()
    one.send("PERSISTENCE GET")
    one.expect("PERSISTENCE", "STATUS")
    assert all(m.command != "PERSISTENCE" for m in two.sync() + without.sync())


def test_a_client_is_told_when_it_has_logged_in(make_server):
    server = make_server(**CHEAP)
    new(server, "ann").send("QUIT")
    for caps, told in ((WITH, True), (CAPS, False)):
        c = server.connect()
        c.nick = "ann"
        c.send("CAP REQ :" + " ".join(caps), "NICK ann", "USER ann 0 * :x")
        c.expect("CAP", None, "ACK")
        authenticate(c, "PLAIN", plain("ann", "correct horse"))
        c.expect("903")
        c.send("CAP END")
        c.expect("001")
        login_lines = [m.params for m in c.sync() if m.command == "PERSISTENCE"]
        assert login_lines == ([["STATUS", "DEFAULT", "OFF"]] if told else [])


@pytest.mark.parametrize("mode, shown", [("opt-out", ["DEFAULT", "ON"]), ("mandatory", ["DEFAULT", "ON"]), ("opt-in", ["DEFAULT", "OFF"])])
def test_the_server_decides_what_default_means(make_server, mode, shown):
    server = make_server(**{**CHEAP, "accounts.always_on": mode})
    ann = user(server)
    assert offered(server) and status(ann) == shown
    ann.send("PERSISTENCE SET OFF")
    assert ann.expect("PERSISTENCE", "STATUS").params[1:] == ["OFF", "ON" if mode == "mandatory" else "OFF"]


@pytest.mark.parametrize("config", [{"accounts.always_on": "disabled"}, {"history.enabled": "no"}, {"accounts.enabled": "no"}])
def test_it_is_not_offered_where_nobody_can_stay(make_server, config):
    assert not offered(make_server(**{**CHEAP, **config}))


def test_what_is_wrong_is_refused(make_server):
    server = make_server(**CHEAP)
    guest, ann = server.client("guest", ["standard-replies"]), user(server)
    guest.send("PERSISTENCE GET")
    guest.expect("FAIL", "PERSISTENCE", "ACCOUNT_REQUIRED")
    for line in ("SET", "SET maybe", "SET ON-OFF", "NONSENSE", "STATUS ON ON"):
        ann.send(f"PERSISTENCE {line}")
        ann.expect("FAIL", "PERSISTENCE", "INVALID_PARAMS")
    ann.send("PERSISTENCE")
    ann.expect("461")
    assert status(ann) == ["DEFAULT", "OFF"]
