"""CHATHISTORY, and history replayed on JOIN to clients without it."""

import time
from datetime import datetime, timezone


def said(lines):
    return [(m.nick, m.params[-1]) for m in lines if m.command == "PRIVMSG"]


def talk(server, *texts):
    """Each in a millisecond of its own: a page does not end inside one, so two of the same would make it longer."""
    a = server.client("ann", caps=["echo-message", "server-time"])
    a.join("#x")
    last = None
    for text in texts:
        while last == datetime.now(timezone.utc).strftime("%H:%M:%S.%f")[:12]:
            time.sleep(0.0005)
        a.send(f"PRIVMSG #x :{text}")
        last = a.expect("PRIVMSG", "#x", text).tags["time"][11:23]
    return a


def test_a_client_with_server_time_is_shown_the_last_messages_when_it_joins(server):
    a = talk(server, "one", "two")
    b = server.client("bob", caps=["server-time"])
    lines = b.join("#x")
    assert said(lines) == [("ann", "one"), ("ann", "two")]
    assert all(m.tags["time"] for m in lines if m.command == "PRIVMSG")
    names = [i for i, m in enumerate(lines) if m.command == "366"]
    assert names[0] < [m.command for m in lines].index("PRIVMSG"), "the names come first"
    a.send("PRIVMSG #x :three")
    assert b.expect("PRIVMSG").params[-1] == "three"


def test_what_a_join_shows_is_in_a_batch_for_clients_that_know_batches(server):
    talk(server, "one")
    b = server.client("bob", caps=["server-time", "batch"])
    lines = b.join("#x")
    start = next(m for m in lines if m.command == "BATCH")
    assert start.params[1:] == ["chathistory", "#x"]
    old = next(m for m in lines if m.command == "PRIVMSG")
    assert old.tags["batch"] == start.params[0].lstrip("+")


def test_a_join_shows_as_many_messages_as_configured_and_the_newest_of_them(make_server):
    server = make_server(**{"history.on_join": 2})
    talk(server, "one", "two", "three")
    assert said(server.client("bob", caps=["server-time"]).join("#x")) == [("ann", "two"), ("ann", "three")]


def test_a_join_shows_nothing_without_server_time_nor_with_chathistory_nor_when_switched_off(make_server):
    server = make_server()
    talk(server, "one")
    assert said(server.client("bob").join("#x")) == []
    assert said(server.client("eve", caps=["server-time", "draft/chathistory", "batch"]).join("#x")) == []
    server = make_server(**{"history.on_join": 0})
    talk(server, "one")
    assert said(server.client("bob", caps=["server-time"]).join("#x")) == []


def test_a_join_without_history_says_nothing_about_it(server):
    lines = server.client("bob", caps=["server-time", "batch"]).join("#new")
    assert {m.command for m in lines} <= {"353", "366", "MODE"}


def test_latest_before_after_around_and_between_give_what_they_name(server):
    a = talk(server, *(f"m{i}" for i in range(10)))
    b = server.client("bob", caps=["server-time", "message-tags", "batch", "draft/chathistory"])
    b.join("#x")
    b.send("CHATHISTORY LATEST #x * 10")
    b.expect("BATCH")
    lines = b.sync()
    ids = {m.params[-1]: m.tags["msgid"] for m in lines if m.command == "PRIVMSG"}
    assert list(ids) == [f"m{i}" for i in range(10)]

    def ask(words):
        b.send("CHATHISTORY " + words)
        return [text for _, text in said(b.sync())]

    assert ask("LATEST #x * 3") == ["m7", "m8", "m9"]
    assert ask(f"LATEST #x msgid={ids['m7']} 10") == ["m8", "m9"]
    assert ask(f"BEFORE #x msgid={ids['m3']} 2") == ["m1", "m2"]
    assert ask(f"AFTER #x msgid={ids['m3']} 2") == ["m4", "m5"]
    assert ask(f"AROUND #x msgid={ids['m5']} 3") == ["m4", "m5", "m6"]
    assert ask(f"BETWEEN #x msgid={ids['m2']} msgid={ids['m6']} 10") == ["m3", "m4", "m5"]
    a.send("PART #x")


