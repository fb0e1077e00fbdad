"""WHO WHOX WHOIS WHOWAS USERHOST ISON MONITOR LUSERS MOTD VERSION TIME ADMIN INFO STATS LINKS HELP."""
import datetime
import re

import pytest

from irc import ROOT


def test_who_a_channel_lists_its_members(server):
    a, b = server.client("a"), server.client("b")
    a.join("#x")
    b.join("#x")
    b.send("AWAY :out")
    b.expect("306")
    a.send("WHO #x")
    rows = {m.params[5]: m.params for m in a.sync() if m.command == "352"}
    assert set(rows) == {"a", "b"}
    assert rows["a"][6].startswith("H") and "@" in rows["a"][6] and rows["b"][6].startswith("G")


def test_whox_gives_the_fields_asked_for_in_the_fixed_order(server):
    a = server.client("a")
    a.join("#x")
    a.send("WHO #x %tcnuhr,42")
    m = a.expect("354")
    assert m.params[1:4] == ["42", "#x", "a"] and m.params[5] == "a" and m.params[-1] == "Real a"
    a.expect("315")


def test_whox_tells_an_address_to_its_owner_only(server):
    a = server.client("a")
    server.client("b")
    for nick, address in (("a", "127.0.0.1"), ("b", "255.255.255.255")):
        a.send(f"WHO {nick} %i")
        assert a.expect("354").params[1] == address
        a.expect("315")


def test_whois_tells_channels_server_and_idle_time(server):
    a, b = server.client("a"), server.client("b")
    b.join("#x")
    a.send("WHOIS b")
    seen = {m.command: m for m in a.sync()}
    assert seen["311"].params[1] == "b" and seen["311"].params[-1] == "Real b"
    assert "#x" in seen["319"].params[-1] and "312" in seen and "317" in seen
    a.send("WHOIS nobody")
    a.expect("401")
    a.expect("318")


def test_whowas_remembers_who_left(server):
    a, b = server.client("a"), server.client("b")
    b.send("QUIT")
    b.expect_closed()
    a.send("WHOWAS b")
    a.expect("314", "a", "b")
    left = datetime.datetime.strptime(a.expect("312", "a", "b").params[-1], "%a %b %d %H:%M:%S %Y")
    assert abs(datetime.datetime.utcnow() - left) < datetime.timedelta(minutes=2)
    a.expect("369")
    a.send("WHOWAS never")
    a.expect("406")


def test_userhost_and_ison(server):
    a, _ = server.client("a"), server.client("b")
    a.send("USERHOST a b nobody")
    assert a.expect("302").params[-1].split()[0].startswith("a=+")
    a.send("ISON b nobody a")
    assert set(a.expect("303").params[-1].split()) == {"a", "b"}


def test_monitor_tells_who_comes_and_goes(server):
    a = server.client("a")
    a.send("MONITOR + b,c")
    assert sorted(a.expect("731").params[-1].split(",")) == ["b", "c"]
    b = server.client("b")
    assert a.expect("730").params[-1].startswith("b!")
    b.send("QUIT")
    assert a.expect("731").params[-1] == "b"
    a.send("MONITOR L")
    assert sorted(a.expect("732").params[-1].split(",")) == ["b", "c"]
    a.send("MONITOR - b", "MONITOR C", "MONITOR L")
    a.expect("733")


def test_monitor_says_what_it_does_not_understand(server):
    a = server.client("a")
    a.send("MONITOR +", "MONITOR -", "MONITOR X", "MONITOR + b,,c", "MONITOR + ,")
    assert a.commands() == ["461", "461", "FAIL", "731"]


def test_userhost_and_ison_give_whole_entries_or_none(make_server):
    s = make_server(**{"server.name": "a" * 58 + ".test", "limits.nick_length": 60, "limits.user_length": 16, "limits.flood_rate": 0})
    asker = s.client("z" * 60)
    nicks = [c * 60 for c in "abcdefg"]
    people = [s.connect() for _ in nicks]
    for nick, c in zip(nicks, people):
        c.send(f"NICK {nick}", f"USER {'u' * 16} 0 * :x")
        c.expect("001")
    asker.send("ISON " + " ".join(nicks), "USERHOST " + " ".join(nicks[:5]))
    ison, userhost = asker.sync()
    assert len(ison.line) <= 510 and len(userhost.line) <= 510
    assert ison.params[-1].split() == nicks[:6]
    assert userhost.params[-1].split() == [f"{n}=+{'u' * 16}@127.0.0.1" for n in nicks[:4]]


