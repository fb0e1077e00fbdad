"""Operators: OPER KILL REHASH WALLOPS KLINE UNKLINE DLINE, and bans across a restart."""
import os
import re
import signal
import subprocess
import time

import pytest

import tun
from irc import BURBLE

CONFIG = """
[server]
name = irc.example
[limits]
per_address = 0
connect_rate = 0
[oper boss]
password = plain:secret
hosts = *@*
"""


@pytest.fixture
def opered(make_server, tmp_path):
    path = tmp_path / "burble.conf"
    path.write_text(CONFIG)
    server = make_server("--config", str(path))
    server.config = path
    return server


def oper(server, nick="boss"):
    c = server.client(nick)
    c.send("OPER boss secret")
    c.expect("381")
    c.sync()
    return c


def test_oper_needs_the_right_password(opered):
    a = opered.client("a")
    a.send("OPER boss wrong")
    a.expect("464")
    a.send("OPER nobody secret")
    assert a.message().command in ("464", "491")
    a.send("KILL a :x")
    a.expect("481")


def test_kill_ends_a_user_and_tells_why(opered):
    boss, victim, peer = oper(opered), opered.client("victim"), opered.client("peer")
    for c in (victim, peer):
        c.join("#x")
    boss.send("KILL victim :spam")
    lines = victim.expect_closed()
    assert lines[-1].startswith("ERROR :") and "spam" in lines[-1]
    assert "spam" in peer.expect("QUIT").params[-1]


def test_wallops_reach_those_with_the_mode(opered):
    boss, listener, other = oper(opered), opered.client("listener"), opered.client("other")
    listener.send("MODE listener +w")
    listener.sync()
    boss.send("WALLOPS :attention")
    assert listener.expect("WALLOPS").params[-1] == "attention"
    assert all(m.command != "WALLOPS" for m in other.sync() + boss.sync())
    boss.send("MODE boss +w", "WALLOPS :attention")
    assert boss.expect("WALLOPS").params[-1] == "attention"


def test_a_kline_cuts_and_keeps_out_and_survives_a_restart(opered):
    boss, victim = oper(opered), opered.client("victim")
    boss.send("KLINE victim@* :go away")
    assert "go away" in victim.expect_closed()[-1]
    boss.sync()
    opered.stop()
    opered.start()
    again = opered.connect()
    again.send("NICK again", "USER victim 0 * :x")
    assert "go away" in again.expect_closed()[-1]
    boss = oper(opered)
    boss.send("UNKLINE victim@*")
    assert "Removed K-line for victim@*" in boss.sync()[0].params[-1]
    opered.client("victim").sync()


def test_a_dline_keeps_an_address_out_until_it_expires(opered):
    boss = oper(opered)
    boss.send("DLINE 1s 127.0.0.9 :wait")
    boss.sync()
    banned = opered.connect(source="127.0.0.9")
    assert any("ERROR" in line for line in banned.expect_closed())
    time.sleep(1.5)
    opered.client("later", source="127.0.0.9").sync()


@pytest.mark.parametrize("how", ["REHASH", "SIGHUP"])
def test_rehash_takes_new_values_and_drops_nobody(opered, tmp_path, how):
    motd = tmp_path / "motd"
    motd.write_text("before\n")
    opered.config.write_text(CONFIG.replace("[limits]", f"motd = {motd}\n[limits]"))
    boss, a = oper(opered), opered.client("a")
    motd.write_text("after\n")
    if how == "REHASH":
        boss.send("REHASH")
        boss.expect("382")
    else:
        opered.signal(signal.SIGHUP)
        boss.sync()
        time.sleep(0.3)
    a.send("MOTD")
    assert "after" in a.expect("372").params[-1]
    boss.sync()


def test_rehash_names_its_file_and_tells_the_operator_which_keys_need_a_restart(opered):
    boss = oper(opered)
    opered.config.write_text(CONFIG.replace("irc.example", "irc.other") + "[net]\nbacklog = 7\nping_timeout = 50s\n")
    boss.send("REHASH")
    assert boss.expect("382").params[1] == str(opered.config)
    assert boss.expect("NOTICE").params[-1].endswith("need a restart and keep their values: server.name net.backlog")
    boss.send("REHASH")
    boss.sync()
    assert opered.stderr().count("event=rehash.needs-restart key=net.backlog") == 2


