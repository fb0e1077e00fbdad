"""Misbehaving clients, all in one thread: each kind is a class, each client a socket that is polled every tick.

    SlowReader    asks for history and never reads            -> cut with SendQ exceeded
    Flooder       sends lines as fast as the socket takes      -> slowed down, alive
    Silent        connects and says nothing                    -> cut after net.registration
    Dribbler      registers one byte a second                  -> cut after net.registration
    Mutterer      registered; four bytes a second              -> served
    Resetter      resets its connection at any moment                -> forgotten
    Churner       connect, register, JOIN, PART, QUIT          -> served
    LongLine      20,000 bytes without an end                  -> 417, served
    Noise         random bytes                                 -> served or cut, never believed
    Crowd         more connections than one address may have   -> the rest is refused
"""
import errno
import os
import random
import select
import socket
import struct
import time

LINGER_ZERO = struct.pack("ii", 1, 0)
WAITING = (errno.EAGAIN, errno.EINPROGRESS, errno.EWOULDBLOCK)


class Bad:
    """One connection. step() runs each tick; False: over, another takes its place."""

    count = 0        # of this kind at once, for 19,000 honest users
    reads = True
    every = 0.0      # seconds between steps
    recv_buffer = 0  # SO_RCVBUF
    proof = None     # what the server says to one of this kind when it has done what it is there for
    patience = 0     # steps after which it must have said so

    def __init__(self, port, number, rng):
        self.rng, self.number = rng, number
        self.nick = f"{type(self).__name__[:4].lower()}{rng.randrange(36 ** 6):x}"
        self.begun, self.next, self.steps = time.monotonic(), 0.0, 0
        self.out, self.last, self.proven = b"", b"", False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.recv_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.recv_buffer)
        self.sock.bind((self.address(), 0))
        error = self.sock.connect_ex(("127.0.0.1", port))
        if error and error not in WAITING:
            raise OSError(error, os.strerror(error))

    def address(self):
        return f"127.9.{self.rng.randrange(1, 250)}.{self.rng.randrange(1, 250)}"

    def register(self):
        self.send(f"NICK {self.nick}\r\nUSER soak 0 * :soak\r\n")

    def send(self, data):
        self.out += data.encode() if isinstance(data, str) else data

    def pump(self):
        """Writes and reads what there is; False at the end of the stream."""
        try:
            if self.out:
                self.out = self.out[self.sock.send(self.out, socket.MSG_NOSIGNAL):]
        except BlockingIOError:
            pass
        except OSError as e:
            return e.errno == errno.ENOTCONN
        while self.reads:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return True
            except OSError as e:
                return e.errno == errno.ENOTCONN
            if not data:
                return False
            self.last = self.last[-100:] + data
            self.proven = self.proven or (self.proof is not None and self.proof in self.last)
            if b"PING :" in data and len(self.out) < 1000:
                self.send("PONG :" + data.split(b"PING :")[-1].split(b"\r\n")[0].decode("ascii", "replace") + "\r\n")
        return True

    def tick(self, now):
        if not self.pump():
            return False
        if now < self.next:
            return True
        self.next = now + self.every
        self.steps += 1
        return self.step() is not False

    def step(self):
        return True

    def close(self):
        self.sock.close()

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        self.sock.close()


class SlowReader(Bad):
    count, reads, every, recv_buffer = 40, False, 0.2, 4096

    def step(self):
        if self.steps == 1:
            self.register()
            self.send("CAP REQ :message-tags\r\nJOIN #slow\r\n")
        elif len(self.out) < 4096:  # what it asks for waits until it reads; what others say does not
            self.send("CHATHISTORY LATEST #slow * 200\r\n")
        poll = select.poll()
        poll.register(self.sock, select.POLLRDHUP)
        return not poll.poll(0)


class Feeder(Bad):
    """Fills #slow with long lines and tags, so that there is something to read slowly."""
    count, every = 4, 0.2

    def step(self):
        if self.steps == 1:
            self.register()
            self.send("CAP REQ :message-tags\r\nJOIN #slow\r\n")
        elif len(self.out) < 4096:
            self.send(f"@+t={'t' * 4000} PRIVMSG #slow :{'m' * 400}\r\n")


