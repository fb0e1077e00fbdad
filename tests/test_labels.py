"""labeled-response: replies matched to commands."""

CAPS = ["labeled-response", "batch", "message-tags"]


def labelled(client, label, line):
    """The lines of a labelled answer that is a batch, without its two ends."""
    client.send(f"@label={label} {line}")
    start = client.expect("BATCH")
    assert start.tags["label"] == label and start.params[1] == "labeled-response"
    ref, lines = start.params[0][1:], []
    while True:
        m = client.message()
        if m.command == "BATCH" and m.params[0] == "-" + ref:
            return ref, lines
        lines.append(m)


def test_every_labelled_batch_has_a_reference_of_its_own(server):
    a = server.client("ann", CAPS)
    seen = set()
    for i in range(5):
        ref, lines = labelled(a, f"l{i}", "WHOIS ann")
        assert lines and all(m.tags["batch"] == ref and "label" not in m.tags for m in lines)
        seen.add(ref)
    assert len(seen) == 5


def test_a_labelled_chathistory_is_one_batch_that_carries_the_label(server):
    a = server.client("ann", [*CAPS, "draft/chathistory", "echo-message"])
    a.join("#x")
    a.send("PRIVMSG #x :one")
    a.expect("PRIVMSG")
    a.send("@label=h CHATHISTORY LATEST #x * 10")
    start = a.expect("BATCH")
    assert start.tags["label"] == "h" and start.params[1] == "chathistory"
    assert a.expect("PRIVMSG").tags["batch"] == start.params[0][1:]
    a.expect("BATCH", "-" + start.params[0][1:])
