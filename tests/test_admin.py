"""`burble admin`: a running chat server over its control socket."""
import contextlib
import json
import os
import socket
import sqlite3
import stat
import subprocess

import tun
from accounts import login
from irc import BURBLE, Server


def admin(*words, typed=None, check=True, cwd=None):
    r = subprocess.run([os.path.abspath(BURBLE), "admin", *words], capture_output=True, text=True, input=typed, timeout=60, cwd=cwd)
    assert not check or (r.returncode == 0 and not r.stderr), (words, r)
    return r


def rows(*words):
    return [json.loads(line) for line in admin("--json", *words).stdout.splitlines()]


def test_what_a_server_has_is_shown_as_text_and_as_json(server, runtime_directory):
    a = server.client("alice")
    a.join("#x")
    a.send("TOPIC #x :\x1b]0;evil\x07")
    a.sync()
    assert stat.S_IMODE(os.stat(f"{runtime_directory}/burble/chat.sock").st_mode) == 0o600
    status = rows("status")[0]
    assert (status["users"], status["channels"], status["store"]["health"]) == (1, 1, "ok") and status["counters"]["accepted"] >= 1
    assert "users          1\n" in admin("status").stdout
    assert [(u["nick"], u["address"]) for u in rows("users")] == [("alice", a.sock.getsockname()[0])]
    assert admin("users").stdout.splitlines()[1].startswith("alice ")
    assert rows("whois", "alice")[0]["in"] == ["@#x"]
    text = admin("channels").stdout
    assert "#x" in text and "\x1b" not in text and "\x07" not in text
    r = admin("whois", "nobody", check=False)
    assert r.returncode == 1 and r.stderr == "burble admin: there is no such nick\n"


def test_an_administrator_acts_and_it_is_logged(server):
    a, b = server.client("alice"), server.client("bob")
    admin("announce", "back", "at", "noon")
    assert a.expect("NOTICE").params == ["$*", "back at noon"]
    admin("kill", "bob", "too", "loud")
    assert "too loud" in b.expect_closed()[-1]
    assert "1 would be disconnected" in admin("ban", "add", "--dry-run", a.sock.getsockname()[0]).stdout
    a.sync()
    admin("ban", "add", "--time", "1h", a.sock.getsockname()[0], "go", "away")
    assert "go away" in a.expect_closed()[-1]
    assert rows("ban", "list")[0]["reason"] == "go away"
    admin("ban", "del", a.sock.getsockname()[0])
    assert rows("ban", "list") == []
    server.client("alice")
    assert all(f"event=admin.{what}" in server.stderr() for what in ("announce", "kill", "ban"))


def test_accounts_are_shown_suspended_and_given_a_password(make_server):
    server = make_server(**{"accounts.hash_memory": 8192, "accounts.hash_passes": 1})
    a = server.client("alice")
    a.send("NS REGISTER correct-horse")
    a.expect("900")
    assert rows("account", "show", "alice")[0]["sessions"] == 1
    admin("account", "suspend", "alice")
    a.expect("901")
    assert rows("account", "show", "alice")[0]["suspended"]
    admin("account", "unsuspend", "alice")
    admin("account", "passwd", "alice", typed="another password\n")
    a.send("NS IDENTIFY alice another")
    assert "wrong" in a.expect("NOTICE").params[-1]
    admin("account", "passwd", "alice", typed="x" * 600 + "\n")
    login(server.connect(), "alison", "alice", "x" * 600).close()
    r = admin("account", "passwd", "alice", typed="x" * 601 + "\n", check=False)
    assert r.returncode == 1 and "too long" in r.stderr
    r = admin("account", "passwd", "alice", typed="short\n", check=False)
    assert r.returncode == 1 and "too short" in r.stderr


def test_an_account_is_added_with_a_password_that_is_in_no_argument(make_server):
    server = make_server(**{"accounts.hash_memory": 8192, "accounts.hash_passes": 1, "accounts.registration": "no"})
    admin("account", "add", "alice", typed="correct horse\n")
    login(server.connect(), "alice", "alice", "correct horse", ["sasl"]).close()
    assert rows("account", "show", "alice")[0]["verified"] and "event=admin.register account=alice" in server.stderr()
    for name, password, why in (("alice", "correct horse", "registered already"), ("bob", "x", "too short"), ("1", "correct horse", "no name"),
                                ("NickServ", "correct horse", "no name")):
        r = admin("account", "add", name, typed=f"{password}\n", check=False)
        assert r.returncode == 1 and why in r.stderr, (name, r)
    r = admin("account", "add", "bob", typed="", check=False)
    assert r.returncode == 2 and "no password" in r.stderr
    r = admin("account", "add", "bob", "correct horse", check=False)
    assert r.returncode == 2 and "too many words" in r.stderr
    r = admin("account", "add", "--time", "1h", "bob", check=False)
    assert r.returncode == 2 and "ban add" in r.stderr