class Flooder(Bad):
    count = 20

    def step(self):
        if self.steps == 1:
            self.register()
            self.send(f"JOIN #flood{self.number % 4}\r\n")
        while len(self.out) < 32768:
            self.send(f"PRIVMSG #flood{self.number % 4} :{'f' * 100}\r\n" * 40)


class Silent(Bad):
    count, every, proof = 100, 1.0, b"(Registration timed out)"


class Dribbler(Bad):
    count, every, proof = 50, 1.0, b"(Registration timed out)"

    def step(self):
        line = f"NICK {self.nick}\r\nUSER dribble 0 * :one byte a second\r\n"
        self.send(line[self.steps % len(line)])


class Mutterer(Bad):
    count, every, proof, patience = 20, 0.25, b" :hm", 40  # a line is 25 bytes, and the answer has 4 s

    def step(self):
        if self.steps == 1:
            self.register()
        line = f"PRIVMSG {self.nick} :hm\r\n"
        self.send(line[(self.steps - 1) % len(line)])


class Resetter(Bad):
    count, every = 10, 0.1

    def step(self):
        stage = self.rng.randrange(6)
        if self.steps == 1 and stage > 0:
            self.send(f"NICK {self.nick}\r\n")
        elif self.steps == 2:
            self.register()
        elif self.steps == 3:
            self.send("JOIN #slow\r\nWHO #slow\r\n")
        elif self.steps == 4:
            self.send("PRIVMSG #slow :half a li")
        if stage == 5 or self.steps > 5:
            self.reset()
            return False
        return True


class Churner(Bad):
    count, every, proof = 8, 0.1, b" PART #churn"

    def step(self):
        if self.steps == 1:
            self.register()
        elif self.steps == 2:
            self.send("JOIN #churn\r\nPART #churn\r\nQUIT :bye\r\n")
        return self.steps < 20


class LongLine(Bad):
    count, every, proof, patience = 10, 2.0, b" 417 ", 3

    def step(self):
        if self.steps == 1:
            self.register()
        self.send(b"PRIVMSG #x :" + b"x" * 20000 + b"\r\n")


class Noise(Bad):
    count, every = 20, 0.5

    def step(self):
        if self.steps == 1 and self.number % 2:
            self.register()
        self.send(self.rng.randbytes(2000))
        return self.steps < 40


class Crowd(Bad):
    count, every = 100, 5.0

    def address(self):
        return "127.8.0.1"

    def step(self):
        if self.steps == 1:
            self.register()


KINDS = [SlowReader, Feeder, Flooder, Silent, Dribbler, Mutterer, Resetter, Churner, LongLine, Noise, Crowd]


class Crew:
    """All of them, `share` of the counts above (1.0: as for 19,000 users)."""

    def __init__(self, port, share, seed=1):
        self.port, self.rng = port, random.Random(seed)
        self.want = {k: max(2, round(k.count * share)) for k in KINDS}
        self.want[Crowd] = Crowd.count  # the limit that it runs into does not shrink
        self.alive = {k: [] for k in KINDS}
        self.begun = dict.fromkeys(KINDS, 0)
        self.over = dict.fromkeys(KINDS, 0)
        self.proven = dict.fromkeys(KINDS, 0)  # how many of them have seen their proof
        self.due = dict.fromkeys(KINDS, 0)     # and how many have seen it or had the time to
        self.late = {k: 0.0 for k in KINDS}

    def tick(self):
        now = time.monotonic()
        for kind in KINDS:
            stay = []
            for c in self.alive[kind]:
                if c.tick(now):
                    stay.append(c)
                    continue
                self.over[kind] += 1
                self.finish(c)
            self.alive[kind] = stay
            # A few at a time, and those of the crowd no faster than people try again.
            if len(stay) < self.want[kind] and now >= self.late[kind]:
                stay.append(kind(self.port, self.begun[kind], self.rng))
                self.begun[kind] += 1
                if kind is Crowd:
                    self.late[kind] = now + 0.05

    def finish(self, c):
        self.proven[type(c)] += c.proven
        self.due[type(c)] += c.proven or c.steps >= c.patience
        c.close()

    def close(self):
        for kind in KINDS:
            for c in self.alive[kind]:
                self.finish(c)
            self.alive[kind] = []
