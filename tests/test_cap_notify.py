"""CAP NEW and CAP DEL: what REHASH changes of the capabilities (IRCv3 cap-notify)."""
import signal

import pytest

from accounts import CHEAP
from test_accounts import fails
from test_tls import TlsClient, certificate, client_context, tls_server, wait_for  # noqa: F401 (a fixture)

REGISTRATION = "draft/account-registration"


@pytest.fixture
def server(tls_server, tmp_path):  # noqa: F811
    config = tmp_path / "burble.conf"
    config.write_text("")
    s = tls_server("--config", str(config), **{**CHEAP, "tls.cert": certificate(tmp_path / "cert", "irc.example.org")})

    def rehash(text):
        done = s.stderr().count("rehash.done")
        config.write_text(text)
        s.signal(signal.SIGHUP)
        wait_for("the new configuration", lambda: s.stderr().count("rehash.done") > done)
    s.rehash = rehash
    return s


def ls(client, version=" 302"):
    client.send(f"CAP LS{version}")
    words = []
    while True:
        m = client.expect("CAP")
        words += m.params[-1].split()
        if m.params[2] != "*":
            return words


def test_what_is_not_offered_any_more_is_deleted_and_comes_back(server):
    a, old, plain = server.connect(), server.connect(), server.client("plain")
    assert f"{REGISTRATION}=before-connect,custom-account-name" in ls(a)
    a.send(f"CAP REQ :{REGISTRATION} cap-notify", "NICK a", "USER a 0 * :a", "CAP END")
    a.expect("001")
    ls(old, "")
    old.send("CAP REQ :cap-notify")
    old.expect("CAP", None, "ACK")
    server.rehash("[accounts]\nregistration = no\n")
    assert a.expect("CAP", "a", "DEL").params[-1] == REGISTRATION
    assert old.expect("CAP", "*", "DEL").params[-1] == REGISTRATION
    a.send("CAP LIST")
    assert REGISTRATION not in a.expect("CAP", "a", "LIST").params[-1]
    fails(a, "REGISTER a * :correct horse", "DISALLOWED")
    a.send(f"CAP REQ :{REGISTRATION}")
    a.expect("CAP", "a", "NAK")
    server.rehash("")
    assert a.expect("CAP", "a", "NEW").params[-1] == f"{REGISTRATION}=before-connect,custom-account-name"
    assert old.expect("CAP", "*", "NEW").params[-1] == REGISTRATION
    plain.send("PING x")
    assert plain.message().command == "PONG"  # it has not asked to be told


def test_a_new_value_is_announced_to_those_who_see_values(server):
    a, old = server.connect(), server.connect()
    ls(a)
    ls(old, "")
    old.send("CAP REQ :cap-notify")
    old.expect("CAP", None, "ACK")
    server.rehash("[accounts]\nbefore_connect = no\n")
    assert a.expect("CAP", "*", "NEW").params[-1] == f"{REGISTRATION}=custom-account-name"
    old.send("PING x")
    assert old.message().command == "PONG"


def test_a_policy_of_sts_reaches_clients_with_and_without_tls(server):
    a, b = server.connect(), TlsClient(server, client_context())
    assert not [w for w in ls(a) + ls(b) if w.startswith("sts")]
    server.rehash("[tls]\nsts = yes\nsts_duration = 2h\n")
    assert a.expect("CAP", "*", "NEW").params[-1] == f"sts=port={server.tls_port}"
    assert b.expect("CAP", "*", "NEW").params[-1] == "sts=duration=7200"
    server.rehash("[tls]\nsts = yes\nsts_duration = 0\n")
    assert b.expect("CAP", "*", "NEW").params[-1] == "sts=duration=0"
    server.rehash("")
    for c in (a, b):  # clients ignore its deletion, so there is none
        c.send("PING x")
        assert c.message().command == "PONG"
