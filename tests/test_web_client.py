"""The browser client in a real browser: people who sign up, talk, come back, use a phone or the keyboard only, and attack each other."""
import base64
import json
import shutil
import time

import pytest

from browser import ALT, CTRL, PATIENCE, Browser
from irc import ROOT
from test_tls import free_port

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: tools/setup test installs it")
FIELD = ".composer textarea"
CAPS = ["message-tags", "server-time", "batch", "echo-message", "draft/multiline", "draft/metadata-3"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("chromium")) as b:
        yield b


@pytest.fixture
def site(make_server, browser):
    """A server with the client's page; open(path) gives a page, of which no error and no violation of the policy may be left at the end."""
    port = free_port()
    server = make_server("--listen-web", f"127.0.0.1:{port}", **{"limits.flood_rate": 0, "files.enabled": "yes"})
    pages = []

    class Site:
        url = f"http://127.0.0.1:{port}/"

        def open(self, path="", **how):
            pages.append(browser.page(self.url + path, **how))
            return pages[-1]

        def guest(self, nick, channel="#t", **how):
            page = self.open(channel, **how)
            come_in(page, nick)
            page.until(f"document.querySelector('.head h1')?.textContent == {json.dumps(channel)} && !!document.querySelector({json.dumps(FIELD)})")
            return page

    s = Site()
    s.server = server
    yield s
    for page in pages:
        problems = [p for p in page.problems if "WebSocket" not in p]
        page.close()
        assert not problems, problems


def come_in(page, nick):
    page.until("document.querySelectorAll('[role=tab]').length == 3")  # they come when the server was asked, and move the button
    page.fill("input[name=name]", nick)
    page.click("form button.primary")


def say(page, text):
    page.type(text, FIELD)
    page.key("Enter")


def drawn(page, text):
    """Waits until a message that is no longer pending shows the text: the live region has it earlier."""
    page.until("[...document.querySelectorAll('.row:not(.pending) .body')].some((e) => e.innerText.includes(%s))" % json.dumps(text))


def rows(page):
    """The texts of all messages that are drawn."""
    return page.eval("[...document.querySelectorAll('.row:not(.pending) .body')].map((e) => e.innerText)")


def row(page, text):
    """A selector of the row that shows the text."""
    page.see(text)
    key = page.eval("[...document.querySelectorAll('.row')].find((e) => e.querySelector('.body')?.innerText.includes(%s)).dataset.key" % json.dumps(text))
    return f'.row[data-key="{key}"]'


def test_two_people_who_never_heard_of_irc_talk(site):
    alice, bob = site.guest("alice"), site.guest("bob")
    alice.see("bob joined")
    say(alice, "hello bob")
    bob.see("hello bob")
    bob.type("a", FIELD)
    alice.see("bob is typing")
    say(bob, "nswer")
    for page in (alice, bob):
        drawn(page, "answer")
    assert rows(alice) == rows(bob) == ["hello bob", "answer"]
    assert alice.eval("document.querySelectorAll('.pending').length") == 0
    alice.click_text("bob", ".member")
    say(alice, "just you")
    bob.until("document.querySelector('.conversation[aria-label*=alice] .count')?.textContent == '1'")
    assert bob.eval("document.title").startswith("(1)")
    bob.click(".conversation[aria-label*=alice]")
    bob.see("just you")
    bob.until("document.title.startsWith('alice')")


def test_replies_reactions_several_lines_and_deletion(site):
    alice, bob = site.guest("alice"), site.guest("bob")
    alice.type("one\ntwo\n\nfour", FIELD)
    alice.key("Enter")
    drawn(bob, "four")
    assert rows(bob) == ["one\ntwo\n\nfour"]
    bob.eval(f"document.querySelector({json.dumps(row(bob, 'four'))}).focus()")
    bob.key("r")
    bob.see("Reply to alice")
    say(bob, "yes, four")
    alice.until("document.querySelector('.quote')?.textContent.includes('four')")
    drawn(bob, "yes, four")
    bob.eval(f"document.querySelector({json.dumps(row(bob, 'one'))}).focus()")
    bob.key("e")
    bob.click(".picker button")
    alice.until("document.querySelector('.reaction')?.textContent == '\N{THUMBS UP SIGN} 1'")
    alice.click(".reaction")
    bob.until("document.querySelector('.reaction')?.textContent == '\N{THUMBS UP SIGN} 2'")
    alice.click(".reaction")
    bob.until("document.querySelector('.reaction')?.textContent == '\N{THUMBS UP SIGN} 1'")
    bob.eval(f"document.querySelector({json.dumps(row(bob, 'yes, four'))}).focus()")
    bob.key("Delete")
    for page in (alice, bob):
        drawn(page, "Message deleted")
        assert rows(page)[-1] == "Message deleted"


