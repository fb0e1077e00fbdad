"""What happens in a channel besides messages, played back by CHATHISTORY (draft/event-playback)."""
import pytest

CAPS = ["batch", "server-time", "message-tags", "draft/chathistory"]
PLAYBACK = [*CAPS, "draft/event-playback"]


@pytest.fixture
def events(make_server):
    return make_server(**{"history.events": "yes"})


def history(client, request="LATEST #x * 50"):
    """The lines of the page, without their tags: "nick COMMAND params"."""
    client.send(f"CHATHISTORY {request}")
    return [" ".join([m.nick, m.command, *m.params]) for m in client.sync() if "batch" in m.tags]


def test_joins_parts_kicks_nicks_modes_topics_and_quits_are_played_back_in_their_order(events):
    a, b = events.client("ann", PLAYBACK), events.client("bob", CAPS)
    a.join("#x")
    b.join("#x")
    b.send("NICK ben", "PRIVMSG #x :hello")
    b.sync()
    a.send("MODE #x +v ben", "TOPIC #x :about x", "KICK #x ben :enough")
    a.sync()
    b.join("#x")
    b.send("PART #x :for now")
    b.sync()
    b.join("#x")
    b.send("QUIT :bye")
    b.expect_closed()
    a.expect("QUIT")
    assert history(a) == [
        "ann JOIN #x", "bob JOIN #x", "bob NICK ben", "ben PRIVMSG #x hello", "ann MODE #x +v ben", "ann TOPIC #x about x",
        "ann KICK #x ben enough", "ben JOIN #x", "ben PART #x for now", "ben JOIN #x", "ben QUIT Quit: bye"]


def test_without_the_capability_there_are_messages_only(events):
    a = events.client("ann", CAPS)
    a.join("#x")
    a.send("TOPIC #x :one", "PRIVMSG #x :two")
    a.sync()
    assert history(a) == ["ann PRIVMSG #x two"]


def test_events_have_the_msgid_they_had_live_which_is_a_point_to_ask_from(events):
    a = events.client("ann", PLAYBACK)
    a.join("#x")
    a.send("TOPIC #x :one", "TOPIC #x :two")
    first, second = a.expect("TOPIC"), a.expect("TOPIC")
    assert first.tags["msgid"] < second.tags["msgid"]
    assert history(a, f"AFTER #x msgid={first.tags['msgid']} 10") == ["ann TOPIC #x two"]


def test_a_join_has_account_and_name_for_clients_with_extended_join(events):
    a = events.client("ann", [*PLAYBACK, "extended-join"])
    a.join("#x")
    assert history(a) == ["ann JOIN #x * Real ann"]


def test_events_stay_in_the_channels_of_their_user(events):
    a, b = events.client("ann", PLAYBACK), events.client("bob", PLAYBACK)
    a.join("#x")
    a.join("#y")
    b.join("#y")
    b.send("NICK ben")
    b.sync()
    assert history(a, "LATEST #x * 50") == ["ann JOIN #x"]
    assert history(a, "LATEST #y * 50") == ["ann JOIN #y", "bob JOIN #y", "bob NICK ben"]


def test_the_server_and_chanserv_set_modes_as_events_too(events):
    a, b = events.client("ann", PLAYBACK), events.client("bob", PLAYBACK)
    a.join("#x")
    b.join("#x")
    a.send("PART #x")
    b.expect("MODE", "#x", "+o", "bob")
    assert history(b)[-1].endswith(" MODE #x +o bob")


def test_events_are_not_kept_unless_configured(server):
    a = server.client("ann", PLAYBACK)
    a.join("#x")
    a.send("TOPIC #x :one", "PRIVMSG #x :two")
    assert "msgid" not in a.expect("TOPIC").tags
    assert history(a) == ["ann PRIVMSG #x two"]


def test_events_are_neither_shown_at_a_join_nor_found_nor_make_a_conversation_new(events):
    a = events.client("ann", [*PLAYBACK, "soju.im/search"])
    a.join("#x")
    a.send("TOPIC #x :needle")
    a.sync()
    b = events.client("bob", ["server-time"])
    assert not [m for m in b.join("#x") if m.command == "TOPIC"]
    a.send("SEARCH text=needle")
    assert [m.command for m in a.sync() if m.command in ("BATCH", "TOPIC")] == ["BATCH", "BATCH"]
    a.send("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10")
    assert not [m for m in a.sync() if m.command == "CHATHISTORY"]


def test_events_of_a_renamed_channel_have_its_new_name(events):
    a = events.client("ann", [*PLAYBACK, "draft/channel-rename"])
    a.join("#x")
    a.send("TOPIC #x :one", "RENAME #x #y")
    a.expect("RENAME")
    assert history(a, "LATEST #y * 10") == ["ann JOIN #y", "ann TOPIC #y one"]