def test_the_log_has_every_deed_of_an_operator_however_many(opered):
    boss = oper(opered)
    for i in range(50):
        boss.send(f"KLINE *!*@host{i}.example :spam", f"FILTER ADD warn p word{i} :spam")
    boss.sync()
    opered.client("a")
    boss.send("KILL a :enough", "REHASH")
    boss.expect("382")
    boss.sync()
    log = opered.stderr()
    assert log.count("event=oper.ban what=") == log.count("event=oper.filter what=") == 50
    for line in ("oper.login name=boss who=boss!boss@127.0.0.1", "oper.kill by=boss!boss@127.0.0.1", "oper.rehash by=boss!boss@127.0.0.1"):
        assert f"event={line}" in log
    assert "suppressed=" not in log


def test_what_an_operator_does_in_a_channel_beyond_his_rank_is_logged(opered):
    boss, a = oper(opered), opered.client("a")
    a.join("#x")
    boss.send("MODE #x +ms", "TOPIC #x :by order", "NAMES #x", "INVITE boss #x", "KICK #x a :out")
    assert boss.expect("353").params[-1] == "@a"
    boss.sync()
    for command in ("MODE", "TOPIC", "KICK"):
        assert f"event=oper.override who=boss!boss@127.0.0.1 command={command} channel=#x" in opered.stderr()
    boss.join("#own")
    boss.send("MODE #own +m", "TOPIC #own :mine")
    boss.sync()
    assert "channel=#own" not in opered.stderr()


def test_a_ban_that_covers_its_setter_is_refused(opered):
    boss = oper(opered)
    for line in ("KLINE *@127.0.0.0/8", "KLINE b?ss@*", "DLINE 127.0.0.1", "DLINE 5m 127.0.0.0/8 :oops"):
        boss.send(line)
        assert "covers you" in boss.expect("FAIL", None, "INVALID_MASK").params[-1]
    boss.send("STATS K")
    assert boss.message().command == "219"


def test_a_duration_that_is_none_is_not_taken_for_a_mask(opered):
    boss = oper(opered)
    boss.send("KLINE 5x spammer@* :go")
    boss.expect("FAIL", "KLINE", "INVALID_DURATION", "5x")
    boss.send("KLINE 192.0.2.7 :go")
    assert "*@192.0.2.7" in boss.expect("NOTICE").params[-1]


def test_rehash_gives_a_new_send_queue_to_connections_that_exist(opered):
    opered.config.write_text(CONFIG.replace("[limits]", "[limits]\nsendq = 1G"))
    boss, slow = oper(opered), opered.client("slow")
    ask(boss, "REHASH")
    slow.join("#x")
    ask(boss, "MODE #x -n")
    opered.config.write_text(CONFIG.replace("[limits]", "[limits]\nsendq = 16k"))
    ask(boss, "REHASH")
    for _ in range(80):  # 16 MB that slow does not read: more than the kernel holds
        boss.send(*[f"PRIVMSG #x :{'y' * 400}"] * 500)
        boss.sync()
        if not ask(boss, "ISON slow")[0].params[-1]:
            return
    raise AssertionError("never cut")


def ask(client, line):
    client.send(line)
    return client.sync()


def test_a_rehash_of_a_broken_file_changes_nothing_and_says_where(opered):
    boss = oper(opered)
    opered.config.write_text(CONFIG + "\n[limits]\nnonsense = 1\n")
    boss.send("REHASH")
    answer = " ".join(m.line for m in boss.sync())
    assert "nonsense" in answer or "burble.conf:" in answer
    opered.client("still-works").sync()


def test_sigterm_says_why_to_every_client_and_exits_0(opered):
    people = [opered.client(f"p{i}") for i in range(20)]
    for p in people:
        p.join("#x")
    opered.signal(signal.SIGTERM)
    for p in people:
        assert p.expect_closed()[-1].startswith("ERROR :")
    assert opered.process.wait(30) == 0


