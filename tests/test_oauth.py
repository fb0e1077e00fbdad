"""SASL OAUTHBEARER: signed tokens (made here with openssl), and tokens that their issuer is asked about."""
import base64
import hashlib
import hmac
import http.server
import json
import re
import subprocess
import threading
import time
import urllib.parse

import pytest

from accounts import CAPS, CHEAP, authenticate, b64, begin, login, outcome, plain
from test_accounts import wait_told
from test_mail import logged

ISSUER, AUDIENCE = "https://id.example.com", "irc"


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def openssl(*words, data=None):
    return subprocess.run(["openssl", *words], input=data, capture_output=True, check=True).stdout


class Rsa:
    """A key pair, its JWK and its signatures."""
    alg = "RS256"

    def __init__(self, directory, kid):
        self.file, self.kid = directory / f"{kid}.pem", kid
        openssl("genrsa", "-out", self.file, "2048")
        n = bytes.fromhex(openssl("rsa", "-in", self.file, "-modulus", "-noout").decode().strip().split("=")[1])
        self.jwk = {"kty": "RSA", "kid": kid, "use": "sig", "n": url64(n), "e": "AQAB"}

    def sign(self, text):
        return openssl("dgst", "-sha256", "-sign", self.file, data=text)


class Ec(Rsa):
    alg = "ES256"

    def __init__(self, directory, kid):
        self.file, self.kid = directory / f"{kid}.pem", kid
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.file)
        point = openssl("ec", "-in", self.file, "-pubout", "-outform", "DER")[-64:]
        self.jwk = {"kty": "EC", "crv": "P-256", "kid": kid, "x": url64(point[:32]), "y": url64(point[32:])}

    def sign(self, text):
        der = openssl("dgst", "-sha256", "-sign", self.file, data=text)
        r = der[4:4 + der[3]]
        s = der[6 + der[3]:]
        return b"".join(part.lstrip(b"\0").rjust(32, b"\0") for part in (r, s))


def token(key, header=(), **claims):
    claims = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 60, "preferred_username": "ann", **claims}
    head = {"alg": key.alg, "kid": key.kid, **dict(header)}
    text = f"{url64(json.dumps(head).encode())}.{url64(json.dumps(claims).encode())}"
    return f"{text}.{url64(key.sign(text.encode()))}"


def bearer(text, name=""):
    return b64(f"n,{'a=' + name if name else ''},\1host=irc.example.com\1auth=Bearer {text}\1\1")


def oauth(server, text, name=""):
    """The outcome; the client answers the status by ^A."""
    c = begin(server.connect(), "x")
    authenticate(c, "OAUTHBEARER", bearer(text, name))
    while (m := c.message()).command not in ("903", "904", "AUTHENTICATE"):
        pass
    if m.command == "AUTHENTICATE":
        status = json.loads(base64.b64decode(m.params[0]))
        c.send("AUTHENTICATE AQ==")
        assert outcome(c) == "904"
        c.close()
        return status
    c.close()
    return m.command, m.params[-1]


@pytest.fixture
def keys(tmp_path):
    found = Rsa(tmp_path, "one"), Ec(tmp_path, "two")
    (tmp_path / "keys.json").write_text(json.dumps({"keys": [k.jwk for k in found]}))
    return found


@pytest.fixture
def signing(make_server, tmp_path, keys):
    def start(**more):
        return make_server(**{**CHEAP, "accounts.oauth_keys": str(tmp_path / "keys.json"), "accounts.oauth_issuer": ISSUER,
                              "accounts.oauth_audience": AUDIENCE, **more})
    return start


def test_a_signed_token_logs_in_and_makes_the_account(signing, keys):
    s = signing()
    c = s.connect()
    c.send("CAP LS 302")
    assert "sasl=PLAIN,SCRAM-SHA-256,OAUTHBEARER" in c.expect("CAP").params[-1].split()
    for key, name in zip(keys, ("", "ANN")):
        assert oauth(s, token(key), name)[0] == "903"
    c = begin(s.connect(), "x")
    authenticate(c, "OAUTHBEARER", bearer(token(keys[0], pad="x" * 1500)))
    assert c.expect("900").params[2] == "ann"
    c.send("CAP END")
    c.expect("001")
    secret = wait_told(c, "APPPASS ADD phone").split()[-1]
    login(s.connect(), "y", "ann", secret)
    assert s.log.read_text().count("account.registered") == 1


