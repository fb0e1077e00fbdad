"""HTTP and WebSocket: users of browsers among others, who may connect, proxies, attacks."""
import gzip
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess

import pytest

from irc import PATIENCE, PLAIN
from test_tls import client_context, free_port
from web import BINARY, CLOSE, PING, PONG, TEXT, Socket, WebClient, frame, request


@pytest.fixture
def web_server(make_server):
    """Starts a server with listeners for the web, with TLS and without; settings as make_server()."""
    def start(*args, **settings):
        port, tls_port = free_port(), free_port()
        s = make_server("--listen-web", f"0.0.0.0:{port}", "--listen-web-tls", f"0.0.0.0:{tls_port}", *args, **settings)
        s.web_port, s.web_tls_port = port, tls_port
        s.web = lambda nick, caps=(), **how: WebClient(s, port, **how).register(nick, caps)
        return s
    return start


def get(server, path, method="GET", **fields):
    c = http.client.HTTPConnection(server.host, server.web_port, timeout=PATIENCE)
    c.request(method, path, headers={k.replace("_", "-"): v for k, v in fields.items()})
    r = c.getresponse()
    return r.status, dict(r.getheaders()), r.read()


def refusal(server, **fields):
    """The status that answers a request to upgrade."""
    with socket.create_connection((server.host, server.web_port), timeout=PATIENCE) as s:
        return Socket(s, **fields).status


def raw_client(server, **fields):
    """A WebSocket by hand."""
    return Socket(socket.create_connection((server.host, server.web_port), timeout=PATIENCE), **fields)


def test_users_of_websockets_talk_with_all_others_and_are_nothing_special(web_server):
    server = web_server()
    tls = WebClient(server, server.web_tls_port, client_context(alpn=["h2", "http/1.1"]).wrap_socket).register("tls")
    users = [server.web("text", Sec_WebSocket_Protocol="text.ircv3.net"), server.client("plain"), tls,
             server.web("binary", opcode=BINARY, Sec_WebSocket_Protocol="binary.ircv3.net")]
    for u in users:
        u.join("#t")
    for a in users:
        a.send(f"PRIVMSG #t :from {a.nick} ä")
        for b in users:
            if b is not a:
                assert b.expect("PRIVMSG", "#t").params[1] == f"from {a.nick} ä"
    assert b"Sec-WebSocket-Protocol: text.ircv3.net" in users[0].sock.head
    assert {op for op, _ in users[0].sock.frames} == {TEXT} and {op for op, _ in users[3].sock.frames} == {BINARY}
    users[1].send("WHOIS tls", "WHOIS text")
    assert [m.params[1] for m in users[1].sync() if m.command == "671"] == ["tls"]
    users[0].send("QUIT :gone")
    users[1].expect("QUIT", "Quit: gone")
    users[0].expect_closed()
    assert users[0].sock.frames[-1] == (CLOSE, b"\x03\xe8")


def test_a_long_burst_arrives_in_order_through_small_buffers(web_server):
    server = web_server(**{"limits.flood_rate": 0})
    a, b = server.web("a"), server.client("b")
    b.join("#t"), a.join("#t")
    lines = [f"PRIVMSG #t :{i} " + "x" * (i % 400) for i in range(3000)]
    a.send(*lines)
    for i in range(3000):
        assert b.expect("PRIVMSG").params[1] == lines[i][12:]
    b.send(*lines)
    for i in range(3000):
        assert a.expect("PRIVMSG").params[1] == lines[i][12:]


def test_bytes_that_are_not_utf8_reach_a_browser_as_replacement_characters(web_server):
    server = web_server()
    a, b = server.web("a"), server.client("b")
    b.raw(b"PRIVMSG a :caf\xe9\r\nFOO\xff\r\n")
    b.sync()
    a.sync()  # whether it came or was refused: each frame of text is UTF-8
    for opcode, payload in a.sock.frames:
        assert opcode == TEXT and payload.decode()


def test_an_error_line_precedes_the_close_when_the_server_refuses(web_server):
    server = web_server(**{"limits.clients": 1})
    while (first := server.connect()) and first.send("NICK first", "PING x") or (m := first.message()) is None or m.command == "ERROR":
        first.close()  # the last one of web_server() is still there
    s = raw_client(server)
    assert s.status == 101
    assert s.recv(0) == b"ERROR :Closing Link: (Server is full)\r\n"
    assert s.recv(0) == b"" and s.frames[-1][0] == CLOSE


