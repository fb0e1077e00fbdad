"""History on disk: receipts, kill -9 under load, a full disk, a restart, a damaged file."""
import errno
import os
import shutil
import sqlite3
import subprocess
import threading
import time

import pytest

from irc import PLAIN, Message

CAPS = ["echo-message", "message-tags", "batch", "server-time", "draft/chathistory", "standard-replies",
        "labeled-response"]
UNLIMITED = {"limits.flood_rate": "0", "limits.per_address": "0", "limits.connect_rate": "0", "log.level": "warn"}


def rows(server, sql="SELECT params FROM message ORDER BY id"):
    db = sqlite3.connect(server.data / "burble.db")
    try:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [r[0] for r in db.execute(sql)]
    finally:
        db.close()


class Talker(threading.Thread):
    """Sends numbered lines as fast as they are receipted, and remembers which were."""

    WINDOW = 200

    def __init__(self, server, name, first):
        super().__init__()
        self.client = server.client(f"t{name}", CAPS)
        self.client.join(f"#t{name}")
        self.name_, self.next, self.receipted = name, first, []

    def run(self):
        sent = 0
        try:
            while True:
                while sent - len(self.receipted) < self.WINDOW:
                    self.client.send(*(f"PRIVMSG #t{self.name_} :{self.name_}-{self.next + i}" for i in range(50)))
                    self.next += 50
                    sent += 50
                m = self.client.message()
                if m is None:
                    return
                if m.command == "PRIVMSG":
                    self.receipted.append(m.params[1])
        except OSError:
            return


def kill_once(server, first, before, seconds):
    """Load, kill -9, look: no receipted message is missing, none is there twice, what was there before still is."""
    server.start()
    talkers = [Talker(server, f"{n}", first) for n in range(3)]
    for t in talkers:
        t.start()
    time.sleep(seconds)
    server.kill()
    for t in talkers:
        t.join()
    server.close_clients()
    db = sqlite3.connect(server.data / "burble.db")
    assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    found = db.execute("SELECT id, params FROM message ORDER BY id").fetchall()
    db.close()
    assert found[:len(before)] == before
    kept = [params.partition(" :")[2] for _, params in found[len(before):]]
    assert len(kept) == len(set(kept)), "a message is doubled"
    for t in talkers:
        assert t.receipted, "no receipt came"
        assert set(t.receipted) <= set(kept), sorted(set(t.receipted) - set(kept))[:5]
        mine = [int(k.partition("-")[2]) for k in kept if k.startswith(f"{t.name_}-")]
        assert mine == sorted(mine), "the order changed"
    return found


def test_receipted_messages_survive_kill_9_under_load(make_server):
    server = make_server(**UNLIMITED)
    server.kill()
    found = []
    for i in range(int(os.environ.get("BURBLE_KILLS", "5"))):
        if len(found) > 100000:  # a new file now and then: reading it is what takes long
            server.stop()
            (server.data / "burble.db").unlink()
            found = []
        found = kill_once(server, i * 1000000, found, 0.2 + 0.07 * (i % 7))
    server.start()
    assert server.stop() == 0
    rows(server)


def test_history_is_there_after_a_restart(make_server):
    server = make_server()
    a = server.client("alice", CAPS)
    a.join("#x")
    a.send("PRIVMSG #x :before the restart")
    echo = a.expect("PRIVMSG", "#x")
    server.stop()
    server.start()
    b = server.client("bob", CAPS)
    b.join("#x")
    b.send("CHATHISTORY LATEST #x * 10")
    again = b.expect("PRIVMSG", "#x", "before the restart")
    assert again.tags["msgid"] == echo.tags["msgid"] and again.tags["time"] == echo.tags["time"]
    assert again.source == echo.source
    b.send("PRIVMSG #x :after")
    assert b.expect("PRIVMSG", "#x", "after").tags["msgid"] > echo.tags["msgid"]


def test_answers_keep_the_order_of_commands_behind_a_receipt(server):
    a = server.client("alice", CAPS)
    a.join("#x")
    a.send(*(line for i in range(5) for line in (f"PRIVMSG #x :{i}", f"PING {i}")))
    seen = []
    while len(seen) < 10:
        m = a.message()
        seen.append((m.command, m.params[-1]))
    assert seen == [(c, str(i)) for i in range(5) for c in ("PRIVMSG", "PONG")]


def test_a_labelled_message_is_answered_by_its_echo_alone(server):
    a = server.client("alice", CAPS)
    a.join("#x")
    a.send("@label=q1 PRIVMSG #x :hello")
    m = a.message()
    assert (m.command, m.tags.get("label"), m.params) == ("PRIVMSG", "q1", ["#x", "hello"])
    assert a.sync() == []


