"""Pictures of pages that are compared with stored ones: each pixel of a stored one is the mean colour of 8 by 8 pixels of the screen.

What is seen at that size are areas, lines of text as grey bars, and colours: a rule of the style sheet that is missing shows, the shape of a
letter does not. A cell must lie within what the other picture has there and in the eight cells around it, so that text which another
version of the browser or of a font puts a few pixels further does not count, but what is plain must be the same.

    pictures = Pictures(browser)
    pictures.take(page, "login")        compares it with tests/pictures/login.png
    pictures.check()                    fails if one was not as it is stored

BURBLE_PICTURES=renew (`make web-pictures`) stores the new ones instead, and makes those of the README. What differs is written to
build/pictures: the page as it is, the small picture, and where the cells are that differ.
"""
import base64
import json
import os
import time
from pathlib import Path

from browser import PATIENCE
from irc import ROOT

STORED = ROOT / "tests/pictures"
SEEN = ROOT / "build/pictures"
RENEW = os.environ.get("BURBLE_PICTURES") == "renew"
CELL = 8  # pixels
TOLERANCE = 8  # of 255, for each of red, green, blue
DIFFERENT = 6  # cells from which on two pictures differ

FUNCTIONS = """
const CELL = %d;
async function pixels(base64) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, bitmap.width, bitmap.height);
}
async function png(width, height, colour) { // colour: of a pixel, [red, green, blue]
    const canvas = new OffscreenCanvas(width, height), context = canvas.getContext('2d'), image = context.createImageData(width, height);
    for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) image.data.set([...colour(x, y), 255], 4 * (y * width + x));
    context.putImageData(image, 0, 0);
    const bytes = new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
    return btoa(Array.from(bytes, (b) => String.fromCharCode(b)).join(''));
}
async function shrink(base64) {
    const all = await pixels(base64);
    const mean = (x, y) => {
        const sum = [0, 0, 0], right = Math.min(all.width, (x + 1) * CELL), low = Math.min(all.height, (y + 1) * CELL);
        for (let j = y * CELL; j < low; j++) for (let i = x * CELL; i < right; i++)
            for (let c = 0; c < 3; c++) sum[c] += all.data[4 * (j * all.width + i) + c];
        return sum.map((s) => Math.round(s / ((right - x * CELL) * (low - y * CELL))));
    };
    return png(Math.ceil(all.width / CELL), Math.ceil(all.height / CELL), mean);
}
function beyond(a, b, x, y) { // how far a cell of a is from all that b has around there
    let worst = 0;
    for (let c = 0; c < 3; c++) {
        let low = 255, high = 0;
        for (let j = Math.max(0, y - 1); j <= Math.min(b.height - 1, y + 1); j++)
            for (let i = Math.max(0, x - 1); i <= Math.min(b.width - 1, x + 1); i++) {
                const v = b.data[4 * (j * b.width + i) + c];
                low = Math.min(low, v); high = Math.max(high, v);
            }
        const v = a.data[4 * (y * a.width + x) + c];
        worst = Math.max(worst, low - v, v - high);
    }
    return worst;
}
async function compare(one, other, tolerance) {
    const a = await pixels(one), b = await pixels(other);
    if (a.width != b.width || a.height != b.height) return { cells: a.width * a.height, picture: one };
    let cells = 0;
    const picture = await png(a.width, a.height, (x, y) => {
        const differs = Math.max(beyond(a, b, x, y), beyond(b, a, x, y)) > tolerance;
        cells += differs;
        const grey = 160 + a.data[4 * (y * a.width + x) + 1] / 4;
        return differs ? [230, 0, 0] : [grey, grey, grey];
    });
    return { cells, picture };
}
0""" % CELL


class Pictures:
    def __init__(self, browser):
        self.page = browser.page("about:blank")
        self.page.eval(FUNCTIONS)
        self.problems = []

    def ask(self, function, *args):
        return self.page.eval(f"{function}({', '.join(map(json.dumps, args))})")

    def still(self, page):
        """The page once it stands still, as a PNG in base64."""
        deadline, last = time.monotonic() + PATIENCE, None
        page.eval("document.querySelectorAll('time').forEach((e) => (e.textContent = '10:20 AM'));"
                  "document.querySelectorAll('textarea, input').forEach((e) => (e.style.caretColor = 'transparent'))")
        while True:
            page.eval("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
            whole = page.call("Page.captureScreenshot", format="png")["data"]
            if whole == last:
                return whole
            assert time.monotonic() < deadline, "the page does not stand still"
            last = whole

    def take(self, page, name):
        """Takes a picture; check() tells whether it is as the stored one."""
        whole, stored = self.still(page), STORED / f"{name}.png"
        small = self.ask("shrink", whole)
        if RENEW:
            write(SEEN / f"{name}.png", whole)  # to be looked at
            write(stored, small)
            return
        result = self.ask("compare", small, base64.b64encode(stored.read_bytes()).decode(), TOLERANCE)
        if result["cells"] >= DIFFERENT:
            self.problems.append(f"{name}: {result['cells']} cells of {CELL} by {CELL} pixels are not as in {stored}: see {SEEN}/{name}*.png")
            for file, data in ((name, whole), (f"{name}-small", small), (f"{name}-difference", result["picture"])):
                write(SEEN / f"{file}.png", data)

    @staticmethod
    def publish(page, name):
        """With BURBLE_PICTURES=renew also makes a picture of the documentation, docs/img/NAME.webp, anew."""
        if RENEW:
            write(ROOT / f"docs/img/{name}.webp", page.call("Page.captureScreenshot", format="webp", quality=85)["data"])

    def check(self):
        problems, self.problems = self.problems, []
        assert not problems, "\n".join([*problems, "`make web-pictures` stores the new ones, if they are meant"])


def write(path, data):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(base64.b64decode(data))
