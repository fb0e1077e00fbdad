"""A browser that a test drives: Debian's chromium over the pipe of its debugging protocol (chromedevtools.github.io/devtools-protocol).

    with Browser(directory) as browser:
        page = browser.page("http://127.0.0.1:8080/")         each page has cookies and storage of its own
        page.click("button.primary")
        page.until("document.title == 'x'")
"""
import base64
import json
import os
import select
import signal
import subprocess
import time

PATIENCE = 20.0  # seconds
KEYS = {"Enter": (13, "\r"), "Tab": (9, ""), "Escape": (27, ""), "ArrowUp": (38, ""), "ArrowDown": (40, ""), "Delete": (46, ""),
        "Home": (36, ""), "End": (35, ""), "Backspace": (8, "")}
ALT, CTRL, SHIFT = 1, 2, 8


class Browser:
    def __init__(self, directory, *args):
        to_browser, self.out = os.pipe()
        self.into, from_browser = os.pipe()
        self.buffer, self.last, self.answers, self.pages = b"", 0, {}, {}

        def descriptors():
            os.dup2(to_browser, 63)  # neither may be 3 or 4 while the other is moved there
            os.dup2(from_browser, 64)
            os.dup2(63, 3)
            os.dup2(64, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
             "--lang=en-US", "--accept-lang=en-US", f"--user-data-dir={directory}", *args, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
            preexec_fn=descriptors, close_fds=False)
        os.close(to_browser)
        os.close(from_browser)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.out)
        os.close(self.into)

    def send(self, method, session=None, **params):
        self.last += 1
        message = {"id": self.last, "method": method, "params": params, **({"sessionId": session} if session else {})}
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.out, data):]
        return self.last

    def call(self, method, session=None, patience=3 * PATIENCE, **params):
        """Sends a command and waits for its result."""
        number = self.send(method, session, **params)
        deadline = time.monotonic() + patience
        while number not in self.answers:
            self.read(deadline)
        answer = self.answers.pop(number)
        assert "error" not in answer, (method, answer)
        return answer["result"]

    def read(self, deadline):
        """Takes in what the browser says next."""
        left = deadline - time.monotonic()
        assert left > 0 and select.select([self.into], [], [], left)[0], "the browser does not answer"
        data = os.read(self.into, 1 << 20)
        assert data, "the browser ended"
        *messages, self.buffer = (self.buffer + data).split(b"\0")
        for text in messages:
            message = json.loads(text)
            if "id" in message:
                self.answers[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message["sessionId"]].event(message["method"], message["params"])

    def page(self, url, width=1280, height=800, **features):
        """A page with storage of its own; features: media features such as prefers_color_scheme="dark"."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        return Page(self, context, url, width, height, features)


class Page:
    def __init__(self, browser, context, url, width, height, features):
        self.browser, self.context, self.url = browser, context, url
        self.problems, self.requests = [], []  # errors and violations of the policy; addresses that were asked for
        self.workers = []  # registrations of service workers, once ServiceWorker.enable was called
        self.background = []  # what the service worker did, by name, once BackgroundService.setRecording was called
        self.trace, self.traced = [], False  # events of Tracing.start; whether all are there
        self.target = browser.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=self.target, flatten=True)["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setFocusEmulationEnabled", enabled=True)
        self.size(width, height)
        self.media(**features)
        self.go(url)

    def call(self, method, **params):
        return self.browser.call(method, self.session, **params)

    def event(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.problems.append(params["exceptionDetails"].get("exception", {}).get("description") or params["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error" and "ERR_CONNECTION_REFUSED" not in params["entry"]["text"]:
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")
        elif method == "Audits.issueAdded" and "contentSecurityPolicyIssueDetails" in params["issue"]["details"]:
            self.problems.append(str(params["issue"]["details"]["contentSecurityPolicyIssueDetails"]))
        elif method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif method == "ServiceWorker.workerRegistrationUpdated":
            self.workers += params["registrations"]
        elif method == "BackgroundService.backgroundServiceEventReceived":
            self.background.append(params["backgroundServiceEvent"]["eventName"])
        elif method == "Tracing.dataCollected":
            self.trace += params["value"]
        elif method == "Tracing.tracingComplete":
            self.traced = True

    def go(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState == 'complete'")

    def reload(self):
        self.eval("window.before_reload = 1")
        self.call("Page.reload")
        self.until("!window.before_reload && document.readyState == 'complete'")

    def size(self, width, height, mobile=False):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile or width < 500)

    def media(self, **features):
        self.call("Emulation.setEmulatedMedia", features=[{"name": k.replace("_", "-"), "value": v} for k, v in features.items()])

    def eval(self, expression, patience=3 * PATIENCE):
        """The value of a JavaScript expression; promises are waited for."""
        result = self.call("Runtime.evaluate", patience=patience, expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, (expression, result["exceptionDetails"])
        return result["result"].get("value")

    def until(self, expression, seconds=PATIENCE):
        """Waits until the expression is true; returns its value."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                value = self.eval(expression)
            except AssertionError:  # the page is changing
                value = None
            if value:
                return value
            assert time.monotonic() < deadline, f"never true: {expression}; the page says: {self.text()[-1500:]}; {self.problems}"
            time.sleep(0.03)

    def text(self):
        return self.eval("document.body ? document.body.innerText : ''")

    def see(self, text, seconds=PATIENCE):
        """Waits until the page shows the text."""
        self.until(f"document.body.innerText.includes({json.dumps(text)})", seconds)

    def click(self, selector):
        """Clicks where the element is, as a mouse does."""
        find = f"document.querySelector({json.dumps(selector)})"
        self.until(f"!!{find} && !{find}.disabled")
        middle = (f"(() => {{ const e = {find}; e.scrollIntoView({{block: 'nearest'}}); const r = e.getBoundingClientRect();"
                  " return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        x, y = self.eval(middle)
        for _ in range(50):  # what still moves is not clicked
            time.sleep(0.03)
            before, (x, y) = (x, y), self.eval(middle)
            if before == (x, y):
                break
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def click_text(self, text, selector="button"):
        """Clicks the first visible element of the selector that shows the text."""
        self.until("(() => { const e = [...document.querySelectorAll(%s)].find((x) => x.offsetParent && x.textContent.includes(%s) && !x.disabled);"
                   " if (e) { document.querySelectorAll('[data-clicked]').forEach((x) => delete x.dataset.clicked); e.dataset.clicked = 1; } return !!e; })()"
                   % (json.dumps(selector), json.dumps(text)))
        self.click("[data-clicked]")

    def type(self, text, into=None):
        if into:
            self.click(into)
        self.call("Input.insertText", text=text)

    def fill(self, selector, text):
        """Puts a text in the place of what a field holds."""
        self.click(selector)
        self.eval(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def key(self, name, modifiers=0):
        code, text = KEYS[name] if name in KEYS else (ord(name.upper()), name)
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name if name in KEYS else f"Key{name.upper()}", windowsVirtualKeyCode=code, modifiers=modifiers,
                      **({"text": text} if kind == "keyDown" and text and not modifiers & (ALT | CTRL) else {}))

    def picture(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)
