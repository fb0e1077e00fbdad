// Web Push: the browser is woken for messages to a user who is away, also when the page is closed. The service worker shows them.
import type { App } from "./app";

const b64 = (key: ArrayBuffer | null) => btoa(String.fromCharCode(...new Uint8Array(key ?? new ArrayBuffer(0)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

export function keyBytes(text: string): Uint8Array<ArrayBuffer> {
	const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
	return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function possible(app: App): boolean {
	return app.session.has("soju.im/webpush") && app.session.isupport.vapid !== "" && app.session.account !== "" && "serviceWorker" in navigator && "PushManager" in window;
}

// The subscription of this browser for the server's present key.
async function subscription(vapid: string): Promise<PushSubscription | null> {
	const manager = (await navigator.serviceWorker.ready).pushManager;
	const known = await manager.getSubscription();
	const key = known?.options.applicationServerKey;
	if (known && key && b64(key) === vapid) return known;
	await known?.unsubscribe();
	return manager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(vapid) });
}

// Tells the server where to push to, or that it shall no longer. Called whenever the session comes up, and when the person decides.
export async function tellPush(app: App, wanted: boolean): Promise<void> {
	if (!possible(app)) return;
	try {
		if (wanted && Notification.permission === "granted") {
			const s = await subscription(app.session.isupport.vapid);
			if (s) await app.session.ask("WEBPUSH", "REGISTER", s.endpoint, `p256dh=${b64(s.getKey("p256dh"))};auth=${b64(s.getKey("auth"))}`);
		} else {
			const s = await (await navigator.serviceWorker.ready).pushManager.getSubscription();
			if (!s) return;
			await app.session.ask("WEBPUSH", "UNREGISTER", s.endpoint);
			await s.unsubscribe();
		}
	} catch {
		// the browser or its push service does not want to: notifications of the open page remain
	}
}
