"""irctest's controller of `burble chat`: irctest/controllers/burble.py in a checkout of irctest (docs/conformance.md).

BURBLE names the binary; without it, burble of the PATH. With BURBLE_TLS=1 all clients of all tests speak TLS.
With BURBLE_STACK=DEVICE,ADDRESS/BITS the server is on burble's own stack; the other end of the TUN device is the kernel's:

    ip tuntap add b1 mode tun; ip addr add 10.91.0.1/16 dev b1; ip link set b1 up; BURBLE_STACK=b1,10.91.255.254/16
"""
import functools
import itertools
import os
import shutil
import socket
import ssl as tls
import subprocess
import tempfile
import time

from irctest import basecontrollers
from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.client_mock import ClientMock
from irctest.patma import ANYSTR
from irctest.specifications import Capabilities

STACK = os.environ.get("BURBLE_STACK", "").split(",")
if len(STACK) == 2:
    ports = itertools.count(6667)
    basecontrollers.find_hostname_and_port = lambda: (STACK[1].split("/")[0], next(ports))

CONFIG = """
[server]
name = My.Little.Server
description = test server
listen = {plain}
{password}
{web}
[tls]
listen = {tls}
cert = {cert}
sts = yes
[limits]
per_address = 0
connect_rate = 0
flood_rate = 0
multiline_bytes = 4096
multiline_lines = 32
[history]
events = yes
[accounts]
register_rate = 0
before_connect = {before}
password_length = 1
hash_memory = 8k
hash_passes = 1
{mail}
always_on = {always_on}
[oper operuser]
password = plain:operpassword
hosts = *@*
"""
LINE_PASSWORD_MAX = 400  # of what fits into a line with REGISTER and a name
ALL_TLS = os.environ.get("BURBLE_TLS") == "1"


@functools.cache
def certificate():
    """A file with a key and its certificate, the same for all tests of a run."""
    path = os.path.join(tempfile.mkdtemp(prefix="irctest-burble-"), "server.pem")
    subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "1", "-subj",
                    "/CN=My.Little.Server", "-keyout", path, "-out", path + ".crt"], check=True, capture_output=True)
    with open(path, "a") as to, open(path + ".crt") as x:
        to.write(x.read())
    return path


class TlsSocket(tls.SSLSocket):
    """Its tests find out by recv() that the server has closed."""

    def sendall(self, data, flags=0):
        try:
            super().sendall(data, flags)
        except tls.SSLZeroReturnError:
            pass


if ALL_TLS:
    plain_connect = ClientMock.connect

    def connect(self, hostname, port):
        """irctest has no clients of servers that speak TLS."""
        context = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode, context.sslsocket_class = False, tls.CERT_NONE, TlsSocket
        plain_connect(self, hostname, port)
        self.conn = context.wrap_socket(self.conn)
        self.ssl = True

    ClientMock.connect = connect


class BurbleController(BaseServerController, DirectoryBasedController):
    software_name = "burble"
    supported_sasl_mechanisms = {"PLAIN", "SCRAM-SHA-256"}
    supports_sts = True
    extban_mute_char = "m"
    capabilities = frozenset(Capabilities)
    isupport = {"BOT": "B", "CASEMAPPING": "ascii", "CHANTYPES": "#", "NETWORK": "burble", "NICKLEN": ANYSTR,
                "PREFIX": "(qaohv)~&@%+", "UTF8ONLY": None}

    def run(self, hostname, port, *, password, ssl, run_services, faketime, websocket_hostname, websocket_port):
        self.port, self.hostname = port, hostname
        self.create_config()
        plain, encrypted = f"{hostname}:{port}", "{}:{}".format(*self.get_hostname_and_port())
        if ssl or ALL_TLS:
            plain, encrypted = encrypted, plain
        wanted = {"accounts": {"multiclient": {"always-on": "opt-in"}}}
        try:  # what a test changes in Ergo's configuration, as far as it concerns burble
            (self.test_config.ergo_config or id)(wanted)
        except KeyError:
            pass
        with self.open_file("burble.conf") as f:
            f.write(CONFIG.format(password=f"password = plain:{password}" if password else "", plain=plain, tls=encrypted,
                                  mail="mail_command = /bin/true\nmail_from = server@example.org" if self.test_config.account_registration_requires_email else "",
                                  web=f"[web]\nlisten = {websocket_hostname}:{websocket_port}" if websocket_port else "",
                                  cert=certificate(), always_on=wanted["accounts"]["multiclient"]["always-on"],
                                  before="yes" if self.test_config.account_registration_before_connect else "no"))
        clock = ["faketime", "-f", faketime] if faketime and shutil.which("faketime") else []
        self.faketime_enabled = bool(clock)
        self.proc = self.execute([*clock, os.environ.get("BURBLE", "burble"), "chat", "--config", self.directory / "burble.conf",
                                  "--data", self.directory / "data",
                                  *(["--stack", STACK[0], "--addr", STACK[1]] if len(STACK) == 2 else [])], env=self.environment())

    def environment(self):
        return {**os.environ, "XDG_RUNTIME_DIR": str(self.directory)}  # where the control socket is

    def wait_for_port(self):
        while len(STACK) == 2 and not self.port_open:  # irctest looks at localhost
            self.check_is_alive()
            try:
                socket.create_connection((self.hostname, self.port), timeout=1).close()
                self.port_open = True
            except OSError:
                time.sleep(0.05)
        super().wait_for_port()

    def wait_for_services(self):
        pass  # they are part of the server

    def registerUser(self, case, username, password=None):
        client = case.addClient(show_io=False)
        case.sendLine(client, f"NICK {username}")
        case.sendLine(client, f"USER {username} 0 * :{username}")
        while case.getRegistrationMessage(client).command != "001":
            pass
        case.getMessages(client)
        long = len(password) > LINE_PASSWORD_MAX  # a client could not register it: its administrator sets it
        case.sendLine(client, f"REGISTER {username} * :{'first password' if long else password}")
        while case.getMessage(client).command != "900":
            pass
        if long:
            subprocess.run([os.environ.get("BURBLE", "burble"), "admin", "account", "passwd", username],
                           input=password + "\n", text=True, check=True, env=self.environment())
        case.sendLine(client, "QUIT")
        case.assertDisconnected(client)


def get_irctest_controller_class():
    return BurbleController
