"""RFC 6455, case by case, against the server: tests/websocket_cases.py has the table."""
import re
import socket

import pytest

from irc import PATIENCE, ROOT, Message
from test_web import web_server  # noqa: F401  a fixture
from web import CLOSE, TEXT, Socket
from websocket_cases import GROUPS, hear, say



class Case:
    """A registered user's WebSocket, which takes the steps of a case."""

    def __init__(self, server):
        self.ws = Socket(socket.create_connection((server.host, server.web_port), timeout=PATIENCE), Sec_WebSocket_Protocol="text.ircv3.net")
        self.ws.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lines, self.controls = [], []

    def come_in(self):
        self.ws.sendall(b"NICK x\nUSER x 0 * :x\nPING :in\n")
        return self.run([hear("in")])

    def read(self):
        """Sorts the next frame: control frames may overtake messages."""
        while (got := self.ws.frame()) is None:
            data = self.ws.sock.recv(65536)
            assert data, "the connection ended without a close frame"
            self.ws.bytes += data
        (self.lines if got[0] == TEXT else self.controls).append(got)

    def next(self, opcode):
        queue = self.lines if opcode == TEXT else self.controls
        while True:
            while queue:
                got = queue.pop(0)
                if opcode != TEXT:
                    return got
                m = Message(got[1].decode())
                if m.command in ("PONG", "417"):
                    return TEXT, m.params[-1].encode() if m.command == "PONG" else b"417"
            self.read()
            assert opcode == CLOSE or not self.controls or self.controls[0][0] != CLOSE, f"closed: {self.controls}"

    def send(self, data):
        try:
            self.ws.sock.sendall(data)
        except (ConnectionResetError, BrokenPipeError):
            pass  # it was closed before the last chop: what is expected next tells whether rightly

    def run(self, steps):
        for step in steps:
            if isinstance(step, bytes):
                self.send(step)
            else:
                got = self.next(step[0])
                assert got == step, f"{got} came, not {step}"
        return self

    def works(self):
        self.run([say("still here"), hear("still here")])

    def ended(self):
        """Nothing follows the close frame."""
        try:
            rest = self.ws.bytes or self.ws.sock.recv(1)
        except ConnectionResetError:
            rest = b""
        assert not rest, f"{rest} follows the close frame"


@pytest.mark.parametrize("group", GROUPS, ids=lambda g: g.__name__)
def test_websockets_are_as_rfc_6455_has_them(web_server, group):  # noqa: F811
    server = web_server(**{"limits.flood_rate": 0, "limits.per_address": 0, "limits.connect_rate": 0})
    failed = {}
    for name, steps in group():
        case = Case(server)
        try:
            case.come_in().run(steps)
            case.ended() if steps[-1][0] == CLOSE else case.works()
        except (AssertionError, OSError) as e:
            failed[name] = str(e)[:200]
        case.ws.close()
    assert not failed, "\n".join(f"{k}: {v}" for k, v in failed.items())


def test_every_case_has_a_name_of_its_own_and_the_documents_count_them():
    names = [f"{g.__name__}: {name}" for g in GROUPS for name, _ in g()]
    assert len(names) == len(set(names))
    for document in ("web", "conformance"):
        assert f"{len(names)} cases" in (ROOT / f"docs/{document}.md").read_text(), document
