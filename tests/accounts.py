"""Accounts in tests: cheap hashes, registration, SASL."""
import base64
import hashlib
import hmac
import os

CHEAP = {"accounts.hash_memory": "8k", "accounts.hash_passes": "1", "accounts.scram_iterations": "4096",
         "accounts.register_rate": "0", "limits.flood_rate": "0"}
CAPS = ["sasl", "standard-replies", "account-notify", "account-tag", "extended-join", "message-tags", "draft/account-registration"]


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


def plain(name, password, acting=""):
    return b64(f"{acting}\0{name}\0{password}")


def register(client, name, password, email="*"):
    client.send(f"REGISTER {name} {email} :{password}")
    return client.expect("REGISTER", "SUCCESS", name)


def new(server, nick, password="correct horse"):
    """A user with an account of its nick."""
    c = server.client(nick, CAPS)
    register(c, nick, password)
    c.sync()
    return c


def begin(client, nick, caps=CAPS):
    """A connection that has negotiated and not ended the negotiation."""
    client.nick = nick
    client.send("CAP LS 302", "CAP REQ :" + " ".join(caps), f"NICK {nick}", f"USER {nick} 0 * :Real {nick}")
    client.expect("CAP", None, "ACK")
    return client


def authenticate(client, mechanism, *messages):
    """Sends the mechanism, and each message when the server asks for it."""
    client.send(f"AUTHENTICATE {mechanism}")
    for m in messages:
        client.expect("AUTHENTICATE")
        for i in range(0, len(m), 400):
            client.send(f"AUTHENTICATE {m[i:i + 400]}")
        if len(m) % 400 == 0:
            client.send("AUTHENTICATE +")


def outcome(client):
    """903, or the numeric of the failure."""
    while True:
        m = client.message()
        if m.command in ("902", "903", "904", "905", "906", "907"):
            return m.command


def login(client, nick, name, password, caps=CAPS):
    begin(client, nick, caps)
    authenticate(client, "PLAIN", plain(name, password))
    assert outcome(client) == "903"
    client.send("CAP END")
    client.expect("001")
    client.sync()
    return client


class Scram:
    """A client of SCRAM-SHA-256 (RFC 5802)."""

    def __init__(self, name, password):
        self.bare, self.password = f"n={name},r={b64(os.urandom(12))}", password

    def first(self):
        return b64("n,," + self.bare)

    def final(self, challenge):
        challenge = base64.b64decode(challenge).decode()
        nonce, salt, count = (part[2:] for part in challenge.split(","))
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), base64.b64decode(salt), int(count))
        key = hmac.digest(salted, b"Client Key", "sha256")
        without = f"c=biws,r={nonce}"
        message = f"{self.bare},{challenge},{without}".encode()
        proof = bytes(a ^ b for a, b in zip(key, hmac.digest(hashlib.sha256(key).digest(), message, "sha256")))
        self.expected = "v=" + b64(hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256"))
        return b64(f"{without},p={b64(proof)}")


def scram(client, name, password):
    """The outcome of SCRAM; checks the server's signature."""
    s = Scram(name, password)
    authenticate(client, "SCRAM-SHA-256", s.first())
    m = client.expect("AUTHENTICATE")
    client.send("AUTHENTICATE " + s.final(m.params[0]))
    m = client.message()
    if m.command != "AUTHENTICATE":
        return m.command
    assert base64.b64decode(m.params[0]).decode() == s.expected
    client.send("AUTHENTICATE +")
    return outcome(client)
