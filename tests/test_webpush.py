"""Web Push: who is pushed to, what arrives, what ends a subscription, where the server does not connect."""
import json
import sqlite3
import time

import pytest

from accounts import CAPS, CHEAP, login
from irc import PATIENCE
from webpush import Device, Service, b64, unb64, verify

PUSH = {**CHEAP, "push.enabled": "yes", "push.contact": "mailto:ops@example.org", "log.level": "debug", "accounts.always_on": "opt-in"}


@pytest.fixture
def service():
    s = Service()
    yield s
    s.shutdown()
    s.server_close()


@pytest.fixture
def push_server(make_server):
    def start(**settings):
        return make_server(**{**PUSH, "push.inside": "yes", **settings})
    return start


def account(server, nick):
    c = server.client(nick, [*CAPS, "soju.im/webpush"])
    c.send(f"REGISTER {nick} * :correct horse")
    c.expect("REGISTER", "SUCCESS")
    return c


def subscribe(client, url, device=None):
    device = device or Device()
    client.send(f"WEBPUSH REGISTER {url} {device.keys}")
    assert client.expect("WEBPUSH", "REGISTER").params[1] == url
    return device


def wait_failed(server, count):
    """Until the log has so many pushes that failed."""
    deadline = time.monotonic() + PATIENCE
    while server.stderr().count("event=push.failed") < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def always_on(client):
    client.send("NS SET ALWAYS-ON ON")
    client.sync()


