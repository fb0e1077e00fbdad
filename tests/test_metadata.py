"""METADATA (IRCv3 draft/metadata-3): keys and values of users and channels, and their notifications."""
import pytest

CAPS = ["draft/metadata-3", "batch"]


def keys(messages, numeric="761"):
    """{(target, key): value} of the numerics among messages."""
    return {(m.params[1], m.params[2]): m.params[-1] for m in messages if m.command == numeric}


def test_what_is_set_can_be_got_listed_and_taken_away(server):
    a = server.client("a", CAPS)
    a.send("METADATA * SET url :http://a/", "METADATA * SET note :")
    assert keys(a.sync()) == {("a", "url"): "http://a/", ("a", "note"): ""}
    a.send("METADATA a GET url none")
    got = a.sync()
    assert [m.command for m in got] == ["BATCH", "761", "766", "BATCH"]
    assert got[1].tags["batch"] == got[0].params[0][1:] == got[3].params[0][1:]
    a.send("METADATA * SET url")
    assert a.expect("766").params[:3] == ["a", "a", "url"]
    a.send("METADATA * SET url")
    a.expect("FAIL", "METADATA", "KEY_NOT_SET", "a", "url")
    a.send("METADATA * LIST")
    assert keys(a.sync()) == {("a", "note"): ""}


def test_a_subscriber_hears_changes_of_those_in_a_common_channel_only(server):
    a, b, c = server.client("a", CAPS), server.client("b", CAPS), server.client("c", CAPS)
    b.send("METADATA * SUB mood")
    b.expect("770", "b", "mood")
    c.send("METADATA * SUB mood")
    a.join("#x")
    b.join("#x")
    c.sync()
    a.send("METADATA * SET mood :fine", "METADATA * SET other :x", "METADATA * SET mood :fine")
    a.sync()
    assert [m.params[1:3] for m in b.sync() if m.command == "761"] == [["a", "mood"]]
    assert c.sync() == []
    c.send("JOIN #x")
    assert keys(c.sync()) == {("a", "mood"): "fine"}
    a.send("METADATA * CLEAR")
    a.sync()
    assert keys(b.sync(), "766").keys() == {("a", "mood")}


def test_only_operators_change_a_channel_and_outsiders_do_not_read_a_closed_one(server):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    a.join("#x")
    b.send("METADATA #x SET url :b")
    b.expect("FAIL", "METADATA", "KEY_NO_PERMISSION", "#x", "url")
    a.send("METADATA #x SET url :a", "MODE #x +s")
    a.sync()
    b.send("METADATA #x GET url")
    b.expect("FAIL", "METADATA", "INVALID_TARGET", "#x")
    b.send("METADATA nobody LIST")
    b.expect("FAIL", "METADATA", "INVALID_TARGET", "nobody")


@pytest.mark.parametrize("mode", ["s", "i", "k secret", "R", "b b!*@*"])
def test_an_outsider_reads_no_metadata_of_a_channel_that_is_closed_to_him(server, mode):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    a.join("#x")
    a.send("METADATA #x SET url :a")
    a.sync()
    for ask in ("GET url", "LIST"):
        b.send(f"METADATA #x {ask}")
        b.expect("761")
    a.send(f"MODE #x +{mode}")
    a.sync()
    for ask in ("GET url", "LIST"):
        b.send(f"METADATA #x {ask}")
        b.expect("FAIL", "METADATA", "INVALID_TARGET", "#x")


def test_bounds_of_keys_values_and_subscriptions(server):
    a = server.client("a", CAPS)
    a.send(f"METADATA * SET url :{'x' * 301}")
    a.expect("FAIL", "METADATA", "INVALID_VALUE", "url")
    a.send("METADATA * SET Url :x")
    a.expect("FAIL", "METADATA", "INVALID_KEY", "Url")
    a.send(*[f"METADATA * SET k{i} :x" for i in range(21)])
    a.expect("FAIL", "METADATA", "LIMIT_REACHED", "a")
    a.send(*[f"METADATA * SUB {' '.join(f'k{i * 10 + k}' for k in range(10))}" for i in range(6)])
    a.expect("FAIL", "METADATA", "TOO_MANY_SUBS", "k50")
    a.send("METADATA", "METADATA *", "METADATA * GET", "METADATA * NONSENSE")
    codes = [m.params[1] for m in a.sync() if m.command == "FAIL"]
    assert codes == ["TOO_MANY_SUBS"] * 9 + ["NEED_MORE_PARAMS"] * 3 + ["SUBCOMMAND_INVALID"]


def test_what_is_set_before_registration_is_there_after_it(server):
    c = server.connect()
    c.send("CAP LS 302")
    assert "draft/metadata-3=before-connect,max-subs=50,max-keys=20,max-value-bytes=300" in c.line()
    c.send("CAP REQ :draft/metadata-3 batch", "METADATA * SET url :x", "METADATA a LIST")
    c.expect("761", "*", "*", "url")
    c.expect("FAIL", "METADATA", "INVALID_TARGET")
    c.send("NICK a", "USER a 0 * :a", "CAP END")
    assert c.expect("761", "a", "a", "url").params[-1] == "x"
    c.sync()
    c.send("WHOIS a")
    assert c.expect("760", "a", "a", "url").params[-1] == "x"


def test_metadata_goes_with_its_channel(server):
    a = server.client("a", CAPS)
    a.join("#x")
    a.send("METADATA #x SET url :x", "PART #x", "JOIN #x")
    a.sync()
    a.send("METADATA #x LIST")
    assert [m.command for m in a.sync()] == ["BATCH", "BATCH"]


def test_the_batch_of_an_answer_carries_its_label(server):
    a = server.client("a", [*CAPS, "labeled-response"])
    a.send("@label=7 METADATA * LIST", "@label=8 METADATA * SET url :x")
    start, end, line = a.sync()
    assert start.tags["label"] == "7" and "label" not in end.tags and line.tags["label"] == "8"


def test_who_monitors_a_nick_hears_of_its_keys_once(server):
    a, b = server.client("a", CAPS), server.client("b", CAPS)
    b.send("METADATA * SUB mood", "MONITOR + a")
    b.sync()
    a.send("METADATA * SET mood :fine")
    a.sync()
    assert [m.params for m in b.sync()] == [["b", "a", "mood", "*", "fine"]]
    a.join("#x")
    b.join("#x")
    b.sync()
    a.send("METADATA * SET mood")
    a.sync()
    assert [m.command for m in b.sync()] == ["766"]
