"""Channels: JOIN PART TOPIC NAMES LIST INVITE KICK, and their modes."""
import time

import accounts
import pytest


def two_in(server, channel="#x", caps=()):
    """An operator and a plain member."""
    a, b = server.client("op", caps), server.client("plain", caps)
    a.join(channel)
    b.join(channel)
    a.sync()
    return a, b


def test_the_first_to_join_is_operator_and_sees_the_names(server):
    a = server.client("a")
    a.send("JOIN #new")
    assert a.expect("JOIN").params[0] == "#new"
    assert a.expect("353").params[-1].strip() in ("@a", "~a")
    assert a.expect("366").params[1] == "#new"


def test_a_join_is_told_to_the_members(server):
    a, _ = two_in(server)
    c = server.client("c")
    c.join("#x")
    assert a.expect("JOIN").nick == "c"


def test_several_channels_and_keys_in_one_join(server):
    a = server.client("a")
    a.send("JOIN #a,#b,#c")
    for ch in ("#a", "#b", "#c"):
        a.expect("366", "a", ch)


def test_one_join_takes_all_the_channels_that_a_client_has_and_one_part_leaves_them(server):
    a = server.client("a")
    names = [f"#c{i}" for i in range(30)]
    a.send("JOIN " + ",".join(names))
    for ch in names:
        a.expect("366", "a", ch)
    a.send("PART " + ",".join(names))
    assert [a.expect("PART").params[0] for _ in names] == names


def test_a_join_of_many_channels_costs_as_many_lines_of_the_flood_limit(make_server):
    s = make_server(**{"limits.flood_rate": 50, "limits.flood_burst": 10})
    a = s.client("a")
    began = time.monotonic()
    a.send("JOIN " + ",".join(f"#c{i}" for i in range(60)), "PING done")
    a.expect("PONG")
    assert time.monotonic() - began > 0.8  # 61 lines, 10 at once, 50 a second


def test_a_kick_of_too_many_says_so(server):
    a = server.client("a")
    a.join("#x")
    a.send("KICK #x " + ",".join("n%d" % i for i in range(21)))
    a.expect("407", "a", "n20")


def test_join_0_parts_everything(server):
    a = server.client("a")
    a.send("JOIN #a,#b", "JOIN 0")
    parts = {a.expect("PART").params[0], a.expect("PART").params[0]}
    assert parts == {"#a", "#b"}


@pytest.mark.parametrize("name", ["x", "#", "#a\x07b", "#" + "n" * 200])
def test_bad_channel_names_are_refused(server, name):
    a = server.client("a")
    a.send(f"JOIN {name}")
    assert a.message().command in ("403", "476", "479")


def test_part_tells_the_members_with_its_reason(server):
    a, b = two_in(server)
    b.send("PART #x :bye now")
    assert a.expect("PART").params == ["#x", "bye now"]
    assert b.expect("PART").nick == "plain"
    b.send("PART #x")
    b.expect("442")


def test_quit_is_told_once_to_those_who_share_channels(server):
    a, b = two_in(server)
    for ch in ("#y", "#z"):
        a.join(ch)
        b.join(ch)
    a.sync()
    b.send("QUIT :gone")
    quits = []
    m = a.expect("QUIT")
    quits.append(m)
    quits += [m for m in a.sync() if m.command == "QUIT"]
    assert len(quits) == 1 and "gone" in quits[0].params[-1]


def test_topic_is_set_shown_and_told(server):
    a, b = two_in(server)
    a.send("TOPIC #x :the topic")
    assert b.expect("TOPIC").params == ["#x", "the topic"]
    c = server.client("c")
    c.send("JOIN #x")
    assert c.expect("332").params[-1] == "the topic"
    assert c.expect("333").params[2].startswith("op")
    c.send("TOPIC #x :mine")
    c.expect("482")
    a.send("MODE #x -t")
    c.expect("MODE")
    c.send("TOPIC #x :")
    c.sync()
    c.send("TOPIC #x")
    c.expect("331")


def test_kick_needs_operator_and_is_told(server):
    a, b = two_in(server)
    b.send("KICK #x op :no")
    b.expect("482")
    a.send("KICK #x plain :out")
    assert b.expect("KICK").params == ["#x", "plain", "out"]
    b.send("PRIVMSG #x :x")
    b.expect("404")


RANKS = "qaohv-"  # highest first; -: none
TOUCHES = {"q": "qaohv-", "a": "aohv-", "o": "ohv-", "h": "v-", "v": "", "-": ""}
GIVES = {"q": "qaohv", "a": "ohv", "o": "ohv", "h": "v", "v": "", "-": ""}


