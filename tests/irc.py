"""Server process and raw IRC clients over plain sockets."""
import os
import re
import select
import signal
import socket
import subprocess
import time
from pathlib import Path

import tun

ROOT = Path(__file__).resolve().parent.parent
PLAIN = str(ROOT / "build/burble")  # without sanitizers: where memory is measured
BURBLE = os.environ.get("BURBLE", PLAIN)
PATIENCE = 10.0  # seconds until a line that must come is missed; nothing here is timed


class Message:
    """One line, taken apart: tags, source, command, params."""

    def __init__(self, line):
        self.line = line
        self.tags, self.source = {}, None
        rest = line
        if rest.startswith("@"):
            tags, _, rest = rest[1:].partition(" ")
            for tag in tags.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = value
        if rest.startswith(":"):
            self.source, _, rest = rest[1:].partition(" ")
        head, sep, trailing = rest.partition(" :")
        words = head.split()
        self.command = words[0] if words else ""
        self.params = words[1:] + ([trailing] if sep else [])

    @property
    def nick(self):
        return (self.source or "").split("!")[0]

    def __repr__(self):
        return f"<{self.line}>"


class Client:
    """A connection. Every read fails after PATIENCE seconds rather than hang."""

    def __init__(self, host, port, source=None, tun=None):
        self.tun = tun
        self.sock = socket.create_connection((host, port), timeout=PATIENCE,
                                             source_address=(source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.nick = None
        self.pings = 0

    def raw(self, data):
        self.sock.sendall(data)

    def send(self, *lines):
        text = "".join(line + "\r\n" for line in lines)
        self.raw((self.tun.inward(text) if self.tun else text).encode())

    def line(self, timeout=PATIENCE):
        """The next line without its CR LF; None at the end of the stream; TimeoutError."""
        deadline = time.monotonic() + timeout
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not self._readable(left):
                raise TimeoutError(f"{self.nick}: no line within {timeout} s")
            try:
                data = self.sock.recv(65536)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data
        raw, _, self.buffer = self.buffer.partition(b"\n")
        text = raw.rstrip(b"\r").decode("utf-8", "backslashreplace")
        return self.tun.outward(text) if self.tun else text

    def _readable(self, seconds):
        poll = select.poll()  # not select(): a test may hold more than 1,024 sockets
        poll.register(self.sock, select.POLLIN)
        return poll.poll(seconds * 1000)

    def message(self, timeout=PATIENCE):
        line = self.line(timeout)
        return None if line is None else Message(line)

    def expect(self, command, *params, timeout=PATIENCE):
        """Skips to the next message with this command whose params begin as given (None: any); returns it."""
        seen = []
        deadline = time.monotonic() + timeout
        while True:
            try:
                m = self.message(max(deadline - time.monotonic(), 0.001))
            except TimeoutError:
                raise AssertionError(f"{self.nick}: no {command} {params}; saw {seen[-20:]}") from None
            assert m is not None, f"{self.nick}: closed before {command} {params}; saw {seen[-20:]}"
            seen.append(m.line)
            if m.command == command and all(w is None or (i < len(m.params) and m.params[i] == w)
                                            for i, w in enumerate(params)):
                return m

    def sync(self):
        """All messages up to the answer to a PING of our own: what the server had to say before it."""
        self.pings += 1
        token = f"sync{self.pings}"
        self.send(f"PING {token}")
        out = []
        while True:
            m = self.message()
            assert m is not None, f"{self.nick}: closed during sync; saw {out[-20:]}"
            if m.command == "PONG" and m.params[-1] == token:
                return out
            out.append(m)

    def commands(self):
        return [m.command for m in self.sync()]

    def register(self, nick, caps=()):
        self.nick = nick
        if caps:
            self.send("CAP LS 302", "CAP REQ :" + " ".join(caps))
        self.send(f"NICK {nick}", f"USER {nick} 0 * :Real {nick}")
        if caps:
            self.expect("CAP", None, "ACK")
            self.send("CAP END")
        self.expect("001")
        self.sync()
        return self

    def join(self, channel):
        self.send(f"JOIN {channel}")
        self.expect("JOIN", channel)
        return self.sync()

    def expect_closed(self, timeout=PATIENCE):
        """Reads to the end of the stream; returns the last lines, the ERROR among them."""
        lines = []
        while True:
            line = self.line(timeout)
            if line is None:
                return lines
            lines.append(line)

    def reset(self):
        """Closes with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()


class Server:
    """`burble chat` with a directory of its own. `settings` become --set arguments."""

    def __init__(self, directory, settings=None, args=(), host="127.0.0.1", prefix=(), binary=BURBLE):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data = self.directory / "data"
        self.log = self.directory / "stderr"
        self.settings, self.args = dict(settings or {}), list(args)
        self.host, self.port, self.command = host, None, [*prefix, binary]
        self.process = self.tun = None
        self.listen = True  # by --listen
        self.clients = []

    def run(self):
        """Starts the process and waits for nothing."""
        if tun.ON_STACK and self.host == "127.0.0.1":
            self.tun = tun.Tun()
            self.host, self.port = self.tun.server, 6667
        if self.port is None:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.port = s.getsockname()[1]
        host = f"[{self.host}]" if ":" in self.host else self.host
        cmd = [*self.command, "chat"]
        if self.listen:
            cmd += ["--listen", f"{host}:{self.port}"]
        if self.data:
            cmd += ["--data", str(self.data)]
        cmd += self.args + (self.tun.args() if self.tun else [])
        if self.tun:  # the tests tell clients apart by address
            cmd += ["--set", "cloak.enabled=no"]
        for key, value in self.settings.items():
            cmd += ["--set", f"{key}={value}"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(cmd, stderr=log, stdin=subprocess.DEVNULL)

    def start(self):
        self.run()
        deadline = time.monotonic() + 3 * PATIENCE
        while True:
            assert self.process.poll() is None, f"the server ended at start: {self.stderr()}"
            try:
                if self.tun and not self.tun.is_open():
                    raise OSError  # a SYN to nobody would be lost, and sent again a second later
                socket.create_connection((self.host, self.port), timeout=1).close()
                if not self.tun and not all(map(self.listens, self.other_ports())):
                    raise OSError
                return self
            except OSError:
                assert time.monotonic() < deadline, f"no listener: {self.stderr()}"
                time.sleep(0.02)

    def other_ports(self):
        """The kernel's ports of --listen-tls, --listen-web and so on, which are opened after that of --listen."""
        args = list(map(str, self.args))
        ports = [re.search(r":(\d+)(?:/|$)", at) for option, at in zip(args, args[1:]) if option.startswith("--listen")]
        return [int(m[1]) for m in ports if m and "--stack" not in args]

    def listens(self, port):
        """Whether a socket of the server's network namespace listens there: a connection would be counted."""
        tables = (Path(f"/proc/{self.process.pid}/net/{name}") for name in ("tcp", "tcp6"))
        return any(re.search(rf"^ *\d+: [0-9A-F]+:{port:04X} [0-9A-F:]+ 0A ", t.read_text(), re.M) for t in tables if t.exists())

    def connect(self, source=None):
        c = Client(self.host, self.port, self.tun.remote(source) if self.tun and source else source, self.tun)
        self.clients.append(c)
        return c

    def client(self, nick, caps=(), source=None):
        return self.connect(source).register(nick, caps)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3 * PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode if self.process else None

    def close(self):
        """Ends everything that the test has left."""
        self.close_clients()
        self.stop()
        if self.tun:
            self.tun.close()

    def close_clients(self):
        for c in self.clients:
            c.close()
        self.clients = []

    def stderr(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return self.tun.outward(text) if self.tun else text

    def check_stderr(self):
        """A sanitizer's report or a failed assertion in the log fails the test that caused it."""
        log = self.stderr()
        bad = re.search(r"AddressSanitizer|LeakSanitizer|runtime error:|Assertion .* failed", log)
        assert not bad, log[max(bad.start() - 200, 0):bad.start() + 4000]

    def rss(self):
        """Resident bytes of the process."""
        with open(f"/proc/{self.process.pid}/statm") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
