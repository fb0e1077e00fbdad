// A session: one user's connection to the server, made anew whenever it breaks, until the user leaves. It knows the protocol's frame
// (handshake, batches, labels, pings) and nothing of what the messages mean. No DOM: socket, clock and chance come from outside.
import { Backoff } from "./backoff";
import { Batches, isBatch, type Item } from "./batch";
import { ISUPPORT, WANTED, parseCaps, withIsupport, type Isupport } from "./caps";
import { Handshake, type Login, type Refusal } from "./handshake";
import { formatLine, nickOf, parseLine, type Message } from "./line";

// What is needed of a WebSocket.
export interface Socket {
	send(line: string): void;
	close(): void;
	onopen: (() => void) | null;
	onmessage: ((event: { data: string }) => void) | null;
	onclose: (() => void) | null;
}

export interface World {
	open(): Socket;
	now(): number;
	later(ms: number, what: () => void): () => void; // gives the function that forgets it
	random?: () => number;
}

export type Status = "connecting" | "online" | "waiting" | "stopped";

export interface Listener {
	status(status: Status, detail: { retryAt?: number; reason?: string }): void;
	refused(why: Refusal, text: string): void; // the session has stopped
	item(item: Item): void; // each message or batch, in order
}

const PING_AFTER_MS = 45_000; // without a line from the server
const DEAD_AFTER_MS = 20_000; // without an answer to the ping
const STABLE_MS = 10_000; // a connection that held so long worked
const LABEL = "label";

export class Session {
	nick = "";
	account = "";
	enabled = new Set<string>();
	caps = new Map<string, string>();
	isupport: Isupport = ISUPPORT;
	status: Status = "stopped";
	private login: Login = { nick: "" };
	private socket: Socket | null = null;
	private handshake: Handshake | null = null;
	private batches = new Batches();
	private waiting = new Map<string, { resolve: (items: Item[] | null) => void; quiet: boolean }>();
	private labels = 0;
	private backoff: Backoff;
	private timers: Record<string, () => void> = {};
	private wasOnline = false;
	private proof: { handshake: Handshake; done: (why: string) => void } | null = null; // of authenticate()
	private queue: Promise<void> = Promise.resolve();

	constructor(private world: World, private listener: Listener) {
		this.backoff = new Backoff(world.random);
	}

	start(login: Login): void {
		this.stop();
		this.login = login;
		this.wasOnline = false;
		this.backoff.reset();
		this.connect();
	}

	// Ends the session; `reason` is shown to others.
	stop(reason?: string): void {
		if (this.socket && reason !== undefined) this.send("QUIT", reason);
		this.drop();
		this.set("stopped");
	}

	// Tries at once: the browser says that the network is back, or the user asks.
	retryNow(): void {
		if (this.status === "waiting") this.connect();
	}

	// Credentials for the next connection, after an account was made or left. The server's own password stays.
	use(login: Login): void {
		this.login = { ...login, ...(this.login.pass ? { pass: this.login.pass } : {}) };
	}

	has(capability: string): boolean {
		return this.enabled.has(capability);
	}

	send(command: string, ...params: string[]): void {
		this.sendTagged({}, command, ...params);
	}

	sendTagged(tags: Record<string, string>, command: string, ...params: string[]): void {
		this.socket?.send(formatLine(command, params, this.has("message-tags") || !Object.keys(tags).length ? tags : {}));
	}

	// Logs in within the session; gives the reason why not, "" if it worked.
	authenticate(account: string, password: string): Promise<string> {
		this.proof?.done("");
		return new Promise((resolve) => {
			const done = (why: string) => {
				this.proof = null;
				resolve(why);
			};
			const handshake = new Handshake({ nick: this.nick, account, password }, (command, ...params) => this.send(command, ...params), (_, text) => done(text || "?"));
			this.proof = { handshake, done };
			handshake.again(this.caps, this.enabled);
		});
	}

	// A label that no other request of this page has.
	label(): string {
		return (++this.labels).toString(36);
	}

	// Sends a command and gives what the server answers to it, which the listener does not see; null: the connection broke, or the server
	// knows no labels.
	ask(command: string, ...params: string[]): Promise<Item[] | null> {
		if (!this.has("labeled-response") || this.status !== "online") return Promise.resolve(null);
		const label = this.label();
		const answer = this.answer(label, true);
		this.sendTagged({ [LABEL]: label }, command, ...params);
		return answer;
	}

	// What the server answers to the line that the caller sends with this label; quiet: the listener does not see it.
	answer(label: string, quiet = false): Promise<Item[] | null> {
		return new Promise((resolve) => this.waiting.set(label, { resolve, quiet }));
	}

	private set(status: Status, detail: { retryAt?: number; reason?: string } = {}): void {
		this.status = status;
		this.listener.status(status, detail);
	}

	private timer(name: string, ms: number, what: () => void): void {
		this.timers[name]?.();
		this.timers[name] = this.world.later(ms, what);
	}

