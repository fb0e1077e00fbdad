"""Messages that are pushed to the browser client: its service worker shows them, whether or not the page is connected."""
import shutil
import time

import pytest

from browser import PATIENCE
from test_web_client import browser, come_in, site  # noqa: F401  fixtures

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: tools/setup test installs it")

# The notifications that are shown. Not to be asked while one is on its way: the browser forgets those that it has written down and not yet shown.
NOTES = "navigator.serviceWorker.ready.then((r) => r.getNotifications()).then((all) => all.map((n) => [n.title, n.body, n.tag, n.data.hash]))"


def push(page, origin, line):
    page.call("ServiceWorker.deliverPushMessage", origin=origin, registrationId=page.workers[0]["registrationId"], data=line)


def shown(page, count):
    """Waits until the service worker has shown this many."""
    deadline = time.monotonic() + PATIENCE
    while page.background.count("Notification displayed") < count:
        assert time.monotonic() < deadline, page.background
        page.eval("1")


def ready(site, page):  # noqa: F811
    """Waits for the page's service worker; gives the origin."""
    origin = site.url.rstrip("/")
    page.browser.call("Browser.grantPermissions", permissions=["notifications"], origin=origin, browserContextId=page.context)
    come_in(page, "ann")
    page.call("ServiceWorker.enable")
    page.call("BackgroundService.startObserving", service="notifications")
    page.call("BackgroundService.setRecording", service="notifications", shouldRecord=True)
    page.until("navigator.serviceWorker.ready.then((r) => r.active.state == 'activated')")
    deadline = time.monotonic() + PATIENCE
    while not page.workers:
        assert time.monotonic() < deadline
        page.eval("1")
    return origin


def test_a_pushed_message_is_shown_and_anything_else_is_not(site):  # noqa: F811
    page = site.open("#t")
    origin = ready(site, page)
    for line in ("@time=2026-01-02T03:04:05.678Z;msgid=a :bob!b@h PRIVMSG ann :hello <b>there</b>",
                 "@msgid=b :carl!c@h PRIVMSG #t :\x01ACTION looks for ann\x01", ":irc.example NOTICE ann :nothing", "nonsense"):
        push(page, origin, line)
    shown(page, 2)
    assert sorted(page.eval(NOTES)) == [["bob", "hello <b>there</b>", "bob", ""], ["carl \u00b7 #t", "carl looks for ann", "#t", "#t"]]
