"""Lines the server generates: parameters, 512 bytes, UTF-8."""

import pytest


def numerics(messages, number):
    return [m for m in messages if m.command == number]


def ask(client, *lines):
    client.send(*lines)
    return client.sync()


def test_a_mask_that_is_no_word_is_refused(server):
    op, member = server.client("op"), server.client("member")
    for c in (op, member):
        c.join("#c")
    op.sync()
    for letter in "beI":
        for mask in ("two words", ":colon", "a!b@c d", "m:a b", "x" * 300):
            for sign in "+-":
                refused = numerics(ask(op, f"MODE #c {sign}{letter} :{mask}"), "696")
                assert [len(m.params) for m in refused] == [5 - 1 + 1], refused
                assert refused[0].params[:3] == ["op", "#c", letter]
    assert "MODE" not in member.commands()
    assert not numerics(ask(op, "MODE #c b"), "367")


def test_a_key_that_is_no_word_is_refused(server):
    op = server.client("op")
    op.join("#c")
    for key in ("a b", ":x", ""):
        assert numerics(ask(op, f"MODE #c +k :{key}"), "696")
    assert numerics(ask(op, "MODE #c"), "324")[0].params == ["op", "#c", "+nt"]
    ask(op, "MODE #c +kl key 5")
    assert numerics(ask(op, "MODE #c"), "324")[0].params == ["op", "#c", "+klnt", "key", "5"]


def test_what_is_no_word_stands_as_a_star_in_a_middle_parameter(server):
    c = server.client("c")
    c.join("#c")
    for line, number, count in (
        ("NICK :a b", "432", 3), ("NICK ::a", "432", 3), ("JOIN :#a b", "403", 3), ("PART :#a b", "403", 3),
        ("TOPIC :#a b", "403", 3), ("NAMES :#a b", "366", 3), ("WHO :a b", "315", 3), ("WHOIS :a b", "401", 3),
        ("WHOIS :a b", "318", 3), ("WHOWAS :a b", "406", 3), ("WHOWAS :a b", "369", 3), ("MODE :a b", "401", 3),
        ("MODE #c +o :a b", "401", 3), ("MODE #c +l :a b", "696", 5), ("MODE :#a b", "403", 3),
        ("KICK #c :a b", "401", 3), ("INVITE a :#a b", "401", 3), ("INVITE c :#a b", "403", 3),
        ("PRIVMSG :a b", "412", 2), ("PRIVMSG x,:b :y", "401", 3), ("VERSION :a b", "402", 3), ("LINKS :a b", "365", 3),
        ("STATS ::", "219", 3), ("STATS : ", "219", 3), ("STATS \u00e9", "219", 3), ("HELP :a b", "524", 3), ("RENAME :#a b", "461", 3),
        ("CAP :a b", "410", 3), ("WHOIS :" + "n" * 490, "401", 3), ("WHOIS :", "401", 3),
    ):
        got = numerics(ask(c, line), number)
        assert got and all(len(m.params) == count for m in got), (line, got)


def test_a_standard_reply_has_the_words_that_it_names(make_server):
    server = make_server()
    c = server.client("c", ["batch", "message-tags", "draft/chathistory", "draft/metadata-3", "draft/read-marker",
                            "draft/message-redaction", "draft/channel-rename"])
    c.join("#c")
    for line, words in (
        ("MARKREAD :a b", ["MARKREAD", "INVALID_PARAMS", "*"]),
        ("CHATHISTORY :x y", ["CHATHISTORY", "INVALID_PARAMS", "*"]),
        ("CHATHISTORY LATEST :#a b", ["CHATHISTORY", "NEED_MORE_PARAMS", "LATEST"]),
        ("METADATA #c GET :a b", ["METADATA", "INVALID_KEY", "*"]),
        ("METADATA #c SET :a b", ["METADATA", "INVALID_KEY", "*"]),
        ("RENAME #c :#a b", ["RENAME", "CANNOT_RENAME", "#c", "*"]),
        ("REDACT #c :a b", ["REDACT", "UNKNOWN_MSGID", "#c", "*"]),
    ):
        got = [m for m in ask(c, line) if m.command == "FAIL"]
        assert [m.params[:-1] for m in got] == [words], (line, got)


def test_an_unknown_letter_is_told_once(server):
    c = server.client("c")
    c.join("#c")
    got = numerics(ask(c, "MODE #c " + "y" * 480), "472")
    assert [m.params[:2] for m in got] == [["c", "y"]]
    for typed in (":+ i", "+\u00e9", "+:", "\u00e9\u00e8 :"):
        assert [m.params[:2] for m in numerics(ask(c, "MODE #c " + typed), "472")] == [["c", "*"]]


