"""RELAYMSG: a bot says in a channel what others said on another network, in the name of each."""
import pytest

CAPS = ("batch", "labeled-response", "echo-message", "draft/chathistory")


@pytest.fixture
def channel(server):
    """A bot that is operator of #x, and a member who is not."""
    bot, ann = server.client("bot", caps=CAPS), server.client("ann")
    bot.join("#x")
    ann.join("#x")
    bot.sync()
    return bot, ann


def test_members_see_the_name_and_the_bot_gets_its_echo(channel):
    bot, ann = channel
    bot.send("RELAYMSG #x bob/discord :hello there")
    for c in (ann, bot):
        m = c.expect("PRIVMSG", "#x")
        assert m.params[-1] == "hello there" and m.source.startswith("bob/discord!bot@")
    bot.send("@label=7 RELAYMSG #x 99/discord :again")
    assert bot.expect("PRIVMSG", "#x").tags["label"] == "7"
    assert ann.expect("PRIVMSG", "#x").source.startswith("99/discord!")


def test_the_tag_names_the_bot_to_those_who_ask_for_it(server, channel):
    bot, ann = channel
    other = server.client("other", caps=("draft/relaymsg",))
    other.join("#x")
    bot.send("RELAYMSG #x bob/discord :one")
    assert other.expect("PRIVMSG", "#x").tags == {"draft/relaymsg": "bot"}
    assert ann.expect("PRIVMSG", "#x").tags == {}
    bot.send("CAP REQ draft/relaymsg", "RELAYMSG #x bob/discord :two")
    assert bot.expect("PRIVMSG", "#x", "one").tags.get("draft/relaymsg") is None
    assert bot.expect("PRIVMSG", "#x", "two").tags["draft/relaymsg"] == "bot"
    other.send("PRIVMSG #x :my own")
    assert "draft/relaymsg" not in bot.expect("PRIVMSG", "#x", "my own").tags


@pytest.mark.parametrize("nick", ["bob", "/bob", "/", "b!ob/d", "b@ob/d", "b+ob/d", "b,ob/d", "#bob/d", "b*/d", "b:ob/d", "b\u200bob/d", "x/" + "y" * 62])
def test_a_name_that_a_user_could_have_or_that_no_line_can_hold_is_refused(channel, nick):
    bot, ann = channel
    bot.send(f"RELAYMSG #x {nick} :hello")
    bot.expect("FAIL", "RELAYMSG", "INVALID_NICK")
    assert "PRIVMSG" not in [m.command for m in ann.sync()]


def test_only_operators_of_the_channel_relay(server, channel):
    bot, ann = channel
    outside = server.client("outside")
    for c in (ann, outside):
        c.send("RELAYMSG #x bob/discord :hello")
        c.expect("FAIL", "RELAYMSG", "PRIVS_NEEDED")
    bot.send("MODE #x +h ann")
    ann.expect("MODE", "#x", "+h")
    ann.send("RELAYMSG #x bob/discord :hello")
    ann.expect("FAIL", "RELAYMSG", "PRIVS_NEEDED")
    bot.send("MODE #x +o ann")
    ann.expect("MODE", "#x", "+o")
    ann.send("RELAYMSG #x bob/discord :hello")
    assert bot.expect("PRIVMSG", "#x").source.startswith("bob/discord!ann@")


def test_what_the_channel_refuses_is_refused_of_others_too(channel):
    bot, _ = channel
    bot.send("MODE #x +c", "RELAYMSG #x bob/discord :\x0304red", "RELAYMSG #none bob/discord :hello", "RELAYMSG #x bob/discord :")
    bot.expect("404", "bot", "#x")
    bot.expect("403", "bot", "#none")
    bot.expect("412", "bot")


def test_a_long_text_is_cut_behind_the_whole_source(channel):
    bot, ann = channel
    bot.send("RELAYMSG #x bob/discord :" + "\u00e9" * 240)
    m = ann.expect("PRIVMSG", "#x")
    line = f":{m.source} PRIVMSG #x :{m.params[-1]}\r\n".encode()
    assert len(line) in (511, 512) and m.params[-1] == "\u00e9" * len(m.params[-1])


def test_the_history_has_the_name(server):
    bot = server.client("bot", caps=CAPS)
    bot.join("#x")
    bot.send("RELAYMSG #x bob/discord :hello")
    bot.expect("PRIVMSG", "#x", "hello")
    bot.send("CHATHISTORY LATEST #x * 10")
    assert bot.expect("PRIVMSG", "#x", "hello").source.startswith("bob/discord!bot@")


def test_it_can_be_switched_off(make_server):
    server = make_server(**{"server.relaymsg": "no"})
    bot = server.client("bot")
    bot.join("#x")
    bot.send("RELAYMSG #x bob/discord :hello", "CAP LS 302")
    bot.expect("FAIL", "RELAYMSG", "NOT_ENABLED")
    assert "draft/relaymsg" not in bot.expect("CAP", "bot", "LS").params[-1]