	private drop(): void {
		for (const forget of Object.values(this.timers)) forget();
		this.timers = {};
		const socket = this.socket;
		this.socket = null;
		this.handshake = null;
		if (socket) {
			socket.onopen = socket.onmessage = socket.onclose = null;
			socket.close();
		}
		const waiting = [...this.waiting.values()];
		this.waiting.clear();
		for (const { resolve } of waiting) resolve(null);
		this.proof?.done("?");
	}

	private connect(): void {
		this.drop();
		this.set("connecting");
		this.batches = new Batches();
		this.isupport = ISUPPORT;
		this.enabled = new Set();
		const socket = this.world.open();
		this.socket = socket;
		this.queue = Promise.resolve();
		this.handshake = new Handshake(this.login, (command, ...params) => socket === this.socket && socket.send(formatLine(command, params)),
			(why, text) => this.refused(why, text));
		socket.onopen = () => this.handshake?.start();
		socket.onmessage = (event) => {
			for (const line of event.data.split("\n")) this.queue = this.queue.then(() => this.line(socket, line));
		};
		socket.onclose = () => this.lost();
		this.timer("silence", PING_AFTER_MS, () => this.lost());
	}

	private lost(reason?: string): void {
		this.drop();
		const pause = this.backoff.next();
		this.set("waiting", { retryAt: this.world.now() + pause, ...(reason ? { reason } : {}) });
		this.timer("retry", pause, () => this.connect());
	}

	// A refusal ends the first attempt, where the user can answer it. Later ones go on: a server that restarts refuses for a while, and the
	// nick may be held by the connection that broke.
	private refused(why: Refusal, text: string): void {
		if (why === "nick-taken" && this.wasOnline && this.handshake && this.handshake.nick.length < this.login.nick.length + 3)
			return this.handshake.retry(this.handshake.nick + "_");
		if (this.wasOnline && why !== "login-failed") return this.lost(text);
		this.drop();
		this.set("stopped");
		this.listener.refused(why, text);
	}

	private heard(): void {
		this.timer("silence", PING_AFTER_MS, () => {
			this.send("PING", "alive");
			this.timer("silence", DEAD_AFTER_MS, () => this.lost());
		});
	}

	private async line(socket: Socket, line: string): Promise<void> {
		if (socket !== this.socket) return;
		this.heard();
		const m = parseLine(line);
		if (!m) return;
		if (m.command === "PING") return this.send("PONG", ...m.params);
		if (this.handshake) {
			const handshake = this.handshake;
			if (!(await handshake.take(m)) || socket !== this.socket) return;
			this.welcome(handshake, m);
		} else if (this.proof && /^(AUTHENTICATE|90[234567])$/.test(m.command)) {
			const { handshake, done } = this.proof;
			await handshake.take(m);
			if (m.command === "903") done("");
			return;
		}
		this.follow(m);
		const item = this.batches.take(m);
		if (item) this.hand(item);
	}

	private welcome(handshake: Handshake, m: Message): void {
		this.handshake = null;
		this.nick = m.params[0] ?? handshake.nick;
		this.account = handshake.account;
		this.caps = handshake.caps;
		this.enabled = handshake.enabled;
		this.wasOnline = true;
		this.timer("stable", STABLE_MS, () => this.backoff.reset());
		if (this.nick !== this.login.nick && !this.account) this.timer("nick", 30_000, () => this.send("NICK", this.login.nick));
		this.set("online");
	}

	// What changes the session itself.
	private follow(m: Message): void {
		if (m.command === "005") this.isupport = withIsupport(this.isupport, m.params);
		else if (m.command === "NICK" && nickOf(m.source) === this.nick) this.nick = m.params[0] ?? this.nick;
		else if (m.command === "900") this.account = m.params[2] ?? "";
		else if (m.command === "901") this.account = "";
		else if (m.command === "CAP" && m.params[1] === "NEW") this.capNew(parseCaps(m.params[2] ?? ""));
		else if (m.command === "CAP" && m.params[1] === "DEL") for (const name of parseCaps(m.params[2] ?? "").keys()) this.enabled.delete(name);
		else if (m.command === "CAP" && m.params[1] === "ACK") for (const name of parseCaps(m.params[2] ?? "").keys()) this.enabled.add(name);
	}

	private capNew(caps: Map<string, string>): void {
		for (const [name, value] of caps) this.caps.set(name, value);
		const wanted = WANTED.filter((name) => caps.has(name));
		if (wanted.length) this.send("CAP", "REQ", wanted.join(" "));
	}

	private hand(item: Item): void {
		const label = (isBatch(item) ? item.opener : item).tags[LABEL];
		const waiting = label === undefined ? undefined : this.waiting.get(label);
		const items = isBatch(item) && item.type === "labeled-response" ? item.items : [item];
		if (!waiting?.quiet) for (const inner of items) this.listener.item(inner);
		if (label === undefined || !waiting) return;
		this.waiting.delete(label);
		waiting.resolve(items);
	}
}
