"""Uploads: who may, what is taken, how files come back, what goes with the account."""
import base64
import http.client
import re
import socket
import sqlite3
import time

import pytest

from accounts import CAPS, CHEAP
from irc import PATIENCE
from test_app_passwords import app_password
from test_accounts import wait_told
from test_admin import admin, rows
from test_tls import free_port

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


@pytest.fixture
def files_server(make_server):
    def start(**settings):
        port = free_port()
        s = make_server("--listen-web", f"0.0.0.0:{port}", **{**CHEAP, "files.enabled": "yes", **settings})
        s.web_port = port
        return s
    return start


def ask(server, method, path, body=None, **fields):
    """Status, fields, body."""
    c = http.client.HTTPConnection(server.host, server.web_port, timeout=PATIENCE)
    c.request(method, path, body, {k.replace("_", "-"): v for k, v in fields.items()})
    r = c.getresponse()
    return r.status, dict(r.getheaders()), r.read()


def token(client):
    client.send("TOKEN GENERATE FILEHOST")
    return client.expect("TOKEN", "GENERATE").params[2]


def user(server, nick):
    c = server.client(nick, [*CAPS, "batch"])
    c.send(f"REGISTER {nick} * :correct horse")
    c.expect("REGISTER", "SUCCESS")
    return c


def upload(server, who, body=PNG, **fields):
    return ask(server, "POST", "/files", body, Authorization=f"Bearer {who}",
               **{"Content_Type": "image/png", "Content_Disposition": 'attachment; filename="a picture.png"', **fields})


