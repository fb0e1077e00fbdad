"""The browser client: signing out, the server's own password, codes by mail, a whole history as a file, what was read elsewhere,
sounds."""
import base64
import io
import json
import shutil
import time
import urllib.request
import wave

import pytest

from accounts import CHEAP, new
from browser import PATIENCE
from mailbox import Mailbox, code_in
from test_accounts import wait_told
from test_app_passwords import app_password
from test_tls import free_port
from test_web_client import CAPS, FIELD, browser, come_in, drawn, fill_channel, say, site  # noqa: F401  fixtures
from test_web_pushed import NOTES, push, ready, shown

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: tools/setup test installs it")


@pytest.fixture
def open_site(make_server, browser):  # noqa: F811
    """Starts a server with settings and opens its page."""
    pages = []

    def start(path="#t", **settings):
        port = free_port()
        server = make_server("--listen-web", f"127.0.0.1:{port}", **{**CHEAP, **settings})
        pages.append(browser.page(f"http://127.0.0.1:{port}/{path}"))
        return server, pages[-1]
    yield start
    for page in pages:
        problems = [p for p in page.problems if "WebSocket" not in p]
        page.close()
        assert not problems, problems


def sign_up(page, name="alice"):
    page.click_text("Create account", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    come_in(page, name)
    return page.until("JSON.parse(localStorage['burble.me']).secret")


def sign_out(page):
    page.click("button.icon[aria-label=Settings]")
    page.click_text("Sign out")
    page.until("document.querySelectorAll('[role=tab]').length == 3")


def sign_in(page, name="alice"):
    page.click_text("Sign in", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    come_in(page, name)
    return page.until("JSON.parse(localStorage['burble.me']).secret")


def passwords_of(server, watcher):
    return int(wait_told(watcher, "APPPASS LIST").split(" of ")[0].split()[-1])


def test_signing_out_leaves_no_password_behind_in_the_browser_or_the_account(site):  # noqa: F811
    page = site.open("#t")
    first = sign_up(page)
    desk = site.server.client("desk")
    assert "logged in" in wait_told(desk, "IDENTIFY alice correct horse")
    assert passwords_of(site.server, desk) == 1
    page.reload()  # comes back by it, and may still give it up
    page.until("document.querySelector('.me')?.innerText.split('\\n')[1] == 'alice'")
    sign_out(page)
    assert not json.loads(page.eval("localStorage['burble.me']"))["secret"]
    assert "wrong" in wait_told(site.server.client("x"), f"IDENTIFY alice {first}")
    for _ in range(2):
        sign_in(page)
        sign_out(page)
    deadline = time.monotonic() + PATIENCE
    while passwords_of(site.server, desk):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_the_servers_own_password_is_asked_for_and_kept_with_the_account(open_site):
    _, page = open_site(**{"server.password": "plain:open sesame"})
    come_in(page, "alice")
    page.see("wants a password of its own")
    page.fill("input[name=pass]", "wrong")
    page.click("form button.primary")
    page.until("!document.querySelector('form button.primary').disabled && document.body.innerText.includes('wants a password of its own')")
    page.fill("input[name=pass]", "open sesame")
    page.click_text("Create account", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    page.click("form button.primary")
    page.until("JSON.parse(localStorage['burble.me']).secret")
    page.reload()
    page.until("document.querySelector('.me')?.innerText.split('\\n')[1] == 'alice'")
    sign_out(page)
    assert not json.loads(page.eval("localStorage['burble.me']"))["pass"]


def test_an_account_is_confirmed_by_the_code_of_a_mail(open_site):
    box = Mailbox()
    _, page = open_site(**{"accounts.mail_url": box.url, "accounts.mail_from": "irc@example.com", "accounts.mail_tls": "no"})
    page.click_text("Create account", "[role=tab]")
    page.fill("input[name=password]", "correct horse")
    page.fill("input[name=mail]", "alice@example.com")
    come_in(page, "alice")
    page.see("We sent you a mail")
    code = code_in(box.next())
    page.fill("dialog input[autocomplete=one-time-code]", "000000")
    page.click_text("Confirm", "dialog button")
    page.until("document.querySelector('dialog .problem')?.textContent.length > 5")
    page.fill("dialog input[autocomplete=one-time-code]", code)
    page.click_text("Confirm", "dialog button")
    page.until("!document.querySelector('dialog') && document.querySelector('.me')?.innerText.split('\\n')[1] == 'alice'")
    page.until("JSON.parse(localStorage['burble.me']).secret")
    box.close()


SAVED = """(() => { window.files = []; const make = URL.createObjectURL;
    URL.createObjectURL = (blob) => { void blob.text().then((text) => window.files.push(text)); return make.call(URL, blob); }; return true; })()"""


def test_a_whole_history_is_saved_and_not_only_what_is_loaded(site):  # noqa: F811
    fill_channel(site.server, 2500)
    page = site.guest("alice")
    page.see("message 2499")
    page.eval(SAVED)
    page.click("[aria-label=Menu]")
    page.click_text("Save as text", "[role=menuitem]")
    page.see("Saved, all messages: 2500")
    lines = page.until("window.files[0]").splitlines()
    assert [int(line.split("> message ")[1].split()[0]) for line in lines] == list(range(2500))
    assert page.eval("document.querySelectorAll('.row').length") < 200 and "<filler>" in lines[0]
    page.click_text("Close", "dialog button")
    page.eval("window.asked = 0; const send = WebSocket.prototype.send; WebSocket.prototype.send = function (x) { window.asked += /CHATHISTORY/.test(x);"
              " if (!/CHATHISTORY/.test(x) || window.asked < 3) send.call(this, x); }; 0")  # the third page never comes
    page.click("[aria-label=Menu]")
    page.click_text("Save as text", "[role=menuitem]")
    page.until("/Messages so far: [1-9]/.test(document.body.innerText)")
    page.click_text("Cancel", "dialog button")
    page.until("!document.querySelector('dialog')")
    assert page.eval("window.files.length") == 1


def test_a_sound_is_sought_in_without_loading_what_is_before(open_site):
    server, page = open_site(**{"files.enabled": "yes"})
    sound = io.BytesIO()
    with wave.open(sound, "wb") as w:
        w.setparams((2, 2, 44100, 0, "NONE", ""))
        w.writeframes(bytes(4 * 44100 * 50))  # 50 s, 9 MB
    ann = new(server, "ann")
    url = page.url.split("#")[0].rstrip("/")
    request = urllib.request.Request(url + "/files", sound.getvalue(), {"Content-Type": "audio/wav", "Authorization": "Basic " +
                                     base64.b64encode(f"ann:{app_password(ann, 'x')}".encode()).decode()})
    address = urllib.request.urlopen(request, timeout=PATIENCE).headers["Location"]
    page.call("Page.navigate", url=url + address[address.index("/files"):])
    page.until("document.querySelector('video')?.readyState >= 1")
    assert page.eval("(window.sound = document.querySelector('video')) && [sound.duration, sound.seekable.end(0)]") == [50, 50]
    page.eval("sound.muted = true; sound.currentTime = 45; void sound.play(); 0")
    page.until("sound.currentTime > 45.2 && !sound.seeking")
    assert page.eval("sound.buffered.start(sound.buffered.length - 1)") > 0
    page.go(url)


def test_the_names_that_people_have_given_themselves_before_are_shown(site):  # noqa: F811
    maria = site.server.client("maria", caps=CAPS)
    maria.join("#t")
    maria.send("METADATA * SET display-name :Maria Lopez", "PRIVMSG #t :good morning")
    maria.sync()
    page = site.guest("alice")
    page.until("document.querySelector('.by .nick')?.textContent == 'Maria Lopez'")
    page.until("[...document.querySelectorAll('.member')].some((m) => m.innerText.includes('Maria Lopez'))")
    page.reload()
    come_in(page, "alice")
    page.until("document.querySelector('.by .nick')?.textContent == 'Maria Lopez'")


def test_a_menu_closes_by_escape_and_by_whatever_else_one_does(site):  # noqa: F811
    page = site.guest("alice")
    is_open = "!!document.querySelector('[role=menu]')"
    page.click("[aria-label=Menu]")
    page.until(is_open)
    page.key("Escape")
    page.until(f"!({is_open})")
    for elsewhere in (".list", FIELD):
        page.click("[aria-label=Menu]")
        page.until(is_open)
        page.click(elsewhere)
        page.until(f"!({is_open})")


def test_a_notification_goes_when_the_conversation_was_read_elsewhere(site):  # noqa: F811
    page = site.open("#t")
    origin = ready(site, page)
    for line in ("@time=2026-01-02T03:04:05.678Z :bob!b@h PRIVMSG ann :hello", "@time=2026-01-02T03:04:05.678Z :carl!c@h PRIVMSG #T :ann: look"):
        push(page, origin, line)
    shown(page, 2)
    push(page, origin, ":irc.example MARKREAD bob timestamp=2026-01-02T03:04:05.677Z")
    push(page, origin, ":irc.example MARKREAD #t timestamp=2026-01-02T03:04:05.678Z")
    page.until(f"({NOTES}).then((all) => all.length == 1)")
    assert page.eval(NOTES)[0][0] == "bob"
