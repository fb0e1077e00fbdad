"""A mail server for tests: takes SMTP on a free port of 127.0.0.1 and keeps the messages."""
import queue
import re
import socket
import ssl
import subprocess
import threading

from irc import PATIENCE


class Mailbox:
    """tls: a certificate and its key, with which it offers STARTTLS, and takes mail only after it."""

    def __init__(self, password=None, tls=None):
        self.password, self.messages, self.commands, self.tls = password, queue.Queue(), [], tls
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"smtp://127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            with peer:
                try:
                    self.session(peer)
                except (OSError, ssl.SSLError):
                    self.commands.append("gone")  # it does not trust us

    def session(self, peer, encrypted=False):
        f = peer.makefile("rwb")

        def say(text):
            f.write(text.encode() + b"\r\n")
            f.flush()

        if not encrypted:
            say("220 mail.example.com")
        while line := f.readline().decode().rstrip("\r\n"):
            self.commands.append(line)
            word = line.split()[0].upper()
            if word == "STARTTLS":
                say("220 go ahead")
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.tls)
                self.session(context.wrap_socket(peer, server_side=True), encrypted=True)
                return
            if self.tls and not encrypted and word == "MAIL":
                say("530 STARTTLS first")
            elif word == "EHLO" and self.tls and not encrypted:
                say("250-mail.example.com\r\n250 STARTTLS")
            elif word == "EHLO":
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


def authority(directory, name="localhost"):
    """A private certificate authority, and a certificate of it for that name: the files ca.crt, mail.crt and mail.key."""
    def openssl(*words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    d, curve = directory, ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=Private CA", "-keyout", d / "ca.key", "-out", d / "ca.crt")
    openssl("req", *curve, "-subj", f"/CN={name}", "-keyout", d / "mail.key", "-out", d / "mail.csr")
    (d / "mail.ext").write_text(f"subjectAltName=DNS:{name}\n")
    openssl("x509", "-req", "-in", d / "mail.csr", "-CA", d / "ca.crt", "-CAkey", d / "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", d / "mail.ext", "-out", d / "mail.crt")
    return d / "ca.crt", (d / "mail.crt", d / "mail.key")


def code_in(message):
    """The code, as its line of the message has it."""
    return re.search(r"/NS (?:VERIFY|RESETPASS) \S+ (\w{16})", message)[1]