def test_stats_k_shows_operators_the_bans(opered):
    boss = oper(opered)
    boss.send("KLINE 10m spammer@* :go away", "DLINE 192.0.2.0/24 :far off", "STATS k")
    rows = [m.params for m in (boss.expect("216"), boss.expect("216"))]
    assert sorted(r[1] for r in rows) == ["D", "K"]
    assert any(r[2] == "spammer@*" and r[3] == "10" and "go away" in r[4] for r in rows)
    boss.expect("219")
    a = opered.client("a")
    a.send("STATS k")
    a.expect("481")


def test_stats_z_counts_the_queries_of_the_store(opered):
    boss, a = oper(opered), opered.client("a", ["batch", "draft/chathistory"])

    def queries():
        boss.send("STATS z")
        return int(re.search(r"store appended .* queries (\d+)", "\n".join(m.params[-1] for m in boss.sync()))[1])

    a.join("#c")
    a.sync()
    before = queries()
    a.send("CHATHISTORY LATEST #c * 5")
    a.sync()
    assert queries() == before + 1


def test_unknown_keys_are_refused_with_file_and_line(tmp_path):
    path = tmp_path / "bad.conf"
    path.write_text("[server]\nname = a.b\nnonsense = 1\n")
    r = subprocess.run([BURBLE, "chat", "--config", str(path), "--listen", "127.0.0.1:0"], capture_output=True,
                       text=True, timeout=30, env=os.environ)
    assert r.returncode != 0 and f"{path}:3" in r.stderr and "nonsense" in r.stderr


def test_a_wrong_setting_is_refused(tmp_path):
    r = subprocess.run([BURBLE, "chat", "--listen", "127.0.0.1:0", "--data", str(tmp_path), "--set", "limits.sendq=many"],
                       capture_output=True, text=True, timeout=30, env=os.environ)
    assert r.returncode != 0 and "limits.sendq" in r.stderr


def keepalive_seconds(server):
    """What the keepalive timers of the server's connections show, as ss prints them."""
    out = subprocess.run(["ss", "-Htno", "state", "established", f"( sport = :{server.port} )"], capture_output=True,
                         text=True, check=True).stdout
    found = re.findall(r"timer:\(keepalive,(?:(\d+)min)?(?:([\d.]+)sec)?", out)
    return [60 * int(m or 0) + float(s or 0) for m, s in found]


@tun.kernel_only("ss looks at the kernel's sockets")
def test_rehash_gives_new_keepalive_times_to_connections_that_exist(opered):
    boss = oper(opered)
    assert all(t > 10 for t in keepalive_seconds(opered))
    opered.config.write_text(CONFIG + "[net]\nkeepalive_idle = 7s\n")
    boss.send("REHASH")
    boss.sync()
    deadline = time.monotonic() + 5
    while not (times := keepalive_seconds(opered)) or any(t > 10 for t in times):
        assert time.monotonic() < deadline, times
        time.sleep(0.1)


@tun.kernel_only("the addresses stand in a file")
def test_a_hashed_password_and_a_network_make_an_oper(make_server, tmp_path):
    r = subprocess.run([BURBLE, "chat", "--hash-password"], input="secret\n", capture_output=True, text=True, check=True)
    path = tmp_path / "burble.conf"
    path.write_text(f"[oper boss]\npassword = {r.stdout.strip()}\nhosts = *@127.0.0.0/8\n"
                    f"[oper far]\npassword = plain:secret\nhosts = *@10.0.0.0/8\n")
    a = make_server("--config", str(path)).client("a")
    a.send("OPER boss wrong")
    a.expect("464")
    a.send("OPER far secret")
    a.expect("491")
    a.send("OPER boss secret")
    a.expect("381")


CLASSES = CONFIG + """
[accounts]
hash_memory = 8k
hash_passes = 1
[oper_class helper]
capabilities = kill, wallops force
[oper helper]
password = plain:secret
class = helper
[oper alice]
account = Alice
class = helper
"""