def test_sigterm_sends_the_receipts_that_wait(make_server):
    server = make_server()
    a = server.client("alice", CAPS)
    a.join("#x")
    a.send(*(f"PRIVMSG #x :{i}" for i in range(20)))
    a.expect("PRIVMSG", "#x", "0")
    assert server.stop() == 0
    lines = a.expect_closed()
    assert lines[-1].startswith("ERROR")
    echoed = {"0"} | {Message(line).params[1] for line in lines if " PRIVMSG " in line}
    assert echoed <= {p.partition(" :")[2] for p in rows(server)}


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    path = tmp_path / "disk"
    path.mkdir()
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(path)], capture_output=True, text=True)
    if r.returncode:
        pytest.skip(f"no tmpfs here: {r.stderr.strip()}")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


def test_a_full_disk_refuses_clearly_and_goes_on_when_there_is_space(make_server, small_disk):
    server = make_server("--data", str(small_disk), **UNLIMITED)
    filler = small_disk / "filler"
    a, b = server.client("alice", CAPS), server.client("bob")
    for c in (a, b):
        c.join("#x")
    a.send("PRIVMSG #x :kept")
    a.expect("PRIVMSG", "#x", "kept")
    fd = os.open(filler, os.O_CREAT | os.O_WRONLY)
    try:
        while True:
            os.write(fd, b"x" * 4096)
    except OSError as e:
        assert e.errno == errno.ENOSPC
    os.close(fd)
    kept = ["kept"]
    for i in range(2000):
        a.send(f"PRIVMSG #x :{i} {'y' * 300}")
        m = a.message()
        if m.command == "FAIL":
            break
        assert m.command == "PRIVMSG"
        kept.append(m.params[1])
    assert m.command == "FAIL" and "full" in m.params[-1], m
    a.send("PRIVMSG #x :refused at the door")
    a.expect("FAIL", "PRIVMSG", "MESSAGE_NOT_SENT")
    b.send("PRIVMSG #x :from one without capabilities")
    assert "full" in b.expect("404").params[-1]
    assert all("refused at the door" not in m.line for m in b.sync())
    assert "store.fails" in server.stderr() and "disk-full" in server.stderr()
    filler.unlink()
    deadline = time.monotonic() + 15
    while True:
        a.send("PRIVMSG #x :there is space")
        m = a.message()
        if m.command == "PRIVMSG":
            break
        assert time.monotonic() < deadline, m
        time.sleep(0.2)
    assert "store.works-again" in server.stderr()
    server.close_clients()
    server.data = small_disk
    assert server.stop() == 0
    texts = [p.partition(" :")[2] for p in rows(server)]
    assert texts[:len(kept)] == kept and texts[-1] == "there is space"


def test_a_damaged_file_is_kept_and_messages_are_refused(make_server):
    server = make_server()
    server.stop()
    path = server.data / "burble.db"
    path.write_bytes(b"this is not a database" * 1000)
    server.start()
    a = server.client("alice", CAPS)
    a.join("#x")
    a.send("PRIVMSG #x :hello")
    assert "damaged" in a.expect("FAIL", "PRIVMSG").params[-1]
    a.send("CHATHISTORY LATEST #x * 10")
    assert "damaged" in a.expect("FAIL", "CHATHISTORY").params[-1]
    assert "store.fails" in server.stderr()
    assert server.stop() == 0
    assert path.read_bytes().startswith(b"this is not a database")


def start_with_little_memory(make_server, data, more):
    """A server in an address space that is so many MiB larger than the least in which one starts: libraries change it."""
    def start(mib):
        return make_server("--data", str(data), binary=PLAIN, prefix=("prlimit", f"--as={mib << 20}"), **UNLIMITED)  # sanitizers want TB
    for mib in range(24, 256):
        try:
            server = start(mib)
            server.client("first")
            assert server.stop() == 0
            return start(mib + more)
        except (AssertionError, OSError):  # it ended, before or after its port was open
            continue
    raise AssertionError("it starts in no address space")


@pytest.mark.parametrize("more", [1, 2, 4, 16])  # memory is out first, or the disk; 8 may be just the stack of a thread
def test_on_a_full_disk_and_out_of_memory_at_once_every_receipt_is_kept(make_server, small_disk, more):
    """Long lines until the disk is full, from clients that do not read what the others say, in an address space with
    little room: refusals and cut connections are right, a crash or a receipt without its message is not."""
    server = start_with_little_memory(make_server, small_disk, more)
    a = server.client("alice", CAPS)
    a.join("#x")
    crowd = [server.client(f"deaf{i}", CAPS) for i in range(40)]
    for c in crowd:
        c.join("#x")
    a.sync()
    kept, refused = [], 0
    for i in range(6000):
        a.send(f"PRIVMSG #x :{i} {'y' * 350}")
        m = a.message()
        if m.command == "PRIVMSG":
            kept.append(m.params[1])
        else:
            assert m.command in ("FAIL", "QUIT", "MODE"), m
            refused += m.command == "FAIL"
        if refused > 20:
            break
    assert refused > 20
    newcomer = server.client("newcomer")
    newcomer.sync()
    server.close_clients()
    assert server.stop() == 0
    server.data = shutil.copytree(small_disk, small_disk.parent / "copy")  # SQLite wants room to read a log
    texts = [p.partition(" :")[2] for p in rows(server)] if kept else []  # without memory for its first message no table
    assert set(kept) <= set(texts)
