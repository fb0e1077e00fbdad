"""MARKREAD (IRCv3 draft/read-marker)."""
import time

CAPS = ["draft/read-marker"]
# Hours ago: what is older than history.max_age is deleted, and at a start at once.
EARLY, LATE = (time.strftime(f"timestamp=%Y-%m-%dT%H:%M:%S.{ms}Z", time.gmtime(time.time() - hours * 3600))
               for hours, ms in ((2, "123"), (1, "000")))


def test_a_marker_moves_forward_only_and_survives_a_restart(server):
    a = server.client("a", CAPS)
    a.send("MARKREAD #x")
    a.expect("MARKREAD", "#x", "*")
    a.send(f"MARKREAD #X {LATE}", f"MARKREAD #x {EARLY}", "MARKREAD b")
    assert [m.params for m in a.sync()] == [["#X", LATE], ["#x", LATE], ["b", "*"]]
    server.close_clients()
    server.stop()
    server.start()
    a = server.client("A", CAPS)
    a.send("MARKREAD #x")
    a.expect("MARKREAD", "#x", LATE)


def test_a_join_brings_the_marker_before_the_end_of_the_names(server):
    a, b = server.client("a", [*CAPS, "labeled-response", "batch"]), server.client("b")
    a.send("JOIN #x")
    assert [m.command for m in a.sync()] == ["JOIN", "MARKREAD", "353", "366"]
    a.send("PART #x", f"MARKREAD #x {EARLY}")
    a.sync()
    a.send("@label=1 JOIN #x", "@label=2 MARKREAD #x", "PING after")
    start, *lines, end, marker, pong = a.sync()
    assert start.tags["label"] == "1" and [m.command for m in lines] == ["JOIN", "MARKREAD", "353", "366"]
    assert {m.tags["batch"] for m in lines} == {start.params[0][1:]} == {end.params[0][1:]}
    assert lines[1].params == ["#x", EARLY]
    assert marker.tags == {"label": "2"} and marker.params == ["#x", EARLY] and pong.command == "PONG"
    b.send("JOIN #x")
    assert "MARKREAD" not in [m.command for m in b.sync()]


def test_what_is_not_a_marker_is_refused(server):
    a = server.client("a", CAPS)
    a.send("MARKREAD", "MARKREAD #x *", "MARKREAD #x timestamp=yesterday", "MARKREAD !x", f"MARKREAD #x {EARLY[10:]}")
    assert [m.params[1] for m in a.sync()] == ["NEED_MORE_PARAMS"] + ["INVALID_PARAMS"] * 4


def test_a_marker_does_not_lie_ahead_of_the_clock(server):
    a = server.client("a", CAPS)
    a.send("MARKREAD #x timestamp=2999-01-01T00:00:00.000Z")
    assert a.expect("MARKREAD").params[1] < "timestamp=2999"