@pytest.fixture
def classes(make_server, tmp_path):
    path = tmp_path / "classes.conf"
    path.write_text(CLASSES)
    server = make_server("--config", str(path))
    server.config = path
    return server


def test_an_operator_may_do_what_its_class_allows_and_learns_what_is_missing(classes):
    boss, helper, a = oper(classes), classes.client("helper"), classes.client("a")
    a.join("#x")
    helper.send("OPER helper secret")
    helper.expect("381")
    for line, missing in (("DLINE 192.0.2.1 :x", "ban"), ("REHASH", "rehash"), ("CHGHOST a b.example", "host")):
        helper.send(line)
        assert helper.expect("723").params[1:] == [missing, "Insufficient oper privileges"]
    helper.send("MODE #x +m", "WHOIS a", "STATS z", "NS SUSPEND a")
    seen = helper.sync()
    assert {"482", "481"} <= {m.command for m in seen} and "338" not in [m.command for m in seen]
    assert "Only operators" in seen[-1].params[-1]
    boss.send("WHOIS helper")
    assert boss.expect("320").params[-1] == "may: kill wallops force"
    a.send("WHOIS helper")
    assert "320" not in a.commands()
    helper.send("KILL a :bye", "MODE helper -o", "KILL boss :bye")
    helper.expect("481")


def test_an_operator_bound_to_an_account_needs_no_password_but_the_account(classes):
    a = classes.client("alice")
    a.send("OPER alice")
    a.expect("464")
    a.send("NS REGISTER correct-horse")
    a.expect("900")
    a.send("OPER alice")
    a.expect("381")
    b = classes.client("bob")
    b.send("OPER alice", "OPER boss", "OPER alice x")
    assert [m.command for m in b.sync()] == ["464"] * 3


def test_users_are_made_to_join_leave_and_change_nick_and_the_log_says_by_whom(classes):
    helper, a, b = classes.client("helper"), classes.client("a"), classes.client("b")
    helper.send("OPER helper secret")
    helper.expect("381")
    a.join("#x")
    a.send("MODE #x +ik key")
    a.sync()
    helper.send("SAJOIN b #x,#new")
    assert [b.expect("JOIN").params[0] for _ in range(2)] == ["#x", "#new"]
    assert a.expect("JOIN").nick == "b"
    helper.send("SAMODE #x -i+o b", "SANICK b carol", "SAPART carol #x :enough", "SAJOIN nobody #x", "SAPART a #none", "SANICK a helper",
                "SANICK a nickserv", "SAJOIN a x")
    replies = [m.command for m in helper.sync() if m.command[0].isdigit()]
    assert replies == ["401", "441", "433", "432", "403"]
    m = a.expect("MODE")
    assert (m.source, m.params) == ("irc.example", ["#x", "-i+o", "b"])
    assert b.expect("NICK").params == ["carol"]
    assert a.expect("PART").params == ["#x", "enough"]
    a.send("SAJOIN b #x")
    a.expect("481")
    log = classes.stderr()
    assert "event=oper.sajoin who=helper!helper@127.0.0.1 whom=b!b@127.0.0.1 channel=#x,#new" in log
    assert all(f"event=oper.{what} who=helper!helper@127.0.0.1" in log for what in ("samode", "sanick", "sapart"))


@pytest.mark.parametrize("lines, error", [
    ("[oper a]\nclass = x\n", "[oper a]: no password, account or fingerprint"),
    ("[oper a]\naccount = a\nclass = none\n", "[oper a]: there is no [oper_class none]"),
    ("[oper_class a]\ncapabilities = fly\n", "'fly' is not one of kill, ban, rehash"),
    ("[oper a]\nfingerprint = abc\n", "'abc' is not 64 hexadecimal digits"),
    ("[oper_class]\n", "write [oper_class NAME], not '[oper_class]'")])
def test_a_class_that_is_wrong_is_an_error_at_the_start(tmp_path, lines, error):
    path = tmp_path / "wrong.conf"
    path.write_text(lines)
    r = subprocess.run([BURBLE, "chat", "--config", str(path)], capture_output=True, text=True, timeout=30)
    assert r.returncode == 1 and error in r.stderr
