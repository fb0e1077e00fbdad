"""SEARCH (soju.im/search): who finds what, how the answer looks, what is refused."""
import time

import pytest

CAPS = ["soju.im/search", "batch", "server-time", "message-tags", "echo-message", "standard-replies", "labeled-response"]


def search(client, attributes, prefix=""):
    """The texts found, in their order."""
    client.send(f"{prefix}SEARCH {attributes}")
    start = client.expect("BATCH")
    assert start.params[1:] == ["soju.im/search"]
    texts = []
    while True:
        m = client.message()
        if m.command == "BATCH" and m.params[0] == "-" + start.params[0][1:]:
            return texts
        assert m.command in ("PRIVMSG", "NOTICE") and m.tags["batch"] == start.params[0][1:]
        texts.append(m.params[-1])


def say(client, target, *texts):
    for text in texts:
        client.send(f"PRIVMSG {target} :{text}")
        client.expect("PRIVMSG", target, text)
        time.sleep(0.002)


@pytest.fixture
def ann(server):
    a = server.client("ann", CAPS)
    a.join("#x")
    return a


def test_words_find_messages_of_a_channel_with_their_time_id_and_sender(server, ann):
    say(ann, "#x", "That was fast!", "Fasting is hard.", "slow")
    ann.send("SEARCH text=fast;in=#x;limit=2")
    start = ann.expect("BATCH")
    first = ann.expect("PRIVMSG", "#x", "That was fast!")
    assert first.nick == "ann" and first.tags["msgid"] and first.tags["time"] and first.tags["batch"] == start.params[0][1:]
    ann.expect("PRIVMSG", "#x", "Fasting is hard.")
    assert ann.message().command == "BATCH"


def test_the_answer_has_the_label_of_the_command(server, ann):
    say(ann, "#x", "one")
    ann.send("@label=7 SEARCH text=one")
    assert ann.expect("BATCH").tags["label"] == "7"


def test_nothing_found_is_an_empty_batch(server, ann):
    assert search(ann, "text=nowhere;in=#x") == []


def test_sender_time_and_limit_choose(server, ann):
    b = server.client("bob", CAPS)
    b.join("#x")
    say(ann, "#x", "word one", "word two")
    say(b, "#x", "word three")
    assert search(ann, "text=word;from=BOB") == ["word three"]
    assert search(ann, "from=ann") == ["word one", "word two"]
    assert search(ann, "text=word;limit=1") == ["word three"]
    assert search(ann, "text=word;after=2020-01-01T00:00:00.000Z;limit=1") == ["word one"], "from `after` on, the oldest"
    assert search(ann, "before=2020-01-01T00:00:00.000Z;in=#x") == []
    assert search(ann, "text=two\\sword") == ["word two"], "words in any order"


def test_only_channels_one_is_in_are_searched(server, ann):
    say(ann, "#x", "secret plan")
    b = server.client("bob", CAPS)
    assert search(b, "text=secret") == []
    b.send("SEARCH text=secret;in=#x")
    b.expect("FAIL", "SEARCH", "INVALID_PARAMS", "in")
    b.join("#x")
    assert search(b, "text=secret") == ["secret plan"]
    b.send("PART #x")
    b.sync()
    assert search(b, "text=secret") == []


def test_private_messages_are_found_by_their_two_sides_only(server, ann):
    b, c = server.client("bob", CAPS), server.client("eve", CAPS)
    say(ann, "bob", "just between us")
    assert search(ann, "text=between") == search(b, "text=between;in=ann") == ["just between us"]
    assert search(c, "text=between") == search(c, "text=between;in=ann") == []
    assert search(ann, "text=between;in=#x") == []


def test_a_nick_without_an_account_finds_no_private_messages_of_its_previous_user(server, ann):
    b = server.client("bob", CAPS)
    say(ann, "bob", "for the first bob")
    b.send("QUIT")
    b.expect_closed()
    again = server.client("bob", CAPS)
    assert search(again, "text=first") == []


def test_a_redacted_message_is_not_found(server):
    a = server.client("ann", [*CAPS, "draft/message-redaction"])
    a.join("#x")
    a.send("PRIVMSG #x :regrettable words")
    msgid = a.expect("PRIVMSG").tags["msgid"]
    assert search(a, "text=regrettable") == ["regrettable words"]
    a.send(f"REDACT #x {msgid}")
    a.expect("REDACT")
    assert search(a, "text=regrettable") == []


def test_messages_of_a_renamed_channel_are_shown_under_its_new_name(server):
    a = server.client("ann", [*CAPS, "draft/channel-rename"])
    a.join("#x")
    say(a, "#x", "before the renaming")
    a.send("RENAME #x #y")
    a.expect("RENAME")
    a.send("SEARCH text=renaming")
    a.expect("PRIVMSG", "#y", "before the renaming")


def test_messages_are_found_after_a_restart(server, ann):
    say(ann, "#x", "今天讨论网络协议", "something else")
    server.stop()
    server.start()
    b = server.client("ann", CAPS)
    b.join("#x")
    assert search(b, "text=网络") == ["今天讨论网络协议"]


def test_text_of_a_query_is_not_syntax(server, ann):
    say(ann, "#x", "plain words")
    for text in ('"', 'words"*', "target:1", "NOT", "(", "a\\sOR\\splain", "NEAR(plain\\swords)", "{text}:plain"):
        assert search(ann, f"text={text}") in ([], ["plain words"])
    assert search(ann, "text=a\\sOR\\splain") == []


def test_attributes_that_are_not_valid_are_named(server, ann):
    for attributes, name in (("after=yesterday", "after"), ("before=1", "before"), ("limit=x", "limit"),
                             ("text=" + "x" * 401, "text"), ("in=!", "in")):
        ann.send(f"SEARCH {attributes}")
        ann.expect("FAIL", "SEARCH", "INVALID_PARAMS", name)


def test_search_must_be_negotiated_and_is_not_offered_when_switched_off(make_server):
    server = make_server(**{"history.search": "no"})
    a = server.client("ann")
    a.send("CAP LS 302", "SEARCH text=x")
    assert "soju.im/search" not in a.expect("CAP").params[-1]
    a.expect("421")
    other = make_server().client("ann")
    other.send("SEARCH text=x")
    other.expect("421")


def test_each_search_finds_what_was_receipted_before_it(server, ann):
    for i in range(30):
        say(ann, "#x", f"number n{i}")
        assert search(ann, f"text=n{i}") == [f"number n{i}"]
