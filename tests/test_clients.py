"""Interoperability with clients of Debian: connect, join, talk, see history, survive a restart of the server.

irssi runs in tmux, weechat-headless is driven through its FIFO, ii through its files and FIFOs.
"""
import os
import shutil
import subprocess
import time

import pytest

PATIENCE = 60.0


def wait_for(what, condition, clue=lambda: ""):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited for: {what}; {clue()}"
        time.sleep(0.1)


class Irssi:
    """irssi in tmux; what it shows is read from its autolog and its screen."""

    def __init__(self, home, server, tls=None, network=""):
        self.home = home
        home.mkdir()
        (home / "config").write_text(f"""
servers = ( {{ address = "{server.host}"; chatnet = "t"; port = "{tls or server.port}"; autoconnect = "yes";
  use_tls = "{"yes" if tls else "no"}"; tls_verify = "no"; }} );
chatnets = {{ t = {{ type = "IRC"; nick = "irssi"; {network} }}; }};
channels = ( {{ name = "#t"; chatnet = "t"; autojoin = "yes"; }} );
settings = {{
  "irc/core" = {{ cmd_queue_speed = "10msec"; cmds_max_at_once = "100"; }};
  core = {{ real_name = "irssi"; user_name = "irssi"; nick = "irssi"; server_reconnect_time = "10"; }};
  "fe-common/core" = {{ autolog = "yes"; autolog_path = "{home}/log/$0.log"; autolog_level = "all"; }};
}};
""")
        self.tmux = ["tmux", "-S", str(home / "tmux"), "-f", "/dev/null"]
        # Program and option are two words: no shell runs them, which the user may not have, and nothing needs quotes.
        subprocess.run([*self.tmux, "new-session", "-d", "-x", "120", "-y", "40", "irssi", f"--home={home}"],
                       check=True, env=dict(os.environ, TERM="screen", LC_ALL="C.UTF-8", HOME=str(home)))

    def type(self, text):
        text = text if text.startswith("/") else f"/msg #t {text}"  # whatever window it shows
        subprocess.run([*self.tmux, "send-keys", "-l", text], check=True)
        subprocess.run([*self.tmux, "send-keys", "Enter"], check=True)

    def shown(self):
        log = self.home / "log/#t.log"
        screen = subprocess.run([*self.tmux, "capture-pane", "-p", "-S", "-200"], capture_output=True, text=True).stdout
        return (log.read_text(errors="replace") if log.exists() else "") + screen

    def ask_history(self):
        self.type("/quote CHATHISTORY LATEST #t * 20")

    def stop(self):
        subprocess.run([*self.tmux, "kill-server"], check=False)


class Weechat:
    """weechat-headless; commands go in through fifo_weechat_PID, the channel's log is what it shows."""

    def __init__(self, home, server, tls=None, settings=()):
        self.home = home
        home.mkdir()
        run = [f"/server add t {server.host}/{tls or server.port} {'-ssl' if tls else '-notls'} -ssl_verify=off -autojoin=#t -nicks=weechat",
               "/set irc.server.t.autoreconnect_delay 2", "/set irc.server_default.anti_flood_prio_high 0",
               f"/set fifo.file.path {home}/fifo", "/fifo enable", "/set logger.file.flush_delay 0", *settings, "/connect t"]
        args = ["weechat-headless", "-d", str(home)]
        for r in run:
            args += ["-r", r]
        self.process = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, env=dict(os.environ, HOME=str(home)))

    def type(self, text):
        wait_for("weechat's FIFO", (self.home / "fifo").exists)
        with open(self.home / "fifo", "w") as f:
            f.write(f"irc.t.#t *{text}\n" if not text.startswith("/quote") else f"irc.server.t *{text}\n")

    def shown(self):
        return "".join(p.read_text(errors="replace") for p in self.home.rglob("*.weechatlog") if "#t" in p.name)

    def ask_history(self):
        self.type("/quote CHATHISTORY LATEST #t * 20")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Ii:
    """ii ends when its connection does, and is started again, as its users do from a loop."""

    def __init__(self, home, server):
        self.home, self.server = home, server
        home.mkdir()
        self.dir = home / server.host
        self.start()

    def start(self):
        self.process = subprocess.Popen(["ii", "-s", self.server.host, "-p", str(self.server.port), "-n", "ii-user",
                                         "-i", str(self.home)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for("ii's FIFO", (self.dir / "in").exists)
        self.write(self.dir / "in", "/j #t")

    def write(self, fifo, text):
        wait_for(f"{fifo}", fifo.exists)
        with open(fifo, "w") as f:
            f.write(text + "\n")

    def revive(self):
        if self.process.poll() is not None:
            self.start()

    def type(self, text):
        self.write(self.dir / "#t/in", text)

    def shown(self):
        out = self.dir / "#t/out"
        return out.read_text(errors="replace") if out.exists() else ""

    def ask_history(self):
        self.write(self.dir / "in", "/CHATHISTORY LATEST #t * 20")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


CLIENTS = {"irssi": (Irssi, "irssi"), "weechat-headless": (Weechat, "weechat"), "ii": (Ii, "ii-user")}


@pytest.fixture(params=list(CLIENTS))
def person(request, server, tmp_path):
    """A running client, joined to #t, and its nick."""
    assert shutil.which(request.param), f"{request.param} is not installed: tools/setup test"
    kind, nick = CLIENTS[request.param]
    person = kind(tmp_path / "home", server)
    yield person, nick
    person.stop()


def members(client):
    client.send("NAMES #t")
    return client.expect("353").params[-1].replace("@", " ").split()


def test_a_person_talks_sees_history_and_survives_a_restart(person, server):
    person, nick = person
    peer = server.client("peer")
    peer.join("#t")
    wait_for("the client in #t", lambda: nick in members(peer), person.shown)

    peer.send("PRIVMSG #t :hello from the peer")
    wait_for("the peer's line shown", lambda: "hello from the peer" in person.shown(), person.shown)
    person.type("hello from a person")
    assert peer.expect("PRIVMSG", "#t").params[1] == "hello from a person"

    server.stop()
    server.start()
    if hasattr(person, "revive"):
        wait_for("ii noticed", lambda: person.process.poll() is not None)
        person.revive()
    again = server.client("again")
    again.join("#t")
    wait_for("the client back in #t", lambda: nick in members(again), person.shown)

    before = person.shown().count("hello from the peer")
    person.ask_history()
    wait_for("the line of before the restart shown again",
             lambda: person.shown().count("hello from the peer") > before, person.shown)
    person.type("and still here")
    assert again.expect("PRIVMSG", "#t").params[1] == "and still here"