def test_history_of_a_channel_is_for_its_members(server):
    talk(server, "one")
    b = server.client("bob", caps=["standard-replies"])
    b.send("CHATHISTORY LATEST #x * 10")
    assert b.expect("FAIL", "CHATHISTORY").params[1] == "INVALID_TARGET"


ASKS = ["server-time", "message-tags", "batch", "draft/chathistory", "echo-message", "draft/message-redaction"]


def page(client, words):
    client.send("CHATHISTORY " + words)
    return [m for m in client.sync() if m.command == "PRIVMSG" and "batch" in m.tags]


def test_a_redacted_message_stands_for_its_place_in_time(server):
    a = server.client("ann", ASKS)
    a.join("#x")
    ids = []
    for i in range(6):
        a.send(f"PRIVMSG #x :m{i}")
        ids.append(a.expect("PRIVMSG").tags["msgid"])
    a.send(f"REDACT #x {ids[2]}")
    a.expect("REDACT")
    for words, want in ((f"AFTER #x msgid={ids[2]} 2", ["m3", "m4"]), (f"BEFORE #x msgid={ids[2]} 5", ["m0", "m1"]),
                        (f"LATEST #x msgid={ids[2]} 9", ["m3", "m4", "m5"]),
                        (f"AROUND #x msgid={ids[2]} 3", ["m1", "m3", "m4"]),
                        (f"BETWEEN #x msgid={ids[2]} msgid={ids[5]} 9", ["m3", "m4"])):
        assert [m.params[-1] for m in page(a, words)] == want, words


def test_who_pages_by_time_loses_nothing_of_a_millisecond(make_server):
    server = make_server(**{"limits.flood_rate": 0})
    a = server.client("ann", ASKS)
    a.join("#x")
    a.send(*(f"PRIVMSG #x :{i}" for i in range(120)))
    a.sync()
    seen, reference = [], "LATEST #x *"
    while True:
        rows = page(a, f"{reference} 10")
        if not rows:
            break
        seen = [int(m.params[-1]) for m in rows] + seen
        reference = f"BEFORE #x timestamp={rows[0].tags['time']}"
    assert seen == list(range(120))


def test_targets_by_time_loses_none_of_a_millisecond_and_names_them_as_they_are_spelt(server):
    a = server.client("ann", ASKS)
    for nick in ("Ca", "Cb", "Cc", "Cd"):
        server.client(nick)
    a.join("#Chan")
    a.send("PRIVMSG #chan :first", "PRIVMSG ca,cb,cc,cd :hello")
    a.sync()
    seen, low = [], "2000-01-01T00:00:00.000Z"
    while True:
        a.send(f"CHATHISTORY TARGETS timestamp={low} timestamp=2100-01-01T00:00:00.000Z 2")
        rows = [m.params for m in a.sync() if m.command == "CHATHISTORY"]
        if not rows:
            break
        seen += [r[1] for r in rows]
        low = rows[-1][2]
    assert sorted(seen) == ["#Chan", "Ca", "Cb", "Cc", "Cd"]


def test_a_batch_and_markread_have_the_name_as_it_is_spelt_a_batch_that_of_a_user_as_it_was_asked(server):
    a, b = server.client("ann", [*ASKS, "draft/read-marker"]), server.client("Bob")
    a.join("#Chan")
    for target, name, batch in (("#cHAN", "#Chan", "#Chan"), ("bOB", "Bob", "bOB")):
        a.send(f"CHATHISTORY LATEST {target} * 5")
        assert a.expect("BATCH").params[-1] == batch
        a.send(f"MARKREAD {target}")
        assert a.expect("MARKREAD").params[0] == name
    b.close()


MULTI = [*ASKS, "draft/multiline"]


def long_talk(server):
    """A channel whose page is longer than anybody's queue: long lines, many lines, long tags."""
    a = server.client("ann", MULTI)
    a.join("#x")
    for i in range(60):
        a.send(f"@+x={'t' * 4000} BATCH +{i} draft/multiline #x",
               *(f"@batch={i} PRIVMSG #x :{'y' * 100}{k}" for k in range(32)), f"BATCH -{i}")
        a.sync()
    return a


