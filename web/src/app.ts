// The client without its face: the session, the state, and everything a person can do. ui/ shows the state and calls this.
import { History } from "./history";
import { isBatch, messagesOf, type Item } from "./irc/batch";
import type { Login, Refusal } from "./irc/handshake";
import { escapeTag, fold } from "./irc/line";
import { Session, type Status, type World } from "./irc/session";
import { Outbox } from "./outbox";
import type { Event } from "./state/events";
import { entryOf, failureIn, info, interpret, isChannel, type Context } from "./state/interpret";
import { NOTHING, SERVER, type Conversation, type Entry, type State } from "./state/model";
import { reduce } from "./state/reduce";
import { loadKept, saveKept, type Kept } from "./storage";

const FLUSH_MS = 10; // events of the server that come within it are one step
const READ_MS = 600;
const TYPING_MS = 3000;
const SYNC_S = 5;
const SYNCS = 20;

export interface Search {
	text: string;
	in?: string;
	from?: string;
}

export class App {
	session: Session;
	history: History;
	outbox: Outbox;
	kept: Kept = loadKept();
	refusal: { why: Refusal; text: string } | null = null;
	onEntry: ((key: string, entry: Entry) => void) | null = null; // each new message of others, live
	alert = ""; // the last refusal of something that the person did
	afterWelcome: (() => void) | null = null; // once, after the next welcome
	onReady: (() => void) | null = null; // whenever the server has said all that a session must know
	pass = ""; // the server's own password, as the person gave it
	private s: State = NOTHING;
	private queue: Event[] = [];
	private flushing: (() => void) | null = null;
	private listeners = new Set<() => void>();
	private wanted: string[] = []; // channels to join
	private reading: (() => void) | null = null;
	private typedAt = 0;
	private syncs = 0; // that may still be asked for on this connection

	constructor(private world: World) {
		this.session = new Session(world, {
			status: (status, detail) => this.status(status, detail),
			refused: (why, text) => {
				this.refusal = { why, text };
				this.tell();
			},
			item: (item) => this.item(item),
		});
		const host = { session: this.session, state: () => this.state(), dispatch: (...events: Event[]) => this.dispatch(...events), now: () => world.now() };
		this.outbox = new Outbox(host);
		this.history = new History({ ...host, context: () => this.context(),
			caughtUp: (key, page) => this.outbox.caughtUp(key, page, this.sure(key)) });
	}

	// The newest state.
	state(): State {
		this.flush();
		return this.s;
	}

	// The state that is shown: without what is still to be taken in.
	shown(): State {
		return this.s;
	}

	subscribe(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}

	dispatch(...events: Event[]): void {
		this.queue.push(...events);
		this.flush();
	}

	private tell(): void {
		for (const listener of this.listeners) listener();
	}

	private flush(): void {
		this.flushing?.();
		this.flushing = null;
		if (!this.queue.length) return;
		const events = this.queue;
		this.queue = [];
		this.s = reduce(this.s, events);
		this.tell();
	}

	context(): Context {
		return { nick: this.session.nick, isupport: this.session.isupport, now: this.world.now() };
	}

	// Whether history shows what this user said before the connection broke: not so for guests in private conversations.
	private sure(key: string): boolean {
		return this.session.has("draft/chathistory") && (key.startsWith("#") || this.session.account !== "");
	}

	// ---- coming and going

	start(login: Login, channels: string[]): void {
		this.refusal = null;
		this.wanted = [...new Set([...channels, ...this.kept.channels].map((c) => c.trim()).filter(Boolean))];
		const pass = this.pass || this.kept.pass;
		this.session.start(pass ? { ...login, pass } : login);
	}

	// Leaves for good: nothing of this user stays in the browser, and the password that it had is of no use any more.
	leave(): void {
		if (this.kept.secret && this.session.status === "online") this.session.send("NS", "APPPASS", "REVOKE", this.kept.secret);
		this.session.stop("");
		this.kept = { nick: this.kept.nick, account: "", secret: "", pass: "", channels: [] };
		saveKept(this.kept);
		this.s = NOTHING;
		this.tell();
	}

	keep(change: Partial<Kept>): void {
		this.kept = { ...this.kept, ...change };
		saveKept(this.kept);
	}