def test_an_export_has_all_of_an_account_and_nothing_of_others(server, tmp_path):
    a, b = server.client("alice"), server.client("bob")
    a.send("NS REGISTER correcthorse")
    a.expect("900")
    a.send("JOIN #x", "CS REGISTER #x", "PRIVMSG bob :hi", 'PRIVMSG #x :with "quotes" and \u00e4')
    a.sync()
    b.send("PRIVMSG alice :an answer", "JOIN #x", "PRIVMSG #x :not hers")
    b.sync()
    a.sync()
    file = tmp_path / "alice.jsonl"
    admin("export", "ALICE", "alice.jsonl", cwd=tmp_path)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [o["name"] for o in lines if o["type"] == "account"] == ["alice"]
    assert [o["name"] for o in lines if o["type"] == "channel"] == ["#x"]
    assert [o["params"] for o in lines if o["type"] == "message"] == [
        "bob :hi", '#x :with "quotes" and \u00e4', "alice :an answer"]
    assert "$argon2" not in file.read_text() and "not hers" not in file.read_text()
    assert "File exists" in admin("export", "alice", str(file), check=False).stderr
    assert "no such account" in admin("export", "eve", str(tmp_path / "x"), check=False).stderr


def test_a_backup_of_a_running_server_is_a_database_to_start_from(server, tmp_path):
    a = server.client("alice")
    a.join("#x")
    for i in range(50):
        a.send(f"PRIVMSG #x :message {i}")
    a.sync()
    copy = tmp_path / "copy.db"
    admin("backup", "copy.db", cwd=tmp_path)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with contextlib.closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert "File exists" in admin("backup", str(copy), check=False).stderr
    server.stop()
    other = Server(tmp_path / "restored")
    other.data.mkdir(parents=True)
    copy.rename(other.data / "burble.db")
    try:
        b = other.start().client("alice", caps=["batch", "draft/chathistory", "server-time", "message-tags"])
        b.join("#x")
        b.send("CHATHISTORY LATEST #x * 100")
        assert sum(m.command == "PRIVMSG" for m in b.sync()) == 50
    finally:
        other.close()


def test_rehash_says_what_needs_a_restart_and_what_is_wrong(make_server, tmp_path):
    path = tmp_path / "burble.conf"
    path.write_text("[server]\ndescription = one\n")
    make_server("--config", str(path))
    path.write_text("[server]\ndescription = two\n[limits]\nnick_length = 20\n")
    assert "limits.nick_length" in rows("rehash")[0]["restart"]
    path.write_text("[server]\nno_such = 1\n")
    r = admin("rehash", check=False)
    assert r.returncode == 1 and "nothing has changed" in r.stderr and "no_such" in r.stderr


def test_hostile_requests_are_refused_and_command_lines_explained(server, runtime_directory):
    requests = [b"chat\n", b"chat \xff\n", b"chat kill\0\n", b"chat " + b"x" * 5000 + b"\n", b"chat account passwd x\n"]
    if not tun.ON_STACK:
        requests.append(b"sockets\n")
    for request in requests:
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(f"{runtime_directory}/burble/chat.sock")
            s.sendall(request)
            data = b""
            while more := s.recv(65536):
                data += more
        assert data.startswith(b"error ") and data.count(b"\n") == 1, (request, data)
    for words in ([], ["bogus"], ["kill", "x"], ["users", "x"], ["users", "--dry-run"], ["announce", "a\nb"], ["announce", "x" * 2000]):
        r = admin(*words, check=False)
        assert r.returncode == 2 and r.stderr.startswith("burble admin: "), (words, r)
    assert "usage: burble admin" in admin("help").stdout
    if not tun.ON_STACK:
        assert "kernel's sockets" in subprocess.run([BURBLE, "ss"], capture_output=True, text=True, timeout=30).stderr


def test_a_second_server_needs_a_name_of_its_own(make_server):
    make_server()
    second = make_server()
    assert "event=control.none" in second.stderr()
    make_server("--name", "third")
    r = admin("status", check=False)
    assert r.returncode == 1 and "chat" in r.stderr and "third" in r.stderr
    assert rows("--name", "third", "status")
