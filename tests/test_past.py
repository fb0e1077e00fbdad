"""History of a channel: its own, since it was created; after a restart, that of an open channel."""
import pytest

CAPS = ["message-tags", "echo-message", "server-time", "draft/chathistory", "batch", "draft/channel-rename"]


def say(client, target, text):
    client.send(f"PRIVMSG {target} :{text}")
    client.expect("PRIVMSG", target, text)


def history(client, channel):
    client.send(f"CHATHISTORY LATEST {channel} * 10")
    return [m.params[-1] for m in client.sync() if m.command == "PRIVMSG"]


def targets(client):
    client.send("CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10")
    return [m.params[1] for m in client.sync() if m.command == "CHATHISTORY"]


@pytest.mark.parametrize("modes", ["", "+ik hush"])
def test_who_makes_a_channel_anew_reads_nothing_of_the_one_before(server, modes):
    a = server.client("ann", CAPS)
    a.join("#x")
    if modes:
        a.send(f"MODE #x {modes}")
    say(a, "#x", "swordfish")
    assert history(a, "#x") == ["swordfish"]
    a.send("PART #x")
    a.expect("PART")
    b, old = server.client("bob", CAPS), server.client("old", ["server-time"])
    b.join("#x")
    assert history(b, "#x") == [] and targets(b) == []
    b.send("PART #x")
    b.expect("PART")
    assert "swordfish" not in [m.params[-1] for m in old.join("#x")]
    old.sync()
    a.join("#x")
    assert history(a, "#x") == []
    say(a, "#x", "new")
    assert history(a, "#x") == ["new"]


def test_an_operator_of_the_new_channel_cannot_redact_in_the_old_one(server):
    caps = [*CAPS, "draft/message-redaction"]
    a, b = server.client("ann", caps), server.client("bob", caps)
    a.join("#x")
    a.send("PRIVMSG #x :mine")
    msgid = a.expect("PRIVMSG").tags["msgid"]
    a.send("PART #x")
    a.expect("PART")
    b.join("#x")
    b.send(f"REDACT #x {msgid}")
    b.expect("FAIL", "REDACT", "UNKNOWN_MSGID")


@pytest.mark.parametrize("way", ["stop", "kill"])
@pytest.mark.parametrize("modes, there", [("", ["said"]), ("+i", []), ("+k key", []), ("+s", []), ("+b eve!*@*", [])])
def test_after_a_restart_an_open_channel_has_its_past_and_a_closed_one_has_not(make_server, way, modes, there):
    server = make_server()
    a = server.client("ann", CAPS)
    a.join("#x")
    if modes:
        a.send(f"MODE #x {modes}")
    say(a, "#x", "said")
    getattr(server, way)()
    server.start()
    b = server.client("bob", CAPS)
    b.join("#x")
    assert history(b, "#x") == there
    b.send("PART #x")
    b.expect("PART")
    b.join("#x")
    assert history(b, "#x") == [], "it ended in between"


def test_a_renamed_channel_takes_its_past_along(server):
    a, b = server.client("ann", CAPS), server.client("bob", CAPS)
    b.join("#new")
    say(b, "#new", "of another channel")
    b.send("PART #new")
    b.expect("PART")
    a.join("#old")
    say(a, "#old", "mine")
    a.send("RENAME #old #new")
    a.expect("RENAME")
    a.send("CHATHISTORY LATEST #new * 10")
    start = a.expect("BATCH")
    assert start.params[-1] == "#new"
    assert a.expect("PRIVMSG").params == ["#new", "mine"], "under the name that it has now"
    say(a, "#new", "more")
    assert history(a, "#new") == ["mine", "more"] and targets(a) == ["#new"]
    b.join("#old")
    assert history(b, "#old") == []
