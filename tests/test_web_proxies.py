"""Browsers as docs/web.md has them connect: by TLS, behind nginx, behind Caddy, each with the configuration that is printed there."""
import contextlib
import http.client
import re
import shutil
import socket
import ssl
import subprocess
import time

import pytest

import tun
from irc import PATIENCE, ROOT
from test_tls import certificate, client_context, free_port
from web import Socket, WebClient

NAME = "irc.example.org"  # of the site, in docs/web.md
PAGE = (ROOT / "docs/web.md").read_text()

pytestmark = pytest.mark.skipif(tun.ON_STACK, reason="proxies on the loopback")


def printed(*lines):
    """The indented block of docs/web.md in which these lines stand."""
    blocks = re.findall(r"(?:^ {4}.*\n)+", PAGE, re.M)
    found = [b for b in blocks if all(line in b for line in lines)]
    assert len(found) == 1, (lines, found)
    return re.sub(r"(?m)^ {4}", "", found[0])


def settings(block):
    """The settings of a block of burble's configuration."""
    out, section = {}, ""
    for line in block.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        else:
            key, _, value = line.partition(" = ")
            out[f"{section}.{key}"] = value
    return out


class Site:
    """A server behind a proxy, as people see it: https://irc.example.org."""

    def __init__(self, server, port, authority):
        self.server, self.port, self.host, self.tun = server, port, "127.0.0.1", None
        self.context = ssl.create_default_context(cafile=authority)
        self.clients = server.clients

    def wrap(self, sock):
        return self.context.wrap_socket(sock, server_hostname=NAME)

    def get(self, path, **fields):
        c = http.client.HTTPConnection(NAME, timeout=PATIENCE)
        c.sock = self.wrap(socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE))
        c.request("GET", path, headers=fields)
        r = c.getresponse()
        return r.status, r.headers, r.read()

    def web(self, nick, source, **fields):
        """A user of a browser whose address is `source`."""
        c = WebClient(self, self.port, self.wrap, source=source, host=NAME, Origin=f"https://{NAME}", **fields)
        return c.register(nick)

    def refusal(self, **fields):
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as s:
            return Socket(self.wrap(s), host=NAME, **fields).status


def nginx(directory, port, upstream):
    """A configuration with the printed location, and the command that runs it."""
    cert = certificate(directory / NAME, NAME)
    (directory / "nginx.conf").write_text(f"""
        daemon off; pid {directory}/pid; error_log {directory}/log; worker_processes 1;
        events {{ worker_connections 64; }}
        http {{
            access_log off; proxy_max_temp_file_size 0;
            {"".join(f"{kind}_temp_path {directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))}
            server {{
                listen 127.0.0.1:{port} ssl; server_name {NAME}; ssl_certificate {cert}; ssl_certificate_key {cert};
                {printed("proxy_pass").replace("127.0.0.1:8080", upstream)}
            }}
        }}""")
    return ["nginx", "-c", directory / "nginx.conf", "-e", directory / "log"], cert


def caddy(directory, port, upstream):
    """The printed configuration, below the options that keep a trial on this machine: other ports, an authority of its own."""
    (directory / "Caddyfile").write_text(f"""{{
            admin off
            https_port {port}
            http_port {free_port()}
            local_certs
            skip_install_trust
            storage file_system {directory}/storage
        }}
        {printed("reverse_proxy").replace("127.0.0.1:8080", upstream)}""")
    return ["caddy", "run", "--config", directory / "Caddyfile"], directory / "storage/pki/authorities/local/root.crt"


PROXIES = [pytest.param(p, id=p.__name__, marks=pytest.mark.skipif(not shutil.which(p.__name__, path="/usr/sbin:/usr/bin:/bin"),
                                                                 reason=f"no {p.__name__}: tools/setup test installs it")) for p in (nginx, caddy)]


@contextlib.contextmanager
def running(command, directory, port):
    """The proxy, once it listens and has its certificate."""
    with open(directory / "stderr", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory,
                                   env={"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(directory)})
    try:
        deadline = time.monotonic() + 2 * PATIENCE
        while not answers(port):
            assert process.poll() is None and time.monotonic() < deadline, (directory / "stderr").read_text()
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as s:
            client_context().wrap_socket(s, server_hostname=NAME).close()
        return True
    except OSError:  # not yet there, or without a certificate
        return False


@pytest.fixture(params=PROXIES)
def site(request, make_server, tmp_path):
    """A server with the printed settings behind a proxy with the printed configuration."""
    web, port = free_port(), free_port()
    upstream = f"127.0.0.1:{web}"
    server = make_server("--listen-web", upstream, **{k: v for k, v in settings(printed("[web]", "proxies")).items() if k != "web.listen"},
                         **{"oper.o.password": "plain:p"})
    server.web_port = web
    command, authority = request.param(tmp_path, port, upstream)
    with running(command, tmp_path, port):
        yield Site(server, port, authority)


def address_of(server, nick):
    """The address that an operator is told."""
    if not hasattr(server, "oper"):
        server.oper = server.client("oper")
        server.oper.send("OPER o p")
        server.oper.expect("381")
    server.oper.send(f"WHOIS {nick}")
    said = " ".join(m.line for m in server.oper.sync() if m.command in ("338", "378"))
    return re.search(r"\b\d+\.\d+\.\d+\.\d+\b", said)[0]


def test_page_health_and_websockets_come_through_with_tls_and_the_users_own_address(site):
    status, fields, page = site.get("/")
    assert status == 200 and b"/assets/" in page and "default-src 'none'" in fields["Content-Security-Policy"]
    assert site.get(re.search(rb'"(/assets/[^"]+\.js)"', page)[1].decode())[0] == 200
    assert site.get("/healthz")[::2] == (200, b"ok\n")
    ann, bob = site.web("ann", "127.0.0.2"), site.server.client("bob")
    ann.join("#t"), bob.join("#t")
    bob.send("PRIVMSG #t :" + "hello " * 60)
    assert ann.expect("PRIVMSG", "#t").params[1] == ("hello " * 60)
    ann.send("PRIVMSG #t :ä and back")
    assert bob.expect("PRIVMSG", "#t").params[1] == "ä and back"
    assert address_of(site.server, "ann") == "127.0.0.2"
    assert site.refusal(Origin="https://evil.example") == 403


def test_a_forged_address_is_not_believed_neither_through_the_proxy_nor_beside_it(site):
    site.web("ann", "127.0.0.2", X_Forwarded_For="192.0.2.66")
    assert address_of(site.server, "ann") == "127.0.0.2"
    WebClient(site.server, site.server.web_port, source="127.0.0.3", X_Forwarded_For="192.0.2.66").register("eve")
    assert address_of(site.server, "eve") == "127.0.0.3"


def test_the_printed_lines_are_enough_for_tls_without_a_proxy(make_server, tmp_path):
    cert, port = certificate(tmp_path / NAME, NAME), free_port()
    lines = printed("listen_tls", "fullchain.pem").replace("0.0.0.0:443", f"127.0.0.1:{port}")
    config = tmp_path / "burble-chat.conf"
    config.write_text(re.sub(r"/etc/letsencrypt/live/\S+/(\S+)\.pem", lambda m: f"{cert}.{'crt' if m[1] == 'fullchain' else 'key'}", lines))
    site = Site(make_server("--config", config), port, f"{cert}.crt")
    assert site.get("/")[0] == 200 and site.get("/healthz")[2] == b"ok\n"
    assert site.web("ann", None).sync() == []