def test_signing_up_coming_back_and_other_devices(site):
    page = site.open("#t")
    page.click_text("Create account", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    come_in(page, "alice")
    page.until("document.querySelector('.me')?.innerText.split('\\n')[1] == 'alice'")
    kept = page.until("(() => { const k = JSON.parse(localStorage['burble.me']); return k.secret && k; })()")
    assert "correct horse" not in page.eval("JSON.stringify({...localStorage, ...sessionStorage})") and kept["account"] == "alice"
    say(page, "before")
    page.see("before")
    page.reload()
    page.see("before")
    page.until("document.querySelector('.me')?.innerText.split('\\n')[1] == 'alice'")
    phone = site.open("#t", width=390, height=844)
    phone.click_text("Sign in", "[role=tab]")
    phone.fill("input[name=password]", "wrong horse")
    come_in(phone, "alice")
    phone.see("Name and password do not match")
    phone.fill("input[name=password]", "correct horse")
    phone.click("form button.primary")
    phone.see("before")
    say(phone, "from the phone")
    page.see("from the phone")
    page.click("button.icon[aria-label=Settings]")
    page.until("[...document.querySelectorAll('dialog section')].some((e) => e.innerText.startsWith('Devices') && e.querySelectorAll('li').length == 2)")
    page.fill("input[name=unlock]", "correct horse")
    page.key("Enter")
    page.see("browser-")  # this browser's own
    page.fill("input[name=app]", "my phone")
    page.key("Enter")
    secret = page.until("document.querySelector('dialog code')?.textContent")
    page.see("my-phone")
    page.fill("input[name=next]", "new-horse")
    page.key("Enter")
    page.until("[...document.querySelectorAll('dialog .answer')].length == 2")
    for password, welcome in ((secret, "001"), ("new-horse", "001"), ("correct horse", "904")):
        c = site.server.connect()
        c.send("CAP REQ :sasl", "NICK alice", "USER a 0 * :a", "AUTHENTICATE PLAIN")
        c.expect("AUTHENTICATE")
        c.send("AUTHENTICATE " + base64.b64encode(f"\0alice\0{password}".encode()).decode(), "CAP END")
        c.expect(welcome)
        c.close()


def test_a_new_account_stays_in_its_channels_while_nobody_looks(site):
    page = site.open("#t")
    page.click_text("Create account", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    come_in(page, "alice")
    page.until("JSON.parse(localStorage['burble.me']).secret")
    bob = site.server.client("bob")
    bob.join("#t")
    time.sleep(1)  # for the setting, of which the page shows nothing
    page.go("about:blank")
    bob.send("PRIVMSG #t :are you there tomorrow?", "PRIVMSG alice :and in private")
    bob.sync()
    bob.send("QUIT")
    page.go(site.url)
    page.see("are you there tomorrow?")
    page.until("document.querySelector('.conversation[aria-label*=bob] .count')?.textContent == '1'")
    page.until("!!document.querySelector('.divider')")


def test_a_name_in_use_or_reserved_is_explained(site):
    site.guest("alice")
    other = site.open("#t")
    come_in(other, "alice")
    other.see("This name is in use right now")
    come_in(other, "1 2")
    assert other.eval("document.querySelector('input[name=name]').matches(':invalid')")
    come_in(other, "bob")
    other.see("Nobody has said anything yet")


def test_after_a_restart_nothing_is_lost_and_nothing_is_there_twice(site):
    alice, bob = site.guest("alice"), site.guest("bob")
    for i in range(5):
        say(alice, f"before {i}")
    bob.see("before 4")
    drawn(alice, "before 4")
    site.server.kill()
    alice.see("Connection lost")
    for i in range(3):
        say(alice, f"meanwhile {i}")
    assert alice.eval("document.querySelectorAll('.pending').length") == 3
    site.server.start()
    plain = site.server.client("carol")
    plain.join("#t")
    plain.send(*[f"PRIVMSG #t :carol {i}" for i in range(5)])
    plain.sync()
    for page in (alice, bob):
        page.eval("window.dispatchEvent(new Event('online'))")
    for page in (alice, bob):
        page.until("!document.querySelector('.status') && !document.querySelector('.pending')", seconds=60)
        drawn(page, "meanwhile 2")
        drawn(page, "carol 4")
    said = [f"before {i}" for i in range(5)]
    for page in (alice, bob):
        texts = rows(page)
        assert texts[:5] == said and sorted(texts[5:]) == sorted([f"meanwhile {i}" for i in range(3)] + [f"carol {i}" for i in range(5)])


def test_the_history_is_searched_and_what_is_found_is_shown_in_its_place(site):
    c = fill_channel(site.server, 600)
    c.send("PRIVMSG #t :a needle; in \\ the hay", *[f"PRIVMSG #t :later {i}" for i in range(600)])
    c.sync()
    page = site.guest("alice")
    page.see("later 599")
    page.type("/search needle", FIELD)
    page.key("Enter")
    page.see("1 found")
    page.fill("dialog input[type=search]", "needle; in \\")
    page.key("Enter")
    page.see("1 found")
    page.click(".found button")
    page.until("document.activeElement.innerText.includes('a needle; in')")
    assert "later 0" in rows(page) and any(r.startswith("message 599") for r in rows(page))


def test_a_picture_that_is_dropped_reaches_the_others(site):
    page = site.open("#t")
    page.click_text("Create account", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    come_in(page, "alice")
    page.until("!!document.querySelector('.attach')")
    bob = site.guest("bob")
    assert not bob.eval("!!document.querySelector('.attach')")
    page.eval("""(async () => { const canvas = document.createElement('canvas'); const blob = await new Promise((r) => canvas.toBlob(r));
        const data = new DataTransfer(); data.items.add(new File([blob], 'my cat.png', { type: 'image/png' }));
        document.querySelector('.composer').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); })()""")
    page.until(f"document.querySelector({json.dumps(FIELD)}).value.includes('/files/')")
    page.type("look")
    page.key("Enter")
    bob.until("document.querySelector('img.preview')?.naturalWidth == 300")


def test_a_picture_of_another_site_is_asked_for_by_consent_only(site):
    page = site.guest("alice")
    bob = site.server.client("bob")
    bob.join("#t")
    there = f"https://127.0.0.1:{free_port()}/cat.png"  # nobody listens
    bob.send(f"PRIVMSG #t :see {there}")
    page.until("[...document.querySelectorAll('.row button')].some((e) => e.textContent == 'Show picture')")
    assert not page.eval("!!document.querySelector('img.preview')") and there not in page.requests
    page.click_text("Show picture")
    page.until("!!document.querySelector('img.preview')")
    deadline = time.monotonic() + PATIENCE
    while there not in page.requests:
        page.browser.read(deadline)


def test_a_long_history_does_not_slow_down_typing(site):
    fill_channel(site.server, 3000)
    page = site.guest("alice")
    page.eval("""(async () => { const l = document.querySelector('.list'); while (l.scrollHeight < 40000) { l.scrollTop = 0; await new Promise((r) => setTimeout(r, 20)); } })()""")
    page.click(".to-end")
    slow = page.eval("""(async () => { const field = document.querySelector('.composer textarea'); const times = [];
        for (let i = 0; i < 60; i++) { const begun = performance.now(); field.value += 'x'; field.dispatchEvent(new InputEvent('input', { bubbles: true }));
            for (let n = 0; n < 10; n++) await 0; document.body.offsetHeight; times.push(performance.now() - begun); await new Promise((r) => setTimeout(r, 5)); }
        return times.sort((a, b) => a - b)[30]; })()""")
    assert slow < 16, slow
    assert page.eval("document.querySelectorAll('*').length") < 2500


AXE = ROOT / "web/node_modules/axe-core/axe.min.js"


@pytest.mark.skipif(not AXE.exists(), reason="no packages of npm: `make web` installs them")
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_serious_obstacle_for_people_with_disabilities_is_found(site, theme):
    found = {}

    def check(name):
        page.eval("new Promise((r) => setTimeout(r, 250))")  # the end of a transition
        page.eval(AXE.read_text() + "; 0")
        for v in page.eval("axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }).then((r) => r.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.map((n) => n.html.slice(0, 160) + ' ' + n.failureSummary.slice(0, 300)) })))"):
            if v["impact"] in ("serious", "critical"):
                found[f"{name} {v['id']}"] = v["nodes"][:4]

    page = site.open("#t", prefers_color_scheme=theme)
    page.until("!!document.querySelector('.tabs')")
    check("first page")
    come_in(page, "alice")
    others = [site.server.client(nick, caps=CAPS) for nick in ("bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan")]
    for c in others:
        c.join("#t")
        c.send("PRIVMSG #t :alice: \x0304red \x0308,01on black\x03 and \x0307orange\x03 https://example.org/a.png #other", "PRIVMSG #t :\x01ACTION waves\x01", "NOTICE #t :a notice", "PRIVMSG alice :hello")
        c.sync()
    page.see("a notice")
    page.click(f"{row(page, 'red')} .nick")
    page.click('.conversation[aria-label^="#t"]')
    check("conversation")
    page.click("button.icon[aria-label=Settings]")
    check("settings")
    page.key("Escape")
    page.click("button[aria-label='Join or create a channel']")
    check("join")
    page.key("Escape")
    page.click("button.icon[aria-label=Help]")
    check("help")
    assert not found, json.dumps(found, indent=1)


def fill_channel(server, count, channel="#t"):
    """`count` messages by a plain client; returns it."""
    c = server.client("filler", caps=CAPS)
    c.join(channel)
    for start in range(0, count, 500):
        c.send(*[f"PRIVMSG {channel} :message {i} " + "word " * (i % 7) for i in range(start, min(count, start + 500))])
        c.sync()
    return c


def test_ten_thousand_messages_are_scrolled_up_to_the_first_without_a_jump(site):
    fill_channel(site.server, 10_000)
    page = site.guest("alice")
    page.see("message 9999")
    jumps = page.eval("""(async () => {
        const list = document.querySelector('.list'); let worst = 0, steps = 0;
        const place = () => { const edge = list.getBoundingClientRect().top; const r = [...list.querySelectorAll('.row')].find((e) => e.getBoundingClientRect().top > edge + 60);
            return r && { key: r.dataset.key, top: r.getBoundingClientRect().top }; };
        const frame = () => new Promise((r) => requestAnimationFrame(r));
        while ((list.scrollTop > 0 || !document.querySelector('.top p')?.textContent.startsWith('This is the beginning')) && steps++ < 4000) {
            const before = place(); list.scrollTop -= 700; const moved = place();
            await frame();
            const after = moved && list.querySelector(`[data-key="${CSS.escape(moved.key)}"]`);
            if (after && before) worst = Math.max(worst, Math.abs(after.getBoundingClientRect().top - moved.top));
            if (steps % 8 == 0) await new Promise((r) => setTimeout(r, 10));
        }
        return { worst, steps, rows: list.querySelectorAll('.row').length };
    })()""", patience=240)
    page.see("message 0 ")
    assert jumps["worst"] <= 2 and jumps["rows"] < 150, jumps
    page.click(".to-end")
    page.see("message 9999")


def test_a_jump_into_the_past_and_back_through_the_gap(site):
    c = fill_channel(site.server, 1000)
    page = site.guest("alice")
    page.see("message 999 ")
    page.click("[aria-label=Menu]")
    page.click_text("Go to a date", "[role=menuitem]")
    page.eval("document.querySelector('input[type=date]').value = new Date(Date.now() - 864e5).toISOString().slice(0, 10)")
    page.click("dialog form button.primary")
    page.see("message 0 ")
    page.eval("document.querySelector('.list').scrollTop = 1e9")
    page.until("document.querySelector('.list').innerText.includes('message 999 ')")
    page.eval("""(async () => { const l = document.querySelector('.list');
        while (!/message 20 /.test(l.innerText)) { l.scrollTop -= 300; await new Promise((r) => setTimeout(r, 25)); } })()""")
    keys = page.eval("[...document.querySelectorAll('.row .body')].map((e) => Number(e.innerText.split(' ')[1]))")
    assert keys == list(range(keys[0], keys[0] + len(keys)))
    c.send("PRIVMSG #t :alice: are you there?")
    page.until("document.querySelector('.to-end')?.textContent.includes('1 new')")


HOSTILE = ["<img src=x onerror=window.hit=1>", "<script>window.hit=1</script>", "javascript:window.hit=1", "\"onmouseover=\"window.hit=1", "\x02<b onclick=window.hit=1>x\x02",
           "https://example.org/\"onclick=\"window.hit=1", "\x0304<svg onload=window.hit=1>", "{constructor.constructor('window.hit=1')()}", "data:text/html,<script>window.hit=1</script>",
           "\x04ff0000;background:url(//example.org)x", "\u202eevil\u202c", "&lt;b&gt;"]


def test_nothing_that_others_say_is_code(site):
    page = site.guest("alice")
    evil = site.server.client("evil`{|}", caps=CAPS)
    evil.send("SETNAME :<script>window.hit=1</script>")
    evil.join("#t")
    for i, text in enumerate(HOSTILE):
        evil.send(f"PRIVMSG #t :{text} {i}", f"PRIVMSG #t :\x01ACTION {text}\x01", f"NOTICE #t :{text}", f"PRIVMSG alice :{text}",
                  f"METADATA * SET display-name :{text[:60]}", f"METADATA * SET avatar :{text}")
        value = text.replace("\\", "\\\\").replace(";", "\\:").replace(" ", "\\s")
        evil.send(f"@+draft/reply={value} PRIVMSG #t :reply {i}", f"@+draft/react={value};+draft/reply={value} TAGMSG #t", f"@+typing={value} TAGMSG #t")
    evil.sync()
    evil.send("PRIVMSG #t :react to me")
    msgid = evil.expect("PRIVMSG", "#t").tags["msgid"]
    for text in HOSTILE:
        value = text.replace("\\", "\\\\").replace(";", "\\:").replace(" ", "\\s")
        evil.send(f"@+draft/react={value};+draft/reply={msgid} TAGMSG #t", f"@label=x;+draft/reply={msgid} PRIVMSG #t :reply")
    evil.send("PART #t :<img src=x onerror=window.hit=1>", "JOIN #t", f"TOPIC #t :{HOSTILE[0]}")
    evil.sync()
    op = site.server.client("op")
    op.send("JOIN #<svg/onload=window.hit=1>", "TOPIC #<svg/onload=window.hit=1> :" + HOSTILE[1])
    op.sync()
    page.see("reply")
    for _ in range(60):  # all rows are drawn once
        page.eval("document.querySelector('.list').scrollTop -= 400; new Promise((r) => setTimeout(r, 30))")
    page.see(HOSTILE[0])
    for selector in (".conversation[aria-label*=evil]", '.conversation[aria-label^="#t"]', ".conversation[aria-label^=Server]"):
        if page.eval(f"!!document.querySelector({json.dumps(selector)})"):
            page.click(selector)
            page.eval("new Promise((r) => setTimeout(r, 200))")
    page.click("button[aria-label='Join or create a channel']")
    page.see("#<svg/onload=window.hit=1>")
    allowed = {"SCRIPT", "META", "TITLE", "LINK", "HEAD", "HTML", "BODY", "STYLE", "NOSCRIPT"}
    assert page.eval("window.hit") is None
    tags = set(page.eval("[...document.querySelectorAll('*')].map((e) => e.tagName.toUpperCase())")) - allowed
    assert not tags & {"IFRAME", "OBJECT", "EMBED", "IMG"}, tags
    assert page.eval("[...document.querySelectorAll('svg')].every((e) => e.classList.contains('sign-icon') && !e.onload)")
    assert page.eval("document.scripts.length") == 1
    assert page.eval("[...document.querySelectorAll('a')].every((a) => /^https?:/.test(a.href) && a.rel == 'noopener noreferrer')")
    assert page.eval("[...document.querySelectorAll('*')].every((e) => [...e.attributes].every((a) => !a.name.startsWith('on')))")
    assert all(r.startswith(site.url) or r.startswith("data:") for r in page.requests), page.requests


def test_a_link_with_hostile_channels_is_only_text(site):
    page = site.open("#<img/src=x/onerror=window.hit=1>")
    page.until("document.querySelector('h1').textContent.includes('<img/src=x')")
    assert page.eval("window.hit") is None


def test_everything_is_there_with_the_keyboard_alone(site):
    page = site.open("#t")
    page.until("document.activeElement.name == 'name'")
    page.type("alice")
    page.key("Enter")
    page.until("document.activeElement.tagName == 'TEXTAREA'")
    for text in ("first", "second", "/join #other"):
        page.type(text)
        page.key("Enter")
    page.until("document.querySelector('.head h1')?.textContent == '#other' && document.activeElement.tagName == 'TEXTAREA'")
    page.key("ArrowDown", ALT)
    page.until("document.querySelector('.head h1').textContent != '#other'")
    page.key("k", CTRL)
    page.until("document.activeElement.closest('dialog')")
    page.type("#t")
    page.key("Enter")
    page.until("document.querySelector('.head h1').textContent == '#t' && !document.querySelector('dialog') && document.activeElement.tagName == 'TEXTAREA'")
    bob = site.server.client("bobby")
    bob.join("#t")
    bob.send("PRIVMSG #t :good day")
    drawn(page, "good day")
    page.type("bo")
    page.key("Tab")
    page.until(f"document.querySelector({json.dumps(FIELD)}).value == 'bobby: '")
    page.type("hello")
    page.key("Enter")
    page.see("bobby: hello")
    page.until("!document.querySelector('.pending')")
    page.key("ArrowUp")
    page.until("document.activeElement.innerText.includes('bobby: hello')")
    page.key("ArrowUp")
    page.until("document.activeElement.innerText.includes('good day')")
    page.key("r")
    page.until("document.activeElement.tagName == 'TEXTAREA' && document.body.innerText.includes('Reply to bobby')")
    page.key("Escape")
    page.until("!document.body.innerText.includes('Reply to bobby')")
    page.type("/help")
    page.key("Enter")
    page.see("/topic")
    page.key("Escape")
    page.until("!document.querySelector('dialog')")
    page.type("/nonsense")
    page.key("Enter")
    page.see("There is no command /nonsense")


def test_a_phone_shows_one_thing_at_a_time(site):
    page = site.guest("alice", width=390, height=844)
    say(page, "hello from a phone " + "with a long text " * 10)
    page.see("hello from a phone")
    assert page.eval("document.documentElement.scrollWidth") <= 390
    assert page.eval("getComputedStyle(document.querySelector('.sidebar')).display") == "none"
    page.click(".back")
    page.until("getComputedStyle(document.querySelector('.sidebar')).display != 'none'")
    page.click('.conversation[aria-label^="#t"]')
    page.see("hello from a phone")
    page.click(".head button[aria-pressed]")
    page.until("!!document.querySelector('.members')")
    for kind in ("mousePressed", "mouseReleased"):
        page.call("Input.dispatchMouseEvent", type=kind, x=20, y=400, button="left", clickCount=1)  # beside them
    page.until("!document.querySelector('.members')")
    small = page.eval("[...document.querySelectorAll('.head button, .composer button')].filter((e) => e.offsetParent && Math.min(e.offsetWidth, e.offsetHeight) < 36).map((e) => e.outerHTML)")
    assert not small, small


def test_languages_and_themes_are_a_choice(site):
    page = site.guest("alice", prefers_color_scheme="dark")
    dark = page.eval("getComputedStyle(document.body).backgroundColor")
    page.click("button.icon[aria-label=Settings]")
    choose = "(() => { const s = [...document.querySelectorAll('dialog select')][%d]; s.value = '%s'; s.dispatchEvent(new Event('change', {bubbles: true})); })()"
    page.until("document.querySelectorAll('dialog select').length == 2")
    page.eval(choose % (0, "light"))
    page.until(f"getComputedStyle(document.body).backgroundColor != {json.dumps(dark)}")
    page.eval(choose % (1, "de"))
    page.see("Einstellungen")
    page.eval(choose % (1, "zh"))
    page.see("设置")
    page.reload()
    page.until("document.documentElement.lang == 'zh'")


def test_the_page_opens_without_the_network_and_says_so(site):
    page = site.guest("alice")
    page.until("navigator.serviceWorker.ready.then((r) => r.active.state == 'activated')")
    site.server.kill()
    page.reload()
    page.until("!!document.querySelector('input[name=name], .status')")
    assert page.eval("document.styleSheets.length") == 1
