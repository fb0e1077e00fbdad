// What the browser keeps for the next visit. A browser that refuses (private windows) keeps nothing, and everything else works.

export interface Kept {
	nick: string;
	account: string;
	secret: string; // an app password, made for this browser: never the account's own
	pass: string; // the server's own, if it asked for one and the person stays signed in
	channels: string[];
}

export interface Settings {
	theme: "auto" | "light" | "dark";
	language: string; // "": the browser's
	notify: boolean;
	pictures: boolean; // show pictures of links and people without being asked
}

export const SETTINGS: Settings = { theme: "auto", language: "", notify: false, pictures: false };
const NOBODY: Kept = { nick: "", account: "", secret: "", pass: "", channels: [] };

function load<T extends object>(key: string, fallback: T): T {
	try {
		const value = JSON.parse(localStorage.getItem(key) ?? "{}") as Partial<T>;
		return { ...fallback, ...(typeof value === "object" ? value : {}) };
	} catch {
		return fallback;
	}
}

function save(key: string, value: unknown): void {
	try {
		localStorage.setItem(key, JSON.stringify(value));
	} catch {
		// not kept
	}
}

export const loadKept = (): Kept => load("burble.me", NOBODY);
export const saveKept = (kept: Kept): void => save("burble.me", kept);
export const loadSettings = (): Settings => load("burble.settings", SETTINGS);
export const saveSettings = (settings: Settings): void => save("burble.settings", settings);