def test_the_client_is_served_from_memory_with_its_policy(web_server):
    server = web_server()
    status, fields, page = get(server, "/")
    assert status == 200 and fields["Content-Type"].startswith("text/html") and fields["Cache-Control"] == "no-cache"
    policy = fields["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and fields["X-Content-Type-Options"] == "nosniff"
    assert fields["Cross-Origin-Opener-Policy"] == "same-origin"
    assert get(server, "/", If_None_Match=fields["ETag"])[::2] == (304, b"")
    packed = get(server, "/", Accept_Encoding="gzip")
    assert packed[1]["Content-Encoding"] == "gzip" and gzip.decompress(packed[2]) == page
    shorter = get(server, "/", Accept_Encoding="gzip, deflate, br, zstd")
    assert shorter[1]["Content-Encoding"] == "br" and len(shorter[2]) < len(packed[2]) and shorter[1]["Vary"] == "Accept-Encoding"
    assert get(server, "/icon-192.png", Accept_Encoding="br")[1].get("Content-Encoding") is None  # shorter as it is
    assert get(server, "/index.html.br")[0] == 404
    assets = re.findall(rb'"(/assets/[^"]+)"', page)
    assert assets
    for path in assets:
        status, fields, _ = get(server, path.decode())
        assert status == 200 and "immutable" in fields["Cache-Control"]
    for path in ("/assets/", "/index.html/", "/assets/../../../etc/passwd", "/%2e%2e/etc/passwd", "/assets/none.js"):
        assert get(server, path)[0] == 404, path
    assert "event=web.client url=https://" in server.stderr()


def test_without_the_client_there_are_health_and_an_explanation(web_server):
    server = web_server(**{"web.client": "no"})
    status, fields, body = get(server, "/")
    assert status == 426 and fields["Upgrade"] == "websocket" and b"WebSocket" in body
    assert "event=web.client" not in server.stderr()
    assert get(server, "/healthz")[::2] == (200, b"ok\n")
    assert get(server, "/../etc/passwd")[0] == 404 and get(server, "/", "POST")[0] == 405
    context = client_context()
    c = http.client.HTTPSConnection(server.host, server.web_tls_port, timeout=PATIENCE, context=context)
    c.request("GET", "/healthz")
    assert c.getresponse().read() == b"ok\n"


def test_only_pages_of_listed_origins_and_of_the_server_itself_may_connect(web_server):
    server = web_server(**{"web.origins": "https://chat.example.org"})
    for origin, status in (("https://chat.example.org", 101), ("https://CHAT.example.org", 101), ("https://evil.example", 403),
                           ("https://chat.example.org.evil.example", 403), ("null", 403), ("http://irc.example:8080", 101),
                           ("http://irc.example", 403)):
        assert refusal(server, host="irc.example:8080", Origin=origin) == status, origin
    assert "event=web.origin origin=https://evil.example" in server.stderr()
    any_page = web_server(**{"web.origins": "*"})
    assert refusal(any_page, Origin="null") == 101


def test_a_listed_proxy_names_the_users_address_and_nobody_else_does(web_server):
    server = web_server(**{"web.proxies": "127.0.0.1 10.0.0.0/8", "oper.o.password": "plain:p"})
    oper = server.client("oper")
    oper.send("OPER o p")
    oper.expect("381")
    for nick, hops, host in (("a", "192.0.2.7", "192.0.2.7"), ("b", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
                             ("c", "2001:db8::1, 10.1.2.3", "2001:db8::1"), ("d", "[2001:db8::2]:4711", "2001:db8::2"),
                             ("e", "nonsense", "127.0.0.1"), ("f", "", "127.0.0.1"), ("g", "192.0.2.8/8", "127.0.0.1")):
        server.web(nick, X_Forwarded_For=hops)
        oper.send(f"WHOIS {nick}")
        assert any(host in m.line for m in oper.sync() if m.command in ("338", "378", "311")), (nick, host)
    stranger = web_server(**{"oper.o.password": "plain:p"})
    stranger.web("a", X_Forwarded_For="192.0.2.7")
    assert "192.0.2.7" not in stranger.stderr()
    oper = stranger.client("oper")
    oper.send("OPER o p", "WHOIS a")
    assert not any("192.0.2.7" in m.line for m in oper.sync())


def test_fragments_pings_and_the_closing_handshake(web_server):
    server = web_server()
    s = raw_client(server)
    s.sock.sendall(frame(b"NICK fr", fin=False) + frame(b"hi", PING) + frame(b"ag", opcode=0) + frame(b"USER x 0 * :x"))
    s.recv(0)
    assert s.frames[0] == (PONG, b"hi")
    while b" 001 frag " not in s.frames[-1][1]:
        assert s.recv(0)
    s.sock.sendall(frame(b"\x03\xe8bye", CLOSE))
    while s.recv(0):
        pass
    assert s.frames[-1] == (CLOSE, b"\x03\xe8bye")


def test_compression_is_not_agreed_to(web_server):
    s = raw_client(web_server(), Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits")
    assert s.status == 101 and b"extensions" not in s.head.lower()


@pytest.mark.skipif(not os.path.exists(PLAIN), reason="no build/burble: memory is not measured with sanitizers")
def test_an_idle_user_of_a_websocket_costs_at_most_200_bytes_more_than_a_plain_one(web_server):
    def cost(way):
        server = web_server(binary=PLAIN, **{"limits.per_address": 0, "limits.connect_rate": 0})
        join = {"plain": server.client, "web": server.web}[way]
        for i in range(100):
            join(f"first{i}")
        before = server.rss()
        for i in range(700):
            join(f"user{i}")
        grown = server.rss() - before
        server.close_clients()
        return grown / 700
    plain, web = cost("plain"), cost("web")
    assert web - plain <= 200


def test_clients_that_break_the_protocol_are_closed_with_the_reason(web_server):
    server = web_server()
    watcher = server.client("watcher")
    watcher.join("#t")
    for n, (bytes_, code) in enumerate([(b"\x81\x05hello", 1002), (frame(b"\xff"), 1007), (frame(b"x" * 70000)[:100], 1009),
                                        (b"\xc1" + frame(b"x")[1:], 1002), (frame(b"x" * 126, PING), 1002)]):
        c = server.web(f"bad{n}")
        c.join("#t")
        c.sock.sock.sendall(bytes_)
        c.expect_closed()
        assert c.sock.frames[-1] == (CLOSE, code.to_bytes(2, "big"))
        assert watcher.expect("QUIT").params[0].startswith("WebSocket: ")


def test_smuggled_slow_and_endless_requests_cost_little_and_are_refused(web_server):
    server = web_server()
    smuggled = request().replace(b"\r\n\r\n", b"\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") + b"0\r\n\r\n"
    for bytes_, status in ((smuggled, b"400"), (b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 5000, b"431"),
                           (b"GET /" + b"x" * 9000, b"414"), (request().replace(b"GET", b"PUT"), b"405"),
                           (request(Sec_WebSocket_Version="7"), b"426"), (request(key="short"), b"400"),
                           (request(Origin="x" * 600), b"431"), (request() + frame(b"NICK early"), b"400")):
        with socket.create_connection((server.host, server.web_port), timeout=PATIENCE) as s:
            s.sendall(bytes_)
            assert s.recv(65536).split(b" ")[1] == status, bytes_[:60]
    slow = [socket.create_connection((server.host, server.web_port), timeout=3 * PATIENCE) for _ in range(300)]
    server.web("quick").sync()  # one of them gives way
    slow[-1].sendall(b"GET / HTTP/1.1\r\n")
    assert slow[-1].recv(100).split(b" ")[1] == b"408"
    for s in slow:
        s.close()


@pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: tools/setup test installs it")
def test_a_real_browser_joins_answers_and_closes(web_server, tmp_path):
    server = web_server(**{"web.origins": "*"})
    watcher = server.client("watcher")
    watcher.join("#web")
    page = tmp_path / "page.html"
    page.write_text(f"""<script>
        const ws = new WebSocket('ws://{server.host}:{server.web_port}/', ['text.ircv3.net']);
        ws.onopen = () => {{ ws.send('NICK browser'); ws.send('USER b 0 * :b'); ws.send('JOIN #web'); }};
        ws.onmessage = (e) => {{
            if (e.data.includes(' PRIVMSG #web :hello')) ws.send('PRIVMSG #web :' + ws.protocol + ' ' + e.data);
            if (e.data.includes(' PRIVMSG #web :bye')) ws.close(1000, 'done');
        }};
        </script>""")
    browser = subprocess.Popen(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
                                f"--user-data-dir={tmp_path / 'profile'}", page.as_uri()], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        watcher.expect("JOIN", "#web", timeout=90)
        watcher.send("PRIVMSG #web :hello \N{GREEK SMALL LETTER PHI}")
        said = watcher.expect("PRIVMSG", "#web").params[1]
        assert said.startswith("text.ircv3.net :watcher!") and said.endswith("PRIVMSG #web :hello \N{GREEK SMALL LETTER PHI}")
        watcher.send("PRIVMSG #web :bye")
        assert watcher.expect("QUIT").nick == "browser"
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
