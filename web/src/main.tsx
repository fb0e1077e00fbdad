// Where the page begins: the browser's socket, clock and settings are given to the client, and the client is shown.
import { render } from "preact";
import { Account } from "./account";
import { App } from "./app";
import { parseCaps } from "./irc/caps";
import { parseLine } from "./irc/line";
import type { Socket, World } from "./irc/session";
import { language } from "./lang";
import { watch } from "./notify";
import { loadSettings, saveSettings, type Settings } from "./storage";
import { Root } from "./ui/root";

const PROBE_MS = 5000;
const SUBPROTOCOL = "text.ircv3.net";

function open(): Socket {
	const url = location.origin.replace(/^http/, "ws") + "/";
	return new WebSocket(url, SUBPROTOCOL) as unknown as Socket;
}

const world: World = {
	open,
	now: () => Date.now(),
	later: (ms, what) => {
		const timer = setTimeout(what, ms);
		return () => clearTimeout(timer);
	},
};

// What the server can do, asked before anybody comes in: the first page offers accounts only where there are some.
function probe(): Promise<Map<string, string>> {
	return new Promise((resolve) => {
		const socket = open();
		const caps = new Map<string, string>();
		const done = () => {
			socket.onclose = null;
			socket.close();
			resolve(caps);
		};
		socket.onopen = () => socket.send("CAP LS 302");
		socket.onmessage = (event) => {
			const m = parseLine(event.data);
			if (m?.command !== "CAP") return;
			for (const [name, value] of parseCaps(m.params[m.params.length - 1] ?? "")) caps.set(name, value);
			if (m.params[2] !== "*") done();
		};
		socket.onclose = done;
		setTimeout(done, PROBE_MS);
	});
}

// The channels of a link "/#channel" or "/#one,#two".
function channelsOfLink(): string[] {
	const hash = decodeURIComponent(location.hash);
	return hash.length > 1 ? hash.split(",").map((c) => (c.startsWith("#") ? c : `#${c}`)) : [];
}

const dark = matchMedia("(prefers-color-scheme: dark)");

function wear(settings: Settings): void {
	const root = document.documentElement;
	root.lang = language.tag;
	root.dataset["theme"] = settings.theme === "auto" ? (dark.matches ? "dark" : "light") : settings.theme;
}

async function main(): Promise<void> {
	let settings = loadSettings();
	await language.choose(settings.language, navigator.languages);
	const app = new App(world);
	const account = new Account(app);
	const channels = channelsOfLink();
	let accounts = false;
	const place = document.getElementById("app") as HTMLElement;
	const draw = () => {
		wear(settings);
		render(<Root app={app} account={account} channels={channels} accounts={accounts} settings={settings} onSettings={change} language={language.tag} />, place);
	};
	const change = (what: Partial<Settings>) => {
		settings = { ...settings, ...what };
		saveSettings(settings);
		void language.choose(settings.language, navigator.languages).then(draw);
	};
	watch(app, () => settings);
	dark.addEventListener("change", () => wear(settings));
	account.again(channels);
	draw();
	account.serverCaps = await probe();
	accounts = account.available();
	draw(); // also for who was known: the first page is there again after signing out
}

void main();
