"""Line framing: lines in pieces, many at once, too long, with invalid bytes."""
import time

from irc import PLAIN


def test_a_line_may_come_byte_by_byte(server):
    c = server.client("a")
    for byte in b"PING :in pieces\r\n":
        c.raw(bytes([byte]))
        time.sleep(0.002)
    assert c.expect("PONG").params[-1] == "in pieces"


def test_many_lines_in_one_read_are_answered_in_order(make_server):
    server = make_server(**{"limits.flood_rate": 0})
    c = server.client("a")
    c.raw(b"".join(b"PING :%d\r\n" % i for i in range(500)))
    assert [c.expect("PONG").params[-1] for _ in range(500)] == [str(i) for i in range(500)]


def test_a_bare_lf_ends_a_line(server):
    c = server.client("a")
    c.raw(b"PING :lf only\n")
    assert c.expect("PONG").params[-1] == "lf only"


def test_empty_lines_are_ignored(server):
    c = server.client("a")
    c.raw(b"\r\n\r\n   \r\nPING :still here\r\n")
    assert c.message().params[-1] == "still here"


def test_512_bytes_pass_and_513_give_417(server):
    c = server.client("a")
    c.raw(b"PING :" + b"x" * (510 - 6) + b"\r\n")
    c.expect("PONG")
    c.raw(b"PING :" + b"x" * (511 - 6) + b"\r\n")
    assert c.expect("417").params[0] == "a"
    c.send("PING :after")
    assert c.expect("PONG").params[-1] == "after"


def test_4094_bytes_of_client_tags_pass_and_more_give_417(server):
    a = server.client("a", ["message-tags"])
    b = server.client("b", ["message-tags"])
    a.raw(b"@+t=" + b"v" * (4094 - 3) + b" PRIVMSG b :full\r\n")
    assert len(b.expect("PRIVMSG").tags["+t"]) == 4094 - 3
    a.raw(b"@+t=" + b"v" * (4095 - 3) + b" PRIVMSG b :over\r\n")
    a.expect("417")


def test_a_line_without_an_end_is_cut_off_and_memory_stays_bounded(make_server):
    server = make_server(binary=PLAIN)
    c = server.client("a")
    before = server.rss()
    for _ in range(100):
        c.raw(b"x" * 16384)
    c.raw(b"\r\nPING :after\r\n")
    c.expect("417")
    assert c.expect("PONG").params[-1] == "after"
    assert server.rss() - before < 8 << 20


def test_a_nul_byte_spoils_its_line_only(server):
    c = server.client("a")
    c.raw(b"PING :a\0b\r\nPING :clean\r\n")
    assert c.expect("PONG").params[-1] == "clean"


def test_an_unknown_command_gives_421_with_its_name(server):
    c = server.client("a")
    c.send("FROBNICATE x")
    c.expect("421", "a", "FROBNICATE")


def test_commands_are_case_insensitive(server):
    c = server.client("a")
    c.send("ping :low")
    assert c.expect("PONG").params[-1] == "low"


def test_text_that_is_not_utf8_is_refused(server):
    a, b = server.client("a"), server.client("b")
    a.raw(b"PRIVMSG b :\xff\xfe\r\nPRIVMSG b :fine\r\n")
    assert b.expect("PRIVMSG").params[1] == "fine"
    assert any(m.command in ("FAIL", "400", "NOTICE") for m in a.sync())


def test_a_reply_is_never_longer_than_512_bytes(server):
    c = server.client("a", ["server-time"])
    c.join("#" + "c" * 40)
    c.raw(b"TOPIC #" + b"c" * 40 + b" :" + b"\xc3\xa9" * 220 + b"\r\n")
    for m in c.sync():
        body = m.line.split(" ", 1)[1] if m.line.startswith("@") else m.line
        assert len(body.encode()) <= 510


def test_half_a_line_at_the_end_of_the_stream_is_not_executed(server):
    a, b = server.client("a"), server.client("b")
    a.raw(b"PRIVMSG b :complete\r\nPRIVMSG b :half")
    a.close()
    assert b.expect("PRIVMSG").params[1] == "complete"
    assert all(m.command != "PRIVMSG" for m in b.sync())
