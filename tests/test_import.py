"""`burble import`: people who moved here from Ergo or Atheme find what is theirs."""
import base64
import contextlib
import ctypes
import hashlib
import hmac
import json
import os
import sqlite3
import subprocess

import pytest

from accounts import CHEAP, authenticate, begin, login, outcome, plain, scram
from irc import BURBLE

PASSWORD = "tea at five"
CERT = "ab" * 32


def bcrypt(data, cost=5):
    """By libcrypt, which takes no byte that is zero."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(data, b"$2a$%02d$abcdefghijklmnopqrstuu" % cost).decode()


def scram_keys(password):
    """What Ergo has beside its hash: StoredKey and ServerKey of RFC 5802."""
    salt = os.urandom(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, 4096)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return {"Salt": b64(salt), "Iters": 4096, "StoredKey": b64(stored), "ServerKey": b64(server)}


def b64(data):
    return base64.b64encode(data).decode()


def ergo(path):
    """An ircd.db with ann, who is always on, bob with a hash of Atheme's, and #chat."""
    def command(*words):
        return f"*{len(words)}\r\n" + "".join(f"${len(w.encode())}\r\n{w}\r\n" for w in words)

    def account(name, credentials, **more):
        keys = {"exists": "1", "verified": "1", "name": name, "registered.time": "1600000000000000000",
                "credentials": json.dumps({"Certfps": None, **credentials}), **more}
        return "".join(command("set", f"account.{key} {name.lower()}", value) for key, value in keys.items())

    hashed = bcrypt(hashlib.sha3_512(PASSWORD.encode()).digest())
    channel = {"Name": "#Chat", "RegisteredAt": "2023-11-14T22:13:20Z", "Founder": "ann", "Topic": "what is said here",
               "TopicSetBy": "Ann", "TopicSetTime": "2023-11-14T22:13:20.123456789Z", "Modes": [110, 116, 109], "Key": "", "UserLimit": 50,
               "AccountToUMode": {"ann": 113, "bob": 118}, "Bans": {"*!*@bad.example": {"CreatorNickmask": "Ann!a@h"}}, "Excepts": {}, "Invites": {}}
    path.write_bytes("".join((
        command("set", "0 AP9VDdQKv3n1mI5ZYY3bVw", "24"),
        command("set", "account.exists gone", "1"),
        account("Ann", {"Version": 1, "PassphraseHash": b64(hashed.encode()), "Certfps": [CERT], **scram_keys(PASSWORD)},
                additionalnicks="annie", settings=json.dumps({"AlwaysOn": 4, "Email": "ann@example.com"}),
                channeltomodes=json.dumps({"#Chat": {"Modes": "q", "JoinTime": 1}}), readmarkers="{}"),
        account("bob", {"Version": -1, "PassphraseHash": b64(f"$rawsha1${hashlib.sha1(PASSWORD.encode()).hexdigest()}".encode())}),
        command("set", "1 qta40HS1Q0uhF-kQcfte5Q", json.dumps(channel)),
        command("del", "account.exists gone"))).encode())
    return path


def atheme(path):
    """A services.db with ann, bob and #chat; ann's hash is of pbkdf2v2, bob's of SHA-512 crypt."""
    salt = b"0123456789abcdef0123456789abcdef"
    key = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, 64000)
    path.write_text(f"""GRVER 1
DBV 12
MDEP crypto/pbkdf2v2
CF +AFORVabefhiorstv
TS 1700000000
MU AAAAAAAAB Ann $z$26$64000${b64(salt)}${b64(key)} ann@example.com 1600000000 0 +sC default 
ME Ann bob 1600000000 0 a memo
MN Ann Ann 1600000000 0 
MN Ann annie 1600000000 0 
MCFP Ann {CERT} 
MU AAAAAAAAC bob {bcrypt(PASSWORD.encode())} noemail 1600000000 0 +C default 
MC #Chat 1600000000 1700000000 +v 8 0 50  
CA #Chat Ann +AFRfiorstv 1600000000 * 
CA #Chat bob +AV 1600000000 Ann 
CA #Chat *!*@bad.example +b 1600000000 Ann 
MDC #Chat private:topic:setter Ann
MDC #Chat private:topic:text what is said here
MDC #Chat private:topic:ts 1700000000
""")
    return path


def run(*words, check=True):
    r = subprocess.run([BURBLE, "import", *map(str, words)], capture_output=True, text=True, timeout=60)
    assert not check or (r.returncode == 0 and not r.stderr), r
    return r


def stored(data, name):
    with contextlib.closing(sqlite3.connect(data / "burble.db")) as db:
        return db.execute("SELECT password, scram FROM account WHERE folded = ?", (name,)).fetchone()