	private status(status: Status, detail: { retryAt?: number; reason?: string }): void {
		if (status === "waiting" || status === "stopped") {
			this.history.broke(this.world.now());
			this.outbox.broke();
		}
		this.dispatch({ type: "status", status, retryAt: detail.retryAt ?? 0, reason: detail.reason ?? "" });
		if (status === "online") this.welcome();
	}

	private welcome(): void {
		const { session } = this;
		this.dispatch({ type: "self", nick: session.nick, account: session.account, away: false },
			{ type: "open", key: SERVER, name: SERVER, kind: "server", time: 0 });
		const joined = [...this.s.conversations.values()].filter((c) => c.kind === "channel" && c.joined).map((c) => c.name);
		const names = [...new Set([...joined, ...this.wanted])];
		this.syncs = SYNCS;
		if (session.has("draft/metadata-3")) session.send("METADATA", "*", "SUB", "display-name", "avatar"); // first: who joins is told by it
		for (let i = 0; i < names.length; i += 10) session.send("JOIN", names.slice(i, i + 10).join(","));
		void this.history.welcome();
		this.afterWelcome?.();
		this.afterWelcome = null;
	}

	private item(item: Item): void {
		const events = interpret(this.context(), item);
		this.queue.push(...events);
		for (const m of messagesOf(item)) {
			if (m.command === "005") this.queue.push({ type: "self", network: this.session.isupport.network });
			else if (m.command === "376" || m.command === "422") this.onReady?.();
			else if (m.command === "774") this.syncLater(m.params[1] ?? "*", Number(m.params[2]) || SYNC_S);
		}
		this.flushing ??= this.world.later(FLUSH_MS, () => this.flush());
		for (const e of events) {
			if (e.type === "joined") this.joined(e.name);
			else if (e.type === "parted") this.rememberChannels();
			else if (e.type === "read" && !e.time) this.firstMarker(e.key);
			else if (e.type === "entry" && e.entry.kind === "info" && !e.entry.info && this.s.status === "online") this.warn(e.entry.text);
			else if (e.type === "entry" && !e.entry.self) this.onEntry?.(e.key, e.entry);
		}
	}

	// The names that people show came in part, or not yet: the rest is asked for after a while.
	private syncLater(target: string, seconds: number): void {
		if (this.syncs-- > 0) this.world.later(seconds * 1000, () => this.session.status === "online" && this.session.send("METADATA", target, "SYNC"));
	}

	warn(text: string): void {
		this.alert = text;
		this.tell();
	}

	private joined(name: string): void {
		const key = fold(name);
		if (this.wanted.some((w) => fold(w) === key) && (!this.state().current || this.state().current === SERVER)) this.select(key);
		this.wanted = this.wanted.filter((w) => fold(w) !== key);
		this.rememberChannels();
		if (this.session.has("draft/read-marker")) this.session.send("MARKREAD", name); // a user who was there already is not told
		void this.history.catchUp(key);
	}

	// A channel that was never read: from now on the server knows from where.
	private firstMarker(key: string): void {
		const c = this.state().conversations.get(key);
		if (c?.readGuessed) this.tellMarker(c);
	}

	private tellMarker(c: Conversation): void {
		if (this.session.has("draft/read-marker")) this.session.send("MARKREAD", c.name, `timestamp=${new Date(c.readAt).toISOString()}`);
	}

	// What was read as a guest was read by the account that the guest became.
	tellMarkers(): void {
		for (const c of this.state().conversations.values()) if (c.kind !== "server" && c.readAt) this.tellMarker(c);
	}

	private rememberChannels(): void {
		const channels = [...this.state().conversations.values()].filter((c) => c.kind === "channel" && c.joined).map((c) => c.name);
		this.keep({ channels: [...new Set([...channels, ...this.wanted])] });
	}

	// ---- conversations

	select(key: string): void {
		if (this.s.current !== key) this.dispatch({ type: "select", key });
	}

	looking(looking: boolean): void {
		if (this.s.looking !== looking) this.dispatch({ type: "looking", looking });
	}

	join(name: string, password = ""): void {
		const channel = isChannel(this.context(), name) ? name : `#${name}`;
		const known = this.state().conversations.get(fold(channel));
		if (known?.joined) return this.select(known.key);
		this.wanted.push(channel);
		this.dispatch({ type: "select", key: "" });
		this.session.send("JOIN", channel, ...(password ? [password] : []));
	}