def leave(client, watcher):
    """The client goes, its user stays."""
    client.close()
    deadline = time.monotonic() + PATIENCE
    while True:
        watcher.send(f"WHOIS {client.nick}")
        if any(m.command == "301" for m in watcher.sync()):
            return
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_messages_for_who_is_not_there_reach_the_devices_and_nothing_else_does(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob", ["message-tags"])
    ann.join("#t"), bob.join("#t")
    one, two = subscribe(ann, service.url + "/one"), subscribe(ann, service.url + "/two?x=1")
    always_on(ann)
    bob.send("PRIVMSG ann :you are here", "PRIVMSG #t :ann: here, too")
    bob.sync()
    leave(ann, bob)
    bob.send("PRIVMSG ann :hello \N{GREEK SMALL LETTER PHI}", "PRIVMSG #t :nothing for anna or annie", "NOTICE ann :a notice",
             "TAGMSG ann", "PRIVMSG #t :so, Ann, what? ann!")
    got = sorted((service.next(PATIENCE) for _ in range(4)), key=lambda p: p[0])
    texts = [(one if path == "/one" else two).decrypt(body) for path, _, body in got]
    assert [path for path, _, _ in got] == ["/one", "/one", "/two?x=1", "/two?x=1"]
    for pair in (texts[:2], texts[2:]):
        lines = sorted(t.split(" ", 1)[1].split(" ", 1)[1] for t in pair)
        assert lines == ["PRIVMSG #t :so, Ann, what? ann!", "PRIVMSG ann :hello \N{GREEK SMALL LETTER PHI}"]
        assert all(t.startswith("@time=20") and ";msgid=" in t for t in pair)
    path, headers, body = got[0]
    assert headers["Content-Encoding"] == "aes128gcm" and headers["Urgency"] == "high" and int(headers["TTL"]) > 0
    token, key = headers["Authorization"].removeprefix("vapid t=").split(", k=")
    assert verify(unb64(key), token)
    claims = json.loads(unb64(token.split(".")[1]))
    assert claims["aud"] == service.url and claims["sub"] == "mailto:ops@example.org" and time.time() < claims["exp"] < time.time() + 86400
    bob.send("VERSION")
    assert any(f"VAPID={key}" in m.line for m in bob.sync() if m.command == "005")
    assert not service.arrived.acquire(timeout=0.3)


def test_subscriptions_outlive_the_server_and_its_key_stays(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob")
    device = subscribe(ann, service.url + "/a")
    always_on(ann)
    leave(ann, bob)
    bob.send("PRIVMSG ann :1")
    key = service.next(PATIENCE)[1]["Authorization"].split("k=")[1]
    server.kill()
    server.start()
    server.client("bob").send("PRIVMSG ann :2")
    _, headers, body = service.next(PATIENCE)
    assert headers["Authorization"].split("k=")[1] == key and device.decrypt(body).endswith("PRIVMSG ann :2")
    assert (server.data / "vapid.key").stat().st_mode & 0o777 == 0o600


def test_who_is_away_with_all_clients_is_pushed_to(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob")
    device = subscribe(ann, service.url + "/a")
    ann.send("AWAY :lunch")
    ann.sync()
    bob.send("PRIVMSG ann :while away")
    assert device.decrypt(service.next(PATIENCE)[2]).endswith(":while away")
    ann.send("AWAY")
    ann.sync()
    bob.send("PRIVMSG ann :while here")
    bob.sync()
    assert not service.arrived.acquire(timeout=0.3)


def test_what_was_read_elsewhere_is_taken_back_from_the_devices_once(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob", ["echo-message", "message-tags", "server-time"])
    desk = login(server.connect(), "ann", "ann", "correct horse", [*CAPS, "draft/read-marker"])
    ann.join("#T"), bob.join("#T")
    device = subscribe(ann, service.url + "/a")
    pushed = lambda: device.decrypt(service.next(PATIENCE)[2])  # noqa: E731
    read = lambda name, time: desk.send(f"MARKREAD {name} timestamp={time}")  # noqa: E731
    for c in (ann, desk):
        c.send("AWAY :out")
        c.sync()
    times = []
    for line in ("PRIVMSG ann :1", "PRIVMSG ann :2", "PRIVMSG #t :ann: 3"):
        bob.send(line)
        times.append(bob.expect("PRIVMSG").tags["time"])
        assert pushed().endswith(line.split(":")[-1])
    read("bob", times[0])  # the second is unread
    read("nobody", times[2])
    read("BOB", times[1])
    assert pushed().split(" ", 1)[1] == f"MARKREAD bob timestamp={times[1]}"
    read("bob", times[2])  # nothing is shown of it any more
    read("#t", times[2])
    assert pushed().split(" ", 1)[1] == f"MARKREAD #T timestamp={times[2]}"
    bob.send("PRIVMSG ann :4")
    assert pushed().endswith(":4")


def test_of_many_conversations_the_latest_sixteen_are_taken_back(push_server, service):
    server = push_server(**{"limits.flood_rate": "0"})
    ann = account(server, "ann")
    desk = login(server.connect(), "ann", "ann", "correct horse", [*CAPS, "draft/read-marker"])
    device = subscribe(ann, service.url + "/a")
    for c in (ann, desk):
        c.send("AWAY :out")
        c.sync()
    bob, names = server.client("bob0"), [f"bob{n}" for n in range(20)]  # a burst of pushes is as long
    for name in names:
        bob.send(f"NICK {name}", "PRIVMSG ann :hello")
        device.decrypt(service.next(PATIENCE)[2])
    for n, name in enumerate(names):
        desk.send(f"MARKREAD {name} timestamp=2100-01-01T00:00:00.000Z")
        assert n < 4 or device.decrypt(service.next(PATIENCE)[2]).split()[1:3] == ["MARKREAD", name]


def test_a_subscription_ends_by_itself_when_the_service_says_so_or_the_device(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob")
    service.statuses = {"/gone": 410, "/ill": 500}
    for path in ("/gone", "/ill", "/left"):
        subscribe(ann, service.url + path)
    ann.send(f"WEBPUSH UNREGISTER {service.url}/left", f"WEBPUSH UNREGISTER {service.url}/never")
    assert [ann.expect("WEBPUSH", "UNREGISTER").params[1] for _ in range(2)] == [service.url + "/left", service.url + "/never"]
    ann.send("AWAY :x")
    ann.sync()
    bob.send("PRIVMSG ann :1")
    assert {service.next(PATIENCE)[0] for _ in range(2)} == {"/gone", "/ill"}
    wait_failed(server, 2)
    bob.send("PRIVMSG ann :2")
    assert service.next(PATIENCE)[0] == "/ill"
    assert not service.arrived.acquire(timeout=0.3)
    server.stop()
    with sqlite3.connect(server.data / "burble.db") as db:
        assert db.execute("SELECT count(*) FROM account_push").fetchone()[0] == 1


def test_an_endpoint_belongs_to_the_last_account_that_registered_it(push_server, service):
    server = push_server()
    ann, bob, carl = account(server, "ann"), account(server, "bob"), server.client("carl")
    subscribe(ann, service.url + "/shared")
    device = subscribe(bob, service.url + "/shared")
    ann.send(f"WEBPUSH UNREGISTER {service.url}/shared", "AWAY :x")
    ann.expect("WEBPUSH", "UNREGISTER")
    ann.sync()
    bob.send("AWAY :x")
    bob.sync()
    carl.send("PRIVMSG ann :for ann", "PRIVMSG bob :for bob")
    assert device.decrypt(service.next(PATIENCE)[2]).endswith(":for bob")
    assert not service.arrived.acquire(timeout=0.3)


def test_what_is_not_valid_is_refused_and_devices_have_a_bound(push_server, service):
    server = push_server(**{"push.devices": "2"})
    ann, keys = account(server, "ann"), Device().keys
    url = service.url
    for params, code in ((f"REGISTER ftp://x {keys}", "INVALID_PARAMS"), (f"REGISTER {url}/a p256dh=AAAA;auth=AAAA", "INVALID_PARAMS"),
                         (f"REGISTER {url}/a", "INVALID_PARAMS"),
                         (f"REGISTER {url}/a {keys.split(';')[0]}", "INVALID_PARAMS"), (f"REGISTER https://a@b/ {keys}", "INVALID_PARAMS"),
                         (f"REGISTER {url}/a {keys} more", "INVALID_PARAMS"), ("UNREGISTER", "INVALID_PARAMS"), ("RENEW x", "INVALID_PARAMS")):
        ann.send(f"WEBPUSH {params}")
        assert ann.expect("FAIL", "WEBPUSH").params[1] == code, params
    subscribe(ann, url + "/1"), subscribe(ann, url + "/2"), subscribe(ann, url + "/2")
    ann.send(f"WEBPUSH REGISTER {url}/3 {keys}")
    assert ann.expect("FAIL", "WEBPUSH").params[1] == "MAX_REGISTRATIONS"
    guest = server.client("guest", ["standard-replies"])
    guest.send(f"WEBPUSH REGISTER {url}/4 {keys}")
    assert guest.expect("FAIL", "WEBPUSH").params[1] == "ACCOUNT_REQUIRED"


def test_a_key_that_is_no_point_of_the_curve_is_not_encrypted_for(push_server, service):
    server = push_server()
    ann, bob, bad = account(server, "ann"), server.client("bob"), Device()
    bad.keys = f"p256dh={b64(bad.public[:40] + bytes(25))};auth={b64(bad.auth)}"
    subscribe(ann, service.url + "/a", bad)
    ann.send("AWAY :x")
    ann.sync()
    bob.send("PRIVMSG ann :1")
    wait_failed(server, 1)
    assert "the subscription's key is not valid" in server.stderr() and not service.pushes


def test_a_flood_rings_a_telephone_only_so_often(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob")
    subscribe(ann, service.url + "/a")
    ann.send("AWAY :x")
    ann.sync()
    for i in range(100):
        bob.send(f"PRIVMSG ann :{i}")
    bob.sync()
    for _ in range(20):
        service.next(PATIENCE)
    assert not service.arrived.acquire(timeout=0.3)


def test_addresses_inside_are_not_connected_to(make_server, service):
    server = make_server(**PUSH)
    ann, bob = account(server, "ann"), server.client("bob")
    for url in (service.url + "/a", service.url.replace("http:", "https:") + "/b", f"https://127.0.0.1:{service.server_port}/c",
                f"https://[::ffff:127.0.0.1]:{service.server_port}/d"):
        subscribe(ann, url)
    ann.send("AWAY :x")
    ann.sync()
    bob.send("PRIVMSG ann :1")
    wait_failed(server, 4)
    assert not service.pushes


@pytest.mark.parametrize("name", ["soju.im/webpush", "draft/webpush"])
def test_the_capability_has_the_name_of_soju_and_that_of_the_draft(push_server, name):
    c = push_server().client("ann", [name])
    c.send("CAP LS 302", "CAP LIST")
    answers = c.sync()
    for subcommand in ("LS", "LIST"):
        assert name in " ".join(m.params[-1] for m in answers if m.params[1:2] == [subcommand]).split()


def test_without_pushes_there_is_no_command(make_server):
    server = make_server(**CHEAP)
    c = server.client("ann")
    c.send("WEBPUSH REGISTER https://x/ y", "VERSION", "CAP LS 302")
    answers = c.sync()
    assert [m.params[1] for m in answers if m.command == "421"] == ["WEBPUSH"]
    assert not any("VAPID" in m.line or "webpush" in m.line for m in answers if m.command in ("005", "CAP"))


def test_a_login_of_another_client_needs_no_new_subscription(push_server, service):
    server = push_server()
    ann, bob = account(server, "ann"), server.client("bob")
    device = subscribe(ann, service.url + "/a")
    ann.close()
    again = login(server.connect(), "ann", "ann", "correct horse")
    again.send("AWAY :x")
    again.sync()
    bob.send("PRIVMSG ann :1")
    assert device.decrypt(service.next(PATIENCE)[2]).endswith(":1")
