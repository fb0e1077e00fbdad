"""irctest's controller of `burble chat`: irctest/controllers/burble.py in a checkout of irctest (docs/conformance.md).

BURBLE names the binary; without it, burble of the PATH.
"""
import os
import shutil

from irctest.basecontrollers import BaseServerController, DirectoryBasedController
from irctest.patma import ANYSTR
from irctest.runner import NotImplementedByController
from irctest.specifications import Capabilities

CONFIG = """
[server]
name = My.Little.Server
description = test server
{password}
[limits]
per_address = 0
connect_rate = 0
flood_rate = 0
multiline_bytes = 4096
multiline_lines = 32
[history]
events = yes
[oper operuser]
password = plain:operpassword
hosts = *@*
"""


class BurbleController(BaseServerController, DirectoryBasedController):
    software_name = "burble"
    supported_sasl_mechanisms = set()
    supports_sts = False
    extban_mute_char = "m"
    capabilities = frozenset(Capabilities) - {Capabilities.ACCOUNT_NOTIFY, Capabilities.ACCOUNT_TAG, Capabilities.STS}
    isupport = {"BOT": "B", "CASEMAPPING": "ascii", "CHANTYPES": "#", "NETWORK": "burble", "NICKLEN": ANYSTR,
                "PREFIX": "(qaohv)~&@%+", "UTF8ONLY": None}

    def run(self, hostname, port, *, password, ssl, run_services, faketime, websocket_hostname, websocket_port):
        if ssl or run_services or websocket_hostname is not None:
            raise NotImplementedByController("TLS, services, WebSocket")
        self.port, self.hostname = port, hostname
        self.create_config()
        with self.open_file("burble.conf") as f:
            f.write(CONFIG.format(password=f"password = plain:{password}" if password else ""))
        clock = ["faketime", "-f", faketime] if faketime and shutil.which("faketime") else []
        self.faketime_enabled = bool(clock)
        self.proc = self.execute([*clock, os.environ.get("BURBLE", "burble"), "chat", "--config", self.directory / "burble.conf",
                                  "--data", self.directory / "data", "--listen", f"{hostname}:{port}"])


def get_irctest_controller_class():
    return BurbleController
