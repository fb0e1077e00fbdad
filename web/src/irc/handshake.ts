// From the open connection to the welcome: capabilities, log-in, nick. It sees the messages until 001 and says what to send.
import { chunks, fromBase64 } from "./base64";
import { WANTED, capValue, parseCaps } from "./caps";
import type { Message } from "./line";
import { Scram, scramAvailable } from "./scram";

export interface Login {
	nick: string;
	account?: string;
	password?: string;
	pass?: string; // of the server itself, if it has one
	appPassword?: boolean; // the password is one of an app: the server takes these by PLAIN only
}

export type Refusal = "nick-taken" | "nick-bad" | "nick-reserved" | "login-failed" | "password-wanted" | "refused";
const NICK_REFUSALS: Record<string, Refusal> = { "433": "nick-taken", "432": "nick-bad", "436": "nick-taken", "437": "nick-taken", "431": "nick-bad" };
const PIECE = 400;

export class Handshake {
	caps = new Map<string, string>(); // what the server has
	enabled = new Set<string>();
	nick: string;
	account = "";
	private scram: Scram | null = null;
	private challenge = "";
	private requests = 0;

	// `send` takes a command and its parameters; `refuse` is called when the server will not let this user in as asked.
	constructor(private login: Login, private send: (command: string, ...params: string[]) => void,
		private refuse: (why: Refusal, text: string) => void) {
		this.nick = login.nick;
	}

	start(): void {
		if (this.login.pass) this.send("PASS", this.login.pass);
		this.send("CAP", "LS", "302");
		this.send("NICK", this.nick);
		this.send("USER", this.nick.replace(/[^A-Za-z0-9]/g, "").slice(0, 10) || "web", "0", "*", this.nick);
	}

	// Shows the password once more, within a session that has these capabilities; 903 or a refusal follows.
	again(caps: Map<string, string>, enabled: Set<string>): void {
		this.caps = caps;
		this.enabled = enabled;
		this.negotiated();
	}

	// Another nick, after "nick-taken".
	retry(nick: string): void {
		this.nick = nick;
		this.send("NICK", nick);
	}

	// One message; true: the user is in.
	async take(m: Message): Promise<boolean> {
		const text = m.params[m.params.length - 1] ?? "";
		if (m.command === "CAP") this.cap(m);
		else if (m.command === "AUTHENTICATE") await this.authenticate(m.params[0] ?? "+");
		else if (m.command === "900") this.account = m.params[2] ?? "";
		else if (m.command === "903") this.send("CAP", "END");
		else if (/^90[24567]$/.test(m.command)) this.refuse("login-failed", text);
		else if (m.command === "FAIL" && m.params[0] === "NICK") this.refuse(m.params[1] === "NICKNAME_RESERVED" ? "nick-reserved" : "nick-bad", text);
		else if (m.command === "464") this.refuse("password-wanted", text);
		else if (NICK_REFUSALS[m.command]) this.refuse(NICK_REFUSALS[m.command] ?? "refused", text);
		else if (m.command === "ERROR") this.refuse("refused", text);
		return m.command === "001";
	}

	private cap(m: Message): void {
		const verb = m.params[1];
		const list = parseCaps(m.params[m.params.length - 1] ?? "");
		if (verb === "LS") {
			for (const [name, value] of list) this.caps.set(name, value);
			if (m.params[2] !== "*") this.request();
		} else if (verb === "ACK" || verb === "NAK") {
			if (verb === "ACK") for (const name of list.keys()) this.enabled.add(name);
			if (m.params[2] !== "*" && --this.requests === 0) this.negotiated();
		}
	}

	private request(): void {
		const wanted = WANTED.filter((name) => this.caps.has(name));
		if (!wanted.length) return this.send("CAP", "END");
		const half = Math.ceil(wanted.length / 2); // two lines: each is far below 512 bytes
		for (const part of [wanted.slice(0, half), wanted.slice(half)]) {
			if (!part.length) continue;
			this.requests++;
			this.send("CAP", "REQ", part.join(" "));
		}
	}

	private negotiated(): void {
		if (!this.login.password) return this.send("CAP", "END");
		if (!this.enabled.has("sasl")) return this.refuse("login-failed", "");
		const scram = !this.login.appPassword && scramAvailable() && capValue(this.caps.get("sasl"), "SCRAM-SHA-256") !== undefined;
		this.scram = scram ? new Scram(this.login.account ?? this.nick, this.login.password) : null;
		this.send("AUTHENTICATE", scram ? "SCRAM-SHA-256" : "PLAIN");
	}

	private async authenticate(piece: string): Promise<void> {
		if (piece !== "+") this.challenge += piece;
		if (piece.length === PIECE) return;
		const data = fromBase64(this.challenge);
		this.challenge = "";
		try {
			const reply = this.scram ? (data.length ? await this.scram.answer(data) : this.scram.start()) : this.plain();
			for (const chunk of chunks(reply)) this.send("AUTHENTICATE", chunk);
		} catch {
			this.send("AUTHENTICATE", "*");
		}
	}

	private plain(): Uint8Array {
		return new TextEncoder().encode(`\0${this.login.account ?? this.nick}\0${this.login.password ?? ""}`);
	}
}
