"""REDACT (IRCv3 draft/message-redaction)."""

CAPS = ["draft/message-redaction", "message-tags", "echo-message", "server-time", "draft/chathistory", "batch"]


def say(client, target, text):
    """Sends a message; its msgid."""
    client.send(f"PRIVMSG {target} :{text}")
    return client.expect("PRIVMSG", target, text).tags["msgid"]


def history(client, target):
    client.send(f"CHATHISTORY LATEST {target} * 10")
    return [m.params[-1] for m in client.sync() if m.command == "PRIVMSG"]


def test_ones_own_message_goes_from_history_and_members_are_told(server):
    a, b, old = server.client("a", CAPS), server.client("b", CAPS), server.client("old", ["message-tags"])
    for p in (a, b, old):
        p.join("#x")
    say(b, "#x", "first")
    msgid = say(b, "#x", "wrong window")
    b.send(f"REDACT #x {msgid} :sorry")
    assert b.expect("REDACT").params == ["#x", msgid, "sorry"]
    assert a.expect("REDACT", "#x", msgid).source.startswith("b!")
    assert history(a, "#x") == ["first"]
    assert "REDACT" not in [m.command for m in old.sync()]
    b.send(f"REDACT #x {msgid}")
    b.expect("FAIL", "REDACT", "UNKNOWN_MSGID", "#x", msgid)


def test_an_operator_redacts_what_others_said_and_others_do_not(server):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    a.join("#x")
    b.join("#x")
    of_a, of_b = say(a, "#x", "mine"), say(b, "#x", "spam")
    b.send(f"REDACT #x {of_a}")
    b.expect("FAIL", "REDACT", "REDACT_FORBIDDEN", "#x", of_a)
    a.send(f"REDACT #x {of_b}")
    b.expect("REDACT", "#x", of_b)
    assert history(b, "#x") == ["mine"]


def test_a_private_message_is_redacted_by_its_sender_only(server):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    msgid = say(a, "b", "psst")
    b.send(f"REDACT a {msgid}")
    b.expect("FAIL", "REDACT", "REDACT_FORBIDDEN", "a", msgid)
    a.send(f"REDACT b {msgid}")
    assert b.expect("REDACT").params == ["b", msgid]
    assert history(a, "b") == []


def test_what_cannot_be_redacted(server):
    a, b = server.client("a", [*CAPS, "labeled-response"]), server.client("b")
    a.send("REDACT #nowhere x", "REDACT")
    a.expect("FAIL", "REDACT", "INVALID_TARGET", "#nowhere")
    a.expect("461", "a", "REDACT")
    a.join("#x")
    a.send("REDACT #x nonsense", "@label=1 REDACT #x 1j0oecssin400", "PING after")
    a.expect("FAIL", "REDACT", "UNKNOWN_MSGID", "#x", "nonsense")
    assert a.expect("FAIL", "REDACT", "UNKNOWN_MSGID", "#x", "1j0oecssin400").tags["label"] == "1"
    b.send("REDACT #x y")
    b.expect("421", "b", "REDACT")


def test_the_author_redacts_after_chghost_and_a_change_of_case_and_who_takes_the_nick_does_not(make_server, tmp_path):
    conf = tmp_path / "oper.conf"
    conf.write_text("[oper root]\npassword = plain:pw\nhosts = *@*\n")
    server = make_server("--config", str(conf))
    a, op = server.client("ann", CAPS), server.client("op", CAPS)
    op.join("#x")
    a.join("#x")
    op.send("OPER root pw")
    op.expect("381")
    first, second, third = (say(a, "#x", f"m{i}") for i in range(3))
    op.send("CHGHOST ann new.example")
    a.expect("396")
    a.send(f"REDACT #x {first}")
    a.expect("REDACT", "#x", first)
    a.send("NICK Ann", f"REDACT #x {second}")
    a.expect("REDACT", "#x", second)
    a.send("QUIT")
    a.expect_closed()
    thief = server.client("ann", CAPS)
    thief.join("#x")
    thief.send(f"REDACT #x {third}")
    thief.expect("FAIL", "REDACT", "REDACT_FORBIDDEN")