def test_every_command_has_a_topic_and_the_index_names_every_topic(server):
    a = server.client("a")
    a.send("HELP")
    words = " ".join(m.params[-1] for m in a.sync() if m.command == "705").split()
    source = "".join(p.read_text() for p in (ROOT / "src/chat/cmd").glob("cmd_*.c"))
    commands = set(re.findall(r'^\t\{"([A-Z]+)", \d, [A-Z0-9_|() ]+, \d, \w+\}', source, re.M))
    assert len(commands) > 50 and commands <= set(words), commands - set(words)
    for topic in [w for w in words if w.isupper()]:
        a.send(f"HELP {topic}")
        assert a.expect("704").params[1] == topic
        assert a.sync()[-1].command == "706"


def test_motd_of_another_server_is_refused(server):
    a = server.client("a")
    a.send("MOTD nowhere.example", "MOTD irc.*")
    assert a.commands() == ["402", "422"]


def test_lusers_counts_users_operators_and_channels(server):
    a, b = server.client("a"), server.client("b")
    a.join("#x")
    b.send("MODE b +i")
    b.sync()
    a.send("LUSERS")
    seen = {m.command: m for m in a.sync()}
    assert "251" in seen and seen["254"].params[1] == "1"


def test_the_servers_own_words(server):
    a = server.client("a")
    a.send("VERSION", "TIME", "ADMIN", "INFO", "LINKS", "HELP")
    seen = [m.command for m in a.sync()]
    for numeric in ("351", "391", "371", "374", "364", "365", "704", "706"):
        assert numeric in seen, numeric
    assert "256" in seen or "423" in seen


def test_links_shows_what_fits_the_mask(server):
    a = server.client("a")
    a.send("LINKS")
    name = a.expect("364").params[1]
    assert a.expect("365").params[1] == "*"
    a.send(f"LINKS {name[:3]}*", f"LINKS {name} *", "LINKS *.nowhere", "LINKS other.server *")
    seen = [(m.command, m.params[1]) for m in a.sync()]
    assert seen == [("364", name), ("365", f"{name[:3]}*"), ("364", name), ("365", "*"), ("365", "*.nowhere"),
                    ("402", "other.server")]


def test_motd_is_read_from_the_file_and_again_on_rehash(make_server, tmp_path):
    motd = tmp_path / "motd"
    motd.write_text("first line\nsecond line\n")
    server = make_server(**{"server.motd": motd})
    a = server.client("a")
    a.send("MOTD")
    assert "first line" in a.expect("372").params[-1]
    assert "second line" in a.expect("372").params[-1]
    a.expect("376")


def test_stats_need_an_operator_except_uptime(server):
    a = server.client("a")
    a.send("STATS u")
    a.expect("242")
    a.expect("219")


@pytest.fixture
def crowded(make_server):
    """A server whose queues are small beside its 1,500 channels, and #all with 60 members."""
    server = make_server(**{"limits.per_address": 0, "limits.connect_rate": 0, "limits.flood_burst": 100000,
                            "limits.sendq": "16k", "limits.channels": 200})
    for i in range(60):
        c = server.client(f"somebody-with-a-long-name-{i:02}"[:30])
        c.send("JOIN #all")
        if i < 15:
            c.send(*(f"JOIN #channel-number-{i * 100 + k}" for k in range(100)))
        c.sync()
    return server


def test_answers_longer_than_the_queue_reach_a_client_that_reads(crowded):
    a = crowded.client("reader", caps=("labeled-response", "batch"))
    a.send("LIST", "NAMES #all", "@label=who WHO *", "WHO #all")
    seen = a.sync()
    assert len({m.params[1] for m in seen if m.command == "322"}) == 1501
    assert [m.command for m in seen].count("323") == 1
    names = [n for m in seen if m.command == "353" for n in m.params[-1].split()]
    assert len(names) == 60
    batch = [m for m in seen if "batch" in m.tags]
    assert [m.command for m in batch].count("352") == 61 and batch[-1].command == "315"
    assert [m.command for m in seen].count("352") == 121
    opened, closed = (m for m in seen if m.command == "BATCH")
    assert opened.tags["label"] == "who" and closed.params[0][1:] == batch[0].tags["batch"]


def test_a_client_that_does_not_read_its_long_answers_is_not_cut_for_them(crowded):
    a = crowded.client("sleeper")
    a.send(*["LIST"] * 100)
    b = crowded.client("other")
    b.sync()
    for _ in range(100):
        a.expect("323")