	// A private conversation, whether or not anything was said in it.
	talk(nick: string): void {
		const key = fold(nick);
		const known = this.state().conversations.has(key);
		if (!known) this.dispatch({ type: "open", key, name: nick, kind: "direct", time: this.world.now() });
		this.select(key);
		if (!known) void this.history.catchUp(key);
	}

	close(key: string): void {
		const c = this.state().conversations.get(key);
		if (c?.kind === "channel" && c.joined) this.session.send("PART", c.name);
		this.dispatch({ type: "close", key });
		const next = [...this.s.conversations.values()].find((x) => x.kind !== "server");
		this.select(next?.key ?? "");
		this.rememberChannels();
	}

	// What the person sees to the end is read; the server tells it to the person's other devices.
	markRead(key: string): void {
		const c = this.s.conversations.get(key);
		const last = c && Math.max(0, ...c.entries.slice(-20).filter((e) => e.id).map((e) => e.time));
		if (!c || !last || (last <= c.readAt && !c.unread)) return;
		this.dispatch({ type: "read", key, time: last });
		this.reading?.();
		this.reading = this.world.later(READ_MS, () => {
			if (this.session.has("draft/read-marker")) this.session.send("MARKREAD", c.name, `timestamp=${new Date(last).toISOString()}`);
		});
	}

	// ---- messages

	say(key: string, text: string, options: { reply?: string; action?: boolean } = {}): void {
		this.typedAt = 0;
		this.outbox.say(key, text, options);
	}

	typing(key: string, empty: boolean): void {
		const c = this.s.conversations.get(key);
		const now = this.world.now();
		if (!c || c.kind === "server" || !this.session.has("message-tags") || this.session.status !== "online") return;
		if (empty ? !this.typedAt : now - this.typedAt < TYPING_MS) return;
		this.typedAt = empty ? 0 : now;
		this.session.sendTagged({ "+typing": empty ? "done" : "active" }, "TAGMSG", c.name);
	}

	react(key: string, id: string, reaction: string): void {
		const c = this.s.conversations.get(key);
		if (!c || !this.session.has("message-tags")) return;
		const mine = c.reactions.get(id)?.get(reaction)?.some((n) => fold(n) === fold(this.session.nick));
		this.session.sendTagged({ [mine ? "+draft/unreact" : "+draft/react"]: reaction, "+draft/reply": id }, "TAGMSG", c.name);
		if (!this.session.has("echo-message")) this.dispatch({ type: "react", key, id, reaction, nick: this.session.nick, on: !mine });
	}

	async redact(key: string, id: string): Promise<void> {
		const c = this.s.conversations.get(key);
		if (!c) return;
		const label = this.session.label();
		const answer = this.session.answer(label);
		this.session.sendTagged({ label }, "REDACT", c.name, id);
		const error = failureIn((await answer) ?? []);
		if (error === undefined) this.dispatch({ type: "redact", key, id });
	}

	// A line of the client's own in a conversation.
	note(key: string, text: string, name?: string): void {
		this.dispatch(info(key, text, this.world.now(), name));
	}

	// ---- search

	canSearch(): boolean {
		return this.session.has("soju.im/search");
	}

	// Messages with the words, newest last; null: the server did not answer, a string: why not.
	async search(what: Search): Promise<{ key: string; entry: Entry }[] | string | null> {
		const attributes = Object.entries({ in: what.in, from: what.from, text: what.text, limit: "50" }).filter(([, v]) => v);
		const escaped = attributes.map(([k, v]) => `${k}=${escapeTag(v ?? "")}`).join(";");
		const items = await this.session.ask("SEARCH", escaped);
		if (!items) return null;
		const error = failureIn(items);
		if (error !== undefined) return error;
		const found: { key: string; entry: Entry }[] = [];
		for (const m of items.filter(isBatch).flatMap(messagesOf)) {
			const entry = entryOf(this.context(), m);
			const target = m.params[0] ?? "";
			if (entry) found.push({ key: isChannel(this.context(), target) || entry.self ? fold(target) : fold(entry.nick), entry });
		}
		return found;
	}
}
