"""Multiline messages (IRCv3 draft/multiline)."""

BASE = ["batch", "message-tags", "server-time", "echo-message", "labeled-response"]
CAPS = [*BASE, "draft/multiline"]
HISTORY = ["draft/chathistory"]


def send(client, target, *lines, label="", tags=""):
    """A batch of lines; one that begins with '+' is joined to the line before."""
    first = ";".join(t for t in (label and f"label={label}", tags) if t)
    client.send(f"{'@' + first + ' ' if first else ''}BATCH +7 draft/multiline {target}",
                *[f"@batch=7{';draft/multiline-concat' if t.startswith('+') else ''} PRIVMSG {target} :{t.lstrip('+')}"
                  for t in lines], "BATCH -7")


def fail(client):
    return client.expect("FAIL", "BATCH").params[1:-1]


def test_a_batch_arrives_as_a_batch_and_as_lines_where_batches_are_not_known(server):
    a, b, c = server.client("a", CAPS), server.client("b", CAPS), server.client("c", ["message-tags"])
    for p in (a, b, c):
        p.join("#x")
    for p in (a, b, c):
        p.sync()
    send(a, "#x", "one", "", "two", "+and on", label="L", tags="+typing=done")
    for p in (a, b):
        start, *lines, end = p.sync()
        assert start.params[1:] == ["draft/multiline", "#x"] and start.params[0][1:] == end.params[0][1:]
        assert [m.params for m in lines] == [["#x", t] for t in ("one", "", "two", "and on")]
        assert [("draft/multiline-concat" in m.tags) for m in lines] == [False, False, False, True]
        assert all("msgid" not in m.tags and m.tags["batch"] == end.params[0][1:] for m in lines)
        assert start.tags.get("label") == ("L" if p is a else None) and start.tags["+typing"] == "done"
    plain = c.sync()
    assert [m.params[1] for m in plain] == ["one", "two", "and on"]
    assert [m.tags.get("msgid") for m in plain] == [start.tags["msgid"], None, None]
    assert [m.tags.get("+typing") for m in plain] == ["done"] * 3


def test_client_tags_are_on_each_line_and_long_ones_on_the_first_only(server):
    a, b = server.client("a", CAPS), server.client("b", ["message-tags", "batch", *HISTORY])
    for p in (a, b):
        p.join("#x")
    b.sync()
    for tags in ("+typing=done", "+long=" + 600 * "x"):
        key, value = tags.split("=")
        send(a, "#x", "one", "two", tags=tags)
        a.sync()
        again = [value, value if len(value) < 512 else None]
        assert [m.tags.get(key) for m in b.sync()] == again
        b.send("CHATHISTORY LATEST #x * 1")
        assert [m.tags.get(key) for m in b.sync() if m.command == "PRIVMSG"] == again


def test_history_holds_one_message_and_gives_it_in_the_readers_form(server):
    a = server.client("a", [*CAPS, *HISTORY])
    old = server.client("old", ["message-tags", "batch", *HISTORY])
    a.join("#x")
    old.join("#x")
    send(a, "#x", "one", "", "+two")
    send(a, "a", "to myself", "twice")
    a.sync()
    a.send("CHATHISTORY LATEST #x * 10")
    outer, inner, one, blank, two, inner_end, outer_end = a.sync()
    assert inner.tags["batch"] == outer.params[0][1:] and "msgid" in inner.tags and "time" in inner.tags
    assert [m.tags["batch"] for m in (one, blank, two)] == [inner.params[0][1:]] * 3
    assert [m.params[1] for m in (one, blank, two)] == ["one", "", "two"] and "draft/multiline-concat" in two.tags
    old.sync()
    old.send("CHATHISTORY LATEST #x * 1")
    outer, one, two, end = old.sync()
    assert [one.params[1], two.params[1]] == ["one", "two"]
    assert one.tags["msgid"] == inner.tags["msgid"] and "msgid" not in two.tags


def test_a_private_message_of_several_lines(server):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    send(a, "B", "one", "two")
    start, one, two, end = b.sync()
    assert start.params[2] == "b" and one.params == ["b", "one"]
    send(a, "nobody", "one", label="1")
    assert a.expect("401", "a", "nobody").tags["label"] == "1"


def test_without_echo_a_label_is_acknowledged_once(server):
    a = server.client("a", ["batch", "labeled-response", "draft/multiline"])
    a.join("#x")
    send(a, "#x", "one", "two", label="1")
    got = a.sync()
    assert [(m.command, m.tags.get("label")) for m in got] == [("ACK", "1")]


def test_limits(make_server):
    server = make_server(**{"limits.multiline_lines": 3, "limits.multiline_bytes": 600})
    c = server.connect()
    c.send("CAP LS 302")
    assert "draft/multiline=max-bytes=600,max-lines=3" in c.line()
    a = server.client("a", CAPS)
    a.join("#x")
    send(a, "#x", "1", "2", "3", "4", "5", label="1")
    m = a.expect("FAIL", "BATCH", "MULTILINE_MAX_LINES", "3")
    assert m.tags["label"] == "1" and a.sync() == []
    send(a, "#x", "x" * 300, "x" * 300)
    assert fail(a) == ["MULTILINE_MAX_BYTES", "600"] and a.sync() == []
    send(a, "#x", "x" * 300, "x" * 299)
    assert [m.command for m in a.sync()] == ["BATCH", "PRIVMSG", "PRIVMSG", "BATCH"]


def test_mistakes_end_the_batch_with_one_word(server):
    a = server.client("a", CAPS)
    a.join("#x")
    for lines, code in [
        (["BATCH +1 draft/multiline #x", "@batch=2 PRIVMSG #x :a"], ["MULTILINE_INVALID"]),
        (["BATCH +1 draft/multiline #x", "@batch=1 PRIVMSG #y :a"], ["MULTILINE_INVALID_TARGET", "#x", "#y"]),
        (["BATCH +1 draft/multiline #x", "@batch=1 TAGMSG #x"], ["MULTILINE_INVALID"]),
        (["BATCH +1 draft/multiline #x", "@batch=1 NOTICE #x :a", "@batch=1 PRIVMSG #x :a"], ["MULTILINE_INVALID"]),
        (["BATCH +1 draft/multiline #x", "@batch=1 PRIVMSG #x :"], ["MULTILINE_INVALID"]),
        (["BATCH +1 draft/multiline #x"], ["MULTILINE_INVALID"]),
        (["BATCH +1 draft/multiline #x", "BATCH +1 draft/multiline #x"], ["MULTILINE_INVALID"]),
    ]:
        a.send(*lines, "BATCH -1")
        assert fail(a) == code and a.sync() == []
    for line, code in [("BATCH -1", "MULTILINE_INVALID"), ("BATCH +1 netsplit", "UNKNOWN_TYPE"), ("BATCH x", "MULTILINE_INVALID"),
                       ("@batch=1 PRIVMSG #x :a", "MULTILINE_INVALID"), ("BATCH +1 draft/multiline #x,#y", "MULTILINE_INVALID")]:
        a.send(line)
        assert fail(a) == [code]


def test_a_client_that_leaves_in_the_middle_of_a_batch_leaves_nothing(server):
    a, b = server.client("a", CAPS), server.client("b")
    a.join("#x")
    b.join("#x")
    a.send("BATCH +1 draft/multiline #x", "@batch=1 PRIVMSG #x :half")
    a.close()
    b.expect("QUIT")
    assert not any(m.command in ("PRIVMSG", "BATCH") for m in b.sync())
