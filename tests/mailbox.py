"""A mail server for tests: takes SMTP on a free port of 127.0.0.1 and keeps the messages."""
import queue
import re
import socket
import threading

from irc import PATIENCE


class Mailbox:
    def __init__(self, password=None):
        self.password, self.messages, self.commands = password, queue.Queue(), []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer, peer.makefile("rwb") as stream:
                self.session(stream)

    def session(self, f):
        def say(text):
            f.write(text.encode() + b"\r\n")
            f.flush()

        say("220 mail.example.com")
        while line := f.readline().decode().rstrip("\r\n"):
            self.commands.append(line)
            word = line.split()[0].upper()
            if word == "EHLO":
                say("250-mail.example.com" + ("\r\n250 AUTH PLAIN" if self.password else "\r\n250 8BITMIME"))
            elif word == "AUTH":
                say("334 ")
                self.commands.append(f.readline().decode().rstrip())
                say("235 ok")
            elif word == "DATA":
                say("354 go on")
                body = b""
                while (part := f.readline()) != b".\r\n":
                    body += part
                self.messages.put(body.decode())
                say("250 ok")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def next(self):
        return self.messages.get(timeout=PATIENCE)

    def close(self):
        self.socket.close()


def code_in(message):
    """The code, as its line of the message has it."""
    return re.search(r"/NS (?:VERIFY|RESETPASS) \S+ (\w{16})", message)[1]
