"""`burble import` of databases that Ergo and Atheme wrote themselves (databases/README.md): who moved logs in as before."""
import subprocess
from pathlib import Path

from accounts import CHEAP, authenticate, begin, login, outcome, plain, scram
from irc import BURBLE

DATABASES = Path(__file__).resolve().parent / "databases"
PASSWORDS = {
    "ergo": {"Ann": "tea-at-five", "Bob": "bob-s-password", "carol": "carol", "dave": "dave-pass-99"},
    "atheme": {"Ann": "tea-at-five", "Bob": "bob-s-password", "carol": "carol-pass-1", "Erin[x]": "erin-pass-1", "pbk": "pbk-pass-1",
               "Posix": "posix-pass-1", "sha": "sha-pass-1", "root": "root-pass-1"},
}
FILES = {"ergo": DATABASES / "ergo-2.15.db", "atheme": DATABASES / "atheme-7.2.db"}


def moved(make_server, tmp_path, kind):
    """A server that begins with what was imported, and the report."""
    data = tmp_path / "server0" / "data"
    data.mkdir(parents=True)
    r = subprocess.run([BURBLE, "import", "--data", data, kind, FILES[kind]], capture_output=True, text=True, timeout=60)
    assert r.returncode == 0 and not r.stderr, r
    return make_server(**CHEAP), r.stdout


def refused(server, nick, name, password, numeric="904"):
    c = begin(server.connect(), nick)
    authenticate(c, "PLAIN", plain(name, password))
    assert outcome(c) == numeric, name


def host_of(client, nick):
    client.send(f"WHOIS {nick}")
    return client.expect("311").params[3]


def ranks(client, channel):
    client.send(f"CS AMODE {channel}")
    return {m.params[-1] for m in client.sync() if m.command == "NOTICE"}


def bans():
    out = subprocess.run([BURBLE, "admin", "ban", "list"], capture_output=True, text=True, timeout=60)
    return {tuple(line.split()[:2]) for line in out.stdout.splitlines()[1:]}


def test_all_of_ergos_file_is_here(make_server, tmp_path, runtime_directory):
    server, report = moved(make_server, tmp_path, "ergo")
    assert ("imported: 7 accounts (6 with a password, 2 suspended, 2 always on), 1 grouped nicks, 1 certificates, 2 hosts, 0 hosts asked for, "
            "1 names of dropped accounts; 5 channels, 5 ranks, 4 masks; 3 K-lines, 3 D-lines; ") in report
    for row in ("D-line 2001:db8::/48: who logs in", "modes E of ##other", "forward of #second",
                "a purged channel", "end of account.suspended erin", "account.credentials nopass"):
        assert f"not taken: {row}" in report or row in report, row
    for name, password in PASSWORDS["ergo"].items():
        login(server.connect(), name.lower() + "-phone", name, password)
        assert scram(begin(server.connect(), "s"), name, password) == "903"
        refused(server, "w", name, password + "x")
    refused(server, "f", "frozen", "frozen-pass", "902")
    refused(server, "e", "Erin", "erin-pass-99", "902")
    ann = login(server.connect(), "Ann", "Ann", "tea-at-five")
    assert host_of(ann, "Ann") == "ann.users.example" and host_of(ann, "dave") != "staff/dave"  # he had switched it off
    ann.send("MODE #chat", "MODE #chat b", "MODE #chat e", "MODE #chat I", "TOPIC #chat")
    modes = ann.expect("324").params
    assert set(modes[2]) == set("+klCMRimst") and modes[3:] == ["sesame", "50"]
    assert {ann.expect("367").params[2] for _ in range(2)} == {"*!*@bad.example", "evil!*@*"}
    assert ann.expect("348").params[2] == "*!*@good.example" and ann.expect("346").params[2] == "friend!*@*"
    assert ann.expect("332").params[-1] == "what is said here, é"
    ann.sync()
    assert ranks(ann, "#chat") == {"4 accounts have a rank in #Chat, besides its founder.", "+a frozen", "+h erin", "+o bob", "+v dave"}
    assert bans() == {("user", "*@evil.example"), ("user", "u*!~x@*"), ("user", "k2!*@*"), ("address", "192.0.2.7"), ("address", "198.51.100.0/24"), ("address", "203.0.113.9")}


def test_all_of_athemes_file_is_here(make_server, tmp_path, runtime_directory):
    server, report = moved(make_server, tmp_path, "atheme")
    assert ("imported: 11 accounts (10 with a password, 1 suspended, 0 always on), 1 grouped nicks, 1 certificates, 2 hosts, 1 hosts asked for, "
            "0 names of dropped accounts; 3 channels, 6 ranks, 4 masks; 4 K-lines, 0 D-lines; ") in report
    for row in ("password of argon: hashes of this kind", "channel #closed: an operator closed it", "K-line *@192.0.2.99: it has ended",
                "evil!*@* #Chat: it was set for a time", "locked modes 0x1000 of #bobs"):
        assert f"not taken: {row}" in report, row
    for name, password in PASSWORDS["atheme"].items():
        login(server.connect(), "x" + name, name, password)
        refused(server, "w", name, password + "x")
    refused(server, "f", "frozen", "frozen-pass", "902")
    refused(server, "a", "argon", "argon-pass-1")
    ann = login(server.connect(), "annie", "Ann", "tea-at-five")
    assert host_of(ann, "annie") == "ann.users.example"
    ann.send("JOIN #chat", "JOIN #second sesame")
    ann.sync()
    ann.send("MODE #chat", "MODE #chat b", "MODE #chat e", "MODE #chat I", "TOPIC #chat", "MODE #second", "MODE #bobs")
    modes = ann.expect("324").params
    assert set(modes[2]) == set("+lRimns") and modes[3:] == ["50"]
    assert {ann.expect("367").params[2] for _ in range(2)} == {"*!*@bad.example", "a:sha"}
    assert ann.expect("348").params[2] == "*!*@good.example" and ann.expect("346").params[2] == "friend!*@*"
    assert ann.expect("332").params[-1] == "words by services"
    assert ann.expect("324").params[1:] == ["#second", "+knt", "sesame"]
    assert ann.expect("324").params[1:] == ["#bobs", "+t"]
    ann.sync()
    assert ranks(ann, "#chat") == {"6 accounts have a rank in #Chat, besides its founder.", "+a dave", "+h erin[x]", "+o bob", "+q frozen",
                                   "+q posix", "+v carol"}
    assert bans() == {("user", f"*@{host}") for host in ("192.0.2.7", "198.51.100.0/24", "2001:db8::/48")} | {("user", "~x@*.evil.example")}
