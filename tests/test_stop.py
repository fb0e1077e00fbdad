"""SIGTERM: clients receive everything queued, then ERROR; a stuck client delays the exit only briefly."""
import shutil
import signal
import socket
import time

import pytest

import tun

TEXT = "x" * 380
COUNT = 20000  # about 8 MB: more than the kernel's buffers hold


def flooded(make_server):
    """A server and a client of it that has not begun to read what waits for it."""
    server = make_server(**{"limits.sendq": "32M", "limits.flood_rate": 0, "history.enabled": "no"})
    slow = server.connect()
    slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 131072)
    slow.register("slow")
    speaker = server.client("speaker")
    for i in range(0, COUNT, 500):
        speaker.send(*[f"PRIVMSG slow :{n} {TEXT}" for n in range(i, i + 500)])
        speaker.sync()
    server.signal(signal.SIGTERM)
    speaker.expect("ERROR")
    return server, slow


def test_a_slow_reader_gets_all_that_was_queued_and_the_reason(make_server):
    server, slow = flooded(make_server)
    heard = 0
    while (m := slow.message()).command == "PRIVMSG":
        assert m.params[1].split()[0] == str(heard)
        heard += 1
        if heard % 1000 == 0:
            time.sleep(0.05)
    assert heard == COUNT
    assert m.command == "ERROR" and "Server is shutting down" in m.params[0]
    assert slow.line() is None
    assert server.process.wait(10) == 0
    assert "stopping.cut" not in server.stderr()


def test_who_never_reads_is_cut_off_after_a_while(make_server):
    server, slow = flooded(make_server)
    assert server.process.wait(20) == 0
    assert "stopping.cut connections=1" in server.stderr()


@pytest.mark.skipif(tun.ON_STACK, reason="looks at the kernel's sockets")
@pytest.mark.skipif(not shutil.which("strace"), reason="no strace: tools/setup test installs it")
def test_a_server_that_listens_can_be_stopped(make_server):
    linger = ["strace", "-D", "-qq", "-o", "/dev/null", "-e", "inject=listen:delay_exit=200000"]
    server = make_server(prefix=["env", "ASAN_OPTIONS=detect_leaks=0", *linger])  # which does not work under ptrace
    server.stop()
    server.run()
    while not server.listens(server.port):
        assert server.process.poll() is None
    assert server.stop() == 0
