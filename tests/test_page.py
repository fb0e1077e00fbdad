"""The page of a run in a real browser, headless: no error on its console, rows, plots and counters are present, every control works, and it fits on a phone. Skipped without chromium."""

import html
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

BURBLE = os.path.abspath(os.environ["BURBLE"])
CHROMIUM = shutil.which("chromium")

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no chromium: tools/setup test installs it")

# Uses the page as a person would, then says in the document what there is to see.
USE = """
<script>
const $ = (id) => document.getElementById(id), seen = {};
const rows = () => document.querySelectorAll('#rows [data-row]').length;
const words = () => $('rows').textContent;
const change = (e) => e.dispatchEvent(new Event(e.type === 'range' || e.type === 'search' ? 'input' : 'change'));
const tick = (id) => { $(id).checked = !$(id).checked; change($(id)); };
seen.rows = rows();
seen.relative = words().includes('SYN 0:0');
tick('absolute'); seen.absolute = !words().includes('SYN 0:0'); tick('absolute');
tick('readiness'); seen.ready = words().includes('POLLOUT'); tick('readiness');
tick('problems'); seen.trouble = rows(); tick('problems');
$('next').click(); seen.next = $('ladder').scrollTop;
$('zoom').value = 4; change($('zoom'));
const packet = [...document.querySelectorAll('#rows .hit')].pop();
packet.dispatchEvent(new PointerEvent('pointermove', { bubbles: true }));
seen.hover = $('tip').textContent;
$('ladder').scrollTop = 1e9; $('ladder').dispatchEvent(new Event('scroll')); seen.end = rows();
tick('fold'); $('whole').click();
$('find').value = 'Retrans'; change($('find')); seen.counters = $('counts').textContent;
seen.plots = document.querySelectorAll('canvas').length;
seen.wide = document.documentElement.scrollWidth - innerWidth;
const said = document.createElement('pre');
said.id = 'said';
said.textContent = JSON.stringify(seen);
document.body.append(said);
</script>
"""


def browse(page, tmp_path, *args):
    """The document after the page's script has run, and what it wrote to the console."""
    out = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
                          f"--user-data-dir={tmp_path / 'profile'}", *args, "--dump-dom", page.as_uri()],
                         capture_output=True, text=True, timeout=120)
    said = re.findall(r"CONSOLE[^\n]*", out.stderr)
    return out.stdout, [line for line in said if "chrome://" not in line]  # the browser's own pages speak, too


def page_of(scenario, tmp_path):
    out = subprocess.run([BURBLE, "lab", "run", "--quiet", "--out", str(tmp_path / "out"), scenario], capture_output=True, text=True)
    assert out.returncode == 0, out.stdout
    return tmp_path / "out" / "report.html"


def use(page, tmp_path, *args):
    page.write_text(page.read_text().replace("</body>", USE + "</body>"))
    document, console = browse(page, tmp_path, *args)
    assert console == []
    return json.loads(html.unescape(re.search(r'<pre id="said">(.*?)</pre>', document).group(1)))


@pytest.mark.parametrize("size", ["1280,900", "390,844"])
def test_every_control_of_a_page_works(tmp_path, size):
    seen = use(page_of("retries2-gives-up-after-924-seconds", tmp_path), tmp_path, f"--window-size={size}")
    assert seen["rows"] > 10 and seen["end"] > 5 and 0 < seen["trouble"]
    assert seen["relative"] and seen["absolute"] and seen["ready"]
    assert seen["next"] > 0 and "flags" in seen["hover"]
    assert "TcpRetransSegs" in seen["counters"] and seen["plots"] >= 2
    assert seen["wide"] <= 0, "wider than the window"


def test_a_flood_of_many_hosts_is_shown(tmp_path):
    document, console = browse(page_of("syn-flood", tmp_path), tmp_path)
    assert console == []
    assert document.count("data-row=") > 30 and ">SYN-RECEIVED<" in document


def test_the_console_is_listened_to(tmp_path):
    page = pathlib.Path(tmp_path / "x.html")
    page.write_text("<!doctype html><script>nonsense()</script>")
    assert browse(page, tmp_path)[1]
