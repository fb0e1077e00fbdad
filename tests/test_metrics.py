"""Metrics for Prometheus, and the HTTP server in front of them: docs/metrics.md."""
import json
import os
import re
import resource
import shutil
import socket
import ssl
import statistics
import subprocess
import time

import pytest

import tun
from irc import BURBLE, PATIENCE, ROOT, Server
from looking import needs_root, until
from web import WebClient

promtool = pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool: tools/setup test installs it")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*$")
SAMPLE = re.compile(r'([a-z0-9_]+)(?:\{([a-z]+)="((?:[^"\\\n]|\\[\\"n])*)"\})? (\d+(?:\.\d+)?)$')


def parse(page):
    """A page as {family: (type, help, {(name, label, value): number})}. Strict: every line is what the format says, each family once."""
    families, family = {}, None
    assert page.endswith("\n")
    for line in page[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, _, what = line[7:].partition(" ")
            assert NAME.match(name) and name.startswith("burble_") and what and name not in families, line
            families[name] = family = [None, what, {}]
        elif line.startswith("# TYPE "):
            kind = line.split(" ")[3]
            assert line == f"# TYPE {name} {kind}" and family[0] is None and kind in ("counter", "gauge", "histogram"), line
            family[0] = kind
        else:
            m = SAMPLE.match(line)
            assert m and family[0], line
            suffix = m[1].removeprefix(name)
            assert suffix in (("_bucket", "_sum", "_count") if family[0] == "histogram" else ("",)), line
            assert m.groups()[:3] not in family[2]
            family[2][m.groups()[:3]] = float(m[4])
    for name, (kind, _, samples) in families.items():
        assert samples, name
        assert name.endswith("_total") == (kind == "counter"), name
        if kind == "histogram":
            buckets = [n for (sample, _, _), n in samples.items() if sample.endswith("_bucket")]
            assert buckets == sorted(buckets) and buckets[-1] == samples[f"{name}_count", None, None], name
            assert [k for k in samples if k[2]][-1][2] == "+Inf"
    return families


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Web:
    """A connection to the HTTP server."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.buffer = b""

    def send(self, data):
        self.sock.sendall(data)

    def _more(self):
        data = self.sock.recv(65536)
        self.buffer += data
        return bool(data)

    def answer(self, head=False):
        """(status, fields, content) of the next answer; None at the end."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                assert not self.buffer
                return None
        text, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        first, *rest = text.decode().split("\r\n")
        fields = dict(line.split(": ", 1) for line in rest)
        length = 0 if head else int(fields["Content-Length"])
        while len(self.buffer) < length:
            assert self._more()
        content, self.buffer = self.buffer[:length], self.buffer[length:]
        return int(first.split()[1]), fields, content.decode()

    def get(self, path="/metrics", method="GET", fields=""):
        self.send(f"{method} {path} HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
        return self.answer(method == "HEAD")


@pytest.fixture
def start(make_server):
    """A server with metrics; s.web() is a connection to them, s.metrics() a parsed page, s.number() one of its numbers."""
    def one(*args, **settings):
        port = free_port()
        s = make_server(*args, **{"metrics.listen": f"127.0.0.1:{port}", **settings})
        s.web = lambda: Web(port)
        s.page = lambda: Web(port).get()[2]
        s.metrics = lambda: parse(s.page())

        def number(name, value=None):
            found = [n for (_, _, v), n in s.metrics()[name][2].items() if value in (None, v)]
            return found[0]
        s.number = number
        return s
    return one


# --- the chat server ---


def test_it_counts_what_happens(start):
    s = start()
    a, b = s.client("alice"), s.client("bob")
    a.join("#x")
    b.join("#x")
    before = s.metrics()
    a.send("PRIVMSG #x :hello")
    a.sync()
    b.expect("PRIVMSG", "#x")
    until(lambda: s.number("burble_chat_history_messages_total") == 1)
    after = s.metrics()

    def rise(name):
        return [after[name][2][key] - before[name][2][key] for key in after[name][2]]

    assert rise("burble_chat_messages_total") == [1]
    assert rise("burble_chat_deliveries_total") == [1]
    assert rise("burble_chat_lines_received_total") == [2]
    assert rise("burble_chat_replies_total") == [1]
    assert rise("burble_chat_received_bytes_total")[0] > len("PRIVMSG #x :hello\r\n")
    assert rise("burble_chat_history_messages_total") == [1]
    assert after["burble_chat_history_commit_seconds"][2]["burble_chat_history_commit_seconds_count", None, None] == 1
    assert rise("burble_chat_turn_seconds")[-1] >= 1
    assert s.number("burble_chat_users") == 2 and s.number("burble_chat_channels") == 1
    assert [n for (_, label, _), n in after["burble_chat_connections"][2].items() if label == "listener"] == [2]
    a.send("x" * 600, "NOSUCH")
    a.sync()
    assert s.number("burble_chat_lines_refused_total", "too_long") == 1
    assert s.number("burble_chat_lines_refused_total", "unknown_command") == 1
    assert s.number("burble_chat_sendq_bytes") == 0


def test_refusals_have_reasons(start):
    s = start(**{"limits.clients": 1})
    until(lambda: s.number("burble_chat_connections") == 0)  # but the fixture's
    s.client("alice")
    s.connect().expect_closed()
    assert s.number("burble_chat_connections_refused_total", "full") == 1
    assert s.number("burble_chat_connections_limit") == 1


def test_handshakes_of_tls_are_counted_and_what_ended_them(start):
    port = free_port()
    s = start("--listen-tls", f"0.0.0.0:{port}")
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(socket.create_connection((s.host, port))):
        until(lambda: s.number("burble_tls_handshakes_total") == 1)
    with socket.create_connection((s.host, port)) as plain:
        plain.sendall(b"NICK alice\r\n")
        until(lambda: s.number("burble_tls_connections_ended_total", "plain_text") == 1)


def test_websockets_are_counted_and_what_ended_them(start):
    port = free_port()
    s = start("--listen-web", f"0.0.0.0:{port}")
    c = WebClient(s, port).register("alice")
    assert s.number("burble_websockets_total") == 1 and s.number("burble_web_answers_total", "404") == 0
    c.sock.sock.sendall(b"\x81\x01x")
    c.expect_closed()
    assert s.number("burble_websockets_ended_total", "protocol_error") == 1
    assert s.number("burble_web_connections_accepted_total") == 1 and s.number("burble_web_connections") == 0


def check_with_promtool(page):
    r = subprocess.run(["promtool", "check", "metrics"], input=page, capture_output=True, text=True, timeout=60)
    assert (r.returncode, r.stdout, r.stderr) == (0, "", "")


@promtool
def test_promtool_finds_nothing_to_complain_about(start):
    check_with_promtool(start().page())


def connect_users(s, count):
    users = [socket.socket() for _ in range(count)]
    for n, user in enumerate(users):
        user.connect((s.host, s.port))
        user.sendall(b"NICK u%d\r\nUSER u%d 0 * :x\r\n" % (n, n))
    return users


def scrape_time(s):
    web, times = s.web(), []
    for _ in range(15):
        begin = time.monotonic()
        assert web.get()[0] == 200
        times.append(time.monotonic() - begin)
    return statistics.median(times)


def test_a_page_costs_the_same_with_10000_users(start):
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 11000:
        pytest.skip("needs 11,000 descriptors (ulimit -n)")
    s = start(**{"limits.per_address": 0, "limits.connect_rate": 0, "log.level": "error"})
    alone = scrape_time(s)
    users = connect_users(s, 10000)
    until(lambda: s.number("burble_chat_users") == 10000)
    crowded = scrape_time(s)
    s.kill()
    for user in users:
        user.close()
    assert crowded < 3 * alone + 0.01, (alone, crowded)


# --- the HTTP server ---


def test_a_connection_is_kept_and_only_metrics_are_there(start):
    web = start().web()
    status, fields, content = web.get()
    assert status == 200 and fields["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for path in ("/", "/metrics/", "/metric", "/metrics/../metrics", "*"):
        assert web.get(path)[0] == 404, path
    assert web.get("/metrics?x=y")[0] == 200
    assert web.get("http://a:1/metrics")[0] == 200
    status, fields, content = web.get(fields="Connection: close\r\n")
    assert status == 200 and fields["Connection"] == "close" and len(content) == int(fields["Content-Length"])
    assert web.answer() is None


def test_a_head_has_the_fields_of_its_page_and_no_content(start):
    web = start().web()
    status, fields, content = web.get(method="HEAD")
    assert (status, content) == (200, "") and int(fields["Content-Length"]) > 1000
    assert web.get()[0] == 200  # nothing was left in between


BAD = {
    "a method": (b"POST /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx", 405),
    "no host": (b"GET /metrics HTTP/1.1\r\n\r\n", 400),
    "a long field": (b"GET /metrics HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 9000 + b"\r\n\r\n", 431),
    "a long target": (b"GET /" + b"x" * 2000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    "a version": (b"GET /metrics HTTP/3.0\r\nHost: a\r\n\r\n", 505),
    "content": (b"GET /metrics HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413),
    "IRC": (b"NICK alice\r\nUSER alice 0 * :x\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
}


def test_bad_requests_are_refused_and_counted(start):
    s, want = start(), {}
    for request, status in BAD.values():
        web = s.web()
        web.send(request)
        assert web.answer()[0] == status, request
        web.sock.shutdown(socket.SHUT_WR)
        assert web.answer() is None
        want[str(status)] = want.get(str(status), 0) + 1
    for status, count in want.items():
        assert s.number("burble_http_answers_total", status) == count


def test_a_hundred_ask_at_once_while_others_are_slow(start):
    s = start()
    slow = [s.web() for _ in range(20)]
    for w in slow:
        w.send(b"GET /metrics HTTP/1.1\r\n")
    webs = [s.web() for _ in range(100)]
    for w in webs:
        w.send(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
    begin = time.monotonic()
    for w in webs:
        assert w.answer()[0] == 200
    assert time.monotonic() - begin < 5
    s.client("alice").sync()
    assert s.number("burble_http_connections") == 121
    for w in slow:  # the loop sleeps: its own timer must wake it
        assert w.answer()[0] == 408


def test_one_connection_too_many_takes_the_place_of_an_idle_one(start):
    s = start()
    idle = s.web()
    assert idle.get()[0] == 200
    busy = [s.web() for _ in range(255)]
    for w in busy:
        w.send(b"G")
    until(lambda: s.web().get()[0] == 200)
    assert idle.answer() is None


# --- configuration ---


def run(*args):
    return subprocess.run([BURBLE, "chat", "--listen", f"127.0.0.1:{free_port()}", *args], capture_output=True, text=True, timeout=30)


def test_an_address_that_cannot_be_used_is_an_error_that_names_the_key():
    r = run("--set", "metrics.listen=9667")
    assert r.returncode == 2 and "metrics.listen=9667: '9667' is not ADDRESS:PORT" in r.stderr
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        at = f"127.0.0.1:{s.getsockname()[1]}"
        r = run("--set", f"metrics.listen={at}")
    assert r.returncode == 1 and f"metrics.listen: cannot listen on {at}: Address already in use" in r.stderr


def test_there_is_none_by_default_and_one_for_everybody_is_warned_about(make_server):
    s = make_server()
    assert "event=metrics" not in s.stderr()
    port = free_port()
    s = make_server(**{"metrics.listen": f"0.0.0.0:{port} [::1]:{port}"})
    assert s.stderr().count("event=metrics.public") == 1
    assert Web(port).get()[0] == 200


# --- on burble's stack, and the documents ---


@pytest.fixture
def on_stack(tmp_path):
    """A server on burble's stack, whose metrics are on the kernel's loopback interface."""
    here = os.open("/proc/self/ns/net", os.O_RDONLY)
    tun.own_namespace()
    device, port = tun.Tun(), free_port()
    s = Server(tmp_path, {"metrics.listen": f"127.0.0.1:{port}"}, [*device.args(), "--listen-tls", f"{device.server}:6697",
               "--listen-web", f"{device.server}:8080"], host=device.server)
    s.port, s.device, s.web = 6667, device, lambda: Web(port)
    s.metrics = lambda: parse(s.web().get()[2])
    yield s.start()
    s.close()
    device.close()
    s.check_stderr()
    tun.enter_namespace(here)


def value(metrics, name, label=None):
    return next(n for (_, _, v), n in metrics[name][2].items() if label in (None, v))


def table_of(page, tmp_path):
    copy = tmp_path / "metrics.md"
    shutil.copy(ROOT / "docs/metrics.md", copy)
    subprocess.run([ROOT / "tools/metrics-table", copy], input=page, text=True, check=True)
    return copy.read_text()


@needs_root
def test_every_counter_of_the_stack_is_a_metric_and_every_metric_is_documented(on_stack, tmp_path):
    listed = re.findall(r'"(\w+)"', re.search(r"names\[\] = \{(.*?)\};", (ROOT / "src/stack/mib.c").read_text(), re.S)[1])
    page = on_stack.web().get()[2]
    of_name = {what.split(":")[0]: name for name, (_, what, _) in parse(page).items() if ": " in what}
    assert len(listed) > 250 and set(listed) <= set(of_name) and "a counter of the stack" not in page
    assert of_name["TcpExtListenDrops"] == "burble_tcp_ext_listen_drops_total"
    assert table_of(page, tmp_path) == (ROOT / "docs/metrics.md").read_text(), "run tools/metrics-table"
    if shutil.which("promtool"):
        check_with_promtool(page)


@needs_root
def test_the_stack_shows_its_sockets_drops_and_round_trips(on_stack):
    with socket.socket() as s:
        s.settimeout(PATIENCE)
        with pytest.raises(ConnectionRefusedError):
            s.connect((on_stack.host, 1))
    on_stack.client("alice").sync()
    m = on_stack.metrics()
    assert value(m, "burble_stack_tcp_sockets", "established") == value(m, "burble_tcp_curr_estab") == 1
    assert value(m, "burble_stack_tcp_sockets", "listen") == 3
    assert value(m, "burble_tcp_out_rsts_total") == 1
    assert value(m, "burble_stack_tcp_rtt_seconds") >= 0 and m["burble_stack_tcp_rtt_seconds"][2][
        "burble_stack_tcp_rtt_seconds_count", None, None] > 2
    assert ("burble_stack_device_receive_missed_total", "device", on_stack.device.name) in m["burble_stack_device_receive_missed_total"][2]


@needs_root
def test_metrics_are_there_when_the_stack_has_lost_its_device(on_stack):
    tun.ip("link", "delete", on_stack.device.name)
    until(lambda: "lost --stack" in on_stack.stderr())
    assert value(on_stack.metrics(), "burble_chat_accepting") == 1
    on_stack.kill()  # the drain of the connections would wait
    tun.ip("tuntap", "add", on_stack.device.name, "mode", "tun")


def names_in(text):
    return {re.sub("_(bucket|sum|count)$", "", n) for n in re.findall(r"\bburble_[a-z0-9_]+", text)}


def documented():
    return set(re.findall(r"^\| `(burble_\w+)`", (ROOT / "docs/metrics.md").read_text(), re.M))


def test_the_dashboard_asks_for_metrics_that_exist_and_its_panels_do_not_overlap():
    board = json.loads((ROOT / "contrib/grafana/burble.json").read_text())
    panels, taken = board["panels"], set()
    assert board["uid"] == "burble" and board["schemaVersion"] >= 36
    assert len({p["id"] for p in panels}) == len(panels)
    for p in panels:
        g = p["gridPos"]
        cells = {(x, y) for x in range(g["x"], g["x"] + g["w"]) for y in range(g["y"], g["y"] + g["h"])}
        assert g["x"] + g["w"] <= 24 and not cells & taken, p["title"]
        taken |= cells
        if p["type"] != "row":
            assert p["description"] and p["targets"] and p["datasource"] == {"type": "prometheus", "uid": "${datasource}"}, p["title"]
    asked = names_in(" ".join(t["expr"] for p in panels for t in p.get("targets", [])))
    assert len(asked) > 25 and asked <= documented()


def test_the_alerts_ask_for_metrics_that_exist():
    asked = names_in(" ".join(re.findall(r"expr: (.*)", (ROOT / "contrib/prometheus/burble.rules.yml").read_text())))
    assert len(asked) > 8 and asked <= documented()


@promtool
@pytest.mark.parametrize("command", (["check", "rules", "burble.rules.yml"], ["test", "rules", "burble.rules.test.yml"]))
def test_promtool_accepts_the_alerts_and_they_fire(command):
    r = subprocess.run(["promtool", *command], cwd=ROOT / "contrib/prometheus", capture_output=True, text=True, timeout=60)
    assert r.returncode == 0, r.stdout + r.stderr