@pytest.fixture
def ranked(make_server):
    """A channel with two members of each rank, and a server operator outside it who gave them."""
    server = make_server(**{"limits.per_address": 0, "limits.connect_rate": 0, "limits.flood_burst": 100000,
                            "oper.boss.password": "plain:secret", "oper.boss.hosts": "*@*"})
    boss = server.client("boss")
    boss.send("OPER boss secret")
    boss.expect("381")
    people = {}
    for rank in RANKS:
        for side in "xy":
            nick = f"{side}_{rank if rank != '-' else 'none'}"
            people[side + rank] = server.client(nick)
            people[side + rank].join("#x")
    boss.send("MODE #x -o x_q", *(f"MODE #x +{r}{r} x_{r} y_{r}" for r in RANKS[:-1]))
    boss.sync()
    return boss, people


def answer(client, line):
    """Whether a line was refused with 482."""
    client.sync()
    client.send(line)
    return any(m.command == "482" for m in client.sync())


def test_each_rank_kicks_only_members_that_are_not_above_it(ranked):
    boss, people = ranked
    for by in RANKS:
        for target in RANKS:
            nick = people["y" + target].nick
            refused = answer(people["x" + by], f"KICK #x {nick}")
            assert refused == (target not in TOUCHES[by]), (by, target)
            if not refused:
                people["y" + target].expect("KICK", "#x", nick)
                people["y" + target].join("#x")
                if target != "-":
                    boss.send(f"MODE #x +{target} {nick}")
                    boss.sync()


def test_each_rank_takes_only_what_it_gives_from_members_not_above_it(ranked):
    boss, people = ranked
    for by in RANKS:
        for target in RANKS[:-1]:
            nick = people["y" + target].nick
            refused = answer(people["x" + by], f"MODE #x -{target} {nick}")
            assert refused == (target not in TOUCHES[by] or target not in GIVES[by]), (by, target)
            boss.send(f"MODE #x +{target} {nick}")
            boss.sync()


def test_each_rank_gives_only_the_modes_that_it_may(ranked):
    boss, people = ranked
    for by in RANKS:
        for mode in RANKS[:-1]:
            refused = answer(people["x" + by], f"MODE #x +{mode} y_none")
            assert refused == (mode not in GIVES[by]), (by, mode)
            boss.send(f"MODE #x -{mode} y_none")
            boss.sync()


def test_anybody_may_drop_the_modes_that_are_his_own(ranked):
    _, people = ranked
    for rank in RANKS[:-1]:
        nick = people["x" + rank].nick
        assert not answer(people["x" + rank], f"MODE #x -{rank} {nick}")
        assert people["y-"].expect("MODE", "#x", f"-{rank}", nick).nick == nick


def test_a_server_operator_sets_the_topic_of_a_channel_that_he_is_not_in(ranked):
    boss, people = ranked
    boss.send("TOPIC #x :from above")
    assert people["xv"].expect("TOPIC", "#x", "from above").nick == "boss"
    assert boss.expect("TOPIC", "#x", "from above").nick == "boss"


def test_invite_alone_shows_the_channels_one_is_invited_to(server):
    a, b = server.client("a"), server.client("b")
    a.send("JOIN #one,#two,#three", "INVITE b #one", "INVITE b #three")
    a.sync()
    b.sync()
    b.send("INVITE")
    assert sorted([b.expect("336").params[1], b.expect("336").params[1]]) == ["#one", "#three"]
    b.expect("337", "b")
    b.send("JOIN #one", "INVITE")
    assert b.expect("336").params == ["b", "#three"]
    assert b.sync()[-1].command == "337"
    b.send("INVITE a")
    b.expect("461")


def test_invite_opens_an_invite_only_channel_once(server):
    a, b = two_in(server)
    c = server.client("c")
    a.send("MODE #x +i")
    a.expect("MODE")
    c.send("JOIN #x")
    c.expect("473")
    a.send("INVITE c #x")
    a.expect("341")
    assert c.expect("INVITE").params == ["c", "#x"]
    c.join("#x")
    c.send("PART #x", "JOIN #x")
    c.expect("473")


@pytest.mark.parametrize("mode,numeric", [("+k secret", "475"), ("+l 2", "471"), ("+b *!*@*", "474")])
def test_modes_that_keep_people_out(server, mode, numeric):
    a, _ = two_in(server)
    a.send(f"MODE #x {mode}")
    a.expect("MODE")
    c = server.client("c")
    c.send("JOIN #x")
    c.expect(numeric)