def test_each_wrong_token_is_refused_with_its_reason(signing, keys, tmp_path):
    s = signing(**{"limits.password_rate": "0", "log.burst": "100"})
    rsa, ec = keys
    public = openssl("rsa", "-in", rsa.file, "-pubout")

    class Confused:
        alg, kid = "HS256", "one"

        @staticmethod
        def sign(text):
            return hmac.digest(public, text, hashlib.sha256)

    (tmp_path / "other").mkdir()
    other = Rsa(tmp_path / "other", "one")
    none = token(rsa, {"alg": "none"}).rpartition(".")[0] + "."
    for bad, reason in ((token(rsa, exp=int(time.time()) - 61), "exp"), (token(ec, nbf=int(time.time()) + 90), "nbf"), (token(rsa, aud="web"), "aud"),
                        (token(rsa, iss="https://other"), "iss"), (token(rsa, preferred_username=None), "oauth_claim"), (token(other), "signature"),
                        (token(Confused), "algorithm"), (none, "lgorithm|no signed"), (token(rsa)[:-8], "signature|no signed"),
                        (token(rsa, {"crit": ["exp"]}), "critical"), ("opaque", "no signed")):
        before = s.log.read_text().count("login.token-refused")
        assert oauth(s, bad) == {"status": "invalid_token"}
        lines = [line for line in s.log.read_text().splitlines() if "login.token-refused" in line]
        assert len(lines) == before + 1 and re.search(reason, lines[-1]), lines[-1]
        assert bad[:40] not in s.log.read_text()
    assert oauth(s, token(rsa), "bob")[0] == "904"  # the token is ann's


def test_messages_that_are_none_fail_and_one_without_a_token_gets_the_status(signing):
    s = signing(**{"accounts.oauth_discovery": ISSUER + "/.well-known/openid-configuration"})
    for text in ("n,,", "p=x,,\1auth=Bearer x\1\1", "n,,\1auth=Basic x\1\1", "n,,\1auth=Bearer x y\1\1", "\0"):
        c = begin(s.connect(), "x")
        authenticate(c, "OAUTHBEARER", b64(text))
        assert outcome(c) == "904"
    c = begin(s.connect(), "x")
    authenticate(c, "OAUTHBEARER", b64("n,,\1\1"))
    status = json.loads(base64.b64decode(c.expect("AUTHENTICATE").params[0]))
    assert status == {"status": "invalid_token", "openid-configuration": ISSUER + "/.well-known/openid-configuration"}
    c.send("AUTHENTICATE *")
    assert outcome(c) == "906"


def test_keys_are_read_anew_and_a_file_without_keys_is_a_failure(signing, keys, tmp_path):
    s = signing()
    file = tmp_path / "keys.json"
    fresh = Rsa(tmp_path, "three")
    assert oauth(s, token(fresh)) == {"status": "invalid_token"}
    file.write_text(json.dumps(fresh.jwk))
    assert oauth(s, token(fresh))[0] == "903"
    file.write_text("x")
    assert "try again later" in oauth(s, token(fresh))[1]
    file.unlink()
    assert "try again later" in oauth(s, token(fresh))[1] and "No such file" in s.log.read_text()


def test_tokens_are_guessed_a_few_times_only(signing, keys):
    s = signing(**{"limits.password_rate": "2", "accounts.oauth_creates": "no"})
    assert oauth(s, token(keys[0]))[1] == "You have no account here"
    for _ in range(2):
        oauth(s, "opaque")
    assert "your address" in oauth(s, token(keys[0]))[1]


class Issuer(threading.Thread):
    """An introspection endpoint (RFC 7662)."""

    def __init__(self):
        super().__init__(daemon=True)
        issuer, self.forms = self, []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                issuer.forms.append((self.headers["Authorization"], self.headers["Content-Type"], form))
                if form["token"] == "broken":
                    body = b"<html>"
                else:
                    body = json.dumps({"active": form["token"] == "a+b/c==", "username": "ann", "iss": ISSUER}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.start()

    def run(self):
        self.server.serve_forever()


def test_the_issuer_is_asked_about_a_token(make_server, tmp_path):
    issuer = Issuer()
    secret = tmp_path / "secret"
    secret.write_text("open sesame\n")
    s = make_server(**{**CHEAP, "accounts.oauth_introspect": f"http://127.0.0.1:{issuer.server.server_address[1]}/", "accounts.oauth_client": "burble",
                       "accounts.oauth_client_secret_file": str(secret), "accounts.oauth_claim": "username", "accounts.oauth_issuer": ISSUER})
    assert oauth(s, "a+b/c==")[0] == "903"
    assert issuer.forms == [("Basic " + b64("burble:open sesame"), "application/x-www-form-urlencoded",
                             {"token": "a+b/c==", "token_type_hint": "access_token"})]
    assert oauth(s, "expired") == {"status": "invalid_token"}
    assert "try again later" in oauth(s, "broken")[1]
    assert "active" in logged(s, "login.not-checked")
    issuer.server.shutdown()
    issuer.server.server_close()
    assert "try again later" in oauth(s, "a+b/c==")[1]


def test_passwords_go_on_beside_tokens(signing, keys):
    s = signing()
    c = s.client("bob", CAPS)
    c.send("REGISTER bob * :correct horse")
    c.expect("REGISTER", "SUCCESS")
    c = begin(s.connect(), "x")
    authenticate(c, "PLAIN", plain("bob", "correct horse"))
    assert outcome(c) == "903"
    assert oauth(s, token(keys[1], preferred_username="bob"))[0] == "903"


def test_without_an_issuer_it_is_not_offered(make_server):
    s = make_server(**CHEAP)
    c = begin(s.connect(), "x")
    authenticate(c, "OAUTHBEARER")
    assert "OAUTHBEARER" not in c.expect("908").params[1]
    assert outcome(c) == "904"
