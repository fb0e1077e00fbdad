"""A WebSocket client (RFC 6455) in the place of a client's socket: lines go out as messages, messages come in as lines."""
import base64
import hashlib
import os
import struct

from irc import Client

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def frame(payload, opcode=TEXT, fin=True):
    """A masked frame."""
    key, n = os.urandom(4), len(payload)
    length = bytes([0x80 | n]) if n < 126 else struct.pack("!BH", 0x80 | 126, n) if n < 65536 else struct.pack("!BQ", 0x80 | 127, n)
    return bytes([(0x80 if fin else 0) | opcode]) + length + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def request(path="/", host="127.0.0.1", key="dGhlIHNhbXBsZSBub25jZQ==", **fields):
    """A request to upgrade; fields of None are left out."""
    all_fields = {"Host": host, "Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Key": key,
                  "Sec_WebSocket_Version": "13", **fields}
    head = "".join(f"{k.replace('_', '-')}: {v}\r\n" for k, v in all_fields.items() if v is not None)
    return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()


class Socket:
    """What a Client needs of a socket, on a connected one."""

    def __init__(self, sock, opcode=TEXT, **fields):
        self.sock, self.opcode, self.bytes, self.frames = sock, opcode, b"", []
        key = base64.b64encode(os.urandom(16)).decode()
        sock.sendall(request(key=key, **fields))
        while b"\r\n\r\n" not in self.bytes:
            got = sock.recv(4096)
            assert got, f"closed after {self.bytes}"
            self.bytes += got
        self.head, _, self.bytes = self.bytes.partition(b"\r\n\r\n")
        self.status = int(self.head.split()[1])
        if self.status == 101:
            accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest())
            assert [line.split(b" ")[1] for line in self.head.split(b"\r\n") if line.lower().startswith(b"sec-websocket-accept:")] == [accept]

    def fileno(self):
        return self.sock.fileno()

    def close(self):
        self.sock.close()

    def sendall(self, data):
        self.sock.sendall(b"".join(frame(line.rstrip(b"\r"), self.opcode) for line in data.split(b"\n")[:-1]))

    def frame(self):
        """The next (opcode, payload) received; None: more bytes are needed."""
        b = self.bytes
        if len(b) < 2:
            return None
        assert b[0] & 0x70 == 0 and not b[1] & 0x80, b[:16]
        assert b[0] & 0x80, "a server's message in pieces"
        at, n = 2, b[1]
        assert n != 127, "a message of more than 65,535 bytes"
        if n == 126:
            at, n = 4, int.from_bytes(b[2:4], "big")
        if len(b) < at + n:
            return None
        assert n > 125 or at == 2, "a length in more bytes than it needs"
        self.bytes = b[at + n:]
        return b[0] & 0xF, b[at:at + n]

    def recv(self, _):
        """Lines, or b"" at the end."""
        while True:
            got = self.frame()
            if got is None:
                data = self.sock.recv(65536)
                if not data:
                    return b""
                self.bytes += data
                continue
            self.frames.append(got)
            if got[0] in (TEXT, BINARY):
                assert b"\n" not in got[1] and b"\r" not in got[1]
                return got[1] + b"\r\n"
            if got[0] == PING:
                self.sock.sendall(frame(got[1], PONG))


class WebClient(Client):
    """A client of the chat server over WebSocket."""

    def __init__(self, server, port, wrap=lambda sock: sock, source=None, **fields):
        super().__init__(server.host, port, source, server.tun)
        self.sock = Socket(wrap(self.sock), **fields)
        server.clients.append(self)

    def _readable(self, seconds):
        return len(self.sock.bytes) > 1 or getattr(self.sock.sock, "pending", int)() > 0 or super()._readable(seconds)