def test_the_right_key_lets_in(server):
    a, _ = two_in(server)
    a.send("MODE #x +k secret")
    a.expect("MODE")
    c = server.client("c")
    c.send("JOIN #x secret")
    c.expect("366")


def test_an_exception_lets_a_banned_user_in(server):
    a, _ = two_in(server)
    a.send("MODE #x +b *!*@*", "MODE #x +e c!*@*")
    a.sync()
    c = server.client("c")
    c.send("JOIN #x")
    c.expect("366")


def test_moderated_needs_voice(server):
    a, b = two_in(server)
    a.send("MODE #x +m")
    b.expect("MODE")
    b.send("PRIVMSG #x :x")
    b.expect("404")
    a.send("MODE #x +v plain")
    b.expect("MODE")
    b.send("PRIVMSG #x :now")
    assert a.expect("PRIVMSG").params[1] == "now"


def test_a_banned_member_cannot_speak(server):
    a, b = two_in(server)
    a.send("MODE #x +b plain!*@*")
    b.expect("MODE")
    b.send("PRIVMSG #x :x")
    b.expect("404")


def test_lists_are_shown_with_setter_and_time(server):
    a, _ = two_in(server)
    a.send("MODE #x +b one!*@*", "MODE #x +b two!*@*", "MODE #x b")
    rows = [a.expect("367").params[2] for _ in range(2)]
    assert set(rows) == {"one!*@*", "two!*@*"}
    a.expect("368")


def test_several_changes_in_one_command_come_as_one_mode_line(server):
    a, b = two_in(server)
    a.send("MODE #x +mv-t plain")
    assert b.expect("MODE").params[:2] == ["#x", "+mv-t"]
    a.send("MODE #x")
    modes = a.expect("324").params[2]
    assert "m" in modes and "t" not in modes and "n" in modes


def test_a_mode_line_takes_as_many_parameters_as_isupport_says(server):
    a = server.connect()
    a.send("NICK a", "USER a 0 * :a")
    tokens = [w for _ in range(3) for w in a.expect("005").params]
    most = int(next(w for w in tokens if w.startswith("MODES=")).partition("=")[2])
    a.join("#x")
    masks = [f"n{i}!*@*" for i in range(most)]
    a.send(f"MODE #x +{'b' * most} " + " ".join(masks))
    assert a.expect("MODE").params == ["#x", "+" + "b" * most, *masks]


def test_a_list_is_shown_once_however_often_one_line_asks(server):
    a, b = two_in(server)
    a.send("MODE #x +b x!*@*")
    a.sync()
    b.send("MODE #x " + "b" * 400 + "e")
    assert b.commands() == ["MODE", "367", "368", "349"]


def test_an_unknown_mode_gives_472(server):
    a, _ = two_in(server)
    a.send("MODE #x +X")
    a.expect("472")


def test_secret_channels_are_hidden_from_list_names_and_whois(server):
    a, _ = two_in(server)
    a.send("MODE #x +s")
    a.expect("MODE")
    c = server.client("c")
    c.send("LIST")
    assert all(m.command != "322" for m in c.sync())
    c.send("NAMES #x")
    assert all(m.command != "353" for m in c.sync())
    c.send("WHOIS op")
    assert all(m.command != "319" for m in c.sync())


def test_list_gives_name_count_and_topic(server):
    a, _ = two_in(server)
    a.send("TOPIC #x :hello")
    a.sync()
    c = server.client("c")
    c.send("LIST")
    assert c.expect("322").params == ["c", "#x", "2", "hello"]
    c.expect("323")


def listed(client, condition):
    client.send(f"LIST {condition}")
    return sorted(m.params[1] for m in client.sync() if m.command == "322")


def test_list_shows_what_fits_one_of_its_masks_and_all_its_conditions(server):
    a, b = server.client("a"), server.client("b")
    a.send("JOIN #apple,#avocado,#banana,#cherry", "TOPIC #cherry :red")
    a.sync()
    b.join("#avocado")
    assert listed(a, "#a*,#b*") == ["#apple", "#avocado", "#banana"]
    assert listed(a, "#a*,#b*,>1") == ["#avocado"]
    assert listed(a, "#a*,!*o") == ["#apple"]
    assert listed(a, "T<5") == ["#cherry"]
    assert listed(a, "C>5") == []
    assert listed(a, "#APPLE,#nosuch,#cherry") == ["#apple", "#cherry"]