def test_a_page_longer_than_the_queue_reaches_a_client_that_reads(make_server):
    server = make_server(**{"limits.flood_rate": 0, "limits.sendq": "64K"})
    long_talk(server)
    for caps, lines in ((MULTI, 60 * 32), (ASKS, 60 * 32)):
        b = server.client(f"b{len(caps)}", caps)
        b.join("#x")
        b.send("CHATHISTORY LATEST #x * 200", "CHATHISTORY LATEST #x * 200", "PING after")
        got, tags = 0, 0
        while True:
            m = b.message()
            assert m is not None, "cut"
            got += m.command == "PRIVMSG"
            tags += "+x" in m.tags
            if m.command == "PONG":
                break
        assert (got, tags) == (2 * lines, 2 * 60), "the tags come once a message"


def test_who_joins_many_channels_is_not_cut_for_what_they_are_shown(make_server):
    server = make_server(**{"limits.flood_rate": 0, "limits.sendq": "32K", "history.on_join": 50})
    names = [f"#{i}" for i in range(40)]
    a = server.client("ann", ["echo-message"])
    for name in names:
        a.send(f"JOIN {name}", *(f"PRIVMSG {name} :{'x' * 300}{i}" for i in range(20)))
        a.sync()
    b = server.client("bob", ["server-time"])
    b.send("JOIN " + ",".join(names))
    assert len(said(b.sync())) == 40 * 20


def test_a_label_is_on_the_batch_or_on_the_failure(server):
    a = server.client("ann", [*ASKS, "labeled-response", "standard-replies"])
    a.join("#x")
    a.send("PRIVMSG #x :one")
    a.expect("PRIVMSG")
    a.send("@label=q CHATHISTORY LATEST #x * 5", "@label=r CHATHISTORY LATEST #no * 5", "PING x")
    lines = []
    while not lines or lines[-1].command != "PONG":
        lines.append(a.message())
    assert [(m.command, m.tags.get("label")) for m in lines] == [
        ("BATCH", "q"), ("PRIVMSG", None), ("BATCH", None), ("FAIL", "r"), ("PONG", None)]


def test_a_rejoin_shows_only_what_was_missed_and_a_line_marks_the_end_of_it(server):
    a = talk(server, "one", "two")
    b = server.client("bob", caps=["server-time"])
    lines = b.join("#x")
    assert said(lines) == [("ann", "one"), ("ann", "two")]
    assert lines[-1].command == "NOTICE" and "End of what was said" in lines[-1].params[-1]
    b.send("PART #x")
    b.expect("PART")
    assert [m.command for m in b.join("#x")] == ["353", "366"]
    b.send("PART #x")
    b.expect("PART")
    a.send("PRIVMSG #x :three")
    a.expect("PRIVMSG")
    assert said(b.join("#x")) == [("ann", "three")]


def test_a_client_that_was_away_for_a_while_is_shown_what_was_sent_after_its_last_word(server):
    a = talk(server, "one")
    b = server.client("bob", caps=["server-time"])
    b.join("#x")
    a.send("PRIVMSG #x :it may not have got this")
    a.expect("PRIVMSG")
    b.reset()
    a.expect("QUIT")
    again = server.client("bob", caps=["server-time"])
    assert said(again.join("#x")) == [("ann", "it may not have got this")]


def test_typing_is_not_kept(make_server):
    server = make_server(**{"history.events": "yes"})
    a = server.client("ann", [*ASKS, "draft/event-playback"])
    a.join("#x")
    for tags in ("+typing=active", "+draft/typing=done;+typing=done", "+draft/react=x;+typing=done", "+draft/react=y"):
        a.send(f"@{tags} TAGMSG #x")
        a.expect("TAGMSG")
    a.send("CHATHISTORY LATEST #x * 10")
    kept = [m for m in a.sync() if m.command == "TAGMSG" and "batch" in m.tags]
    assert [m.tags["+draft/react"] for m in kept] == ["x", "y"]
