"""irssi, weechat and irc-framework with SASL and TLS at once: logged in before they join, encrypted, and talking."""
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from accounts import CAPS, CHEAP, register
from test_clients import Irssi, Weechat, wait_for
from test_tls import tls_server  # noqa: F401 (a fixture)

NODE = Path(__file__).parent / "node"
PASSWORD = "correct horse"


class Framework:
    """client.mjs; what it printed is in shown()."""

    def __init__(self, server, password=PASSWORD):
        self.process = subprocess.Popen(["node", NODE / "client.mjs", server.host, str(server.tls_port), "framework", "ann", password],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self.reader.start()

    def stop(self):
        self.process.kill()
        self.process.wait(10)
        self.reader.join(10)


def irssi(home, server):
    return Irssi(home, server, tls=server.tls_port,
                 network=f'sasl_mechanism = "PLAIN"; sasl_username = "ann"; sasl_password = "{PASSWORD}";')


def weechat(home, server):
    return Weechat(home, server, tls=server.tls_port, settings=[
        "/set irc.server.t.sasl_username ann", f'/set irc.server.t.sasl_password "{PASSWORD}"',
        "/set irc.server.t.sasl_mechanism scram-sha-256"])


CLIENTS = {"irssi": irssi, "weechat-headless": weechat, "irc-framework": lambda home, server: Framework(server)}


def need(name):
    if name == "irc-framework" and not (shutil.which("node") and (NODE / "node_modules/irc-framework").exists()):
        pytest.skip("irc-framework or node is not installed: tools/setup test")
    if name != "irc-framework" and not shutil.which(name):
        pytest.skip(f"{name} is not installed: tools/setup test")


@pytest.fixture
def peer(tls_server):  # noqa: F811
    """A user in #t, on a server where ann has an account."""
    server = tls_server(**CHEAP)
    register(server.tls("ann", CAPS), "ann", PASSWORD)
    peer = server.tls("peer", CAPS)
    peer.join("#t")
    return server, peer


@pytest.mark.parametrize("name", list(CLIENTS))
def test_a_client_logs_in_over_tls_and_talks(peer, tmp_path, name):
    need(name)
    server, peer = peer
    client = CLIENTS[name](tmp_path / "home", server)
    try:
        m = peer.expect("JOIN", "#t", timeout=60)
        assert m.params[1] == "ann"
        peer.send(f"WHOIS {m.nick}")
        assert peer.expect("671").params[1] == m.nick  # it uses a secure connection
        peer.send("PRIVMSG #t :hello")
        if name == "irc-framework":
            assert peer.expect("PRIVMSG", "#t").params[1] == "peer said hello"
        else:
            wait_for("the peer's line shown", lambda: "hello" in client.shown(), client.shown)
            client.type("hello from a person")
            assert peer.expect("PRIVMSG", "#t").params[1] == "hello from a person"
    finally:
        client.stop()
    if name == "irc-framework":
        assert client.lines[0] == "logged in as ann\n"


def test_irc_framework_reads_that_its_password_is_wrong(peer):
    need("irc-framework")
    client = Framework(peer[0], "wrong horse")
    try:
        client.process.wait(60)
    finally:
        client.stop()
    assert client.lines[0] == "sasl failed: fail\n"
