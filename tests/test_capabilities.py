"""CAP, and capabilities that depend on others."""
import pytest


def ask(client, *lines):
    client.send(*lines)
    return client.sync()


def caps_of(messages):
    return [(m.params[1], m.params[-1]) for m in messages if m.command == "CAP"]


def test_cap_notify_stays_for_who_negotiates_by_302(server):
    c = server.client("c", ["batch"])
    assert caps_of(ask(c, "CAP REQ :-batch -cap-notify")) == [("NAK", "-batch -cap-notify")]
    assert caps_of(ask(c, "CAP LIST")) == [("LIST", "batch cap-notify")]
    old = server.client("old")
    assert caps_of(ask(old, "CAP REQ :cap-notify", "CAP REQ :-cap-notify", "CAP LIST")) == [
        ("ACK", "cap-notify"), ("ACK", "-cap-notify"), ("LIST", "")]


def test_a_long_answer_is_whole_in_as_many_lines_as_it_takes(make_server):
    server = make_server(**{"limits.nick_length": 60, "server.name": "a.server.with.a.long.name.example"})
    c = server.client("n" * 60, ["batch"])
    words = " ".join(["batch", "-batch"] * 40)[:490].rsplit(" ", 1)[0]
    for last, answer in (("", "ACK"), (" nonsense", "NAK")):
        request = words[:490 - len(last)].rsplit(" ", 1)[0] + last
        got = [m for m in ask(c, f"CAP REQ :{request}") if m.command == "CAP"]
        assert {m.params[1] for m in got} == {answer} and " ".join(m.params[-1] for m in got) == request
        assert all(len(m.line) + 2 <= 512 for m in got)
    listed = [m for m in ask(c, "CAP LS 302") if m.command == "CAP"]
    assert len(listed) > 1 and all(m.params[2] == "*" for m in listed[:-1]) and len(listed[-1].params) == 3
    assert all(len(m.line) + 2 <= 512 for m in listed)


def test_a_label_needs_batch(server):
    c = server.client("c", ["labeled-response", "message-tags"])
    got = ask(c, "@label=1 WHOIS c")
    assert "BATCH" not in [m.command for m in got] and not any("label" in m.tags for m in got)
    ask(c, "CAP REQ :batch")
    assert ask(c, "@label=2 WHOIS c")[0].tags == {"label": "2"}


def test_a_line_that_is_too_long_is_answered_with_its_label(server):
    c = server.client("c", ["labeled-response", "message-tags", "batch"])
    got = ask(c, "@label=1 PRIVMSG c :" + "z" * 600)
    assert [(m.command, m.tags.get("label")) for m in got] == [("417", "1")]


@pytest.mark.parametrize("cap", ["draft/event-playback", "draft/chathistory", "away-notify", "invite-notify"])
def test_a_capability_without_tags_brings_none(server, cap):
    a, b = server.client("a"), server.client("b", [cap])
    a.send("PRIVMSG b :text")
    assert b.expect("PRIVMSG").tags == {}


def test_events_are_played_back_to_who_sees_tags(make_server):
    server = make_server(**{"history.events": "yes"})
    a = server.client("a", ["message-tags", "echo-message"])
    a.join("#c")
    a.send("@+x=1 TAGMSG #c", "PRIVMSG #c :text")
    a.sync()
    for caps, seen in ((["draft/event-playback"], ["PRIVMSG"]),
                       (["draft/event-playback", "message-tags"], ["TAGMSG", "PRIVMSG"])):
        c = server.client(f"b{len(caps)}", ["batch", "draft/chathistory", *caps])
        c.join("#c")
        got = [m.command for m in ask(c, "CHATHISTORY LATEST #c * 10")]
        assert [x for x in got if x in ("TAGMSG", "PRIVMSG")] == seen


def test_a_line_for_somebody_else_in_a_multiline_batch_names_both(server):
    c = server.client("c", ["batch", "message-tags", "draft/multiline"])
    got = ask(c, "BATCH +x draft/multiline c", "@batch=x PRIVMSG d :text", "BATCH -x")
    assert [m.params[:-1] for m in got] == [["BATCH", "MULTILINE_INVALID_TARGET", "c", "d"]]


def test_a_day_that_is_not_in_the_calendar_is_no_timestamp(server):
    c = server.client("c", ["batch", "draft/chathistory", "draft/read-marker"])
    c.join("#c")
    for stamp, valid in (("2026-02-30T00:00:00.000Z", False), ("2026-02-28T00:00:00.000Z", True),
                         ("2024-02-29T23:59:60.000Z", True), ("2023-02-29T00:00:00Z", False),
                         ("2026-2-3T1:2:3Z", False), (":  2026-02-03T01:02:03Z", False)):
        got = ask(c, f"CHATHISTORY AFTER #c timestamp={stamp} 10")
        assert ([m.command for m in got] == ["BATCH", "BATCH"]) == valid, (stamp, got)


def test_a_connection_that_never_registers_holds_no_nick(server):
    idle, other = server.connect(), server.client("other")
    idle.send("NICK wanted")
    idle.sync()
    c = server.client("Wanted")
    assert idle.expect("433").params[1] == "wanted"
    assert "433" in [m.command for m in ask(other, "NICK wanted")]
    idle.send("NICK idle", "USER u 0 * :r")
    assert idle.expect("001").params[0] == "idle"
    assert c.commands() == []
