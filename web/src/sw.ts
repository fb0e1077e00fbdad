// The service worker: keeps the page's files, so that it opens without the network (and then says so). Messages are not kept.
export {};
declare const FILES: string[]; // by build.mjs: all files of dist/
declare const VERSION: string;

interface Worker {
	skipWaiting(): Promise<void>;
	clients: { claim(): Promise<void> };
	addEventListener(type: string, handler: (event: Lifecycle & Fetch) => void): void;
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
