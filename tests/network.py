"""Several servers on one nats-server, for tests."""

import os
import shutil
import socket
import subprocess
import time

import pytest

from irc import PATIENCE

NATS = shutil.which("nats-server", path=os.environ["PATH"] + ":/usr/sbin:/usr/local/sbin")
needs_engine = pytest.mark.skipif(not NATS, reason="needs nats-server")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Engine:
    """A nats-server with JetStream on a port of its own."""

    def __init__(self, directory):
        self.port, self.directory, self.process = free_port(), directory, None
        directory.mkdir()
        (directory / "nats.conf").write_text(
            f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{directory}/data", max_file: 64M, max_mem: 16M }}\n')

    def start(self):
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen([NATS, "-c", str(self.directory / "nats.conf")], stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        self.process = None


@pytest.fixture
def engine(tmp_path):
    e = Engine(tmp_path / "engine")
    e.start()
    yield e
    e.kill()


@pytest.fixture
def nodes(engine, make_server):
    def node(number, config=None, **more):
        return make_server("--name", f"n{number}", *(["--config", str(config)] if config else []), **{"cluster.engine": f"nats://127.0.0.1:{engine.port}", "cluster.node": number,
                              "server.name": f"n{number}.example", **more})

    return node


def until(what):
    """Waits until what() is true, and returns it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        result = what()
        if result:
            return result
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sees(client, nick):
    def there():
        client.send(f"WHOIS {nick}")
        found = False
        while True:
            m = client.message()
            found |= m.command == "311"
            if m.command == "318":
                return found
    return there