def test_list_takes_twenty_names_and_says_when_there_are_more(server):
    a = server.client("a")
    names = [f"#c{i}" for i in range(21)]
    a.send("JOIN " + ",".join(names), "LIST " + ",".join(names))
    a.expect("407", "a", "#c20")
    assert [a.expect("322").params[1] for _ in range(20)] == names[:20]


def test_many_names_come_in_lines_of_512_bytes_at_most(make_server):
    server = make_server(**{"limits.per_address": 0, "limits.connect_rate": 0})
    people = [server.client(f"member{i:03}") for i in range(120)]
    for p in people:
        p.send("JOIN #big")
    for p in people:
        p.expect("366")
    people[0].sync()
    people[0].send("NAMES #big")
    names = []
    for m in people[0].sync():
        assert len(m.line.encode()) <= 510
        if m.command == "353":
            names += [n.lstrip("@+&~%") for n in m.params[-1].split()]
    assert sorted(names) == sorted(p.nick for p in people)


def test_kick_takes_one_channel_or_as_many_as_nicks(server):
    op, x, y = server.client("op"), server.client("x"), server.client("y")
    for c in (op, x, y):
        c.join("#a")
        c.join("#b")
    x.sync(), op.sync()
    op.send("KICK #a,#b x,y :pairs")
    assert [m.params for m in x.sync() if m.command == "KICK"] == [["#a", "x", "pairs"], ["#b", "y", "pairs"]]
    op.send("KICK #a,#b x,y,z", "KICK #a,#b y", "KICK , x", "KICK #a ,")
    assert [m.command for m in op.sync() if m.command != "KICK"] == ["461"] * 3
    assert [m.command for m in x.sync()] == []
    op.send("KICK #nothing,#b x,,x")
    assert [m.command for m in op.sync()] == ["403", "KICK"]
    op.send("KICK #a op,y :all")
    assert [m.command for m in op.sync()] == ["KICK", "442"]

def test_a_channel_whose_last_operator_leaves_has_another_the_trusted_first_and_then_the_oldest(server):
    founder, old, young = (server.client(n) for n in ("founder", "old", "young"))
    for c in (founder, old, young):
        c.join("#x")
    founder.send("MODE #x +v young")
    young.expect("MODE")
    founder.reset()
    assert young.expect("MODE").params == ["#x", "+o", "young"]
    again = server.client("founder")
    again.join("#x")
    young.send("PART #x")
    assert old.expect("MODE", "#x", "+o", "old").source == "irc.burble.local"
    old.send("MODE #x +o founder")
    again.expect("MODE", "#x", "+o", "founder")
    old.send("QUIT")
    again.expect("QUIT")
    assert again.commands() == [], "there was another"


def test_with_M_only_users_with_an_account_or_a_rank_speak(make_server):
    server = make_server(**accounts.CHEAP)
    a, b, c = server.client("ann"), server.client("bob"), accounts.new(server, "cat")
    for x in (a, b, c):
        x.join("#x")
    a.send("MODE #x +M")
    b.expect("MODE", "#x", "+M")
    b.send("PRIVMSG #x :one")
    assert "+M" in b.expect("404", "bob", "#x").params[-1]
    c.send("PRIVMSG #x :two")
    b.expect("PRIVMSG", "#x", "two")
    a.send("MODE #x +v bob")
    b.expect("MODE", "#x", "+v")
    b.send("PRIVMSG #x :three")
    a.expect("PRIVMSG", "#x", "three")


def test_with_U_what_members_without_a_rank_say_goes_to_operators_and_not_into_the_history(server):
    history = ["echo-message", "batch", "draft/chathistory"]
    a, b, c = server.client("ann", history), server.client("bob", history), server.client("cat")
    for x in (a, b, c):
        x.join("#x")
    a.send("MODE #x +U")
    b.expect("MODE", "#x", "+U")
    b.send("PRIVMSG #x :a question")
    b.expect("PRIVMSG", "#x", "a question")
    a.expect("PRIVMSG", "#x", "a question")
    a.send("PRIVMSG #x :an answer")
    assert c.expect("PRIVMSG").params[-1] == "an answer", "not the question"
    a.send("MODE #x +v bob")
    b.expect("MODE", "#x", "+v")
    b.send("PRIVMSG #x :with a voice")
    c.expect("PRIVMSG", "#x", "with a voice")
    b.send("CHATHISTORY LATEST #x * 10")
    assert [m.params[-1] for m in b.sync() if "batch" in m.tags] == ["an answer", "with a voice"]
