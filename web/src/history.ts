// History: what came while the connection was away, older pages, gaps, dates. Nothing is asked twice at the same time.
import type { Item } from "./irc/batch";
import type { Session } from "./irc/session";
import type { Event, PageKind } from "./state/events";
import { failureIn, historyOf, isChannel, type Context } from "./state/interpret";
import { SERVER, type Conversation, type Entry, type State } from "./state/model";
import { firstMessage, lastMessage, neighbours } from "./state/timeline";

const FIRST_PAGE = 100;
const TARGETS = 100; // conversations that came while away
const MONTH_MS = 30 * 24 * 3600 * 1000;
const stamp = (time: number) => `timestamp=${new Date(time).toISOString()}`;

export interface Host {
	session: Session;
	state(): State;
	dispatch(...events: Event[]): void;
	context(): Context;
	// The conversation is up to date: `page` holds all own messages since the connection broke, as far as the server tells.
	caughtUp(key: string, page: Entry[]): void;
}

export class History {
	private since = new Map<string, string>(); // conversation -> the last message before the connection broke
	private busy = new Set<string>();
	private leftAt = 0; // when the connection broke

	constructor(private host: Host) {}

	// The connection broke: what is known now is known without holes. A second break before the catching-up changes nothing.
	broke(now: number): void {
		if (!this.leftAt) this.leftAt = now;
		this.busy.clear();
		for (const c of this.host.state().conversations.values()) {
			const last = lastMessage(c.entries);
			if (last?.id && !this.since.has(c.key)) this.since.set(c.key, last.id);
		}
	}

	available(): boolean {
		return this.host.session.has("draft/chathistory");
	}

	// After the welcome: private conversations; channels follow as they are joined.
	async welcome(): Promise<void> {
		for (const c of this.host.state().conversations.values()) if (c.kind === "direct") void this.catchUp(c.key);
		if (!this.available()) return;
		const { session } = this.host;
		const now = this.host.context().now;
		const from = this.leftAt ? this.leftAt - 60_000 : now - 12 * MONTH_MS;
		const items = await session.ask("CHATHISTORY", "TARGETS", stamp(from), stamp(now + MONTH_MS), String(TARGETS));
		if (!items) return;
		this.leftAt = 0;
		const found = items.flatMap((i) => ("items" in i ? i.items : [i])).filter((m) => "command" in m && m.params[0] === "TARGETS");
		for (const m of found) if ("command" in m) this.target(m.params[1] ?? "", Date.parse(m.params[2] ?? ""));
	}

	private target(name: string, time: number): void {
		const context = this.host.context();
		const key = name.toLowerCase();
		if (!name || isChannel(context, name) || /^(nick|chan)serv$/i.test(name)) return;
		const known = this.host.state().conversations.has(key);
		this.host.dispatch({ type: "open", key, name, kind: "direct", time: Number.isNaN(time) ? 0 : time });
		if (known) return; // it is being caught up already
		if (this.host.session.has("draft/read-marker")) this.host.session.send("MARKREAD", name);
		void this.catchUp(key);
	}

	async catchUp(key: string): Promise<void> {
		const c = this.host.state().conversations.get(key);
		if (!c || key === SERVER) return;
		if (!this.available()) return this.host.caughtUp(key, []);
		const since = this.since.get(key) ?? lastMessage(c.entries)?.id;
		const limit = since ? this.host.session.isupport.historyPage : Math.min(FIRST_PAGE, this.host.session.isupport.historyPage);
		this.host.dispatch({ type: "loading", key, loading: true });
		const page = await this.page(c, ["LATEST", c.name, since ? `msgid=${since}` : "*"], limit, { from: "latest" });
		if (!page) return;
		this.since.delete(key);
		this.host.caughtUp(key, page);
	}

	async older(key: string): Promise<void> {
		const c = this.host.state().conversations.get(key);
		if (!c || c.complete || !this.free(`older ${key}`, c)) return;
		const first = firstMessage(c.entries);
		const limit = this.host.session.isupport.historyPage;
		await this.page(c, first?.id ? ["BEFORE", c.name, `msgid=${first.id}`] : ["LATEST", c.name, "*"], limit, { from: "older" });
		this.busy.delete(`older ${key}`);
	}

	async fill(key: string, gap: string, upwards: boolean): Promise<void> {
		const c = this.host.state().conversations.get(key);
		if (!c || !this.free(gap + key, c)) return;
		const { older, newer } = neighbours(c.entries, gap);
		const [from, to] = upwards ? [newer, older] : [older, newer];
		if (from?.id && to?.id)
			await this.page(c, ["BETWEEN", c.name, `msgid=${from.id}`, `msgid=${to.id}`], this.host.session.isupport.historyPage, { from: "gap", gap, upwards });
		this.busy.delete(gap + key);
	}

	// Loads what was said around a time; true: something is there.
	async around(key: string, time: number): Promise<boolean> {
		const c = this.host.state().conversations.get(key);
		if (!c || !this.available() || this.host.session.status !== "online") return false;
		const page = await this.page(c, ["AROUND", c.name, stamp(time)], FIRST_PAGE, { from: "around" });
		return !!page?.length;
	}

	// The page before a message (undefined: the newest), which is not put into the list; null: the server does not answer.
	async before(c: Conversation, id: string | undefined): Promise<{ entries: Entry[]; full: boolean } | null> {
		const limit = this.host.session.isupport.historyPage;
		const items = await this.host.session.ask("CHATHISTORY", ...(id ? ["BEFORE", c.name, `msgid=${id}`] : ["LATEST", c.name, "*"]), String(limit));
		if (!items) return null;
		if (failureIn(items) !== undefined) return { entries: [], full: false };
		const { entries, size } = historyOf(this.host.context(), items as Item[]);
		return { entries: entries.sort((a, b) => a.time - b.time), full: size >= limit };
	}

	private free(what: string, c: Conversation): boolean {
		if (this.busy.has(what) || !this.available() || this.host.session.status !== "online" || c.kind === "server") return false;
		this.busy.add(what);
		return true;
	}

	private async page(c: Conversation, what: string[], limit: number, how: PageKind): Promise<Entry[] | null> {
		const items = await this.host.session.ask("CHATHISTORY", ...what, String(limit));
		if (!items) return null;
		if (failureIn(items) !== undefined) {
			this.host.dispatch({ type: "page", key: c.key, page: [], how, full: how.from === "gap" });
			return [];
		}
		const { entries, events, size } = historyOf(this.host.context(), items as Item[]);
		this.host.dispatch({ type: "page", key: c.key, page: entries, how, full: size >= limit }, ...events.map((e) => ({ ...e, key: c.key }) as Event));
		return entries;
	}
}
