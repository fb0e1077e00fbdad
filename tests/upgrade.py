"""A server that is upgraded: the process changes, everything else stays."""
import ctypes
import json
import os
import signal
import subprocess
import time

from irc import BURBLE, PATIENCE

PR_SET_CHILD_SUBREAPER = 36


class Adopted:
    """The process that has taken over, as subprocess.Popen: its parent has ended, so it is ours (prctl(2))."""

    def __init__(self, pid):
        self.pid, self.returncode = pid, None

    def poll(self):
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self, timeout=3 * PATIENCE):
        end = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > end:
                raise subprocess.TimeoutExpired("burble chat", timeout)
            time.sleep(0.01)
        return self.returncode

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self.send_signal(signal.SIGKILL)


def ask(binary=None, timeout=60):
    """`burble admin upgrade`: the process and its answer."""
    options = ["--binary", str(binary)] if binary else []
    return subprocess.run([os.path.abspath(BURBLE), "admin", "--json", *options, "upgrade"], capture_output=True, text=True,
                          timeout=timeout)


def follow(server, answer):
    """The test's server is the new process; returns the answer."""
    assert answer.returncode == 0, (answer.stderr, server.stderr()[-3000:])
    row = json.loads(answer.stdout)
    assert server.process.wait(3 * PATIENCE) == 0
    server.process = Adopted(row["pid"])
    assert server.process.poll() is None, server.stderr()[-3000:]
    return row


def upgrade(server, binary=None):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    return follow(server, ask(binary))
