"""websockets/sync/client.py of a checkout of irctest: what its tests of WebSockets use of that library, of which Debian 12 has a version without it.

PYTHONPATH holds burble's tests (docs/conformance.md).
"""
import socket

from web import BINARY, TEXT, Socket, frame


class ClientConnection:
    def __init__(self, sock, protocols):
        self.socket = Socket(sock, Sec_WebSocket_Protocol=", ".join(protocols))
        fields = dict(line.lower().split(b": ", 1) for line in self.socket.head.split(b"\r\n")[1:])
        self.subprotocol = fields.get(b"sec-websocket-protocol", b"").decode() or None

    def send(self, data):
        self.socket.sock.sendall(frame(data.encode(), TEXT) if isinstance(data, str) else frame(data, BINARY))

    def recv(self, timeout=None):
        while True:
            got = self.socket.frame()
            if got and got[0] in (TEXT, BINARY):
                return got[1].decode() if got[0] == TEXT else got[1]
            if got:
                continue
            self.socket.sock.settimeout(timeout)
            data = self.socket.sock.recv(65536)  # TimeoutError, as the library's
            if not data:
                raise ConnectionError
            self.socket.bytes += data

    def close(self):
        self.socket.close()


def connect(url, subprotocols=()):
    host, _, port = url.removeprefix("ws://").rpartition(":")
    return ClientConnection(socket.create_connection((host, int(port))), subprotocols)
