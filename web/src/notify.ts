// Outside of the page's own window: notifications, the title, the address, and what the browser says about network and visibility.
import type { App } from "./app";
import { tellPush } from "./push";
import { plain } from "./text/format";
import type { Settings } from "./storage";

const LONGEST = 200; // characters of a notification

// The page must be served over TLS, or from the own machine, for this to exist.
function worker(): void {
	if (!("serviceWorker" in navigator)) return;
	const types = (globalThis as { trustedTypes?: { createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string } } }).trustedTypes;
	const policy = types?.createPolicy("worker", { createScriptURL: (url) => url });
	void navigator.serviceWorker.register(policy ? policy.createScriptURL("/sw.js") : "/sw.js").catch(() => undefined);
}

export function watch(app: App, settings: () => Settings): void {
	const looking = () => app.looking(document.visibilityState === "visible" && document.hasFocus());
	for (const event of ["focus", "blur"]) window.addEventListener(event, looking);
	document.addEventListener("visibilitychange", looking);
	window.addEventListener("online", () => app.session.retryNow());
	app.onReady = () => void tellPush(app, settings().notify);
	app.onEntry = (key, entry) => {
		const c = app.shown().conversations.get(key);
		const toMe = entry.mention || (c?.kind ?? (key.startsWith("#") ? "channel" : "direct")) === "direct";
		if (!toMe || !settings().notify || app.shown().looking || typeof Notification === "undefined" || Notification.permission !== "granted") return;
		const note = new Notification(c?.kind === "channel" ? `${entry.nick} · ${c.name}` : entry.nick, { body: plain(entry.text).slice(0, LONGEST), tag: key, icon: "/icon-192.png" });
		note.onclick = () => {
			window.focus();
			app.select(key);
			note.close();
		};
	};
	app.subscribe(() => {
		const state = app.shown();
		const c = state.conversations.get(state.current);
		const mentions = [...state.conversations.values()].reduce((n, x) => n + x.mentions, 0);
		const title = `${mentions ? `(${mentions}) ` : ""}${c && c.kind !== "server" ? `${c.name} · ` : ""}${state.network || "burble"}`;
		if (document.title !== title) document.title = title;
		const hash = c?.kind === "channel" ? c.name : "";
		if (state.status !== "stopped" && decodeURIComponent(location.hash) !== hash) history.replaceState(null, "", hash || location.pathname);
	});
	looking();
	worker();
}
