"""Limits: slow readers, floods, connections per address, descriptors, memory."""
import resource
import socket
import time

from irc import PLAIN


def test_a_reader_who_stops_is_cut_with_sendq_exceeded(make_server):
    server = make_server(binary=PLAIN, **{"limits.sendq": 65536, "limits.flood_rate": 0, "history.enabled": "no"})
    talker = server.client("talker")
    sleeper = server.connect()
    sleeper.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sleeper.register("sleeper")
    honest = server.client("honest")
    for c in (talker, sleeper, honest):
        c.join("#x")
    before = server.rss()
    heard = []
    for _ in range(300):
        talker.raw(b"".join(b"PRIVMSG #x :%s\r\n" % (b"z" * 400) for _ in range(100)))
        talker.sync()
        heard += honest.sync()
    assert sum(m.command == "PRIVMSG" for m in heard) == 30000  # 13 MB
    assert server.rss() - before < 4 << 20
    assert [m.params for m in heard if m.command == "QUIT" and m.nick == "sleeper"] == [["SendQ exceeded"]]
    talker.send("NAMES #x")
    assert "sleeper" not in talker.expect("353").params[-1]


def test_a_reader_that_is_too_slow_is_cut_though_its_window_opens_again_and_again(make_server):
    """It reads 200 bytes at a time through a receive buffer of some KB: the window shuts, opens a little, shuts. Nothing
    that it reads is missing or out of order, and who reads does not wait."""
    server = make_server(**{"limits.sendq": "64k", "limits.flood_rate": 0})
    slow, talker, other = server.connect(), server.client("talker"), server.client("other")
    slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
    slow.register("slow")
    for c in (slow, talker, other):
        c.join("#x")
    talker.sync()
    got, quits = b"", []
    for i in range(0, 20000, 10):
        talker.send(*(f"PRIVMSG #x :{n:05} {'z' * 400}" for n in range(i, i + 10)))
        talker.sync()
        heard = other.sync()
        assert [m.params[1][:5] for m in heard if m.command == "PRIVMSG"] == [f"{n:05}" for n in range(i, i + 10)]
        quits += [m for m in heard if m.command == "QUIT"]
        if quits:
            break
        got += slow.sock.recv(200)
    assert [(m.nick, m.params[0]) for m in quits] == [("slow", "SendQ exceeded")] and i > 100
    heard = [line.split(b":")[-1][:5] for line in (slow.buffer + got).split(b"\r\n")[:-1] if b" PRIVMSG #x :" in line]
    assert heard and heard == [b"%05d" % n for n in range(len(heard))]


def test_a_flood_is_slowed_and_others_are_not(make_server):
    server = make_server(**{"limits.flood_rate": 20, "limits.flood_burst": 10})
    flooder, other = server.client("flooder"), server.client("other")
    start = time.monotonic()
    flooder.raw(b"".join(b"PING :%d\r\n" % i for i in range(50)))
    other.sync()
    assert flooder.sock.recv(65536, socket.MSG_PEEK).count(b"PONG") < 50, "the other waited for all of the flood"
    for i in range(50):
        assert flooder.expect("PONG").params[-1] == str(i)
    assert time.monotonic() - start > 1.0, "50 lines at 20 a second, 10 at once, take two seconds"


def test_lines_that_waited_for_a_full_barrier_go_on_when_it_is_written(make_server):
    a = make_server(**{"limits.flood_rate": 0}).client("a", caps=["echo-message"])
    a.join("#t")
    a.send(*[f"PRIVMSG #t :{i} " + "x" * 200 for i in range(500)])  # more than a queue of answers holds, and nothing after it
    for i in range(500):
        assert a.expect("PRIVMSG").params[1].startswith(f"{i} ")