def test_a_mode_that_cannot_be_set_is_refused_once(server):
    c = server.client("c")
    c.join("#c")
    for letters in ("z" * 480, "+z-z" * 100):
        assert len(numerics(ask(c, f"MODE #c {letters}"), "490")) == 1
    for letters in ("s" * 480, "+s-s+s" * 70):
        assert len(numerics(ask(c, f"MODE c {letters}"), "481")) == 1


def test_changes_of_modes_that_a_line_cannot_hold_go_on_in_the_next(make_server):
    server = make_server(**{"limits.nick_length": 63, "limits.user_length": 16, "limits.flood_rate": 0})
    channel, op, member = "#" + "c" * 62, server.client("o" * 63), server.client("m" * 63)
    for c in (op, member):
        c.join(channel)
    op.sync()
    for changes in ("+i-i" * 97 + "+l-l" * 6 + " 1 2 3 4 5 6", "+k-k" * 6 + "+i-i" * 80 + " x" * 12,
                    "+ov-ov+o-o " + " ".join(["m" * 63] * 6), "+bbbb " + " ".join(x * 90 for x in "wxyz")):
        told = "+-"
        ask(op, f"MODE {channel} {changes}")
        lines = [m for m in member.sync() if m.command == "MODE"]
        assert lines and all(len(m.line) + 2 <= 512 for m in lines)
        for m in lines:
            sign, params = "+", m.params[2:]
            for letter in m.params[1]:
                if letter in "+-":
                    sign = letter
                elif letter in "ovbk" or (letter == "l" and sign == "+"):
                    params.pop(0)
                told += letter if letter not in "+-" else ""
            assert not params, m
        asked = changes.split()[0]
        assert told[2:] == "".join(x for x in asked if x not in "+-")


def test_names_and_reasons_end_with_a_whole_character(make_server, tmp_path):
    config = tmp_path / "oper.conf"
    config.write_text("[oper root]\npassword = plain:pw\nhosts = *@*\n")
    server = make_server("--config", str(config))
    watcher = server.client("watcher", ["extended-join"])
    watcher.join("#c")
    watcher.send("OPER root pw")
    watcher.expect("381")
    c = server.connect()
    c.nick = "cut"
    c.send("NICK cut", "USER aaaaaaaaaaa\u00e9 0 * :" + "r" * 127 + "\u00e9", "JOIN #c")
    c.expect("366")
    joined = watcher.expect("JOIN")
    assert joined.source.startswith("cut!aaaaaaaaaaa@") and joined.params[-1] == "r" * 127
    for line in ("KILL cut :" + "k" * 299 + "\u20ac", "KLINE *@192.0.2.1 :" + "k" * 299 + "\u20ac"):
        watcher.send(line)
    assert "k" * 299 + ")" in watcher.expect("QUIT", None).params[-1]
    rows = numerics(ask(watcher, "STATS k"), "216")
    assert "k" * 299 + " " in rows[0].params[-1]


def test_a_name_with_a_hidden_character_is_refused(server):
    c = server.client("c", ["draft/channel-rename"])
    c.join("#c")
    for hidden in "\u009b\u00a0\u200b\u202e\u2066\u3164\ufeff\uffff\U000e0041":
        assert numerics(ask(c, f"NICK a{hidden}b"), "432")
        assert numerics(ask(c, f"JOIN #a{hidden}b"), "403")
        assert [m.params[1] for m in ask(c, f"RENAME #c #a{hidden}b")] == ["CANNOT_RENAME"]
    d = server.connect()
    d.send("NICK d", "USER u\u202e\u200bser 0 * :r", "PRIVMSG d :x")
    assert d.expect("PRIVMSG").source.startswith("d!user@")
    ask(c, "NICK \u00e5ke\U0001f603")
    assert numerics(ask(c, "JOIN #\u043a\u0430\u043d\u0430\u043b"), "353")[0].params[-1] == "@\u00e5ke\U0001f603"


@pytest.fixture
def long_names(make_server):
    """The longest names, an operator and a member of the channel; whatever is relayed is at most 512 bytes."""
    server = make_server(**{"limits.nick_length": 63, "limits.user_length": 16, "limits.topic_length": 390,
                            "limits.kick_length": 390, "limits.flood_rate": 0})
    server.channel = "#" + "c" * 62
    server.op = server.connect()
    server.op.nick = "n" * 63
    server.op.send("NICK " + "n" * 63, f"USER {'u' * 16} 0 * :r")
    server.op.expect("001")
    server.member = server.client("m")
    for c in (server.op, server.member):
        c.join(server.channel)
    server.op.sync()
    return server


