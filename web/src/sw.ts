// The service worker: keeps the page's files, so that it opens without the network (and then says so), and shows messages that are pushed
// while the page is closed. Messages are not kept.
import { fold } from "./irc/line";
import { noteOf, readOf } from "./text/push";

declare const FILES: string[]; // by build.mjs: all files of dist/
declare const VERSION: string;

interface Worker {
	skipWaiting(): Promise<void>;
	clients: { claim(): Promise<void>; matchAll(what: { type: "window" }): Promise<Page[]>; openWindow(url: string): Promise<unknown> };
	registration: { showNotification(title: string, options: object): Promise<void>; getNotifications(): Promise<Shown[]> };
	addEventListener(type: string, handler: (event: Lifecycle & Fetch & Pushed) => void): void;
}
interface Page {
	focus(): Promise<Page>;
}
interface Shown {
	tag: string;
	data: { hash: string; time: number } | null;
	close(): void;
}
interface Pushed {
	data: { text(): string } | null;
	notification: { close(): void; data: { hash: string } };
}
interface Lifecycle {
	waitUntil(what: Promise<unknown>): void;
}
interface Fetch {
	request: Request;
	respondWith(what: Promise<Response>): void;
}
const worker = globalThis as unknown as Worker;
const CACHE = `burble-${VERSION}`;

async function install(): Promise<void> {
	await (await caches.open(CACHE)).addAll(FILES);
	await worker.skipWaiting();
}

async function activate(): Promise<void> {
	for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
	await worker.clients.claim();
}

// The page from the server while there is one, so that a new version is seen; files with a hash in their name never change.
async function answer(request: Request, page: boolean): Promise<Response> {
	const kept = await caches.match(page ? "/" : request);
	if (!page) return kept ?? fetch(request);
	try {
		return await fetch(request);
	} catch {
		return kept ?? Response.error();
	}
}

worker.addEventListener("install", (e) => e.waitUntil(install()));
worker.addEventListener("activate", (e) => e.waitUntil(activate()));
worker.addEventListener("fetch", (e) => {
	const url = new URL(e.request.url);
	const page = e.request.mode === "navigate" && url.pathname === "/";
	if (e.request.method === "GET" && url.origin === location.origin && (page || FILES.includes(url.pathname))) e.respondWith(answer(e.request, page));
});

// A line of IRC. Browsers want each push to be shown; for one that takes a notification back they make an exception now and then.
async function pushed(line: string): Promise<void> {
	const read = readOf(line);
	if (read) for (const n of await worker.registration.getNotifications()) if (fold(n.tag) === read.tag && (n.data?.time ?? 0) <= read.time) n.close();
	const note = noteOf(line);
	if (note) await worker.registration.showNotification(note.title, { body: note.body, tag: note.tag, icon: "/icon-192.png", data: { hash: note.hash, time: note.time } });
}

// Shows the page, at the channel; a page that is open is brought to the front.
async function clicked(hash: string): Promise<void> {
	const [page] = await worker.clients.matchAll({ type: "window" });
	if (page) await page.focus();
	else await worker.clients.openWindow(`/${hash}`);
}

// One push after another: a browser that is asked for its notifications forgets those that it has written down and not yet shown.
let before: Promise<void> = Promise.resolve();
worker.addEventListener("push", (e) => {
	const line = e.data?.text() ?? "";
	before = before.catch(() => undefined).then(() => pushed(line));
	e.waitUntil(before);
});
worker.addEventListener("notificationclick", (e) => {
	e.notification.close();
	e.waitUntil(clicked(e.notification.data.hash));
});
