"""EXTJWT: tokens by which users prove to a service on the web who they are."""
import base64
import hashlib
import hmac
import json
import time

import pytest

from accounts import CHEAP, login, new

SECRET, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"


@pytest.fixture
def server(make_server):
    return make_server(**CHEAP, **{"extjwt.*.secret": SECRET, "extjwt.forum.secret": OTHER, "extjwt.forum.lifetime": "5m"})


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(token, secret=SECRET):
    """The claims of a token; its signature is right."""
    head, body, signature = token.split(".")
    assert json.loads(decoded(head)) == {"alg": "HS256", "typ": "JWT"}
    assert decoded(signature) == hmac.new(secret.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    return json.loads(decoded(body))


def ask(client, *words):
    """The parameters before the token, and the token, which may come in several lines."""
    client.send("EXTJWT " + " ".join(words))
    token = ""
    while True:
        p = client.expect("EXTJWT").params
        token += p[-1]
        if len(p) == 3:
            return p[:2], token
        assert p[2] == "*" and len(p) == 4


def test_a_user_proves_its_nick(server):
    ann = server.client("ann")
    where, token = ask(ann, "*")
    c = claims(token)
    assert where == ["*", "*"] and 0 < c.pop("exp") - time.time() <= 31
    assert c == {"iss": "irc.burble.local", "sub": "ann", "account": "", "umodes": []}


def test_an_account_and_the_rank_in_a_channel_are_proved_to_a_service(server):
    new(server, "ann")
    ann, bob = server.connect(), server.client("bob")
    login(ann, "ann", "ann", "correct horse")
    ann.join("#x")
    where, token = ask(ann, "#X", "forum")
    c = claims(token, OTHER)
    assert where == ["#x", "forum"] and 200 < c["exp"] - time.time() <= 301
    assert (c["account"], c["service"], c["channel"], c["joined"], c["cmodes"]) == ("ann", "forum", "#x", 1, ["o"])
    bob.join("#x")
    assert claims(ask(bob, "#x")[1])["cmodes"] == []
    ann.send("MODE #x +hv bob bob")
    bob.expect("MODE", "#x")
    assert claims(ask(bob, "#x")[1])["cmodes"] == ["h", "v"]


def test_who_is_not_in_the_channel_is_told_so_and_a_secret_one_is_not_there(server):
    ann, bob = server.client("ann"), server.client("bob")
    ann.join("#x")
    c = claims(ask(bob, "#x")[1])
    assert (c["channel"], c["joined"], c["cmodes"]) == ("#x", 0, [])
    ann.send("MODE #x +s")
    ann.sync()
    bob.send("EXTJWT #x", "EXTJWT #none")
    bob.expect("403", "bob", "#x")
    bob.expect("403", "bob", "#none")


def test_operators_are_named_as_such(make_server):
    server = make_server(**{"extjwt.*.secret": SECRET, "oper.root.password": "plain:secret"})
    ann = server.client("ann")
    ann.send("OPER root secret")
    ann.expect("381")
    assert claims(ask(ann, "*")[1])["umodes"] == ["o"]


def test_a_long_token_comes_in_several_lines_of_one_reply(server):
    name = "#" + "\"\\" * 31
    ann = server.client("ann", caps=("batch", "labeled-response"))
    ann.join(name)
    ann.send(f"@label=L EXTJWT {name}")
    assert ann.expect("BATCH").tags["label"] == "L"
    _, token = ask(ann, name)
    assert claims(token)["channel"] == name and len(token) > 300


def test_services_that_are_not_there_are_refused(server, make_server):
    ann = server.client("ann")
    ann.send("EXTJWT * wiki", "EXTJWT")
    ann.expect("FAIL", "EXTJWT", "NO_SUCH_SERVICE")
    ann.expect("461")
    none = make_server().connect()
    none.send("NICK bob", "USER bob 0 * :Bob")
    none.expect("001")
    welcome = none.sync()
    assert not any("EXTJWT=1" in m.params for m in welcome)
    none.send("EXTJWT *")
    none.expect("FAIL", "EXTJWT", "NO_SUCH_SERVICE")


def test_it_is_announced(server):
    ann = server.connect()
    ann.send("NICK ann", "USER ann 0 * :Ann")
    ann.expect("001")
    assert any("EXTJWT=1" in m.params for m in ann.sync() if m.command == "005")