def test_one_address_may_open_only_so_many_connections(make_server):
    server = make_server(**{"limits.per_address": 5, "limits.connect_rate": 0})
    held = [server.client(f"a{i}") for i in range(5)]
    extra = server.connect()
    assert extra.expect_closed()[-1].startswith("ERROR :")
    other = server.client("elsewhere", source="127.0.0.2")
    held[0].send("QUIT")
    held[0].expect_closed()
    server.client("again")
    other.sync()


def test_one_address_may_connect_only_so_often(make_server):
    server = make_server(**{"limits.connect_rate": 3, "limits.connect_burst": 3})
    refused = 0
    for i in range(8):
        c = server.connect()
        c.send(f"NICK n{i}", "USER u 0 * :u")
        try:
            refused += c.message().command == "ERROR"
        except (ConnectionResetError, AttributeError):
            refused += 1
        c.close()
    assert refused >= 4
    server.client("elsewhere", source="127.0.0.3")


def test_out_of_descriptors_the_server_keeps_its_users_and_recovers(make_server):
    server = make_server(**{"limits.per_address": 0, "limits.connect_rate": 0})
    first = server.client("first")
    resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (60, 60))
    crowd = []
    for _ in range(80):
        s = socket.create_connection((server.host, server.port))
        crowd.append(s)
    time.sleep(0.5)
    first.sync()
    before = time.process_time(), _cpu(server)
    time.sleep(1)
    assert _cpu(server) - before[1] < 0.5, "the server spins while it is out of descriptors"
    for s in crowd:
        s.close()
    server.client("second")
    first.sync()


def _cpu(server):
    with open(f"/proc/{server.process.pid}/schedstat") as f:
        return int(f.read().split()[0]) / 1e9


def test_half_open_and_reset_connections_leave_nothing_behind(make_server):
    server = make_server(**{"limits.per_address": 0, "limits.connect_rate": 0, "net.registration": "1s"})
    a = server.client("a")
    for i in range(200):
        c = server.connect()
        if i % 2:
            c.send("NICK half")
        c.reset()
    a.sync()
    silent = [server.connect() for _ in range(20)]
    for c in silent:
        assert c.expect_closed()[-1].startswith("ERROR :")
    a.send("LUSERS")
    assert a.expect("255").params[1].find("1") >= 0


def test_memory_is_given_back_when_users_leave(make_server):
    server = make_server(binary=PLAIN, **{"limits.per_address": 0, "limits.connect_rate": 0})
    a = server.client("a")
    base = server.rss()

    def crowd():
        people = [server.client(f"u{i}", source=f"127.0.1.{1 + i % 50}") for i in range(300)]
        for p in people:
            p.join("#crowd")
        for p in people:
            p.send("QUIT")
        for p in people:
            p.expect_closed()

    crowd()
    a.sync()
    once = server.rss()
    for _ in range(3):
        crowd()
    a.sync()
    assert server.rss() - once < max(once - base, 1 << 20)


def test_who_is_refused_or_cut_is_in_the_log_with_the_reason_and_the_address(make_server):
    server = make_server(**{"limits.per_address": 1, "limits.connect_rate": 0, "net.registration": "1s", "oper.root.password": "plain:pw"})
    a = server.client("a", source="127.0.0.5")
    a.send("OPER root pw")
    a.expect("381")
    server.connect("127.0.0.5").expect_closed()
    silent = server.connect("127.0.0.6")
    b = server.client("b", source="127.0.0.7")
    a.send("DLINE 127.0.0.7 :go")
    b.expect_closed()
    server.connect("127.0.0.7").expect_closed()
    silent.expect_closed()
    log = server.stderr()
    assert 'event=conn.refused reason="Too many connections from your address" address=127.0.0.5' in log
    assert 'event=conn.refused reason="D-lined: go" address=127.0.0.7' in log
    assert 'event=conn.cut reason=refused-ban said="D-lined: go" address=127.0.0.7 who=b!b@127.0.0.7' in log
    assert 'event=conn.cut reason=registration-timeout said="Registration timed out" address=127.0.0.6' in log