def test_an_uploaded_file_comes_back_for_whoever_knows_its_address(files_server):
    server = files_server()
    ann = user(server, "ann")
    status, fields, _ = upload(server, token(ann), Origin=f"http://{server.host}:{server.web_port}")
    assert fields["Access-Control-Allow-Origin"] == "*" and fields["Access-Control-Expose-Headers"] == "Location"
    assert status == 201 and fields["Location"].endswith("/a%20picture.png")
    path = fields["Location"]
    for at in (path, path.rpartition("/")[0], path.rpartition("/")[0] + "/other-name"):
        status, fields, body = ask(server, "GET", at)
        assert (status, body, fields["Content-Type"]) == (200, PNG, "image/png")
    assert fields["Content-Disposition"] == "inline; filename*=UTF-8''a%20picture.png"
    assert fields["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    status, fields, body = ask(server, "HEAD", path)
    assert (status, body, fields["Content-Length"]) == (200, b"", str(len(PNG)))
    server.kill()
    server.start()
    assert ask(server, "GET", path)[2] == PNG
    assert "event=files.upload account=ann type=image/png bytes=1032" in server.stderr()


def test_parts_of_a_file_are_sent_to_who_asks_for_them(files_server):
    server = files_server()
    path = upload(server, token(user(server, "ann")))[1]["Location"]
    status, fields, _ = ask(server, "GET", path)
    tag = fields["ETag"]
    assert (status, fields["Accept-Ranges"]) == (200, "bytes") and "Content-Range" not in fields
    for asked, first, last in (("0-0", 0, 0), ("100-199", 100, 199), ("1000-", 1000, 1031), ("-32", 1000, 1031), ("0-999999", 0, 1031)):
        status, fields, body = ask(server, "GET", path, Range=f"bytes={asked}")
        assert (status, body) == (206, PNG[first:last + 1]), asked
        assert fields["Content-Range"] == f"bytes {first}-{last}/1032" and fields["Content-Length"] == str(len(body)) and fields["ETag"] == tag
        assert fields["Content-Type"] == "image/png" and fields["Content-Security-Policy"].startswith("sandbox")
    status, fields, body = ask(server, "GET", path, Range="bytes=1032-")
    assert status == 416 and fields["Content-Range"] == "bytes */1032" and PNG not in body
    for more in ({"If_Range": '"another"'}, {"If_Range": "Sat, 29 Oct 1994 19:43:31 GMT"}, {"Range": "bytes=0-1,5-6"}, {"Range": "bytes=5-1"}):
        assert ask(server, "GET", path, **{"Range": "bytes=0-1", **more})[::2] == (200, PNG), more
    assert ask(server, "GET", path, Range="bytes=0-1", If_Range=tag)[::2] == (206, PNG[:2])
    status, fields, body = ask(server, "HEAD", path, Range="bytes=0-1")
    assert (status, body, fields["Content-Length"], fields["Accept-Ranges"]) == (200, b"", "1032", "bytes")
    assert "Accept-Ranges" not in ask(server, "GET", "/", Range="bytes=0-1")[1] and ask(server, "GET", "/", Range="bytes=0-1")[0] == 200
    c = http.client.HTTPConnection(server.host, server.web_port, timeout=PATIENCE)
    for first in range(0, 1032, 100):  # a connection goes on after a part
        c.request("GET", path, headers={"Range": f"bytes={first}-{first + 99}"})
        assert c.getresponse().read() == PNG[first:first + 100]


def test_clients_are_told_where_and_how(files_server):
    server = files_server(**{"web.url": "https://chat.example.org"})
    c = server.client("ann", ["batch"])
    c.send("VERSION")
    lines = " ".join(m.line for m in c.sync() if m.command == "005")
    assert "soju.im/FILEHOST=https://chat.example.org/files" in lines and "draft/AUTHTOKEN" in lines
    c.send("TOKEN SERVICELIST")
    assert c.expect("TOKEN", "SERVICE").params[1:3] == ["FILEHOST", "https://chat.example.org/files"]
    status, fields, body = ask(server, "OPTIONS", "/files")
    assert status == 204 and fields["Allow"] == "OPTIONS, POST" and "Content-Length" not in fields and body == b""
    status, fields, _ = ask(server, "OPTIONS", "/files", Origin=f"http://{server.host}:{server.web_port}")
    assert fields["Access-Control-Allow-Origin"] == f"http://{server.host}:{server.web_port}"
    assert "Access-Control-Allow-Origin" not in ask(server, "OPTIONS", "/files", Origin="https://evil.example")[1]


def test_only_accounts_upload_by_token_or_app_password(files_server):
    server = files_server()
    guest = server.client("guest", ["batch"])
    guest.send("TOKEN GENERATE FILEHOST")
    assert guest.expect("FAIL", "TOKEN").params[1] == "ACCOUNT_REQUIRED"
    ann = user(server, "ann")
    secret = app_password(ann, "phone")
    good = token(ann)

    def basic(name, password):
        return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()

    for authorization, status in ((f"Bearer {good}", 201), (basic("ann", secret), 201), (basic("ann", "correct horse"), 401),
                                  (basic("bob", secret), 401), (f"Bearer {good[:-1]}x", 401), ("Bearer ", 401), ("Basic !!", 401),
                                  (basic("ann", "x" * 250), 401), ("Digest x", 401), ("", 401)):
        assert ask(server, "POST", "/files", PNG, Authorization=authorization, Content_Type="image/png")[0] == status, authorization
    assert ask(server, "POST", "/files", PNG, Content_Type="image/png")[1]["WWW-Authenticate"] == "Bearer"
    for message, code in (("TOKEN GENERATE", "INVALID_PARAMS"), ("TOKEN GENERATE MAIL", "UNKNOWN_SERVICE"),
                          ("TOKEN VALIDATE FILEHOST x", "NO_PERMISSIONS"), ("TOKEN X", "UNKNOWN_COMMAND")):
        ann.send(message)
        assert ann.expect("FAIL", "TOKEN").params[1] == code
    old = server.client("old")
    old.send("NS IDENTIFY ann correct horse", "TOKEN GENERATE FILEHOST")
    assert old.expect("FAIL", "TOKEN").params[1] in ("NEED_CAPABILITY", "ACCOUNT_REQUIRED")


def test_what_is_too_large_of_another_type_or_over_the_quota_is_refused(files_server):
    server = files_server(**{"files.max_size": "2000", "files.quota": "3000", "files.total": "4000", "files.types": "image/ text/plain"})
    ann, bob = user(server, "ann"), user(server, "bob")
    who = token(ann)
    for body, fields, status in ((b"x" * 2001, {}, 413), (PNG, {"Content_Type": "text/html"}, 415), (PNG, {"Content_Type": ""}, 415),
                                 (PNG, {"Content_Type": "text/plain; charset=utf-8"}, 201), (PNG, {"Origin": "https://evil.example"}, 403),
                                 (b"x" * 2000, {}, 507), (b"x" * 1900, {}, 201)):
        assert upload(server, who, body, **fields)[0] == status, (len(body), fields)
    assert upload(server, token(bob), b"x" * 1500)[0] == 507
    assert ask(server, "POST", "/", PNG, Content_Type="image/png")[0] == 405
    assert ask(server, "POST", "/files/x", PNG, Content_Type="image/png")[0] == 405
    with socket.create_connection((server.host, server.web_port), timeout=PATIENCE) as s:
        s.sendall(b"POST /files HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert s.recv(100).split(b" ")[1] == b"411"


def test_files_that_could_act_in_a_browser_are_saved_not_shown(files_server):
    server = files_server(**{"files.types": "image/ text/ application/"})
    who = token(user(server, "ann"))
    for kind, name, shown in (("text/html", "a.html", "attachment"), ("image/svg+xml", "a.svg", "attachment"),
                              ("application/pdf", "a.pdf", "attachment"), ("text/plain", "a.txt", "inline"), ("image/png", "a.png", "inline")):
        path = upload(server, who, b"<script>alert(1)</script>", Content_Type=kind,
                      Content_Disposition=f'attachment; filename="../../{name}"')[1]["Location"]
        assert path.endswith("/.._.._" + name)
        _, fields, _ = ask(server, "GET", path)
        assert fields["Content-Disposition"].startswith(shown + ";") and fields["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in fields["Content-Security-Policy"]


def test_no_path_reaches_the_file_system(files_server):
    server = files_server()
    for path in ("/files/", "/files/..", "/files/../burble.db", "/files/%2e%2e/burble.db", "/files/" + "A" * 22,
                 "/files/" + "A" * 22 + "/../../burble.db", "/files/" + "." * 22, "/files//etc/passwd"):
        assert ask(server, "GET", path)[0] == 404, path
    assert ask(server, "GET", "/files")[0] == 405 and ask(server, "GET", "/filesystem")[0] == 404


def test_a_dropped_account_takes_its_files_along_and_old_ones_expire(files_server):
    server = files_server(**{"files.keep": "30d"})
    ann, bob = user(server, "ann"), user(server, "bob")
    of_ann, of_bob = (upload(server, token(c))[1]["Location"] for c in (ann, bob))
    code = re.search(r"DROP ann (\d+)", wait_told(ann, "DROP ann"))[1]
    ann.send(f"NS DROP ann {code}")
    deadline = time.monotonic() + PATIENCE
    while ask(server, "GET", of_ann)[0] != 404:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert ask(server, "GET", of_bob)[0] == 200
    server.stop()
    with sqlite3.connect(server.data / "files.db") as db:
        db.execute("UPDATE file SET time = time - 31 * 86400000")
    server.start()
    assert ask(server, "GET", of_bob)[0] == 404
    while sqlite3.connect(server.data / "files.db").execute("SELECT count(*) FROM file").fetchone()[0]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_administrator_lists_and_deletes_uploads(files_server):
    server = files_server()
    ann, bob = user(server, "Ann"), user(server, "bob")
    of_ann = [upload(server, token(ann), b"x" * n, Content_Disposition=f'attachment; filename="{n}.png"')[1]["Location"] for n in (10, 2000)]
    of_bob = upload(server, token(bob))[1]["Location"]
    ids = [path.split("/")[-2] for path in of_ann]
    by_account = rows("files", "list")
    assert [(r["account"], r["files"], r["bytes"]) for r in by_account] == [("Ann", 2, 2010), ("bob", 1, len(PNG))]
    assert abs(by_account[0]["newest"] - time.time()) < 60
    files = rows("files", "list", "ann")
    assert sorted(r["id"] for r in files) == sorted(ids) and {r["bytes"] for r in files} == {10, 2000} and files[0]["type"] == "image/png"
    assert rows("files", "total")[0]["bytes"] == 2010 + len(PNG)
    text = admin("files", "list").stdout.splitlines()
    assert text[0].split() == ["ACCOUNT", "FILES", "BYTES", "NEWEST"] and text[1].split()[:3] == ["Ann", "2", "2010"]
    assert "2000.png" in admin("files", "list", "ann").stdout and ids[0] in admin("files", "list", "ann").stdout
    assert rows("files", "del", "bob", ids[0]) == [{"deleted": 0}] and ask(server, "GET", of_ann[0])[0] == 200
    assert rows("files", "del", "ann", ids[0]) == [{"deleted": 1}]
    assert [ask(server, "GET", path)[0] for path in (*of_ann, of_bob)] == [404, 200, 200]
    assert rows("files", "del", "ANN") == [{"deleted": 1}] and rows("files", "list", "ann") == []
    assert [ask(server, "GET", path)[0] for path in (*of_ann, of_bob)] == [404, 404, 200]
    assert "event=admin.files what=deleted account=ANN files=1" in server.stderr()
    assert rows("files", "expire") == [{"deleted": 0}] and rows("files", "expire", "1h") == [{"deleted": 0}]
    server.stop()
    with sqlite3.connect(server.data / "files.db") as db:
        db.execute("UPDATE file SET time = time - 7200000")
    server.start()
    assert rows("files", "expire", "1h") == [{"deleted": 1}] and rows("files", "total") == [{"files": 0, "bytes": 0, "newest": 0}]
    for words, why in ((("expire", "soon"), "no time"), (("del", "ann", "x"), "no id"), (("list", "a", "b"), "too many words"),
                       (("list", "x" * 200), "too long")):
        r = admin("files", *words, check=False)
        assert r.returncode == 1 and why in r.stderr, words


def test_an_administrator_is_told_that_there_are_no_uploads(files_server):
    files_server(**{"files.enabled": "no"})
    r = admin("files", "list", check=False)
    assert r.returncode == 1 and "files.enabled" in r.stderr


def test_many_uploads_at_once_and_slow_ones_do_not_hinder_chat(files_server):
    server = files_server(**{"files.quota": "1G"})
    ann = user(server, "ann")
    who = token(ann)
    slow = []
    for _ in range(20):  # 10 MB each are announced: the bound is 64 MB
        s = socket.create_connection((server.host, server.web_port), timeout=PATIENCE)
        s.sendall(f"POST /files HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {who}\r\nContent-Type: image/png\r\n"
                  f"Content-Length: 10000000\r\nExpect: 100-continue\r\n\r\n".encode())
        slow.append(s)
    answers = [s.recv(20).split(b" ")[1] for s in slow]
    assert answers.count(b"100") == 6 and answers.count(b"503") == 14
    ann.sync()
    for s in slow:
        s.close()
    deadline = time.monotonic() + PATIENCE
    while upload(server, who, b"x" * 9000000)[0] != 201:
        assert time.monotonic() < deadline


def test_without_files_nothing_is_announced_or_taken(files_server):
    server = files_server(**{"files.enabled": "no"})
    ann = user(server, "ann")
    ann.send("TOKEN GENERATE FILEHOST", "TOKEN SERVICELIST", "VERSION")
    answers = ann.sync()
    assert [m.params[1] for m in answers if m.command in ("FAIL", "NOTE")] == ["UNKNOWN_SERVICE", "NO_SERVICES"]
    assert not any("FILEHOST" in m.line for m in answers if m.command == "005")
    assert ask(server, "POST", "/files", PNG, Content_Type="image/png")[0] == 405 and ask(server, "GET", "/files/x")[0] == 404