@pytest.mark.parametrize("kind, write", [("ergo", ergo), ("atheme", atheme)])
def test_who_moves_finds_password_nicks_channel_and_rank(make_server, tmp_path, kind, write):
    file, data = write(tmp_path / "old.db"), tmp_path / "server0" / "data"
    data.mkdir(parents=True)
    dry = run("--dry-run", "--data", data, kind, file).stdout
    assert "would be imported: 2 accounts (2 with a password" in dry and not (data / "burble.db").exists()
    done = run("--data", data, kind, file).stdout
    assert done.splitlines()[:-1] == dry.splitlines()[:-1]  # the same rows are not taken
    assert "1 grouped nicks, 1 certificates" in done and "1 channels, 1 ranks, 1 masks; " in done
    assert "not taken: " in done and "burble has no memos" in done or "account.readmarkers" in done

    server = make_server(**CHEAP)
    a = login(server.connect(), "annie", "annie", PASSWORD)  # the grouped nick is hers
    a.send("JOIN #chat")
    a.sync()
    a.send("NAMES #chat")
    assert a.expect("353").params[-1].split() in (["~@Ann"], ["~@annie"], ["~Ann"], ["~annie"])  # always on, she is Ann already
    a.send("MODE #Chat", "MODE #Chat b", "TOPIC #Chat", "NS CERT LIST", "CS INFO #Chat")
    modes = a.expect("324").params
    assert set("ntml") <= set(modes[2]) and modes[-1] == "50"
    assert a.expect("367").params[2] == "*!*@bad.example"
    assert a.expect("332").params[-1] == "what is said here"
    assert CERT in a.expect("NOTICE", None).params[-1] or CERT in "".join(m.params[-1] for m in a.sync() if m.command == "NOTICE")

    b = login(server.connect(), "bob", "bob", PASSWORD)
    b.send("JOIN #chat")
    assert "+bob" in b.expect("353").params[-1]
    bad = begin(server.connect(), "eve")
    authenticate(bad, "PLAIN", plain("bob", "tea at six"))
    assert outcome(bad) == "904"
    while "account.password-renewed account=bob" not in server.log.read_text().replace("event=", ""):
        b.sync()
    assert scram(begin(server.connect(), "c"), "bob", PASSWORD) == "903"  # its keys were made at the login
    assert PASSWORD not in server.log.read_text()


def test_a_hash_of_ours_takes_the_place_of_the_old_one_at_the_first_right_password(make_server, tmp_path):
    data = tmp_path / "server0" / "data"
    data.mkdir(parents=True)
    run("--data", data, "ergo", ergo(tmp_path / "ircd.db"))
    before = stored(data, "bob")
    assert before[0].startswith("$rawsha1$") and before[1] == "" and stored(data, "ann")[0].startswith("sha3$2a$05$")
    server = make_server(**CHEAP)
    assert scram(begin(server.connect(), "x"), "Ann", PASSWORD) == "903"  # Ergo's keys are the same as ours
    assert scram(begin(server.connect(), "y"), "bob", PASSWORD) == "904"
    wrong = begin(server.connect(), "z")
    authenticate(wrong, "PLAIN", plain("bob", "tea at six"))
    assert outcome(wrong) == "904"
    login(server.connect(), "bob", "bob", PASSWORD)
    server.stop()
    after = stored(data, "bob")
    assert after[0].startswith("$argon2id$") and after[1].startswith("SCRAM-SHA-256$4096:")


def test_an_always_on_user_of_ergo_is_in_its_channels_when_the_server_starts(make_server, tmp_path):
    data = tmp_path / "server0" / "data"
    data.mkdir(parents=True)
    run("--data", data, "ergo", ergo(tmp_path / "ircd.db"))
    server = make_server(**CHEAP)
    other = server.client("other")
    other.send("NAMES #chat")
    assert other.expect("353").params[-1].split() == ["~Ann"]


def test_nothing_is_written_while_a_server_runs_and_nothing_twice(make_server, tmp_path):
    file = atheme(tmp_path / "services.db")
    server = make_server(**CHEAP)
    r = run("--data", server.data, "atheme", file, check=False)
    assert r.returncode == 1 and "a server is running on it: stop it first" in r.stderr
    server.stop()
    run("--data", server.data, "atheme", file)
    again = run("--data", server.data, "atheme", file).stdout
    assert "imported: 0 accounts" in again and "0 channels" in again
    assert "account Ann: an account or a grouped nick has that name already" in again
    assert again == run("--data", server.data, "--dry-run", "atheme", file).stdout.replace("would be imported", "imported")
    assert "not taken: " not in run("--data", server.data, "--quiet", "atheme", file).stdout


def test_a_file_that_is_not_what_it_is_called_changes_nothing(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for kind, content in (("ergo", b"hello"), ("atheme", b"\0\xff" * 1000), ("ergo", atheme(tmp_path / "x").read_bytes()),
                          ("atheme", ergo(tmp_path / "y").read_bytes()), ("ergo", b"*3\r\n$999999999\r\n")):
        (tmp_path / "file").write_bytes(content)
        r = run("--data", data, kind, tmp_path / "file", check=False)
        assert r.returncode == 1 and r.stderr.startswith("burble import: ") and r.stderr.count("\n") == 1, (kind, r)
    assert not list(data.iterdir())
    for words, status in ((["ergo"], 2), (["anope", "x"], 2), (["--what"], 2), (["--data", data, "ergo", "/nowhere"], 1),
                          (["--data", data, "ergo", tmp_path], 1), (["--data", "", "ergo", tmp_path / "file"], 1)):
        r = run(*words, check=False)
        assert r.returncode == status and r.stderr, (words, r)
    assert "usage: burble import" in run("--help").stdout
