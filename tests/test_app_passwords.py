"""App passwords: they log in by PLAIN and IDENTIFY, are shown once, and change nothing of the account."""
import sqlite3

import pytest

from accounts import CHEAP, authenticate, begin, login, new, outcome, plain, scram
from test_accounts import told, wait_told


@pytest.fixture
def server(make_server):
    return make_server(**{**CHEAP, "accounts.app_passwords": "2"})


def app_password(client, name):
    answer = wait_told(client, f"APPPASS ADD {name}")
    assert "shown only now" in answer
    return answer.split()[-1]


def test_an_app_password_logs_in_until_it_is_removed(server):
    ann = new(server, "ann")
    secret = app_password(ann, "phone")
    assert "Phone already" in wait_told(ann, "APPPASS ADD Phone")
    assert "last used never" in wait_told(ann, "APPPASS LIST") and secret not in wait_told(ann, "APPPASS LIST")
    server.kill()
    server.start()
    phone = login(server.connect(), "phone", "ann", secret)
    bob = server.client("bob")
    assert "logged in as ann" in wait_told(bob, f"IDENTIFY ann {secret}")
    assert "wrong" in wait_told(server.client("carl"), f"IDENTIFY ann {secret[:-1]}x")
    ann = login(server.connect(), "ann", "ann", "correct horse")
    assert "never" not in wait_told(ann, "APPPASS LIST")
    assert "no app password x" in wait_told(ann, "APPPASS DEL x")
    assert "is removed" in wait_told(ann, "APPPASS DEL phone")
    assert "app password was removed" in phone.expect_closed()[-1] and bob.expect_closed()
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain("ann", secret))
    assert outcome(c) == "904"
    server.stop()
    data = b"".join(p.read_bytes() for p in server.data.iterdir()) + server.log.read_bytes()
    assert secret.encode() not in data
    assert sqlite3.connect(server.data / "burble.db").execute("SELECT count(*) FROM account_app").fetchone() == (0,)


def test_an_app_password_cannot_change_the_account(server):
    ann = new(server, "ann", "battery-staple")
    secret = app_password(ann, "phone")
    phone = login(server.connect(), "phone", "ann", secret)
    for command in ("SET PASSWORD another-one", "SET EMAIL x@example.com", "APPPASS ADD more", "APPPASS DEL phone", "APPPASS LIST",
                    "CERT ADD " + "ab" * 32, "GROUP", "UNGROUP ann", "DROP ann", "SESSIONS END OTHERS"):
        assert "cannot change the account" in wait_told(phone, command), command
    assert "Account: ann" in wait_told(phone, "INFO ann")
    assert "logged in as ann" in wait_told(phone, "IDENTIFY ann battery-staple")
    assert "is changed" in wait_told(phone, "SET PASSWORD another-one")
    c = begin(server.connect(), "x")
    assert scram(c, "ann", secret) == "904"


def test_another_client_of_the_user_cannot_change_it_either(server):
    secret = app_password(new(server, "victim"), "phone")
    first = new(server, "eve", "battery-staple")
    second = login(server.connect(), "eve", "eve", "battery-staple")  # of the same user
    assert "logged in as victim" in wait_told(first, f"IDENTIFY victim {secret}")
    second.sync()
    assert "Account: victim" in wait_told(second, "INFO victim")
    for c in (first, second):
        assert "cannot change the account" in wait_told(c, "SET PASSWORD another-one")


def test_who_has_an_app_password_may_give_it_up_and_no_other_is_concerned(server):
    ann, bob = new(server, "ann"), new(server, "bob")
    secret, other = app_password(ann, "phone"), app_password(ann, "desk")
    phone, desk = login(server.connect(), "phone", "ann", secret), login(server.connect(), "desk", "ann", other)
    assert "no app password" in wait_told(bob, f"APPPASS REVOKE {secret}") and "no app password" in wait_told(phone, "APPPASS REVOKE phone")
    assert "phone is removed" in wait_told(phone, f"APPPASS REVOKE {secret}")
    assert "1 of 2" in wait_told(ann, "APPPASS LIST")
    assert "Account: ann" in wait_told(desk, "INFO ann")
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain("ann", secret))
    assert outcome(c) == "904"


def test_app_passwords_are_few_and_of_one_account(server):
    ann, bob = new(server, "ann"), new(server, "bob")
    secret = app_password(ann, "one")
    app_password(ann, "two")
    assert "too many" in wait_told(ann, "APPPASS ADD three")
    assert "too long" in wait_told(bob, "APPPASS ADD " + "x" * 33)
    assert "Usage" in told(bob, "APPPASS ADD")[0] and "Usage" in told(bob, "APPPASS X")[0]
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain("bob", secret))
    assert outcome(c) == "904"
