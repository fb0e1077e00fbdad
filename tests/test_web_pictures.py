"""How the browser client looks: the screens that matter, on a desk and on a phone, light and dark, beside stored pictures."""
import shutil
from pathlib import Path

import pytest

from accounts import CHEAP
from browser import SHIFT, Browser
from pictures import Pictures
from test_tls import free_port
from test_web_client import CAPS, FIELD, come_in, drawn

FONTS = Path("/usr/share/fonts/truetype/dejavu")  # whatever else the machine has is not used
pytestmark = [pytest.mark.skipif(not shutil.which("chromium"), reason="no chromium: tools/setup test installs it"),
              pytest.mark.skipif(not (FONTS / "DejaVuSans.ttf").exists(), reason="no fonts-dejavu-core: tools/setup test installs it")]
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LIGHT, DARK = {"prefers_color_scheme": "light"}, {"prefers_color_scheme": "dark"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    home = tmp_path_factory.mktemp("chromium")
    config = home / "fonts.conf"
    config.write_text(f"""<fontconfig><dir>{FONTS}</dir><cachedir>{home}/fonts</cachedir>
        <match><test name="family" compare="not_eq"><string>DejaVu Sans Mono</string></test>
        <edit name="family" mode="assign" binding="strong"><string>DejaVu Sans</string></edit></match></fontconfig>""")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FONTCONFIG_FILE", str(config))
        with Browser(home / "profile", "--force-color-profile=srgb", "--font-render-hinting=none") as b:
            yield b


@pytest.fixture(scope="module")
def pictures(browser):
    return Pictures(browser)


@pytest.fixture
def site(make_server):
    port = free_port()
    server = make_server("--listen-web", f"127.0.0.1:{port}", **{**CHEAP, "limits.flood_rate": 0, "server.network": "Harbour"})
    server.url = f"http://127.0.0.1:{port}/"
    return server


class Garden:
    """The people of #garden, who say whatever a message may have."""

    def __init__(self, server):
        self.people = self.mira, self.jonas, self.lin = [server.client(nick, caps=CAPS) for nick in ("mira", "jonas", "lin")]
        self.mira.join("#garden")
        self.mira.send("METADATA * SET display-name :Mira Vogel",
                       "TOPIC #garden :Seed swap on Saturday, 10:00, behind the library https://example.org/map")

    def say(self, who, text, tags=""):
        who.send(f"{tags}PRIVMSG #garden :{text}")
        msgid = who.expect("PRIVMSG", "#garden").tags["msgid"]
        for c in self.people:
            c.sync()
        return msgid

    def talk(self):
        mira, jonas, lin = self.people
        jonas.join("#garden"), lin.join("#garden")
        first = self.say(mira, "Good morning! The tomatoes are up, \x02all of them\x02 this time.")
        self.say(mira, "I have about forty seedlings to give away.")
        self.say(jonas, "Forty? I take six, if you still have the yellow ones.")
        self.say(jonas, "And congratulations!", f"@+draft/reply={first} ")
        for who, sign in ((jonas, "\N{HEAVY BLACK HEART}"), (lin, "\N{HEAVY BLACK HEART}"), (lin, "+1")):
            who.send(f"@+draft/react={sign};+draft/reply={first} TAGMSG #garden")
            who.sync()
        self.say(lin, "\x01ACTION looks for the watering can\x01")
        self.say(lin, "paula: can you bring the long table? The \x0303green\x03 one, not the \x11heavy\x11 one.")


@pytest.fixture
def conversation(site, browser):
    """The page of paula, who has looked away from #garden for a while, and has not read what she is told in private and elsewhere."""
    garden = Garden(site)
    page = browser.page(site.url + "#garden", **DESK, **LIGHT)
    come_in(page, "paula")
    page.until(f"document.querySelector('.head h1')?.textContent == '#garden' && !!document.querySelector({FIELD!r})")
    page.type("/join #kitchen", FIELD)
    page.key("Enter")
    page.until("document.querySelector('.head h1')?.textContent == '#kitchen'")
    garden.talk()
    page.click('.conversation[aria-label^="#garden"]')
    drawn(page, "can you bring")
    page.type("Of course. I will be there at nine", FIELD)
    page.key("Enter", SHIFT)
    page.type("and bring the coffee, too.")
    page.key("Enter")
    drawn(page, "coffee, too")
    garden.jonas.join("#kitchen")
    garden.jonas.send("PRIVMSG #kitchen :Soup is ready", "PRIVMSG paula :Do you have a minute?")
    page.until("document.querySelectorAll('.conversation .count').length == 2")
    yield page
    page.close()


def look(page, width, height, prefers_color_scheme):
    page.size(width, height)
    page.media(prefers_color_scheme=prefers_color_scheme, prefers_reduced_motion="reduce")
    page.until(f"innerWidth == {width} && document.documentElement.dataset.theme == '{prefers_color_scheme}'")


def test_the_first_page(site, browser, pictures):
    page = browser.page(site.url + "#garden", **DESK, **LIGHT)
    page.until("document.querySelectorAll('[role=tab]').length == 3")
    pictures.take(page, "login-desk-light")
    look(page, **PHONE, **DARK)
    page.click_text("Create account", "[role=tab]")
    page.until("!!document.querySelector('input[name=mail]')")
    pictures.take(page, "signup-phone-dark")
    page.close()
    pictures.check()


def test_a_conversation_on_a_desk_and_on_a_phone_in_both_themes(conversation, pictures):
    page = conversation
    for theme in (LIGHT, DARK):
        name = theme["prefers_color_scheme"]
        look(page, **DESK, **theme)
        page.until("!!document.querySelector('.members')")
        pictures.take(page, f"conversation-desk-{name}")
        if theme is LIGHT:
            pictures.publish(page, "web-desk")
        look(page, **PHONE, **theme)
        page.until("!document.querySelector('.members')")
        pictures.take(page, f"conversation-phone-{name}")
    pictures.publish(page, "web-phone")
    page.click(".back")
    page.until("getComputedStyle(document.querySelector('.sidebar')).display != 'none'")
    pictures.take(page, "list-phone-dark")
    look(page, **DESK, **LIGHT)
    page.click("button.icon[aria-label=Settings]")
    page.until("document.querySelectorAll('dialog select').length == 2")
    pictures.take(page, "settings-desk-light")
    pictures.check()
