"""Passwords checked outside: by a program and by a web server, in the protocol of Ergo's auth-script; accounts that come of it."""
import http.server
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import accounts
from accounts import CHEAP, authenticate, outcome, plain
from test_accounts import fails, wait_told
from test_mail import logged

CAPS = [cap for cap in accounts.CAPS if cap != "draft/account-registration"]  # which is not offered

PROGRAM = """
import json, sys, time
q = json.loads(sys.stdin.readline())
assert not sys.stdin.read() and sys.argv[1:] == ["$HOME;", "x"]
name, password = q["accountName"], q["passphrase"]
if password == "hang":
    time.sleep(1000)
if password == "break":
    sys.exit(3)
if password == "nonsense":
    print("success")
elif password == "error":
    print(json.dumps({"success": True, "error": "the database is away"}))
elif password == "of Bob":
    print(json.dumps({"success": True, "accountName": "Bob"}))
elif password == "of nobody":
    print(json.dumps({"success": True, "accountName": "#channel"}))
else:
    print(json.dumps({"success": password == "right:" + name and q["ip"].count(".") == 3 and "certfp" not in q}))
"""


def begin(client, nick):
    return accounts.begin(client, nick, CAPS)


def login(client, nick, name, password):
    return accounts.login(client, nick, name, password, CAPS)


@pytest.fixture
def checking(make_server, tmp_path):
    program = tmp_path / "check.py"
    program.write_text(PROGRAM)

    def start(**more):
        return make_server(**{**CHEAP, "accounts.check_command": f"{sys.executable} {program} $HOME; x", **more})
    return start


def sasl(server, name, password):
    """The outcome, and its text."""
    c = begin(server.connect(), "x")
    authenticate(c, "PLAIN", plain(name, password))
    while (m := c.message()).command not in ("902", "903", "904"):
        pass
    c.close()
    return m.command, m.params[-1]


def test_a_program_decides_and_an_account_is_made_that_stays(checking):
    s = checking()
    assert sasl(s, "ann", "wrong")[0] == "904"
    c = login(s.connect(), "x", "ann", "right:ann")
    c.send("WHOIS x")
    assert c.expect("330").params[2] == "ann"
    assert "account.registered" in s.log.read_text()
    s.kill()
    s.start()
    assert "Account: ann" in wait_told(s.client("bob"), "INFO ann")
    login(s.connect(), "y", "ann", "right:ann")
    assert s.log.read_text().count("account.registered") == 1 and "right:" not in s.log.read_text()


def test_nickserv_asks_too_and_the_answer_may_name_another_account(checking):
    s = checking()
    c = s.client("ann", CAPS)
    assert "is wrong" in wait_told(c, "IDENTIFY ann wrong")
    assert "logged in as ann" in wait_told(c, "IDENTIFY ann right:ann")
    c = login(s.connect(), "x", "ann", "of Bob")
    c.send("WHOIS x")
    assert c.expect("330").params[2] == "Bob"


@pytest.mark.parametrize("password, reason", [("break", "exit status 3"), ("nonsense", "no JSON object"), ("error", "the database is away"),
                                              ("hang", "took too long")])
def test_a_check_that_fails_says_so_and_is_no_wrong_password(checking, password, reason):
    s = checking(**{"accounts.check_timeout": "1s", "accounts.login_rate": "1"})
    bob = s.client("bob")
    c = begin(s.connect(), "x")
    authenticate(c, "PLAIN", plain("ann", password))
    bob.sync()  # the loop does not wait
    m = c.expect("904")
    assert "try again later" in m.params[-1]
    line = logged(s, "login.not-checked")
    assert reason in line and "account=ann" in line
    assert sasl(s, "ann", "right:ann")[0] == "903"


def test_names_that_cannot_be_an_account_get_none(checking):
    s = checking()
    assert sasl(s, "NickServ", "right:NickServ")[0] == "904"
    assert sasl(s, "a,b", "right:a,b")[0] == "904"
    assert sasl(s, "ann", "of nobody") == ("904", "Your name cannot be an account's here")
    ann = login(s.connect(), "ann", "ann", "right:ann")
    ann.send("NICK carl")
    ann.expect("NICK")
    assert "belongs to ann" in wait_told(ann, "GROUP")
    assert sasl(s, "carl", "right:carl")[0] == "904"  # not ann's account by its nick
    assert "UNGROUP" not in wait_told(ann, "UNGROUP carl")
    assert sasl(s, "carl", "right:carl")[0] == "903"
    s = checking(**{"accounts.check_creates": "no"})
    assert sasl(s, "ann", "right:ann") == ("904", "You have no account here")