def test_no_relayed_line_is_longer_than_512_bytes(long_names):
    op, member, channel = long_names.op, long_names.member, long_names.channel
    kicked = long_names.client("k" * 63)
    kicked.join(channel)
    member.sync()
    for line in (f"TOPIC {channel} :" + "t" * 390, f"PRIVMSG {channel} :" + "\U0001f603" * 104,
                 f"NOTICE m :" + "\u20ac" * 160, f"KICK {channel} {'k' * 63} :" + "r" * 350,
                 "QUIT :" + "q" * 500):
        op.send(line)
        m = member.expect(line.split()[0])
        assert 505 <= len(m.line.encode()) + 2 <= 512, m
        assert "\\x" not in m.line and line.split(":", 1)[1].startswith(m.params[-1].removeprefix("Quit: "))
    assert numerics(ask(member, f"TOPIC {channel}"), "332")[0].params[-1] == "t" * 390


def test_the_senders_copy_and_the_history_have_what_the_readers_got(make_server):
    server = make_server()
    caps = ["batch", "message-tags", "server-time", "draft/chathistory", "echo-message"]
    a, b = server.client("a" * 20, caps), server.client("b", caps)
    for c in (a, b):
        c.join("#c")
    a.send("PRIVMSG #c :" + "\u20ac" * 166)
    echoed, got = a.expect("PRIVMSG"), b.expect("PRIVMSG")
    assert echoed.params == got.params and len(got.params[-1]) < 166
    b.send("CHATHISTORY LATEST #c * 1")
    assert b.expect("PRIVMSG").params == got.params


def test_a_line_of_a_multiline_message_that_has_no_room_goes_on_in_the_next(make_server):
    server = make_server(**{"limits.multiline_bytes": 4096, "limits.multiline_lines": 8})
    caps = ["batch", "message-tags", "draft/multiline"]
    a, b, plain = server.client("a" * 20, caps), server.client("b", caps), server.client("plain")
    for c in (a, b, plain):
        c.join("#c")
    text = "\u20ac" * 160
    a.send("BATCH +x draft/multiline #c", f"@batch=x PRIVMSG #c :{text}", "@batch=x PRIVMSG #c :end", "BATCH -x")
    lines = [m for m in b.sync() if m.command == "PRIVMSG"]
    assert ["draft/multiline-concat" in m.tags for m in lines] == [False, True, False]
    assert lines[0].params[-1] + lines[1].params[-1] == text and lines[2].params[-1] == "end"
    assert "".join(m.params[-1] for m in plain.sync() if m.command == "PRIVMSG") == text + "end"


def test_who_speaks_http_or_tls_is_told_and_closed(server):
    watcher = server.client("watcher")
    watcher.join("#c")
    body = b"NICK web\r\nUSER b 0 * :b\r\nJOIN #c\r\nPRIVMSG #c :spam\r\n"
    hello = bytes.fromhex("16030100c8010000c40303") + b"\r\n" + bytes(range(64))
    for first, reason in ((b"POST / HTTP/1.1\r\nHost: x\r\n\r\n" + body, "not HTTP"), (b"GET / HTTP/1.0\r\n\r\n", "not HTTP"),
                          (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "not HTTP"), (hello, "TLS"), (b"\x16", "TLS")):
        c = server.connect()
        c.raw(first)
        lines = c.expect_closed()
        assert len(lines) == 1 and lines[0].startswith("ERROR :") and reason in lines[0], lines
    assert watcher.commands() == []
    assert numerics(ask(watcher, "GET / HTTP/1.1"), "421"), "who has registered may mistype"


def test_numbers_of_a_client_are_bounded(server):
    c = server.client("c")
    c.join("#Room")
    for condition, shown in (("C<200000000", True), ("C>200000000", False), ("C<9999999999999", True), (">0", True),
                             ("C<99999999999999999999999", True), ("C>-99999999999999999999999", True), ("<1", False),
                             (">-1", True), ("<-1", False), ("T>0", False), ("<0", False), (">abc", True),
                             (">99999999999999999999", False), ("<99999999999999999999", True)):
        assert bool(numerics(ask(c, f"LIST {condition}"), "322")) == shown, condition
    for count in ("99999999999999999999999", "-99999999999999999999", "4294967297"):
        assert numerics(ask(c, f"WHOWAS nobody {count}"), "369")
    assert any(m.params[1] == "LS" for m in ask(c, "CAP LS 99999999999999999999"))