def test_what_needs_a_password_here_is_refused(checking):
    s = checking()
    c = s.connect()
    c.send("CAP LS 302")
    words = c.expect("CAP").params[-1].split()
    assert "sasl=PLAIN" in words and not [w for w in words if "registration" in w]
    c = begin(s.connect(), "x")
    authenticate(c, "SCRAM-SHA-256")
    assert c.expect("908").params[1] == "PLAIN" and outcome(c) == "904"
    fails(c, "REGISTER x * :correct horse", "DISALLOWED")
    ann = login(s.connect(), "ann", "ann", "right:ann")
    for command in ("SET PASSWORD correct-horse", "SENDPASS ann", "RESETPASS ann aaaaaaaaaaaaaaaa correct-horse"):
        assert "not kept here" in wait_told(ann, command)


def test_app_passwords_are_not_asked_about(checking):
    s = checking()
    ann = login(s.connect(), "ann", "ann", "right:ann")
    login(s.connect(), "x", "ann", wait_told(ann, "APPPASS ADD phone").split()[-1])


def test_wrong_passwords_are_counted_as_ever(checking):
    s = checking(**{"limits.password_rate": "2"})
    for _ in range(2):
        assert sasl(s, "ann", "wrong") == ("904", "SASL authentication failed")
    assert "from your address" in sasl(s, "ann", "right:ann")[1]


class Web:
    """A web server that checks: answers are chosen by the password."""

    def __init__(self):
        web, self.questions = self, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                q = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                web.questions.append((self.path, self.headers["Content-Type"], q))
                status, body = web.answer(q["passphrase"])
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/check"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def answer(password):
        if password == "moved":
            return 302, b""
        if password == "long":
            return 200, b'{"success":true}' + b" " * 5000
        if password == "fail":
            return 500, b'{"success":true}'
        return 200, json.dumps({"success": password == "right"}).encode()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def web():
    w = Web()
    yield w
    w.close()


def test_a_web_server_decides(make_server, web):
    s = make_server(**{**CHEAP, "accounts.check_url": web.url})
    assert sasl(s, "ann", "right")[0] == "903" and sasl(s, "ann", "wrong")[0] == "904"
    ip = s.client("bob").sock.getsockname()[0]
    assert web.questions[0] == ("/check", "application/json", {"accountName": "ann", "passphrase": "right", "ip": ip})
    for password, reason in (("moved", "answers 302"), ("long", "rit"), ("fail", "answers 500")):
        assert "try again later" in sasl(s, "ann", password)[1]
    assert len(web.questions) == 5  # no redirect was followed
    assert "answers 302" in s.log.read_text() and "answers 500" in s.log.read_text()
    web.close()
    assert "try again later" in sasl(s, "ann", "right")[1]


def test_the_server_stops_while_a_check_hangs(checking):
    s = checking()
    c = begin(s.connect(), "x")
    authenticate(c, "PLAIN", plain("ann", "hang"))
    s.client("bob").sync()
    s.stop()


def test_the_example_for_ldap_binds_as_the_account(tmp_path):
    program = tmp_path / "ldapwhoami"
    program.write_text(f"#!{sys.executable}\nimport sys\nprint(sys.argv[1:], file=sys.stderr)\n"
                       "sys.exit({'right': 0, 'wrong': 49}.get(open(sys.argv[-1]).read(), 1))\n")
    program.chmod(0o755)
    script = Path(__file__).parent.parent / "contrib/ldap-check"

    def ask(name, password):
        run = subprocess.run([script, "ldap://h", "uid=%s,dc=example", program], input=json.dumps({"accountName": name, "passphrase": password}),
                             text=True, capture_output=True, check=True)
        return json.loads(run.stdout)

    assert ask("ann", "right") == {"success": True, "accountName": "ann"}
    assert ask("ann", "wrong") == {"success": False, "accountName": "ann"}
    assert ask("ann", "") == {"success": False}  # LDAP would accept it
    assert r"uid=a\\2cdc\\3dx\\c3\\a4,dc=example" in ask("a,dc=x\u00e4", "other")["error"]
